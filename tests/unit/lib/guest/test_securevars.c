// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Secure Boot, as the variables of a machine describe it: whether it is in
 * force, its keys in several variables, and variables at fault.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "efi/siglist.h"
#include "guest/efivars.h"
#include "guest/securevars.h"
#include "shared/macro.h"

#define GLOBAL		"8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define SECURITY	"d719b2cb-3d3a-4596-a3bc-dad00e67656f"
#define SHIM		"605dab50-e046-4300-abb6-3dd810dd8b23"

#define NAME		24
#define VARIABLES	160
/* The most variables that one list may have. */
#define PARTS_MOST	64

/**
 * struct variable - a variable of the machine
 * @vendor: its GUID
 * @name: its name
 * @kept: it is non-volatile, so an operating system may have written it
 * @err: result of reading it
 * @bytes: its value
 * @len: number of its bytes; a failed read sets the length, too
 */
struct variable {
	const char *vendor;
	char name[NAME];
	bool kept;
	int err;
	uint8_t bytes[2 * SIGLIST_SHA256];
	size_t len;
};

static struct variable variables[VARIABLES];
static unsigned int nr_variables;
/* The names that the code read, in their order. */
static char asked[VARIABLES][NAME];
static unsigned int nr_asked;
/* Number of reallocations that succeed; a negative number: all. */
static int allocations;

static struct securevars vars;
static const char *at_fault;

static int get(const char *root, const char *vendor, const char *name,
	       bool take_kept, uint8_t **data, size_t *len)
{
	struct variable *variable;

	assert_string_equal(root, "/root");
	assert_true(nr_asked < VARIABLES);
	snprintf(asked[nr_asked++], NAME, "%s", name);
	*data = NULL;
	for (variable = variables; variable < variables + nr_variables;
	     variable++) {
		if (strcmp(variable->vendor, vendor) ||
		    strcmp(variable->name, name) ||
		    (variable->kept && !take_kept))
			continue;
		*len = variable->len;
		if (variable->err)
			return variable->err;
		/* A sanitizer sees a read after the last byte. */
		*data = malloc(variable->len ? variable->len : 1);
		assert_non_null(*data);
		memcpy(*data, variable->bytes, variable->len);
		return 0;
	}
	return -ENOENT;
}

int __wrap_efivars_get(const char *root, const char *vendor, const char *name,
		       uint8_t **data, size_t *len);
int __wrap_efivars_get(const char *root, const char *vendor, const char *name,
		       uint8_t **data, size_t *len)
{
	return get(root, vendor, name, true, data, len);
}

int __wrap_efivars_get_volatile(const char *root, const char *vendor,
				const char *name, uint8_t **data, size_t *len);
int __wrap_efivars_get_volatile(const char *root, const char *vendor,
				const char *name, uint8_t **data, size_t *len)
{
	return get(root, vendor, name, false, data, len);
}

void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size)
{
	assert_true(size);
	if (allocations < 0)
		return __real_realloc(p, size);
	return allocations-- ? __real_realloc(p, size) : NULL;
}

static struct variable *add(const char *vendor, const char *name,
			    const void *bytes, size_t len)
{
	struct variable *variable = &variables[nr_variables++];

	assert_true(nr_variables <= VARIABLES);
	assert_true(len <= sizeof(variable->bytes));
	*variable = (struct variable) { .vendor = vendor, .len = len };
	snprintf(variable->name, NAME, "%s", name);
	memcpy(variable->bytes, bytes, len);
	return variable;
}

static struct variable *add_flag(const char *vendor, const char *name,
				 uint8_t value)
{
	return add(vendor, name, &value, 1);
}

/* Add a variable whose list has one digest. All bytes of the digest are @value. */
static struct variable *add_list(const char *vendor, const char *name,
				 uint8_t value)
{
	uint8_t list[SIGLIST_SHA256], digest[SIGLIST_DIGEST];

	memset(digest, value, sizeof(digest));
	siglist_put_sha256(list, digest);
	return add(vendor, name, list, sizeof(list));
}

static struct variable *find(const char *name)
{
	unsigned int i;

	for (i = 0; i < nr_variables; i++)
		if (!strcmp(variables[i].name, name))
			return &variables[i];
	fail_msg("no variable %s", name);
	return NULL;
}

static int set_up(void **state)
{
	(void)state;
	nr_variables = 0;
	allocations = -1;
	return 0;
}

/* A machine with Secure Boot in force, and all of its variables. */
static int set_up_all(void **state)
{
	set_up(state);
	add_flag(GLOBAL, "SecureBoot", 1)->kept = true;
	add_flag(GLOBAL, "SetupMode", 0)->kept = true;
	add_flag(SHIM, "MokSBStateRT", 0);
	add_list(SECURITY, "dbx", 0xd0)->kept = true;
	add_list(SHIM, "MokListXRT", 0xe0);
	add_list(SHIM, "MokListRT", 0xf0);
	add_flag(SHIM, "MokIgnoreDB", 0);
	add_list(SECURITY, "db", 0xdb)->kept = true;
	return 0;
}

/*
 * Leave bytes on the stack that are neither true nor false, for a reader that
 * forgets to set a variable.
 */
static void __attribute__((noinline)) dirty_stack(void)
{
	volatile uint8_t dirt[4096];
	size_t i;

	for (i = 0; i < sizeof(dirt); i++)
		dirt[i] = 0xa5;
}

static int read_all(void)
{
	nr_asked = 0;
	at_fault = NULL;
	memset(&vars, 0xa5, sizeof(vars));
	dirty_stack();
	return securevars_read(&vars, "/root", &at_fault);
}

static void forget(void)
{
	static const struct securevars none;

	securevars_free(&vars);
	assert_memory_equal(&vars, &none, sizeof(none));
}

/* Check the names that the code read, and their order. */
static void asked_for(const char *const *names, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr && i < nr_asked; i++)
		assert_string_equal(asked[i], names[i]);
	assert_int_equal(nr_asked, nr);
}
#define ASKED_FOR(...) do { \
	static const char *const names[] = { __VA_ARGS__ }; \
	asked_for(names, ARRAY_SIZE(names)); \
} while (0)

static void off(void)
{
	static const struct securevars none;

	assert_int_equal(read_all(), 0);
	assert_memory_equal(&vars, &none, sizeof(none));
	forget();
}

static void on(void)
{
	assert_int_equal(read_all(), 0);
	assert_true(vars.enforced);
	forget();
}

/* Check that a list has these digests, each of one repeated byte. */
static void has(const struct permission_list *list, const uint8_t *values,
		size_t nr)
{
	uint8_t digest[SIGLIST_DIGEST];
	struct siglist_entry entry;
	struct siglist_walk walk;
	size_t i;

	assert_int_equal(list->len, nr * SIGLIST_SHA256);
	siglist_walk(&walk, list->bytes, list->len);
	for (i = 0; i < nr; i++) {
		assert_int_equal(siglist_next(&walk, &entry), 1);
		memset(digest, values[i], sizeof(digest));
		assert_int_equal(entry.type, SIGLIST_SHA256_DIGEST);
		assert_memory_equal(entry.data, digest, sizeof(digest));
	}
}
#define HAS(list, ...) do { \
	static const uint8_t values[] = { __VA_ARGS__ }; \
	has(list, values, sizeof(values)); \
} while (0)

static void has_none(const struct permission_list *list)
{
	assert_null(list->bytes);
	assert_int_equal(list->len, 0);
}

static void test_off(void **state)
{
	(void)state;
	/* A machine without UEFI. */
	off();
	ASKED_FOR("SecureBoot");
	add_flag(GLOBAL, "SecureBoot", 0);
	add_list(SECURITY, "db", 0xdb);
	off();
	ASKED_FOR("SecureBoot");
	/* Only the value 1 means that Secure Boot is on. */
	find("SecureBoot")->bytes[0] = 2;
	off();
	find("SecureBoot")->bytes[0] = 0xff;
	off();
	/* A variable of another vendor does not count. */
	find("SecureBoot")->bytes[0] = 1;
	find("SecureBoot")->vendor = SHIM;
	off();
}

static void test_mode(void **state)
{
	(void)state;
	on();
	find("SetupMode")->bytes[0] = 1;
	off();
	ASKED_FOR("SecureBoot", "SetupMode");
	find("SetupMode")->bytes[0] = 0;
	find("MokSBStateRT")->bytes[0] = 1;
	off();
	ASKED_FOR("SecureBoot", "SetupMode", "MokSBStateRT");
	/*
	 * A non-volatile MokSBStateRT does not count, because an OS may have
	 * written it.
	 */
	find("MokSBStateRT")->kept = true;
	on();
	find("SecureBoot")->bytes[0] = 0;
	off();
}

/* A machine whose only variable is SecureBoot. */
static void test_no_keys(void **state)
{
	(void)state;
	add_flag(GLOBAL, "SecureBoot", 1);
	assert_int_equal(read_all(), 0);
	assert_true(vars.enforced);
	has_none(&vars.keys.db);
	has_none(&vars.keys.dbx);
	has_none(&vars.keys.mok);
	has_none(&vars.keys.mokx);
	forget();
	ASKED_FOR("SecureBoot", "SetupMode", "MokSBStateRT", "dbx",
		  "MokListXRT", "MokListRT", "MokIgnoreDB", "db");
}

static void test_keys(void **state)
{
	(void)state;
	assert_int_equal(read_all(), 0);
	assert_true(vars.enforced);
	HAS(&vars.keys.db, 0xdb);
	HAS(&vars.keys.dbx, 0xd0);
	HAS(&vars.keys.mok, 0xf0);
	HAS(&vars.keys.mokx, 0xe0);
	forget();
	ASKED_FOR("SecureBoot", "SetupMode", "MokSBStateRT", "dbx",
		  "MokListXRT", "MokListXRT1", "MokListRT", "MokListRT1",
		  "MokIgnoreDB", "db");
	/* With MokIgnoreDB, shim does not use db. */
	find("MokIgnoreDB")->bytes[0] = 1;
	assert_int_equal(read_all(), 0);
	has_none(&vars.keys.db);
	HAS(&vars.keys.dbx, 0xd0);
	HAS(&vars.keys.mok, 0xf0);
	HAS(&vars.keys.mokx, 0xe0);
	forget();
	assert_string_equal(asked[nr_asked - 1], "MokIgnoreDB");
	/* Non-volatile variables do not count, because they do not come from shim. */
	find("MokIgnoreDB")->kept = true;
	find("MokListRT")->kept = true;
	find("MokListXRT")->kept = true;
	assert_int_equal(read_all(), 0);
	HAS(&vars.keys.db, 0xdb);
	HAS(&vars.keys.dbx, 0xd0);
	has_none(&vars.keys.mok);
	has_none(&vars.keys.mokx);
	forget();
	/* Lists of another vendor do not count. */
	find("db")->vendor = GLOBAL;
	find("dbx")->vendor = GLOBAL;
	assert_int_equal(read_all(), 0);
	has_none(&vars.keys.db);
	has_none(&vars.keys.dbx);
	forget();
}

/* shim's lists, in several variables. */
static void test_parts(void **state)
{
	struct variable *mok1, *mok3;

	(void)state;
	mok1 = add_list(SHIM, "MokListRT1", 0xf1);
	add_list(SHIM, "MokListRT2", 0xf2);
	mok3 = add_list(SHIM, "MokListRT4", 0xf4);
	add_list(SHIM, "MokListXRT1", 0xe1);
	/* Firmware has each of its lists in one variable. */
	add_list(SECURITY, "db1", 0xd1);
	add_list(SECURITY, "dbx1", 0xd2);
	assert_int_equal(read_all(), 0);
	HAS(&vars.keys.db, 0xdb);
	HAS(&vars.keys.dbx, 0xd0);
	HAS(&vars.keys.mok, 0xf0, 0xf1, 0xf2);
	HAS(&vars.keys.mokx, 0xe0, 0xe1);
	forget();
	/* The numbers of the variables have no gap now. */
	strcpy(mok3->name, "MokListRT3");
	assert_int_equal(read_all(), 0);
	HAS(&vars.keys.mok, 0xf0, 0xf1, 0xf2, 0xf4);
	forget();
	mok1->kept = true;
	assert_int_equal(read_all(), 0);
	HAS(&vars.keys.mok, 0xf0);
	forget();
}

/* Empty variables add nothing to a list, and do not end it. */
static void test_empty(void **state)
{
	(void)state;
	find("db")->len = 0;
	find("dbx")->len = 0;
	find("MokListXRT")->len = 0;
	find("MokListRT")->len = 0;
	add(SHIM, "MokListRT1", "", 0);
	add_list(SHIM, "MokListRT2", 0xf2);
	add(SHIM, "MokListRT3", "", 0);
	add_list(SHIM, "MokListRT4", 0xf4);
	assert_int_equal(read_all(), 0);
	assert_true(vars.enforced);
	has_none(&vars.keys.db);
	has_none(&vars.keys.dbx);
	has_none(&vars.keys.mokx);
	HAS(&vars.keys.mok, 0xf2, 0xf4);
	forget();
}

/* Check an error, the name that it reports, and the last variable that the code read. */
static void fails(int err, const char *name, const char *last)
{
	static const struct securevars none;

	assert_int_equal(read_all(), err);
	assert_string_equal(at_fault, name);
	assert_string_equal(asked[nr_asked - 1], last);
	assert_memory_equal(&vars, &none, sizeof(none));
}

static void test_most_parts(void **state)
{
	static const char *const lists[] = { "MokListRT", "MokListXRT" };
	char name[NAME];
	unsigned int i, list;

	for (list = 0; list < ARRAY_SIZE(lists); list++) {
		set_up_all(state);
		for (i = 1; i < PARTS_MOST; i++) {
			snprintf(name, sizeof(name), "%s%u", lists[list], i);
			add_list(SHIM, name, i);
		}
		assert_int_equal(read_all(), 0);
		assert_int_equal(list ? vars.keys.mokx.len : vars.keys.mok.len,
				 PARTS_MOST * SIGLIST_SHA256);
		forget();
		snprintf(name, sizeof(name), "%s%u", lists[list], i);
		add_list(SHIM, name, i);
		fails(-EFBIG, lists[list], name);
	}
}

/* Unreadable variables. */
static void test_unreadable(void **state)
{
	static const int errors[] = { -EIO, -EACCES, -EINVAL, -EFBIG, -ENOMEM };
	unsigned int i, e;

	(void)state;
	for (i = 0; i < nr_variables; i++) {
		struct variable *variable = &variables[i];
		size_t len = variable->len;

		for (e = 0; e < ARRAY_SIZE(errors); e++) {
			variable->err = errors[e];
			fails(errors[e], variable->name, variable->name);
			/* The tool ignores the length that a failed read sets. */
			variable->len = !len;
			fails(errors[e], variable->name, variable->name);
			variable->len = 7;
			fails(errors[e], variable->name, variable->name);
			variable->len = len;
		}
		variable->err = 0;
	}
	on();
	/* A later part of a list is unreadable. */
	add_list(SHIM, "MokListRT1", 1);
	add_list(SHIM, "MokListRT2", 2)->err = -EIO;
	fails(-EIO, "MokListRT", "MokListRT2");
	add_list(SHIM, "MokListXRT1", 1)->err = -EIO;
	fails(-EIO, "MokListXRT", "MokListXRT1");
}

/* A flag has one byte. */
static void test_malformed_flags(void **state)
{
	static const char *const flags[] = {
		"SecureBoot", "SetupMode", "MokSBStateRT", "MokIgnoreDB",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		struct variable *flag = find(flags[i]);

		flag->len = 0;
		fails(-EINVAL, flags[i], flags[i]);
		flag->len = 2;
		fails(-EINVAL, flags[i], flags[i]);
		flag->len = 1;
	}
	on();
}

/* Each list must be complete, also a list after a good one. */
static void test_malformed_lists(void **state)
{
	static const char *const lists[] = {
		"db", "dbx", "MokListRT", "MokListXRT",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		struct variable *list = find(lists[i]);

		list->len--;
		fails(-EINVAL, lists[i], lists[i]);
		list->len = 1;
		fails(-EINVAL, lists[i], lists[i]);
		list->len = SIGLIST_SHA256 + 1;
		fails(-EINVAL, lists[i], lists[i]);
		memcpy(list->bytes + SIGLIST_SHA256, list->bytes,
		       SIGLIST_SHA256);
		list->len = 2 * SIGLIST_SHA256;
		on();
		list->len--;
		fails(-EINVAL, lists[i], lists[i]);
		list->len = SIGLIST_SHA256;
	}
	on();
	/* The lists must be complete in each variable. */
	add(SHIM, "MokListRT1", find("MokListRT")->bytes + 40,
	    SIGLIST_SHA256 - 40);
	find("MokListRT")->len = 40;
	fails(-EINVAL, "MokListRT", "MokListRT");
	find("MokListRT")->len = SIGLIST_SHA256;
	fails(-EINVAL, "MokListRT", "MokListRT1");
}

/* Memory runs out at each list, and at a later part of a list. */
static void test_no_memory(void **state)
{
	static const char *const lists[] = {
		"dbx", "MokListXRT", "MokListRT", "MokListRT", "db",
	};
	static const char *const last[] = {
		"dbx", "MokListXRT", "MokListRT", "MokListRT1", "db",
	};
	unsigned int i;

	(void)state;
	add_list(SHIM, "MokListRT1", 0xf1);
	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		allocations = i;
		fails(-ENOMEM, lists[i], last[i]);
	}
	allocations = i;
	on();
	assert_int_equal(allocations, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_off, set_up),
		cmocka_unit_test_setup(test_mode, set_up_all),
		cmocka_unit_test_setup(test_no_keys, set_up),
		cmocka_unit_test_setup(test_keys, set_up_all),
		cmocka_unit_test_setup(test_parts, set_up_all),
		cmocka_unit_test_setup(test_empty, set_up_all),
		cmocka_unit_test_setup(test_most_parts, set_up_all),
		cmocka_unit_test_setup(test_unreadable, set_up_all),
		cmocka_unit_test_setup(test_malformed_flags, set_up_all),
		cmocka_unit_test_setup(test_malformed_lists, set_up_all),
		cmocka_unit_test_setup(test_no_memory, set_up_all),
	};

	return cmocka_run_group_tests_name("securevars", tests, NULL, NULL);
}

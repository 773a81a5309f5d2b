// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Add-ons that Secure Boot lets a stub load, and the reasons against others.
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

#include "base/exit.h"
#include "shared/macro.h"
#include "source/addon.h"
#include "errors.h"

#define PATH	"/efi/loader/addons/a.addon.efi"

/**
 * struct machine - the running machine
 * @enforced: Secure Boot is in force
 * @err: result of reading the variables
 * @name: the variable at fault, if @err
 * @asked: number of reads
 */
static struct machine {
	bool enforced;
	int err;
	const char *name;
	unsigned int asked;
} machine;

/**
 * struct answer - the answer of Secure Boot
 * @permission: the permission
 * @err: result of the check
 * @fault: the fault, if @err
 * @asked: number of checks
 */
static struct answer {
	enum permission permission;
	int err;
	struct pe_fault fault;
	unsigned int asked;
} answer;

static struct addon_rules rules;
static struct messages messages;
static const struct ukifile file = { .in = { .path = PATH, .fd = -1 } };

int __wrap_securevars_read(struct securevars *vars, const char *root,
			   const char **name);
int __wrap_securevars_read(struct securevars *vars, const char *root,
			   const char **name)
{
	assert_ptr_equal(vars, &rules.vars);
	assert_string_equal(root, "/root");
	machine.asked++;
	*name = machine.name;
	*vars = (struct securevars) { .enforced = machine.enforced };
	if (machine.err)
		return machine.err;
	/* The sanitizer reports this memory unless the code frees it. */
	vars->lists[0] = malloc(1);
	return 0;
}

int __wrap_permission_check(enum permission *permission, const struct pe *pe,
			    const struct permission_keys *keys,
			    struct pe_fault *fault);
int __wrap_permission_check(enum permission *permission, const struct pe *pe,
			    const struct permission_keys *keys,
			    struct pe_fault *fault)
{
	assert_ptr_equal(pe, &file.pe);
	assert_ptr_equal(keys, &rules.vars.keys);
	answer.asked++;
	*fault = answer.fault;
	*permission = answer.permission;
	return answer.err;
}

static int set_up(void **state)
{
	(void)state;
	machine = (struct machine) { .enforced = true };
	answer = (struct answer) { .permission = PERMISSION_GIVEN };
	memset(&rules, 0, sizeof(rules));
	messages_keep(&messages);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	addon_rules_free(&rules);
	messages_free(&messages);
	return 0;
}

static enum vmfw_exit check(void)
{
	return addon_check(&rules, &messages, &file, "/root");
}

static void allowed(void)
{
	assert_int_equal(check(), VMFW_EXIT_OK);
	assert_int_equal(messages.nr, 0);
}

/* Check for exactly one error, with this text. */
static void refused(enum vmfw_exit code, const char *text)
{
	assert_int_equal(check(), code);
	assert_int_equal(messages.nr, 1);
	assert_string_equal(messages_first_error(&messages), text);
	messages_free(&messages);
	messages_keep(&messages);
}

/* Without Secure Boot, a stub loads any add-on. */
static void test_not_enforced(void **state)
{
	(void)state;
	machine.enforced = false;
	answer.permission = PERMISSION_DBX_KEY;
	allowed();
	allowed();
	assert_int_equal(machine.asked, 1);
	assert_int_equal(answer.asked, 0);
}

/* The tool reads the variables only for the first add-on, but checks each add-on. */
static void test_given(void **state)
{
	(void)state;
	allowed();
	assert_int_equal(machine.asked, 1);
	assert_int_equal(answer.asked, 1);
	machine.err = -EIO;
	allowed();
	assert_int_equal(machine.asked, 1);
	assert_int_equal(answer.asked, 2);
	/* After addon_rules_free(), a check reads the variables again. */
	machine.err = 0;
	addon_rules_free(&rules);
	assert_false(rules.known);
	assert_false(rules.vars.enforced);
	allowed();
	assert_int_equal(machine.asked, 2);
	assert_int_equal(answer.asked, 3);
}

static void test_refused(void **state)
{
	static const struct {
		enum permission permission;
		const char *words;
	} cases[] = {
		{ PERMISSION_UNSIGNED, "it has no signature, and db does not contain its digest; sign it" },
		{ PERMISSION_CHANGED, "its signature does not fit the file; sign it again" },
		{ PERMISSION_STRANGER, "no certificate in db or MokListRT vouches for its signature" },
		{ PERMISSION_DBX_DIGEST, "dbx revokes its digest; install another version" },
		{ PERMISSION_DBX_KEY, "dbx revokes a certificate of its signature; sign it with another key" },
		{ PERMISSION_MOKX_DIGEST, "MokListXRT revokes its digest; install another version" },
		{ PERMISSION_MOKX_KEY, "MokListXRT revokes a certificate of its signature; sign it with another key" },
	};
	static const char start[] =
		PATH ": Secure Boot refuses this add-on: ";
	const char *error;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		answer.permission = cases[i].permission;
		assert_int_equal(check(), VMFW_EXIT_SOURCE);
		assert_int_equal(messages.nr, 1);
		error = messages_first_error(&messages);
		assert_int_equal(strncmp(error, start, strlen(start)), 0);
		assert_int_equal(strncmp(error + strlen(start), cases[i].words,
					 strlen(cases[i].words)), 0);
		expect_error(&messages, cases[i].words);
	}
	assert_int_equal(machine.asked, 1);
	assert_int_equal(answer.asked, ARRAY_SIZE(cases));
	/* Secure Boot may allow the next add-on. */
	answer.permission = PERMISSION_GIVEN;
	allowed();
}

/* An error of the check counts, regardless of the permission. */
static void test_check_fails(void **state)
{
	enum permission permissions[] = {
		PERMISSION_GIVEN, PERMISSION_UNSIGNED,
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(permissions); i++) {
		answer.permission = permissions[i];
		answer.err = -ENOMEM;
		answer.fault = (struct pe_fault) { 0 };
		refused(VMFW_EXIT_SYSTEM, PATH ": cannot read this file: Cannot allocate memory");
		answer.err = -EINVAL;
		answer.fault.text = "a signature is odd";
		answer.fault.value = 0x12;
		answer.fault.offset = 0x345;
		refused(VMFW_EXIT_IMAGE, PATH ": cannot read this UEFI program: a signature is odd (0x12 at offset 0x345)");
	}
}

/* Unreadable variables allow no add-on. The next check reads them again. */
static void test_no_rules(void **state)
{
	static const char start[] =
		PATH ": cannot tell whether Secure Boot accepts this add-on: variable ";
	char text[256];

	(void)state;
	machine.err = -EIO;
	machine.name = "dbx";
	snprintf(text, sizeof(text), "%sdbx: Input/output error", start);
	refused(VMFW_EXIT_SYSTEM, text);
	assert_false(rules.known);
	machine.err = -EINVAL;
	machine.name = "MokListRT";
	snprintf(text, sizeof(text), "%sMokListRT: it is malformed", start);
	refused(VMFW_EXIT_SYSTEM, text);
	assert_int_equal(machine.asked, 2);
	assert_int_equal(answer.asked, 0);
	machine.err = 0;
	allowed();
	assert_int_equal(machine.asked, 3);
	assert_int_equal(answer.asked, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_not_enforced, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_given, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_check_fails, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_rules, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("addon", tests, NULL, NULL);
}

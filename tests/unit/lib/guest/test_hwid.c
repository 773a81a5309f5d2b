// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The fields of SMBIOS, from the files in which the kernel shows them.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "guest/hwid.h"
#include "shared/macro.h"
#include "tree.h"

#define DMI	"/sys/class/dmi/id/"

static char root[] = "/tmp/hwid.XXXXXX";
static struct chid_fields fields;

static const struct {
	enum chid_field field;
	const char *file;
} texts[] = {
	{ CHID_MANUFACTURER, DMI "sys_vendor" },
	{ CHID_FAMILY, DMI "product_family" },
	{ CHID_PRODUCT_NAME, DMI "product_name" },
	{ CHID_PRODUCT_SKU, DMI "product_sku" },
	{ CHID_BASEBOARD_MANUFACTURER, DMI "board_vendor" },
	{ CHID_BASEBOARD_PRODUCT, DMI "board_name" },
	{ CHID_BIOS_VENDOR, DMI "bios_vendor" },
	{ CHID_BIOS_VERSION, DMI "bios_version" },
};

/* Result of chid_compute() instead of CHIDs, if it is not 0. */
static int chid_err;

int __real_chid_compute(struct chids *chids, const struct chid_fields *known);
int __wrap_chid_compute(struct chids *chids, const struct chid_fields *known);
int __wrap_chid_compute(struct chids *chids, const struct chid_fields *known)
{
	return chid_err ? chid_err : __real_chid_compute(chids, known);
}

static int set_up(void **state)
{
	(void)state;
	strcpy(root, "/tmp/hwid.XXXXXX");
	memset(&fields, 0x55, sizeof(fields));
	return !mkdtemp(root);
}

static int tear_down(void **state)
{
	(void)state;
	return tree_remove(root);
}

/* Expect this text in a field, and in no other one. */
static void expect_only(enum chid_field field, const char *text)
{
	unsigned int i;

	hwid_read_fields(&fields, root);
	for (i = 0; i < CHID_FIELDS; i++)
		assert_string_equal(fields.text[i], i == field ? text : "");
}

static void a_machine_without_smbios(void **state)
{
	(void)state;
	expect_only(CHID_FIELDS, "");
}

static void each_file_is_one_field(void **state)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		tree_write(root, texts[i].file, "  A \tB  \nC\n");
		expect_only(texts[i].field, "");
		tree_write(root, texts[i].file, "A\x7f\n");
		expect_only(texts[i].field, "");
		tree_write(root, texts[i].file, "  A-~B  \nC\n");
		expect_only(texts[i].field, "A-~B");
		tree_remove(root);
		set_up(state);
	}
}

/* A field keeps as much of a long line as it has room for. */
static void long_lines(void **state)
{
	char line[CHID_FIELD + 2];
	size_t i;

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	for (i = 0; i < ARRAY_SIZE(texts); i++)
		tree_write(root, texts[i].file, line);
	hwid_read_fields(&fields, root);
	line[CHID_FIELD - 1] = '\0';
	for (i = 0; i < ARRAY_SIZE(texts); i++)
		assert_string_equal(fields.text[texts[i].field], line);
}

static void numbers(void **state)
{
	static const struct {
		const char *line, *major, *minor;
	} releases[] = {
		{ "0.0\n", "00", "00" }, { "15.16\n", "0f", "10" },
		{ "255.10\n", "ff", "0a" }, { "7\n", "", "" }, { ".7\n", "", "" },
		{ "\n", "", "" },
	};
	static const struct {
		const char *line, *enclosure;
	} types[] = {
		{ "1\n", "1" }, { "10\n", "a" }, { "35\n", "23" }, { "0\n", "" },
		{ "x\n", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(releases); i++) {
		tree_write(root, DMI "bios_release", releases[i].line);
		hwid_read_fields(&fields, root);
		assert_string_equal(fields.text[CHID_BIOS_MAJOR],
				    releases[i].major);
		assert_string_equal(fields.text[CHID_BIOS_MINOR],
				    releases[i].minor);
	}
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		tree_write(root, DMI "chassis_type", types[i].line);
		hwid_read_fields(&fields, root);
		assert_string_equal(fields.text[CHID_ENCLOSURE],
				    types[i].enclosure);
	}
}

static void chids_of_the_machine(void **state)
{
	struct chids expected, chids;

	(void)state;
	chid_err = 0;
	tree_write(root, DMI "sys_vendor", "A vendor\n");
	hwid_read_fields(&fields, root);
	assert_int_equal(chid_compute(&expected, &fields), 0);
	memset(&chids, 0x55, sizeof(chids));
	assert_int_equal(hwid_read(&chids, root), 0);
	assert_memory_equal(&chids, &expected, sizeof(chids));
	chid_err = -ENOMEM;
	assert_int_equal(hwid_read(&chids, root), -ENOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_machine_without_smbios,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(each_file_is_one_field, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(long_lines, set_up, tear_down),
		cmocka_unit_test_setup_teardown(numbers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(chids_of_the_machine, set_up,
						tear_down),
	};

	return cmocka_run_group_tests_name("hwid", tests, NULL, NULL);
}

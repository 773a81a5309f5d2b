// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Sections with machines: every rule, any damage, and errors of reading.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "efi/hwids.h"
#include "section.h"
#include "shared/bytes.h"
#include "shared/macro.h"

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

static bool no_memory;

void *__wrap_malloc(size_t size)
{
	return no_memory ? NULL : __real_malloc(size);
}

static const char *const fwids[] = { "first", "second" };
static const unsigned int machines[] = { MACHINE(1), MACHINE(2) };
static struct image image;
static struct section section;

static int open_section(struct hwids *hwids, struct pe_fault *fault)
{
	struct pe pe;
	int err;

	image_begin(&image, true);
	section_add(&image, ".hwids", &section);
	assert_int_equal(image_parse(&image, &pe, fault), 0);
	err = hwids_open(hwids, &pe, &pe.sections[0], fault);
	pe_close(&pe);
	return err;
}

static void make(void)
{
	section_machines(&section, 2, fwids, machines);
}

static void test_records(void **state)
{
	struct pe_fault fault;
	struct hwids hwids;
	struct hwid hwid;
	unsigned int turn;

	(void)state;
	make();
	/* A record needs no name. */
	put_le32(section.bytes + 20, 0);
	assert_int_equal(open_section(&hwids, &fault), 0);
	/* The second walk gives the same records. */
	for (turn = 0; turn < 2; turn++) {
		assert_true(hwids_next(&hwids, &hwid));
		assert_string_equal(hwid.fwid, "first");
		assert_int_equal(hwid.chid[15], MACHINE(1));
		assert_true(hwids_next(&hwids, &hwid));
		assert_string_equal(hwid.fwid, "second");
		assert_int_equal(hwid.chid[0], MACHINE(2));
		assert_false(hwids_next(&hwids, &hwid));
	}
	hwids_close(&hwids);
}

/* Records of other kinds: of device trees, and of an unknown kind. */
static void test_other_kinds(void **state)
{
	struct pe_fault fault;
	struct hwids hwids;
	struct hwid hwid;

	(void)state;
	make();
	put_le32(section.bytes, 0x1000001c);
	assert_int_equal(open_section(&hwids, &fault), 0);
	assert_true(hwids_next(&hwids, &hwid));
	assert_string_equal(hwid.fwid, "second");
	assert_false(hwids_next(&hwids, &hwid));
	hwids_close(&hwids);

	/* The shortest record has no content. */
	put_le32(section.bytes + 24, 0x70000000 | 4);
	put_le32(section.bytes, 0x70000000 | 24);
	assert_int_equal(open_section(&hwids, &fault), 0);
	assert_true(hwids_next(&hwids, &hwid));
	assert_string_equal(hwid.fwid, "second");
	hwids_close(&hwids);

	/* A record of an unknown kind, with another size. */
	put_le32(section.bytes, 0x70000000 | 56);
	assert_int_equal(open_section(&hwids, &fault), 0);
	assert_false(hwids_next(&hwids, &hwid));
	hwids_close(&hwids);
}

static void test_rules(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
		const char *text;
		size_t fault_at;
	} rules[] = {
		{ 0, 0x2000001b, "size of a record", 0 },
		{ 0, 0x20000020, "size of a record", 0 },
		{ 0, 0x10000003, "size of a record", 0 },
		{ 28, 0x1fffffff, "size of a record", 28 },
		{ 24, 0, "has no fwid", 24 },
		{ 24, 60, "has no fwid", 24 },
		{ 24, 0xffffffff, "a fwid is not printable ASCII", 24 },
		{ 48, 97, "a name is not printable ASCII", 48 },
		/* An offset where there is no text; a text with a control byte. */
		{ 52, 4, "a fwid is not printable ASCII", 52 },
		{ 90, 0x61610761, "name is not printable ASCII", 48 },
	};
	struct pe_fault fault;
	struct hwids hwids;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		make();
		put_le32(section.bytes + rules[i].at, rules[i].value);
		assert_int_equal(open_section(&hwids, &fault), -EINVAL);
		assert_non_null(strstr(fault.text, rules[i].text));
		assert_int_equal(fault.offset,
				 IMAGE_HEADERS + rules[i].fault_at);
	}
}

/* A section that is cut at any place is malformed. */
static void test_ends(void **state)
{
	struct pe_fault fault;
	struct hwids hwids;

	(void)state;
	make();
	while (section.len--) {
		assert_int_equal(open_section(&hwids, &fault), -EINVAL);
		assert_non_null(fault.text);
	}
}

/* Read zeroes, with which a list ends. */
static int read_zeroes(void *arg, uint64_t offset, void *buf, size_t len)
{
	(void)arg;
	(void)offset;
	memset(buf, 0, len);
	return 0;
}

static void test_no_records(void **state)
{
	static const size_t sizes[] = { 4, 1u << 20 };
	struct pe_section empty = { .offset = IMAGE_HEADERS };
	const struct pe pe = { .read = read_zeroes };
	struct pe_fault fault;
	struct hwids hwids;
	struct hwid hwid;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		empty.size = sizes[i];
		assert_int_equal(hwids_open(&hwids, &pe, &empty, &fault), 0);
		assert_false(hwids_next(&hwids, &hwid));
		hwids_close(&hwids);
	}
}

static void test_no_end(void **state)
{
	struct pe_fault fault;
	struct hwids hwids;

	(void)state;
	memset(&section, 0, sizeof(section));
	put_le32(section.bytes, 0x1000001c);
	section.len = 28;
	assert_int_equal(open_section(&hwids, &fault), -EINVAL);
	assert_non_null(strstr(fault.text, "no record of zeroes"));
}

static void test_errors(void **state)
{
	static const size_t wrong[] = { 0, 3, (1u << 20) + 1 };
	struct pe_section odd = { .offset = IMAGE_HEADERS };
	struct pe_fault fault;
	struct hwids hwids;
	struct pe pe;
	size_t i;

	(void)state;
	make();
	image_begin(&image, true);
	section_add(&image, ".hwids", &section);
	assert_int_equal(image_parse(&image, &pe, &fault), 0);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		odd.size = wrong[i];
		assert_int_equal(hwids_open(&hwids, &pe, &odd, &fault),
				 -EINVAL);
		assert_non_null(strstr(fault.text, "from 4 bytes to 1 MiB"));
		assert_int_equal(fault.value, wrong[i]);
	}

	memset(&fault, 0, sizeof(fault));
	no_memory = true;
	assert_int_equal(hwids_open(&hwids, &pe, &pe.sections[0], &fault),
			 -ENOMEM);
	no_memory = false;
	image.err = -EIO;
	image.bad = IMAGE_HEADERS;
	assert_int_equal(hwids_open(&hwids, &pe, &pe.sections[0], &fault),
			 -EIO);
	assert_null(fault.text);
	pe_close(&pe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_other_kinds),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_no_records),
		cmocka_unit_test(test_no_end),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests_name("efi hwids", tests, NULL, NULL);
}

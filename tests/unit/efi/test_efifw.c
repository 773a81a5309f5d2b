// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Sections with firmware: every rule, and errors of reading.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "efi/efifw.h"
#include "section.h"
#include "shared/bytes.h"
#include "shared/macro.h"

#define PAYLOAD	64

static struct image image;
static struct section section;
static uint8_t payload[PAYLOAD];

static int read_section(struct efifw *efifw, struct pe_fault *fault)
{
	struct pe pe;
	int err;

	image_begin(&image, true);
	section_add(&image, ".efifw", &section);
	assert_int_equal(image_parse(&image, &pe, fault), 0);
	/* In the result of an earlier call, all may be true. */
	memset(efifw, true, sizeof(*efifw));
	err = efifw_read(efifw, &pe, &pe.sections[0], fault);
	pe_close(&pe);
	return err;
}

static void make(unsigned int machine)
{
	section_firmware(&section, "ovmf-1", machine, payload, PAYLOAD);
}

static void test_short_header(void **state)
{
	struct pe_fault fault;
	struct efifw efifw;

	(void)state;
	make(0);
	/* Bytes after the firmware are reserved. */
	section.len += 7;
	assert_int_equal(read_section(&efifw, &fault), 0);
	assert_string_equal(efifw.fwid, "ovmf-1");
	assert_int_equal(efifw.offset, IMAGE_HEADERS + 16 + 7);
	assert_int_equal(efifw.size, PAYLOAD);
	assert_false(efifw.has_chid);
	assert_false(efifw.capsule);
}

static void test_long_header(void **state)
{
	struct pe_fault fault;
	struct efifw efifw;

	(void)state;
	make(MACHINE(3));
	assert_int_equal(read_section(&efifw, &fault), 0);
	assert_true(efifw.has_chid);
	assert_int_equal(efifw.chid[0], MACHINE(3));
	assert_int_equal(efifw.offset, IMAGE_HEADERS + 32 + 7);

	/* A CHID of zeroes counts as none. */
	memset(section.bytes + 16, 0, 16);
	assert_int_equal(read_section(&efifw, &fault), 0);
	assert_false(efifw.has_chid);
	section.bytes[16 + 15] = 1;
	assert_int_equal(read_section(&efifw, &fault), 0);
	assert_true(efifw.has_chid);
}

/* A later version may have an even longer header. */
static void test_longer_header(void **state)
{
	struct pe_fault fault;
	struct efifw efifw;

	(void)state;
	make(MACHINE(3));
	memmove(section.bytes + 40, section.bytes + 32, section.len - 32);
	section.len += 8;
	put_le32(section.bytes + 4, 40);
	assert_int_equal(read_section(&efifw, &fault), 0);
	assert_string_equal(efifw.fwid, "ovmf-1");
	assert_int_equal(efifw.offset, IMAGE_HEADERS + 40 + 7);
}

static void test_rules(void **state)
{
	static const struct {
		size_t at;
		unsigned int width;
		uint32_t value;
		const char *text;
		size_t fault_at;
	} rules[] = {
		{ 0, 4, 0xfeeddeae, "does not begin with its magic", 0 },
		{ 0, 4, 0xaddeedfe, "does not begin with its magic", 0 },
		{ 0, 4, 0, "does not begin with its magic", 0 },
		{ 0, 4, 0x00001001, "does not begin with its magic", 0 },
		{ 4, 4, 15, "must have 16 bytes", 4 },
		{ 4, 4, 17, "must have 16 bytes", 4 },
		{ 4, 4, 31, "must have 16 bytes", 4 },
		{ 4, 4, 0xffffffff, "ends after the section", 12 },
		{ 8, 4, 0, "fwid is empty", 8 },
		{ 8, 4, 1, "fwid is empty", 8 },
		{ 8, 4, 257, "longer than 255", 8 },
		{ 8, 4, 0xffffffff, "longer than 255", 8 },
		{ 12, 4, 0, "contains no firmware", 12 },
		{ 12, 4, PAYLOAD + 1, "ends after the section", 12 },
		{ 12, 4, 0xffffffff, "ends after the section", 12 },
		/* fwids: no final zero; an earlier zero; unprintable bytes. */
		{ 8, 4, 6, "not printable ASCII", 16 },
		{ 18, 1, 0, "not printable ASCII", 16 },
		{ 18, 1, 7, "not printable ASCII", 16 },
		{ 18, 1, 0x80, "not printable ASCII", 16 },
	};
	struct pe_fault fault;
	struct efifw efifw;
	size_t i, number;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		make(0);
		if (rules[i].width == 1)
			section.bytes[rules[i].at] = rules[i].value;
		else
			put_le32(section.bytes + rules[i].at, rules[i].value);
		assert_int_equal(read_section(&efifw, &fault), -EINVAL);
		assert_non_null(strstr(fault.text, rules[i].text));
		assert_int_equal(fault.offset,
				 IMAGE_HEADERS + rules[i].fault_at);
		/* Instead of the fwid, the fault shows its size. */
		number = rules[i].fault_at == 16 ? 8 : rules[i].fault_at;
		assert_int_equal(fault.value,
				 get_le32(section.bytes + number));
	}
}

static void test_longest_fwid(void **state)
{
	char fwid[EFIFW_ID + 1];
	struct pe_fault fault;
	struct efifw efifw;

	(void)state;
	memset(fwid, 'x', EFIFW_ID);
	fwid[EFIFW_ID] = '\0';
	section_firmware(&section, fwid, 0, payload, PAYLOAD);
	assert_int_equal(read_section(&efifw, &fault), 0);
	assert_string_equal(efifw.fwid, fwid);
}

static void test_too_short(void **state)
{
	struct pe_fault fault;
	struct efifw efifw;

	(void)state;
	make(0);
	section.len = 15;
	assert_int_equal(read_section(&efifw, &fault), -EINVAL);
	assert_non_null(strstr(fault.text, "too short"));
	assert_int_equal(fault.offset, IMAGE_HEADERS);
	assert_int_equal(fault.value, 15);
	section.len = 16;
	assert_int_equal(read_section(&efifw, &fault), -EINVAL);
	assert_non_null(strstr(fault.text, "ends after the section"));
}

/* Some versions of ukify wrote one zero byte instead of the magic. */
static void test_short_magic(void **state)
{
	struct pe_fault fault;
	struct efifw efifw;

	(void)state;
	make(0);
	memmove(section.bytes + 1, section.bytes + 4, section.len - 4);
	section.bytes[0] = 0;
	section.len -= 3;
	assert_int_equal(read_section(&efifw, &fault), -EINVAL);
	assert_non_null(strstr(fault.text, "the magic is one byte long"));
	assert_int_equal(fault.offset, IMAGE_HEADERS);
	assert_int_equal(fault.value, 0);
	section.bytes[0] = 1;
	assert_int_equal(read_section(&efifw, &fault), -EINVAL);
	assert_non_null(strstr(fault.text, "does not begin with its magic"));
}

static void test_capsules(void **state)
{
	static const uint8_t fmp[] = {
		0xed, 0xd5, 0xcb, 0x6d, 0x2d, 0xe8, 0x44, 0x4c,
		0xbd, 0xa1, 0x71, 0x94, 0x19, 0x9a, 0xd9, 0x2a,
	};
	/* Sizes of a capsule's header. */
	static const struct {
		uint32_t size;
		bool right;
	} headers[] = {
		{ 27, false }, { 28, true }, { 4096, true }, { 4097, false },
	};
	struct pe_fault fault;
	struct efifw efifw;
	uint32_t size;
	size_t i;

	(void)state;
	memcpy(payload, fmp, sizeof(fmp));
	make(0);
	assert_int_equal(read_section(&efifw, &fault), 0);
	assert_true(efifw.capsule);
	section_firmware(&section, "x", 0, payload, 28);
	assert_int_equal(read_section(&efifw, &fault), 0);
	assert_true(efifw.capsule);

	/* A capsule with a GUID that no specification lists. */
	memset(payload, 0x11, 16);
	put_le32(payload + 16, 28);
	put_le32(payload + 24, PAYLOAD);
	make(0);
	assert_int_equal(read_section(&efifw, &fault), 0);
	assert_true(efifw.capsule);
	for (i = 0; i < ARRAY_SIZE(headers); i++) {
		put_le32(payload + 16, headers[i].size);
		make(0);
		assert_int_equal(read_section(&efifw, &fault), 0);
		assert_int_equal(efifw.capsule, headers[i].right);
	}
	put_le32(payload + 16, 28);
	for (size = PAYLOAD - 1; size <= PAYLOAD + 1; size++) {
		put_le32(payload + 24, size);
		make(0);
		assert_int_equal(read_section(&efifw, &fault), 0);
		assert_int_equal(efifw.capsule, size == PAYLOAD);
	}

	/* A payload too short for a capsule, although it begins like one. */
	memcpy(payload, fmp, sizeof(fmp));
	section_firmware(&section, "x", 0, payload, 27);
	assert_int_equal(read_section(&efifw, &fault), 0);
	assert_false(efifw.capsule);
	memset(payload, 0, sizeof(payload));
}

/* efifw_read() returns an error of reading unchanged. */
static void test_read_errors(void **state)
{
	static const size_t places[] = { 0, 16, 32, 32 + 7 };
	struct pe_fault fault;
	struct efifw efifw;
	struct pe pe;
	size_t i;

	(void)state;
	make(MACHINE(1));
	image_begin(&image, true);
	section_add(&image, ".efifw", &section);
	assert_int_equal(image_parse(&image, &pe, &fault), 0);
	image.err = -EIO;
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		image.bad = IMAGE_HEADERS + places[i];
		assert_int_equal(efifw_read(&efifw, &pe, &pe.sections[0],
					    &fault), -EIO);
		assert_null(fault.text);
	}
	pe_close(&pe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_short_header),
		cmocka_unit_test(test_long_header),
		cmocka_unit_test(test_longer_header),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_longest_fwid),
		cmocka_unit_test(test_too_short),
		cmocka_unit_test(test_short_magic),
		cmocka_unit_test(test_capsules),
		cmocka_unit_test(test_read_errors),
	};

	return cmocka_run_group_tests_name("efi efifw", tests, NULL, NULL);
}

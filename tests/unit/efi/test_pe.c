// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * PE headers: every rule, any damage, and errors of reading.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "image.h"
#include "shared/bytes.h"
#include "shared/macro.h"

void *__real_calloc(size_t nr, size_t size);
void *__wrap_calloc(size_t nr, size_t size);

static bool no_memory;

void *__wrap_calloc(size_t nr, size_t size)
{
	return no_memory ? NULL : __real_calloc(nr, size);
}

static struct image image;
static const uint8_t code[600] = { 0x90 };

static void make(bool wide)
{
	image_begin(&image, wide);
	image_add(&image, ".text", code, 4);
	image_add(&image, ".profile", code, sizeof(code));
}

static void test_sections(void **state)
{
	struct pe_fault fault;
	struct pe pe;

	(void)state;
	make(true);
	/* Only the first two bytes of the file are its magic number. */
	image.bytes[2] = 0x90;
	/* Sections without bytes may be anywhere. */
	image_add(&image, ".bss", "", 0);
	put_le32(image.bytes + IMAGE_TABLE + 2 * 40 + 8, 0x1000);
	put_le16(image.bytes + IMAGE_OPTIONAL + 68, 10);
	assert_int_equal(image_parse(&image, &pe, &fault), 0);
	assert_null(fault.text);
	assert_int_equal(pe.machine, 0x8664);
	assert_int_equal(pe.subsystem, 10);
	assert_int_equal(pe.headers_size, IMAGE_HEADERS);
	assert_int_equal(pe.checksum_at, IMAGE_OPTIONAL + 64);
	assert_int_equal(pe.security_at, IMAGE_SECURITY);
	assert_int_equal(pe.security_size, 0);
	assert_int_equal(pe.nr_sections, 3);
	assert_string_equal(pe.sections[0].name, ".text");
	assert_int_equal(pe.sections[0].offset, IMAGE_HEADERS);
	assert_int_equal(pe.sections[0].size, 4);
	assert_string_equal(pe.sections[1].name, ".profile");
	assert_int_equal(pe.sections[1].offset, IMAGE_HEADERS + 512);
	assert_int_equal(pe.sections[1].size, 600);
	assert_int_equal(pe.sections[1].raw_size, 1024);
	assert_int_equal(pe.sections[2].size, 0);
	pe_close(&pe);
}

/* The offset of a section without bytes has no meaning. */
static void test_empty_section(void **state)
{
	static const uint32_t offsets[] = {
		0, IMAGE_HEADERS - 1, IMAGE_HEADERS + 1, 0xffffffff,
	};
	struct pe_fault fault;
	struct pe pe;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		image_begin(&image, true);
		image_add(&image, ".bss", "", 0);
		image_add(&image, ".text", code, 4);
		put_le32(image.bytes + IMAGE_TABLE + 20, offsets[i]);
		assert_int_equal(image_parse(&image, &pe, &fault), 0);
		assert_int_equal(pe.nr_sections, 2);
		pe_close(&pe);
	}
}

/* A section may have fewer bytes in the file than in memory. */
static void test_shorter_in_file(void **state)
{
	struct pe_fault fault;
	struct pe pe;

	(void)state;
	make(true);
	put_le32(image.bytes + IMAGE_TABLE + 8, 0x10000);
	assert_int_equal(image_parse(&image, &pe, &fault), 0);
	assert_int_equal(pe.sections[0].size, 512);
	pe_close(&pe);
}

static void test_pe32(void **state)
{
	struct pe_fault fault;
	struct pe pe;

	(void)state;
	make(false);
	assert_int_equal(image_parse(&image, &pe, &fault), 0);
	assert_int_equal(pe.machine, 0x14c);
	assert_int_equal(pe.security_at, IMAGE_SECURITY32);
	assert_int_equal(pe.nr_sections, 2);
	pe_close(&pe);
}

static void test_certificates(void **state)
{
	struct pe_fault fault;
	struct pe pe;

	(void)state;
	make(true);
	put_le32(image.bytes + IMAGE_SECURITY, image.size);
	put_le32(image.bytes + IMAGE_SECURITY + 4, 0x100);
	image.size += 0x100;
	assert_int_equal(image_parse(&image, &pe, &fault), 0);
	assert_int_equal(pe.security_offset, image.size - 0x100);
	assert_int_equal(pe.security_size, 0x100);
	pe_close(&pe);

	/* The data directory of certificates is missing. */
	put_le32(image.bytes + IMAGE_TABLE - 16 * 8 - 4, 4);
	assert_int_equal(image_parse(&image, &pe, &fault), 0);
	assert_int_equal(pe.security_at, 0);
	assert_int_equal(pe.security_size, 0);
	pe_close(&pe);
}

/* Move the section table behind an optional header of this size. */
static void shorten_optional(size_t table, size_t size, size_t directories)
{
	put_le16(image.bytes + IMAGE_PE + 20, size);
	memmove(image.bytes + IMAGE_OPTIONAL + size, image.bytes + table, 80);
	put_le32(image.bytes + IMAGE_OPTIONAL + size - 8 * directories - 4,
		 directories);
}

/* An optional header may end in front of the data directories, or within them. */
static void test_few_directories(void **state)
{
	struct pe_fault fault;
	struct pe pe;

	(void)state;
	make(true);
	shorten_optional(IMAGE_TABLE, 112, 0);
	assert_int_equal(image_parse(&image, &pe, &fault), 0);
	assert_string_equal(pe.sections[1].name, ".profile");
	assert_int_equal(pe.security_at, 0);
	pe_close(&pe);

	make(false);
	shorten_optional(IMAGE_TABLE32, 96, 0);
	assert_int_equal(image_parse(&image, &pe, &fault), 0);
	assert_string_equal(pe.sections[1].name, ".profile");
	assert_int_equal(pe.security_at, 0);
	pe_close(&pe);

	/* The certificates are the last directory. */
	make(true);
	shorten_optional(IMAGE_TABLE, 112 + 5 * 8, 5);
	put_le32(image.bytes + IMAGE_SECURITY, image.size);
	put_le32(image.bytes + IMAGE_SECURITY + 4, 8);
	image.size += 8;
	assert_int_equal(image_parse(&image, &pe, &fault), 0);
	assert_int_equal(pe.security_at, IMAGE_SECURITY);
	assert_int_equal(pe.security_size, 8);
	pe_close(&pe);
}

/* The headers may end with the section table, or with the file. */
static void test_end_of_headers(void **state)
{
	struct pe_fault fault;
	struct pe pe;

	(void)state;
	make(true);
	put_le32(image.bytes + IMAGE_OPTIONAL + 60, IMAGE_TABLE + 80);
	assert_int_equal(image_parse(&image, &pe, &fault), 0);
	assert_int_equal(pe.headers_size, IMAGE_TABLE + 80);
	pe_close(&pe);

	image_begin(&image, true);
	image_add(&image, ".bss", "", 0);
	assert_int_equal(image.size, IMAGE_HEADERS);
	assert_int_equal(image_parse(&image, &pe, &fault), 0);
	pe_close(&pe);

	/* The table, the headers and the file have the same end. */
	image.size = IMAGE_TABLE + 40;
	put_le32(image.bytes + IMAGE_OPTIONAL + 60, image.size);
	assert_int_equal(image_parse(&image, &pe, &fault), 0);
	pe_close(&pe);
}

/* The PE header may begin where the DOS header ends. */
static void test_first_offset(void **state)
{
	struct pe_fault fault;
	struct pe pe;

	(void)state;
	make(true);
	memmove(image.bytes + 64, image.bytes + IMAGE_PE,
		IMAGE_TABLE + 80 - IMAGE_PE);
	put_le32(image.bytes + 60, 64);
	assert_int_equal(image_parse(&image, &pe, &fault), 0);
	assert_string_equal(pe.sections[1].name, ".profile");
	pe_close(&pe);
}

/* The most sections that a file may have, and one more. */
static void test_many_sections(void **state)
{
	struct pe_fault fault;
	unsigned int i;
	struct pe pe;

	(void)state;
	image_begin(&image, true);
	for (i = 0; i < 96; i++)
		image_add(&image, ".efifw", "x", 1);
	assert_int_equal(image_parse(&image, &pe, &fault), 0);
	assert_int_equal(pe.nr_sections, 96);
	pe_close(&pe);
	image_add(&image, ".efifw", "x", 1);
	assert_int_equal(image_parse(&image, &pe, &fault), -EINVAL);
	assert_non_null(strstr(fault.text, "more than 96"));
	assert_int_equal(fault.value, 97);
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
		{ 0, 2, 0x4d5a, "this is not a PE file", 0 },
		{ 60, 4, 63, "within the DOS header", 60 },
		{ 60, 4, 0xfffffff0, "ends within its headers", 0xfffffff0 },
		{ IMAGE_PE, 4, 0x4551, "this is not a PE file", IMAGE_PE },
		{ IMAGE_PE + 6, 2, 0, "no sections", IMAGE_PE + 6 },
		{ IMAGE_PE + 6, 2, 0xffff, "no sections", IMAGE_PE + 6 },
		{ IMAGE_PE + 20, 2, 95, "optional header must have from 96",
		  IMAGE_PE + 20 },
		{ IMAGE_PE + 20, 2, 241, "optional header must have from 96",
		  IMAGE_PE + 20 },
		{ IMAGE_PE + 20, 2, 111, "neither PE32", IMAGE_OPTIONAL },
		{ IMAGE_OPTIONAL, 2, 0x107, "neither PE32", IMAGE_OPTIONAL },
		{ IMAGE_OPTIONAL + 108, 4, 17, "more data directories",
		  IMAGE_OPTIONAL + 108 },
		{ IMAGE_OPTIONAL + 60, 4, 0xffffffff, "headers must end after",
		  IMAGE_OPTIONAL + 60 },
		{ IMAGE_OPTIONAL + 60, 4, IMAGE_TABLE - 1,
		  "headers must end after", IMAGE_OPTIONAL + 60 },
		{ IMAGE_OPTIONAL + 60, 4, IMAGE_TABLE,
		  "section table ends after", IMAGE_TABLE },
		{ IMAGE_OPTIONAL + 60, 4, IMAGE_TABLE + 79,
		  "section table ends after", IMAGE_TABLE },
		{ IMAGE_SECURITY + 4, 4, 8, "certificate table begins within",
		  IMAGE_SECURITY },
		{ IMAGE_TABLE + 20, 4, IMAGE_HEADERS - 1,
		  "a section begins within the headers", IMAGE_TABLE + 20 },
		{ IMAGE_TABLE + 20, 4, 0xffffffff,
		  "a section ends after the file", IMAGE_TABLE + 16 },
		{ IMAGE_TABLE + 40 + 16, 4, 0xffffffff,
		  "a section ends after the file", IMAGE_TABLE + 56 },
		{ IMAGE_TABLE + 40 + 20, 4, IMAGE_HEADERS + 511,
		  "a section overlaps another one", IMAGE_TABLE + 60 },
	};
	struct pe_fault fault;
	struct pe pe;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		make(true);
		if (rules[i].width == 2)
			put_le16(image.bytes + rules[i].at, rules[i].value);
		else
			put_le32(image.bytes + rules[i].at, rules[i].value);
		assert_int_equal(image_parse(&image, &pe, &fault), -EINVAL);
		assert_non_null(strstr(fault.text, rules[i].text));
		assert_int_equal(fault.offset, rules[i].fault_at);
	}
}

static void test_certificates_elsewhere(void **state)
{
	struct pe_fault fault;
	struct pe pe;

	(void)state;
	make(true);
	put_le32(image.bytes + IMAGE_SECURITY, image.size - 8);
	put_le32(image.bytes + IMAGE_SECURITY + 4, 9);
	assert_int_equal(image_parse(&image, &pe, &fault), -EINVAL);
	assert_non_null(strstr(fault.text, "certificate table ends after"));
	assert_int_equal(fault.offset, IMAGE_SECURITY + 4);
	assert_int_equal(fault.value, 9);
	/* The certificate table must not overlap a section. */
	put_le32(image.bytes + IMAGE_SECURITY + 4, 8);
	assert_int_equal(image_parse(&image, &pe, &fault), -EINVAL);
	assert_non_null(strstr(fault.text, "overlap"));
}

/* A file cut at any place gives a fault of the format, not a read error. */
static void test_truncated(void **state)
{
	struct pe_fault fault;
	size_t size, i;
	struct pe pe;

	(void)state;
	make(true);
	size = image.size;
	for (i = 0; i < size; i++) {
		image.size = i;
		assert_int_equal(image_parse(&image, &pe, &fault), -EINVAL);
		assert_non_null(fault.text);
	}
}

/* An error of reading sets no fault of the format. */
static void test_read_errors(void **state)
{
	static const size_t places[] = { 0, IMAGE_PE, IMAGE_OPTIONAL,
					 IMAGE_TABLE };
	struct pe_fault fault;
	struct pe pe;
	size_t i;

	(void)state;
	make(true);
	image.err = -EINVAL;
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		image.bad = places[i];
		assert_int_equal(image_parse(&image, &pe, &fault), -EINVAL);
		assert_null(fault.text);
		assert_null(pe.sections);
		assert_int_equal(pe.nr_sections, 0);
	}
}

static void test_no_memory(void **state)
{
	struct pe_fault fault;
	struct pe pe;

	(void)state;
	make(true);
	no_memory = true;
	assert_int_equal(image_parse(&image, &pe, &fault), -ENOMEM);
	no_memory = false;
	assert_null(fault.text);
}

/*
 * Damage one byte. If pe_open() still accepts the headers, all sections are in
 * the file.
 */
static void test_damage(void **state)
{
	struct pe_fault fault;
	unsigned int byte, i;
	struct pe pe;
	size_t at;

	(void)state;
	for (at = 0; at < IMAGE_TABLE + 80; at++)
		for (byte = 0; byte < 256; byte += 51) {
			make(true);
			image.bytes[at] = byte;
			if (image_parse(&image, &pe, &fault)) {
				assert_non_null(fault.text);
				continue;
			}
			for (i = 0; i < pe.nr_sections; i++)
				assert_true(!pe.sections[i].size ||
					    pe.sections[i].offset +
					    pe.sections[i].size <= image.size);
			pe_close(&pe);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_empty_section),
		cmocka_unit_test(test_shorter_in_file),
		cmocka_unit_test(test_pe32),
		cmocka_unit_test(test_certificates),
		cmocka_unit_test(test_few_directories),
		cmocka_unit_test(test_end_of_headers),
		cmocka_unit_test(test_first_offset),
		cmocka_unit_test(test_many_sections),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_certificates_elsewhere),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_read_errors),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests_name("efi pe", tests, NULL, NULL);
}

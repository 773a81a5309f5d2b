// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The headers and entries of a partition table: valid ones and others.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <cmocka.h>

#include "efi/gpt.h"
#include "shared/bytes.h"
#include "shared/macro.h"

#define BLOCK	512

static uint8_t block[BLOCK];

static void seal(void)
{
	put_le32(block + 16, 0);
	put_le32(block + 16, crc32(0, block, get_le32(block + 12)));
}

static int make(void **state)
{
	(void)state;
	memset(block, 0, sizeof(block));
	memcpy(block, "EFI PART\0\0\1\0", 12);
	put_le32(block + 12, GPT_HEADER_SIZE);
	put_le64(block + 24, 1);
	put_le64(block + 32, 9999);
	put_le64(block + 72, 2);
	put_le32(block + 80, 128);
	put_le32(block + 84, 128);
	put_le32(block + 88, 0x12345678);
	seal();
	return 0;
}

static bool is_header(size_t size)
{
	struct gpt_header header;

	return gpt_read(&header, block, size);
}

static void fields_of_a_header(void **state)
{
	struct gpt_header header;

	(void)state;
	assert_true(gpt_read(&header, block, BLOCK));
	assert_int_equal(header.at, 1);
	assert_int_equal(header.other, 9999);
	assert_int_equal(header.entries, 2);
	assert_int_equal(header.entry_size, 128);
	assert_int_equal(header.entries_size, 16384);
	assert_int_equal(header.entries_sum, 0x12345678);
}

static void damage_of_each_byte(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < GPT_HEADER_SIZE; i++) {
		block[i] ^= 0x10;
		assert_false(is_header(BLOCK));
		block[i] ^= 0x10;
	}
	/* The byte after the header is not part of it. */
	block[GPT_HEADER_SIZE] ^= 0x10;
	assert_true(is_header(BLOCK));
}

static void each_byte_of_the_signature(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < 8; i++) {
		block[i] ^= 1;
		seal();
		assert_false(is_header(BLOCK));
		block[i] ^= 1;
	}
	seal();
	assert_true(is_header(BLOCK));
}

static void size_of_a_header(void **state)
{
	uint8_t *copy;
	size_t size;

	(void)state;
	/* Memory of exactly this size, so that sanitizers see overruns. */
	for (size = 1; size < GPT_HEADER_SIZE; size++) {
		struct gpt_header header;

		copy = malloc(size);
		assert_non_null(copy);
		memcpy(copy, block, size);
		assert_false(gpt_read(&header, copy, size));
		free(copy);
	}
	assert_false(is_header(GPT_HEADER_SIZE - 1));
	assert_true(is_header(GPT_HEADER_SIZE));
	put_le32(block + 12, BLOCK);
	seal();
	assert_true(is_header(BLOCK));
	assert_false(is_header(BLOCK - 1));
	put_le32(block + 12, GPT_HEADER_SIZE - 1);
	seal();
	assert_false(is_header(BLOCK));
}

static void size_of_entries(void **state)
{
	static const struct {
		uint32_t nr, size;
		bool good;
	} entries[] = {
		{ 0, 128, false }, { 128, 0, false }, { 4, 128, true },
		{ 8192, 128, true }, { 8193, 128, false },
		{ 1u << 31, 2, false }, { 0x10001, 0x10001, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(entries); i++) {
		put_le32(block + 80, entries[i].nr);
		put_le32(block + 84, entries[i].size);
		seal();
		assert_int_equal(is_header(BLOCK), entries[i].good);
	}
}

static void moved_entries(void **state)
{
	struct gpt_header header;

	(void)state;
	put_le32(block + 12, 100);
	seal();
	gpt_move_entries(block, 0x123456789a);
	assert_true(gpt_read(&header, block, BLOCK));
	assert_int_equal(header.entries, 0x123456789a);
	assert_int_equal(header.at, 1);
}

/* A table of 128 entries. */
static uint8_t entries[16384];

static void put_entry(unsigned int index, uint64_t first, uint64_t last)
{
	uint8_t *entry = entries + 128 * index;

	memset(entry, 0x11, 16);
	memcpy(entry + 16, "\x03\x02\x01\x00\x05\x04\x07\x06\x08\x09\x0a\x0b"
	       "\x0c\x0d\x0e\x0f", 16);
	put_le64(entry + 32, first);
	put_le64(entry + 40, last);
}

static void fields_of_an_entry(void **state)
{
	struct gpt_header header;
	struct gpt_entry entry;
	unsigned int i;

	(void)state;
	memset(entries, 0, sizeof(entries));
	put_entry(127, 50, 60);
	assert_true(gpt_read(&header, block, BLOCK));
	assert_false(gpt_entries_sound(&header, entries));
	header.entries_sum = crc32(0, entries, sizeof(entries));
	assert_true(gpt_entries_sound(&header, entries));
	assert_false(gpt_read_entry(&entry, &header, entries, 0));
	assert_false(gpt_read_entry(&entry, &header, entries, 128));
	assert_true(gpt_read_entry(&entry, &header, entries, 127));
	assert_int_equal(entry.first, 50);
	assert_int_equal(entry.last, 60);
	for (i = 0; i < 16; i++) {
		assert_int_equal(entry.uuid[i], i);
		assert_int_equal(entry.type[i], 0x11);
	}
}

static void bounds_of_partitions(void **state)
{
	struct gpt_entry range = { .first = 61, .last = 70 };
	struct gpt_header header;

	(void)state;
	memset(entries, 0, sizeof(entries));
	assert_true(gpt_read(&header, block, BLOCK));
	put_entry(3, 50, 60);
	assert_true(gpt_fits(&header, entries, 50, 60));
	assert_false(gpt_fits(&header, entries, 51, 60));
	assert_false(gpt_fits(&header, entries, 50, 59));
	assert_true(gpt_is_free(&header, entries, &range, 0));
	range.first = 60;
	assert_false(gpt_is_free(&header, entries, &range, 0));
	assert_true(gpt_is_free(&header, entries, &range, 3));
	/* A partition of one block. */
	put_entry(4, 60, 60);
	assert_true(gpt_fits(&header, entries, 50, 60));
	put_entry(4, 60, 59);
	assert_false(gpt_fits(&header, entries, 0, UINT64_MAX));
}

/* The first and the last entry count like all others. */
static void first_and_last_entry(void **state)
{
	static const unsigned int indexes[] = { 0, 127 };
	const struct gpt_entry range = { .first = 60, .last = 70 };
	struct gpt_header header;
	size_t i;

	(void)state;
	assert_true(gpt_read(&header, block, BLOCK));
	for (i = 0; i < ARRAY_SIZE(indexes); i++) {
		memset(entries, 0, sizeof(entries));
		put_entry(indexes[i], 50, 60);
		assert_false(gpt_fits(&header, entries, 51, 60));
		assert_false(gpt_is_free(&header, entries, &range, 1));
		assert_true(gpt_is_free(&header, entries, &range, indexes[i]));
		put_entry(indexes[i], 70, 80);
		assert_false(gpt_is_free(&header, entries, &range, 1));
		put_entry(indexes[i], 71, 80);
		assert_true(gpt_is_free(&header, entries, &range, 1));
	}
}

static void second_header(void **state)
{
	struct gpt_header first, second;

	(void)state;
	assert_true(gpt_read(&first, block, BLOCK));
	gpt_bound(block, 34, 9966);
	assert_int_equal(get_le64(block + 40), 34);
	assert_int_equal(get_le64(block + 48), 0);
	put_le64(block + 48, 9999);
	gpt_bound(block, 1, 9966);
	assert_int_equal(get_le64(block + 40), 34);
	assert_int_equal(get_le64(block + 48), 9966);
	assert_true(is_header(BLOCK));
	gpt_make_second(block, 9967);
	assert_true(gpt_read(&second, block, BLOCK));
	assert_int_equal(second.at, first.other);
	assert_int_equal(second.other, first.at);
	assert_int_equal(second.entries, 9967);
	put_le32(block + 84, 127);
	seal();
	assert_false(is_header(BLOCK));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(fields_of_a_header, make),
		cmocka_unit_test_setup(damage_of_each_byte, make),
		cmocka_unit_test_setup(each_byte_of_the_signature, make),
		cmocka_unit_test_setup(size_of_a_header, make),
		cmocka_unit_test_setup(size_of_entries, make),
		cmocka_unit_test_setup(moved_entries, make),
		cmocka_unit_test_setup(fields_of_an_entry, make),
		cmocka_unit_test_setup(bounds_of_partitions, make),
		cmocka_unit_test_setup(first_and_last_entry, make),
		cmocka_unit_test_setup(second_header, make),
	};

	return cmocka_run_group_tests_name("gpt", tests, NULL, NULL);
}

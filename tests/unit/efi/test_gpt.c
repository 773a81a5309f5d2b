// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The header of a partition table: which ones are none.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <cmocka.h>

#include "../bytes.h"
#include "gpt.h"

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

static void a_header_is_read(void **state)
{
	struct gpt_header header;

	(void)state;
	assert_true(gpt_read(&header, block, BLOCK));
	assert_int_equal(header.at, 1);
	assert_int_equal(header.other, 9999);
	assert_int_equal(header.entries, 2);
	assert_int_equal(header.entries_size, 16384);
	assert_int_equal(header.entries_sum, 0x12345678);
}

static void any_other_byte_is_damage(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < GPT_HEADER_SIZE; i++) {
		block[i] ^= 0x10;
		assert_false(is_header(BLOCK));
		block[i] ^= 0x10;
	}
	/* What follows is not part of it. */
	block[GPT_HEADER_SIZE] ^= 0x10;
	assert_true(is_header(BLOCK));
}

static void its_size_is_within_the_block(void **state)
{
	(void)state;
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

static void entries_have_a_size(void **state)
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
	for (i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		put_le32(block + 80, entries[i].nr);
		put_le32(block + 84, entries[i].size);
		seal();
		assert_int_equal(is_header(BLOCK), entries[i].good);
	}
}

static void entries_can_be_elsewhere(void **state)
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_header_is_read, make),
		cmocka_unit_test_setup(any_other_byte_is_damage, make),
		cmocka_unit_test_setup(its_size_is_within_the_block, make),
		cmocka_unit_test_setup(entries_have_a_size, make),
		cmocka_unit_test_setup(entries_can_be_elsewhere, make),
	};

	return cmocka_run_group_tests_name("gpt", tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The header of a partition that holds one file.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <stdbool.h>
#include <stdlib.h>
#include <cmocka.h>

#include "efi/onefile.h"

#define ROOM	(1u << 20)

static const uint8_t narrow[ONEFILE_PEEK] = "1FILE FS\x78\x56\x04\0IGVM\1\0\0";
static const uint8_t wide[ONEFILE_PEEK] = "1FILE FS\x78\x56\x04\0\0\0\0\0IGV";

/* Set the last byte here, because GCC may warn of a string that fills its array. */
static void make_wide(uint8_t *head)
{
	memcpy(head, wide, ONEFILE_PEEK);
	head[ONEFILE_PEEK - 1] = 'M';
}

static void sizes_of_both_widths(void **state)
{
	uint8_t head[ONEFILE_PEEK];
	struct onefile file;

	(void)state;
	assert_int_equal(onefile_read(&file, narrow, sizeof(narrow), ROOM),
			 ONEFILE_OK);
	assert_int_equal(file.width, 32);
	assert_int_equal(file.start, 12);
	assert_int_equal(file.size, 0x45678);

	make_wide(head);
	assert_int_equal(onefile_read(&file, head, sizeof(head), ROOM),
			 ONEFILE_OK);
	assert_int_equal(file.width, 64);
	assert_int_equal(file.start, 16);
	assert_int_equal(file.size, 0x45678);
}

static void written_header(void **state)
{
	uint8_t head[ONEFILE_PEEK] = { 0 };
	struct onefile file;

	(void)state;
	onefile_write(head, 0x123456789a);
	assert_memory_equal(head, "1FILE FS\x9a\x78\x56\x34\x12\0\0\0", 16);
	memcpy(head + ONEFILE_HEADER, "IGVM", 4);
	assert_int_equal(onefile_read(&file, head, sizeof(head), UINT64_MAX),
			 ONEFILE_OK);
	assert_int_equal(file.width, 64);
	assert_int_equal(file.size, 0x123456789a);
}

/* If both offsets have the magic of IGVM, the file begins at the first one. */
static void two_magics(void **state)
{
	uint8_t head[ONEFILE_PEEK];
	struct onefile file;

	(void)state;
	memcpy(head, narrow, sizeof(head));
	memcpy(head + 16, "IGVM", 4);
	assert_int_equal(onefile_read(&file, head, sizeof(head), UINT64_MAX),
			 ONEFILE_OK);
	assert_int_equal(file.width, 32);
	assert_int_equal(file.start, 12);
}

static void damaged_header(void **state)
{
	uint8_t head[ONEFILE_PEEK];
	struct onefile file;
	size_t i;

	(void)state;
	for (i = 0; i < 8; i++) {
		make_wide(head);
		head[i] ^= 1;
		assert_int_equal(onefile_read(&file, head, sizeof(head), ROOM),
				 ONEFILE_NONE);
	}
}

static void file_without_magic(void **state)
{
	uint8_t head[ONEFILE_PEEK];
	struct onefile file;
	size_t i;

	(void)state;
	for (i = 16; i < 20; i++) {
		make_wide(head);
		head[i] ^= 1;
		assert_int_equal(onefile_read(&file, head, sizeof(head), ROOM),
				 ONEFILE_UNKNOWN);
	}
}

static void end_of_the_partition(void **state)
{
	uint8_t head[ONEFILE_PEEK];
	struct onefile file;

	(void)state;
	assert_int_equal(onefile_read(&file, narrow, sizeof(narrow),
				      12 + 0x45678), ONEFILE_OK);
	assert_int_equal(onefile_read(&file, narrow, sizeof(narrow),
				      12 + 0x45677), ONEFILE_TOO_LARGE);
	make_wide(head);
	assert_int_equal(onefile_read(&file, head, sizeof(head),
				      16 + 0x45678), ONEFILE_OK);
	assert_int_equal(onefile_read(&file, head, sizeof(head),
				      16 + 0x45677), ONEFILE_TOO_LARGE);
	/* A size with which the sum of start and size wraps. */
	memset(head + 8, 0xff, 8);
	assert_int_equal(onefile_read(&file, head, sizeof(head), UINT64_MAX),
			 ONEFILE_TOO_LARGE);
}

/*
 * Bytes after the head do not count. The memory of the copy has only len bytes, so that
 * sanitizers see overruns.
 */
static void short_head(void **state)
{
	enum onefile_state wanted;
	struct onefile file;
	uint8_t *head;
	size_t len;

	(void)state;
	for (len = 0; len <= ONEFILE_PEEK; len++) {
		wanted = len < 8 ? ONEFILE_NONE :
			 len < 16 ? ONEFILE_UNKNOWN : ONEFILE_TOO_LARGE;
		assert_int_equal(onefile_read(&file, narrow, len, len), wanted);
		head = malloc(len ? len : 1);
		assert_non_null(head);
		memcpy(head, narrow, len);
		assert_int_equal(onefile_read(&file, head, len, len), wanted);
		free(head);
	}
}

static void tiny_partition(void **state)
{
	struct onefile file;

	uint8_t empty[ONEFILE_PEEK];

	(void)state;
	assert_int_equal(onefile_read(&file, narrow, sizeof(narrow), 11),
			 ONEFILE_TOO_LARGE);
	memcpy(empty, narrow, sizeof(empty));
	memset(empty + 8, 0, 4);
	assert_int_equal(onefile_read(&file, empty, sizeof(empty), 11),
			 ONEFILE_TOO_LARGE);
	assert_int_equal(onefile_read(&file, empty, sizeof(empty), 12),
			 ONEFILE_OK);
	assert_int_equal(file.size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_of_both_widths),
		cmocka_unit_test(written_header),
		cmocka_unit_test(two_magics),
		cmocka_unit_test(damaged_header),
		cmocka_unit_test(file_without_magic),
		cmocka_unit_test(end_of_the_partition),
		cmocka_unit_test(short_head),
		cmocka_unit_test(tiny_partition),
	};

	return cmocka_run_group_tests_name("onefile", tests, NULL, NULL);
}

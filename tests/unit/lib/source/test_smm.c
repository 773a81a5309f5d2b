// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The search for a driver in compressed sections, and sections with an offset that
 * is wrong. The firmware ends where memory ends.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>

#include "shared/bytes.h"
#include "shared/macro.h"
#include "source/smm.h"

#define PAGE		4096u
#define OFFSET_AT	20u	/* in a section, after its length and GUID */
#define DATA_AT		24u

static const uint8_t lzma_guid[16] = {
	0x98, 0x58, 0x4e, 0xee, 0x14, 0x39, 0x59, 0x42,
	0x9d, 0x6e, 0xdc, 0x7b, 0xd7, 0x94, 0x03, 0xcf,
};

/* The GUID of the driver, as lzma(1) compresses it with --format=lzma. */
static const uint8_t stream[] = {
	0x5d, 0x00, 0x10, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0x00, 0x53, 0xad, 0xcb, 0x25, 0xcd, 0x70, 0x70, 0x2f,
	0x03, 0xd0, 0x10, 0x4f, 0x4e, 0xd5, 0x35, 0xd0, 0x52, 0xe1, 0x50,
	0x2c, 0x41, 0xff, 0xff, 0x9e, 0xac, 0x00, 0x00,
};

/*
 * The same with lc=0, lp=3 and pb=4, from its size on. The byte for these three is
 * 0xcf, the last one of the section's GUID.
 */
static const uint8_t early_stream[] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x53, 0xad,
	0xcb, 0xa2, 0xe4, 0x71, 0x80, 0x82, 0x40, 0x59, 0xc0, 0x85, 0xe9,
	0xa4, 0xac, 0x82, 0xbe, 0xc0, 0xf9, 0xa0, 0xb7, 0xff, 0xff, 0xb8,
	0x42, 0x00, 0x00,
};

/* No process can read the page after these bytes. */
static uint8_t *rom;

static int set_up(void **state)
{
	(void)state;
	rom = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return rom == MAP_FAILED || mprotect(rom + PAGE, PAGE, PROT_NONE);
}

static int tear_down(void **state)
{
	(void)state;
	return munmap(rom, 2 * PAGE);
}

/* Put a section at the end of the firmware, and search in @size bytes of it. */
static bool find_in(size_t size, uint16_t offset, const uint8_t *data,
		    size_t data_len)
{
	uint8_t *start = rom + PAGE - size;
	uint8_t *section = rom + PAGE - DATA_AT - data_len;
	bool found = true;

	memset(rom, 0, PAGE);
	memcpy(section + 4, lzma_guid, sizeof(lzma_guid));
	put_le16(section + OFFSET_AT, offset);
	memcpy(section + DATA_AT, data, data_len);
	assert_int_equal(smm_find_rom(start, size, &found), 0);
	return found;
}

static void a_compressed_driver_is_found(void **state)
{
	(void)state;
	assert_true(find_in(PAGE, DATA_AT, stream, sizeof(stream)));
	assert_true(find_in(DATA_AT + sizeof(stream), DATA_AT, stream,
			    sizeof(stream)));
	/* Without its head, this is no section. */
	assert_false(find_in(DATA_AT + sizeof(stream) - 1, DATA_AT, stream,
			     sizeof(stream)));
	assert_false(find_in(PAGE, DATA_AT + 1, stream, sizeof(stream)));
}

/* The data of a section begin neither in its GUID nor after the firmware. */
static void an_offset_must_lead_into_the_section(void **state)
{
	static const uint16_t behind[] = {
		DATA_AT + sizeof(stream) - 1, DATA_AT + sizeof(stream),
		DATA_AT + sizeof(stream) + 1, 0x1000, 0xffff,
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(behind); i++)
		assert_false(find_in(PAGE, behind[i], stream, sizeof(stream)));
	for (i = 0; i < OFFSET_AT; i++)
		assert_false(find_in(PAGE, i, early_stream,
				     sizeof(early_stream)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_compressed_driver_is_found,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_offset_must_lead_into_the_section,
						set_up, tear_down),
	};

	return cmocka_run_group_tests_name("smm", tests, NULL, NULL);
}

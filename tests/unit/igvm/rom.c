// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Flat firmware for tests: its table for IGVM tools, and images of it.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "igvm/vmfw-igvm.h"
#include "rom.h"
#include "shared/bytes.h"
#include "shared/macro.h"

#define PAGE	4096u

/**
 * rom_make() - make a firmware with pages of zeroes, and with equal pages
 * @size: bytes
 *
 * Return: the firmware, which has a jump at the reset vector. The caller frees it.
 */
uint8_t *rom_make(size_t size)
{
	uint8_t *rom = calloc(1, size);
	size_t page;

	assert_non_null(rom);
	for (page = 0; page < size / PAGE; page++)
		if (page % 3)
			memset(rom + page * PAGE, page % 50 + 1, PAGE);
	rom[size - 16] = 0xe9;
	return rom;
}

/**
 * rom_put_table() - write OVMF's table with one entry
 * @rom: the firmware
 * @size: its size in bytes
 * @guid: GUID of the entry, as in the table
 * @numbers: content of the entry
 * @nr: number of @numbers
 */
void rom_put_table(uint8_t *rom, size_t size, const uint8_t *guid,
		   const uint32_t *numbers, size_t nr)
{
	static const uint8_t footer[] =
		"\xde\x82\xb5\x96\xb2\x1f\xf7\x45"
		"\xba\xea\xa3\x66\xc5\x5a\x08\x2d";
	uint8_t *end = rom + size - 32 - 18;
	uint8_t *p = end - 18 - 4 * nr;
	size_t i;

	for (i = 0; i < nr; i++, p += 4)
		put_le32(p, numbers[i]);
	put_le16(p, 18 + 4 * nr);
	memcpy(p + 2, guid, 16);
	put_le16(end, 18 + 18 + 4 * nr);
	memcpy(end + 2, footer, 16);
}

/**
 * rom_announce() - write OVMF's table, with a list of areas for IGVM tools
 * @rom: the firmware
 * @size: its size in bytes
 * @rows: address, bytes and kind of each area
 * @nr: number of areas
 */
void rom_announce(uint8_t *rom, size_t size, const uint32_t (*rows)[3],
		  size_t nr)
{
	static const uint8_t igvm[] =
		"\x0e\xa7\x4f\x78\x76\x31\x77\x46"
		"\x8a\x20\x04\xb6\x86\x99\xe3\x74";
	static const uint32_t place = ROM_LIST;
	uint8_t *p = rom + size - ROM_LIST;
	size_t i, k;

	rom_put_table(rom, size, igvm, &place, 1);
	memcpy(p, "IGVM", 4);
	put_le32(p + 4, 16 + 12 * nr);
	put_le32(p + 8, 1);
	put_le32(p + 12, nr);
	for (i = 0; i < nr; i++)
		for (k = 0; k < 3; k++)
			put_le32(p + 16 + 12 * i + 4 * k, rows[i][k]);
}

/**
 * rom_announce_usual() - write OVMF's table, with the areas that OVMF has
 * @rom: the firmware
 * @size: its size in bytes
 */
void rom_announce_usual(uint8_t *rom, size_t size)
{
	static const uint32_t rows[][3] = {
		{ ROM_PARAMETERS, PAGE, ROM_PARAMETER_AREA },
		{ 0, 0xc0, 0x101 },
		{ 0xc0, 0x10, 0x102 },
		{ ROM_HOBS, PAGE, ROM_HOB_AREA },
	};

	rom_announce(rom, size, rows, ARRAY_SIZE(rows));
}

/**
 * rom_wrap() - make an IGVM image from a firmware
 * @rom: the firmware
 * @rom_size: its size in bytes
 * @size: receives the size of the image, in bytes
 *
 * Return: the image, which the caller frees.
 */
uint8_t *rom_wrap(const uint8_t *rom, size_t rom_size, size_t *size)
{
	uint8_t *file;

	assert_int_equal(vmfw_igvm_wrap_size(rom, rom_size, size), 0);
	file = malloc(*size);
	assert_non_null(file);
	assert_int_equal(vmfw_igvm_wrap(rom, rom_size, file, *size), 0);
	return file;
}

/**
 * rom_complain() - print a finding that a test does not expect
 * @arg: unused
 * @finding: from vmfw_igvm_check()
 *
 * Return: true, to go on.
 */
bool rom_complain(void *arg, const struct vmfw_igvm_finding *finding)
{
	char line[256];

	(void)arg;
	vmfw_igvm_describe(finding, line, sizeof(line));
	print_error("%s\n", line);
	return true;
}

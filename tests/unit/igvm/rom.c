// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rom.h"
#include "vmfw-igvm.h"

#define PAGE	4096u

/**
 * rom_make() - a firmware with pages of zeroes, and pages that are equal
 * @size: bytes
 *
 * Return: it, with a jump at the reset vector; the caller frees it.
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
 * rom_wrap() - an IGVM image of a firmware
 * @rom: the firmware
 * @rom_size: its bytes
 * @size: receives the image's bytes
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

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Flat firmware in memory, and images of it.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef TEST_ROM_H
#define TEST_ROM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "igvm/vmfw-igvm.h"

/* The areas of rom_announce_usual(), a page each, and the kinds of areas. */
#define ROM_PARAMETERS	0x812000
#define ROM_HOBS	0x813000
#define ROM_PARAMETER_AREA	0x100
#define ROM_HOB_AREA		0x200
/* Distance of the list of areas from the end of the firmware. */
#define ROM_LIST	0x200

uint8_t *rom_make(size_t size);
void rom_put_table(uint8_t *rom, size_t size, const uint8_t *guid,
		   const uint32_t *numbers, size_t nr);
void rom_announce(uint8_t *rom, size_t size, const uint32_t (*rows)[3],
		  size_t nr);
void rom_announce_usual(uint8_t *rom, size_t size);
uint8_t *rom_wrap(const uint8_t *rom, size_t rom_size, size_t *size);
bool rom_complain(void *arg, const struct vmfw_igvm_finding *finding);

#endif /* TEST_ROM_H */

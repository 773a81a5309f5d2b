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

/* Where ROMs of rom_announce() expect things: a page each. */
#define ROM_PARAMETERS	0x812000
#define ROM_HOBS	0x813000
#define ROM_PARAMETER_AREA	0x100
#define ROM_HOB_AREA		0x200
/* Of the list that it writes, before the end. */
#define ROM_LIST	0x200

uint8_t *rom_make(size_t size);
void rom_announce(uint8_t *rom, size_t size, const uint32_t (*rows)[3],
		  size_t nr);
void rom_announce_usual(uint8_t *rom, size_t size);
uint8_t *rom_wrap(const uint8_t *rom, size_t rom_size, size_t *size);
bool rom_complain(void *arg, const struct vmfw_igvm_finding *finding);

#endif /* TEST_ROM_H */

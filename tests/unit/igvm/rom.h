/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Flat firmware in memory, and images of it.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef TEST_ROM_H
#define TEST_ROM_H

#include <stddef.h>
#include <stdint.h>

uint8_t *rom_make(size_t size);
uint8_t *rom_wrap(const uint8_t *rom, size_t rom_size, size_t *size);

#endif /* TEST_ROM_H */

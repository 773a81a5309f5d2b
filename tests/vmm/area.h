/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PC's firmware area: the memory that ends at 4 GiB, and its end once more
 * below 1 MiB, where real mode finds it.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMM_AREA_H
#define VMM_AREA_H

#include <stdbool.h>
#include <stdint.h>

#include "memory.h"

/*
 * A PC decodes firmware in the 16 MiB below 4 GiB. The board maps as much of
 * it as its own firmware has bytes; a larger one needs more.
 */
#define AREA_LIMIT (UINT64_C(16) << 20)

/**
 * area_size - Find out how large the firmware area is now
 *
 * Return: bytes, of RAM, ROM or flash; at most AREA_LIMIT.
 */
uint64_t area_size(void);

/**
 * area_includes - Does the range lie where a firmware area can be?
 * @range: any range
 */
bool area_includes(struct memory_range range);

/**
 * area_find_alias - Find out where the area's end shows below 1 MiB
 *
 * Call it in the power-on reset, after the reset of the devices and before any
 * firmware runs: the memory there is ROM then. On q35 it is not before, and
 * firmware may put shadow RAM there later.
 */
void area_find_alias(void);

/**
 * area_alias - Get the range that area_find_alias() has found
 *
 * Return: at most 128 KiB that end at 1 MiB; of no bytes when there is plain
 * RAM or nothing.
 */
struct memory_range area_alias(void);

#endif

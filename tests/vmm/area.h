/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PC's firmware area: memory that ends at 4 GiB. Its end is visible below 1 MiB, too,
 * where real mode can run it.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMM_AREA_H
#define VMM_AREA_H

#include <stdbool.h>
#include <stdint.h>

#include "memory.h"

/*
 * A PC decodes firmware in the 16 MiB below 4 GiB. The board maps only the size of its
 * own firmware. A larger firmware needs more memory there.
 */
#define AREA_LIMIT (UINT64_C(16) << 20)

/**
 * area_size - Find out how large the firmware area is now
 *
 * Return: the number of bytes, at most AREA_LIMIT. They may be RAM, ROM or flash.
 */
uint64_t area_size(void);

/**
 * area_includes - Does the range lie where a firmware area can be?
 * @range: any range
 */
bool area_includes(struct memory_range range);

/**
 * area_find_alias - Find out where the area's end is visible below 1 MiB
 *
 * Call it in the power-on reset, after the reset of the devices and before any
 * firmware runs. At that time the memory below 1 MiB is ROM. On q35 it is RAM before
 * the reset. Firmware may put shadow RAM there later.
 */
void area_find_alias(void);

/**
 * area_alias - Get the range that area_find_alias() has found
 *
 * Return: at most 128 KiB that end at 1 MiB; an empty range when there is plain
 * RAM or nothing.
 */
struct memory_range area_alias(void);

#endif

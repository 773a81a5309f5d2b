// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A PC's firmware area.
 *
 * With -bios, QEMU's PC boards have one ROM that ends at 4 GiB. An alias of its last
 * 128 KiB, or of the whole ROM if it is shorter, ends at 1 MiB. With flash, the first
 * unit ends at 4 GiB. The others lie below it. The board copies the end of the first
 * unit to the memory below 1 MiB.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "area.h"

#define AREA_START (GIB4 - AREA_LIMIT)

#define ALIAS_END (UINT64_C(1) << 20)
#define ALIAS_LIMIT (UINT64_C(128) << 10)

static struct memory_range alias = { ALIAS_END, 0 };

uint64_t area_size(void)
{
	struct memory_range area = { AREA_START, AREA_LIMIT };
	uint64_t where;

	while (!memory_is_backed(area, &where)) {
		area.addr = MIN(memory_next(where), GIB4);
		area.size = GIB4 - area.addr;
	}
	return area.size;
}

bool area_includes(struct memory_range range)
{
	return range.addr >= AREA_START && range.addr < GIB4 &&
		range.size <= GIB4 - range.addr;
}

void area_find_alias(void)
{
	struct memory_range found;
	uint64_t where;

	found.addr = ALIAS_END - ALIAS_LIMIT;
	while (memory_next(found.addr) < ALIAS_END)
		found.addr = memory_next(found.addr);
	found.size = ALIAS_END - found.addr;
	if (memory_next(found.addr) == ALIAS_END &&
	    memory_is_backed(found, &where))
		alias = found;
}

struct memory_range area_alias(void)
{
	return alias;
}

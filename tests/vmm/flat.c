// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Flat images: the end of a PC's firmware area, byte by byte.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <inttypes.h>
#include <string.h>

#include "area.h"
#include "flat.h"

#define MIB1 (UINT64_C(1) << 20)
#define LOW_ALIAS (UINT64_C(128) << 10)
#define LOW_BIOS (UINT64_C(256) << 10)
#define VOLUME_SIGNATURE_AT 40

/* Use one content per page, because a later reset restores single pages. */
static void add(struct image *image, uint64_t addr, const uint8_t *bytes,
		uint64_t size)
{
	struct memory_content page = { .range = { addr, MEMORY_PAGE } };
	uint64_t offset;

	for (offset = 0; offset < size; offset += MEMORY_PAGE) {
		page.range.addr = addr + offset;
		page.bytes = bytes + offset;
		g_array_append_val(image->contents, page);
	}
}

/*
 * A BIOS runs in the memory below 1 MiB. If it is larger than the alias and finds ROM
 * there, it copies itself. If it finds RAM, it takes the bytes of the previous firmware
 * for its own. So a BIOS gets 256 KiB there. UEFI begins with a firmware volume, starts
 * below 4 GiB, and does not run in low memory.
 */
static uint64_t low_size(const uint8_t *file, uint64_t size,
			 const struct machine *machine)
{
	struct memory_range shadow = { MIB1 - LOW_BIOS, LOW_BIOS };
	uint64_t low = machine->alias.size, where;

	if (low == LOW_ALIAS && memcmp(file + VOLUME_SIGNATURE_AT, "_FVH", 4) &&
	    memory_is_backed(shadow, &where))
		low = LOW_BIOS;
	return MIN(size, low);
}

/*
 * On most machines the alias is the same memory at another address. It is a copy if
 * firmware is in flash, and shadow RAM after SeaBIOS. So write the end there, too.
 */
bool flat_read(const uint8_t *file, uint64_t size,
	       const struct machine *machine, struct image *image,
	       char reason[IMAGE_REASON_SIZE])
{
	uint64_t low;

	if (machine->architecture != ARCHITECTURE_X64)
		return image_refuse(reason, "only a PC has a place for a flat image");
	if (!size || size % FLAT_MULTIPLE)
		return image_refuse(reason, "0x%" PRIx64
				    " bytes are not in blocks of 64 KiB", size);
	if (size > AREA_LIMIT)
		return image_refuse(reason, "0x%" PRIx64
				    " bytes do not fit below 4 GiB", size);
	low = low_size(file, size, machine);
	add(image, machine->alias.addr + machine->alias.size - low,
	    file + size - low, low);
	add(image, GIB4 - size, file, size);
	return true;
}

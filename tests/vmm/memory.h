/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest memory: find, read, write and compare it.
 *
 * Addresses are guest physical, sizes are bytes. All of it needs QEMU's big
 * lock and a machine that is complete.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMM_MEMORY_H
#define VMM_MEMORY_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEMORY_PAGE 4096u
#define GIB4 (UINT64_C(1) << 32)

/* A PC's RAM in the memory map reaches across its devices and ROM below 1 MiB. */
#define MEMORY_LEGACY_START UINT64_C(0xa0000)
#define MEMORY_LEGACY_END (UINT64_C(1) << 20)

/**
 * struct memory_range - some guest memory
 * @addr: first byte
 * @size: bytes; @addr + @size does not wrap
 */
struct memory_range {
	uint64_t addr;
	uint64_t size;
};

/**
 * struct memory_entry - a part of the machine's memory map
 * @range: a multiple of MEMORY_PAGE in both
 * @reserved: it is not for the guest to use
 */
struct memory_entry {
	struct memory_range range;
	bool reserved;
};

/**
 * struct memory_content - contents for guest memory
 * @range: where, a multiple of MEMORY_PAGE in both
 * @bytes: @range.size of them, or NULL for zeroes
 */
struct memory_content {
	struct memory_range range;
	const uint8_t *bytes;
};

/**
 * memory_is_backed - Does the range consist of RAM or ROM?
 * @range: any range
 * @where: out, when it does not: the first byte that has none
 *
 * Touches nothing: device registers read as "no", without being read.
 */
bool memory_is_backed(struct memory_range range, uint64_t *where);

/**
 * memory_is_hole - Is there nothing at all in the range?
 * @range: any range
 */
bool memory_is_hole(struct memory_range range);

/**
 * enum memory_place - the content of a range, as QEMU's memory_region_find() sees it
 * @MEMORY_PLACE_NONE: nothing at all
 * @MEMORY_PLACE_DEVICE: a device is first
 * @MEMORY_PLACE_SPLIT: RAM or ROM is first, and does not go from end to end
 * @MEMORY_PLACE_WHOLE: one piece of RAM or ROM
 */
enum memory_place {
	MEMORY_PLACE_NONE,
	MEMORY_PLACE_DEVICE,
	MEMORY_PLACE_SPLIT,
	MEMORY_PLACE_WHOLE,
};

/**
 * memory_find_place - Find out which kind of memory is first in a range
 * @range: not empty
 */
enum memory_place memory_find_place(struct memory_range range);

/**
 * memory_next - Find the end of the memory, device or hole at an address
 * @addr: some byte
 *
 * Return: the byte after the hole, device or memory that @addr is in;
 * UINT64_MAX when there is none. The next one may be of the same kind.
 */
uint64_t memory_next(uint64_t addr);

/**
 * memory_map - Get the RAM and the reserved ranges, as QEMU tells them to firmware
 *
 * Return: struct memory_entry by ascending address, none where the machine has
 * no such list; the caller unrefs it.
 */
GArray *memory_map(void);

/**
 * memory_map_is_known - Does this machine have a map for memory_map()?
 */
bool memory_map_is_known(void);

/**
 * memory_is_ram - Is this RAM, as the memory map has it?
 * @range: within one entry of the map, or outside of all
 *
 * Return: false also below 1 MiB where a PC shows ROM, and firmware settles.
 */
bool memory_is_ram(struct memory_range range);

/**
 * memory_read - Copy from the guest
 * @range: RAM or ROM
 * @buffer: room for @range.size bytes
 *
 * Return: false when the machine reports an error on the way.
 */
bool memory_read(struct memory_range range, uint8_t *buffer);

/**
 * memory_holds - Does memory have these contents?
 * @content: the expected ones
 */
bool memory_holds(const struct memory_content *content);

/**
 * memory_store - Write into RAM and ROM alike
 * @content: the bytes and their place
 *
 * memory_holds() shows whether the bytes arrived.
 */
void memory_store(const struct memory_content *content);

/**
 * memory_make_rom - Put memory of zeroes where there is a hole
 * @range: page-aligned, a hole
 *
 * It stays for the life of the machine. The guest can read it only.
 *
 * Return: false, after a message, when QEMU has no memory for it.
 */
bool memory_make_rom(struct memory_range range);

/**
 * memory_add_ram - Put RAM where there is a hole, until memory_remove_added()
 * @range: page-aligned, a hole
 *
 * Its contents are those of an earlier use, or zeroes.
 *
 * Return: false, after a message, when QEMU has no memory for it.
 */
bool memory_add_ram(struct memory_range range);

/**
 * memory_remove_added - Remove all memory of memory_add_ram()
 */
void memory_remove_added(void);

/**
 * memory_hide - Take the memory that holds an address out of the machine
 * @addr: where RAM or ROM is
 *
 * All of its region goes, with every alias of it; one at a time.
 *
 * Return: false when there is none.
 */
bool memory_hide(uint64_t addr);

/**
 * memory_show - Bring back the memory that memory_hide() has taken
 */
void memory_show(void);

/**
 * memory_clear_ram - Leave zeroes in all RAM but below 1 MiB where ROM can show
 */
void memory_clear_ram(void);

#endif

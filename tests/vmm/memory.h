/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest memory: find, read, write and compare it.
 *
 * Addresses are guest physical, sizes are bytes. All functions need QEMU's big
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

/* Devices and ROM of a PC below 1 MiB. The memory map counts this range as RAM. */
#define MEMORY_LEGACY_START UINT64_C(0xa0000)
#define MEMORY_LEGACY_END (UINT64_C(1) << 20)

/**
 * struct memory_range - some guest memory
 * @addr: first byte
 * @size: bytes; only the range of an image of vmlaunchupdate may wrap at 2^64
 */
struct memory_range {
	uint64_t addr;
	uint64_t size;
};

/**
 * struct memory_entry - a part of the machine's memory map
 * @range: its address and size are multiples of MEMORY_PAGE
 * @reserved: the guest must not use it
 */
struct memory_entry {
	struct memory_range range;
	bool reserved;
};

/**
 * struct memory_content - contents for guest memory
 * @range: the place; its address and size are multiples of MEMORY_PAGE
 * @bytes: @range.size bytes, or NULL for zeroes
 */
struct memory_content {
	struct memory_range range;
	const uint8_t *bytes;
};

/**
 * memory_is_backed - Does the range consist of RAM or ROM?
 * @range: any range
 * @where: out, on false: the first address without RAM or ROM
 *
 * Does not access the range, because a read could change the state of a device.
 */
bool memory_is_backed(struct memory_range range, uint64_t *where);

/**
 * memory_is_hole - Is there nothing at all in the range?
 * @range: any range
 */
bool memory_is_hole(struct memory_range range);

/**
 * enum memory_place - the kind of memory in a range, as QEMU's memory_region_find() sees it
 * @MEMORY_PLACE_NONE: nothing at all
 * @MEMORY_PLACE_DEVICE: a device is first
 * @MEMORY_PLACE_SPLIT: RAM or ROM is first, but does not cover the whole range
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
 * Return: the address after the hole, device or memory that includes @addr;
 * UINT64_MAX when nothing follows. The next range may be of the same kind.
 */
uint64_t memory_next(uint64_t addr);

/**
 * memory_map - Get the RAM and the reserved ranges, as QEMU tells them to firmware
 *
 * Return: struct memory_entry by ascending address; empty when the machine has
 * no memory map. The caller unrefs the array.
 */
GArray *memory_map(void);

/**
 * memory_map_is_known - Does this machine have a map for memory_map()?
 */
bool memory_map_is_known(void);

/**
 * memory_is_ram - Is this range RAM in the memory map?
 * @range: within one entry of the map, or outside of all
 *
 * Return: false also from MEMORY_LEGACY_START to MEMORY_LEGACY_END.
 */
bool memory_is_ram(struct memory_range range);

/**
 * memory_read - Copy from the guest
 * @range: RAM or ROM
 * @buffer: room for @range.size bytes
 *
 * Return: false when QEMU reports an error.
 */
bool memory_read(struct memory_range range, uint8_t *buffer);

/**
 * memory_holds - Does memory have these contents?
 * @content: the expected contents
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
 * memory_make_rom - Put a ROM of zeroes where there is a hole
 * @range: page-aligned, a hole
 *
 * The ROM stays until QEMU ends. The guest can only read it.
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
 * Hides the whole region and every alias of it. Hide only one region at a time.
 *
 * Return: false when no RAM or ROM is at @addr.
 */
bool memory_hide(uint64_t addr);

/**
 * memory_show - Bring back the memory that memory_hide() has taken
 */
void memory_show(void);

/**
 * memory_clear_ram - Write zeroes to all RAM except a PC's legacy range below 1 MiB
 */
void memory_clear_ram(void);

#endif

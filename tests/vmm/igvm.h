/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IGVM files, as far as a VMM without isolation loads them.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMM_IGVM_H
#define VMM_IGVM_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "memory.h"

/* Values of the fixed header's architecture field. */
enum igvm_architecture {
	IGVM_X64 = 0,
	IGVM_AARCH64 = 1,
};

/**
 * struct igvm_machine - what a file has to fit, and what parameters tell
 * @architecture: the file must be for it
 * @vp_count: processors
 * @ram: struct memory_range by ascending address, page-aligned; empty when
 *	it is not known
 */
struct igvm_machine {
	enum igvm_architecture architecture;
	uint32_t vp_count;
	GArray *ram;
};

/**
 * struct igvm_area - a parameter area
 * @index: its number in the file
 * @size: bytes, a multiple of MEMORY_PAGE
 * @bytes: its content
 * @inserted: whether it has been given a place in memory
 * @lacks: a parameter that is to be in it and is not known here, or NULL
 */
struct igvm_area {
	uint32_t index;
	uint64_t size;
	uint8_t *bytes;
	bool inserted;
	const char *lacks;
};

/**
 * struct igvm_image - what loading a file for the native platform means
 * @contents: struct memory_content by ascending address, disjoint; they point
 *	into the file and the areas
 * @required: struct memory_range that must be RAM or ROM, in the file's order
 * @areas: struct igvm_area, in the file's order
 */
struct igvm_image {
	GArray *contents;
	GArray *required;
	GArray *areas;
};

#define IGVM_REASON_SIZE 160

/**
 * igvm_read - Check a whole file and say what it populates
 * @file: untrusted bytes; must outlive @image
 * @size: of @file
 * @machine: this one
 * @image: out; release it with igvm_release(), whatever the result
 * @reason: out, when it is refused: why, without double quotes
 *
 * Source: the text of the igvm_defs crate. Reads nothing but @file.
 *
 * Return: true when the file is sound and needs nothing that this VMM lacks.
 */
bool igvm_read(const uint8_t *file, uint64_t size,
	       const struct igvm_machine *machine, struct igvm_image *image,
	       char reason[IGVM_REASON_SIZE]);

/**
 * igvm_release - Free what igvm_read() has made
 * @image: may be released twice
 */
void igvm_release(struct igvm_image *image);

#endif

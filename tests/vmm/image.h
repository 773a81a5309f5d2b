/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An image of any format, and its effect on guest memory.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMM_IMAGE_H
#define VMM_IMAGE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "memory.h"
#include "processor.h"

enum architecture {
	ARCHITECTURE_X64,
	ARCHITECTURE_AARCH64,
};

/**
 * struct machine - the machine that an image has to fit
 * @architecture: the image must be for it
 * @vp_count: number of processors
 * @madt: bytes of ACPI's table of the processors; NULL when this QEMU cannot build it
 * @map: struct memory_entry by ascending address; empty when it has no memory map
 * @alias: where the end of the firmware area is visible below 1 MiB; empty when it
 *	is not visible
 */
struct machine {
	enum architecture architecture;
	uint32_t vp_count;
	GArray *madt;
	GArray *map;
	struct memory_range alias;
};

/**
 * struct image - the effect of loading a file
 * @contents: struct memory_content by ascending address, disjoint; they point
 *	into the file and into @owned
 * @required: struct memory_range that must be RAM or ROM, in the file's order
 * @context: registers of the boot processor; NULL: it starts as after any reset
 * @told: a line of the log for each parameter area
 * @owned: bytes that are not in the file itself
 */
struct image {
	GArray *contents;
	GArray *required;
	struct vp_context *context;
	GPtrArray *told;
	GPtrArray *owned;
};

#define IMAGE_REASON_SIZE 160

/**
 * image_init - Make an image that populates nothing
 * @image: release it with image_release()
 */
void image_init(struct image *image);

/**
 * image_release - Free the contents of an image
 * @image: all zeroes, or from image_init(); may be released twice
 */
void image_release(struct image *image);

/**
 * image_refuse - Set the reason why the VMM does not load the image
 * @reason: receives the text, IMAGE_REASON_SIZE bytes
 * @format: the reason, without double quotes
 *
 * Return: false, for the caller to return.
 */
bool image_refuse(char *reason, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif

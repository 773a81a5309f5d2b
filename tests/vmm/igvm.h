/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IGVM files, as far as a VMM without isolation loads them.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMM_IGVM_H
#define VMM_IGVM_H

#include "image.h"

/**
 * igvm_read - Check a whole file and collect the memory that it populates
 * @file: untrusted bytes; must outlive @image
 * @size: size of @file
 * @machine: the machine that @file must fit
 * @image: from image_init(); the memory that the file populates, if it is sound
 * @reason: out: the reason of a refusal, without double quotes
 *
 * Source: the text of the igvm_defs crate. Reads nothing but @file.
 *
 * Return: true when the file is sound and needs nothing that this VMM lacks.
 */
bool igvm_read(const uint8_t *file, uint64_t size,
	       const struct machine *machine, struct image *image,
	       char reason[IMAGE_REASON_SIZE]);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flat images: the end of a PC's firmware area, byte by byte.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMM_FLAT_H
#define VMM_FLAT_H

#include "image.h"

/* A PC's firmware is made of whole blocks of this size. */
#define FLAT_MULTIPLE (UINT64_C(64) << 10)

/**
 * flat_read - Find out where a flat image goes
 * @file: untrusted bytes; must outlive @image
 * @size: size of @file
 * @machine: the machine that @file must fit
 * @image: from image_init(); the memory that the file populates, if it fits
 * @reason: out: the reason of a refusal, without double quotes
 *
 * The image ends at 4 GiB. Its end also goes to the alias below 1 MiB.
 *
 * Return: true when the image fits into a firmware area.
 */
bool flat_read(const uint8_t *file, uint64_t size,
	       const struct machine *machine, struct image *image,
	       char reason[IMAGE_REASON_SIZE]);

#endif

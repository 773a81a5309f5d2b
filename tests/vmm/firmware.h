/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The firmware of the machine's last update.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMM_FIRMWARE_H
#define VMM_FIRMWARE_H

#include <stdbool.h>

#include "offer.h"
#include "vmm.h"

/**
 * struct firmware - an image and its effect on the machine
 * @file: its bytes
 * @size: size of @file
 * @image: the memory that it populates, pointing into @file
 * @intact: for each content: whether memory held it when the reset began
 */
struct firmware {
	uint8_t *file;
	uint64_t size;
	struct image image;
	bool *intact;
};

/**
 * firmware_free - Free an image and its memory
 * @firmware: the firmware, or NULL
 */
void firmware_free(struct firmware *firmware);

/**
 * firmware_content - Get one of the contents of an image
 * @firmware: the image
 * @i: number of the content, from 0
 */
struct memory_content *firmware_content(struct firmware *firmware, guint i);

/**
 * firmware_load - Rebuild the machine from the offered image
 * @options: the user's options
 * @offer: an armed offer
 *
 * Reads and checks the whole image before it changes memory. If the memory does not keep
 * the image, the function writes the old bytes back. Logs the result.
 *
 * Return: the machine's new firmware, for the caller to free; NULL when the old
 * firmware stays.
 */
struct firmware *firmware_load(const struct vmm_options *options,
			       const struct offer *offer);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An image, wherever the user's words or the configuration place it.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_IMAGE_H
#define VMFW_IMAGE_H

#include <limits.h>
#include <stdbool.h>

#include "base/messages.h"
#include "disk/location.h"
#include "disk/volume.h"
#include "source/source.h"

/**
 * struct image - an image that somebody named
 * @path: the file, or the disk
 * @volumes: what had to be opened for it
 * @source: the image
 */
struct image {
	char path[PATH_MAX];
	struct volumes volumes;
	struct source source;
};

/**
 * struct image_name - what a user calls an image
 * @words: name of a file, or a location as location_parse() reads it
 * @fwid: name of firmware in a UKI, or NULL
 * @configured: the location that the configuration names, or NULL; it counts
 *	where image_is_automatic()
 */
struct image_name {
	const char *words;
	const char *fwid;
	const struct location *configured;
};

bool image_is_automatic(const char *words);
enum vmfw_exit image_find(struct volumes *volumes, struct messages *messages,
			  const struct location *location, char *path,
			  struct source_choice *choice);
enum vmfw_exit image_open(struct image *image, struct messages *messages,
			  const struct image_name *name);
void image_close(struct image *image);

#endif /* VMFW_IMAGE_H */

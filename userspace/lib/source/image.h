/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An image that the user or the configuration names.
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
 * struct image - an open image
 * @path: path of the file or the disk, if the words are a location
 * @volumes: file systems that image_open() opened
 * @source: the image
 *
 * @source refers to @path, so do not copy the struct.
 */
struct image {
	char path[PATH_MAX];
	struct volumes volumes;
	struct source source;
};

/**
 * struct image_name - the user's words for an image
 * @words: name of a file, or a location as location_parse() reads it
 * @fwid: name of firmware in a UKI; NULL: the one for this machine
 * @configured: location in the configuration, or NULL; it counts if
 *	image_is_automatic()
 */
struct image_name {
	const char *words;
	const char *fwid;
	const struct location *configured;
};

/**
 * struct image_place - the place of an image
 * @location: its location
 * @configured: see struct image_name
 * @fwid: name of firmware in a UKI, or NULL: the one for this machine
 * @volumes: the open file systems; image_open_place() may add some
 */
struct image_place {
	const struct location *location;
	const struct location *configured;
	const char *fwid;
	struct volumes *volumes;
};

bool image_is_automatic(const char *words);
enum vmfw_exit image_open_place(struct source *source,
				struct messages *messages,
				const struct image_place *place, char *path);
enum vmfw_exit image_open(struct image *image, struct messages *messages,
			  const struct image_name *name);
void image_close(struct image *image);

#endif /* VMFW_IMAGE_H */

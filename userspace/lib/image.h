/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An image, wherever it is said to be.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_IMAGE_H
#define VMFW_IMAGE_H

#include <limits.h>

#include "output.h"
#include "source.h"
#include "volume.h"

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

int image_find(struct volumes *volumes, const struct location *location,
	       char *path, struct source_choice *choice);
int image_open(struct image *image, struct output *out, const char *words,
	       const char *fwid);
void image_close(struct image *image);

#endif /* VMFW_IMAGE_H */

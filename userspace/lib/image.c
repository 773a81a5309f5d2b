// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "disk.h"
#include "exit.h"
#include "image.h"
#include "partition.h"

/* The disk of the only partition with an image; the image is found there. */
static int find_partition(struct volumes *volumes, const char *where,
			  char *path)
{
	const struct partition *picked;
	struct partitions found;
	int code;

	code = partition_list(&found, volumes, where);
	if (!code)
		code = partition_pick(&found, volumes->out, where ? "all disks" :
				      "the disk of the EFI system partition",
				      &picked);
	if (!code)
		strcpy(path, picked->disk);
	partition_free(&found);
	return code;
}

static int find_path(struct volumes *volumes, const struct location *location,
		     char *path)
{
	switch (location->kind) {
	case LOCATION_PARTITION:
		return find_partition(volumes, NULL, path);
	case LOCATION_ANY_PARTITION:
		return find_partition(volumes, PARTITION_ANY, path);
	case LOCATION_PARTUUID:
		if (!location->path[0])
			return volume_device(volumes, location, path);
		break;
	default:
		break;
	}
	return volume_path(volumes, location, path);
}

/**
 * image_find() - find the file or the disk of a location
 * @volumes: file systems that are open; what is opened for it is added
 * @location: the location
 * @path: receives PATH_MAX bytes; usable as long as @volumes is
 *
 * Return: an exit code; VMFW_EXIT_SOURCE: there is none, or several.
 */
int image_find(struct volumes *volumes, const struct location *location,
	       char *path)
{
	int code = find_path(volumes, location, path);

	if (code || !access(path, F_OK))
		return code;
	output_error(volumes->out, "%s: %s", path, strerror(errno));
	return VMFW_EXIT_SOURCE;
}

/* A name of a file is one, whatever it looks like, with "./" in front. */
static bool read_words(struct location *location, const char *words)
{
	return location_parse(location, words) &&
	       location->kind != LOCATION_PLAIN;
}

/**
 * image_open() - open an image by what a user calls it
 * @image: to be filled in; to be closed whatever is returned
 * @out: for errors
 * @words: name of a file, or a location as location_parse() reads it
 * @choice: see source_open()
 *
 * Return: an exit code.
 */
int image_open(struct image *image, struct output *out, const char *words,
	       const struct source_choice *choice)
{
	struct location location;
	const char *path = words;
	int code;

	memset(image, 0, sizeof(*image));
	image->volumes.out = out;
	image->source.fd = -1;
	if (read_words(&location, words)) {
		code = image_find(&image->volumes, &location, image->path);
		if (code)
			return code;
		path = image->path;
	}
	return source_open(&image->source, out, path, choice);
}

/**
 * image_close() - close an image, and what was opened for it
 * @image: from image_open(), which may have failed
 */
void image_close(struct image *image)
{
	source_close(&image->source);
	volume_close_all(&image->volumes);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "candidate.h"
#include "config.h"
#include "disk.h"
#include "exit.h"
#include "image.h"
#include "partition.h"
#include "text.h"

static int take_path(struct output *out, char *path, const char *from)
{
	int err = text_copy(path, PATH_MAX, from);

	if (!err)
		return VMFW_EXIT_OK;
	output_error(out, "%s: %s", from, strerror(-err));
	return VMFW_EXIT_SYSTEM;
}

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
		code = take_path(volumes->out, path, picked->disk);
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

static int find_candidate(struct volumes *volumes,
			  const struct candidates_wish *wish, char *path,
			  struct source_choice *choice)
{
	const struct candidate *taken;
	struct candidates candidates;
	int code;

	code = candidates_find(&candidates, volumes, wish);
	if (!code)
		code = candidates_take(&candidates, volumes->out, &taken);
	if (!code) {
		choice->section = taken->section;
		code = take_path(volumes->out, path, taken->path);
	}
	candidates_free(&candidates);
	return code;
}

/* The configuration may say what is automatic. */
static int find_auto(struct volumes *volumes, char *path,
		     struct source_choice *choice)
{
	struct config config;
	const struct candidates_wish wish = {
		.sources = CANDIDATES_ALL,
		.configured = &config.image,
		.fwid = choice->fwid,
	};
	int code = config_load(&config, volumes->out, volumes->root);

	choice->volumes = volumes;
	return code ? code : find_candidate(volumes, &wish, path, choice);
}

/**
 * image_find() - find the file or the disk of a location
 * @volumes: file systems that are open; what is opened for it is added
 * @location: the location
 * @path: receives PATH_MAX bytes; usable as long as @volumes is
 * @choice: for source_open(); receives what the location says of it
 *
 * Return: an exit code; VMFW_EXIT_SOURCE: there is none, or several.
 */
int image_find(struct volumes *volumes, const struct location *location,
	       char *path, struct source_choice *choice)
{
	const struct candidates_wish wish = {
		.sources = location->kind == LOCATION_UKI ? CANDIDATES_OF_UKI :
							    CANDIDATES_ALL,
		.fwid = choice->fwid,
	};
	int code, fd;

	choice->volumes = volumes;
	if (location->kind == LOCATION_UKI || location->kind == LOCATION_AUTO)
		return find_candidate(volumes, &wish, path, choice);
	code = find_path(volumes, location, path);
	if (code)
		return code;
	fd = volume_open(volumes, path, O_PATH);
	if (fd < 0) {
		output_error(volumes->out, "%s: %s", path, strerror(-fd));
		return VMFW_EXIT_SOURCE;
	}
	close(fd);
	return VMFW_EXIT_OK;
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
 * @fwid: name of firmware in a UKI, or NULL
 *
 * Return: an exit code.
 */
int image_open(struct image *image, struct output *out, const char *words,
	       const char *fwid)
{
	struct source_choice choice = { .fwid = fwid };
	struct location location;
	const char *path = words;
	int code;

	memset(image, 0, sizeof(*image));
	image->volumes.out = out;
	image->source.fd = -1;
	if (read_words(&location, words)) {
		if (location.kind == LOCATION_AUTO)
			code = find_auto(&image->volumes, image->path,
					 &choice);
		else
			code = image_find(&image->volumes, &location,
					  image->path, &choice);
		if (code)
			return code;
		path = image->path;
	}
	return source_open(&image->source, out, path, &choice);
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

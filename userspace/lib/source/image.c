// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <string.h>

#include "base/exit.h"
#include "source/candidate.h"
#include "source/image.h"
#include "source/resolve.h"

static enum vmfw_exit find_candidate(struct volumes *volumes,
				     struct messages *messages,
				     const struct candidates_wish *wish,
				     char *path, struct source_choice *choice)
{
	const struct candidate *taken;
	struct candidates candidates;
	enum vmfw_exit code;

	code = candidates_find(&candidates, volumes, messages, wish);
	if (!code)
		code = candidates_take(&candidates, messages, &taken);
	if (!code) {
		choice->section = taken->section;
		memcpy(path, taken->path, sizeof(taken->path));
	}
	candidates_free(&candidates);
	return code;
}

/**
 * image_find() - find the file or the disk of a location
 * @volumes: file systems that are open; what is opened for it is added
 * @messages: for errors
 * @location: the location
 * @path: receives PATH_MAX bytes; usable as long as @volumes is
 * @choice: for source_open(); receives what the location says of it
 *
 * Return: an exit code; VMFW_EXIT_SOURCE: there is none, or several.
 */
enum vmfw_exit image_find(struct volumes *volumes, struct messages *messages,
			  const struct location *location, char *path,
			  struct source_choice *choice)
{
	const struct candidates_wish wish = {
		.sources = location->kind == LOCATION_UKI ? CANDIDATES_OF_UKI :
							    CANDIDATES_ALL,
		.fwid = choice->fwid,
	};

	choice->volumes = volumes;
	if (location->kind == LOCATION_UKI || location->kind == LOCATION_AUTO)
		return find_candidate(volumes, messages, &wish, path, choice);
	return resolve_location(volumes, messages, location, path);
}

/* A name of a file is one, whatever it looks like, with "./" in front. */
static bool read_words(struct location *location, const char *words)
{
	return location_parse(location, words) &&
	       location->kind != LOCATION_PLAIN;
}

/**
 * image_is_automatic() - whether words leave the choice of an image to the tool
 * @words: what a user calls an image
 *
 * The configuration has a say in that choice: see struct image_name.
 */
bool image_is_automatic(const char *words)
{
	struct location location;

	return location_parse(&location, words) &&
	       location.kind == LOCATION_AUTO;
}

static enum vmfw_exit find_automatic(struct image *image,
				     struct messages *messages,
				     const struct image_name *name,
				     struct source_choice *choice)
{
	const struct candidates_wish wish = {
		.sources = CANDIDATES_ALL,
		.configured = name->configured,
		.fwid = name->fwid,
	};

	choice->volumes = &image->volumes;
	return find_candidate(&image->volumes, messages, &wish, image->path,
			      choice);
}

/**
 * image_open() - open an image by what a user calls it
 * @image: to be filled in; to be closed whatever is returned
 * @messages: for errors
 * @name: what the user calls it
 *
 * Return: an exit code.
 */
enum vmfw_exit image_open(struct image *image, struct messages *messages,
			  const struct image_name *name)
{
	struct source_choice choice = { .fwid = name->fwid };
	const char *path = name->words;
	struct location location;
	enum vmfw_exit code;

	memset(image, 0, sizeof(*image));
	image->source.fd = -1;
	if (read_words(&location, name->words)) {
		if (location.kind == LOCATION_AUTO)
			code = find_automatic(image, messages, name, &choice);
		else
			code = image_find(&image->volumes, messages, &location,
					  image->path, &choice);
		if (code)
			return code;
		path = image->path;
	}
	return source_open(&image->source, messages, path, &choice);
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

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <string.h>

#include "base/exit.h"
#include "source/candidate.h"
#include "source/image.h"
#include "source/resolve.h"

static enum vmfw_exit open_candidate(struct source *source,
				     struct messages *messages,
				     const struct image_place *place,
				     char *path)
{
	const struct candidates_wish wish = {
		.sources = place->location->kind == LOCATION_UKI ?
			   CANDIDATES_OF_UKI : CANDIDATES_ALL,
		.configured = place->configured,
		.fwid = place->fwid,
	};
	struct candidates candidates;
	enum vmfw_exit code;

	code = candidates_find(&candidates, place->volumes, messages, &wish);
	if (!code)
		code = candidates_take(&candidates, messages, source, path);
	candidates_free(&candidates);
	return code;
}

static enum vmfw_exit open_resolved(struct source *source,
				    struct messages *messages,
				    const struct image_place *place, char *path)
{
	const struct source_choice choice = {
		.fwid = place->fwid,
		.root = place->volumes->root,
		.volumes = place->volumes,
	};
	enum vmfw_exit code;

	code = resolve_location(place->volumes, messages, place->location,
				path);
	return code ? code : source_open(source, messages, path, &choice);
}

/**
 * image_open_place() - find the image of a location, and open it
 * @source: to be filled in; close it even after an error. After a choice among
 *	several images, the function has already checked it
 * @messages: for errors
 * @place: the location of the image
 * @path: receives the path of the file or the disk, PATH_MAX bytes; @source
 *	refers to it
 *
 * Return: an exit code; VMFW_EXIT_SOURCE: there is none, or several.
 */
enum vmfw_exit image_open_place(struct source *source,
				struct messages *messages,
				const struct image_place *place, char *path)
{
	*source = (struct source) { .fd = -1 };
	switch (place->location->kind) {
	case LOCATION_AUTO:
	case LOCATION_UKI:
		return open_candidate(source, messages, place, path);
	default:
		return open_resolved(source, messages, place, path);
	}
}

/*
 * Read words as a location, unless they are a path. With "./" in front, the
 * name of a file is a path even if it looks like a location.
 */
static bool read_words(struct location *location, const char *words)
{
	return location_parse(location, words) &&
	       location->kind != LOCATION_PLAIN;
}

/**
 * image_is_automatic() - does the tool choose the image?
 * @words: the user's words for an image
 *
 * The configuration influences that choice: see struct image_name.
 */
bool image_is_automatic(const char *words)
{
	struct location location;

	return location_parse(&location, words) &&
	       location.kind == LOCATION_AUTO;
}

/**
 * image_open() - open an image by the user's words
 * @image: to be filled in; close it even after an error
 * @messages: for errors
 * @name: the user's words, which must stay as long as @image is open
 *
 * Return: an exit code.
 */
enum vmfw_exit image_open(struct image *image, struct messages *messages,
			  const struct image_name *name)
{
	const struct source_choice choice = { .fwid = name->fwid };
	struct location location;
	const struct image_place place = {
		.location = &location,
		.configured = name->configured,
		.fwid = name->fwid,
		.volumes = &image->volumes,
	};

	memset(image, 0, sizeof(*image));
	image->source.fd = -1;
	if (read_words(&location, name->words))
		return image_open_place(&image->source, messages, &place,
					image->path);
	return source_open(&image->source, messages, name->words, &choice);
}

/**
 * image_close() - close an image, and all that image_open() opened
 * @image: from image_open(), which may have failed
 */
void image_close(struct image *image)
{
	source_close(&image->source);
	volume_close_all(&image->volumes);
}

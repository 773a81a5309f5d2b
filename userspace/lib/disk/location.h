/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The place of a file or an image. It is a path on the running system, a path
 * on another file system, a partition, or one of the usual places of firmware.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_LOCATION_H
#define VMFW_LOCATION_H

#include <stdbool.h>

#define LOCATION_TAG	128
#define LOCATION_PATH	1024

enum location_kind {
	LOCATION_NONE,
	LOCATION_PLAIN,		/* a path of the running system */
	LOCATION_ESP,
	LOCATION_XBOOTLDR,
	LOCATION_LABEL,
	LOCATION_UUID,
	LOCATION_PARTUUID,
	LOCATION_PARTITION,	/* the firmware partition on the disk of the ESP */
	LOCATION_ANY_PARTITION,	/* the firmware partition on any disk */
	LOCATION_UKI,		/* in the UKI that this machine booted from, or in its add-ons */
	LOCATION_AUTO,		/* the image that candidates_find() chooses */
};

/**
 * struct location - a place
 * @kind: the kind of place, which gives @tag and @path their meaning
 * @tag: label, UUID or PARTUUID, if @kind has one; otherwise empty
 * @path: absolute, within its file system; empty for the partition itself
 * @fat: accept only a file system that firmware can read, even if @kind allows
 *	any
 */
struct location {
	enum location_kind kind;
	char tag[LOCATION_TAG];
	char path[LOCATION_PATH];
	bool fat;
};

bool location_parse(struct location *location, const char *words);
const char *location_word(size_t i, const char **about);
const char *location_words(char *buf, const struct location *location);

/* The size of the buffer for location_words(). */
#define LOCATION_WORDS	(LOCATION_TAG + LOCATION_PATH + 16)

#endif /* VMFW_LOCATION_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where something lies: a path, on the running system or on a file system that
 * is found by its label, its UUID or its partition; or a partition; or where
 * firmware is known to be.
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
	LOCATION_PARTITION,	/* for an image, on the disk of the ESP */
	LOCATION_ANY_PARTITION,	/* for an image, on any disk */
	LOCATION_UKI,		/* that this machine booted from, or its add-ons */
	LOCATION_AUTO,		/* see candidate.h */
};

/**
 * struct location - a place
 * @kind: what @tag and @path are to be understood by
 * @tag: of LABEL, UUID and PARTUUID
 * @path: absolute, within its file system; empty where the partition itself is
 *	meant
 * @fat: its file system is one that firmware reads, whatever @kind says
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

/* Bytes that location_words() needs. */
#define LOCATION_WORDS	(LOCATION_TAG + LOCATION_PATH + 16)

#endif /* VMFW_LOCATION_H */

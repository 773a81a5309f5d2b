/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The images to choose from if the user names no place, and the one that the tool
 * takes. Verbs that list images and verbs that use one share this list.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_CANDIDATE_H
#define VMFW_CANDIDATE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/exit.h"
#include "disk/location.h"
#include "disk/volume.h"
#include "source/container.h"
#include "source/source.h"

#define CANDIDATE_WHY	512
/* The most candidates, so that many files on the ESP cannot delay the boot. */
#define CANDIDATES_MOST	256

/* Sources, in the order in which they count. */
enum candidate_source {
	CANDIDATE_CONFIGURED,
	CANDIDATE_UKI,
	CANDIDATE_ADDON,
	CANDIDATE_PARTITION,
};

#define CANDIDATES_OF_UKI	(1u << CANDIDATE_UKI | 1u << CANDIDATE_ADDON)
#define CANDIDATES_ALL		(CANDIDATES_OF_UKI | \
				 1u << CANDIDATE_CONFIGURED | \
				 1u << CANDIDATE_PARTITION)

/**
 * struct candidates_wish - the images to look for
 * @sources: bits 1 << enum candidate_source
 * @configured: location in the configuration, or NULL
 * @fwid: name of firmware in a UKI, or NULL
 * @all: also find images that count less than the one that the tool takes
 */
struct candidates_wish {
	unsigned int sources;
	const struct location *configured;
	const char *fwid;
	bool all;
};

/**
 * struct candidate - an image, or a place for one
 * @source: its source
 * @path: path of the file or the disk; empty: none
 * @section: number of the section of a UKI with the image; 0: the file is not a
 *	UKI, or not readable
 * @part: the part of the file, as text for people, or empty
 * @taken: candidates_find() chose this one
 * @refused: an add-on that a stub does not load, or may not load
 * @code: exit code of the reason against it, or 0
 * @why: reason against it, or empty
 */
struct candidate {
	enum candidate_source source;
	char path[PATH_MAX];
	unsigned int section;
	char part[EXTENT_WORDS];
	bool taken;
	bool refused;
	enum vmfw_exit code;
	char why[CANDIDATE_WHY];
};

/**
 * struct candidates - all candidates
 * @v: in the order in which they count
 * @nr: number of candidates
 * @taken: the tool takes one of them
 * @source: the taken image, open and checked, if @taken; its path is NULL
 */
struct candidates {
	struct candidate *v;
	size_t nr;
	bool taken;
	struct source source;
};

enum vmfw_exit candidates_find(struct candidates *candidates,
			       struct volumes *volumes,
			       struct messages *messages,
			       const struct candidates_wish *wish);
void candidates_free(struct candidates *candidates);
enum vmfw_exit candidates_take(struct candidates *candidates,
			       struct messages *messages,
			       struct source *source, char *path);
const char *candidate_source_word(enum candidate_source source);

#endif /* VMFW_CANDIDATE_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All images that this machine could start from without being told where one
 * is, and the one that it takes: one list, for those who look and for those who
 * act.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_CANDIDATE_H
#define VMFW_CANDIDATE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "disk/location.h"
#include "disk/volume.h"
#include "source/container.h"

#define CANDIDATE_WHY	512
/* Whoever can write to the ESP must not hold the boot: no more are looked at. */
#define CANDIDATES_MOST	256

/* In the order in which they count. */
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
 * struct candidates_wish - what is looked for
 * @sources: bits 1 << enum candidate_source
 * @configured: what the configuration names, or NULL
 * @fwid: name of firmware in a UKI, or NULL
 * @all: those as well that count less than what is taken
 */
struct candidates_wish {
	unsigned int sources;
	const struct location *configured;
	const char *fwid;
	bool all;
};

/**
 * struct candidate - an image, or a place where one could be
 * @source: where it comes from
 * @path: of the file or the disk; empty: there is none
 * @section: of a UKI, where the image is; 0: it is no UKI, or cannot be read
 * @part: which part of the file it is, for people, or empty
 * @taken: it is the one
 * @code: if it cannot be taken, an exit code
 * @why: why it is not taken, or empty
 */
struct candidate {
	enum candidate_source source;
	char path[PATH_MAX];
	unsigned int section;
	char part[EXTENT_WORDS];
	bool taken;
	int code;
	char why[CANDIDATE_WHY];
};

/**
 * struct candidates - all of them
 * @v: in the order in which they count
 * @nr: how many
 */
struct candidates {
	struct candidate *v;
	size_t nr;
};

enum vmfw_exit candidates_find(struct candidates *candidates,
			       struct volumes *volumes,
			       struct messages *messages,
			       const struct candidates_wish *wish);
void candidates_free(struct candidates *candidates);
enum vmfw_exit candidates_take(const struct candidates *candidates,
			       struct messages *messages,
			       const struct candidate **taken);
const char *candidate_source_word(enum candidate_source source);

#endif /* VMFW_CANDIDATE_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Progress of long work, on standard error.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_PROGRESS_H
#define VMFW_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

enum progress_when {
	PROGRESS_AUTO,		/* if standard error is a terminal */
	PROGRESS_ALWAYS,
	PROGRESS_NEVER,
};

/**
 * struct progress - progress of one piece of work
 * @shown: show progress
 * @what: the work, in a word
 * @total: bytes of the work; not 0 if @shown
 * @last: time of the last output, in milliseconds of a monotonic clock
 * @drawn: the terminal shows an unfinished line
 */
struct progress {
	bool shown;
	const char *what;
	uint64_t total;
	uint64_t last;
	bool drawn;
};

void progress_begin(struct progress *progress, enum progress_when when,
		    const char *what, uint64_t total);
void progress_update(struct progress *progress, uint64_t done);
void progress_end(struct progress *progress);

#endif /* VMFW_PROGRESS_H */

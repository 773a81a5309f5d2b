// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/progress.h"

#define INTERVAL_MS	100

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/**
 * progress_begin() - start to show progress
 * @progress: to be filled in
 * @when: whether to show it
 * @what: the work, in a word; valid until progress_end()
 * @total: bytes of the work; 0: show nothing
 */
void progress_begin(struct progress *progress, enum progress_when when,
		    const char *what, uint64_t total)
{
	*progress = (struct progress) {
		.shown = total && (when == PROGRESS_ALWAYS ||
				   (when == PROGRESS_AUTO && isatty(2))),
		.what = what,
		.total = total,
	};
}

/**
 * progress_update() - show progress, at most ten times a second and at the end
 * @progress: the work
 * @done: bytes so far
 */
void progress_update(struct progress *progress, uint64_t done)
{
	uint64_t now;

	if (!progress->shown)
		return;
	now = now_ms();
	if (progress->drawn && done < progress->total &&
	    now - progress->last < INTERVAL_MS)
		return;
	progress->last = now;
	progress->drawn = true;
	fprintf(stderr, "\r%s: %3.0f %% of %.1f MiB", progress->what,
		100.0 * done / progress->total,
		progress->total / 1024.0 / 1024.0);
	fflush(stderr);
}

/**
 * progress_end() - end the line, so that other output begins a new one
 * @progress: the work, complete or not
 */
void progress_end(struct progress *progress)
{
	if (progress->drawn)
		fputc('\n', stderr);
	progress->drawn = false;
	progress->shown = false;
}

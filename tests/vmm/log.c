// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The log: one line per event, for people and for tests.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "log.h"

static FILE *log_file;
static struct timespec start;

__attribute__((constructor)) static void note_start(void)
{
	clock_gettime(CLOCK_MONOTONIC, &start);
}

bool log_open(const char *path)
{
	FILE *file = fopen(path, "ae");

	if (!file) {
		log_error("cannot open the log %s: %s", path, strerror(errno));
		return false;
	}
	if (log_file)
		fclose(log_file);
	log_file = file;
	return true;
}

static long milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - start.tv_sec) * 1000 +
		(now.tv_nsec - start.tv_nsec) / 1000000;
}

void log_event(const char *format, ...)
{
	FILE *file = log_file ? log_file : stderr;
	long now = milliseconds();
	va_list args;

	fprintf(file, "[%4ld.%03ld] ", now / 1000, now % 1000);
	va_start(args, format);
	vfprintf(file, format, args);
	va_end(args);
	fputc('\n', file);
	if (fflush(file) == 0 && !ferror(file))
		return;
	log_error("cannot write the log: %s", strerror(errno));
	clearerr(file);
}

void log_error(const char *format, ...)
{
	va_list args;

	fputs("vmfwupdate-vmm: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

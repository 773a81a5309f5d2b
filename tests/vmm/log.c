// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The log: one line per event, for people and for tests.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <glib.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

static FILE *log_file;
static struct timespec start;

/* The power fails right after the cut_count-th line that contains cut_text. */
static char *cut_text;
static unsigned long cut_count;

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

bool log_cut_power_at(const char *value)
{
	char *colon;
	unsigned long count = strtoul(value, &colon, 10);

	if (!g_ascii_isdigit(*value) || !count || *colon != ':' || !colon[1]) {
		log_error("power-cut=%s: expected COUNT:TEXT", value);
		return false;
	}
	g_free(cut_text);
	cut_text = g_strdup(colon + 1);
	cut_count = count;
	return true;
}

static bool is_cut_here(const char *line)
{
	return cut_count && strstr(line, cut_text) && !--cut_count;
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
	g_autofree char *line = NULL;
	long now = milliseconds();
	va_list args;

	va_start(args, format);
	line = g_strdup_vprintf(format, args);
	va_end(args);
	fprintf(file, "[%4ld.%03ld] %s\n", now / 1000, now % 1000, line);
	if (fflush(file) || ferror(file)) {
		log_error("cannot write the log: %s", strerror(errno));
		clearerr(file);
	}
	/* With SIGKILL, the guest stops at once, without any shutdown in QEMU. */
	if (is_cut_here(line))
		kill(getpid(), SIGKILL);
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

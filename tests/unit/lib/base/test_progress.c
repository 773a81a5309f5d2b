// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Progress on standard error: when the tool shows it, how often, and its text.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/progress.h"
#include "shared/macro.h"

#define MIB	(1ull << 20)
#define TEXT	256

/* The monotonic clock, in milliseconds. */
static uint64_t now;
static bool terminal;
/* The bytes on standard error. The stream keeps bytes until a flush. */
static char shown[TEXT];
static FILE *errors;

int __wrap_clock_gettime(clockid_t clock, struct timespec *time);
int __wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
	assert_int_equal(clock, CLOCK_MONOTONIC);
	time->tv_sec = now / 1000;
	time->tv_nsec = now % 1000 * 1000000;
	return 0;
}

int __wrap_isatty(int fd);
int __wrap_isatty(int fd)
{
	assert_int_equal(fd, STDERR_FILENO);
	return terminal;
}

static ssize_t show(void *cookie, const char *bytes, size_t len)
{
	size_t before = strlen(shown);

	(void)cookie;
	assert_true(len < TEXT - before);
	memcpy(shown + before, bytes, len);
	shown[before + len] = '\0';
	return len;
}

static int set_up(void **state)
{
	static const cookie_io_functions_t functions = { .write = show };

	*state = stderr;
	errors = fopencookie(NULL, "w", functions);
	assert_non_null(errors);
	setvbuf(errors, NULL, _IOLBF, BUFSIZ);
	stderr = errors;
	memset(shown, 0, sizeof(shown));
	now = 12345;
	terminal = false;
	return 0;
}

static int tear_down(void **state)
{
	stderr = *state;
	return fclose(errors);
}

/* Expect that standard error shows this, and nothing else, since the last time. */
static void expect(const char *text)
{
	assert_string_equal(shown, text);
	memset(shown, 0, sizeof(shown));
}

static void each_update_is_visible_at_once(void **state)
{
	struct progress progress;

	(void)state;
	progress_begin(&progress, PROGRESS_ALWAYS, "write", 3 * MIB / 2);
	expect("");
	progress_update(&progress, 0);
	expect("\rwrite:   0 % of 1.5 MiB");
	now += 100;
	progress_update(&progress, MIB);
	expect("\rwrite:  67 % of 1.5 MiB");
	now += 100;
	progress_update(&progress, 3 * MIB / 2);
	expect("\rwrite: 100 % of 1.5 MiB");
	progress_end(&progress);
	expect("\n");
}

static void updates_come_ten_times_a_second(void **state)
{
	struct progress progress;

	(void)state;
	progress_begin(&progress, PROGRESS_ALWAYS, "read", 4 * MIB);
	/* The first update does not wait. */
	progress_update(&progress, MIB);
	expect("\rread:  25 % of 4.0 MiB");
	now += 99;
	progress_update(&progress, 2 * MIB);
	expect("");
	now += 1;
	progress_update(&progress, 2 * MIB);
	expect("\rread:  50 % of 4.0 MiB");
	progress_update(&progress, 4 * MIB - 1);
	expect("");
	/* Nor does the last one. */
	progress_update(&progress, 4 * MIB);
	expect("\rread: 100 % of 4.0 MiB");
	/* The machine has just started. */
	now = 0;
	progress_begin(&progress, PROGRESS_ALWAYS, "read", 4 * MIB);
	progress_update(&progress, MIB);
	expect("\rread:  25 % of 4.0 MiB");
}

static void nothing_is_shown(void **state)
{
	static const struct {
		enum progress_when when;
		bool terminal;
		uint64_t total;
	} cases[] = {
		{ PROGRESS_AUTO, false, MIB },
		{ PROGRESS_NEVER, true, MIB },
		{ PROGRESS_AUTO, true, 0 },
		{ PROGRESS_ALWAYS, true, 0 },
	};
	struct progress progress;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		terminal = cases[i].terminal;
		progress_begin(&progress, cases[i].when, "read", cases[i].total);
		progress_update(&progress, 0);
		progress_update(&progress, cases[i].total);
		progress_end(&progress);
		expect("");
	}
}

static void a_terminal_shows_progress(void **state)
{
	struct progress progress;

	(void)state;
	terminal = true;
	progress_begin(&progress, PROGRESS_AUTO, "read", MIB);
	progress_update(&progress, 0);
	expect("\rread:   0 % of 1.0 MiB");
	progress_end(&progress);
	expect("\n");
	/* The line ends only once, and no update follows. */
	progress_end(&progress);
	progress_update(&progress, MIB);
	expect("");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_update_is_visible_at_once,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(updates_come_ten_times_a_second,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_is_shown, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_terminal_shows_progress,
						set_up, tear_down),
	};

	return cmocka_run_group_tests_name("progress", tests, NULL, NULL);
}

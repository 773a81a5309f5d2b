// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of nested JSON: wrong calls by a verb abort the tool before they damage
 * memory.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/exit.h"
#include "ctl/output.h"

static void nest(unsigned int opened, unsigned int closed)
{
	struct messages messages;
	struct output out;

	output_begin(&out, "test", true, &messages);
	while (opened--)
		output_array(&out, out.depth == 1 ? "list" : NULL);
	while (closed--)
		output_end(&out);
	_exit(output_finish(&out, VMFW_EXIT_OK));
}

/* Open and close arrays in another process. Return its wait status. */
static int nest_apart(unsigned int opened, unsigned int closed)
{
	static const struct rlimit no_core;
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		if (setrlimit(RLIMIT_CORE, &no_core) ||
		    !freopen("/dev/null", "w", stdout) ||
		    !freopen("/dev/null", "w", stderr))
			_exit(VMFW_EXIT_SYSTEM);
		nest(opened, closed);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void expect_abort(int status)
{
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

/* The outermost object counts as a level, too. */
static void test_depth(void **state)
{
	unsigned int most = OUTPUT_MAX_DEPTH - 1;

	(void)state;
	assert_int_equal(nest_apart(most, 0), 0);
	assert_int_equal(nest_apart(most, most), 0);
	expect_abort(nest_apart(most + 1, 0));
}

static void test_ends(void **state)
{
	(void)state;
	assert_int_equal(nest_apart(0, 0), 0);
	expect_abort(nest_apart(0, 1));
	expect_abort(nest_apart(2, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_ends),
	};

	return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of decompose on an image whose parts a test chooses. AddressSanitizer
 * checks that decompose frees its memory.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/exit.h"
#include "source/check.h"
#include "verb.h"

enum vmfw_exit __wrap_findings_check(struct source *source,
				     struct messages *messages,
				     struct vmfw_igvm *igvm);
enum vmfw_exit __wrap_findings_check(struct source *source,
				     struct messages *messages,
				     struct vmfw_igvm *igvm)
{
	(void)source;
	(void)messages;
	memset(igvm, 0, sizeof(*igvm));
	return VMFW_EXIT_OK;
}

/* Expect this exit code, and an error with these words. */
static void expect_error(int code, const char *words)
{
	const struct options options = { .output = "unused" };
	struct messages messages;
	const char *error;

	assert_int_equal(verb_run(&verb_decompose, &options, &messages), code);
	error = messages_first_error(&messages);
	assert_non_null(error);
	assert_non_null(strstr(error, words));
	messages_free(&messages);
}

static void test_no_parts(void **state)
{
	(void)state;
	verb_parts_err = 0;
	expect_error(VMFW_EXIT_NOTHING,
		     "this image has no parts besides its firmware");
}

static void test_unreadable(void **state)
{
	(void)state;
	verb_parts_err = -EIO;
	expect_error(VMFW_EXIT_SYSTEM,
		     "cannot use this file: Input/output error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_parts),
		cmocka_unit_test(test_unreadable),
	};

	return cmocka_run_group_tests_name("decompose", tests, NULL, NULL);
}

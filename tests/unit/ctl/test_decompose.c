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
#include "ctl/ctl.h"
#include "source/check.h"

/* The result of vmfw_igvm_parts(). */
static int parts_err;

int __wrap_act_on_file(struct output *out, const struct options *options,
		       const char *words,
		       int (*act)(struct output *out,
				  const struct options *options,
				  struct source *source));
int __wrap_act_on_file(struct output *out, const struct options *options,
		       const char *words,
		       int (*act)(struct output *out,
				  const struct options *options,
				  struct source *source))
{
	struct source source = {
		.path = words,
		.fd = -1,
		.kind = SOURCE_IGVM,
	};

	return act(out, options, &source);
}

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

int __wrap_vmfw_igvm_parts(const struct vmfw_igvm *igvm,
			   struct vmfw_igvm_part *parts, size_t *nr,
			   struct vmfw_igvm_obstacle *why);
int __wrap_vmfw_igvm_parts(const struct vmfw_igvm *igvm,
			   struct vmfw_igvm_part *parts, size_t *nr,
			   struct vmfw_igvm_obstacle *why)
{
	(void)igvm;
	(void)parts;
	(void)why;
	*nr = 0;
	return parts_err;
}

/* Expect this exit code, and an error with these words. */
static void expect_error(int code, const char *words)
{
	const struct options options = { .output = "unused" };
	char image[] = "image.igvm", *operands[] = { image, NULL };
	struct messages messages;
	struct output out;
	const char *error;

	output_begin(&out, "test", false, &messages);
	/* As in JSON, keep the messages. */
	messages.program = NULL;
	messages.quiet = true;
	assert_int_equal(verb_decompose.run(&out, &options, operands), code);
	error = messages_first_error(&messages);
	assert_non_null(error);
	assert_non_null(strstr(error, words));
	messages_free(&messages);
}

static void test_no_parts(void **state)
{
	(void)state;
	parts_err = 0;
	expect_error(VMFW_EXIT_NOTHING,
		     "this image has no parts besides its firmware");
}

static void test_unreadable(void **state)
{
	(void)state;
	parts_err = -EIO;
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

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
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../lib/tree.h"
#include "base/exit.h"
#include "source/check.h"
#include "verb.h"

/* There is no memory for the bytes of a part. */
static bool no_memory;
/* The results of vmfw_igvm_decompose() and of vmfw_igvm_read(). */
static int base_err, read_err;

static char top[] = "/tmp/vmfwupdate-test.XXXXXX";

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	return no_memory && size == 4u << 20 ? NULL : __real_malloc(size);
}

int __wrap_vmfw_igvm_decompose(const struct vmfw_igvm *igvm,
			       struct vmfw_igvm_draft **draft,
			       struct vmfw_igvm_obstacle *why);
int __wrap_vmfw_igvm_decompose(const struct vmfw_igvm *igvm,
			       struct vmfw_igvm_draft **draft,
			       struct vmfw_igvm_obstacle *why)
{
	(void)igvm;
	*draft = NULL;
	why->text = "an obstacle";
	return base_err;
}

int __wrap_vmfw_igvm_read(const struct vmfw_igvm *igvm, uint32_t mask,
			  uint64_t gpa, void *buf, size_t len);
int __wrap_vmfw_igvm_read(const struct vmfw_igvm *igvm, uint32_t mask,
			  uint64_t gpa, void *buf, size_t len)
{
	(void)igvm;
	(void)mask;
	assert_int_equal(gpa, verb_part.gpa);
	memset(buf, 'x', len);
	return read_err;
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

static void a_malformed_list_of_parts(void **state)
{
	(void)state;
	verb_parts_err = -EINVAL;
	expect_error(VMFW_EXIT_IMAGE, "image.igvm: an obstacle: 0x7");
}

static int set_up_part(void **state)
{
	(void)state;
	verb_parts_err = 0;
	verb_part = (struct vmfw_igvm_part) {
		.type = VMFW_IGVM_PART_SHIM,
		.gpa = 0x2000,
		.size = 3,
	};
	strcpy(top, "/tmp/vmfwupdate-test.XXXXXX");
	assert_non_null(mkdtemp(top));
	assert_int_equal(chdir(top), 0);
	return 0;
}

static int tear_down_part(void **state)
{
	(void)state;
	verb_part.size = 0;
	return chdir("/") || tree_remove(top);
}

/* An image that compose did not make has no base. Errors differ from that. */
static void decompose_writes_nothing_after_an_error(void **state)
{
	(void)state;
	base_err = -ENOMEM;
	expect_error(VMFW_EXIT_SYSTEM,
		     "image.igvm: cannot use this file: Cannot allocate memory");
	assert_int_equal(access("unused", F_OK), -1);
	base_err = -EINVAL;
	read_err = -EIO;
	expect_error(VMFW_EXIT_SYSTEM, "Input/output error");
	/* The directory is empty. */
	assert_int_equal(rmdir("unused"), 0);
}

static void without_a_base_decompose_warns_and_writes_the_parts(void **state)
{
	const struct options options = { .output = "unused" };
	const char *text;

	(void)state;
	base_err = -EINVAL;
	read_err = 0;
	assert_int_equal(verb_capture(&verb_decompose, &options, true, &text),
			 VMFW_EXIT_OK);
	assert_non_null(strstr(text,
		"  \"restored\": false,\n"
		"  \"outputs\": [\n"
		"    {\n"
		"      \"file\": \"unused/shim.efi\",\n"
		"      \"size\": 3,\n"
		"      \"already\": false\n"
		"    }\n"
		"  ],\n"
		"  \"messages\": [\n"
		"    {\n"
		"      \"level\": \"warning\",\n"
		"      \"text\": \"image.igvm: an obstacle\"\n"));
	assert_int_equal(verb_capture(&verb_decompose, &options, false, &text),
			 VMFW_EXIT_OK);
	assert_string_equal(text,
			    "unused/shim.efi: already there, 3 bytes\n");
}

static void test_no_memory(void **state)
{
	(void)state;
	verb_parts_err = 0;
	no_memory = true;
	expect_error(VMFW_EXIT_SYSTEM,
		     "image.igvm: cannot use this file: Cannot allocate memory");
}

static int end_no_memory(void **state)
{
	(void)state;
	no_memory = false;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_parts),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(a_malformed_list_of_parts),
		cmocka_unit_test_setup_teardown(decompose_writes_nothing_after_an_error,
						set_up_part, tear_down_part),
		cmocka_unit_test_setup_teardown(without_a_base_decompose_warns_and_writes_the_parts,
						set_up_part, tear_down_part),
		cmocka_unit_test_teardown(test_no_memory, end_no_memory),
	};

	return cmocka_run_group_tests_name("decompose", tests, NULL, NULL);
}

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
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "../lib/tree.h"
#include "base/exit.h"
#include "shared/macro.h"
#include "source/check.h"
#include "verb.h"

#define WINDOW		(4u << 20)
#define BASE_SIZE	5

/**
 * struct script - the results of the replaced functions
 * @check_code: result of findings_check()
 * @no_memory: there is no memory for the bytes of a part
 * @base_err: result of vmfw_igvm_decompose()
 * @read_err: result of vmfw_igvm_read()
 */
static struct script {
	enum vmfw_exit check_code;
	bool no_memory;
	int base_err;
	int read_err;
} script;

static char top[] = "/tmp/vmfwupdate-test.XXXXXX";

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	return script.no_memory && size == WINDOW ? NULL : __real_malloc(size);
}

int __wrap_vmfw_igvm_decompose(const struct vmfw_igvm *igvm,
			       struct vmfw_igvm_draft **draft,
			       struct vmfw_igvm_obstacle *why);
int __wrap_vmfw_igvm_decompose(const struct vmfw_igvm *igvm,
			       struct vmfw_igvm_draft **draft,
			       struct vmfw_igvm_obstacle *why)
{
	(void)igvm;
	*draft = script.base_err ? NULL : malloc(1);
	why->text = "an obstacle";
	return script.base_err;
}

static int read_base(void *arg, uint64_t offset, void *buf, size_t len)
{
	assert_ptr_equal(arg, &script);
	assert_true(offset + len <= BASE_SIZE);
	memcpy(buf, "image" + offset, len);
	return 0;
}

const struct vmfw_igvm_input *
__wrap_vmfw_igvm_draft_input(const struct vmfw_igvm_draft *draft);
const struct vmfw_igvm_input *
__wrap_vmfw_igvm_draft_input(const struct vmfw_igvm_draft *draft)
{
	static const struct vmfw_igvm_input input = {
		.size = BASE_SIZE,
		.read = read_base,
		.arg = &script,
	};

	assert_non_null(draft);
	return &input;
}

void __wrap_vmfw_igvm_draft_free(struct vmfw_igvm_draft *draft);
void __wrap_vmfw_igvm_draft_free(struct vmfw_igvm_draft *draft)
{
	free(draft);
}

/* Return the byte at an address of the image's memory. */
static uint8_t byte_at(uint64_t gpa)
{
	return gpa ^ gpa >> 8 ^ gpa >> 16 ^ gpa >> 24;
}

int __wrap_vmfw_igvm_read(const struct vmfw_igvm *igvm, uint32_t mask,
			  uint64_t gpa, void *buf, size_t len);
int __wrap_vmfw_igvm_read(const struct vmfw_igvm *igvm, uint32_t mask,
			  uint64_t gpa, void *buf, size_t len)
{
	uint8_t *bytes = buf;
	size_t i;

	(void)igvm;
	assert_int_equal(mask, 4);
	/* The memory has room for no more. */
	assert_true(len <= WINDOW);
	for (i = 0; i < len; i++)
		bytes[i] = byte_at(gpa + i);
	return script.read_err;
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
	*igvm = (struct vmfw_igvm) {
		.platforms = { { .mask = 4 } },
		.nr_platforms = 1,
	};
	return script.check_code;
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

static void decompose_needs_a_directory(void **state)
{
	const struct options options = { .output = NULL };

	(void)state;
	verb_expect_text(&verb_decompose, &options, VMFW_EXIT_USAGE,
			 "error: decompose needs --output=DIRECTORY\n");
}

/* The library reports what is wrong with an image, and rom_refuse() with firmware. */
static void decompose_refuses_unsound_images_and_flat_firmware(void **state)
{
	const struct options options = { .output = "parts" };
	const char *text;

	(void)state;
	script.check_code = VMFW_EXIT_IMAGE;
	verb_expect_text(&verb_decompose, &options, VMFW_EXIT_IMAGE, "");
	script.check_code = VMFW_EXIT_OK;
	verb_source.kind = SOURCE_FLAT;
	assert_int_equal(verb_tell(&verb_decompose, &options, &text),
			 VMFW_EXIT_IMAGE);
	verb_source.kind = SOURCE_IGVM;
	assert_memory_equal(text, "error: ", 7);
	assert_int_equal(access("parts", F_OK), -1);
}

static int set_up_part(void **state)
{
	(void)state;
	script = (struct script) { .base_err = 0 };
	verb_parts_err = 0;
	verb_parts[0] = (struct vmfw_igvm_part) {
		.type = VMFW_IGVM_PART_SHIM,
		.gpa = 0x2000,
		.size = 3,
	};
	strcpy(top, "/tmp/vmfwupdate-test.XXXXXX");
	assert_non_null(mkdtemp(top));
	assert_int_equal(chdir(top), 0);
	return 0;
}

/* Three parts, and the base. */
static int set_up_parts(void **state)
{
	int err = set_up_part(state);

	verb_parts[1] = (struct vmfw_igvm_part) {
		.type = VMFW_IGVM_PART_KERNEL,
		.gpa = 0x3003000,
		.size = WINDOW + 1,
	};
	verb_parts[2] = (struct vmfw_igvm_part) {
		.type = VMFW_IGVM_PART_PK,
		.gpa = 0x1005,
		.size = 3,
	};
	return err;
}

static int tear_down_part(void **state)
{
	(void)state;
	memset(verb_parts, 0, sizeof(verb_parts));
	return chdir("/") || tree_remove(top);
}

/* Expect a file with this part of the image's memory. */
static void expect_file(const char *name, const struct vmfw_igvm_part *part)
{
	FILE *file = fopen(name, "r");
	uint64_t i;

	assert_non_null(file);
	for (i = 0; i < part->size; i++)
		if (fgetc(file) != byte_at(part->gpa + i))
			fail_msg("%s differs at %ju", name, (uintmax_t)i);
	assert_int_equal(fgetc(file), EOF);
	fclose(file);
}

static void expect_base(void)
{
	char text[BASE_SIZE + 2];
	FILE *file = fopen("parts/base.igvm", "r");

	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	assert_string_equal(text, "image");
}

static void decompose_writes_each_part_and_the_base(void **state)
{
	const struct options options = { .output = "parts" };

	(void)state;
	verb_expect_text(&verb_decompose, &options, VMFW_EXIT_OK,
			 "parts/shim.efi: 3 bytes\n"
			 "parts/kernel.efi: 4.0 MiB (4194305 bytes)\n"
			 "parts/PK.auth: 3 bytes\n"
			 "parts/base.igvm: 5 bytes\n");
	assert_int_equal(tree_count("parts"), 2 + 4);
	expect_file("parts/shim.efi", &verb_parts[0]);
	expect_file("parts/kernel.efi", &verb_parts[1]);
	expect_file("parts/PK.auth", &verb_parts[2]);
	expect_base();
	/* The second time, decompose only compares. */
	verb_expect_text(&verb_decompose, &options, VMFW_EXIT_OK,
			 "parts/shim.efi: already there, 3 bytes\n"
			 "parts/kernel.efi: already there, 4.0 MiB (4194305 bytes)\n"
			 "parts/PK.auth: already there, 3 bytes\n"
			 "parts/base.igvm: already there, 5 bytes\n");
	verb_expect_json(&verb_decompose, &options, VMFW_EXIT_OK,
			 "  \"restored\": true,\n"
			 "  \"outputs\": [\n"
			 "    {\n"
			 "      \"file\": \"parts/shim.efi\",\n"
			 "      \"size\": 3,\n"
			 "      \"already\": true\n"
			 "    },\n");
}

/* The user's mask decides who can use the directory. */
static void the_mode_of_the_directory(void **state)
{
	const struct options options = { .output = "parts" };
	mode_t before = umask(027);
	struct messages messages;
	struct stat st;
	int code;

	(void)state;
	code = verb_run(&verb_decompose, &options, &messages);
	umask(before);
	messages_free(&messages);
	assert_int_equal(code, VMFW_EXIT_OK);
	assert_int_equal(stat("parts", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
}

/* The second comparison begins where the memory has the end of the part. */
static void decompose_compares_a_large_part_twice(void **state)
{
	const struct options options = { .output = "parts" };

	(void)state;
	script.base_err = -EINVAL;
	verb_parts[0].size = WINDOW + 1;
	verb_expect_json(&verb_decompose, &options, VMFW_EXIT_OK,
			 "      \"already\": false\n");
	expect_file("parts/shim.efi", &verb_parts[0]);
	verb_expect_json(&verb_decompose, &options, VMFW_EXIT_OK,
			 "      \"already\": true\n");
}

/* Before it writes the first file, decompose looks at all of them. */
static void files_with_other_content_need_force(void **state)
{
	struct options options = { .output = "parts" };

	(void)state;
	tree_write(top, "/parts/shim.efi", "own");
	tree_write(top, "/parts/base.igvm", "other");
	verb_expect_text(&verb_decompose, &options, VMFW_EXIT_SYSTEM,
			 "error: parts/shim.efi: the file exists with other content; --force=overwrite replaces it\n"
			 "error: parts/base.igvm: the file exists with other content; --force=overwrite replaces it\n");
	assert_int_equal(tree_count("parts"), 2 + 2);
	options.force = FORCE_OVERWRITE;
	verb_expect_text(&verb_decompose, &options, VMFW_EXIT_OK,
			 "parts/shim.efi: 3 bytes\n"
			 "parts/kernel.efi: 4.0 MiB (4194305 bytes)\n"
			 "parts/PK.auth: 3 bytes\n"
			 "parts/base.igvm: 5 bytes\n");
	expect_file("parts/shim.efi", &verb_parts[0]);
	expect_base();
}

/* The list has neither the file that decompose cannot write, nor those after it. */
static void decompose_ends_with_the_first_file_that_it_cannot_write(void **state)
{
	const struct options options = {
		.output = "parts",
		.force = FORCE_OVERWRITE,
	};

	(void)state;
	tree_make(top, "/parts/kernel.efi");
	verb_expect_json(&verb_decompose, &options, VMFW_EXIT_SYSTEM,
			 "  \"outputs\": [\n"
			 "    {\n"
			 "      \"file\": \"parts/shim.efi\",\n"
			 "      \"size\": 3,\n"
			 "      \"already\": false\n"
			 "    }\n"
			 "  ],\n");
	assert_int_equal(tree_count("parts"), 2 + 2);
}

static void paths_that_cannot_become_the_directory(void **state)
{
	static const struct {
		const char *path;
		const char *error;
	} table[] = {
		{ "file", "Not a directory" },
		{ "link", "No such file or directory" },
		{ "missing/parts", "No such file or directory" },
		{ "file/parts", "Not a directory" },
	};
	char text[100];
	size_t i;

	(void)state;
	tree_write(top, "/file", "");
	assert_int_equal(symlink("nowhere", "link"), 0);
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		const struct options options = { .output = table[i].path };

		snprintf(text, sizeof(text),
			 "error: cannot make the directory %s: %s\n",
			 table[i].path, table[i].error);
		verb_expect_text(&verb_decompose, &options, VMFW_EXIT_SYSTEM,
				 text);
	}
}

/* With the name of an unfinished file, the path must have less than 4096 bytes. */
static void the_longest_path_of_a_directory(void **state)
{
	char path[4200] = "", text[2 * sizeof(path) + 50];
	const struct options options = { .output = path };
	unsigned int i;

	(void)state;
	for (i = 0; i < 2035; i++)
		strcat(path, "./");
	strcat(path, "parts1");
	snprintf(text, sizeof(text), "%s/shim.efi: 3 bytes\n%s/base.igvm: 5 bytes\n",
		 path, path);
	verb_expect_text(&verb_decompose, &options, VMFW_EXIT_OK, text);
	strcat(path, "2");
	snprintf(text, sizeof(text), "error: %s: cannot use this file: File name too long\n",
		 path);
	verb_expect_text(&verb_decompose, &options, VMFW_EXIT_SYSTEM, text);
	assert_int_equal(access("parts12", F_OK), -1);
}

/* An image that compose did not make has no base. Errors differ from that. */
static void decompose_writes_nothing_after_an_error(void **state)
{
	(void)state;
	script = (struct script) { .base_err = -ENOMEM };
	expect_error(VMFW_EXIT_SYSTEM,
		     "image.igvm: cannot use this file: Cannot allocate memory");
	assert_int_equal(access("unused", F_OK), -1);
	script = (struct script) { .base_err = -EINVAL, .read_err = -EIO };
	expect_error(VMFW_EXIT_SYSTEM, "Input/output error");
	/* The directory is empty. */
	assert_int_equal(rmdir("unused"), 0);
}

static void without_a_base_decompose_warns_and_writes_the_parts(void **state)
{
	const struct options options = { .output = "unused" };
	const char *text;

	(void)state;
	script.base_err = -EINVAL;
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
	script.no_memory = true;
	expect_error(VMFW_EXIT_SYSTEM,
		     "image.igvm: cannot use this file: Cannot allocate memory");
}

static int end_no_memory(void **state)
{
	(void)state;
	script.no_memory = false;
	return 0;
}

/* The help lists the exit codes. */
static void exit_codes(void **state)
{
	(void)state;
	assert_int_equal(verb_decompose.nr_operands, 1);
	assert_int_equal(verb_decompose.codes, CODES_IMAGE | CODE(NOTHING));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_parts),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(a_malformed_list_of_parts),
		cmocka_unit_test(decompose_needs_a_directory),
#define TEST(name, set_up) \
	cmocka_unit_test_setup_teardown(name, set_up, tear_down_part)
		TEST(decompose_refuses_unsound_images_and_flat_firmware,
		     set_up_part),
		TEST(decompose_writes_each_part_and_the_base, set_up_parts),
		TEST(the_mode_of_the_directory, set_up_part),
		TEST(decompose_compares_a_large_part_twice, set_up_part),
		TEST(files_with_other_content_need_force, set_up_parts),
		TEST(decompose_ends_with_the_first_file_that_it_cannot_write,
		     set_up_parts),
		TEST(paths_that_cannot_become_the_directory, set_up_part),
		TEST(the_longest_path_of_a_directory, set_up_part),
		TEST(decompose_writes_nothing_after_an_error, set_up_part),
		TEST(without_a_base_decompose_warns_and_writes_the_parts,
		     set_up_part),
		cmocka_unit_test_teardown(test_no_memory, end_no_memory),
		cmocka_unit_test(exit_codes),
	};

	return cmocka_run_group_tests_name("decompose", tests, NULL, NULL);
}

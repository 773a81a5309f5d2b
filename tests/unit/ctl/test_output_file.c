// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of the file of --output.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "calls.h"
#include "verb.h"

/**
 * struct script - the results of the replaced functions
 * @same: the file has the content already
 * @code: result of newfile_write() and newfile_stdout()
 */
static struct script {
	bool same;
	enum vmfw_exit code;
} script;

bool __wrap_newfile_same(const char *path,
			 const struct newfile_content *content);
bool __wrap_newfile_same(const char *path,
			 const struct newfile_content *content)
{
	(void)path;
	(void)content;
	calls_add("compare");
	return script.same;
}

enum vmfw_exit __wrap_newfile_write(struct messages *messages, const char *path,
				    const struct newfile_content *content,
				    bool overwrite);
enum vmfw_exit __wrap_newfile_write(struct messages *messages, const char *path,
				    const struct newfile_content *content,
				    bool overwrite)
{
	(void)messages;
	(void)content;
	calls_add(overwrite ? "overwrite" : "write");
	calls_add(path);
	return script.code;
}

enum vmfw_exit __wrap_newfile_stdout(struct messages *messages,
				     const struct newfile_content *content);
enum vmfw_exit __wrap_newfile_stdout(struct messages *messages,
				     const struct newfile_content *content)
{
	(void)messages;
	(void)content;
	calls_add("print");
	return script.code;
}

static int run_write(struct output *out, const struct options *options,
		     char **operands)
{
	const struct newfile_content content = { .size = 77 };
	int code = write_file(out, options, &content);

	(void)operands;
	output_bool(out, "done", NULL, true);
	return code;
}

static int run_check(struct output *out, const struct options *options,
		     char **operands)
{
	(void)operands;
	return check_output(out, options, "wrap");
}

static const struct verb verb_write = { .run = run_write };
static const struct verb verb_check_output = { .run = run_check };

static int set_up(void **state)
{
	(void)state;
	script = (struct script) { .same = false };
	calls_begin();
	return 0;
}

static void output_needs_a_file_and_json_another_one(void **state)
{
	static const char both[] =
		"      \"text\": \"--output=-: cannot write both the image and JSON to standard output; name a file\"\n";
	struct options options = { .output = NULL };

	(void)state;
	verb_expect_text(&verb_check_output, &options, VMFW_EXIT_USAGE,
			 "error: wrap needs --output=FILE\n");
	options.output = "-";
	verb_expect_text(&verb_check_output, &options, VMFW_EXIT_OK, "");
	verb_expect_json(&verb_check_output, &options, VMFW_EXIT_USAGE, both);
	options.output = "file";
	verb_expect_text(&verb_check_output, &options, VMFW_EXIT_OK, "");
	verb_expect_json(&verb_check_output, &options, VMFW_EXIT_OK,
			 "  \"messages\": [],\n");
}

static void standard_output_has_nothing_else(void **state)
{
	const struct options options = { .output = "-" };

	(void)state;
	script.code = VMFW_EXIT_SYSTEM;
	verb_expect_text(&verb_write, &options, VMFW_EXIT_SYSTEM, "");
	assert_string_equal(calls_words(), "print;");
}

static void a_file_is_written_if_its_content_differs(void **state)
{
	struct options options = { .output = "file", .force = FORCE_KEXEC };

	(void)state;
	script.code = VMFW_EXIT_SYSTEM;
	verb_expect_text(&verb_write, &options, VMFW_EXIT_SYSTEM, "");
	assert_string_equal(calls_words(), "compare;write;file;");
	options.force |= FORCE_OVERWRITE;
	script.code = VMFW_EXIT_OK;
	calls_begin();
	verb_expect_text(&verb_write, &options, VMFW_EXIT_OK, "");
	assert_string_equal(calls_words(), "compare;overwrite;file;");
	verb_expect_json(&verb_write, &options, VMFW_EXIT_OK,
			 "  \"output\": {\n"
			 "    \"file\": \"file\",\n"
			 "    \"size\": 77,\n"
			 "    \"already\": false\n"
			 "  },\n"
			 "  \"done\": true,\n");
}

static void a_file_with_this_content_stays(void **state)
{
	const struct options options = { .output = "file" };

	(void)state;
	script.same = true;
	script.code = VMFW_EXIT_SYSTEM;
	verb_expect_text(&verb_write, &options, VMFW_EXIT_OK,
			 "file: already there, with this content\n");
	assert_string_equal(calls_words(), "compare;");
	verb_expect_json(&verb_write, &options, VMFW_EXIT_OK,
			 "    \"already\": true\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)	cmocka_unit_test_setup(name, set_up)
		TEST(output_needs_a_file_and_json_another_one),
		TEST(standard_output_has_nothing_else),
		TEST(a_file_is_written_if_its_content_differs),
		TEST(a_file_with_this_content_stays),
	};

	return cmocka_run_group_tests_name("output_file", tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of "initramfs files": the files that an initramfs must contain, and those
 * that the tool cannot examine. The tool closes each of them. Also tests of the
 * output of "initramfs required".
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>
#include <cmocka.h>

#include "../lib/tree.h"
#include "base/exit.h"
#include "capture.h"
#include "shared/macro.h"
#include "verb.h"

#define CONFIG	"/etc/vmfwupdate.conf"
#define IMAGE	"/fw.igvm"
#define PEM	"/etc/amd.pem"

/**
 * struct script - the answers of the kernel about the image
 * @stat_err: errno value of fstat(), or 0
 * @statfs_err: errno value of fstatfs(), or 0
 * @fat: the image is on FAT
 */
static struct script {
	int stat_err;
	int statfs_err;
	bool fat;
} script;

static char top[] = "/tmp/vmfwupdate-test.XXXXXX";

static bool is_image(int fd)
{
	char link[64], path[PATH_MAX];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path) - 1);
	if (len < 0)
		return false;
	path[len] = '\0';
	return strstr(path, IMAGE);
}

int __real_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st)
{
	if (!script.stat_err || !is_image(fd))
		return __real_fstat(fd, st);
	errno = script.stat_err;
	return -1;
}

int __real_fstatfs(int fd, struct statfs *fs);
int __wrap_fstatfs(int fd, struct statfs *fs);
int __wrap_fstatfs(int fd, struct statfs *fs)
{
	int result = __real_fstatfs(fd, fs);

	if (!is_image(fd))
		return result;
	if (script.fat)
		fs->f_type = MSDOS_SUPER_MAGIC;
	if (!script.statfs_err)
		return result;
	errno = script.statfs_err;
	return -1;
}

/* Make a configuration that names the image and the certificates. */
static int set_up(void **state)
{
	(void)state;
	script = (struct script) { .fat = false };
	strcpy(top, "/tmp/vmfwupdate-test.XXXXXX");
	assert_non_null(mkdtemp(top));
	tree_write(top, CONFIG, "image=" IMAGE "\ncertificates=" PEM "\n");
	tree_write(top, IMAGE, "");
	tree_write(top, PEM, "");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return tree_remove(top);
}

/* Expect this exit code and list, and this error if it is not NULL. */
static void expect_files(int code, const char *list, const char *error)
{
	const struct verb *const files = verb_initramfs.verbs[0];
	const struct options options = { .root = top };
	unsigned int open = tree_count_descriptors();
	struct messages messages;
	const char *text;
	int result;

	capture_begin(stdout);
	result = verb_run(files, &options, &messages);
	text = capture_end();
	assert_int_equal(result, code);
	assert_string_equal(text, list);
	if (error)
		assert_string_equal(messages_first_error(&messages), error);
	else
		assert_int_equal(messages.nr, 0);
	messages_free(&messages);
	assert_int_equal(tree_count_descriptors(), open);
}

static void remove_file(const char *path)
{
	char name[PATH_MAX];

	snprintf(name, sizeof(name), "%s%s", top, path);
	assert_int_equal(remove(name), 0);
}

static void test_regular(void **state)
{
	(void)state;
	expect_files(VMFW_EXIT_OK, CONFIG "\n" IMAGE "\n" PEM "\n", NULL);
	/* A missing file is no error. */
	remove_file(IMAGE);
	expect_files(VMFW_EXIT_OK, CONFIG "\n" PEM "\n", NULL);
	tree_make(top, IMAGE);
	expect_files(VMFW_EXIT_OK, CONFIG "\n" PEM "\n", NULL);
}

/* A user can replace a file on the ESP without a new initramfs. */
static void test_fat(void **state)
{
	(void)state;
	script.fat = true;
	expect_files(VMFW_EXIT_OK, CONFIG "\n" PEM "\n", NULL);
	script.fat = false;
	tree_write(top, CONFIG,
		   "image=ESP:" IMAGE "\ncertificates=" PEM "\n");
	expect_files(VMFW_EXIT_OK, CONFIG "\n" PEM "\n", NULL);
	tree_write(top, CONFIG, "image=ESP:" IMAGE "\n");
	expect_files(VMFW_EXIT_OK, CONFIG "\n", NULL);
}

/* The list still has the other files. */
static void test_errors(void **state)
{
	static const char error[] =
		IMAGE ": cannot use this file: Input/output error";
	static const char list[] = CONFIG "\n" PEM "\n";

	(void)state;
	script.stat_err = EIO;
	expect_files(VMFW_EXIT_SYSTEM, list, error);
	script = (struct script) { .statfs_err = EIO };
	expect_files(VMFW_EXIT_SYSTEM, list, error);
	/* An error about the second file counts, too. */
	script = (struct script) { .fat = false };
	remove_file(PEM);
	tree_write(top, CONFIG,
		   "image=" IMAGE "\ncertificates=" IMAGE PEM "\n");
	expect_files(VMFW_EXIT_SYSTEM, CONFIG "\n" IMAGE "\n",
		     IMAGE PEM ": cannot use this file: Not a directory");
}

/* A shell would read such a name as two. */
static void a_name_with_a_newline_is_an_error(void **state)
{
	(void)state;
	tree_write(top, "/etc/vmfwupdate.conf.d/a\nb.conf", "");
	expect_files(VMFW_EXIT_USAGE, CONFIG "\n",
		     "/etc/vmfwupdate.conf.d/a\nb.conf: cannot list a name that contains a newline");
}

/* Expect this exit code and text of "initramfs required", and this part of its JSON. */
static void expect_required(int code, const char *line, const char *part)
{
	const struct verb *const required = verb_initramfs.verbs[1];
	const struct options options = { .root = top };
	const char *text;

	assert_int_equal(verb_capture(required, &options, false, &text), code);
	assert_string_equal(text, line);
	assert_int_equal(verb_capture(required, &options, true, &text), code);
	assert_non_null(strstr(text, part));
}

static void test_required(void **state)
{
	(void)state;
	expect_required(VMFW_EXIT_NOTHING, "required=no\n",
			"\"required\": false,\n");
	tree_write(top, CONFIG, "image=" IMAGE "\nrequired=yes\n");
	expect_required(VMFW_EXIT_OK, "required=yes\n",
			"\"required\": true,\n");
	/* After an error, nobody knows. */
	tree_write(top, CONFIG, "required=perhaps\n");
	expect_required(VMFW_EXIT_USAGE, "", "\"exit_code\": 2\n");
}

/* The list in JSON is complete, and has each name once. */
static void test_json(void **state)
{
	const struct options options = { .root = top };
	const char *text;

	(void)state;
	assert_int_equal(verb_capture(verb_initramfs.verbs[0], &options, true,
				      &text), VMFW_EXIT_OK);
	assert_non_null(strstr(text,
		"  \"files\": [\n"
		"    \"" CONFIG "\",\n"
		"    \"" IMAGE "\",\n"
		"    \"" PEM "\"\n"
		"  ],\n"
		"  \"messages\": []"));
}

/* The help lists the exit codes. */
static void exit_codes(void **state)
{
	(void)state;
	assert_int_equal(verb_initramfs.verbs[0]->codes,
			 CODE(OK) | CODE(SYSTEM) | CODE(USAGE));
	assert_int_equal(verb_initramfs.verbs[1]->codes,
			 CODE(OK) | CODE(SYSTEM) | CODE(USAGE) | CODE(NOTHING));
	assert_int_equal(verb_initramfs.codes, CODE(OK) | CODE(USAGE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(test_regular),
		TEST(test_fat),
		TEST(test_errors),
		TEST(a_name_with_a_newline_is_an_error),
		TEST(test_required),
		TEST(test_json),
		cmocka_unit_test(exit_codes),
	};

	return cmocka_run_group_tests_name("initramfs", tests, NULL, NULL);
}

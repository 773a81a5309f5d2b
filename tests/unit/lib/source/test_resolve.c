// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The path of a location: the search for each kind, and searches that fail.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/exit.h"
#include "disk/fwpart.h"
#include "shared/macro.h"
#include "source/resolve.h"
#include "errors.h"
#include "tree.h"

/**
 * struct script - the results of the replaced functions, and their calls
 * @list_code: result of partition_list()
 * @pick_code: result of partition_pick()
 * @volume_code: result of volume_path() and volume_device()
 * @open_err: result of volume_open(), if not 0
 * @calls: the calls so far, with their arguments
 */
static struct script {
	enum vmfw_exit list_code;
	enum vmfw_exit pick_code;
	enum vmfw_exit volume_code;
	int open_err;
	char calls[256];
} script;

static const struct partition installed = { .disk = "/dev/sda" };

static struct messages messages;

static void note(const char *word, const char *about)
{
	size_t len = strlen(script.calls);

	snprintf(script.calls + len, sizeof(script.calls) - len, "%s %.100s;",
		 word, about);
}

enum vmfw_exit __wrap_partition_list(struct partitions *found,
				     struct volumes *volumes,
				     struct messages *to, const char *where);
enum vmfw_exit __wrap_partition_list(struct partitions *found,
				     struct volumes *volumes,
				     struct messages *to, const char *where)
{
	(void)volumes;
	note("list", where ? where : "-");
	*found = (struct partitions) { 0 };
	if (script.list_code)
		message_error(to, "cannot list partitions");
	return script.list_code;
}

enum vmfw_exit __wrap_partition_pick(const struct partitions *found,
				     struct messages *to, const char *place,
				     const struct partition **picked);
enum vmfw_exit __wrap_partition_pick(const struct partitions *found,
				     struct messages *to, const char *place,
				     const struct partition **picked)
{
	assert_int_equal(found->nr, 0);
	note("pick", place);
	if (script.pick_code)
		message_error(to, "cannot pick a partition");
	else
		*picked = &installed;
	return script.pick_code;
}

static enum vmfw_exit find_volume(const char *word, struct messages *to,
				  const struct location *location, char *path)
{
	note(word, location->path);
	strcpy(path, "/dev/sdb");
	if (script.volume_code)
		message_error(to, "cannot find the file system");
	return script.volume_code;
}

enum vmfw_exit __wrap_volume_path(struct volumes *volumes, struct messages *to,
				  const struct location *location, char *path);
enum vmfw_exit __wrap_volume_path(struct volumes *volumes, struct messages *to,
				  const struct location *location, char *path)
{
	(void)volumes;
	return find_volume("path", to, location, path);
}

enum vmfw_exit __wrap_volume_device(struct volumes *volumes,
				    struct messages *to,
				    const struct location *location,
				    char *path);
enum vmfw_exit __wrap_volume_device(struct volumes *volumes,
				    struct messages *to,
				    const struct location *location,
				    char *path)
{
	(void)volumes;
	return find_volume("device", to, location, path);
}

int __wrap_volume_open(const struct volumes *volumes, const char *path,
		       int flags);
int __wrap_volume_open(const struct volumes *volumes, const char *path,
		       int flags)
{
	(void)volumes;
	assert_int_equal(flags, O_PATH);
	note("open", path);
	return script.open_err ? script.open_err : open("/", O_PATH);
}

static int set_up(void **state)
{
	(void)state;
	memset(&script, 0, sizeof(script));
	messages_keep(&messages);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	messages_free(&messages);
	return 0;
}

static void expect_search(const struct location *location, enum vmfw_exit code,
			  const char *found, const char *calls)
{
	unsigned int before = tree_count_descriptors();
	struct volumes volumes = { 0 };
	char path[PATH_MAX] = "";

	script.calls[0] = '\0';
	assert_int_equal(resolve_location(&volumes, &messages, location, path),
			 code);
	assert_string_equal(script.calls, calls);
	if (!code)
		assert_string_equal(path, found);
	/* An error has one message. */
	assert_int_equal(messages.nr, code ? 1 : 0);
	assert_int_equal(tree_count_descriptors(), before);
}

static const struct location boot_disk = { .kind = LOCATION_PARTITION };
static const struct location any_disk = { .kind = LOCATION_ANY_PARTITION };
static const struct location device = { .kind = LOCATION_PARTUUID };
static const struct location file = {
	.kind = LOCATION_PARTUUID, .path = "/fw",
};

static void each_kind_of_location(void **state)
{
	static const enum location_kind others[] = {
		LOCATION_PLAIN, LOCATION_ESP, LOCATION_XBOOTLDR,
		LOCATION_LABEL, LOCATION_UUID,
	};
	size_t i;

	(void)state;
	expect_search(&boot_disk, VMFW_EXIT_OK, "/dev/sda",
		      "list -;pick the disk of the EFI system partition;"
		      "open /dev/sda;");
	expect_search(&any_disk, VMFW_EXIT_OK, "/dev/sda",
		      "list any;pick all disks;open /dev/sda;");
	expect_search(&device, VMFW_EXIT_OK, "/dev/sdb",
		      "device ;open /dev/sdb;");
	expect_search(&file, VMFW_EXIT_OK, "/dev/sdb",
		      "path /fw;open /dev/sdb;");
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		const struct location location = {
			.kind = others[i], .path = "/fw",
		};

		expect_search(&location, VMFW_EXIT_OK, "/dev/sdb",
			      "path /fw;open /dev/sdb;");
	}
}

/* The first error ends the search, and decides its code. */
static void searches_that_fail(void **state)
{
	static const enum vmfw_exit codes[] = {
		VMFW_EXIT_SYSTEM, VMFW_EXIT_SOURCE,
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		script = (struct script) { .list_code = codes[i] };
		expect_search(&boot_disk, codes[i], NULL, "list -;");
		expect_error(&messages, "cannot list partitions");
		expect_search(&any_disk, codes[i], NULL, "list any;");
		expect_error(&messages, "cannot list partitions");
		script = (struct script) { .pick_code = codes[i] };
		expect_search(&boot_disk, codes[i], NULL,
			      "list -;pick the disk of the EFI system partition;");
		expect_error(&messages, "cannot pick a partition");
		expect_search(&any_disk, codes[i], NULL,
			      "list any;pick all disks;");
		expect_error(&messages, "cannot pick a partition");
		script = (struct script) { .volume_code = codes[i] };
		expect_search(&device, codes[i], NULL, "device ;");
		expect_error(&messages, "cannot find the file system");
		expect_search(&file, codes[i], NULL, "path /fw;");
		expect_error(&messages, "cannot find the file system");
	}
}

static void a_file_that_is_missing(void **state)
{
	(void)state;
	script.open_err = -ENOENT;
	expect_search(&file, VMFW_EXIT_SOURCE, NULL, "path /fw;open /dev/sdb;");
	expect_error(&messages,
		     "/dev/sdb: cannot use this file: No such file or directory");
	expect_search(&boot_disk, VMFW_EXIT_SOURCE, NULL,
		      "list -;pick the disk of the EFI system partition;"
		      "open /dev/sda;");
	expect_error(&messages,
		     "/dev/sda: cannot use this file: No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(each_kind_of_location),
		TEST(searches_that_fail),
		TEST(a_file_that_is_missing),
	};

	return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of the verbs of partition on partitions that a test chooses.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../lib/tree.h"
#include "disk/blockdev.h"
#include "disk/fwpart.h"
#include "install/install.h"
#include "shared/macro.h"
#include "source/check.h"
#include "verb.h"
#include "written.h"

#define ESP_DISK	"the disk of the EFI system partition"
#define MIB		(1ull << 20)

/* Each byte of the image's digest */
#define DIGEST_BYTE	0xab
#define DIGEST_TEXT	"abababababababababababababababababababababababababababababababab"
/* The partition with the image, as JSON shows it. */
#define IMAGE_JSON \
	"  \"partition\": {\n" \
	"    \"disk\": \"/dev/vda\",\n" \
	"    \"number\": 3,\n" \
	"    \"partuuid\": \"11111111-2222-3333-4444-555555555555\",\n" \
	"    \"offset\": 2097152,\n" \
	"    \"size\": 1048576,\n" \
	"    \"state\": \"image\",\n" \
	"    \"image_size\": 100\n" \
	"  },\n"

/* An image of 100 bytes, 16 bytes after the start of its partition. */
static const struct partition image = {
	.disk = "/dev/vda",
	.number = 3,
	.uuid = "11111111-2222-3333-4444-555555555555",
	.start = 2 * MIB,
	.size = MIB,
	.state = PARTITION_IMAGE,
	.file = { .start = 16, .size = 100 },
};

/**
 * struct script - the results of the replaced functions, and their arguments
 * @found: partitions that partition_list() finds
 * @nr: number of partitions
 * @list_code: its result
 * @where: place of its search
 * @disk_code: result of partition_disk()
 * @disk_where: place of its search
 * @check_code: result of findings_check()
 * @refuse_code: result of rom_refuse()
 * @change: argument of the installation or of the removal
 * @changes: number of these calls
 * @already: the disk already has the image
 * @removed: number of removed partitions
 * @change_code: result of the change
 * @root: root of the last search; NULL: this machine
 * @open_err: result of blockdev_open()
 * @opened: path of the disk that it opened
 * @writable: open for writing, too
 * @read_offset: offset of the last read
 * @read_err: result of blockdev_read()
 */
static struct script {
	struct partition found[4];
	size_t nr;
	enum vmfw_exit list_code;
	const char *where;
	enum vmfw_exit disk_code;
	const char *disk_where;
	enum vmfw_exit check_code;
	enum vmfw_exit refuse_code;
	struct partition_change change;
	unsigned int changes;
	bool already;
	unsigned int removed;
	enum vmfw_exit change_code;
	const char *root;
	int open_err;
	char opened[16];
	bool writable;
	uint64_t read_offset;
	int read_err;
} script;

enum vmfw_exit __wrap_partition_list(struct partitions *found,
				     struct volumes *volumes,
				     struct messages *messages,
				     const char *where);
enum vmfw_exit __wrap_partition_list(struct partitions *found,
				     struct volumes *volumes,
				     struct messages *messages,
				     const char *where)
{
	(void)messages;
	script.where = where;
	script.root = volumes->root;
	/* AddressSanitizer checks that the verb frees the list. */
	found->v = malloc(sizeof(script.found));
	memcpy(found->v, script.found, sizeof(script.found));
	found->nr = script.nr;
	return script.list_code;
}

enum vmfw_exit __wrap_partition_disk(struct volumes *volumes,
				     struct messages *messages,
				     const char *where, char *path,
				     unsigned int *number);
enum vmfw_exit __wrap_partition_disk(struct volumes *volumes,
				     struct messages *messages,
				     const char *where, char *path,
				     unsigned int *number)
{
	(void)messages;
	script.disk_where = where;
	script.root = volumes->root;
	strcpy(path, "/dev/vda");
	*number = 3;
	return script.disk_code;
}

static enum vmfw_exit make_change(struct partition_change *change)
{
	script.changes++;
	script.change = *change;
	change->already = script.already;
	change->removed = script.removed;
	change->now = image;
	memset(change->digest, DIGEST_BYTE, sizeof(change->digest));
	return script.change_code;
}

enum vmfw_exit __wrap_partition_install(struct messages *messages,
					struct partition_change *change,
					struct source *source);
enum vmfw_exit __wrap_partition_install(struct messages *messages,
					struct partition_change *change,
					struct source *source)
{
	(void)messages;
	(void)source;
	return make_change(change);
}

enum vmfw_exit __wrap_partition_remove(struct messages *messages,
				       struct partition_change *change);
enum vmfw_exit __wrap_partition_remove(struct messages *messages,
				       struct partition_change *change)
{
	(void)messages;
	return make_change(change);
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
	(void)igvm;
	return script.check_code;
}

int __wrap_rom_refuse(struct output *out, const struct source *source);
int __wrap_rom_refuse(struct output *out, const struct source *source)
{
	(void)out;
	(void)source;
	return script.refuse_code;
}

int __wrap_blockdev_open(struct blockdev *disk, const char *path,
			 bool writable);
int __wrap_blockdev_open(struct blockdev *disk, const char *path,
			 bool writable)
{
	snprintf(script.opened, sizeof(script.opened), "%s", path);
	script.writable = writable;
	*disk = (struct blockdev) { .path = path, .fd = -1 };
	if (!script.open_err)
		disk->fd = open("/", O_RDONLY);
	return script.open_err;
}

int __wrap_blockdev_read(const struct blockdev *disk, uint64_t offset,
			 void *buf, size_t len);
int __wrap_blockdev_read(const struct blockdev *disk, uint64_t offset,
			 void *buf, size_t len)
{
	(void)disk;
	script.read_offset = offset;
	memset(buf, 0, len);
	return script.read_err;
}

static int set_up(void **state)
{
	(void)state;
	memset(&script, 0, sizeof(script));
	memset(&written, 0, sizeof(written));
	verb_source.kind = SOURCE_IGVM;
	verb_source.size = 5000;
	return 0;
}

/* Return a verb of the family partition. */
static const struct verb *get_verb(const char *word)
{
	const struct verb *verb = verb_find(verb_partition.verbs, word);

	assert_non_null(verb);
	return verb;
}

/*
 * Expect this exit code, and these lines and messages. In any case, the verb closes
 * all files.
 */
static void expect_text(const char *word, const struct options *options,
			int code, const char *text)
{
	unsigned int open = tree_count_descriptors();

	verb_expect_text(get_verb(word), options, code, text);
	assert_null(script.root);
	assert_int_equal(tree_count_descriptors(), open);
}

/* Expect these members in the JSON object of a run with this exit code. */
static void expect_json(const char *word, const struct options *options,
			int code, const char *members)
{
	verb_expect_json(get_verb(word), options, code, members);
}

static void list_describes_each_partition(void **state)
{
	const struct options options = { .device = NULL };
	size_t i;

	(void)state;
	script.nr = 4;
	for (i = 0; i < script.nr; i++) {
		script.found[i] = image;
		script.found[i].number = i + 1;
		script.found[i].state = i;
	}
	script.found[3].size = 512;
	expect_text("list", &options, VMFW_EXIT_OK,
		    "/dev/vda, partition 1: an image, 100 bytes\n"
		    "  PARTUUID=11111111-2222-3333-4444-555555555555, 1.0 MiB (1048576 bytes)\n"
		    "/dev/vda, partition 2: no image; the next installation removes this partition\n"
		    "  PARTUUID=11111111-2222-3333-4444-555555555555, 1.0 MiB (1048576 bytes)\n"
		    "/dev/vda, partition 3: no readable IGVM image, or one that is longer than the partition\n"
		    "  PARTUUID=11111111-2222-3333-4444-555555555555, 1.0 MiB (1048576 bytes)\n"
		    "/dev/vda, partition 4: unfinished; the next installation removes this partition\n"
		    "  PARTUUID=11111111-2222-3333-4444-555555555555, 512 bytes\n");
	script.nr = 2;
	expect_json("list", &options, VMFW_EXIT_OK,
		    "  \"partitions\": [\n"
		    "    {\n"
		    "      \"disk\": \"/dev/vda\",\n"
		    "      \"number\": 1,\n"
		    "      \"partuuid\": \"11111111-2222-3333-4444-555555555555\",\n"
		    "      \"offset\": 2097152,\n"
		    "      \"size\": 1048576,\n"
		    "      \"state\": \"image\",\n"
		    "      \"image_size\": 100\n"
		    "    },\n"
		    "    {\n"
		    "      \"disk\": \"/dev/vda\",\n"
		    "      \"number\": 2,\n"
		    "      \"partuuid\": \"11111111-2222-3333-4444-555555555555\",\n"
		    "      \"offset\": 2097152,\n"
		    "      \"size\": 1048576,\n"
		    "      \"state\": \"empty\"\n"
		    "    }\n"
		    "  ],\n"
		    "  \"messages\"");
}

static void list_looks_at_any_disk_or_at_that_of_the_user(void **state)
{
	struct options options = { .device = NULL };

	(void)state;
	expect_text("list", &options, VMFW_EXIT_OK,
		    "there is no firmware partition\n");
	assert_string_equal(script.where, PARTITION_ANY);
	options.disk = "/dev/vdb";
	expect_text("list", &options, VMFW_EXIT_OK,
		    "there is no firmware partition\n");
	assert_string_equal(script.where, "/dev/vdb");
}

/* A search that failed has found nothing out. */
static void list_prints_nothing_after_an_error(void **state)
{
	const struct options options = { .device = NULL };
	size_t nr;

	(void)state;
	script.list_code = VMFW_EXIT_SOURCE;
	script.found[0] = image;
	for (nr = 0; nr < 2; nr++) {
		script.nr = nr;
		expect_text("list", &options, VMFW_EXIT_SOURCE, "");
		expect_json("list", &options, VMFW_EXIT_SOURCE,
			    "  \"partitions\": [],\n");
	}
}

static void read_copies_the_image_without_its_header(void **state)
{
	const struct options options = { .output = "image" };

	(void)state;
	script.found[0] = image;
	script.nr = 1;
	expect_text("read", &options, VMFW_EXIT_OK, "");
	assert_null(script.where);
	assert_string_equal(script.opened, "/dev/vda");
	assert_false(script.writable);
	assert_int_equal(written.size, 100);
	assert_int_equal(script.read_offset, 2 * MIB + 16 + WRITTEN_OFFSET);
	expect_json("read", &options, VMFW_EXIT_OK,
		    IMAGE_JSON
		    "  \"written\": true,\n");
	written.code = VMFW_EXIT_SYSTEM;
	expect_text("read", &options, VMFW_EXIT_SYSTEM, "");
	script.read_err = -EIO;
	expect_text("read", &options, VMFW_EXIT_SYSTEM,
		    "error: " WRITTEN_ERROR "\n");
}

static void read_needs_exactly_one_image(void **state)
{
	struct options options = { .output = "image" };

	(void)state;
	expect_text("read", &options, VMFW_EXIT_SOURCE,
		    "error: " ESP_DISK ": there is no partition with a firmware image\n");
	options.disk = "/dev/vdb";
	expect_text("read", &options, VMFW_EXIT_SOURCE,
		    "error: /dev/vdb: there is no partition with a firmware image\n");
	assert_string_equal(script.where, "/dev/vdb");
	script.found[0] = image;
	script.nr = 1;
	script.list_code = VMFW_EXIT_SYSTEM;
	expect_text("read", &options, VMFW_EXIT_SYSTEM, "");
	script.list_code = VMFW_EXIT_OK;
	script.open_err = -EACCES;
	expect_text("read", &options, VMFW_EXIT_SYSTEM,
		    "error: /dev/vda: cannot open this disk: Permission denied\n");
	assert_int_equal(written.nr, 0);
}

/* A wrong command line is an error before the search. */
static void read_needs_the_name_of_a_file(void **state)
{
	const struct options options = { .device = NULL };

	(void)state;
	script.where = "none";
	expect_text("read", &options, VMFW_EXIT_USAGE,
		    "error: partition read needs --output=FILE\n");
	assert_string_equal(script.where, "none");
}

static void install_reports_the_new_partition(void **state)
{
	struct options options = { .disk = "vda1", .progress = PROGRESS_ALWAYS };

	(void)state;
	script.removed = 2;
	expect_text("install", &options, VMFW_EXIT_OK,
		    "image.igvm: installed: /dev/vda, partition 3, PARTUUID=11111111-2222-3333-4444-555555555555\n"
		    "4.9 KiB (5000 bytes), SHA-256 " DIGEST_TEXT "\n");
	assert_string_equal(script.disk_where, "vda1");
	assert_int_equal(script.change.progress, PROGRESS_ALWAYS);
	assert_false(script.change.dry_run);
	/* An installation replaces the only image. */
	assert_int_equal(script.change.number, 0);
	expect_json("install", &options, VMFW_EXIT_OK,
		    "  \"dry_run\": false,\n"
		    "  \"already\": false,\n"
		    "  \"removed\": 2,\n"
		    IMAGE_JSON
		    "  \"sha256\": \"" DIGEST_TEXT "\",\n");
	script.already = true;
	options.given[OPTION_DRY_RUN] = true;
	expect_text("install", &options, VMFW_EXIT_OK,
		    "image.igvm: already installed: /dev/vda, partition 3, PARTUUID=11111111-2222-3333-4444-555555555555\n"
		    "4.9 KiB (5000 bytes), SHA-256 " DIGEST_TEXT "\n");
	expect_json("install", &options, VMFW_EXIT_OK,
		    "  \"dry_run\": true,\n"
		    "  \"already\": true,\n");
	script.already = false;
	expect_text("install", &options, VMFW_EXIT_OK,
		    "image.igvm: could be installed: /dev/vda, partition 3\n");
	assert_true(script.change.dry_run);
	expect_json("install", &options, VMFW_EXIT_OK,
		    "    \"image_size\": 100\n"
		    "  },\n"
		    "  \"messages\"");
}

/* No part of an installation follows an error. */
static void install_ends_with_the_first_error(void **state)
{
	static const struct {
		enum source_kind kind;
		const char *disk;
		enum vmfw_exit check, refuse, find, change;
		int code;
		const char *text;
		unsigned int changes;
	} table[] = {
		{ SOURCE_IGVM, NULL, VMFW_EXIT_IMAGE, VMFW_EXIT_USAGE,
		  VMFW_EXIT_OK, VMFW_EXIT_OK, VMFW_EXIT_IMAGE, "", 0 },
		{ SOURCE_UNKNOWN, NULL, VMFW_EXIT_IMAGE, VMFW_EXIT_USAGE,
		  VMFW_EXIT_OK, VMFW_EXIT_OK, VMFW_EXIT_IMAGE, "", 0 },
		{ SOURCE_FLAT, NULL, VMFW_EXIT_OK, VMFW_EXIT_IMAGE,
		  VMFW_EXIT_OK, VMFW_EXIT_OK, VMFW_EXIT_IMAGE, "", 0 },
		{ SOURCE_IGVM, PARTITION_ANY, VMFW_EXIT_OK, VMFW_EXIT_OK,
		  VMFW_EXIT_OK, VMFW_EXIT_OK, VMFW_EXIT_USAGE,
		  "error: --disk=any: this verb changes only one disk; name it\n",
		  0 },
		{ SOURCE_IGVM, NULL, VMFW_EXIT_OK, VMFW_EXIT_OK,
		  VMFW_EXIT_SOURCE, VMFW_EXIT_OK, VMFW_EXIT_SOURCE, "", 0 },
		{ SOURCE_IGVM, NULL, VMFW_EXIT_OK, VMFW_EXIT_OK,
		  VMFW_EXIT_OK, VMFW_EXIT_VERIFY, VMFW_EXIT_VERIFY, "", 1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		const struct options options = { .disk = table[i].disk };

		script = (struct script) {
			.check_code = table[i].check,
			.refuse_code = table[i].refuse,
			.disk_code = table[i].find,
			.change_code = table[i].change,
		};
		verb_source.kind = table[i].kind;
		expect_text("install", &options, table[i].code, table[i].text);
		assert_int_equal(script.changes, table[i].changes);
	}
}

static void remove_counts_the_partitions(void **state)
{
	static const struct {
		bool dry_run;
		enum vmfw_exit code;
		unsigned int removed;
		const char *text;
	} table[] = {
		{ false, VMFW_EXIT_OK, 2, "/dev/vda: partitions removed: 2\n" },
		{ true, VMFW_EXIT_OK, 1,
		  "/dev/vda: partitions that would be removed: 1\n" },
		{ false, VMFW_EXIT_NOTHING, 0,
		  "/dev/vda: there is no firmware partition\n" },
		{ false, VMFW_EXIT_SYSTEM, 1, "" },
	};
	struct options options = { .disk = "vda1" };
	char members[128];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		options.given[OPTION_DRY_RUN] = table[i].dry_run;
		script.change_code = table[i].code;
		script.removed = table[i].removed;
		expect_text("remove", &options, table[i].code, table[i].text);
		assert_string_equal(script.disk_where, "vda1");
		assert_int_equal(script.change.number, 3);
		assert_int_equal(script.change.dry_run, table[i].dry_run);
		snprintf(members, sizeof(members),
			 "  \"dry_run\": %s,\n  \"disk\": \"/dev/vda\",\n  \"removed\": %u,\n",
			 table[i].dry_run ? "true" : "false",
			 table[i].removed);
		expect_json("remove", &options, table[i].code, members);
	}
}

static void remove_needs_one_disk(void **state)
{
	struct options options = { .disk = PARTITION_ANY };

	(void)state;
	expect_text("remove", &options, VMFW_EXIT_USAGE,
		    "error: --disk=any: this verb changes only one disk; name it\n");
	options.disk = NULL;
	script.disk_code = VMFW_EXIT_SOURCE;
	expect_text("remove", &options, VMFW_EXIT_SOURCE, "");
	assert_int_equal(script.changes, 0);
}

/* The help of a verb lists its exit codes. */
static void exit_codes(void **state)
{
	const unsigned int common = CODES_COMMON;

	(void)state;
	assert_int_equal(get_verb("list")->codes, common | CODE(SOURCE));
	assert_int_equal(get_verb("read")->codes, common | CODE(SOURCE));
	assert_int_equal(get_verb("install")->codes,
			 common | CODE(IMAGE) | CODE(SOURCE));
	assert_int_equal(get_verb("remove")->codes,
			 common | CODE(NOTHING) | CODE(SOURCE));
	assert_int_equal(verb_partition.codes, CODE(OK) | CODE(USAGE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)	cmocka_unit_test_setup(name, set_up)
		TEST(list_describes_each_partition),
		TEST(list_looks_at_any_disk_or_at_that_of_the_user),
		TEST(list_prints_nothing_after_an_error),
		TEST(read_copies_the_image_without_its_header),
		TEST(read_needs_exactly_one_image),
		TEST(read_needs_the_name_of_a_file),
		TEST(install_reports_the_new_partition),
		TEST(install_ends_with_the_first_error),
		TEST(remove_counts_the_partitions),
		TEST(remove_needs_one_disk),
		TEST(exit_codes),
	};

	return cmocka_run_group_tests_name("partition", tests, NULL, NULL);
}

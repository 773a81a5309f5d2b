// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of the words that the tool offers to the shells, with links of udev that a
 * test chooses.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "shared/macro.h"
#include "verb.h"

#define MAX_WORDS	5
#define NAME_240	"0123456789012345678901234567890123456789" \
			"0123456789012345678901234567890123456789" \
			"0123456789012345678901234567890123456789" \
			"0123456789012345678901234567890123456789" \
			"0123456789012345678901234567890123456789" \
			"0123456789012345678901234567890123456789"

#define COMMON_OPTIONS	"--json\tprint one JSON object\n" \
			"--quiet\tprint only warnings and errors\n" \
			"--color=\tuse colours: auto (on terminals), always or never\n" \
			"--help\tdisplay this help\n"

/**
 * struct links - a directory of udev
 * @path: its path
 * @names: its entries, up to NULL
 */
struct links {
	const char *path;
	const char *names[5];
};

static const struct links directories[] = {
	{ "/dev/disk/by-partuuid", { ".", "..", "1234-01", "5678-02" } },
	{ "/dev/disk/by-uuid", { "12AB-34CD" } },
	{ "/dev/disk/by-label", { ".hidden", "FW", "odd\\x20name", NAME_240 } },
};

/* The directories that the test has, the open one, and its next entry. */
static size_t nr_directories;
static const struct links *open_links;
static size_t next_name;
static int open_directories;

DIR *__wrap_opendir(const char *path);
DIR *__wrap_opendir(const char *path)
{
	size_t i;

	for (i = 0; i < nr_directories; i++) {
		if (strcmp(path, directories[i].path))
			continue;
		open_links = &directories[i];
		next_name = 0;
		open_directories++;
		return (DIR *)&open_links;
	}
	return NULL;
}

struct dirent *__wrap_readdir(DIR *directory);
struct dirent *__wrap_readdir(DIR *directory)
{
	static struct dirent entry;

	(void)directory;
	if (next_name == ARRAY_SIZE(open_links->names) ||
	    !open_links->names[next_name])
		return NULL;
	strcpy(entry.d_name, open_links->names[next_name++]);
	return &entry;
}

int __wrap_closedir(DIR *directory);
int __wrap_closedir(DIR *directory)
{
	(void)directory;
	open_directories--;
	return 0;
}

/* The words to complete. */
static char words[MAX_WORDS][40];
static int nr_words;

static int run_complete(struct output *out, const struct options *options,
			char **operands)
{
	static char before[] = "help";
	char *pointers[MAX_WORDS + 1] = { before };
	int i;

	(void)options;
	(void)operands;
	for (i = 0; i < nr_words; i++)
		pointers[i + 1] = words[i];
	complete(out, nr_words, pointers + 1);
	return VMFW_EXIT_OK;
}

/**
 * struct row - words, and the lines that the tool offers for the last one
 * @words: the words, up to NULL
 * @text: the lines
 */
struct row {
	const char *words[MAX_WORDS];
	const char *text;
};

static void expect_lines(const struct row *rows, size_t nr)
{
	const struct verb verb = { .run = run_complete };
	const struct options options = { .device = NULL };
	size_t i;

	for (i = 0; i < nr; i++) {
		for (nr_words = 0; rows[i].words[nr_words]; nr_words++)
			strcpy(words[nr_words], rows[i].words[nr_words]);
		verb_expect_text(&verb, &options, VMFW_EXIT_OK, rows[i].text);
		assert_int_equal(open_directories, 0);
	}
}

static int set_up(void **state)
{
	(void)state;
	nr_directories = ARRAY_SIZE(directories);
	return 0;
}

static void verbs_and_their_explanation(void **state)
{
	static const struct row rows[] = {
		{ { NULL }, "" },
		{ { "he" }, "help\texplain the tool, or a verb\n" },
		{ { "help" }, "help\texplain the tool, or a verb\n" },
		{ { "helpx" }, "" },
		{ { "help", "he" }, "" },
		{ { "help", "help", "" }, "" },
		{ { "help", "di" }, "disable\tswitch firmware updates off\n" },
		{ { "help", "partition", "re" },
		  "read\twrite the image in the partition to a file\n"
		  "remove\tremove the partition with the image\n" },
		{ { "partition", "he" }, "" },
		{ { "partition", "help", "" }, "" },
		{ { "--json", "di" }, "disable\tswitch firmware updates off\n" },
		{ { "unknown", "" }, "" },
		{ { "unknown", "di" }, "" },
	};

	(void)state;
	expect_lines(rows, ARRAY_SIZE(rows));
}

static void options_and_their_explanation(void **state)
{
	static const struct row rows[] = {
		{ { "-" }, COMMON_OPTIONS
		  "--version\tdisplay the version\n" },
		{ { "disable", "-" },
		  "--dry-run\tcheck everything, change nothing\n"
		  "--device=\tuse this device instead of /dev/vmfwupdate\n"
		  COMMON_OPTIONS },
		{ { "help", "disable", "-" }, COMMON_OPTIONS },
		{ { "disable", "--device" },
		  "--device=\tuse this device instead of /dev/vmfwupdate\n" },
		{ { "disable", "--json=" }, "" },
		{ { "disable", "--unknown=" }, "" },
		{ { "check", "--unknown=" }, "" },
		{ { "check", "--unknown=E" }, "" },
		{ { "disable", "--", "--d" }, "" },
		{ { "disable", "x=" }, "" },
		{ { "disable", "--device", "--json", "--dr" },
		  "--dry-run\tcheck everything, change nothing\n" },
		{ { "disable", "--json", "--dr" },
		  "--dry-run\tcheck everything, change nothing\n" },
	};

	(void)state;
	expect_lines(rows, ARRAY_SIZE(rows));
}

static void files_directories_and_words(void **state)
{
	static const struct row rows[] = {
		{ { "status", "--root=" }, "\tdirectories\n" },
		{ { "wrap", "-o", "" }, "\tfiles\n" },
		{ { "wrap", "--output=x" }, "\tfiles\n" },
		{ { "decompose", "--output", "" }, "\tdirectories\n" },
		{ { "verify", "--nonce", "" },
		  "any\taccept any nonce, also of an old report\n" },
		{ { "verify", "--nonce=x" }, "" },
		{ { "stage", "--progress=al" }, "always\t\n" },
		{ { "wrap", "--force=" },
		  "overwrite\treplace a file that exists\n" },
		{ { "--color=n" }, "never\t\n" },
		/* A value may look like an option. */
		{ { "disable", "--device", "--x=" }, "\tfiles\n" },
		{ { "disable", "--device", "--json=" }, "\tfiles\n" },
	};
	/* Each of these options takes a file. */
	static const char *const file_options[][2] = {
		{ "compose", "--kernel=" }, { "compose", "--shim=" },
		{ "compose", "--pk=" }, { "compose", "--kek=" },
		{ "compose", "--db=" }, { "compose", "--dbx=" },
		{ "compose", "--db-hash=" }, { "compose", "--sign=" },
		{ "measure", "--kernel=" }, { "measure", "--initrd=" },
		{ "measure", "--event-log=" }, { "measure", "--uki=" },
		{ "measure", "--recorded-uki=" }, { "verify", "--report=" },
		{ "verify", "--certificate=" }, { "verify", "--image=" },
		{ "wrap", "--vars=" }, { "disable", "--device=" },
	};
	size_t i;

	(void)state;
	expect_lines(rows, ARRAY_SIZE(rows));
	for (i = 0; i < ARRAY_SIZE(file_options); i++) {
		const struct row row = {
			{ file_options[i][0], file_options[i][1] },
			"\tfiles\n"
		};

		expect_lines(&row, 1);
	}
}

static void operands_are_files_and_locations(void **state)
{
	static const struct row rows[] = {
		{ { "check", "PARTUUID=1" },
		  "PARTUUID=1234-01:/\t\n"
		  "\tfiles igvm efi\n" },
		/* A name of 200 bytes remains. */
		{ { "check", "LABEL=" },
		  "LABEL=FW:/\t\n"
		  "LABEL=0123456789012345678901234567890123456789"
		  "0123456789012345678901234567890123456789"
		  "0123456789012345678901234567890123456789"
		  "0123456789012345678901234567890123456789"
		  "0123456789012345678901234567890123456789:/\t\n"
		  "\tfiles igvm efi\n" },
		{ { "check", "UUID=" },
		  "UUID=12AB-34CD:/\t\n"
		  "\tfiles igvm efi\n" },
		{ { "check", "U" },
		  "UUID=\ta file on this file system\n"
		  "\tfiles igvm efi\n" },
		{ { "check", "ESP:" }, "\tfiles igvm efi\n" },
		{ { "check", "x", "ESP" }, "" },
		{ { "check", "--", "--E" }, "\tfiles igvm efi\n" },
		{ { "check", "--", "--x=" }, "\tfiles igvm efi\n" },
		{ { "check", "--", "--vmm=" }, "\tfiles igvm efi\n" },
		{ { "check", "--", "x", "" }, "" },
		{ { "check", "--", "-x", "" }, "" },
		{ { "check", "--", "--", "" }, "" },
		{ { "check", "-", "" }, "" },
		{ { "check", "+x", "" }, "" },
		{ { "check", "--vmm", "qemu", "ESP:" }, "\tfiles igvm efi\n" },
		{ { "disable", "" }, "" },
		{ { "help", "check", "ESP" }, "" },
	};

	(void)state;
	expect_lines(rows, ARRAY_SIZE(rows));
}

/* Without udev, there are no names of disks. */
static void all_locations_in_order(void **state)
{
	static const struct row rows[] = {
		{ { "check", "LABEL=" }, "\tfiles igvm efi\n" },
		{ { "check", "" },
		  "partition\t" "the partition for firmware\n"
		  "partition:any\t" "the partition for firmware, on any disk\n"
		  "uki\tfirmware in the UKI that booted, or in its add-ons\n"
		  "auto\t" "the image that a boot takes; see 'list'\n"
		  "ESP:\ta file on the EFI system partition\n"
		  "XBOOTLDR:\ta file on the extended boot partition\n"
		  "LABEL=\ta file on this file system\n"
		  "UUID=\ta file on this file system\n"
		  "PARTUUID=\tthis partition, or a file on it\n"
		  "\tfiles igvm efi\n" },
	};

	(void)state;
	nr_directories = 0;
	expect_lines(rows, ARRAY_SIZE(rows));
}

static void disks(void **state)
{
	static const struct row rows[] = {
		{ { "partition", "list", "--disk", "" },
		  "any\tall disks, only to read\n"
		  "PARTUUID=\t" "the disk with this partition\n"
		  "\tfiles\n" },
		{ { "partition", "list", "--disk=PARTUUID=" },
		  "PARTUUID=1234-01\t\n"
		  "PARTUUID=5678-02\t\n"
		  "\tfiles\n" },
	};

	(void)state;
	expect_lines(rows, ARRAY_SIZE(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)	cmocka_unit_test_setup(name, set_up)
		TEST(verbs_and_their_explanation),
		TEST(options_and_their_explanation),
		TEST(files_directories_and_words),
		TEST(operands_are_files_and_locations),
		TEST(all_locations_in_order),
		TEST(disks),
	};

	return cmocka_run_group_tests_name("complete", tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The search for the UKI by the variables of the stub and of the boot loader.
 * Unreadable variables, paths that are too long, and errors of add-ons.
 * Directories with very long names, and an endless directory.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/exit.h"
#include "base/interrupt.h"
#include "shared/macro.h"
#include "shared/text.h"
#include "source/booted-uki.h"
#include "errors.h"
#include "tree.h"

/* Squashfs has names of 256 bytes. The C library's structure has room for 255. */
#define LONGEST		256

struct dirent *__real_readdir(DIR *directory);
struct dirent *__wrap_readdir(DIR *directory);

/* Names of the next entries; NULL: those of the directory. */
static const char *const *names;
/* Number of entries so far of an endless directory, or 0. */
static unsigned int endless;

/* A signal comes at the end of this directory, counted from 1; 0: none comes. */
static unsigned int signal_at_end;
/* The errno value of readdir() at the end of @names, or 0. */
static int error_at_end;
/* A signal that the test imitates, or 0: the real ones count. */
static int signal_seen;

int __real_interrupt_seen(void);
int __wrap_interrupt_seen(void);
int __wrap_interrupt_seen(void)
{
	return signal_seen ? signal_seen : __real_interrupt_seen();
}

/* The number of allocations until that for a name fails, or 0: none fails. */
static unsigned int scarce;

char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
char *__wrap_strdup(const char *text)
{
	return scarce && !--scarce ? NULL : __real_strdup(text);
}

static union {
	struct dirent entry;
	uint8_t bytes[offsetof(struct dirent, d_name) + LONGEST + 1];
} long_entry;

struct dirent *__wrap_readdir(DIR *directory)
{
	if (!names)
		return __real_readdir(directory);
	if (!*names) {
		if (signal_at_end && !--signal_at_end)
			signal_seen = SIGTERM;
		errno = error_at_end;
		return NULL;
	}
	if (endless) {
		if (endless++ == 100)
			assert_int_equal(raise(SIGTERM), 0);
		assert_true(endless < 200);
		return &long_entry.entry;
	}
	memcpy(long_entry.bytes + offsetof(struct dirent, d_name), *names,
	       strlen(*names) + 1);
	names++;
	return &long_entry.entry;
}

/* Names of files on the XBOOTLDR partition; NULL: there is no partition. */
static const char *const *beside;
/* No file system is there. */
static bool no_volume;

enum vmfw_exit __real_volume_top(struct volumes *volumes,
				 struct messages *messages,
				 const struct location *location,
				 const char **top);
enum vmfw_exit __wrap_volume_top(struct volumes *volumes,
				 struct messages *messages,
				 const struct location *location,
				 const char **top);
enum vmfw_exit __wrap_volume_top(struct volumes *volumes,
				 struct messages *messages,
				 const struct location *location,
				 const char **top)
{
	static const struct location esp = { .kind = LOCATION_ESP };

	if (no_volume) {
		message_error(messages, "there is no file system");
		return VMFW_EXIT_SYSTEM;
	}
	if (location->kind != LOCATION_XBOOTLDR || !beside)
		return __real_volume_top(volumes, messages, location, top);
	names = beside;
	return __real_volume_top(volumes, messages, &esp, top);
}

/* The variable that nobody can read, or NULL, and the error. */
static const char *unreadable;
static int unreadable_err;

int __real_efivars_loader(const char *root, const char *name, char *buf,
			  size_t size);
int __wrap_efivars_loader(const char *root, const char *name, char *buf,
			  size_t size);
int __wrap_efivars_loader(const char *root, const char *name, char *buf,
			  size_t size)
{
	if (unreadable && !strcmp(name, unreadable))
		return unreadable_err;
	return __real_efivars_loader(root, name, buf, size);
}

static void put(const char *root, const char *name, const char *text)
{
	char path[PATH_MAX];
	size_t i;
	int fd;

	snprintf(path, sizeof(path), "%s/sys/firmware/efi/efivars/%s-4a67b082-"
		 "0a4c-41cf-b6c7-440b29bb8c4f", root, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "\6\0\0", 4), 4);
	for (i = 0; i <= strlen(text); i++)
		assert_int_equal(write(fd, (char[]) { text[i], 0 }, 2), 2);
	close(fd);
}

static char *make_root(void)
{
	static const char *const directories[] = {
		"/sys", "/sys/firmware", "/sys/firmware/efi",
		"/sys/firmware/efi/efivars", "/efi", "/efi/EFI",
		"/efi/EFI/Linux", "/efi/loader", "/efi/loader/addons",
		/* A relative path must not lead there. */
		"/efiEFI", "/efiEFI/Linux",
	};
	static char root[32];
	char path[PATH_MAX];
	size_t i;

	strcpy(root, "/tmp/booted.XXXXXX");
	assert_non_null(mkdtemp(root));
	for (i = 0; i < ARRAY_SIZE(directories); i++) {
		snprintf(path, sizeof(path), "%s%s", root, directories[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	put(root, "StubDevicePartUUID", "01234567-89ab-cdef-0123-456789abcdef");
	put(root, "StubImageIdentifier", "\\EFI\\Linux\\debian+1.efi");
	return root;
}

static void remove_root(const char *root)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", root);
	assert_int_equal(system(command), 0);
}

/*
 * Make a name of @len bytes: @start, zeroes and @end. "debian+000...0.efi"
 * differs from the name of the UKI only in its boot counter.
 */
static void fill_name(char *name, size_t len, const char *start,
		      const char *end)
{
	memset(name, '0', len);
	memcpy(name, start, strlen(start));
	memcpy(name + len - strlen(end), end, strlen(end) + 1);
}

static void test_longest_uki(void **state)
{
	char name[LONGEST + 1];
	const char *const entries[] = { name, NULL };
	struct volumes volumes = { .root = make_root() };
	struct booted booted;
	struct messages messages;
	size_t len;

	(void)state;
	messages_keep(&messages);
	for (len = LONGEST - 2; len <= LONGEST; len++) {
		fill_name(name, len, "debian+", ".efi");
		names = entries;
		memset(&booted, 0, sizeof(booted));
		assert_int_equal(booted_find(&booted, &volumes, &messages), 0);
		/* The name is complete. */
		assert_string_equal(strrchr(booted.path, '/') + 1, name);
	}
	names = NULL;
	volume_close_all(&volumes);
	messages_free(&messages);
	remove_root(volumes.root);
}

static int see(void *arg, const char *path)
{
	assert_string_equal(strrchr(path, '/') + 1, arg);
	return 0;
}

static void test_longest_addon(void **state)
{
	char name[LONGEST + 1];
	const char *const entries[] = { name, NULL };
	struct volumes volumes = { .root = make_root() };
	struct booted booted = { .path = "/nowhere/debian.efi" };
	struct messages messages;
	size_t len;

	(void)state;
	messages_keep(&messages);
	for (len = LONGEST - 2; len <= LONGEST; len++) {
		fill_name(name, len, "x", ".addon.efi");
		names = entries;
		assert_int_equal(booted_addons(&booted, &volumes, &messages,
					       see, name),
				 VMFW_EXIT_OK);
		assert_null(*names);
	}
	names = NULL;
	volume_close_all(&volumes);
	messages_free(&messages);
	remove_root(volumes.root);
}

/* This must be the last test, because nothing clears the recorded signal. */
static void test_endless(void **state)
{
	static const char *const entries[] = { "", NULL };
	struct volumes volumes = { .root = make_root() };
	struct booted booted = { .path = "/nowhere/debian.efi" };
	struct messages messages;

	(void)state;
	messages_keep(&messages);
	interrupt_catch();
	names = entries;
	strcpy((char *)long_entry.bytes + offsetof(struct dirent, d_name),
	       "other.txt");
	endless = 1;
	assert_int_equal(booted_addons(&booted, &volumes, &messages, see, NULL),
			 128 + SIGTERM);
	assert_int_equal(booted_find(&booted, &volumes, &messages),
			 128 + SIGTERM);
	assert_int_equal(endless, 101);
	endless = 0;
	names = NULL;
	volume_close_all(&volumes);
	messages_free(&messages);
	remove_root(volumes.root);
}

/* Names are the same if they differ at most in their boot counters. */
static void names_without_boot_counters(void **state)
{
	static const struct {
		const char *name;
		bool same_as_a;
	} table[] = {
		{ "a.efi", true }, { "A.EFI", true }, { "a+1.efi", true },
		{ "a+01-23.efi", true }, { "a+9-0.Efi", true },
		{ "a+.efi", false }, { "a+1-.efi", false },
		{ "a+-1.efi", false }, { "a-1.efi", false },
		{ "a1.efi", false }, { "a+1x.efi", false },
		{ "a+1-2-3.efi", false }, { "a+1+2.efi", false },
		{ "a+1x2.efi", false }, { "a+1,2.efi", false },
		{ "a+1-x2.efi", false }, { "a", false }, { "a+1", false },
		{ ".efi", false }, { "+1.efi", false }, { "1.efi", false },
		{ "b.efi", false }, { "ab.efi", false }, { "", false },
	};
	static const char behind_plus[] = "+12.efi";
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		assert_int_equal(booted_same_name(table[i].name, "a.efi"),
				 table[i].same_as_a);
		assert_int_equal(booted_same_name("a+5-6.efi", table[i].name),
				 table[i].same_as_a);
	}
	assert_true(booted_same_name("a+1+2.efi", "a+1+3-4.efi"));
	/* A name of digits alone has no boot counter. */
	assert_true(booted_same_name("12.efi", "12+1.efi"));
	assert_false(booted_same_name("12.efi", "1.efi"));
	/* The byte in front of a name does not matter. */
	assert_true(booted_same_name(&behind_plus[1], "12.efi"));
}

/* Let EFI variables name a UKI, and find it among two files. */
static enum vmfw_exit find_by(const char *const variables[][2],
			      struct booted *booted)
{
	static const char *const entries[] = {
		"other.efi", "debian+2.efi", "debian.conf", "\\debian.efi",
		NULL,
	};
	struct volumes volumes = { .root = make_root() };
	struct messages messages;
	enum vmfw_exit code;

	messages_keep(&messages);
	for (; (*variables)[0]; variables++)
		put(volumes.root, (*variables)[0], (*variables)[1]);
	names = entries;
	memset(booted, 0, sizeof(*booted));
	code = booted_find(booted, &volumes, &messages);
	names = NULL;
	assert_int_equal(!code, !messages.nr);
	volume_close_all(&volumes);
	messages_free(&messages);
	remove_root(volumes.root);
	return code;
}

/* A profile is a decimal number of 16 bits. The tool refuses other words. */
static void the_stub_names_a_profile(void **state)
{
	static const struct {
		const char *words;
		int profile;
	} table[] = {
		{ "0", 0 }, { "1", 1 }, { "007", 7 }, { "65535", 65535 },
		{ "65536", -1 }, { "99999999999999", -1 }, { " 1", -1 },
		{ "+1", -1 }, { "-1", -1 }, { "1 ", -1 }, { "0x1", -1 },
		{ "x", -1 }, { "0000000000000001", -1 },
	};
	struct booted booted;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		const char *const variables[][2] = {
			{ "StubImageIdentifier", "/EFI/Linux/debian.efi" },
			{ "StubProfile", table[i].words }, { NULL, NULL },
		};

		assert_int_equal(find_by(variables, &booted),
				 table[i].profile < 0 ? VMFW_EXIT_SOURCE :
							VMFW_EXIT_OK);
		if (table[i].profile >= 0)
			assert_int_equal(booted.profile, table[i].profile);
	}
}

/*
 * A file with the very name comes before those that differ in the boot counter.
 * Without a file system, there is no second error about the file.
 */
static void an_exact_name_or_no_file_system(void **state)
{
	static const char *const entries[] = {
		"debian+2.efi", "debian+1.efi", "debian+3.efi", NULL,
	};
	const char *root = make_root();
	struct volumes volumes = { .root = root };
	struct messages messages;
	struct booted booted;

	(void)state;
	messages_keep(&messages);
	names = entries;
	assert_int_equal(booted_find(&booted, &volumes, &messages),
			 VMFW_EXIT_OK);
	names = NULL;
	assert_non_null(strstr(booted.path, "/efi/EFI/Linux/debian+1.efi"));
	tree_write(root, "/efi/EFI/Linux/debian+2.efi", "");
	tree_write(root, "/efi/EFI/Linux/debian+3.efi", "");
	no_volume = true;
	assert_int_equal(booted_find(&booted, &volumes, &messages),
			 VMFW_EXIT_SYSTEM);
	no_volume = false;
	assert_int_equal(messages.nr, 1);
	expect_error(&messages, "there is no file system");
	assert_int_equal(booted_find(&booted, &volumes, &messages),
			 VMFW_EXIT_SOURCE);
	expect_error(&messages, "there are several files of that name");
	volume_close_all(&volumes);
	remove_root(root);
}

/* The path is absolute, and does not go up. */
static void the_stub_names_a_path(void **state)
{
	static const struct {
		const char *path;
		enum vmfw_exit code;
	} table[] = {
		{ "\\EFI\\Linux\\debian.efi", VMFW_EXIT_OK },
		{ "/EFI/Linux/debian.efi", VMFW_EXIT_OK },
		{ "\\EFI/Linux\\debian+2.efi", VMFW_EXIT_OK },
		{ "EFI\\Linux\\debian.efi", VMFW_EXIT_SOURCE },
		{ "\\EFI\\..\\EFI\\Linux\\debian.efi", VMFW_EXIT_SOURCE },
		{ "/EFI/../EFI/Linux/debian.efi", VMFW_EXIT_SOURCE },
		{ "\\EFI\\Linux\\missing.efi", VMFW_EXIT_SOURCE },
		{ "\\EFI\\None\\debian.efi", VMFW_EXIT_SOURCE },
	};
	struct booted booted;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		const char *const variables[][2] = {
			{ "StubImageIdentifier", table[i].path },
			{ NULL, NULL },
		};

		assert_int_equal(find_by(variables, &booted), table[i].code);
		if (!table[i].code)
			assert_non_null(strstr(booted.path,
					       "/efi/EFI/Linux/debian+2.efi"));
	}
}

/*
 * Without variables of the stub, the boot loader names the file, with a profile
 * or without.
 */
static void the_loader_names_an_entry(void **state)
{
	static const struct {
		const char *entry;
		enum vmfw_exit code;
		unsigned int profile;
	} table[] = {
		{ "debian.efi", VMFW_EXIT_OK, 0 },
		{ "debian+3.efi@2", VMFW_EXIT_OK, 2 },
		{ "debian.efi@65535", VMFW_EXIT_OK, 65535 },
		{ "debian.efi@65536", VMFW_EXIT_SOURCE, 0 },
		{ "debian.efi@", VMFW_EXIT_SOURCE, 0 },
		{ "debian.conf", VMFW_EXIT_SOURCE, 0 },
		{ ".efi", VMFW_EXIT_SOURCE, 0 },
		{ "../Linux/debian.efi", VMFW_EXIT_SOURCE, 0 },
		{ "\\debian.efi", VMFW_EXIT_SOURCE, 0 },
		{ "Linux/debian.efi", VMFW_EXIT_SOURCE, 0 },
		{ "missing.efi", VMFW_EXIT_SOURCE, 0 },
	};
	struct booted booted;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		const char *const variables[][2] = {
			{ "StubImageIdentifier", "" },
			{ "LoaderDevicePartUUID",
			  "01234567-89ab-cdef-0123-456789abcdef" },
			{ "LoaderEntrySelected", table[i].entry },
			{ NULL, NULL },
		};

		assert_int_equal(find_by(variables, &booted), table[i].code);
		if (!table[i].code)
			assert_int_equal(booted.profile, table[i].profile);
	}
}

/*
 * A boot loader also takes entries from the XBOOTLDR partition. A stub names
 * the partition of its file.
 */
static void the_loader_takes_an_entry_from_xbootldr(void **state)
{
	static const char *const entries[] = { "last.efi", "new+1.efi", NULL };
	static const struct {
		const char *variable;
		const char *words;
		const char *name;
	} table[] = {
		{ "LoaderEntrySelected", "new.efi", "/EFI/Linux/new+1.efi" },
		{ "LoaderEntrySelected", "debian.efi",
		  "/EFI/Linux/debian+2.efi" },
		{ "LoaderEntrySelected", "missing.efi", NULL },
		{ "StubImageIdentifier", "/EFI/Linux/new.efi", NULL },
		{ "StubImageIdentifier", "/EFI/Linux/debian.efi",
		  "/EFI/Linux/debian+2.efi" },
	};
	struct booted booted;
	size_t i;

	(void)state;
	beside = entries;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		const char *const variables[][2] = {
			{ "StubImageIdentifier", "" },
			{ "LoaderDevicePartUUID",
			  "01234567-89ab-cdef-0123-456789abcdef" },
			{ table[i].variable, table[i].words },
			{ NULL, NULL },
		};

		assert_int_equal(find_by(variables, &booted), table[i].name ?
				 VMFW_EXIT_OK : VMFW_EXIT_SOURCE);
		if (table[i].name)
			assert_non_null(strstr(booted.path, table[i].name));
	}
	beside = NULL;
}

/*
 * Without permission to read a variable, nobody knows whether a boot loader
 * names a UKI. After another error of the stub's variables, those of the boot
 * loader count.
 */
static void a_variable_is_unreadable(void **state)
{
	static const struct {
		int err;
		enum vmfw_exit code;
		const char *words;
	} table[] = {
		{ -EACCES, VMFW_EXIT_SYSTEM,
		  "cannot read the UEFI variables: Permission denied" },
		{ -EPERM, VMFW_EXIT_SYSTEM,
		  "cannot read the UEFI variables: Operation not permitted" },
		{ -EIO, VMFW_EXIT_SOURCE, "no boot loader names one" },
		{ -EINVAL, VMFW_EXIT_SOURCE, "no boot loader names one" },
		{ -ENOENT, VMFW_EXIT_SOURCE, "no boot loader names one" },
	};
	static const struct {
		const char *name;
		bool of_loader;
	} variables[] = {
		{ "StubDevicePartUUID", false },
		{ "StubImageIdentifier", false }, { "StubProfile", false },
		{ "LoaderDevicePartUUID", true },
		{ "LoaderEntrySelected", true },
	};
	static const char *const entries[] = { "debian.efi", NULL };
	struct volumes volumes = { .root = make_root() };
	struct messages messages;
	struct booted booted;
	enum vmfw_exit code;
	size_t i, k;

	(void)state;
	messages_keep(&messages);
	put(volumes.root, "LoaderDevicePartUUID",
	    "01234567-89ab-cdef-0123-456789abcdef");
	put(volumes.root, "LoaderEntrySelected", "debian.efi");
	for (i = 0; i < ARRAY_SIZE(variables); i++) {
		/* The loader's variables matter only without the stub's. */
		if (variables[i].of_loader)
			put(volumes.root, "StubImageIdentifier", "");
		for (k = 0; k < ARRAY_SIZE(table); k++) {
			unreadable = variables[i].name;
			unreadable_err = table[k].err;
			names = entries;
			code = booted_find(&booted, &volumes, &messages);
			unreadable = NULL;
			if (variables[i].of_loader ||
			    table[k].code == VMFW_EXIT_SYSTEM) {
				assert_int_equal(code, table[k].code);
				expect_error(&messages, table[k].words);
			} else {
				assert_int_equal(code, VMFW_EXIT_OK);
				assert_int_equal(messages.nr, 0);
			}
		}
	}
	names = NULL;
	volume_close_all(&volumes);
	remove_root(volumes.root);
}

/*
 * The path of the UKI has at most PATH_MAX - 1 bytes, and so has that of its
 * directory. Slashes in the names of the root and of the UKI make it longer.
 */
static void the_path_of_a_uki_has_a_limit(void **state)
{
	static const struct {
		size_t directory;	/* length of its path */
		const char *name;
		enum vmfw_exit code;
		const char *error;
	} table[] = {
		{ PATH_MAX - 202, "debian.efi", VMFW_EXIT_OK, NULL },
		{ PATH_MAX - 201, "debian.efi", VMFW_EXIT_SYSTEM,
		  "File name too long" },
		{ PATH_MAX - 200, "debian.efi", VMFW_EXIT_SYSTEM,
		  "File name too long" },
		{ PATH_MAX - 1, "none.efi", VMFW_EXIT_SOURCE, "No such file" },
		{ PATH_MAX, "none.efi", VMFW_EXIT_SYSTEM,
		  "File name too long" },
		{ PATH_MAX + 1, "none.efi", VMFW_EXIT_SYSTEM,
		  "File name too long" },
	};
	static const char directory[] = "/efi/EFI/Linux/";
	char root[PATH_MAX], words[512], path[256];
	struct volumes volumes = { .root = root };
	const char *plain = make_root();
	struct messages messages;
	struct booted booted;
	size_t i, len;

	(void)state;
	messages_keep(&messages);
	/* The file's name has 200 bytes. */
	strcpy(path, directory);
	fill_name(path + strlen(path), 200, "debian+", ".efi");
	tree_write(plain, path, "");
	memset(words, '/', 400);
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		sprintf(words + 400, "EFI/Linux/%s", table[i].name);
		put(plain, "StubImageIdentifier", words);
		len = table[i].directory - strlen("/efi") -
		      (strlen(words) - strlen(table[i].name) - 1);
		memset(root, '/', len);
		strcpy(root + len - strlen(plain), plain);
		assert_int_equal(booted_find(&booted, &volumes, &messages),
				 table[i].code);
		if (table[i].error)
			expect_error(&messages, table[i].error);
		else
			assert_int_equal(strlen(booted.path), PATH_MAX - 1);
		volume_close_all(&volumes);
	}
	remove_root(plain);
}

static int count_addon(void *arg, const char *path)
{
	unsigned int *nr = arg;

	(void)path;
	++*nr;
	return 0;
}

/* Each directory may have at most BOOTED_ADDONS_MOST add-ons. */
static void the_number_of_addons_has_a_limit(void **state)
{
	static const char *entries[BOOTED_ADDONS_MOST + 2];
	struct volumes volumes = { .root = make_root() };
	struct booted booted = { .path = "/nowhere/debian.efi" };
	struct messages messages;
	unsigned int i, seen = 0;

	(void)state;
	messages_keep(&messages);
	for (i = 0; i <= BOOTED_ADDONS_MOST; i++)
		entries[i] = "x.addon.efi";
	entries[BOOTED_ADDONS_MOST] = NULL;
	names = entries;
	assert_int_equal(booted_addons(&booted, &volumes, &messages,
				       count_addon, &seen), VMFW_EXIT_OK);
	assert_int_equal(seen, BOOTED_ADDONS_MOST);
	entries[BOOTED_ADDONS_MOST] = "x.addon.efi";
	names = entries;
	seen = 0;
	assert_int_equal(booted_addons(&booted, &volumes, &messages,
				       count_addon, &seen), VMFW_EXIT_SYSTEM);
	assert_int_equal(seen, 0);
	names = NULL;
	expect_error(&messages,
		     "/loader/addons: too many add-ons; expected at most");
	volume_close_all(&volumes);
	remove_root(volumes.root);
}

/**
 * struct visit - the visits of add-ons
 * @err: the result of the visit of @at
 * @at: the start of the last part of a path; NULL: no visit fails
 * @paths: the paths so far, without the root, each with a semicolon after it
 * @root: the root
 */
struct visit {
	int err;
	const char *at;
	char paths[512];
	const char *root;
};

static int note_visit(void *arg, const char *path)
{
	struct visit *visit = arg;
	size_t len = strlen(visit->paths);

	assert_int_equal(strncmp(path, visit->root, strlen(visit->root)), 0);
	path += strlen(visit->root);
	snprintf(visit->paths + len, sizeof(visit->paths) - len, "%s;", path);
	return visit->at && strstr(path, visit->at) ? visit->err : 0;
}

#define OWN	"/efi/EFI/Linux/debian+1.efi"
#define BARE	"/efi/EFI/Linux/debian.efi.extra.d"

/*
 * The tool visits the UKI's own add-ons first. An error ends the visits, and
 * its message names the UKI or the directory that all UKIs share.
 */
static void the_first_error_of_an_addon_ends_the_visits(void **state)
{
	static const struct {
		const char *at;
		int err;
		const char *visits;
		const char *error;
	} table[] = {
		{ NULL, 0, OWN ".extra.d/1.addon.efi;" BARE "/2.addon.efi;"
		  "/efi/loader/addons/3.addon.efi;", NULL },
		{ "/1.", -EMFILE, OWN ".extra.d/1.addon.efi;",
		  OWN ": too many images; expected at most" },
		/* Without a signal, -EINTR is an error like any other. */
		{ "/1.", -EINTR, OWN ".extra.d/1.addon.efi;",
		  OWN ": cannot list this directory: Interrupted system call" },
		{ "/2.", -ENOMEM,
		  OWN ".extra.d/1.addon.efi;" BARE "/2.addon.efi;",
		  OWN ": cannot list this directory: Cannot allocate memory" },
		{ "/3.", -EMFILE, OWN ".extra.d/1.addon.efi;" BARE
		  "/2.addon.efi;/efi/loader/addons/3.addon.efi;",
		  "/efi/loader/addons: too many images; expected at most" },
		{ "/3.", -EIO, OWN ".extra.d/1.addon.efi;" BARE
		  "/2.addon.efi;/efi/loader/addons/3.addon.efi;",
		  "/efi/loader/addons: cannot list this directory: Input/" },
	};
	const char *root = make_root();
	struct volumes volumes = { .root = root };
	struct messages messages;
	struct booted booted;
	size_t i;

	(void)state;
	messages_keep(&messages);
	snprintf(booted.path, sizeof(booted.path), "%s" OWN, root);
	tree_write(root, OWN ".extra.d/1.addon.efi", "");
	/* These files are no add-ons. */
	tree_write(root, OWN ".extra.d/.addon.efi", "");
	tree_write(root, OWN ".extra.d/0.addon.efi.old", "");
	tree_write(root, BARE "/2.addon.efi", "");
	tree_write(root, "/efi/loader/addons/3.addon.efi", "");
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct visit visit = {
			.err = table[i].err, .at = table[i].at, .root = root,
		};

		assert_int_equal(booted_addons(&booted, &volumes, &messages,
					       note_visit, &visit),
				 table[i].error ? VMFW_EXIT_SYSTEM :
						  VMFW_EXIT_OK);
		assert_string_equal(visit.paths, table[i].visits);
		if (table[i].error)
			expect_error(&messages, table[i].error);
		assert_int_equal(messages.nr, 0);
	}
	volume_close_all(&volumes);
	remove_root(root);
}

/* Without a boot counter, both names of the directory are the same. */
static void no_visit_comes_twice(void **state)
{
	const char *root = make_root();
	struct volumes volumes = { .root = root };
	struct visit visit = { .root = root };
	struct messages messages;
	struct booted booted;

	(void)state;
	messages_keep(&messages);
	snprintf(booted.path, sizeof(booted.path), "%s/efi/EFI/Linux/debian.efi",
		 root);
	tree_write(root, BARE "/2.addon.efi", "");
	assert_int_equal(booted_addons(&booted, &volumes, &messages, note_visit,
				       &visit), VMFW_EXIT_OK);
	assert_string_equal(visit.paths, BARE "/2.addon.efi;");
	volume_close_all(&volumes);
	remove_root(root);
}

/* Without an ESP, the tool visits only the UKI's own add-ons, and says so. */
static void addons_without_an_esp(void **state)
{
	const char *root = make_root();
	struct volumes volumes = { .root = root };
	struct visit visit = { .root = root };
	struct messages messages;
	struct booted booted;
	char esp[PATH_MAX], elsewhere[PATH_MAX];

	(void)state;
	messages_keep(&messages);
	tree_write(root, OWN ".extra.d/1.addon.efi", "");
	tree_write(root, "/efi/loader/addons/3.addon.efi", "");
	snprintf(esp, sizeof(esp), "%s/efi", root);
	snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", root);
	assert_int_equal(rename(esp, elsewhere), 0);
	snprintf(booted.path, sizeof(booted.path),
		 "%s/elsewhere/EFI/Linux/debian+1.efi", root);
	assert_int_equal(booted_addons(&booted, &volumes, &messages, note_visit,
				       &visit), VMFW_EXIT_SOURCE);
	assert_string_equal(visit.paths,
			    "/elsewhere/EFI/Linux/debian+1.efi.extra.d/1.addon.efi;");
	assert_int_equal(messages.nr, 1);
	messages_free(&messages);
	assert_int_equal(rename(elsewhere, esp), 0);
	volume_close_all(&volumes);
	remove_root(root);
}

/*
 * The tool cannot list two add-ons: there is no memory for a name, or the paths are
 * too long. It visits none of them.
 */
static void addons_that_cannot_be_listed(void **state)
{
	static const struct {
		unsigned int scarce;
		bool too_long;
		const char *error;
	} table[] = {
		{ 1, false, "Cannot allocate memory" },
		{ 2, false, "Cannot allocate memory" },
		{ 0, true, "File name too long" },
		/* The first error counts. */
		{ 2, true, "Cannot allocate memory" },
	};
	static const char name[] = "/debian+1.efi";
	const char *root = make_root();
	struct volumes volumes = { .root = root };
	struct messages messages;
	struct booted booted;
	size_t i, len;

	(void)state;
	messages_keep(&messages);
	tree_write(root, OWN ".extra.d/1.addon.efi", "");
	tree_write(root, OWN ".extra.d/2.addon.efi", "");
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct visit visit = { .root = root };

		/* Slashes make the path of the directory as long as possible. */
		memset(booted.path, '/', sizeof(booted.path));
		len = snprintf(booted.path, sizeof(booted.path),
			       "%s/efi/EFI/Linux", root);
		booted.path[len] = '/';
		if (table[i].too_long)
			len = PATH_MAX - sizeof(name) - strlen(".extra.d");
		memcpy(booted.path + len, name, sizeof(name));
		scarce = table[i].scarce;
		assert_int_equal(booted_addons(&booted, &volumes, &messages,
					       note_visit, &visit),
				 VMFW_EXIT_SYSTEM);
		assert_string_equal(visit.paths, "");
		expect_error(&messages, table[i].error);
	}
	volume_close_all(&volumes);
	remove_root(root);
}

static void addons_come_in_the_order_of_their_names(void **state)
{
	static const char *const entries[] = {
		"b.addon.efi", "c.addon.efi", "a.addon.efi", NULL,
	};
	const char *root = make_root();
	struct volumes volumes = { .root = root };
	struct visit visit = { .root = root };
	struct messages messages;
	struct booted booted;

	(void)state;
	messages_keep(&messages);
	snprintf(booted.path, sizeof(booted.path), "%s" OWN, root);
	tree_write(root, OWN ".extra.d/a.addon.efi", "");
	names = entries;
	assert_int_equal(booted_addons(&booted, &volumes, &messages, note_visit,
				       &visit), VMFW_EXIT_OK);
	names = NULL;
	assert_string_equal(visit.paths, OWN ".extra.d/a.addon.efi;" OWN
			    ".extra.d/b.addon.efi;" OWN ".extra.d/c.addon.efi;");
	volume_close_all(&volumes);
	remove_root(root);
}

static int fail_with_a_signal(void *arg, const char *path)
{
	(void)arg;
	(void)path;
	signal_seen = SIGTERM;
	return -EIO;
}

/*
 * After a signal, the tool still reports an error that the signal did not cause. Without
 * a signal, -EINTR is an error like any other.
 */
static void a_signal_after_an_error(void **state)
{
	static const char *const none[] = { NULL };
	const char *root = make_root();
	struct volumes volumes = { .root = root };
	struct messages messages;
	struct booted booted;

	(void)state;
	messages_keep(&messages);
	/* The tool searches the directory a second time, to report the error. */
	names = none;
	signal_at_end = 2;
	assert_int_equal(booted_find(&booted, &volumes, &messages),
			 VMFW_EXIT_SOURCE);
	expect_error(&messages, ": cannot find the UKI that this machine booted from: No such file or directory");
	assert_int_equal(signal_seen, SIGTERM);
	signal_seen = 0;
	error_at_end = EINTR;
	assert_int_equal(booted_find(&booted, &volumes, &messages),
			 VMFW_EXIT_SYSTEM);
	expect_error(&messages, ": cannot find the UKI that this machine booted from: Interrupted system call");
	error_at_end = 0;
	names = NULL;
	snprintf(booted.path, sizeof(booted.path), "%s" OWN, root);
	tree_write(root, OWN ".extra.d/1.addon.efi", "");
	assert_int_equal(booted_addons(&booted, &volumes, &messages,
				       fail_with_a_signal, NULL),
			 VMFW_EXIT_SYSTEM);
	expect_error(&messages, OWN ": cannot list this directory: Input/output error");
	signal_seen = 0;
	volume_close_all(&volumes);
	remove_root(root);
}

static void test_copy(void **state)
{
	char to[4] = "xxx";

	(void)state;
	assert_int_equal(text_copy(to, sizeof(to), "abc"), 0);
	assert_string_equal(to, "abc");
	assert_int_equal(text_copy(to, sizeof(to), "abcd"), -ENAMETOOLONG);
	assert_string_equal(to, "");
	text_hex(to, sizeof(to), (const uint8_t *)"\xa5\x5a", 2);
	assert_string_equal(to, "a5");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_longest_uki),
		cmocka_unit_test(test_longest_addon),
		cmocka_unit_test(names_without_boot_counters),
		cmocka_unit_test(the_stub_names_a_profile),
		cmocka_unit_test(the_stub_names_a_path),
		cmocka_unit_test(an_exact_name_or_no_file_system),
		cmocka_unit_test(the_loader_names_an_entry),
		cmocka_unit_test(the_loader_takes_an_entry_from_xbootldr),
		cmocka_unit_test(a_variable_is_unreadable),
		cmocka_unit_test(the_path_of_a_uki_has_a_limit),
		cmocka_unit_test(the_number_of_addons_has_a_limit),
		cmocka_unit_test(the_first_error_of_an_addon_ends_the_visits),
		cmocka_unit_test(no_visit_comes_twice),
		cmocka_unit_test(addons_without_an_esp),
		cmocka_unit_test(addons_that_cannot_be_listed),
		cmocka_unit_test(addons_come_in_the_order_of_their_names),
		cmocka_unit_test(a_signal_after_an_error),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_endless),
	};

	return cmocka_run_group_tests_name("booted", tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * New files: the order in which names and data reach the disk, the failure of
 * each call, and the owner.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/exit.h"
#include "base/interrupt.h"
#include "base/newfile.h"
#include "shared/macro.h"
#include "tree.h"

#define SIZE	150000
#define NEVER	(-1)
/* A user who owns no file of the test. */
#define NOBODY	65534u
/* The number of the rename among the calls of newfile_write(), from 0 on. */
#define RENAME	4

/**
 * struct disk - the behaviour of the disk
 * @fail: number of calls that succeed before one fails, or NEVER
 * @err: errno value of the failing call
 * @later: errno value of all calls after that, or 0: they succeed
 * @no_flags: the file system does not support RENAME_NOREPLACE
 * @memory: number of allocations that succeed before one fails, or NEVER
 * @foreign: 1: fchown() cannot change the owner; 2: neither the owner nor the group
 * @calls: words for the calls so far, such as "rename;"
 */
static struct disk {
	int fail;
	int err;
	int later;
	bool no_flags;
	int memory;
	int foreign;
	char calls[256];
} disk;

static char directory[64], path[80];
static uint8_t old[SIZE], new[SIZE];
static struct messages messages;

static bool fails(const char *word)
{
	size_t len = strlen(disk.calls);

	snprintf(disk.calls + len, sizeof(disk.calls) - len, "%s;", word);
	if (disk.fail == NEVER || disk.fail--)
		return false;
	errno = disk.err;
	disk.err = disk.later ? disk.later : disk.err;
	disk.fail = disk.later ? 0 : NEVER;
	return true;
}

int __real_mkostemp(char *name, int flags);
int __wrap_mkostemp(char *name, int flags);
int __wrap_mkostemp(char *name, int flags)
{
	assert_int_equal(flags, O_CLOEXEC);
	return fails("make") ? -1 : __real_mkostemp(name, flags);
}

int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return fails(S_ISDIR(st.st_mode) ? "sync directory" : "sync file") ?
	       -1 : 0;
}

int __real_open(const char *name, int flags, ...);
int __wrap_open(const char *name, int flags, ...);
int __wrap_open(const char *name, int flags, ...)
{
	return flags & O_DIRECTORY && fails("open directory") ?
	       -1 : __real_open(name, flags);
}

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	assert_true(flags >= 0);
	assert_int_equal(__real_close(fd), 0);
	return flags & O_RDWR && fails("close file") ? -1 : 0;
}

int __real_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode)
{
	return fails("mode") ? -1 : __real_fchmod(fd, mode);
}

/* The owner in the last call of fchown(). */
static uid_t owner;

int __wrap_fchown(int fd, uid_t user, gid_t group);
int __wrap_fchown(int fd, uid_t user, gid_t group)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(group, st.st_gid);
	owner = user;
	errno = EPERM;
	if (user == (uid_t)-1)
		return disk.foreign > 1 ? -1 : 0;
	assert_int_equal(user, st.st_uid);
	return disk.foreign ? -1 : 0;
}

int __real_renameat2(int old_dir, const char *from, int new_dir,
		     const char *to, unsigned int flags);
int __wrap_renameat2(int old_dir, const char *from, int new_dir,
		     const char *to, unsigned int flags);
int __wrap_renameat2(int old_dir, const char *from, int new_dir,
		     const char *to, unsigned int flags)
{
	assert_string_equal(to, path);
	assert_int_equal(old_dir, AT_FDCWD);
	assert_int_equal(new_dir, AT_FDCWD);
	if (disk.no_flags && flags) {
		errno = EINVAL;
		return -1;
	}
	return fails("rename") ? -1 :
	       __real_renameat2(old_dir, from, new_dir, to, flags);
}

int __real_link(const char *from, const char *to);
int __wrap_link(const char *from, const char *to);
int __wrap_link(const char *from, const char *to)
{
	return fails("link") ? -1 : __real_link(from, to);
}

static bool lacks_memory(void)
{
	if (disk.memory == NEVER || disk.memory--)
		return false;
	disk.memory = NEVER;
	errno = ENOMEM;
	return true;
}

char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
char *__wrap_strdup(const char *text)
{
	return lacks_memory() ? NULL : __real_strdup(text);
}

__attribute__((format(printf, 2, 3)))
int __wrap_asprintf(char **text, const char *format, ...);
int __wrap_asprintf(char **text, const char *format, ...)
{
	va_list args;
	int len;

	if (lacks_memory())
		return -1;
	va_start(args, format);
	len = vasprintf(text, format, args);
	va_end(args);
	return len;
}

static int set_up(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < SIZE; i++) {
		old[i] = i;
		new[i] = i * 7 + (i >> 16);
	}
	disk = (struct disk) { .fail = NEVER, .err = EIO, .memory = NEVER };
	strcpy(directory, "/tmp/vmfwupdate-test.XXXXXX");
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/image", directory);
	messages_keep(&messages);
	return 0;
}

/* After each test, the directory may contain only the file that the test wrote. */
static int tear_down(void **state)
{
	(void)state;
	messages_free(&messages);
	unlink(path);
	return rmdir(directory);
}

static int write_it(bool overwrite)
{
	const struct newfile_content content = newfile_memory(new, SIZE);

	disk.calls[0] = '\0';
	messages_free(&messages);
	return newfile_write(&messages, path, &content, overwrite);
}

static void put_old(mode_t mode)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(old, 1, SIZE, file), SIZE);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void holds(const uint8_t *bytes)
{
	struct newfile_content content = newfile_memory(bytes, SIZE);

	assert_true(newfile_same(path, &content));
	assert_int_equal(tree_count(directory), 3);
}

static void has_mode(mode_t mode)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, mode);
}

static void said(const char *text)
{
	assert_int_equal(messages.nr, 1);
	assert_non_null(strstr(messages.list[0].text, text));
}

static void test_order(void **state)
{
	(void)state;
	assert_int_equal(write_it(false), VMFW_EXIT_OK);
	assert_string_equal(disk.calls, "make;mode;sync file;close file;rename;"
			    "open directory;sync directory;");
	holds(new);
}

/*
 * If a call up to the rename fails, the old file stays. If a later call fails,
 * the new file is complete.
 */
static void test_each_failure(void **state)
{
	static const char *const calls[] = {
		"make;",
		"make;mode;close file;",
		"make;mode;sync file;close file;",
		"make;mode;sync file;close file;",
		"make;mode;sync file;close file;rename;",
		"make;mode;sync file;close file;rename;open directory;",
		"make;mode;sync file;close file;rename;open directory;"
		"sync directory;",
	};
	int nth, code, files = tree_count_descriptors();

	(void)state;
	put_old(0600);
	for (nth = 0; nth < (int)ARRAY_SIZE(calls); nth++) {
		disk.fail = nth;
		assert_int_equal(write_it(true), VMFW_EXIT_SYSTEM);
		said("Input/output error");
		assert_int_equal(disk.fail, NEVER);
		assert_string_equal(disk.calls, calls[nth]);
		holds(nth <= RENAME ? old : new);
		assert_int_equal(tree_count_descriptors(), files);
	}
	unlink(path);
	for (nth = 0; nth <= RENAME; nth++) {
		disk.fail = nth;
		code = write_it(false);
		assert_int_equal(code, VMFW_EXIT_SYSTEM);
		assert_int_equal(tree_count(directory), 2);
	}
	/*
	 * Some file systems do not support fsync() of directories, and do not
	 * need it.
	 */
	disk.err = EINVAL;
	disk.fail = RENAME + 2;
	assert_int_equal(write_it(false), VMFW_EXIT_OK);
	disk.fail = 2;
	assert_int_equal(write_it(true), VMFW_EXIT_SYSTEM);
	disk.err = ENOSPC;
	disk.fail = RENAME + 2;
	assert_int_equal(write_it(true), VMFW_EXIT_SYSTEM);
	said("No space left on device");
	/* No signal asks to stop. */
	disk.err = EINTR;
	disk.fail = 2;
	assert_int_equal(write_it(true), VMFW_EXIT_SYSTEM);
	said("Interrupted system call");
}

static void the_first_of_several_errors_counts(void **state)
{
	(void)state;
	disk.err = EPERM;
	disk.later = EIO;
	disk.fail = 1;
	assert_int_equal(write_it(false), VMFW_EXIT_SYSTEM);
	assert_string_equal(disk.calls, "make;mode;close file;");
	said("Operation not permitted");
}

/* The last allocation is for the sync of the directory, after the rename. */
static void test_no_memory(void **state)
{
	int nth, files = tree_count_descriptors();

	(void)state;
	put_old(0600);
	for (nth = 0; nth < 3; nth++) {
		disk.memory = nth;
		assert_int_equal(write_it(true), VMFW_EXIT_SYSTEM);
		said("Cannot allocate memory");
		assert_int_equal(disk.memory, NEVER);
		holds(nth < 2 ? old : new);
		assert_int_equal(tree_count_descriptors(), files);
	}
	assert_int_equal(write_it(true), VMFW_EXIT_OK);
}

static void test_exists(void **state)
{
	(void)state;
	put_old(0600);
	owner = NOBODY;
	assert_int_equal(write_it(false), VMFW_EXIT_SYSTEM);
	said("/image: the file exists with other content; --force=overwrite "
	     "replaces it");
	holds(old);
	/* The new file would not have belonged to the owner of the old one. */
	assert_int_equal(owner, NOBODY);
	unlink(path);
	assert_int_equal(symlink("nowhere", path), 0);
	assert_int_equal(write_it(false), VMFW_EXIT_SYSTEM);
	said("/image: this is a symbolic link to a file that does not exist; "
	     "--force=overwrite");
	assert_int_equal(write_it(true), VMFW_EXIT_OK);
	holds(new);
}

static void expect_reason(const char *text)
{
	messages_free(&messages);
	/* An earlier call may have left any errno. */
	errno = ENOENT;
	newfile_say_exists(&messages, path);
	said(text);
}

/* The words depend on the kind of the file, and on the target of a link. */
static void test_say_exists(void **state)
{
	char other[80];

	(void)state;
	put_old(0600);
	expect_reason("/image: the file exists with other content; "
		      "--force=overwrite replaces it");
	snprintf(other, sizeof(other), "%s/other", directory);
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(symlink("other", path), 0);
	expect_reason("/image: the file exists with other content; "
		      "--force=overwrite replaces it");
	assert_int_equal(unlink(other), 0);
	expect_reason("/image: this is a symbolic link to a file that does not "
		      "exist; --force=overwrite replaces it");
	assert_int_equal(mkfifo(other, 0600), 0);
	expect_reason("/image: this is not a regular file");
	assert_int_equal(unlink(other), 0);
	/* The link names itself. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("image", path), 0);
	expect_reason("/image: cannot compare the existing file: Too many "
		      "levels of symbolic links; --force=overwrite replaces it");
	/* Another program has removed the file meanwhile. */
	assert_int_equal(unlink(path), 0);
	expect_reason("/image: cannot compare the existing file: No such file "
		      "or directory; --force=overwrite replaces it");
}

/* The file system does not support RENAME_NOREPLACE. */
static void test_link(void **state)
{
	static const int errs[] = { EIO, ENOSPC };
	size_t i;

	(void)state;
	disk.no_flags = true;
	assert_int_equal(write_it(false), VMFW_EXIT_OK);
	assert_string_equal(disk.calls, "make;mode;sync file;close file;link;"
			    "open directory;sync directory;");
	holds(new);
	assert_int_equal(write_it(false), VMFW_EXIT_SYSTEM);
	said("the file exists");
	/* Replacing a file needs no flag, so EINVAL is an error here. */
	disk.err = EINVAL;
	disk.fail = RENAME;
	assert_int_equal(write_it(true), VMFW_EXIT_SYSTEM);
	said("Invalid argument");
	unlink(path);
	disk.fail = RENAME;
	assert_int_equal(write_it(false), VMFW_EXIT_SYSTEM);
	said("Invalid argument");
	/* After another error of the rename, link(2) would not help. */
	disk.no_flags = false;
	for (i = 0; i < ARRAY_SIZE(errs); i++) {
		disk.err = errs[i];
		disk.fail = RENAME;
		assert_int_equal(write_it(false), VMFW_EXIT_SYSTEM);
		assert_string_equal(disk.calls, "make;mode;sync file;close file;rename;");
	}
}

static void test_mode(void **state)
{
	mode_t mask = umask(027);

	(void)state;
	assert_int_equal(write_it(false), VMFW_EXIT_OK);
	has_mode(0640);
	assert_int_equal(umask(0), 027);
	unlink(path);
	assert_int_equal(write_it(false), VMFW_EXIT_OK);
	has_mode(0666);
	assert_int_equal(umask(mask), 0);
	/* The new file has the mode of the old one. */
	put_old(0604);
	assert_int_equal(write_it(true), VMFW_EXIT_OK);
	has_mode(0604);
	assert_int_equal(owner, getuid());
	put_old(0664);
	disk.foreign = 1;
	assert_int_equal(write_it(true), VMFW_EXIT_OK);
	has_mode(0664);
	assert_int_equal(owner, (uid_t)-1);
	/*
	 * If the new file gets another group, this group has only the rights of others.
	 */
	disk.foreign = 2;
	assert_int_equal(write_it(true), VMFW_EXIT_OK);
	has_mode(0644);
	put_old(0751);
	assert_int_equal(write_it(true), VMFW_EXIT_OK);
	has_mode(0711);
}

static void test_not_a_file(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(write_it(true), VMFW_EXIT_SYSTEM);
	said("/image: this is not a regular file");
	assert_string_equal(disk.calls, "");
}

/* All bytes can be read, except those in the middle. */
static int changed(void *arg, uint64_t offset, void *buf, size_t len)
{
	(void)arg;
	memset(buf, 0, len);
	return offset && offset + len < SIZE ? -ESTALE : 0;
}

static void test_changed(void **state)
{
	const struct newfile_content content = {
		.size = SIZE,
		.read = changed,
	};

	(void)state;
	assert_int_equal(newfile_write(&messages, path, &content, false),
			 VMFW_EXIT_SYSTEM);
	said("another program changed its source meanwhile");
	assert_int_equal(tree_count(directory), 2);
	put_old(0600);
	assert_false(newfile_same(path, &content));
}

/* Write to standard output, which is this file. */
static int write_to_stdout(const char *name)
{
	const struct newfile_content content = newfile_memory(new, SIZE);
	int code, saved = dup(STDOUT_FILENO);
	int fd = open(name, O_WRONLY | O_CLOEXEC);

	assert_true(saved >= 0 && fd >= 0);
	assert_int_equal(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
	code = newfile_stdout(&messages, &content);
	assert_int_equal(dup2(saved, STDOUT_FILENO), STDOUT_FILENO);
	close(fd);
	close(saved);
	return code;
}

static void test_stdout(void **state)
{
	(void)state;
	put_old(0600);
	assert_int_equal(truncate(path, 0), 0);
	assert_int_equal(write_to_stdout(path), VMFW_EXIT_OK);
	assert_int_equal(messages.nr, 0);
	holds(new);
	assert_int_equal(write_to_stdout("/dev/full"), VMFW_EXIT_SYSTEM);
	said("cannot write standard output: No space left on device");
}

static void test_same(void **state)
{
	struct newfile_content content = newfile_memory(old, SIZE);

	(void)state;
	assert_false(newfile_same(path, &content));
	put_old(0600);
	assert_true(newfile_same(path, &content));
	content.size--;
	assert_false(newfile_same(path, &content));
	content.size += 2;
	assert_false(newfile_same(path, &content));
	/* After two pieces, one byte is left. */
	assert_int_equal(truncate(path, 2 * 65536 + 1), 0);
	content.size = 2 * 65536 + 1;
	assert_true(newfile_same(path, &content));
	put_old(0600);
	content.size = SIZE;
	/* The last byte differs, then one in the middle. */
	old[SIZE - 1]++;
	assert_false(newfile_same(path, &content));
	old[SIZE - 1]--;
	old[70000]++;
	assert_false(newfile_same(path, &content));
	unlink(path);
	/* Opening a pipe must not wait for a writer. */
	assert_int_equal(mkfifo(path, 0600), 0);
	content.size = 0;
	assert_false(newfile_same(path, &content));
}

/* Another program changes the size of the file during the comparison. */
static int change_size(void *arg, uint64_t offset, void *buf, size_t len)
{
	const off_t *size = arg;

	assert_true(len > 0);
	memset(buf, 0, len);
	if (offset < SIZE)
		memcpy(buf, old + offset, len < SIZE - offset ? len : SIZE - offset);
	assert_int_equal(truncate(path, *size), 0);
	return 0;
}

static void a_file_that_changes_during_the_comparison(void **state)
{
	/* Whole blocks, and sizes below and above that of the content. */
	static const off_t sizes[] = { 65536, SIZE - 1, SIZE + 1, 2 * SIZE };
	struct newfile_content content = { .size = SIZE, .read = change_size };
	off_t size = SIZE;
	size_t i;

	(void)state;
	content.arg = &size;
	put_old(0600);
	assert_true(newfile_same(path, &content));
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		put_old(0600);
		size = sizes[i];
		assert_false(newfile_same(path, &content));
	}
}

/* This must be the last test, because nothing clears the recorded signal. */
static void test_interrupted(void **state)
{
	(void)state;
	put_old(0600);
	interrupt_catch();
	raise(SIGTERM);
	assert_int_equal(write_it(true), 128 + SIGTERM);
	said("interrupted (SIGTERM): not all output was written");
	holds(old);
	/* A signal does not hide another error. */
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(write_it(true), VMFW_EXIT_SYSTEM);
	said("this is not a regular file");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_order), TEST(test_each_failure),
		TEST(the_first_of_several_errors_counts),
		TEST(test_no_memory), TEST(test_exists), TEST(test_say_exists),
		TEST(test_link), TEST(test_mode), TEST(test_not_a_file),
		TEST(test_changed), TEST(test_stdout), TEST(test_same),
		TEST(a_file_that_changes_during_the_comparison),
		TEST(test_interrupted),
	};

	return cmocka_run_group_tests_name("newfile", tests, NULL, NULL);
}

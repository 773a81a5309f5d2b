// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Access to configfs-tsm, and the errors without it. The test imitates the
 * kernel.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <cmocka.h>

#include "attest/tsm.h"
#include "base/mount.h"
#include "shared/macro.h"
#include "tree.h"

#define CONFIGFS_MAGIC	0x62656570
#define FIRST		0xf1
#define LAST		0x1f

/**
 * struct machine - the kernel that the test imitates
 * @open: errno value of opening /sys/kernel/config/tsm/report, or 0
 * @mounted: configfs is mounted
 * @detached: negative errno value of detached_open(), or 0
 * @mkdir: errno value of making a request, or 0
 * @write: errno value of a write to a request; 0: it writes; a negative number:
 *	it takes no byte
 * @loses: a write takes one byte less than the code gives
 * @len: bytes of each report
 * @requests: number of requests that exist
 * @name: name of the last request
 */
static struct {
	int open;
	bool mounted;
	int detached;
	int mkdir;
	int write;
	bool loses;
	size_t len;
	unsigned int requests;
	char name[32];
} machine;

/* The directory in place of /sys/kernel/config/tsm/report. */
static char top[] = "/tmp/test_tsm.XXXXXX";

static const char *const attributes[] = {
	"inblob", "outblob", "provider", "generation",
};

static int set_up(void **state)
{
	(void)state;
	memset(&machine, 0, sizeof(machine));
	return 0;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
	assert_string_equal(path, "/sys/kernel/config/tsm/report");
	if (!machine.open)
		return __real_open(top, flags);
	errno = machine.open;
	return -1;
}

int __wrap_statfs(const char *path, struct statfs *fs);
int __wrap_statfs(const char *path, struct statfs *fs)
{
	assert_string_equal(path, "/sys/kernel/config");
	memset(fs, 0, sizeof(*fs));
	if (machine.mounted)
		fs->f_type = CONFIGFS_MAGIC;
	return 0;
}

int __wrap_detached_open(const char *type, const char *path, int flags);
int __wrap_detached_open(const char *type, const char *path, int flags)
{
	assert_string_equal(type, "configfs");
	assert_string_equal(path, "tsm/report");
	return machine.detached ? machine.detached : __real_open(top, flags);
}

ssize_t __real_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
	errno = machine.write > 0 ? machine.write : 0;
	if (machine.write)
		return errno ? -1 : 0;
	return __real_write(fd, bytes, machine.loses ? len - 1 : len);
}

static void put(int dir, const char *name, const void *bytes, size_t len)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, len, 0), len);
	close(fd);
}

/* Write a report: zeroes, but for its first and its last byte. */
static void put_report(int dir)
{
	static const uint8_t first = FIRST, last = LAST;
	int fd;

	put(dir, "outblob", &first, 1);
	fd = openat(dir, "outblob", O_WRONLY);
	assert_int_equal(pwrite(fd, &last, 1, machine.len - 1), 1);
	close(fd);
}

int __real_mkdirat(int dir, const char *name, mode_t mode);
int __wrap_mkdirat(int dir, const char *name, mode_t mode);
int __wrap_mkdirat(int dir, const char *name, mode_t mode)
{
	int request;

	errno = machine.mkdir;
	if (errno || __real_mkdirat(dir, name, mode))
		return -1;
	machine.requests++;
	assert_true(strlen(name) < sizeof(machine.name));
	strcpy(machine.name, name);
	request = openat(dir, name, O_PATH | O_DIRECTORY);
	assert_true(request >= 0);
	put(request, "inblob", "", 0);
	put(request, "provider", "tdx_guest\n", 10);
	put(request, "generation", "1\n", 2);
	put_report(request);
	close(request);
	return 0;
}

/* Remove a request. In configfs, this also removes its attributes. */
int __real_unlinkat(int dir, const char *name, int flags);
int __wrap_unlinkat(int dir, const char *name, int flags);
int __wrap_unlinkat(int dir, const char *name, int flags)
{
	int request = openat(dir, name, O_PATH | O_DIRECTORY);
	size_t i;

	assert_int_equal(flags, AT_REMOVEDIR);
	assert_true(request >= 0);
	for (i = 0; i < ARRAY_SIZE(attributes); i++)
		assert_int_equal(__real_unlinkat(request, attributes[i], 0),
				 0);
	close(request);
	machine.requests--;
	return __real_unlinkat(dir, name, flags);
}

static void fails(int err)
{
	static const uint8_t nonce[64];
	static struct tsm_report report;

	assert_int_equal(tsm_get_report(&report, nonce, sizeof(nonce)), err);
	tsm_free_report(&report);
	assert_int_equal(machine.requests, 0);
}

static void reads(void)
{
	static const uint8_t nonce[64];
	static struct tsm_report report;

	assert_int_equal(tsm_get_report(&report, nonce, sizeof(nonce)), 0);
	assert_string_equal(report.provider, "tdx_guest");
	assert_int_equal(report.len, machine.len);
	assert_int_equal(report.blob[0], FIRST);
	assert_int_equal(report.blob[machine.len - 1], LAST);
	tsm_free_report(&report);
	assert_null(report.blob);
	assert_int_equal(machine.requests, 0);
}

/* The kernel has no provider. */
static void test_nobody(void **state)
{
	(void)state;
	machine.open = ENOENT;
	machine.mounted = true;
	machine.detached = -EPERM;
	fails(-ENOENT);
	/* A kernel without configfs, or without configfs-tsm. */
	machine.mounted = false;
	machine.detached = -ENODEV;
	fails(-ENOENT);
	machine.detached = -ENOENT;
	fails(-ENOENT);
	/* No provider is registered. */
	machine.open = 0;
	machine.mkdir = ENXIO;
	fails(-ENOENT);
}

/* There may be a provider, but this user has no access. */
static void test_not_permitted(void **state)
{
	(void)state;
	machine.open = EACCES;
	fails(-EACCES);
	/* This user may not mount configfs. */
	machine.open = ENOENT;
	machine.detached = -EPERM;
	fails(-EACCES);
	machine.detached = 0;
	machine.mkdir = EACCES;
	fails(-EACCES);
	machine.open = 0;
	fails(-EACCES);
	machine.mkdir = EPERM;
	fails(-EPERM);
}

/* The tool reads the whole report. A report of more than 16 MiB is an error. */
static void test_length(void **state)
{
	static const size_t lengths[] = {
		2, 1000, 32 * KIB - 1, 32 * KIB, 32 * KIB + 1, 128 * KIB,
		16 * MIB - 1, 16 * MIB,
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		machine.len = lengths[i];
		reads();
	}
	machine.len = 16 * MIB + 1;
	fails(-EFBIG);
	machine.len = 40 * MIB;
	fails(-EFBIG);
}

/* The kernel refuses a nonce, or takes only a part of it. */
static void test_nonce_not_taken(void **state)
{
	(void)state;
	machine.len = 1000;
	machine.write = EINVAL;
	fails(-EINVAL);
	machine.write = -1;
	fails(-EIO);
	machine.write = 0;
	machine.loses = true;
	fails(-EIO);
	machine.loses = false;
	reads();
}

/* Without standard input, the next file gets descriptor 0. */
static void test_without_standard_input(void **state)
{
	int kept = dup(STDIN_FILENO);

	(void)state;
	machine.len = 1000;
	close(STDIN_FILENO);
	reads();
	machine.open = ENOENT;
	reads();
	if (kept >= 0)
		assert_int_equal(dup2(kept, STDIN_FILENO), STDIN_FILENO);
	close(kept);
}

static void read_kept(const char *name, const char *content)
{
	char path[64], text[16] = "";
	FILE *file;

	snprintf(path, sizeof(path), "%s/vmfwupdate.%d/%s", top, (int)getpid(),
		 name);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	assert_string_equal(text, content);
	fclose(file);
}

/*
 * Another process with the same PID was killed, or runs in another container.
 * The tool must neither use nor remove the request of that process.
 */
static void test_request_of_another(void **state)
{
	char path[64];
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/vmfwupdate.%d", top, (int)getpid());
	assert_int_equal(mkdir(path, 0700), 0);
	fd = __real_open(path, O_PATH | O_DIRECTORY);
	put(fd, "inblob", "old", 3);
	put(fd, "outblob", "old", 3);
	put(fd, "provider", "sev_guest\n", 10);
	put(fd, "generation", "7\n", 2);
	close(fd);
	machine.len = 1000;
	reads();
	assert_string_not_equal(machine.name, strrchr(path, '/') + 1);
	snprintf(path, sizeof(path), "%s", machine.name);
	reads();
	/* Each request of one process has its own name. */
	assert_string_not_equal(machine.name, path);
	read_kept("inblob", "old");
	read_kept("outblob", "old");
}

static int make_top(void **state)
{
	(void)state;
	return mkdtemp(top) ? 0 : -1;
}

static int remove_top(void **state)
{
	(void)state;
	return tree_remove(top);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_nobody, set_up),
		cmocka_unit_test_setup(test_not_permitted, set_up),
		cmocka_unit_test_setup(test_length, set_up),
		cmocka_unit_test_setup(test_nonce_not_taken, set_up),
		cmocka_unit_test_setup(test_without_standard_input, set_up),
		cmocka_unit_test_setup(test_request_of_another, set_up),
	};

	return cmocka_run_group_tests_name("tsm", tests, make_top, remove_top);
}

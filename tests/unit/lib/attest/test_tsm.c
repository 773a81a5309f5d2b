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
 * @close: errno value of closing the nonce after a write to it, or 0
 * @len: bytes of each report
 * @floor: the attribute privlevel_floor, or NULL: the kernel has none
 * @aux: the attribute auxblob, or NULL
 * @aux_fails: auxblob has an error after its last byte
 * @missing: name of an attribute that a request does not have, or NULL
 * @read: negative errno value of reading a report, or 0
 * @interferes: another process writes to the request while the tool reads the
 *	report
 * @random: number of random bytes that the kernel has
 * @no_random: errno value of a call for random bytes, or 0
 * @no_memory: no buffer can grow
 * @level: the bytes that the tool wrote to privlevel
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
	int close;
	size_t len;
	const char *floor;
	const char *aux;
	bool aux_fails;
	const char *missing;
	int read;
	bool interferes;
	size_t random;
	int no_random;
	bool no_memory;
	char level[16];
	unsigned int requests;
	char name[32];
} machine;

/* The directory in place of /sys/kernel/config/tsm/report. */
static char top[] = "/tmp/test_tsm.XXXXXX";

static const char *const attributes[] = {
	"inblob", "outblob", "provider", "generation", "privlevel_floor",
	"privlevel", "auxblob",
};

static unsigned int descriptors;

static int set_up(void **state)
{
	(void)state;
	memset(&machine, 0, sizeof(machine));
	machine.random = SIZE_MAX;
	machine.len = 1000;
	descriptors = tree_count_descriptors();
	return 0;
}

/* No file may stay open. */
static int tear_down(void **state)
{
	(void)state;
	assert_int_equal(tree_count_descriptors(), descriptors);
	return 0;
}

ssize_t __real_getrandom(void *bytes, size_t len, unsigned int flags);
ssize_t __wrap_getrandom(void *bytes, size_t len, unsigned int flags);
ssize_t __wrap_getrandom(void *bytes, size_t len, unsigned int flags)
{
	errno = machine.no_random;
	if (errno)
		return -1;
	return __real_getrandom(bytes, len < machine.random ? len :
							      machine.random,
				flags);
}

void *__real_realloc(void *bytes, size_t size);
void *__wrap_realloc(void *bytes, size_t size);
void *__wrap_realloc(void *bytes, size_t size)
{
	return machine.no_memory ? NULL : __real_realloc(bytes, size);
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

/* The file of the last write, or -1. */
static int written = -1;

ssize_t __real_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
	ssize_t n;

	errno = machine.write > 0 ? machine.write : 0;
	if (machine.write)
		return errno ? -1 : 0;
	n = __real_write(fd, bytes, machine.loses ? len - 1 : len);
	written = fd;
	/* A write that succeeds may leave any errno. */
	errno = ENOSPC;
	return n;
}

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
	int err = __real_close(fd);

	if (fd != written)
		return err;
	written = -1;
	if (!machine.close)
		return err;
	errno = machine.close;
	return -1;
}

static void put(int dir, const char *name, const void *bytes, size_t len)
{
	int fd;

	if (machine.missing && !strcmp(name, machine.missing))
		return;
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
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
	if (fd < 0)
		return;
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
	if (machine.floor) {
		put(request, "privlevel_floor", machine.floor,
		    strlen(machine.floor));
		put(request, "privlevel", "", 0);
	}
	if (machine.aux)
		put(request, "auxblob", machine.aux, strlen(machine.aux));
	close(request);
	return 0;
}

static FILE *open_attribute(const char *request, const char *name,
			    const char *mode)
{
	char path[80];

	snprintf(path, sizeof(path), "%s/%s/%s", top, request, name);
	return fopen(path, mode);
}

/* Only the buffer of a report is this large. */
#define BLOB	(32 * KIB)

int __real_root_read_fd(int fd, void *buf, size_t size, size_t *len);
int __wrap_root_read_fd(int fd, void *buf, size_t size, size_t *len);
int __wrap_root_read_fd(int fd, void *buf, size_t size, size_t *len)
{
	int err = __real_root_read_fd(fd, buf, size, len);
	FILE *file;

	if (size == TSM_AUXBLOB && machine.aux_fails)
		return -EIO;
	if (size < BLOB)
		return err;
	if (machine.interferes) {
		file = open_attribute(machine.name, "generation", "w");
		assert_non_null(file);
		assert_true(fputs("2\n", file) >= 0);
		fclose(file);
	}
	return machine.read ? machine.read : err;
}

/* Remove a request. In configfs, this also removes its attributes. */
int __real_unlinkat(int dir, const char *name, int flags);
int __wrap_unlinkat(int dir, const char *name, int flags);
int __wrap_unlinkat(int dir, const char *name, int flags)
{
	int request = openat(dir, name, O_PATH | O_DIRECTORY);
	FILE *file;
	size_t i;

	assert_int_equal(flags, AT_REMOVEDIR);
	assert_true(request >= 0);
	file = open_attribute(name, "privlevel", "r");
	if (file) {
		machine.level[fread(machine.level, 1,
				    sizeof(machine.level) - 1, file)] = '\0';
		fclose(file);
	}
	for (i = 0; i < ARRAY_SIZE(attributes); i++)
		assert_true(!__real_unlinkat(request, attributes[i], 0) ||
			    errno == ENOENT);
	close(request);
	machine.requests--;
	return __real_unlinkat(dir, name, flags);
}

static struct tsm_report report;

static void fails(int err)
{
	static const uint8_t nonce[64];

	assert_int_equal(tsm_get_report(&report, nonce, sizeof(nonce)), err);
	tsm_free_report(&report);
	assert_int_equal(machine.requests, 0);
}

static void reads(void)
{
	static const uint8_t nonce[64];

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

/* A provider has these attributes. Without them, it is not absent but broken. */
static void test_missing_attribute(void **state)
{
	static const char *const names[] = {
		"inblob", "outblob", "provider", "generation",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		machine.missing = names[i];
		fails(-EIO);
	}
	machine.floor = "1\n";
	machine.missing = "privlevel";
	fails(-EIO);
}

/* Below an SVSM, the kernel names the most privileged level that it can use. */
static void test_level(void **state)
{
	(void)state;
	reads();
	assert_int_equal(report.level, 0);
	machine.floor = "0\n";
	reads();
	assert_int_equal(report.level, 0);
	assert_string_equal(machine.level, "");
	machine.floor = "2\n";
	reads();
	assert_int_equal(report.level, 2);
	assert_string_equal(machine.level, "2");
	machine.floor = "none\n";
	fails(-EBADMSG);
	machine.floor = "";
	fails(-EBADMSG);
}

/* A report is complete without the certificates of the host. */
static void test_certificates(void **state)
{
	char *most = malloc(TSM_AUXBLOB + 1);

	(void)state;
	assert_non_null(most);
	memset(most, 'c', TSM_AUXBLOB);
	most[TSM_AUXBLOB] = '\0';
	reads();
	assert_int_equal(report.aux_len, 0);
	machine.aux = "certificates";
	reads();
	assert_int_equal(report.aux_len, 12);
	assert_memory_equal(report.aux, machine.aux, 12);
	machine.aux_fails = true;
	reads();
	assert_int_equal(report.aux_len, 0);
	machine.aux_fails = false;
	machine.aux = most;
	reads();
	assert_int_equal(report.aux_len, TSM_AUXBLOB);
	assert_memory_equal(report.aux, most, TSM_AUXBLOB);
	machine.aux = NULL;
	reads();
	assert_int_equal(report.aux_len, 0);
	free(most);
}

/* The report may answer the request of another process. */
static void test_interference(void **state)
{
	(void)state;
	machine.interferes = true;
	fails(-EAGAIN);
	/* The kernel cannot make the report. */
	machine.read = -EBUSY;
	fails(-EBUSY);
}

/* Without random bytes, the name of a request may be that of another. */
static void test_no_random_bytes(void **state)
{
	(void)state;
	machine.random = 3;
	fails(-EIO);
	machine.random = 0;
	fails(-EIO);
	machine.no_random = ENOSYS;
	fails(-EIO);
	assert_string_equal(machine.name, "");
}

/* There may be a provider, but this user has no access. */
static void test_not_permitted(void **state)
{
	(void)state;
	machine.open = EACCES;
	fails(-EACCES);
	machine.open = EPERM;
	fails(-EPERM);
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

static void test_no_memory_for_the_report(void **state)
{
	(void)state;
	machine.no_memory = true;
	fails(-ENOMEM);
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
	/* The first error counts. */
	machine.close = EINVAL;
	fails(-EIO);
	machine.loses = false;
	fails(-EINVAL);
	machine.close = 0;
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

static void read_kept(const char *request, const char *name,
		      const char *content)
{
	FILE *file = open_attribute(request, name, "r");
	char text[16] = "";

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
	char path[64], old[32], first[32];
	int fd;

	(void)state;
	snprintf(old, sizeof(old), "vmfwupdate.%d", (int)getpid());
	snprintf(path, sizeof(path), "%s/%s", top, old);
	assert_int_equal(mkdir(path, 0700), 0);
	fd = __real_open(path, O_PATH | O_DIRECTORY);
	put(fd, "inblob", "old", 3);
	put(fd, "outblob", "old", 3);
	put(fd, "provider", "sev_guest\n", 10);
	put(fd, "generation", "7\n", 2);
	close(fd);
	reads();
	assert_string_not_equal(machine.name, old);
	strcpy(first, machine.name);
	reads();
	/* Each request of one process has its own name. */
	assert_string_not_equal(machine.name, first);
	read_kept(old, "inblob", "old");
	read_kept(old, "outblob", "old");
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
#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(test_nobody),
		TEST(test_not_permitted),
		TEST(test_missing_attribute),
		TEST(test_level),
		TEST(test_certificates),
		TEST(test_interference),
		TEST(test_no_random_bytes),
		TEST(test_length),
		TEST(test_no_memory_for_the_report),
		TEST(test_nonce_not_taken),
		TEST(test_without_standard_input),
		TEST(test_request_of_another),
	};

	return cmocka_run_group_tests_name("tsm", tests, make_top, remove_top);
}

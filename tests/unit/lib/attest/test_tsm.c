// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Who may ask configfs-tsm, and what a refusal is called: with a kernel that is
 * played here.
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
#include <sys/stat.h>
#include <sys/vfs.h>
#include <cmocka.h>

#include "attest/tsm.h"
#include "base/mount.h"

#define CONFIGFS_MAGIC	0x62656570

/**
 * struct machine - what this kernel has
 * @open: errno value of the directory where configfs is mounted, or 0
 * @mounted: configfs is
 * @detached: what a mount of our own comes to, a negative errno value, or 0
 * @mkdir: errno value of a new request
 */
static struct {
	int open;
	bool mounted;
	int detached;
	int mkdir;
} machine;

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
		return __real_open("/", flags);
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
	return machine.detached ? machine.detached : __real_open("/", flags);
}

int __wrap_mkdirat(int dir, const char *name, mode_t mode);
int __wrap_mkdirat(int dir, const char *name, mode_t mode)
{
	(void)dir;
	(void)name;
	(void)mode;
	assert_int_not_equal(machine.mkdir, 0);
	errno = machine.mkdir;
	return -1;
}

static void fails(int err)
{
	static const uint8_t nonce[64];
	static struct tsm_report report;

	assert_int_equal(tsm_get_report(&report, nonce, sizeof(nonce)), err);
}

/* There is nobody to ask. */
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

/* Somebody may be there, and this user may not ask. */
static void test_not_permitted(void **state)
{
	(void)state;
	machine.open = EACCES;
	fails(-EACCES);
	/* Not mounted, and only root can mount it. */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_nobody, set_up),
		cmocka_unit_test_setup(test_not_permitted, set_up),
	};

	return cmocka_run_group_tests_name("tsm", tests, NULL, NULL);
}

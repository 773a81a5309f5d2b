// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Mounts that no other process sees. The test imitates the kernel.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/mount.h"
#include "shared/macro.h"

/* Descriptors of the context, of the mount and of a file in it. */
#define CONTEXT	70
#define TOP	71
#define A_FILE	72

/**
 * struct kernel - the kernel that the test imitates
 * @good: number of calls that succeed before one fails
 * @calls: the calls, each with a blank after it
 * @attributes: of the mount
 * @flags: of the opened file
 * @open: number of open descriptors
 */
static struct kernel {
	unsigned int good;
	char calls[128];
	unsigned int attributes;
	int flags;
	int open;
} kernel;

static void start(unsigned int good)
{
	kernel = (struct kernel) { .good = good };
}

static bool call(const char *words)
{
	strncat(kernel.calls, words,
		sizeof(kernel.calls) - strlen(kernel.calls) - 1);
	strncat(kernel.calls, " ",
		sizeof(kernel.calls) - strlen(kernel.calls) - 1);
	errno = EBUSY;
	return kernel.good && kernel.good--;
}

static int open_as(int fd, const char *words)
{
	if (!call(words))
		return -1;
	kernel.open++;
	return fd;
}

int __wrap_fsopen(const char *type, unsigned int flags);
int __wrap_fsopen(const char *type, unsigned int flags)
{
	assert_int_equal(flags, FSOPEN_CLOEXEC);
	return open_as(CONTEXT, type);
}

int __wrap_fsconfig(int fd, unsigned int command, const char *key,
		    const void *value, int aux);
int __wrap_fsconfig(int fd, unsigned int command, const char *key,
		    const void *value, int aux)
{
	char words[32] = "create";

	assert_int_equal(fd, CONTEXT);
	assert_int_equal(aux, 0);
	switch (command) {
	case FSCONFIG_SET_STRING:
		snprintf(words, sizeof(words), "%s=%s", key,
			 (const char *)value);
		break;
	case FSCONFIG_SET_FLAG:
		assert_null(value);
		snprintf(words, sizeof(words), "%s", key);
		break;
	default:
		assert_int_equal(command, FSCONFIG_CMD_CREATE);
		assert_null(key);
		assert_null(value);
	}
	return call(words) ? 0 : -1;
}

int __wrap_fsmount(int fd, unsigned int flags, unsigned int attributes);
int __wrap_fsmount(int fd, unsigned int flags, unsigned int attributes)
{
	assert_int_equal(fd, CONTEXT);
	assert_int_equal(flags, FSMOUNT_CLOEXEC);
	kernel.attributes = attributes;
	return open_as(TOP, "mount");
}

int __wrap_openat(int dir, const char *path, int flags, ...);
int __wrap_openat(int dir, const char *path, int flags, ...)
{
	assert_int_equal(dir, TOP);
	kernel.flags = flags;
	return open_as(A_FILE, path);
}

/* A close that succeeds may leave any errno. */
int __wrap_close(int fd);
int __wrap_close(int fd)
{
	assert_in_range(fd, CONTEXT, TOP);
	assert_true(kernel.open > 0);
	kernel.open--;
	errno = EIO;
	return 0;
}

/* Each kind of mount, with its calls. */
static const struct {
	const char *source;
	bool writable;
	const char *calls;
	unsigned int nr;
} kinds[] = {
	{ "/dev/a", false, "vfat source=/dev/a ro create mount ", 5 },
	{ "/dev/a", true, "vfat source=/dev/a create mount ", 4 },
	{ NULL, false, "vfat ro create mount ", 4 },
	{ NULL, true, "vfat create mount ", 3 },
};

static void a_mount_forbids_what_files_do_not_need(void **state)
{
	unsigned int attributes;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		start(kinds[i].nr);
		assert_int_equal(detached_mount("vfat", kinds[i].source,
						kinds[i].writable), TOP);
		assert_string_equal(kernel.calls, kinds[i].calls);
		attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
			     MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW;
		if (!kinds[i].writable)
			attributes |= MOUNT_ATTR_RDONLY;
		assert_int_equal(kernel.attributes, attributes);
		/* Only the mount is open. */
		assert_int_equal(kernel.open, 1);
	}
}

/* After an error, there are no other calls, and nothing stays open. */
static void each_call_can_fail(void **state)
{
	unsigned int good;
	size_t i, len;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		for (good = 0; good < kinds[i].nr; good++) {
			start(good);
			assert_int_equal(detached_mount("vfat", kinds[i].source,
							kinds[i].writable),
					 -EBUSY);
			len = strlen(kernel.calls);
			assert_memory_equal(kernel.calls, kinds[i].calls, len);
			assert_int_equal(kinds[i].calls[len] == '\0',
					 good + 1 == kinds[i].nr);
			assert_int_equal(kernel.open, 0);
		}
	}
}

static void a_file_stays_open_without_its_mount(void **state)
{
	unsigned int good;

	(void)state;
	start(4);
	assert_int_equal(detached_open("configfs", "a/b", O_WRONLY), A_FILE);
	assert_string_equal(kernel.calls, "configfs create mount a/b ");
	assert_int_equal(kernel.flags, O_WRONLY | O_CLOEXEC);
	assert_int_equal(kernel.open, 1);
	for (good = 0; good < 4; good++) {
		start(good);
		assert_int_equal(detached_open("configfs", "a/b", O_WRONLY),
				 -EBUSY);
		assert_int_equal(kernel.open, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mount_forbids_what_files_do_not_need),
		cmocka_unit_test(each_call_can_fail),
		cmocka_unit_test(a_file_stays_open_without_its_mount),
	};

	return cmocka_run_group_tests_name("mount", tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Variables of UEFI: efivarfs, mounted or not, and the content of variables.
 * The test imitates the machine. The files are real.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>
#include <cmocka.h>

#include "base/mount.h"
#include "base/rootdir.h"
#include "guest/efivars.h"
#include "shared/macro.h"
#include "tree.h"

#define DIRECTORY	"/sys/firmware/efi/efivars"
#define TEMPLATE	"/tmp/vmfwupdate-test-XXXXXX"
#define MOST		(256 * KIB)
/* The name and the GUID have NAME_MAX bytes in total, with "-" between them. */
#define LONGEST_NAME	(NAME_MAX - 36 - 1)

/**
 * struct machine - the machine that the test imitates, and its calls
 * @uefi: the machine has started by UEFI
 * @mounted: efivarfs is mounted
 * @open: negative errno value of opening a variable there; 0: -ENOENT
 * @mount: negative errno value of a mount, or 0
 * @mounts: number of mounts
 */
static struct machine {
	bool uefi;
	bool mounted;
	int open;
	int mount;
	unsigned int mounts;
} machine;

static char root[] = TEMPLATE;
static uint8_t *data;
static size_t len;

/* On the running system, efivarfs is empty, or is not mounted. */
int __real_root_open_file(const char *top, const char *path);
int __wrap_root_open_file(const char *top, const char *path);
int __wrap_root_open_file(const char *top, const char *path)
{
	assert_memory_equal(path, DIRECTORY "/", strlen(DIRECTORY "/"));
	if (top)
		return __real_root_open_file(top, path);
	return machine.open ? machine.open : -ENOENT;
}

bool __wrap_root_has(const char *top, const char *path);
bool __wrap_root_has(const char *top, const char *path)
{
	assert_null(top);
	assert_string_equal(path, "/sys/firmware/efi");
	return machine.uefi;
}

int __wrap_statfs(const char *path, struct statfs *fs);
int __wrap_statfs(const char *path, struct statfs *fs)
{
	assert_string_equal(path, DIRECTORY "/");
	memset(fs, 0, sizeof(*fs));
	fs->f_type = machine.mounted ? EFIVARFS_MAGIC : SYSFS_MAGIC;
	return 0;
}

int __wrap_detached_mount(const char *type, const char *source, bool writable);
int __wrap_detached_mount(const char *type, const char *source, bool writable)
{
	char path[128];

	assert_string_equal(type, "efivarfs");
	assert_null(source);
	assert_true(writable);
	machine.mounts++;
	if (machine.mount)
		return machine.mount;
	snprintf(path, sizeof(path), "%s" DIRECTORY, root);
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* The next allocation for a variable fails. */
static bool no_memory;
/* Error of the next read of a variable, or 0. */
static int read_err;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	if (!no_memory || size != MOST)
		return __real_malloc(size);
	no_memory = false;
	return NULL;
}

int __real_root_read_all(int fd, void *buf, size_t size, size_t *read);
int __wrap_root_read_all(int fd, void *buf, size_t size, size_t *read);
int __wrap_root_read_all(int fd, void *buf, size_t size, size_t *read)
{
	int err = read_err;

	if (!err)
		return __real_root_read_all(fd, buf, size, read);
	read_err = 0;
	*read = 0;
	return err;
}

static const char *name_file(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s" DIRECTORY "/%s-" EFIVARS_GLOBAL, root,
		 name);
	return path;
}

/* Write a file of @size bytes: attributes, if there is room, and then 'x'. */
static void put_variable(const char *name, uint8_t attributes, size_t size)
{
	FILE *file = fopen(name_file(name), "w");
	size_t i;

	assert_non_null(file);
	for (i = 0; i < size; i++)
		putc(!i ? attributes : i < 4 ? 0 : 'x', file);
	assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
	(void)state;
	machine = (struct machine) { .uefi = true };
	strcpy(root, TEMPLATE);
	if (!mkdtemp(root))
		return -1;
	tree_make(root, DIRECTORY);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return tree_remove(root);
}

/* Read a variable, and check its value: @size times 'x'. */
static void read_value(const char *top, const char *name, size_t size)
{
	size_t i;

	assert_int_equal(efivars_get(top, EFIVARS_GLOBAL, name, &data, &len),
			 0);
	assert_non_null(data);
	assert_int_equal(len, size);
	for (i = 0; i < size; i++)
		assert_int_equal(data[i], 'x');
	free(data);
}

static void get_fails(const char *top, const char *name, int err)
{
	data = (uint8_t *)root;
	assert_int_equal(efivars_get(top, EFIVARS_GLOBAL, name, &data, &len),
			 err);
	assert_null(data);
}

static void sizes_of_a_variable(void **state)
{
	unsigned int descriptors = tree_count_descriptors();

	(void)state;
	put_variable("A", 7, 4);
	read_value(root, "A", 0);
	put_variable("A", 7, 5);
	read_value(root, "A", 1);
	put_variable("A", 7, MOST);
	read_value(root, "A", MOST - 4);
	put_variable("A", 7, MOST + 1);
	get_fails(root, "A", -EFBIG);
	/* The attributes are incomplete. */
	put_variable("A", 7, 3);
	get_fails(root, "A", -EIO);
	put_variable("A", 7, 0);
	get_fails(root, "A", -EIO);
	get_fails(root, "B", -ENOENT);
	assert_int_equal(tree_count_descriptors(), descriptors);
}

static void variables_that_cannot_be_read(void **state)
{
	unsigned int descriptors = tree_count_descriptors();

	(void)state;
	put_variable("A", 7, 5);
	no_memory = true;
	get_fails(root, "A", -ENOMEM);
	/* efivarfs limits the number of reads in a second. */
	read_err = -EINTR;
	get_fails(root, "A", -EINTR);
	read_value(root, "A", 1);
	assert_int_equal(tree_count_descriptors(), descriptors);
}

static void names_of_variables(void **state)
{
	char name[LONGEST_NAME + 2];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[LONGEST_NAME + 1] = '\0';
	get_fails(root, name, -EINVAL);
	name[LONGEST_NAME] = '\0';
	put_variable(name, 7, 9);
	read_value(root, name, 5);
	get_fails(root, "../A", -EINVAL);
}

/* An operating system can make only non-volatile variables. */
static void variables_of_the_firmware(void **state)
{
	(void)state;
	put_variable("A", 6, 6);
	assert_int_equal(efivars_get_volatile(root, EFIVARS_GLOBAL, "A", &data,
					      &len), 0);
	assert_int_equal(len, 2);
	free(data);
	put_variable("A", 7, 6);
	assert_int_equal(efivars_get_volatile(root, EFIVARS_GLOBAL, "A", &data,
					      &len), -ENOENT);
	assert_null(data);
	read_value(root, "A", 2);
	assert_int_equal(efivars_get_volatile(root, EFIVARS_GLOBAL, "B", &data,
					      &len), -ENOENT);
	assert_int_equal(machine.mounts, 0);
}

/* The tool mounts efivarfs only if this can bring the variable. */
static void no_mount(void **state)
{
	static const int errors[] = { -EPERM, -EACCES };
	size_t i;

	(void)state;
	put_variable("A", 7, 8);
	get_fails(root, "B", -ENOENT);
	machine.mounted = true;
	get_fails(NULL, "A", -ENOENT);
	machine.mounted = false;
	/* The variable may be there. */
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		machine.open = errors[i];
		get_fails(NULL, "A", errors[i]);
	}
	machine.open = 0;
	machine.uefi = false;
	get_fails(NULL, "A", -ENOENT);
	assert_int_equal(machine.mounts, 0);
}

static void mounts_that_fail(void **state)
{
	static const struct {
		int mount, err;
	} all[] = {
		/* The kernel or the firmware has no variables at run time. */
		{ -ENODEV, -ENOENT },
		{ -EOPNOTSUPP, -ENOENT },
		{ -EPERM, -EPERM },
		{ -ENOMEM, -ENOMEM },
	};
	size_t i;

	(void)state;
	put_variable("A", 7, 8);
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		machine.mount = all[i].mount;
		get_fails(NULL, "A", all[i].err);
	}
	assert_int_equal(machine.mounts, i);
}

/*
 * Each mount makes the kernel ask the firmware for all variables, so one mount
 * must suffice. It has descriptor 0 if the tool has no standard input. The
 * mount stays, so this test is the last one.
 */
static void one_mount_for_all_variables(void **state)
{
	(void)state;
	put_variable("A", 7, 8);
	put_variable("B", 7, 9);
	assert_int_equal(symlink("A-" EFIVARS_GLOBAL, name_file("C")), 0);
	close(STDIN_FILENO);
	read_value(NULL, "A", 4);
	assert_int_equal(machine.mounts, 1);
	read_value(NULL, "B", 5);
	get_fails(NULL, "C", -ELOOP);
	get_fails(NULL, "D", -ENOENT);
	assert_int_equal(machine.mounts, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)	\
	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(sizes_of_a_variable),
		TEST(variables_that_cannot_be_read),
		TEST(names_of_variables),
		TEST(variables_of_the_firmware),
		TEST(no_mount),
		TEST(mounts_that_fail),
		TEST(one_mount_for_all_variables),
	};

	return cmocka_run_group_tests_name("efivars", tests, NULL, NULL);
}

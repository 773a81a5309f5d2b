// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reads and writes of a disk in place: short transfers, signals, errors, and
 * partitions in the list of the kernel. Disks are files. The test imitates
 * their ioctls.
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
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/blkpg.h>
#include <linux/fs.h>
#include <cmocka.h>

#include "base/interrupt.h"
#include "disk/blockdev.h"
#include "tree.h"

#define SIZE	10000

/**
 * struct machine - the kernel that the test imitates
 * @stat_err: errno value of fstat(), or 0
 * @block_device: the file counts as a block device
 * @ioctl_err: errno value of requests to the disk, or 0
 * @only: the only request that fails; 0: any
 * @direct_err: errno value of opening with O_DIRECT, or 0
 * @interrupts: number of calls that end with EINTR
 * @signal: number of the signal that has come, or 0
 * @most: most bytes that a write takes
 * @write_err: errno value of a write, or 0
 * @sync_err: errno value of fsync(), or 0
 * @told: the last request about partitions
 * @partition: argument of that request
 * @requests: number of requests about partitions
 * @locks: number of calls of flock()
 * @lock_err: errno value of flock(), or 0
 */
static struct machine {
	int stat_err;
	bool block_device;
	int ioctl_err;
	unsigned long only;
	int direct_err;
	unsigned int interrupts;
	int signal;
	size_t most;
	int write_err;
	int sync_err;
	int told;
	struct blkpg_partition partition;
	unsigned int requests;
	unsigned int locks;
	int lock_err;
} machine;

static char path[] = "/tmp/blockdev.XXXXXX";
static struct blockdev disk;
static unsigned int descriptors;

int __real_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st)
{
	int result = __real_fstat(fd, st);

	if (machine.stat_err) {
		errno = machine.stat_err;
		return -1;
	}
	if (!result && machine.block_device)
		st->st_mode = S_IFBLK | 0600;
	return result;
}

int __wrap_ioctl(int fd, unsigned long request, void *arg);
int __wrap_ioctl(int fd, unsigned long request, void *arg)
{
	const struct blkpg_ioctl_arg *told = arg;

	assert_int_equal(fd, disk.fd);
	if (machine.ioctl_err && (!machine.only || machine.only == request)) {
		errno = machine.ioctl_err;
		return -1;
	}
	switch (request) {
	case BLKGETSIZE64:
		*(uint64_t *)arg = 5ull << 32;
		return 0;
	case BLKSSZGET:
		*(int *)arg = 4096;
		return 0;
	case BLKPG:
		assert_int_equal(told->flags, 0);
		assert_int_equal(told->datalen, sizeof(machine.partition));
		machine.told = told->op;
		memcpy(&machine.partition, told->data,
		       sizeof(machine.partition));
		machine.requests++;
		return 0;
	default:
		fail();
		return -1;
	}
}

int __real_open(const char *name, int flags, ...);
int __wrap_open(const char *name, int flags, ...);
int __wrap_open(const char *name, int flags, ...)
{
	/* Opening a pipe must not wait for a writer. */
	assert_true(flags & O_NONBLOCK && flags & O_CLOEXEC);
	if (flags & O_DIRECT && machine.direct_err) {
		errno = machine.direct_err;
		return -1;
	}
	return __real_open(name, flags & ~O_DIRECT);
}

static bool is_interrupted(void)
{
	if (!machine.interrupts)
		return false;
	machine.interrupts--;
	errno = EINTR;
	return true;
}

int __wrap_flock(int fd, int operation);
int __wrap_flock(int fd, int operation)
{
	assert_int_equal(fd, disk.fd);
	assert_int_equal(operation, LOCK_EX);
	assert_true(++machine.locks < 10);
	if (is_interrupted())
		return -1;
	errno = machine.lock_err;
	return errno ? -1 : 0;
}

int __wrap_interrupt_seen(void);
int __wrap_interrupt_seen(void)
{
	return machine.signal;
}

ssize_t __real_pwrite(int fd, const void *buf, size_t len, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *buf, size_t len, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *buf, size_t len, off_t offset)
{
	if (is_interrupted())
		return -1;
	if (machine.write_err) {
		errno = machine.write_err;
		return -1;
	}
	return __real_pwrite(fd, buf, len < machine.most ? len : machine.most,
			     offset);
}

int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
	assert_int_equal(fd, disk.fd);
	errno = machine.sync_err;
	return errno ? -1 : 0;
}

static int set_up(void **state)
{
	int fd;

	(void)state;
	machine = (struct machine) { .most = SIZE };
	strcpy(path, "/tmp/blockdev.XXXXXX");
	descriptors = tree_count_descriptors();
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_false(ftruncate(fd, SIZE));
	close(fd);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	blockdev_close(&disk);
	assert_int_equal(disk.fd, -1);
	/* Closing a second time does no harm. */
	blockdev_close(&disk);
	assert_int_equal(tree_count_descriptors(), descriptors);
	return unlink(path);
}

static void a_file(void **state)
{
	(void)state;
	assert_int_equal(blockdev_open(&disk, path, false), 0);
	assert_string_equal(disk.path, path);
	assert_int_equal(disk.size, SIZE);
	assert_int_equal(disk.block, 512);
	assert_false(disk.device);
	assert_int_equal(blockdev_write(&disk, 0, "x", 1), -EBADF);
	/* The kernel does not know partitions of a file. */
	assert_int_equal(blockdev_add_partition(&disk, 1, 0, 512), 0);
	assert_int_equal(blockdev_drop_partition(&disk, 1), 0);
	assert_int_equal(machine.requests, 0);
}

static void a_block_device(void **state)
{
	(void)state;
	machine.block_device = true;
	assert_int_equal(blockdev_open(&disk, path, true), 0);
	assert_true(disk.size == 5ull << 32);
	assert_int_equal(disk.block, 4096);
	assert_true(disk.device);
	assert_int_equal(blockdev_write(&disk, 0, "x", 1), 0);
}

static void files_that_are_no_disk(void **state)
{
	(void)state;
	assert_int_equal(blockdev_open(&disk, "/dev/null", false), -ENOTBLK);
	assert_int_equal(blockdev_open(&disk, "/", false), -ENOTBLK);
	assert_int_equal(blockdev_open(&disk, "/none", false), -ENOENT);
	machine.stat_err = EIO;
	assert_int_equal(blockdev_open(&disk, path, false), -EIO);
	machine.stat_err = 0;
	machine.block_device = true;
	machine.ioctl_err = EIO;
	machine.only = BLKGETSIZE64;
	assert_int_equal(blockdev_open(&disk, path, false), -EIO);
	machine.only = BLKSSZGET;
	assert_int_equal(blockdev_open(&disk, path, false), -EIO);
}

/* Some file systems do not support O_DIRECT. */
static void past_the_cache(void **state)
{
	(void)state;
	assert_int_equal(blockdev_open_direct(&disk, path), 0);
	assert_int_equal(disk.size, SIZE);
	blockdev_close(&disk);
	machine.direct_err = EINVAL;
	assert_int_equal(blockdev_open_direct(&disk, path), 0);
	assert_int_equal(disk.size, SIZE);
	blockdev_close(&disk);
	machine.direct_err = EACCES;
	assert_int_equal(blockdev_open_direct(&disk, path), -EACCES);
}

static void locked(void **state)
{
	(void)state;
	assert_int_equal(blockdev_open(&disk, path, false), 0);
	machine.interrupts = 2;
	assert_int_equal(blockdev_lock(&disk), 0);
	assert_int_equal(machine.locks, 3);
	machine.interrupts = 2;
	machine.signal = 15;
	assert_int_equal(blockdev_lock(&disk), -EINTR);
	assert_int_equal(machine.locks, 4);
	machine.interrupts = 0;
	machine.signal = 0;
	machine.lock_err = ENOLCK;
	assert_int_equal(blockdev_lock(&disk), -ENOLCK);
	assert_int_equal(machine.locks, 5);
	machine.lock_err = EPERM;
	assert_int_equal(blockdev_lock(&disk), -EPERM);
	assert_int_equal(machine.locks, 6);
}

/* A signal does not end a write, because a half-written table is of no use. */
static void written_and_read(void **state)
{
	uint8_t bytes[100], back[100] = { 0 };
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = i + 1;
	assert_int_equal(blockdev_open(&disk, path, true), 0);
	machine.most = 7;
	machine.interrupts = 3;
	machine.signal = 15;
	assert_int_equal(blockdev_write(&disk, SIZE - 100, bytes, 100), 0);
	assert_int_equal(machine.interrupts, 0);
	assert_int_equal(blockdev_read(&disk, SIZE - 100, back, 100), 0);
	assert_memory_equal(back, bytes, 100);
	/* The disk ends before the last byte. */
	assert_int_equal(blockdev_read(&disk, SIZE - 99, back, 100), -ENXIO);
	machine.write_err = ENOSPC;
	assert_int_equal(blockdev_write(&disk, 0, bytes, 100), -ENOSPC);
	assert_int_equal(blockdev_sync(&disk), 0);
	machine.sync_err = EIO;
	assert_int_equal(blockdev_sync(&disk), -EIO);
}

static void partitions_for_the_kernel(void **state)
{
	(void)state;
	machine.block_device = true;
	assert_int_equal(blockdev_open(&disk, path, true), 0);
	assert_int_equal(blockdev_add_partition(&disk, 3, 1 << 20, 2 << 20),
			 0);
	assert_int_equal(machine.told, BLKPG_ADD_PARTITION);
	assert_int_equal(machine.partition.pno, 3);
	assert_int_equal(machine.partition.start, 1 << 20);
	assert_int_equal(machine.partition.length, 2 << 20);
	assert_int_equal(blockdev_drop_partition(&disk, 4), 0);
	assert_int_equal(machine.told, BLKPG_DEL_PARTITION);
	assert_int_equal(machine.partition.pno, 4);
	assert_int_equal(machine.requests, 2);
	/*
	 * The kernel keeps no list of partitions for a device of device-mapper. Its
	 * EINVAL is no error. A partition that is in use is an error.
	 */
	machine.ioctl_err = EINVAL;
	assert_int_equal(blockdev_add_partition(&disk, 3, 0, 1), 0);
	assert_int_equal(blockdev_drop_partition(&disk, 3), 0);
	machine.ioctl_err = EBUSY;
	assert_int_equal(blockdev_add_partition(&disk, 3, 0, 1), -EBUSY);
	assert_int_equal(blockdev_drop_partition(&disk, 3), -EBUSY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(a_file),
		TEST(a_block_device),
		TEST(files_that_are_no_disk),
		TEST(past_the_cache),
		TEST(locked),
		TEST(written_and_read),
		TEST(partitions_for_the_kernel),
	};

	return cmocka_run_group_tests_name("blockdev", tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/blkpg.h>
#include <linux/fs.h>

#include "base/infile.h"
#include "base/interrupt.h"
#include "disk/blockdev.h"

/* A file with the contents of a disk does not show the disk's block size. */
#define FILE_BLOCK	512

static int read_geometry(struct blockdev *disk)
{
	struct stat st;
	int block;

	if (fstat(disk->fd, &st))
		return -errno;
	if (S_ISREG(st.st_mode)) {
		disk->size = st.st_size;
		disk->block = FILE_BLOCK;
		return 0;
	}
	if (!S_ISBLK(st.st_mode))
		return -ENOTBLK;
	disk->device = true;
	if (ioctl(disk->fd, BLKGETSIZE64, &disk->size) ||
	    ioctl(disk->fd, BLKSSZGET, &block))
		return -errno;
	disk->block = block;
	return 0;
}

static int open_with(struct blockdev *disk, const char *path, int flags)
{
	int err;

	*disk = (struct blockdev) {
		.path = path,
		/*
		 * Without O_NONBLOCK, open(2) would wait for the writer of a
		 * named pipe.
		 */
		.fd = open(path, flags | O_CLOEXEC | O_NONBLOCK),
	};
	if (disk->fd < 0)
		return -errno;
	err = read_geometry(disk);
	if (err)
		blockdev_close(disk);
	return err;
}

/**
 * blockdev_open() - open a disk
 * @disk: to be filled in; close it if 0 is returned
 * @path: its name, valid as long as @disk is open
 * @writable: open it for writing, too
 *
 * Return: 0 or a negative errno value; -ENOTBLK: it is neither a block device
 * nor a regular file.
 */
int blockdev_open(struct blockdev *disk, const char *path, bool writable)
{
	return open_with(disk, path, writable ? O_RDWR : O_RDONLY);
}

/**
 * blockdev_open_direct() - open a disk to read from its medium
 * @disk: to be filled in; close it if 0 is returned
 * @path: its name, valid as long as @disk is open
 *
 * Reads bypass the kernel's cache, unless a file system supports only cached
 * reads. Offsets, lengths and buffers must be aligned to 4 KiB.
 *
 * Return: as blockdev_open().
 */
int blockdev_open_direct(struct blockdev *disk, const char *path)
{
	int err = open_with(disk, path, O_RDONLY | O_DIRECT);

	return err == -EINVAL ? open_with(disk, path, O_RDONLY) : err;
}

/**
 * blockdev_close() - close a disk, which ends its lock
 * @disk: from blockdev_open(), which may have failed
 */
void blockdev_close(struct blockdev *disk)
{
	if (disk->fd >= 0)
		close(disk->fd);
	disk->fd = -1;
}

/**
 * blockdev_lock() - lock a disk, so that partitioning tools do not change it
 *	and udev does not probe it
 * @disk: a whole disk; it stays locked until blockdev_close()
 *
 * The convention is that of systemd, "Locking Block Device Access".
 *
 * Return: 0 or a negative errno value; -EINTR: a signal asks to stop.
 */
int blockdev_lock(const struct blockdev *disk)
{
	while (flock(disk->fd, LOCK_EX))
		if (errno != EINTR || interrupt_seen())
			return -errno;
	return 0;
}

/**
 * blockdev_read() - read an exact number of bytes
 * @disk: the disk
 * @offset: first byte
 * @buf: receives @len bytes
 * @len: number of bytes
 *
 * Return: 0 or a negative errno value; -ENXIO: the disk has fewer bytes;
 * -EINTR: a signal asks to stop.
 */
int blockdev_read(const struct blockdev *disk, uint64_t offset, void *buf,
		  size_t len)
{
	int err = infile_read_at(disk->fd, offset, buf, len);

	return err == -ESTALE ? -ENXIO : err;
}

/**
 * blockdev_write() - write an exact number of bytes
 * @disk: the disk, open for writing
 * @offset: first byte
 * @buf: @len bytes
 * @len: number of bytes
 *
 * Return: 0 or a negative errno value.
 */
int blockdev_write(const struct blockdev *disk, uint64_t offset,
		   const void *buf, size_t len)
{
	const uint8_t *p = buf;

	while (len) {
		ssize_t n = pwrite(disk->fd, p, len, offset);

		/*
		 * Do not stop for a signal: a half-written table is of no use.
		 */
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= n;
		offset += n;
	}
	return 0;
}

/**
 * blockdev_sync() - wait until written data is on the medium
 * @disk: the disk
 *
 * Return: 0 or a negative errno value.
 */
int blockdev_sync(const struct blockdev *disk)
{
	return fsync(disk->fd) ? -errno : 0;
}

static int tell_kernel(const struct blockdev *disk, int op,
		       struct blkpg_partition *partition)
{
	struct blkpg_ioctl_arg arg = {
		.op = op,
		.datalen = sizeof(*partition),
		.data = partition,
	};

	if (!disk->device || !ioctl(disk->fd, BLKPG, &arg))
		return 0;
	/*
	 * The kernel keeps no list of partitions for some devices, such as
	 * those of device-mapper.
	 */
	return errno == EINVAL ? 0 : -errno;
}

/**
 * blockdev_add_partition() - add a partition to the kernel's list
 * @disk: a whole disk
 * @number: of the partition, from 1
 * @start: its first byte
 * @size: its size in bytes
 *
 * While other partitions of the disk are in use, the kernel does not read the
 * table again. So add each partition separately. If @disk is a file, the
 * function does nothing.
 *
 * Return: 0 or a negative errno value.
 */
int blockdev_add_partition(const struct blockdev *disk, unsigned int number,
			   uint64_t start, uint64_t size)
{
	struct blkpg_partition partition = {
		.start = start,
		.length = size,
		.pno = number,
	};

	return tell_kernel(disk, BLKPG_ADD_PARTITION, &partition);
}

/**
 * blockdev_drop_partition() - remove a partition from the kernel's list
 * @disk: a whole disk
 * @number: of the partition, from 1
 *
 * Return: 0 or a negative errno value; -EBUSY: it is in use; -ENXIO: the kernel
 * does not know it.
 */
int blockdev_drop_partition(const struct blockdev *disk, unsigned int number)
{
	struct blkpg_partition partition = { .pno = number };

	return tell_kernel(disk, BLKPG_DEL_PARTITION, &partition);
}

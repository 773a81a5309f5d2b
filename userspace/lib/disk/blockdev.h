/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A disk that is read and written in place: a block device, or a file with the
 * contents of a disk.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_BLOCKDEV_H
#define VMFW_BLOCKDEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct blockdev - an open disk
 * @path: its name, in the memory of the caller
 * @fd: its descriptor, or -1
 * @size: bytes of the disk
 * @block: bytes of a logical block, the unit of addresses in a partition table
 * @device: it is a block device, not a file
 */
struct blockdev {
	const char *path;
	int fd;
	uint64_t size;
	uint32_t block;
	bool device;
};

int blockdev_open(struct blockdev *disk, const char *path, bool writable);
int blockdev_open_direct(struct blockdev *disk, const char *path);
void blockdev_close(struct blockdev *disk);
int blockdev_lock(const struct blockdev *disk);
int blockdev_read(const struct blockdev *disk, uint64_t offset, void *buf,
		  size_t len);
int blockdev_write(const struct blockdev *disk, uint64_t offset,
		   const void *buf, size_t len);
int blockdev_sync(const struct blockdev *disk);
int blockdev_add_partition(const struct blockdev *disk, unsigned int number,
			   uint64_t start, uint64_t size);
int blockdev_drop_partition(const struct blockdev *disk, unsigned int number);

#endif /* VMFW_BLOCKDEV_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Block devices, and their contents.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_BLKID_H
#define VMFW_BLKID_H

#include <stdbool.h>
#include <sys/types.h>

#include "disk/location.h"

#define DISK_NAME	288
#define DISK_TYPE	32
#define DISK_UUID	40
/* The most disks that struct disks holds, and that a message names. */
#define DISKS_MOST	8

/**
 * struct disk - a partition or a disk
 * @name: path of its node
 * @type: type of its contents in libblkid's words, such as vfat or
 *	linux_raid_member; empty: unknown
 * @uuid: its PARTUUID, or empty
 */
struct disk {
	char name[DISK_NAME];
	char type[DISK_TYPE];
	char uuid[DISK_UUID];
};

/**
 * struct disks - the disks that disk_find() found
 * @v: the first DISKS_MOST of them
 * @nr: number of disks found, which may be more than DISKS_MOST
 */
struct disks {
	struct disk v[DISKS_MOST];
	unsigned int nr;
};

int disk_each(int (*see)(void *arg, const char *path), void *arg);
int disk_find(enum location_kind kind, const char *tag, struct disks *found);
bool disk_is_member(const struct disk *disk);
bool disk_node(dev_t dev, char *path);
bool disk_is(dev_t dev, enum location_kind kind, const char *uuid);

#endif /* VMFW_BLKID_H */

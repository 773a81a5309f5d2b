/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Block devices, and what is on them.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_DISK_H
#define VMFW_DISK_H

#include <stdbool.h>
#include <sys/types.h>

#include "disk/location.h"

#define DISK_NAME	288
#define DISK_TYPE	32

/**
 * struct disk - a partition or a disk
 * @name: path of its node
 * @type: file system on it
 */
struct disk {
	char name[DISK_NAME];
	char type[DISK_TYPE];
};

int disk_each(int (*see)(void *arg, const char *path), void *arg);
int disk_find(enum location_kind kind, const char *tag, struct disk *disk,
	      unsigned int *nr);
bool disk_node(dev_t dev, char *path);
bool disk_is(dev_t dev, enum location_kind kind);

#endif /* VMFW_DISK_H */

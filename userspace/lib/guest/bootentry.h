/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The partition that this boot came from, and those that another boot may come
 * from. The boot loader and the firmware name them in variables of UEFI.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_BOOTENTRY_H
#define VMFW_BOOTENTRY_H

#include <stdbool.h>

/*
 * The size of a PARTUUID in the form of libblkid, also of a partition in an
 * MBR.
 */
#define BOOTENTRY_UUID	40
/* The most partitions that bootentry_others() returns. */
#define BOOTENTRIES_MOST 4

/**
 * struct bootentry - a partition
 * @uuid: its PARTUUID
 * @by_loader: the boot loader named it; otherwise the firmware did
 */
struct bootentry {
	char uuid[BOOTENTRY_UUID];
	bool by_loader;
};

/**
 * struct bootentries - partitions
 * @v: the partitions, no two of them the same
 * @nr: number of partitions
 */
struct bootentries {
	struct bootentry v[BOOTENTRIES_MOST];
	unsigned int nr;
};

int bootentry_current(const char *root, struct bootentry *entry);
int bootentry_others(const char *root, struct bootentries *others);

#endif /* VMFW_BOOTENTRY_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The GUID partition table of a disk, changed such that the disk has the old
 * table or the new one at every moment.
 *
 * libfdisk makes the new table, on a copy in memory. It is loaded when it is
 * needed: a boot only reads.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_TABLE_H
#define VMFW_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "blockdev.h"
#include "output.h"

#define TABLE_UUID	37

/**
 * struct table_entry - a partition
 * @number: from 1
 * @start: its first byte
 * @size: bytes of it
 * @uuid: its own, in text
 */
struct table_entry {
	unsigned int number;
	uint64_t start;
	uint64_t size;
	char uuid[TABLE_UUID];
};

struct table;

int table_open(struct table **table, struct output *out,
	       const struct blockdev *disk);
int table_add(struct table *table, struct table_entry *entry,
	      uint64_t size, const char *type);
int table_remove(struct table *table, unsigned int number);
int table_set_type(struct table *table, unsigned int number,
		   const char *type);
int table_write(struct table *table);
void table_close(struct table *table);

int table_copy(const struct blockdev *disk, int *copy);
bool table_is_torn(const struct blockdev *disk);
int table_replace(const struct blockdev *disk, int copy);

#endif /* VMFW_TABLE_H */

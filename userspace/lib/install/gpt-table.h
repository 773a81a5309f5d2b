/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The GUID partition table of a disk, changed such that the disk has the old
 * table or the new one at every moment.
 *
 * Others may change it, too, and not all of them take the lock of the disk. A
 * partition is what it was by its UUID, its type, its start and its size, never by
 * its number alone; and a table is written only where the one is that was read.
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

#include "base/messages.h"
#include "disk/blockdev.h"

#define TABLE_UUID	37

/**
 * struct table_entry - a partition
 * @number: from 1
 * @start: its first byte
 * @size: bytes of it
 * @uuid: its own, in text
 * @type: its type, in text, in small letters
 */
struct table_entry {
	unsigned int number;
	uint64_t start;
	uint64_t size;
	char uuid[TABLE_UUID];
	char type[TABLE_UUID];
};

struct table;

enum vmfw_exit table_open(struct table **table, struct messages *messages,
			  const struct blockdev *disk);
enum vmfw_exit table_add(struct table *table, struct table_entry *entry,
			 uint64_t size, const char *type);
enum vmfw_exit table_has(struct table *table, const struct table_entry *entry);
enum vmfw_exit table_remove(struct table *table,
			    const struct table_entry *entry);
enum vmfw_exit table_set_type(struct table *table,
			      const struct table_entry *entry,
			      const char *type);
enum vmfw_exit table_write(struct table *table);
void table_close(struct table *table);

/**
 * struct table_state - both tables of a disk as they were read
 * @bytes: the first header's block, the blocks of the first entries and of the
 *	second ones, and the second header's; to be freed
 * @entries: blocks of the entries of a table
 */
struct table_state {
	uint8_t *bytes;
	uint64_t entries;
};

int table_copy(const struct blockdev *disk, int *copy,
	       struct table_state *state);
bool table_is_torn(const struct blockdev *disk);
int table_replace(const struct blockdev *disk, int copy,
		  const struct table_state *state);

/* The largest blocks of disks. */
#define TABLE_BLOCK	4096

/**
 * struct table_watch - a partition that others must leave alone
 * @entry: the partition
 * @header: of the table that had it when somebody looked last, or zeroes
 */
struct table_watch {
	struct table_entry entry;
	uint8_t header[TABLE_BLOCK];
};

int table_look(const struct blockdev *disk, struct table_watch *watch);

#endif /* VMFW_TABLE_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The GUID partition table (GPT) of a disk. While the tool changes it, the disk
 * has the old table or the new one at every moment.
 *
 * Other programs may change the table, too. Some ignore the lock of the disk. So
 * the tool recognises a partition by its UUID, its type, its start and its size,
 * never by its number alone. It writes a table only over the one that it has
 * read.
 *
 * libfdisk makes the new table, in a copy in memory. The tool loads libfdisk
 * only to change a table, or to check a change for a dry run: a boot only reads
 * tables.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_GPT_TABLE_H
#define VMFW_GPT_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/messages.h"
#include "disk/blockdev.h"

#define TABLE_UUID	37

/**
 * struct table_entry - a partition
 * @number: from 1
 * @start: its first byte
 * @size: its size in bytes
 * @uuid: its UUID, as text in lower case
 * @type: UUID of its type, as text in lower case
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
 * @bytes: block of the first header, blocks of the first entries, blocks of the
 *	second entries, block of the second header; the caller frees it
 * @entries: number of blocks that the entries of one table take
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

/* The size of the largest block that table_look() supports. */
#define TABLE_BLOCK	4096

/**
 * struct table_watch - a partition that other programs must not change
 * @entry: the partition
 * @known: is there a @header?
 * @header: header of the table at the last check
 */
struct table_watch {
	struct table_entry entry;
	bool known;
	uint8_t header[TABLE_BLOCK];
};

int table_look(const struct blockdev *disk, struct table_watch *watch);

#endif /* VMFW_GPT_TABLE_H */

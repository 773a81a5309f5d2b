// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A partition table from a disk into memory, and back.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../efi/gpt.h"
#include "table.h"

/**
 * struct layout - where a disk has what
 * @last: last block, which has the second header
 * @entries: blocks of the entries
 * @second: first block of the second entries
 */
struct layout {
	uint64_t last;
	uint64_t entries;
	uint64_t second;
};

static int find_layout(struct layout *layout, const struct blockdev *disk,
		       const struct gpt_header *header)
{
	uint64_t blocks = disk->size / disk->block;

	layout->entries = (header->entries_size + disk->block - 1) /
			  disk->block;
	/* The protective MBR, two headers, twice the entries. */
	if (blocks < 3 + 2 * layout->entries)
		return -EBADMSG;
	layout->last = blocks - 1;
	layout->second = layout->last - layout->entries;
	return 0;
}

static int read_header(const struct blockdev *disk, uint64_t at,
		       uint8_t *block, struct gpt_header *header)
{
	int err = blockdev_read(disk, at * disk->block, block, disk->block);

	if (err)
		return err == -ENXIO ? -EBADMSG : err;
	return gpt_read(header, block, disk->block) && header->at == at ?
	       0 : -EBADMSG;
}

static int copy_blocks(const struct blockdev *to, uint64_t to_block,
		       const struct blockdev *from, uint64_t from_block,
		       uint64_t nr)
{
	size_t len = nr * from->block;
	void *buf = malloc(len);
	int err;

	if (!buf)
		return -ENOMEM;
	err = blockdev_read(from, from_block * from->block, buf, len);
	if (!err)
		err = blockdev_write(to, to_block * to->block, buf, len);
	free(buf);
	return err;
}

/* The copy has its entries where they belong, wherever the disk has them. */
static int fill_copy(const struct blockdev *copy, const struct blockdev *disk,
		     uint8_t *block)
{
	struct gpt_header header;
	struct layout layout;
	int err;

	err = read_header(disk, GPT_PRIMARY, block, &header);
	if (!err)
		err = find_layout(&layout, disk, &header);
	if (err)
		return err;
	/* Who put them elsewhere may have something in their place. */
	if (header.entries != GPT_ENTRIES && header.entries != layout.second)
		return -EMEDIUMTYPE;
	gpt_move_entries(block, GPT_ENTRIES);
	err = copy_blocks(copy, 0, disk, 0, 1);
	if (!err)
		err = blockdev_write(copy, GPT_PRIMARY * disk->block, block,
				     disk->block);
	if (!err)
		err = copy_blocks(copy, GPT_ENTRIES, disk, header.entries,
				  layout.entries);
	return err;
}

static struct blockdev as_disk(int copy, const struct blockdev *disk)
{
	return (struct blockdev) {
		.fd = copy,
		.size = disk->size,
		.block = disk->block,
	};
}

/**
 * table_copy() - copy the first table of a disk into memory
 * @disk: the disk
 * @copy: receives a file descriptor of something as large as the disk, and
 *	empty but for the table
 *
 * The second table is not looked at: it is made anew with every change.
 *
 * Return: 0 or a negative errno value; -EBADMSG: there is no table, or it is
 * damaged; -EMEDIUMTYPE: its entries are at an unusual place.
 */
int table_copy(const struct blockdev *disk, int *copy)
{
	uint8_t *block = malloc(disk->block);
	struct blockdev target;
	int fd, err = 0;

	if (!block)
		return -ENOMEM;
	fd = memfd_create("partition table", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, disk->size))
		err = -errno;
	target = as_disk(fd, disk);
	if (!err)
		err = fill_copy(&target, disk, block);
	free(block);
	if (!err)
		*copy = fd;
	else if (fd >= 0)
		close(fd);
	return err;
}

static bool same_blocks(const struct blockdev *disk, uint64_t one,
			uint64_t other, uint64_t nr)
{
	size_t len = nr * disk->block;
	uint8_t *buf = malloc(2 * len);
	bool same;

	same = buf && !blockdev_read(disk, one * disk->block, buf, len) &&
	       !blockdev_read(disk, other * disk->block, buf + len, len) &&
	       !memcmp(buf, buf + len, len);
	free(buf);
	return same;
}

static bool is_torn(const struct blockdev *disk, uint8_t *block)
{
	struct gpt_header first, second;
	struct layout layout;

	if (read_header(disk, GPT_PRIMARY, block, &first) ||
	    find_layout(&layout, disk, &first))
		return false;
	if (first.entries == layout.second)
		return true;
	/* On a disk that has grown, it is elsewhere. */
	if (first.other != layout.last)
		return false;
	return read_header(disk, layout.last, block, &second) ||
	       second.entries_sum != first.entries_sum ||
	       !same_blocks(disk, first.entries, layout.second,
			    layout.entries);
}

/**
 * table_is_torn() - whether a change of a table was interrupted
 * @disk: the disk
 *
 * Return: true: there is a table, but not twice the same.
 */
bool table_is_torn(const struct blockdev *disk)
{
	uint8_t *block = malloc(disk->block);
	bool torn = block && is_torn(disk, block);

	free(block);
	return torn;
}

/* Each step is on the medium before the next one begins. */
static int put_blocks(const struct blockdev *disk, uint64_t at,
		      const struct blockdev *from, uint64_t from_block,
		      uint64_t nr)
{
	int err = copy_blocks(disk, at, from, from_block, nr);

	return err ? err : blockdev_sync(disk);
}

/* One block, which a disk writes as a whole. */
static int put_first_header(const struct blockdev *disk, uint8_t *block,
			    uint64_t entries)
{
	int err;

	gpt_move_entries(block, entries);
	err = blockdev_write(disk, GPT_PRIMARY * disk->block, block,
			     disk->block);
	return err ? err : blockdev_sync(disk);
}

/* The first header points to the second entries: give it its own. */
static int put_first_entries(const struct blockdev *disk,
			     const struct layout *layout, uint8_t *block)
{
	int err = put_blocks(disk, GPT_ENTRIES, disk, layout->second,
			     layout->entries);

	return err ? err : put_first_header(disk, block, GPT_ENTRIES);
}

/* What was interrupted left the second entries in use. */
static int finish_last(const struct blockdev *disk,
		       const struct layout *layout, uint8_t *block)
{
	struct gpt_header header;
	int err = read_header(disk, GPT_PRIMARY, block, &header);

	if (err || header.entries != layout->second)
		return err;
	return put_first_entries(disk, layout, block);
}

static int write_table(const struct blockdev *disk,
		       const struct blockdev *copy,
		       const struct layout *layout, uint8_t *block)
{
	struct gpt_header header;
	int err;

	err = put_blocks(disk, layout->second, copy, layout->second,
			 layout->entries + 1);
	if (!err)
		err = read_header(copy, GPT_PRIMARY, block, &header);
	/* From here on the new table is the one that counts. */
	if (!err)
		err = put_first_header(disk, block, layout->second);
	/*
	 * The MBR stays: libfdisk makes it anew, without the flag that some
	 * machines want to start from a disk, and only a size is out of date if
	 * the disk has grown.
	 */
	return err ? err : put_first_entries(disk, layout, block);
}

static int replace(const struct blockdev *disk, const struct blockdev *copy,
		   uint8_t *block)
{
	struct gpt_header first, second;
	struct layout layout;
	int err;

	err = read_header(copy, GPT_PRIMARY, block, &first);
	if (!err)
		err = find_layout(&layout, disk, &first);
	if (!err)
		err = read_header(copy, layout.last, block, &second);
	if (err)
		return err;
	if (first.entries != GPT_ENTRIES || second.entries != layout.second)
		return -EBADMSG;
	err = finish_last(disk, &layout, block);
	return err ? err : write_table(disk, copy, &layout, block);
}

/**
 * table_replace() - write a table to a disk
 * @disk: the disk, open for writing
 * @copy: from table_copy(), with another table in it
 *
 * A table is two blocks at least, header and entries, and no disk writes two at
 * once. Whoever reads it takes the first header and the entries that it points
 * to; Linux alone, when they do not fit each other, takes nothing for a table.
 * So the second table is written first, header and entries, while the first one
 * is as it was. Then one block changes, the first header: it points to the
 * entries of the second table. Now the first ones belong to nobody and are
 * written, and at last the header points to them again.
 *
 * Return: 0 or a negative errno value. In any case the disk has the old table
 * or the new one.
 */
int table_replace(const struct blockdev *disk, int copy)
{
	const struct blockdev from = as_disk(copy, disk);
	uint8_t *block = malloc(disk->block);
	int err;

	if (!block)
		return -ENOMEM;
	err = replace(disk, &from, block);
	free(block);
	return err;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copies of a partition table, from a disk into memory and back.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/uuid.h"
#include "efi/gpt.h"
#include "install/gpt-table.h"

/* Time for another program to finish writing its table. */
#define WAIT_US		100000

/**
 * struct layout - layout of a disk
 * @last: last block, which has the second header
 * @entries: number of blocks that the entries of one table take
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
	/*
	 * Blocks of both tables: the protective MBR, two headers, twice the
	 * entries.
	 */
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

static size_t state_size(const struct blockdev *disk, uint64_t entries)
{
	return 2 * (1 + entries) * disk->block;
}

static int read_tables(const struct blockdev *disk,
		       const struct layout *layout, uint8_t *bytes)
{
	size_t len = (1 + layout->entries) * disk->block;
	int err = blockdev_read(disk, GPT_PRIMARY * disk->block, bytes, len);

	return err ? err : blockdev_read(disk, layout->second * disk->block,
					 bytes + len, len);
}

/*
 * Read both tables. The first header must be sound. @state receives memory,
 * which the caller frees.
 */
static int read_state(const struct blockdev *disk, struct table_state *state,
		      struct gpt_header *header, struct layout *layout)
{
	uint8_t *bytes = malloc(disk->block), *more;
	int err = bytes ? 0 : -ENOMEM;

	if (!err)
		err = read_header(disk, GPT_PRIMARY, bytes, header);
	if (!err)
		err = find_layout(layout, disk, header);
	/*
	 * If a program put the entries elsewhere, it may have put something
	 * else into the usual place.
	 */
	if (!err && header->entries != GPT_ENTRIES &&
	    header->entries != layout->second)
		err = -EMEDIUMTYPE;
	if (!err) {
		more = realloc(bytes, state_size(disk, layout->entries));
		err = more ? 0 : -ENOMEM;
		bytes = more ? more : bytes;
	}
	if (!err)
		err = read_tables(disk, layout, bytes);
	/* Another program may have changed the header since the first read. */
	if (!err && (!gpt_read(header, bytes, disk->block) ||
		     (header->entries != GPT_ENTRIES &&
		      header->entries != layout->second) ||
		     header->entries_size > layout->entries * disk->block))
		err = -ESTALE;
	if (err) {
		free(bytes);
		return err;
	}
	*state = (struct table_state) { bytes, layout->entries };
	return 0;
}

/* Return the entries to which the first header points. */
static const uint8_t *entries_of(const struct table_state *state,
				 const struct blockdev *disk,
				 const struct gpt_header *header)
{
	return state->bytes + disk->block * (header->entries == GPT_ENTRIES ?
					     1 : 1 + state->entries);
}

/*
 * Write the first table to the copy, with the entries in the usual place even if
 * the disk has them elsewhere.
 */
static int fill_copy(const struct blockdev *copy, const struct blockdev *disk,
		     struct table_state *state)
{
	const uint8_t *entries;
	struct gpt_header header;
	struct layout layout;
	uint8_t *block;
	int err;

	err = read_state(disk, state, &header, &layout);
	if (err)
		return err;
	entries = entries_of(state, disk, &header);
	if (!gpt_entries_sound(&header, entries))
		return -EILSEQ;
	if (!gpt_fits(&header, entries,
		      GPT_ENTRIES + layout.entries, layout.second - 1))
		return -EUCLEAN;
	block = malloc(disk->block);
	if (!block)
		return -ENOMEM;
	memcpy(block, state->bytes, disk->block);
	gpt_move_entries(block, GPT_ENTRIES);
	/*
	 * The header may allow partitions in the place of a table: set the
	 * limits that suit this disk.
	 */
	gpt_bound(block, GPT_ENTRIES + layout.entries, layout.second - 1);
	err = copy_blocks(copy, 0, disk, 0, 1);
	if (!err)
		err = blockdev_write(copy, GPT_PRIMARY * disk->block, block,
				     disk->block);
	if (!err)
		err = blockdev_write(copy, GPT_ENTRIES * disk->block, entries,
				     layout.entries * disk->block);
	free(block);
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
 * @copy: receives a file descriptor, which the caller closes; unchanged after
 *	an error. The file is as large as the disk, and empty except for the
 *	table
 * @state: receives both tables, for table_replace(); free it even after an error
 *
 * The function does not check the second table, because each change writes it.
 *
 * Return: 0 or a negative errno value; -EBADMSG: there is no table, or it is
 * damaged; -EILSEQ: its entries are damaged; -EMEDIUMTYPE: its entries are at
 * an unusual place; -EUCLEAN: a partition overlaps the tables; -ESTALE: another
 * program is writing a table.
 */
int table_copy(const struct blockdev *disk, int *copy,
	       struct table_state *state)
{
	struct blockdev target;
	int fd, err = 0;

	*state = (struct table_state) { 0 };
	fd = memfd_create("partition table", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, disk->size))
		err = -errno;
	target = as_disk(fd, disk);
	if (!err)
		err = fill_copy(&target, disk, state);
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
	/*
	 * If the disk has grown, its last block has no header: that is no sign
	 * of an interrupted change.
	 */
	if (first.other != layout.last)
		return false;
	return read_header(disk, layout.last, block, &second) ||
	       second.entries_sum != first.entries_sum ||
	       !same_blocks(disk, first.entries, layout.second,
			    layout.entries);
}

/**
 * table_is_torn() - is a change of a table incomplete?
 * @disk: the disk
 *
 * Return: true: there is a table, but its two copies differ, or the second
 * entries are in use; false also if the first header is not readable, or the
 * disk has grown.
 */
bool table_is_torn(const struct blockdev *disk)
{
	uint8_t *block = malloc(disk->block);
	bool torn = block && is_torn(disk, block);

	free(block);
	return torn;
}

/**
 * struct step - a write of a table, in progress
 * @disk: the disk
 * @layout: layout of the disk
 * @now: both tables as the disk must have them now, laid out as in struct
 *	table_state
 * @wrote_second: this process has written the second table
 */
struct step {
	const struct blockdev *disk;
	struct layout layout;
	uint8_t *now;
	bool wrote_second;
};

static uint8_t *second_of(const struct step *step)
{
	return step->now + (1 + step->layout.entries) * step->disk->block;
}

/* Check that no other program has changed any block of the tables. */
static int check_now(const struct step *step)
{
	size_t len = state_size(step->disk, step->layout.entries);
	uint8_t *bytes = malloc(len);
	int err = bytes ? 0 : -ENOMEM;

	if (!err)
		err = read_tables(step->disk, &step->layout, bytes);
	if (!err && memcmp(bytes, step->now, len))
		err = -ESTALE;
	free(bytes);
	return err;
}

/* Write some blocks of the tables, and wait until they are on the medium. */
static int write_blocks(struct step *step, uint64_t at, const uint8_t *bytes,
			uint64_t nr)
{
	uint32_t block = step->disk->block;
	uint8_t *to = at < step->layout.second ?
		      step->now + (at - GPT_PRIMARY) * block :
		      second_of(step) + (at - step->layout.second) * block;
	int err = check_now(step);

	if (!err)
		err = blockdev_write(step->disk, at * block, bytes, nr * block);
	if (err)
		return err;
	memmove(to, bytes, nr * block);
	return blockdev_sync(step->disk);
}

/*
 * Let the first header point to @entries. The header is one block. A disk writes
 * a block as a whole.
 */
static int put_first_header(struct step *step, uint8_t *header,
			    uint64_t entries)
{
	gpt_move_entries(header, entries);
	return write_blocks(step, GPT_PRIMARY, header, 1);
}

/*
 * Write the first entries, while the first header points to the second ones.
 * Then let the header point to the first ones again.
 */
static int put_first_entries(struct step *step, uint8_t *header)
{
	int err = write_blocks(step, GPT_ENTRIES, second_of(step),
			       step->layout.entries);

	return err ? err : put_first_header(step, header, GPT_ENTRIES);
}

/*
 * If the second entries are in use, an earlier change is incomplete: finish it.
 */
static int finish_last(struct step *step, uint8_t *header)
{
	struct gpt_header read;

	memcpy(header, step->now, step->disk->block);
	if (!gpt_read(&read, header, step->disk->block))
		return -EBADMSG;
	return read.entries == step->layout.second ?
	       put_first_entries(step, header) : 0;
}

/* Write both tables from @made, which is the changed copy. */
static int write_table(struct step *step, uint8_t *header,
		       const struct table_state *made)
{
	uint32_t block = step->disk->block;
	int err;

	err = write_blocks(step, step->layout.second,
			   made->bytes + (1 + made->entries) * block,
			   1 + made->entries);
	step->wrote_second = !err;
	memcpy(header, made->bytes, block);
	/* After this write, the new table counts. */
	if (!err)
		err = put_first_header(step, header, step->layout.second);
	/*
	 * The MBR of the disk stays. libfdisk's MBR lacks the flag that some
	 * machines need to start from a disk. If the disk has grown, only a
	 * size in the MBR is out of date.
	 */
	return err ? err : put_first_entries(step, header);
}

/*
 * Another program wrote the first table after this process wrote the second
 * one. Give that program time to finish, then copy its first table over the
 * second one. Copy nothing if its first table is not sound, or if it has
 * written the second one meanwhile.
 */
static int mend_second(const struct step *step)
{
	const struct blockdev *disk = step->disk;
	size_t len = (1 + step->layout.entries) * disk->block;
	struct table_state state = { 0 };
	struct gpt_header header;
	struct layout layout;
	uint8_t *second;
	int err;

	usleep(WAIT_US);
	err = read_state(disk, &state, &header, &layout);
	if (err == -EBADMSG || err == -EMEDIUMTYPE || err == -ESTALE)
		return 0;
	if (err)
		return err;
	second = state.bytes + len;
	if (layout.entries == step->layout.entries &&
	    header.entries == GPT_ENTRIES && header.other == layout.last &&
	    gpt_entries_sound(&header, state.bytes + disk->block) &&
	    !memcmp(second, second_of(step), len)) {
		gpt_make_second(state.bytes, layout.second);
		memcpy(second, state.bytes + disk->block, len - disk->block);
		memcpy(second + len - disk->block, state.bytes, disk->block);
		err = blockdev_write(disk, layout.second * disk->block, second,
				     len);
		if (!err)
			err = blockdev_sync(disk);
	}
	free(state.bytes);
	return err;
}

/*
 * Read the copy, which libfdisk has changed, and check it before it goes to the
 * disk. @made receives memory, which the caller frees.
 */
static int read_copy(const struct blockdev *copy, struct table_state *made,
		     uint64_t entries)
{
	struct gpt_header first, second;
	struct layout layout;
	const uint8_t *bytes;
	int err;

	err = read_state(copy, made, &first, &layout);
	if (err)
		return err;
	bytes = made->bytes + copy->block;
	if (layout.entries != entries || first.entries != GPT_ENTRIES ||
	    first.other != layout.last ||
	    !gpt_entries_sound(&first, bytes) ||
	    !gpt_fits(&first, bytes, GPT_ENTRIES + entries,
		      layout.second - 1) ||
	    !gpt_read(&second, made->bytes + (1 + 2 * entries) * copy->block,
		      copy->block) ||
	    second.at != layout.last || second.entries != layout.second ||
	    memcmp(bytes, bytes + entries * copy->block, entries * copy->block))
		return -EBADMSG;
	return 0;
}

static int replace_copy(struct step *step, const struct blockdev *copy,
			uint64_t entries)
{
	uint8_t *header = malloc(step->disk->block);
	struct table_state made = { 0 };
	int err = header ? 0 : -ENOMEM;

	if (!err)
		err = read_copy(copy, &made, entries);
	if (!err)
		err = finish_last(step, header);
	if (!err)
		err = write_table(step, header, &made);
	free(made.bytes);
	free(header);
	return err;
}

/**
 * table_replace() - write a table to a disk
 * @disk: the disk, open for writing
 * @copy: from table_copy(), with the new table in it; still belongs to the
 *	caller
 * @state: from table_copy()
 *
 * A table has at least two blocks, for the header and for the entries. A disk
 * may write one block and not the other. A reader takes the first header and
 * the entries to which it points. If these do not match, Linux ignores the
 * table, while other readers take the second one.
 *
 * So the function first writes the second table, header and entries, while the
 * first one is unchanged. Then it changes one block, the first header, which
 * now points to the entries of the second table. So the first entries are not
 * in use. The function writes them. Finally it lets the header point to them
 * again.
 *
 * Some programs that change tables ignore the lock of the disk. So right before
 * each step, the function checks that both tables are as it last read or wrote
 * them.
 *
 * Return: 0 or a negative errno value; -ESTALE: another program is writing a
 * table, and the disk has that table or will get it; -EBADMSG: libfdisk made a
 * table that is not sound. After any other error, the disk has the old table,
 * the new one, or another program's first table without the second.
 */
int table_replace(const struct blockdev *disk, int copy,
		  const struct table_state *state)
{
	size_t len = state_size(disk, state->entries);
	const struct blockdev from = as_disk(copy, disk);
	struct step step = { .disk = disk, .now = malloc(len) };
	struct gpt_header header;
	int err = -ENOMEM, failed = 0;

	if (step.now) {
		memcpy(step.now, state->bytes, len);
		err = gpt_read(&header, step.now, disk->block) ?
		      find_layout(&step.layout, disk, &header) : -EBADMSG;
		if (!err)
			err = replace_copy(&step, &from, state->entries);
		if (err == -ESTALE && step.wrote_second)
			failed = mend_second(&step);
	}
	free(step.now);
	return failed ? failed : err;
}

static bool is_mine(const struct table_entry *mine,
		    const struct gpt_header *header, const uint8_t *entries,
		    uint32_t block)
{
	struct gpt_entry entry;
	char uuid[UUID_WORDS], type[UUID_WORDS];

	if (!gpt_read_entry(&entry, header, entries, mine->number - 1))
		return false;
	return !strcmp(uuid_words(uuid, entry.uuid), mine->uuid) &&
	       !strcmp(uuid_words(type, entry.type), mine->type) &&
	       entry.first == mine->start / block &&
	       entry.last + 1 == (mine->start + mine->size) / block &&
	       gpt_is_free(header, entries, &entry, mine->number - 1);
}

/**
 * table_look() - check that a partition has not changed
 * @disk: its disk
 * @watch: the partition; the function updates its header
 *
 * Call this before each write to the partition: usually the function compares
 * only one block.
 *
 * Return: 0 or a negative errno value; -ESTALE: it has changed; -EMEDIUMTYPE:
 * the blocks of the disk have more than TABLE_BLOCK bytes.
 */
int table_look(const struct blockdev *disk, struct table_watch *watch)
{
	struct table_state state = { 0 };
	uint8_t block[TABLE_BLOCK];
	struct gpt_header header;
	struct layout layout;
	int err;

	if (disk->block > TABLE_BLOCK)
		return -EMEDIUMTYPE;
	err = blockdev_read(disk, GPT_PRIMARY * disk->block, block,
			    disk->block);
	if (err ||
	    (watch->known && !memcmp(block, watch->header, disk->block)))
		return err;
	err = read_state(disk, &state, &header, &layout);
	if (err == -EBADMSG || err == -EMEDIUMTYPE)
		err = -ESTALE;
	if (!err) {
		const uint8_t *entries = entries_of(&state, disk, &header);

		if (!gpt_entries_sound(&header, entries) ||
		    !is_mine(&watch->entry, &header, entries, disk->block))
			err = -ESTALE;
	}
	if (!err) {
		memcpy(watch->header, state.bytes, disk->block);
		watch->known = true;
	}
	free(state.bytes);
	return err;
}

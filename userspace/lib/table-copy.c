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
#include "uuidtext.h"

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

/* The header's block, and behind it the entries. */
static int read_state(const struct blockdev *disk, struct table_state *state,
		      struct gpt_header *header, struct layout *layout)
{
	uint8_t *block = malloc(disk->block), *bytes = NULL;
	int err = block ? 0 : -ENOMEM;

	if (!err)
		err = read_header(disk, GPT_PRIMARY, block, header);
	if (!err)
		err = find_layout(layout, disk, header);
	/* Who put them elsewhere may have something in their place. */
	if (!err && header->entries != GPT_ENTRIES &&
	    header->entries != layout->second)
		err = -EMEDIUMTYPE;
	if (!err) {
		bytes = realloc(block, (1 + layout->entries) * disk->block);
		err = bytes ? 0 : -ENOMEM;
	}
	if (!err) {
		block = bytes;
		err = blockdev_read(disk, header->entries * disk->block,
				    block + disk->block,
				    layout->entries * disk->block);
	}
	if (err) {
		free(block);
		return err;
	}
	*state = (struct table_state) { block, layout->entries };
	return 0;
}

/* The copy has its entries where they belong, wherever the disk has them. */
static int fill_copy(const struct blockdev *copy, const struct blockdev *disk,
		     struct table_state *state)
{
	struct gpt_header header;
	struct layout layout;
	uint8_t *block;
	int err;

	err = read_state(disk, state, &header, &layout);
	if (err)
		return err;
	if (!gpt_entries_sound(&header, state->bytes + disk->block))
		return -EILSEQ;
	if (!gpt_fits(&header, state->bytes + disk->block,
		      GPT_ENTRIES + layout.entries, layout.second - 1))
		return -EUCLEAN;
	block = malloc(disk->block);
	if (!block)
		return -ENOMEM;
	memcpy(block, state->bytes, disk->block);
	gpt_move_entries(block, GPT_ENTRIES);
	/* What the header says of room for partitions is anybody's word. */
	gpt_bound(block, GPT_ENTRIES + layout.entries, layout.second - 1);
	err = copy_blocks(copy, 0, disk, 0, 1);
	if (!err)
		err = blockdev_write(copy, GPT_PRIMARY * disk->block, block,
				     disk->block);
	if (!err)
		err = blockdev_write(copy, GPT_ENTRIES * disk->block,
				     state->bytes + disk->block,
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
 * @copy: receives a file descriptor of something as large as the disk, and
 *	empty but for the table
 * @state: receives the table, for table_replace(); to be freed whatever is
 *	returned
 *
 * The second table is not looked at: each change writes it.
 *
 * Return: 0 or a negative errno value; -EBADMSG: there is no table, or it is
 * damaged; -EILSEQ: its entries are damaged; -EMEDIUMTYPE: its entries are at an unusual place; -EUCLEAN: a
 * partition is where the tables are.
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

/**
 * struct step - a table that is being written
 * @disk: the disk
 * @layout: of it
 * @header: the first header, as it must be on the disk now
 */
struct step {
	const struct blockdev *disk;
	struct layout layout;
	uint8_t *header;
};

static int has_header(const struct step *step)
{
	uint8_t *now = malloc(step->disk->block);
	int err = -ENOMEM;

	if (now)
		err = blockdev_read(step->disk, GPT_PRIMARY * step->disk->block,
				    now, step->disk->block);
	if (!err && memcmp(now, step->header, step->disk->block))
		err = -ESTALE;
	free(now);
	return err;
}

/* And the entries as well, where the header says that they are. */
static int has_table(const struct step *step, const uint8_t *entries)
{
	size_t len = step->layout.entries * step->disk->block;
	struct gpt_header header;
	uint8_t *now = NULL;
	int err = has_header(step);

	if (!err && !gpt_read(&header, step->header, step->disk->block))
		err = -EBADMSG;
	if (!err) {
		now = malloc(len);
		err = now ? blockdev_read(step->disk, header.entries *
					  step->disk->block, now, len) :
			    -ENOMEM;
	}
	if (!err && memcmp(now, entries, len))
		err = -ESTALE;
	free(now);
	return err;
}

/* One block, which a disk writes as a whole, in place of the one before. */
static int put_first_header(struct step *step, uint64_t entries)
{
	int err = has_header(step);

	if (err)
		return err;
	gpt_move_entries(step->header, entries);
	err = blockdev_write(step->disk, GPT_PRIMARY * step->disk->block,
			     step->header, step->disk->block);
	return err ? err : blockdev_sync(step->disk);
}

/* The first header points to the second entries: give it its own. */
static int put_first_entries(struct step *step, const uint8_t *entries)
{
	const struct blockdev *disk = step->disk;
	int err = has_table(step, entries);

	if (!err)
		err = blockdev_write(disk, GPT_ENTRIES * disk->block, entries,
				     step->layout.entries * disk->block);
	if (!err)
		err = blockdev_sync(disk);
	return err ? err : put_first_header(step, GPT_ENTRIES);
}

/* What was interrupted left the second entries in use. */
static int finish_last(struct step *step, const uint8_t *entries)
{
	struct gpt_header header;

	if (!gpt_read(&header, step->header, step->disk->block))
		return -EBADMSG;
	return header.entries == step->layout.second ?
	       put_first_entries(step, entries) : 0;
}

static int write_table(struct step *step, const struct blockdev *copy,
		       const uint8_t *old_entries, uint8_t *entries)
{
	const struct blockdev *disk = step->disk;
	uint8_t *header = malloc(disk->block);
	struct gpt_header read;
	int err = header ? 0 : -ENOMEM;

	if (!err)
		err = put_blocks(disk, step->layout.second, copy,
				 step->layout.second,
				 step->layout.entries + 1);
	if (!err)
		err = read_header(copy, GPT_PRIMARY, header, &read);
	if (!err)
		err = blockdev_read(copy, GPT_ENTRIES * disk->block, entries,
				    step->layout.entries * disk->block);
	if (!err)
		err = has_table(step, old_entries);
	/* From here on the new table is the one that counts. */
	if (!err) {
		gpt_move_entries(header, step->layout.second);
		err = blockdev_write(disk, GPT_PRIMARY * disk->block, header,
				     disk->block);
	}
	if (!err) {
		memcpy(step->header, header, disk->block);
		err = blockdev_sync(disk);
	}
	free(header);
	/*
	 * The MBR stays: libfdisk makes a new one, without the flag that some
	 * machines want to start from a disk, and only a size is out of date if
	 * the disk has grown.
	 */
	return err ? err : put_first_entries(step, entries);
}

/*
 * Somebody else has the first table now, and our second one is beside it: give
 * the disk a second one that is the same as the first.
 */
static int mend_second(const struct blockdev *disk)
{
	struct table_state state = { 0 };
	struct gpt_header header;
	struct layout layout;
	int err;

	err = read_state(disk, &state, &header, &layout);
	if (!err && (header.entries != GPT_ENTRIES ||
		     header.other != layout.last ||
		     !gpt_entries_sound(&header, state.bytes + disk->block)))
		err = -EBADMSG;
	if (!err)
		err = blockdev_write(disk, layout.second * disk->block,
				     state.bytes + disk->block,
				     layout.entries * disk->block);
	if (!err) {
		gpt_make_second(state.bytes, layout.second);
		err = blockdev_write(disk, layout.last * disk->block,
				     state.bytes, disk->block);
	}
	free(state.bytes);
	return err ? err : blockdev_sync(disk);
}

/* The copy is whatever libfdisk made of it: look before it is on the disk. */
static int check_copy(const struct blockdev *copy, struct layout *layout,
		      const struct table_state *state)
{
	struct gpt_header first, second;
	struct table_state made = { 0 };
	uint8_t *block = malloc(copy->block);
	int err = block ? 0 : -ENOMEM;

	if (!err)
		err = read_state(copy, &made, &first, layout);
	if (!err)
		err = read_header(copy, layout->last, block, &second);
	if (!err && (first.entries != GPT_ENTRIES ||
		     second.entries != layout->second ||
		     layout->entries != state->entries ||
		     !gpt_entries_sound(&first, made.bytes + copy->block) ||
		     !gpt_fits(&first, made.bytes + copy->block,
			       GPT_ENTRIES + layout->entries,
			       layout->second - 1)))
		err = -EBADMSG;
	free(made.bytes);
	free(block);
	return err;
}

static int replace(struct step *step, const struct blockdev *copy,
		   const struct table_state *state)
{
	const uint8_t *old_entries = state->bytes + step->disk->block;
	uint8_t *entries = malloc(state->entries * step->disk->block);
	int err = entries ? 0 : -ENOMEM;

	if (!err)
		err = check_copy(copy, &step->layout, state);
	if (!err)
		err = has_table(step, old_entries);
	if (!err)
		err = finish_last(step, old_entries);
	if (!err)
		err = write_table(step, copy, old_entries, entries);
	free(entries);
	return err;
}

/**
 * table_replace() - write a table to a disk
 * @disk: the disk, open for writing
 * @copy: from table_copy(), with another table in it
 * @state: from table_copy()
 *
 * A table is two blocks at least, header and entries, and no disk writes two at
 * once. Whoever reads it takes the first header and the entries that it points
 * to; Linux alone, when they do not fit each other, takes nothing for a table.
 * So the second table is written first, header and entries, while the first one
 * is as it was. Then one block changes, the first header: it points to the
 * entries of the second table. Now the first ones belong to nobody and are
 * written, and at last the header points to them again.
 *
 * Not everybody who changes tables takes the lock of the disk. So the first
 * header is compared with what it must be right before each step.
 *
 * Return: 0 or a negative errno value; -ESTALE: the disk has another table than
 * table_copy() found, and keeps it. Otherwise the disk has the old table or the
 * new one.
 */
int table_replace(const struct blockdev *disk, int copy,
		  const struct table_state *state)
{
	const struct blockdev from = as_disk(copy, disk);
	struct step step = { .disk = disk, .header = malloc(disk->block) };
	int err = step.header ? 0 : -ENOMEM;

	if (!err) {
		memcpy(step.header, state->bytes, disk->block);
		err = replace(&step, &from, state);
	}
	free(step.header);
	/* If that fails, it is the second table alone that is not right. */
	if (err == -ESTALE)
		mend_second(disk);
	return err;
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
 * table_look() - make sure that a partition is still what it was
 * @disk: its disk
 * @watch: the partition
 *
 * To be called before each write to it: most often one block is compared.
 *
 * Return: 0 or a negative errno value; -ESTALE: it is not.
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
	if (err || !memcmp(block, watch->header, disk->block))
		return err;
	err = read_state(disk, &state, &header, &layout);
	if (err == -EBADMSG || err == -EMEDIUMTYPE)
		err = -ESTALE;
	if (!err && (!gpt_entries_sound(&header, state.bytes + disk->block) ||
		     !is_mine(&watch->entry, &header,
			      state.bytes + disk->block, disk->block)))
		err = -ESTALE;
	if (!err)
		memcpy(watch->header, state.bytes, disk->block);
	free(state.bytes);
	return err;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libFuzzer target: the partition table of a disk, the table that replaces it, and another
 * program that writes a table meanwhile. If the disk had a sound table, it has one at each
 * moment. Only the tables change.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/interrupt.h"
#include "efi/gpt.h"
#include "install/gpt-table.h"
#include "shared/bytes.h"
#include "must.h"

#define BLOCK		512u
#define BLOCKS		96u
#define LAST		(BLOCKS - 1)
#define ENTRY		128u
#define ENTRIES		64u
#define ENTRY_BLOCKS	(ENTRIES * ENTRY / BLOCK)
#define SECOND		(LAST - ENTRY_BLOCKS)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t disk_bytes[BLOCKS * BLOCK], before[BLOCKS * BLOCK],
	       others[BLOCKS * BLOCK];
static struct blockdev disk = {
	.path = "disk", .fd = -1, .size = sizeof(disk_bytes), .block = BLOCK,
};

/**
 * struct state - the state of one run
 * @data: the rest of the input
 * @size: bytes of @data
 * @was_sound: the disk had a sound first table
 * @syncs: syncs until the other program writes a table; 0: no write is left
 * @other: the other program has written a table
 */
static struct {
	const uint8_t *data;
	size_t size;
	bool was_sound;
	unsigned int syncs;
	bool other;
} state;

static unsigned int take(void)
{
	if (!state.size)
		return 0;
	state.size--;
	return *state.data++;
}

static bool is_sound(const uint8_t *bytes)
{
	struct gpt_header header;

	return gpt_read(&header, bytes + GPT_PRIMARY * BLOCK, BLOCK) &&
	       header.at == GPT_PRIMARY && header.entries < BLOCKS &&
	       header.entries_size <= (BLOCKS - header.entries) * BLOCK &&
	       gpt_entries_sound(&header, bytes + header.entries * BLOCK);
}

/* The disk is in memory. Copies of tables are files. */

int blockdev_read(const struct blockdev *from, uint64_t offset, void *buf,
		  size_t len)
{
	if (from->fd >= 0)
		return pread(from->fd, buf, len, offset) == (ssize_t)len ?
		       0 : -ENXIO;
	if (offset > sizeof(disk_bytes) || len > sizeof(disk_bytes) - offset)
		return -ENXIO;
	memcpy(buf, disk_bytes + offset, len);
	return 0;
}

int blockdev_write(const struct blockdev *to, uint64_t offset,
		   const void *buf, size_t len)
{
	if (to->fd >= 0)
		return pwrite(to->fd, buf, len, offset) == (ssize_t)len ?
		       0 : -EIO;
	must(offset <= sizeof(disk_bytes) &&
	     len <= sizeof(disk_bytes) - offset, "the write is on the disk");
	must(offset >= BLOCK, "the boot record stays");
	must(offset + len <= (GPT_ENTRIES + ENTRY_BLOCKS) * BLOCK ||
	     offset >= SECOND * BLOCK, "nothing but tables is written");
	memcpy(disk_bytes + offset, buf, len);
	must(!state.was_sound || is_sound(disk_bytes),
	     "there is a sound table at each moment");
	return 0;
}

int blockdev_sync(const struct blockdev *on)
{
	if (on->fd < 0 && state.syncs && !--state.syncs) {
		memcpy(disk_bytes, others, sizeof(others));
		state.other = true;
	}
	return 0;
}

static void seal(uint8_t *bytes, uint64_t at, uint64_t entries)
{
	uint8_t *header = bytes + at * BLOCK;

	put_le32(header + 88, crc32(0, bytes + entries * BLOCK,
				    ENTRIES * ENTRY));
	put_le32(header + 16, 0);
	put_le32(header + 16, crc32(0, header, GPT_HEADER_SIZE));
}

static void put_header(uint8_t *bytes, uint64_t at, uint64_t other,
		       uint64_t entries)
{
	uint8_t *header = bytes + at * BLOCK;

	memcpy(header, "EFI PART\0\0\1\0", 12);
	put_le32(header + 12, GPT_HEADER_SIZE);
	put_le64(header + 24, at);
	put_le64(header + 32, other);
	put_le64(header + 40, GPT_ENTRIES + ENTRY_BLOCKS);
	put_le64(header + 48, SECOND - 1);
	put_le64(header + 72, entries);
	put_le32(header + 80, ENTRIES);
	put_le32(header + 84, ENTRY);
	seal(bytes, at, entries);
}

/* Make a sound table with partitions from the input. */
static void make_table(uint8_t *bytes)
{
	unsigned int i, nr = take() % 8;
	uint8_t *entry = bytes + GPT_ENTRIES * BLOCK;

	memset(entry, 0, ENTRIES * ENTRY);
	for (i = 0; i < nr; i++, entry += ENTRY) {
		memset(entry, 1 + take() % 3, 16);
		memset(entry + 16, take(), 16);
		put_le64(entry + 32, take());
		put_le64(entry + 40, take());
	}
	memcpy(bytes + SECOND * BLOCK, bytes + GPT_ENTRIES * BLOCK,
	       ENTRIES * ENTRY);
	put_header(bytes, GPT_PRIMARY, LAST, GPT_ENTRIES);
	put_header(bytes, LAST, GPT_PRIMARY, SECOND);
}

/* Change bytes of a header and correct its checksums, or change any bytes. */
static void spoil(uint8_t *bytes)
{
	unsigned int nr = take() % 4, where, at;

	for (; nr; nr--) {
		where = take() % 4;
		at = take() | take() << 8;
		switch (where) {
		case 0:
			bytes[BLOCK + at % GPT_HEADER_SIZE] = take();
			seal(bytes, GPT_PRIMARY, GPT_ENTRIES);
			break;
		case 1:
			bytes[LAST * BLOCK + at % GPT_HEADER_SIZE] = take();
			seal(bytes, LAST, SECOND);
			break;
		default:
			bytes[at % (BLOCKS * BLOCK)] = take();
		}
	}
}

static void try_replace(int copy, const struct table_state *was)
{
	static uint8_t made[BLOCKS * BLOCK];
	unsigned int i;
	int err;

	must(pread(copy, made, sizeof(made), 0) == sizeof(made), "pread");
	make_table(made);
	spoil(made);
	must(pwrite(copy, made, sizeof(made), 0) == sizeof(made), "pwrite");
	memcpy(others, before, sizeof(others));
	make_table(others);
	state.syncs = take() % 8;
	state.was_sound = is_sound(disk_bytes);
	err = table_replace(&disk, copy, was);
	if (!err)
		must(!memcmp(disk_bytes + GPT_ENTRIES * BLOCK,
			     made + GPT_ENTRIES * BLOCK, ENTRIES * ENTRY) ||
		     state.other, "the new table is there");
	if (err == -ESTALE)
		must(state.other && !memcmp(disk_bytes + BLOCK, others + BLOCK,
					    (1 + ENTRY_BLOCKS) * BLOCK),
		     "the other's table is there");
	for (i = GPT_ENTRIES + ENTRY_BLOCKS; i < SECOND; i++)
		must(!memcmp(disk_bytes + i * BLOCK, before + i * BLOCK,
			     BLOCK), "nothing else changes");
}

static void try_look(void)
{
	struct table_watch watch = {
		.entry = { .number = 1 + take() % 8, .size = BLOCK },
	};
	int err = table_look(&disk, &watch);

	must(err <= 0, "an error or none");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct table_state was = { 0 };
	unsigned int i;
	int copy = -1;

	memset(&state, 0, sizeof(state));
	state.data = data;
	state.size = size;
	for (i = 0; i < sizeof(disk_bytes); i++)
		disk_bytes[i] = i / BLOCK;
	make_table(disk_bytes);
	spoil(disk_bytes);
	memcpy(before, disk_bytes, sizeof(before));
	try_look();
	if (!table_copy(&disk, &copy, &was))
		try_replace(copy, &was);
	free(was.bytes);
	if (copy >= 0)
		close(copy);
	table_is_torn(&disk);
	return 0;
}

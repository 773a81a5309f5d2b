// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <string.h>
#include <zlib.h>

#include "efi/gpt.h"
#include "shared/bytes.h"

#define SIGNATURE	"EFI PART"
#define SIGNATURE_SIZE	8
#define HEADER_SIZE_AT	12
#define CHECKSUM_AT	16
#define MY_LBA_AT	24
#define OTHER_LBA_AT	32
#define FIRST_USABLE_AT	40
#define LAST_USABLE_AT	48
#define ENTRIES_AT	72
#define NR_ENTRIES_AT	80
#define ENTRY_SIZE_AT	84
#define ENTRIES_SUM_AT	88
/* The usual table has 128 entries of 128 bytes. */
#define MOST_ENTRIES	(1u << 20)

#define TYPE_SIZE	16
#define UUID_AT		16
#define UUID_SIZE	16
#define FIRST_AT	32
#define LAST_AT		40
#define LEAST_ENTRY	128

/* As if its own place held a zero. */
static uint32_t header_checksum(const uint8_t *block, size_t size)
{
	static const uint8_t zero[sizeof(uint32_t)];
	size_t behind = CHECKSUM_AT + sizeof(zero);
	uint32_t sum = crc32(0, block, CHECKSUM_AT);

	sum = crc32(sum, zero, sizeof(zero));
	return crc32(sum, block + behind, size - behind);
}

/**
 * gpt_read() - read a header
 * @header: receives what it says
 * @block: the block of the disk that has it
 * @size: bytes of a block
 *
 * Return: false: it is none, or it is damaged. Whether the entries are, is not
 * looked at.
 */
bool gpt_read(struct gpt_header *header, const uint8_t *block, size_t size)
{
	uint32_t used, bytes;

	if (size < GPT_HEADER_SIZE || memcmp(block, SIGNATURE, SIGNATURE_SIZE))
		return false;
	used = get_le32(block + HEADER_SIZE_AT);
	if (used < GPT_HEADER_SIZE || used > size ||
	    get_le32(block + CHECKSUM_AT) != header_checksum(block, used))
		return false;
	if (get_le32(block + ENTRY_SIZE_AT) < LEAST_ENTRY ||
	    __builtin_mul_overflow(get_le32(block + NR_ENTRIES_AT),
				   get_le32(block + ENTRY_SIZE_AT), &bytes) ||
	    !bytes || bytes > MOST_ENTRIES)
		return false;
	header->at = get_le64(block + MY_LBA_AT);
	header->other = get_le64(block + OTHER_LBA_AT);
	header->entries = get_le64(block + ENTRIES_AT);
	header->entry_size = get_le32(block + ENTRY_SIZE_AT);
	header->entries_size = bytes;
	header->entries_sum = get_le32(block + ENTRIES_SUM_AT);
	return true;
}

static void seal_header(uint8_t *block)
{
	put_le32(block + CHECKSUM_AT,
		 header_checksum(block, get_le32(block + HEADER_SIZE_AT)));
}

/**
 * gpt_move_entries() - say that the entries are elsewhere
 * @block: a header that gpt_read() has taken
 * @entries: their first block
 */
void gpt_move_entries(uint8_t *block, uint64_t entries)
{
	put_le64(block + ENTRIES_AT, entries);
	seal_header(block);
}

/**
 * gpt_make_second() - make the second header of the first one
 * @block: a header that gpt_read() has taken
 * @entries: first block of the second entries
 */
void gpt_make_second(uint8_t *block, uint64_t entries)
{
	uint64_t at = get_le64(block + MY_LBA_AT);

	put_le64(block + MY_LBA_AT, get_le64(block + OTHER_LBA_AT));
	put_le64(block + OTHER_LBA_AT, at);
	gpt_move_entries(block, entries);
}

/**
 * gpt_bound() - let no partition be made where the tables are
 * @block: a header that gpt_read() has taken
 * @first: first block that a partition may have
 * @last: last block
 */
void gpt_bound(uint8_t *block, uint64_t first, uint64_t last)
{
	if (get_le64(block + FIRST_USABLE_AT) < first)
		put_le64(block + FIRST_USABLE_AT, first);
	if (get_le64(block + LAST_USABLE_AT) > last)
		put_le64(block + LAST_USABLE_AT, last);
	seal_header(block);
}

/**
 * gpt_entries_sound() - whether entries are those that a header means
 * @header: the header
 * @entries: as many bytes as it says
 */
bool gpt_entries_sound(const struct gpt_header *header, const uint8_t *entries)
{
	return crc32(0, entries, header->entries_size) == header->entries_sum;
}

/* Of the first three fields, the text has the last byte first. */
static void read_uuid(uint8_t *uuid, const uint8_t *p)
{
	static const uint8_t order[UUID_SIZE] = {
		3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15,
	};
	size_t i;

	for (i = 0; i < UUID_SIZE; i++)
		uuid[i] = p[order[i]];
}

/**
 * gpt_read_entry() - read an entry
 * @entry: receives it
 * @header: from gpt_read()
 * @entries: all entries
 * @index: of the entry, from 0
 *
 * Return: false: there is no partition.
 */
bool gpt_read_entry(struct gpt_entry *entry, const struct gpt_header *header,
		    const uint8_t *entries, uint32_t index)
{
	const uint8_t *p;

	if (index >= header->entries_size / header->entry_size)
		return false;
	p = entries + (size_t)index * header->entry_size;
	if (all_zero(p, TYPE_SIZE))
		return false;
	read_uuid(entry->type, p);
	read_uuid(entry->uuid, p + UUID_AT);
	entry->first = get_le64(p + FIRST_AT);
	entry->last = get_le64(p + LAST_AT);
	return true;
}

/**
 * gpt_fits() - whether all partitions are where partitions may be
 * @header: from gpt_read()
 * @entries: all entries
 * @first: first block that a partition may have
 * @last: last block
 */
bool gpt_fits(const struct gpt_header *header, const uint8_t *entries,
	      uint64_t first, uint64_t last)
{
	uint32_t i, nr = header->entries_size / header->entry_size;
	struct gpt_entry entry;

	for (i = 0; i < nr; i++)
		if (gpt_read_entry(&entry, header, entries, i) &&
		    (entry.first > entry.last || entry.first < first ||
		     entry.last > last))
			return false;
	return true;
}

/**
 * gpt_is_free() - whether no other partition has any of some blocks
 * @header: from gpt_read()
 * @entries: all entries
 * @range: the blocks
 * @index: of the entry that may have them, from 0
 */
bool gpt_is_free(const struct gpt_header *header, const uint8_t *entries,
		 const struct gpt_entry *range, uint32_t index)
{
	uint32_t i, nr = header->entries_size / header->entry_size;
	struct gpt_entry entry;

	for (i = 0; i < nr; i++)
		if (i != index && gpt_read_entry(&entry, header, entries, i) &&
		    entry.first <= range->last && range->first <= entry.last)
			return false;
	return true;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The bytes of a GUID partition table, as the UEFI specification defines them.
 *
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
/* The most bytes of all entries. Usual tables have 128 entries of 128 bytes. */
#define MAX_ENTRIES_SIZE (1u << 20)

#define TYPE_SIZE	16
#define UUID_AT		16
#define FIRST_AT	32
#define LAST_AT		40
#define LEAST_ENTRY	128

/* Compute the checksum of a header with zeroes in place of the checksum. */
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
 * @header: receives the header
 * @block: the block of the disk that has it
 * @size: bytes of a block
 *
 * This function does not check the entries: see gpt_entries_sound().
 *
 * Return: false: this is no header, or a damaged one, or it has no entries, or too
 * many or too small ones.
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
	    !bytes || bytes > MAX_ENTRIES_SIZE)
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
 * gpt_move_entries() - change the place of the entries in a header
 * @block: a header that gpt_read() has accepted
 * @entries: their first block
 */
void gpt_move_entries(uint8_t *block, uint64_t entries)
{
	put_le64(block + ENTRIES_AT, entries);
	seal_header(block);
}

/**
 * gpt_make_second() - make the second header from the first one
 * @block: a header that gpt_read() has accepted
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
 * gpt_bound() - limit partitions to the blocks outside of the tables
 * @block: a header that gpt_read() has accepted
 * @first: first block that a partition may have
 * @last: last block that a partition may have
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
 * gpt_entries_sound() - are these the entries of a header?
 * @header: the header
 * @entries: as many bytes as the header says
 */
bool gpt_entries_sound(const struct gpt_header *header, const uint8_t *entries)
{
	return crc32(0, entries, header->entries_size) == header->entries_sum;
}

/**
 * gpt_read_entry() - read an entry
 * @entry: receives the entry
 * @header: from gpt_read()
 * @entries: all entries
 * @index: index of the entry, from 0
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
	get_guid(entry->type, p);
	get_guid(entry->uuid, p + UUID_AT);
	entry->first = get_le64(p + FIRST_AT);
	entry->last = get_le64(p + LAST_AT);
	return true;
}

/**
 * gpt_fits() - do all partitions lie within a range of blocks?
 * @header: from gpt_read()
 * @entries: all entries
 * @first: first block that a partition may have
 * @last: last block that a partition may have
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
 * gpt_is_free() - are some blocks free of other partitions?
 * @header: from gpt_read()
 * @entries: all entries
 * @range: the blocks
 * @index: the entry that may use them, from 0
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

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <string.h>
#include <zlib.h>

#include "../bytes.h"
#include "gpt.h"

#define SIGNATURE	"EFI PART"
#define SIGNATURE_SIZE	8
#define HEADER_SIZE_AT	12
#define CHECKSUM_AT	16
#define MY_LBA_AT	24
#define OTHER_LBA_AT	32
#define ENTRIES_AT	72
#define NR_ENTRIES_AT	80
#define ENTRY_SIZE_AT	84
#define ENTRIES_SUM_AT	88
/* The usual table has 128 entries of 128 bytes. */
#define MOST_ENTRIES	(1u << 20)

/* As if its own place held a zero. */
static uint32_t checksum(const uint8_t *block, size_t size)
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
	    get_le32(block + CHECKSUM_AT) != checksum(block, used))
		return false;
	if (__builtin_mul_overflow(get_le32(block + NR_ENTRIES_AT),
				   get_le32(block + ENTRY_SIZE_AT), &bytes) ||
	    !bytes || bytes > MOST_ENTRIES)
		return false;
	header->at = get_le64(block + MY_LBA_AT);
	header->other = get_le64(block + OTHER_LBA_AT);
	header->entries = get_le64(block + ENTRIES_AT);
	header->entries_size = bytes;
	header->entries_sum = get_le32(block + ENTRIES_SUM_AT);
	return true;
}

/**
 * gpt_move_entries() - say that the entries are elsewhere
 * @block: a header that gpt_read() has taken
 * @entries: their first block
 */
void gpt_move_entries(uint8_t *block, uint64_t entries)
{
	put_le64(block + ENTRIES_AT, entries);
	put_le32(block + CHECKSUM_AT,
		 checksum(block, get_le32(block + HEADER_SIZE_AT)));
}

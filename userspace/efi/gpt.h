/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A GUID partition table: the places of its entries and of its partitions. This
 * code does no I/O.
 *
 * libfdisk and libblkid make and read tables. This code is for a caller that
 * chooses the order in which it writes the parts of a table.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_GPT_H
#define VMFW_GPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Used bytes of a header, which has a block of its own. */
#define GPT_HEADER_SIZE	92
/* Places of the header and the entries of the first table, in blocks. */
#define GPT_PRIMARY	1
#define GPT_ENTRIES	2

/**
 * struct gpt_header - one of the two headers
 * @at: block of this header, according to the header
 * @other: block of the other header, according to the header
 * @entries: first block of the entries
 * @entry_size: bytes of an entry
 * @entries_size: bytes of all entries
 * @entries_sum: checksum of all entries
 */
struct gpt_header {
	uint64_t at;
	uint64_t other;
	uint64_t entries;
	uint32_t entry_size;
	uint32_t entries_size;
	uint32_t entries_sum;
};

/**
 * struct gpt_entry - a partition
 * @type: its type, in the byte order of its text
 * @uuid: its UUID, in the byte order of its text
 * @first: its first block
 * @last: its last block
 */
struct gpt_entry {
	uint8_t type[16];
	uint8_t uuid[16];
	uint64_t first;
	uint64_t last;
};

bool gpt_read(struct gpt_header *header, const uint8_t *block, size_t size);
void gpt_move_entries(uint8_t *block, uint64_t entries);
void gpt_make_second(uint8_t *block, uint64_t entries);
void gpt_bound(uint8_t *block, uint64_t first, uint64_t last);
bool gpt_entries_sound(const struct gpt_header *header, const uint8_t *entries);
bool gpt_read_entry(struct gpt_entry *entry, const struct gpt_header *header,
		    const uint8_t *entries, uint32_t index);
bool gpt_fits(const struct gpt_header *header, const uint8_t *entries,
	      uint64_t first, uint64_t last);
bool gpt_is_free(const struct gpt_header *header, const uint8_t *entries,
		 const struct gpt_entry *range, uint32_t index);

#endif /* VMFW_GPT_H */

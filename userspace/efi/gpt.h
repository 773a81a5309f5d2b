/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The header of a GUID partition table: where its entries are. Pure.
 *
 * Making and reading tables is for libfdisk and libblkid; this is for who must
 * know in which order a table may be written.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_GPT_H
#define VMFW_GPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a header that are in use, in a block of its own. */
#define GPT_HEADER_SIZE	92
/* Where the header and the entries of the first table are, in blocks. */
#define GPT_PRIMARY	1
#define GPT_ENTRIES	2

/**
 * struct gpt_header - one of the two headers
 * @at: block that it says it is in
 * @other: block that it says the other one is in
 * @entries: first block of the entries
 * @entries_size: bytes of all entries
 * @entries_sum: checksum of them
 */
struct gpt_header {
	uint64_t at;
	uint64_t other;
	uint64_t entries;
	uint32_t entries_size;
	uint32_t entries_sum;
};

bool gpt_read(struct gpt_header *header, const uint8_t *block, size_t size);
void gpt_move_entries(uint8_t *block, uint64_t entries);

#endif /* VMFW_GPT_H */

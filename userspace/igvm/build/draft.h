/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The draft of a new file: its headers are in memory, its data stays in its source.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_IGVM_DRAFT_H
#define VMFW_IGVM_DRAFT_H

#include "build/hobs.h"

/* The most pieces: the base's data, the list of parts, the parts. */
#define DRAFT_MAX_PIECES	(2 + VMFW_IGVM_MAX_PARTS)

/**
 * struct draft_piece - a piece of the file's data
 * @start: its place in the file
 * @end: the place after it
 * @read: reads its bytes
 * @arg: argument for @read
 * @offset: offset of its first byte for @read
 * @len: bytes that @read can read; zeroes follow
 */
struct draft_piece {
	uint64_t start;
	uint64_t end;
	int (*read)(void *arg, uint64_t offset, void *buf, size_t len);
	void *arg;
	uint64_t offset;
	uint64_t len;
};

/**
 * struct vmfw_igvm_draft - a file that is not written yet
 * @input: the file, for its readers
 * @head: all headers
 * @base: the file that it is made from, valid as long as the draft
 * @pieces: its data, without gaps
 * @nr_pieces: number of pieces
 * @hobs: one page, the list of parts
 * @parts: parts, in the order of their addresses
 * @nr_parts: number of parts
 */
struct vmfw_igvm_draft {
	struct vmfw_igvm_input input;
	uint8_t *head;
	const struct vmfw_igvm *base;
	struct draft_piece pieces[DRAFT_MAX_PIECES];
	size_t nr_pieces;
	uint8_t hobs[VMFW_IGVM_PAGE_SIZE];
	struct vmfw_igvm_part parts[VMFW_IGVM_MAX_PARTS];
	size_t nr_parts;
};

static inline uint64_t whole_pages(uint64_t size)
{
	return (size + VMFW_IGVM_PAGE_SIZE - 1) &
	       ~(uint64_t)(VMFW_IGVM_PAGE_SIZE - 1);
}

struct vmfw_igvm_draft *draft_new(const struct vmfw_igvm *base,
				  size_t head_size);
void draft_add(struct vmfw_igvm_draft *draft, const struct draft_piece *piece,
	       uint64_t size);
int draft_read_hobs(void *arg, uint64_t offset, void *buf, size_t len);
int draft_read_base(void *arg, uint64_t offset, void *buf, size_t len);
bool header_data_at(const struct vmfw_igvm_header *header, uint32_t *at);

#endif /* VMFW_IGVM_DRAFT_H */

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The draft of a new file. A kernel can have 100 MB, so a draft copies no data.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdlib.h>

#include "build/draft.h"

/**
 * header_data_at() - find the field with the offset of a header's data
 * @header: the header
 * @at: receives the offset of its field file_offset within the content
 *
 * Return: false: the header has no such field.
 */
bool header_data_at(const struct vmfw_igvm_header *header, uint32_t *at)
{
	const struct vmfw_igvm_field *fields;
	size_t i, nr;

	fields = vmfw_igvm_fields(header, &nr);
	for (i = 0; i < nr; i++) {
		if (strcmp(fields[i].name, "file_offset"))
			continue;
		*at = fields[i].at;
		return true;
	}
	return false;
}

/* Read from a piece, and zeroes after its end. */
static int read_piece(const struct draft_piece *piece, uint64_t offset,
		      uint8_t *buf, size_t len)
{
	size_t n = 0;
	int err = 0;

	if (offset < piece->len)
		n = len < piece->len - offset ? len : piece->len - offset;
	if (n)
		err = piece->read(piece->arg, piece->offset + offset, buf, n);
	memset(buf + n, 0, len - n);
	return err;
}

static int read_data(void *arg, uint64_t offset, void *buf, size_t len)
{
	const struct vmfw_igvm_draft *draft = arg;
	uint8_t *p = buf;
	size_t i;
	int err = 0;

	if (offset < draft->input.head_len) {
		size_t n = draft->input.head_len - offset;

		if (n > len)
			n = len;
		memcpy(p, draft->head + offset, n);
		p += n;
		offset += n;
		len -= n;
	}
	for (i = 0; !err && len && i < draft->nr_pieces; i++) {
		const struct draft_piece *piece = &draft->pieces[i];
		size_t n;

		if (offset >= piece->end)
			continue;
		n = len < piece->end - offset ? len : piece->end - offset;
		err = read_piece(piece, offset - piece->start, p, n);
		p += n;
		offset += n;
		len -= n;
	}
	return err ? err : len ? -EINVAL : 0;
}

/**
 * draft_new() - begin a file
 * @base: the file that the draft is made from
 * @head_size: bytes of all headers
 *
 * Return: the draft, which vmfw_igvm_draft_free() frees; NULL: no memory.
 */
struct vmfw_igvm_draft *draft_new(const struct vmfw_igvm *base,
				  size_t head_size)
{
	struct vmfw_igvm_draft *draft = calloc(1, sizeof(*draft));

	if (!draft)
		return NULL;
	draft->head = calloc(1, head_size);
	if (!draft->head) {
		free(draft);
		return NULL;
	}
	draft->base = base;
	draft->input = (struct vmfw_igvm_input) {
		.head = draft->head,
		.head_len = head_size,
		.size = head_size,
		.read = read_data,
		.arg = draft,
	};
	return draft;
}

/**
 * draft_add() - add data at the end
 * @draft: the file
 * @piece: the data; its @start and @end do not matter
 * @size: bytes in the file, at least as many as the piece has
 */
void draft_add(struct vmfw_igvm_draft *draft, const struct draft_piece *piece,
	       uint64_t size)
{
	struct draft_piece *added = &draft->pieces[draft->nr_pieces++];

	*added = *piece;
	added->start = draft->input.size;
	added->end = added->start + size;
	draft->input.size = added->end;
}

/**
 * draft_read_base() - read from the file that a draft is made from
 * @arg: the draft
 * @offset: place in that file
 * @buf: receives the bytes
 * @len: number of bytes
 *
 * Return: as input_read().
 */
int draft_read_base(void *arg, uint64_t offset, void *buf, size_t len)
{
	const struct vmfw_igvm_draft *draft = arg;

	return input_read(&draft->base->input, offset, buf, len);
}

/**
 * draft_read_hobs() - read the list of parts
 * @arg: the draft
 * @offset: place in the page
 * @buf: receives the bytes
 * @len: number of bytes
 *
 * Return: 0.
 */
int draft_read_hobs(void *arg, uint64_t offset, void *buf, size_t len)
{
	const struct vmfw_igvm_draft *draft = arg;

	memcpy(buf, draft->hobs + offset, len);
	return 0;
}

/**
 * vmfw_igvm_draft_input() - make a draft readable as a file
 * @draft: the file
 *
 * Its headers are in memory. Its data comes from the base and from the parts,
 * which the caller keeps as long as the draft. To write the file, read it from
 * its first byte to its last. To check or measure it, hand the returned input to
 * vmfw_igvm_check().
 *
 * Return: the file, valid as long as @draft. Its @read can read any place.
 */
const struct vmfw_igvm_input *
vmfw_igvm_draft_input(const struct vmfw_igvm_draft *draft)
{
	return &draft->input;
}

/**
 * vmfw_igvm_draft_parts() - the parts of a composed file's firmware
 * @draft: from vmfw_igvm_compose()
 * @nr: receives the number of parts
 *
 * Return: the parts with their addresses, in ascending order, valid as long as
 * @draft.
 */
const struct vmfw_igvm_part *
vmfw_igvm_draft_parts(const struct vmfw_igvm_draft *draft, size_t *nr)
{
	*nr = draft->nr_parts;
	return draft->parts;
}

/**
 * vmfw_igvm_draft_free() - free a draft
 * @draft: the draft, or NULL
 */
void vmfw_igvm_draft_free(struct vmfw_igvm_draft *draft)
{
	if (!draft)
		return;
	free(draft->head);
	free(draft);
}

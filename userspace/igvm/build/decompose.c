// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The base of a composed file. This code removes everything that compose.c added.
 * Then it composes the base again, to prove that it removed nothing else.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdlib.h>

#include "build/draft.h"

/**
 * struct decompose - a file to take apart
 * @igvm: the file
 * @why: receives the obstacle
 * @areas: the areas that the firmware reads
 * @parts: the parts
 * @nr_parts: number of parts
 * @run: index of the first of the headers that compose may have added directly
 *	in front of the parts
 * @first: index of the header of the parts' first page
 * @id_block: content of the ID block, or NULL
 * @removed: bytes of removed headers
 * @data_end: offset of the list of parts, which follows the base's data
 */
struct decompose {
	const struct vmfw_igvm *igvm;
	struct vmfw_igvm_obstacle *why;
	struct vmfw_igvm_rom_areas areas;
	struct vmfw_igvm_part parts[VMFW_IGVM_MAX_PARTS];
	size_t nr_parts;
	uint32_t run;
	uint32_t first;
	const uint8_t *id_block;
	uint64_t removed;
	uint64_t data_end;
};

static const char not_ours[] =
	"cannot restore the base: this image is not as compose writes it";

static bool is_page(const struct vmfw_igvm_header *header)
{
	return header->type == VMFW_IGVM_T_PAGE_DATA;
}

static bool is_within(const struct vmfw_igvm_header *header, uint64_t start,
		      uint64_t end)
{
	uint64_t gpa = get_le64(header->content);

	return gpa >= start && gpa < end;
}

static bool is_of_part(const struct decompose *decompose,
		       const struct vmfw_igvm_header *header)
{
	size_t i;

	for (i = 0; is_page(header) && i < decompose->nr_parts; i++) {
		const struct vmfw_igvm_part *part = &decompose->parts[i];

		if (is_within(header, part->gpa,
			      part->gpa + whole_pages(part->size)))
			return true;
	}
	return false;
}

static bool is_list(const struct decompose *decompose,
		    const struct vmfw_igvm_header *header)
{
	return is_page(header) &&
	       get_le64(header->content) == decompose->areas.hobs.start;
}

/* Does a header load a page of zeroes to the area for parameters? */
static bool is_no_parameters(const struct decompose *decompose,
			     const struct vmfw_igvm_header *header)
{
	return is_page(header) &&
	       all_zero(header->content + 12, PAGE_CONTENT_SIZE - 12) &&
	       is_within(header, decompose->areas.parameters.start,
			 decompose->areas.parameters.end);
}

/* Did compose add this header? */
static bool was_added(const struct decompose *decompose,
		      const struct vmfw_igvm_header *header)
{
	if (header->index >= decompose->run &&
	    header->index < decompose->first)
		return true;
	return header->type == VMFW_IGVM_T_SNP_ID_BLOCK ||
	       is_of_part(decompose, header);
}

/*
 * If compose added the list and zeroes for parameters, they are directly in
 * front of the parts, in ascending order. Where a header breaks this order, the
 * headers before it belong to the base.
 */
static void find_run(struct decompose *decompose)
{
	struct vmfw_igvm_header header = { 0 };
	uint64_t gpa = 0;

	while (vmfw_igvm_next(decompose->igvm, &header)) {
		if (is_of_part(decompose, &header))
			break;
		if (!is_list(decompose, &header) &&
		    !is_no_parameters(decompose, &header)) {
			decompose->run = header.index + 1;
			gpa = 0;
			continue;
		}
		if (get_le64(header.content) <= gpa)
			decompose->run = header.index;
		gpa = get_le64(header.content);
	}
	decompose->first = header.index;
}

static void find_added(struct decompose *decompose)
{
	struct vmfw_igvm_header header = { 0 };

	find_run(decompose);
	while (vmfw_igvm_next(decompose->igvm, &header)) {
		if (is_list(decompose, &header))
			decompose->data_end = get_le32(header.content + 12);
		if (header.type == VMFW_IGVM_T_SNP_ID_BLOCK)
			decompose->id_block = header.content;
		if (was_added(decompose, &header))
			decompose->removed += header_size(&header);
	}
}

/*
 * In a composed file, platforms measure the page of the list. In the base, this page
 * belonged to a section of the firmware, and had the same flags as the page before it.
 */
static uint32_t list_flags(const struct vmfw_igvm_header *header,
			   const struct vmfw_igvm_header *before)
{
	const uint8_t *p = header->content, *q = before->content;

	if (!q || !is_page(before) || get_le32(q + 12) ||
	    get_le64(q) + VMFW_IGVM_PAGE_SIZE != get_le64(p) ||
	    get_le32(q + 8) != get_le32(p + 8))
		return 0;
	return get_le32(q + 16) & VMFW_IGVM_PAGE_UNMEASURED;
}

static void put_header(const struct decompose *decompose, uint8_t *content,
		       const struct vmfw_igvm_header *header,
		       const struct vmfw_igvm_header *before)
{
	uint32_t at;

	if (is_list(decompose, header)) {
		put_le32(content + 12, 0);
		put_le32(content + 16, list_flags(header, before));
	} else if (header_data_at(header, &at) && get_le32(content + at)) {
		put_le32(content + at, get_le32(content + at) -
				       decompose->removed);
	}
}

static void put_head(const struct decompose *decompose, uint8_t *head,
		     uint64_t size)
{
	const struct vmfw_igvm *igvm = decompose->igvm;
	const uint8_t *from = igvm->input.head;
	uint8_t *p = head + igvm->headers_start;
	struct vmfw_igvm_header header = { 0 }, before = { 0 };

	memcpy(head, from, igvm->headers_start);
	while (vmfw_igvm_next(igvm, &header)) {
		if (was_added(decompose, &header))
			continue;
		memcpy(p, from + header.offset, header_size(&header));
		put_header(decompose, p + VMFW_IGVM_PREFIX_SIZE, &header,
			   &before);
		p += header_size(&header);
		before = header;
	}
	fixed_header_update(head, igvm->headers_start,
			    igvm->headers_end - decompose->removed, size);
}

static struct vmfw_igvm_draft *make_base(const struct decompose *decompose)
{
	const struct vmfw_igvm *igvm = decompose->igvm;
	uint64_t len = decompose->data_end - igvm->headers_end;
	struct vmfw_igvm_draft *draft;

	draft = draft_new(igvm, igvm->headers_end - decompose->removed);
	if (!draft)
		return NULL;
	draft_add(draft, &(struct draft_piece) {
		.read = draft_read_base,
		.arg = draft,
		.offset = igvm->headers_end,
		.len = len,
	}, len);
	put_head(decompose, draft->head, draft->input.size);
	return draft;
}

/*
 * Compare the data after that of the base. The list must be the same, and zeroes
 * must fill the last page of each part.
 */
static int compare_data(const struct decompose *decompose,
			const struct vmfw_igvm_draft *again)
{
	const struct vmfw_igvm_input *input = &decompose->igvm->input;
	uint8_t page[VMFW_IGVM_PAGE_SIZE];
	size_t i;
	int err;

	err = input_read(input, decompose->data_end, page, sizeof(page));
	if (err)
		return err;
	if (memcmp(page, again->hobs, sizeof(page)))
		return -EINVAL;
	for (i = 0; i < again->nr_pieces; i++) {
		const struct draft_piece *piece = &again->pieces[i];
		size_t rest = piece->end - piece->start - piece->len;

		err = input_read(input, piece->end - rest, page, rest);
		if (err)
			return err;
		if (!all_zero(page, rest))
			return -EINVAL;
	}
	return 0;
}

/*
 * Compose the base with the same parts again, and compare the files. Return -EINVAL
 * if they differ.
 */
static int compose_again(const struct decompose *decompose,
			 const struct vmfw_igvm_draft *draft)
{
	const struct vmfw_igvm_input *input = &decompose->igvm->input;
	const struct vmfw_igvm_compose_options options = {
		.parts = decompose->parts,
		.nr_parts = decompose->nr_parts,
		.id_block = decompose->id_block,
	};
	struct vmfw_igvm_draft *again;
	struct vmfw_igvm base;
	int err;

	err = vmfw_igvm_check(&base, &draft->input, NULL, NULL);
	if (!err)
		err = vmfw_igvm_compose(&base, &options, &again,
					decompose->why);
	if (err)
		return err;
	if (again->input.size != input->size ||
	    again->input.head_len != decompose->igvm->headers_end ||
	    memcmp(again->head, input->head, again->input.head_len))
		err = -EINVAL;
	else
		err = compare_data(decompose, again);
	vmfw_igvm_draft_free(again);
	return err;
}

static int find_parts(struct decompose *decompose)
{
	int err;

	err = vmfw_igvm_parts(decompose->igvm, decompose->parts,
			      &decompose->nr_parts, decompose->why);
	if (err)
		return err;
	if (!decompose->nr_parts)
		return set_obstacle(decompose->why, "this image has no parts besides its firmware");
	return find_areas(decompose->igvm, &decompose->areas, decompose->why);
}

/**
 * vmfw_igvm_decompose() - restore the base of a composed file
 * @igvm: a file that vmfw_igvm_check() found sound; the caller keeps it as long
 *	as the draft
 * @draft: receives the base, which vmfw_igvm_draft_free() frees; NULL if this
 *	fails
 * @why: receives the obstacle, if -EINVAL is returned
 *
 * vmfw_igvm_compose() makes the file from that base and the parts again, byte
 * for byte, with the ID block if there is one.
 *
 * Return: 0; -EINVAL: vmfw_igvm_compose() did not make this file; -ENOMEM;
 * -ECANCELED: the input's @stop returned true; or the error of the input's
 * @read.
 */
int vmfw_igvm_decompose(const struct vmfw_igvm *igvm,
			struct vmfw_igvm_draft **draft,
			struct vmfw_igvm_obstacle *why)
{
	struct decompose decompose = { .igvm = igvm, .why = why };
	struct vmfw_igvm_draft *base;
	int err;

	*draft = NULL;
	err = find_parts(&decompose);
	if (err)
		return err;
	find_added(&decompose);
	if (input_stops(igvm))
		return -ECANCELED;
	if (decompose.data_end < igvm->headers_end)
		return set_obstacle(why, not_ours);
	base = make_base(&decompose);
	if (!base)
		return -ENOMEM;
	err = compose_again(&decompose, base);
	if (input_stops(igvm))
		err = -ECANCELED;
	else if (err == -EINVAL)
		err = set_obstacle(why, not_ours);
	if (err) {
		vmfw_igvm_draft_free(base);
		return err;
	}
	*draft = base;
	return 0;
}

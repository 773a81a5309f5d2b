// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A file with parts for its firmware: kernel, keys.
 *
 * The file keeps all headers of the base, in their order. Measured pages come
 * directly before the registers at the end of the base, in the order of their
 * addresses. These pages are the list of parts, zeroes for parameters, and the
 * parts. If the base already has a page for the list or for parameters, the
 * file keeps that page instead. An ID block comes last.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdlib.h>

#include "build/draft.h"
#include "memory/memory.h"
#include "shared/macro.h"

/* OVMF unpacks itself below 33 MiB. The gap leaves OVMF space to grow. */
#define LOWEST		(64 * MIB)
/* A PC with more than 2 GiB of memory may have the rest above 4 GiB. */
#define HIGHEST		(2048 * MIB)

#define PAGE_HEADER_SIZE (VMFW_IGVM_PREFIX_SIZE + PAGE_CONTENT_SIZE)
#define ID_HEADER_SIZE	(VMFW_IGVM_PREFIX_SIZE + VMFW_IGVM_ID_BLOCK_SIZE)

/**
 * struct compose - a composition
 * @base: the file without parts
 * @options: the caller's options
 * @why: receives the obstacle
 * @memory: memory of the base
 * @areas: the areas that the firmware reads
 * @everyone: mask of all platforms
 * @parts: the parts, in the order of their addresses
 * @nr_parts: number of parts
 * @insert: index of the base's header that follows the added ones
 * @added: bytes of added headers
 */
struct compose {
	const struct vmfw_igvm *base;
	const struct vmfw_igvm_compose_options *options;
	struct vmfw_igvm_obstacle *why;
	struct memory memory;
	struct vmfw_igvm_rom_areas areas;
	uint32_t everyone;
	struct vmfw_igvm_part parts[VMFW_IGVM_MAX_PARTS];
	size_t nr_parts;
	uint32_t insert;
	uint64_t added;
};

static int check_header(struct compose *compose,
			const struct vmfw_igvm_header *header)
{
	switch (header->type) {
	case VMFW_IGVM_T_SNP_ID_BLOCK:
		return set_obstacle_at(compose->why, "cannot add parts to an image with an ID block, which is signed for that image",
				       header->index);
	case VMFW_IGVM_T_VBS_MEASUREMENT:
		return set_obstacle_at(compose->why, "cannot add parts to an image with a VBS measurement, which covers the image without them",
				       header->index);
	}
	/* An unknown header may point to data, and composing moves data. */
	if (!type_info(header->type))
		return set_obstacle_at(compose->why, "cannot keep a header of this unknown type",
				       header->type);
	return 0;
}

static int check_base(struct compose *compose)
{
	const struct vmfw_igvm *base = compose->base;
	struct vmfw_igvm_header header = { 0 };
	unsigned int i;
	int err;

	for (i = 0; i < base->nr_platforms; i++)
		compose->everyone |= base->platforms[i].mask;
	while (vmfw_igvm_next(base, &header)) {
		err = check_header(compose, &header);
		if (err)
			return err;
		if (header.type != VMFW_IGVM_T_VP_CONTEXT)
			compose->insert = header.index + 1;
	}
	return 0;
}

static int find_firmware(struct compose *compose)
{
	int err = find_areas(compose->base, &compose->areas, compose->why);

	if (err == -ENOENT)
		return set_obstacle(compose->why, "no firmware in this image looks for parts: the firmware must end at 4 GiB, and its table must name a place for them");
	return err;
}

static int compare_parts(const void *a, const void *b)
{
	const struct vmfw_igvm_part *x = a, *y = b;

	return x->type < y->type ? -1 : x->type > y->type;
}

static int take_parts(struct compose *compose)
{
	const struct vmfw_igvm_compose_options *options = compose->options;
	size_t i;

	if (!options->nr_parts)
		return set_obstacle(compose->why, "there is nothing to add");
	for (i = 0; i < options->nr_parts; i++) {
		const struct vmfw_igvm_part *part = &options->parts[i];
		size_t k;

		if (!vmfw_igvm_part_name(part->type))
			return set_obstacle_at(compose->why, "unknown type of part",
					       part->type);
		for (k = 0; k < i; k++)
			if (options->parts[k].type == part->type)
				return set_obstacle_at(compose->why, "the request has two parts of this type",
						       part->type);
		if (!part->size || part->size > HIGHEST)
			return set_obstacle_at(compose->why, "a part cannot have this size",
					       part->size);
		compose->parts[i] = *part;
	}
	compose->nr_parts = options->nr_parts;
	qsort(compose->parts, compose->nr_parts, sizeof(*compose->parts),
	      compare_parts);
	return 0;
}

/* Find the lowest free memory at or above an address. */
static uint64_t find_free(const struct vmfw_igvm_range *ranges, size_t nr,
			  uint64_t at, uint64_t size)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (at < ranges[i].end && ranges[i].start < at + size)
			at = whole_pages(ranges[i].end);
	return at;
}

static int place_parts(struct compose *compose)
{
	const struct vmfw_igvm_rom_areas *areas = &compose->areas;
	struct vmfw_igvm_range *ranges;
	uint64_t at = LOWEST;
	size_t i, nr;
	int err;

	if (at < areas->hobs.end)
		at = areas->hobs.end;
	if (at < areas->parameters.end)
		at = areas->parameters.end;
	err = vmfw_igvm_ranges(compose->base, compose->everyone,
			       VMFW_IGVM_ANY_KIND, &ranges, &nr);
	for (i = 0; !err && i < compose->nr_parts; i++) {
		struct vmfw_igvm_part *part = &compose->parts[i];
		uint64_t size = whole_pages(part->size);

		at = find_free(ranges, nr, at, size);
		/* @at may be near 2^64, where a relocation window can end. */
		if (at > HIGHEST || size > HIGHEST - at)
			err = set_obstacle_at(compose->why, "there is no free memory for the parts below 2 GiB",
					      part->size);
		part->gpa = at;
		at += size;
	}
	free(ranges);
	return err;
}

/* Check the page of the list of parts: the base may have only zeroes there. */
static int check_hob_page(struct compose *compose, const struct span *span)
{
	const struct vmfw_igvm_input *input = &compose->base->input;
	const uint8_t *content = (const uint8_t *)input->head + span->offset +
				 VMFW_IGVM_PREFIX_SIZE;
	uint32_t data = get_le32(content + 12);
	uint8_t page[VMFW_IGVM_PAGE_SIZE];
	int err;

	if (span->range.start != compose->areas.hobs.start ||
	    get_le32(content + 16) & ~VMFW_IGVM_PAGE_UNMEASURED ||
	    get_le16(content + 20) != VMFW_IGVM_DATA_NORMAL)
		return set_obstacle_at(compose->why, "the base already uses the page for the list of parts",
				       span->range.start);
	if (!data)
		return 0;
	err = input_read(input, data, page, sizeof(page));
	if (!err && !all_zero(page, sizeof(page)))
		err = set_obstacle_at(compose->why, "the base has a list of parts already; decompose gives the base without them",
				      span->range.start);
	return err;
}

/* Find the platforms that load something to a page. */
static uint32_t populated_mask(const struct compose *compose, uint64_t gpa)
{
	const struct spans *spans = &compose->memory.spans;
	uint32_t mask = 0;
	size_t i;

	for (i = 0; i < spans->nr; i++) {
		const struct span span = span_get(spans, i);

		if (span.kind & VMFW_IGVM_POPULATED &&
		    span.range.start <= gpa && gpa < span.range.end)
			mask |= span.mask;
	}
	return mask & compose->everyone;
}

static int check_hobs(struct compose *compose)
{
	const struct spans *spans = &compose->memory.spans;
	uint64_t start = compose->areas.hobs.start;
	size_t i;
	int err;

	for (i = 0; i < spans->nr; i++) {
		const struct span span = span_get(spans, i);

		if (span.range.start >= start + VMFW_IGVM_PAGE_SIZE ||
		    span.range.end <= start ||
		    span.kind == VMFW_IGVM_REQUIRED_MEMORY)
			continue;
		if (span.kind != VMFW_IGVM_PAGE_DATA)
			return set_obstacle_at(compose->why, "something else is where the firmware expects the list of parts",
					       span.range.start);
		err = check_hob_page(compose, &span);
		if (err)
			return err;
	}
	return 0;
}

/*
 * Add the headers of an area's pages, for platforms that load nothing there.
 * With a NULL @p, only count the bytes of these headers. The area of parameters
 * needs zeroes: otherwise the firmware would read data of the last kernel.
 */
static uint64_t put_area(const struct compose *compose, uint8_t *p,
			 uint64_t start, uint64_t end, uint32_t file_offset)
{
	uint64_t gpa, size = 0;

	for (gpa = start; gpa < end; gpa += VMFW_IGVM_PAGE_SIZE) {
		uint32_t mask = compose->everyone &
				~populated_mask(compose, gpa);

		if (!mask)
			continue;
		if (p)
			header_put_page(p + size, mask, gpa, file_offset,
					VMFW_IGVM_STEP_NORMAL);
		size += PAGE_HEADER_SIZE;
	}
	return size;
}

static uint64_t put_hobs(const struct compose *compose, uint8_t *p,
			 uint32_t file_offset)
{
	uint64_t start = compose->areas.hobs.start;

	return put_area(compose, p, start, start + VMFW_IGVM_PAGE_SIZE,
			file_offset);
}

static uint64_t put_parameters(const struct compose *compose, uint8_t *p)
{
	return put_area(compose, p, compose->areas.parameters.start,
			compose->areas.parameters.end, 0);
}

/* Count the bytes of added headers. */
static uint64_t count_added(const struct compose *compose)
{
	uint64_t size = put_parameters(compose, NULL) +
			put_hobs(compose, NULL, 0);
	size_t i;

	for (i = 0; i < compose->nr_parts; i++)
		size += whole_pages(compose->parts[i].size) /
			VMFW_IGVM_PAGE_SIZE * PAGE_HEADER_SIZE;
	if (compose->options->id_block)
		size += ID_HEADER_SIZE;
	return size;
}

static uint8_t *put_part(const struct compose *compose, uint8_t *p,
			 const struct vmfw_igvm_part *part, uint32_t *data)
{
	uint64_t at;

	for (at = 0; at < part->size; at += VMFW_IGVM_PAGE_SIZE) {
		p = header_put_page(p, compose->everyone, part->gpa + at, *data,
				    VMFW_IGVM_STEP_NORMAL);
		*data += VMFW_IGVM_PAGE_SIZE;
	}
	return p;
}

/* Add pages by ascending address: the list and the parameters are below all parts. */
static uint8_t *put_added(const struct compose *compose, uint8_t *p,
			  uint32_t data)
{
	bool hobs_first = compose->areas.hobs.start <
			  compose->areas.parameters.start;
	size_t i;

	if (hobs_first)
		p += put_hobs(compose, p, data);
	p += put_parameters(compose, p);
	if (!hobs_first)
		p += put_hobs(compose, p, data);
	data += VMFW_IGVM_PAGE_SIZE;
	for (i = 0; i < compose->nr_parts; i++)
		p = put_part(compose, p, &compose->parts[i], &data);
	return p;
}

/*
 * Adjust a header of the base: its data moves by the size of the added headers.
 * The page of the list gets the list as its data, and flags that make platforms
 * measure it.
 */
static void keep_header(const struct compose *compose, uint8_t *content,
			const struct vmfw_igvm_header *header, uint32_t hobs)
{
	uint32_t at;

	if (header->type == VMFW_IGVM_T_PAGE_DATA &&
	    get_le64(content) == compose->areas.hobs.start) {
		put_le32(content + 12, hobs);
		put_le32(content + 16, 0);
	} else if (header_data_at(header, &at) && get_le32(content + at)) {
		put_le32(content + at, get_le32(content + at) +
				       compose->added);
	}
}

static void put_head(const struct compose *compose,
		     struct vmfw_igvm_draft *draft, uint32_t hobs)
{
	const struct vmfw_igvm *base = compose->base;
	const uint8_t *from = base->input.head;
	struct vmfw_igvm_header header = { 0 };
	uint8_t *p = draft->head + base->headers_start;

	memcpy(draft->head, from, base->headers_start);
	while (vmfw_igvm_next(base, &header)) {
		if (header.index == compose->insert)
			p = put_added(compose, p, hobs);
		memcpy(p, from + header.offset, header_size(&header));
		keep_header(compose, p + VMFW_IGVM_PREFIX_SIZE, &header, hobs);
		p += header_size(&header);
	}
	if (compose->insert == base->nr_headers)
		p = put_added(compose, p, hobs);
	if (compose->options->id_block) {
		p = header_put_prefix(p, VMFW_IGVM_T_SNP_ID_BLOCK,
				      VMFW_IGVM_ID_BLOCK_SIZE);
		memcpy(p, compose->options->id_block, VMFW_IGVM_ID_BLOCK_SIZE);
	}
	fixed_header_update(draft->head, base->headers_start,
			    base->headers_end + compose->added,
			    draft->input.size);
}

static void add_data(const struct compose *compose,
		     struct vmfw_igvm_draft *draft)
{
	const struct vmfw_igvm *base = compose->base;
	uint64_t rest = base->input.size - base->headers_end;
	size_t i;

	draft_add(draft, &(struct draft_piece) {
		.read = draft_read_base,
		.arg = draft,
		.offset = base->headers_end,
		.len = rest,
	}, rest);
	draft_add(draft, &(struct draft_piece) {
		.read = draft_read_hobs,
		.arg = draft,
		.len = VMFW_IGVM_PAGE_SIZE,
	}, VMFW_IGVM_PAGE_SIZE);
	for (i = 0; i < compose->nr_parts; i++) {
		const struct vmfw_igvm_part *part = &compose->parts[i];

		draft_add(draft, &(struct draft_piece) {
			.read = part->read,
			.arg = part->arg,
			.len = part->size,
		}, whole_pages(part->size));
	}
}

static int write_draft(struct compose *compose,
		       struct vmfw_igvm_draft **result)
{
	const struct vmfw_igvm *base = compose->base;
	struct vmfw_igvm_draft *draft;
	uint64_t hobs;

	compose->added = count_added(compose);
	draft = draft_new(base, base->headers_end + compose->added);
	if (!draft)
		return -ENOMEM;
	add_data(compose, draft);
	if (draft->input.size > UINT32_MAX) {
		int err = set_obstacle_at(compose->why, "an image must be smaller than 4 GiB",
					  draft->input.size);

		vmfw_igvm_draft_free(draft);
		return err;
	}
	memcpy(draft->parts, compose->parts, sizeof(draft->parts));
	draft->nr_parts = compose->nr_parts;
	hobs_put(draft->hobs, draft->parts, draft->nr_parts);
	hobs = base->input.size + compose->added;
	put_head(compose, draft, hobs);
	*result = draft;
	return 0;
}

/**
 * vmfw_igvm_compose() - add parts to the firmware of a file
 * @base: a file that vmfw_igvm_check() found sound; the caller keeps it, and the
 *	parts, as long as the draft
 * @options: the parts, and an ID block
 * @draft: receives the file, which vmfw_igvm_draft_free() frees; NULL if this
 *	fails
 * @why: receives the obstacle, if -EINVAL is returned
 *
 * The bytes depend only on the base and the options. Parts are in memory from
 * 64 MiB on, in the order of their types, each in the first gap that is large
 * enough. Every platform with a launch digest measures them.
 *
 * Return: 0; -EINVAL: this base cannot have these parts; -ENOMEM; -ECANCELED:
 * the input's @stop returned true; or the error of the input's @read.
 */
int vmfw_igvm_compose(const struct vmfw_igvm *base,
		      const struct vmfw_igvm_compose_options *options,
		      struct vmfw_igvm_draft **draft,
		      struct vmfw_igvm_obstacle *why)
{
	struct compose compose = {
		.base = base,
		.options = options,
		.why = why,
	};
	struct vmfw_igvm_draft *result = NULL;
	int err;

	*draft = NULL;
	err = check_base(&compose);
	if (!err)
		err = find_firmware(&compose);
	if (!err)
		err = take_parts(&compose);
	if (!err)
		err = place_parts(&compose);
	if (!err)
		err = memory_collect(base, &compose.memory);
	if (err)
		return err;
	err = check_hobs(&compose);
	if (!err)
		err = write_draft(&compose, &result);
	memory_free(&compose.memory);
	if (!err && input_stops(base))
		err = -ECANCELED;
	if (err) {
		vmfw_igvm_draft_free(result);
		return err;
	}
	*draft = result;
	return 0;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Guest physical memory: what each header is about, and what a platform needs
 * as a whole.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdlib.h>

#include "memory/memory.h"

/* A relocatable region has two: where it stands, where it may go. */
#define SPANS_PER_HEADER	2

/* Where the address stands in the content, of a header that has a span. */
static unsigned int start_at(uint32_t type, bool second)
{
	switch (type) {
	case VMFW_IGVM_T_RELOCATABLE_REGION:
		return second ? 32 : 16;
	case VMFW_IGVM_T_PAGE_TABLE_RELOCATION_REGION:
		return 8;
	default:
		return 0;
	}
}

static const uint8_t *place_header(const struct vmfw_igvm *igvm,
				   struct span_place place)
{
	return (const uint8_t *)igvm->input.head + igvm->headers_start +
	       (uint64_t)(place.at >> 1) * HEADER_UNIT;
}

static uint64_t place_start(const struct vmfw_igvm *igvm,
			    struct span_place place)
{
	const uint8_t *p = place_header(igvm, place);

	return get_le64(p + VMFW_IGVM_PREFIX_SIZE +
			start_at(get_le32(p), place.at & 1));
}

static int compare_spans(const void *a, const void *b,
			 const struct vmfw_igvm *igvm)
{
	const struct span_place *x = a, *y = b;
	uint64_t x_start = place_start(igvm, *x);
	uint64_t y_start = place_start(igvm, *y);

	if (x_start != y_start)
		return x_start < y_start ? -1 : 1;
	/* Of one header the first span comes first. */
	return x->at < y->at ? -1 : x->at > y->at;
}

static bool has_span(const struct vmfw_igvm_header *header)
{
	const struct type_info *info;

	switch (header->type) {
	case VMFW_IGVM_T_PAGE_DATA:
	case VMFW_IGVM_T_PARAMETER_INSERT:
	case VMFW_IGVM_T_VP_CONTEXT:
	case VMFW_IGVM_T_REQUIRED_MEMORY:
	case VMFW_IGVM_T_ERROR_RANGE:
	case VMFW_IGVM_T_RELOCATABLE_REGION:
	case VMFW_IGVM_T_PAGE_TABLE_RELOCATION_REGION:
		info = type_info(header->type);
		return info->length == header->length;
	default:
		return false;
	}
}

static uint64_t relocatable_size(const uint8_t *p, bool second)
{
	if (!second)
		return get_le64(p + 24);
	return get_le64(p + 40) > get_le64(p + 32) ?
	       get_le64(p + 40) - get_le64(p + 32) : 0;
}

/* Of one span: what kind of memory, and how many bytes; 0: there is none. */
static uint64_t read_size(const struct spans *spans, uint32_t type,
			  const uint8_t *p, bool second, unsigned int *kind)
{
	const struct area *area;

	switch (type) {
	case VMFW_IGVM_T_PAGE_DATA:
		*kind = VMFW_IGVM_PAGE_DATA;
		return get_le32(p + 16) & VMFW_IGVM_PAGE_2MB ?
		       VMFW_IGVM_LARGE_PAGE_SIZE : VMFW_IGVM_PAGE_SIZE;
	case VMFW_IGVM_T_PARAMETER_INSERT:
		*kind = VMFW_IGVM_PARAMETER_INSERT;
		area = area_find(spans->areas, get_le32(p + 12));
		return area ? area_size(spans->areas, area) : 0;
	case VMFW_IGVM_T_VP_CONTEXT:
		*kind = VMFW_IGVM_VMSA;
		return VMFW_IGVM_PAGE_SIZE;
	case VMFW_IGVM_T_RELOCATABLE_REGION:
		*kind = second ? VMFW_IGVM_RELOCATION_WINDOW :
				 VMFW_IGVM_RELOCATABLE;
		return relocatable_size(p, second);
	case VMFW_IGVM_T_PAGE_TABLE_RELOCATION_REGION:
		*kind = VMFW_IGVM_PAGE_TABLE_REGION;
		return get_le64(p + 16);
	default:
		*kind = type == VMFW_IGVM_T_REQUIRED_MEMORY ?
			VMFW_IGVM_REQUIRED_MEMORY : VMFW_IGVM_ERROR_RANGE;
		return get_le32(p + 12);
	}
}

/* False: a range that is empty or wraps is a finding of its header, no span. */
static bool decode_span(const struct spans *spans, struct span_place place,
			struct span *span)
{
	const struct vmfw_igvm *igvm = spans->igvm;
	const uint8_t *header = place_header(igvm, place);
	const uint8_t *p = header + VMFW_IGVM_PREFIX_SIZE;
	uint64_t size;

	*span = (struct span) {
		.range.start = place_start(igvm, place),
		.header = place.header,
		.type = get_le32(header),
		.offset = header - (const uint8_t *)igvm->input.head,
	};
	size = read_size(spans, span->type, p, place.at & 1, &span->kind);
	span->mask = get_le32(p + type_info(span->type)->mask_at);
	/* Elsewhere the registers do not go to memory. */
	if (span->kind == VMFW_IGVM_VMSA)
		span->mask &= platforms_of_type(igvm, 1u << VMFW_IGVM_SEV_SNP |
						      1u << VMFW_IGVM_SEV_ES);
	return span->mask && size &&
	       !add_wraps(span->range.start, size, &span->range.end);
}

/**
 * span_get() - read a span
 * @spans: from spans_collect()
 * @i: which one, below their number
 */
struct span span_get(const struct spans *spans, size_t i)
{
	struct span span;

	decode_span(spans, spans->v[i], &span);
	return span;
}

static void add_header(struct spans *spans,
		       const struct vmfw_igvm_header *header)
{
	unsigned int i, nr = header->type == VMFW_IGVM_T_RELOCATABLE_REGION ?
			     SPANS_PER_HEADER : 1;
	struct span_place place = {
		.at = (header->offset - spans->igvm->headers_start) /
		      HEADER_UNIT * SPANS_PER_HEADER,
		.header = header->index,
	};
	struct span span;

	for (i = 0; i < nr; i++, place.at++)
		if (decode_span(spans, place, &span))
			spans->v[spans->nr++] = place;
}

/**
 * spans_collect() - find all guest physical memory that headers name
 * @igvm: the file, its platforms known
 * @areas: its parameter areas
 * @spans: receives them, sorted; @spans->v is to be freed by the caller, and
 *	@igvm and @areas are to stay as long
 *
 * Memory is taken for headers that are there: a quarter of what they take
 * themselves, and the same again while they are sorted.
 *
 * Return: 0, -ENOMEM or -ECANCELED.
 */
int spans_collect(const struct vmfw_igvm *igvm, const struct areas *areas,
		  struct spans *spans)
{
	struct vmfw_igvm_header header = { 0 };
	size_t nr = 0;

	*spans = (struct spans) { .igvm = igvm, .areas = areas };
	while (vmfw_igvm_next(igvm, &header)) {
		if (header.type == VMFW_IGVM_T_RELOCATABLE_REGION)
			nr += SPANS_PER_HEADER;
		else if (has_span(&header))
			nr++;
	}
	/* What a walk that was stopped has counted is too little, or nothing. */
	if (input_stops(igvm))
		return -ECANCELED;
	if (!nr)
		return 0;
	spans->v = calloc(nr, sizeof(*spans->v));
	if (!spans->v)
		return -ENOMEM;

	memset(&header, 0, sizeof(header));
	while (vmfw_igvm_next(igvm, &header))
		if (has_span(&header))
			add_header(spans, &header);
	if (!input_stops(igvm) &&
	    !igvm_sort(igvm, spans->v, spans->nr, sizeof(*spans->v),
		       compare_spans))
		return 0;
	free(spans->v);
	spans->v = NULL;
	spans->nr = 0;
	return -ECANCELED;
}

/**
 * memory_collect() - find all parameter areas and all memory of a file
 * @igvm: the file, its platforms known
 * @memory: receives them, to be freed by memory_free() if that succeeds
 *
 * Return: 0, -ENOMEM or -ECANCELED.
 */
int memory_collect(const struct vmfw_igvm *igvm, struct memory *memory)
{
	int err;

	err = areas_collect(igvm, &memory->areas);
	if (err)
		return err;
	err = spans_collect(igvm, &memory->areas, &memory->spans);
	if (err)
		free(memory->areas.v);
	return err;
}

/**
 * memory_free() - free what memory_collect() found
 * @memory: the memory
 */
void memory_free(struct memory *memory)
{
	free(memory->spans.v);
	free(memory->areas.v);
}

/**
 * vmfw_igvm_ranges() - the guest physical memory that a platform needs
 * @igvm: a file that was checked
 * @mask: compatibility masks of the platforms
 * @kinds: bits of enum vmfw_igvm_kind
 * @ranges: receives an array to be freed by the caller: in ascending order,
 *	neither overlapping nor adjacent; NULL if @nr is 0
 * @nr: receives the number of ranges
 *
 * Return: 0, -ENOMEM, or -ECANCELED: the input's function wanted it to end.
 */
int vmfw_igvm_ranges(const struct vmfw_igvm *igvm, uint32_t mask,
		     unsigned int kinds, struct vmfw_igvm_range **ranges,
		     size_t *nr)
{
	struct vmfw_igvm_range *merged;
	struct memory memory;
	size_t i, n = 0;
	int err;

	*ranges = NULL;
	*nr = 0;
	err = memory_collect(igvm, &memory);
	if (err)
		return err;
	/* One more: nothing at all is no failure. */
	merged = calloc(memory.spans.nr + 1, sizeof(*merged));
	for (i = 0; merged && i < memory.spans.nr; i++) {
		struct span span = span_get(&memory.spans, i);

		if (!(span.kind & kinds) || !(span.mask & mask))
			continue;
		if (n && span.range.start <= merged[n - 1].end) {
			if (span.range.end > merged[n - 1].end)
				merged[n - 1].end = span.range.end;
			continue;
		}
		merged[n++] = span.range;
	}
	memory_free(&memory);
	if (!merged)
		return -ENOMEM;
	if (!n) {
		free(merged);
		return 0;
	}
	*ranges = merged;
	*nr = n;
	return 0;
}

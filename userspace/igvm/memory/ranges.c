// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Guest physical memory: the memory of each header, and all that a platform
 * needs.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdlib.h>

#include "memory/memory.h"

/*
 * A relocatable region has two spans: its place, and the window that it may
 * move to.
 */
#define SPANS_PER_HEADER	2

/* Every header whose index is a multiple of this number has a mark. */
#define HEADERS_PER_MARK	16

/* Offset of the address in the content of a header with a span. */
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
	uint64_t x_start, y_start;

	if (x->page != y->page)
		return x->page < y->page ? -1 : 1;
	x_start = place_start(igvm, *x);
	y_start = place_start(igvm, *y);
	if (x_start != y_start)
		return x_start < y_start ? -1 : 1;
	/* The first span of a header comes first. */
	return x->at < y->at ? -1 : x->at > y->at;
}

/* Count the spans that a header can have: none if its length is wrong. */
static unsigned int count_spans(const struct vmfw_igvm_header *header)
{
	unsigned int nr = 1;

	switch (header->type) {
	case VMFW_IGVM_T_RELOCATABLE_REGION:
		nr = SPANS_PER_HEADER;
		break;
	case VMFW_IGVM_T_PAGE_DATA:
	case VMFW_IGVM_T_PARAMETER_INSERT:
	case VMFW_IGVM_T_VP_CONTEXT:
	case VMFW_IGVM_T_REQUIRED_MEMORY:
	case VMFW_IGVM_T_ERROR_RANGE:
	case VMFW_IGVM_T_PAGE_TABLE_RELOCATION_REGION:
		break;
	default:
		return 0;
	}
	return type_info(header->type)->length == header->length ? nr : 0;
}

static uint64_t relocatable_size(const uint8_t *p, bool second)
{
	if (!second)
		return get_le64(p + 24);
	return get_le64(p + 40) > get_le64(p + 32) ?
	       get_le64(p + 40) - get_le64(p + 32) : 0;
}

/* Return the size of a span, and set its kind. 0: the header has no span. */
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

/*
 * Read a span. False: it is empty, ends at 2^64 or after that, or is in no
 * platform's memory. The check of the header reports faults.
 */
static bool decode_span(const struct spans *spans, struct span_place place,
			struct span *span)
{
	const struct vmfw_igvm *igvm = spans->igvm;
	const uint8_t *header = place_header(igvm, place);
	const uint8_t *p = header + VMFW_IGVM_PREFIX_SIZE;
	uint64_t size;

	*span = (struct span) {
		.range.start = place_start(igvm, place),
		.type = get_le32(header),
		.offset = header - (const uint8_t *)igvm->input.head,
	};
	size = read_size(spans, span->type, p, place.at & 1, &span->kind);
	span->mask = get_le32(p + type_info(span->type)->mask_at);
	/* On other platforms, registers are not in memory. */
	if (span->kind == VMFW_IGVM_VMSA)
		span->mask &= platforms_of_type(igvm, 1u << VMFW_IGVM_SEV_SNP |
						      1u << VMFW_IGVM_SEV_ES);
	return span->mask && size &&
	       !add_wraps(span->range.start, size, &span->range.end);
}

/**
 * span_get() - read a span
 * @spans: from spans_collect()
 * @i: its number
 */
struct span span_get(const struct spans *spans, size_t i)
{
	struct span span;

	decode_span(spans, spans->v[i], &span);
	return span;
}

/**
 * span_header() - find the header of a span
 * @spans: from spans_collect()
 * @span: one of them
 *
 * Return: the header's index, offset and type; its other members are not valid.
 */
struct vmfw_igvm_header span_header(const struct spans *spans,
				    const struct span *span)
{
	const struct vmfw_igvm *igvm = spans->igvm;
	const uint8_t *head = igvm->input.head;
	const uint32_t at = (span->offset - igvm->headers_start) / HEADER_UNIT;
	struct vmfw_igvm_header header = { .type = span->type };
	size_t low = 0, high = spans->nr_marks;

	/* Find the last mark that is not after the header. */
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (spans->marks[middle] <= at)
			low = middle;
		else
			high = middle;
	}
	header.index = low * HEADERS_PER_MARK;
	header.offset =
		igvm->headers_start + (uint64_t)spans->marks[low] * HEADER_UNIT;
	while (header.offset < span->offset) {
		header.length = get_le32(head + header.offset + 4);
		header.offset = next_offset(&header);
		header.index++;
	}
	return header;
}

static uint32_t page_at(uint64_t gpa)
{
	const uint64_t page = gpa / VMFW_IGVM_PAGE_SIZE;

	return page < UINT32_MAX ? page : UINT32_MAX;
}

static void add_header(struct spans *spans,
		       const struct vmfw_igvm_header *header)
{
	const uint32_t at =
		(header->offset - spans->igvm->headers_start) / HEADER_UNIT;
	struct span_place place = { .at = at * SPANS_PER_HEADER };
	unsigned int i, nr = count_spans(header);
	struct span span;

	if (header->index % HEADERS_PER_MARK == 0)
		spans->marks[spans->nr_marks++] = at;
	for (i = 0; i < nr; i++, place.at++) {
		if (!decode_span(spans, place, &span))
			continue;
		place.page = page_at(span.range.start);
		spans->kinds |= span.kind;
		spans->v[spans->nr++] = place;
	}
}

/* Allocate memory for the spans, and for the marks of headers. */
static int allocate_spans(const struct vmfw_igvm *igvm, struct spans *spans)
{
	struct vmfw_igvm_header header = { 0 };
	size_t nr = 0;

	while (vmfw_igvm_next(igvm, &header))
		nr += count_spans(&header);
	/* After a stop, the count is too low. */
	if (input_stops(igvm))
		return -ECANCELED;
	if (!nr)
		return 0;
	spans->v = calloc(nr, sizeof(*spans->v));
	spans->marks = calloc(header.index / HEADERS_PER_MARK + 1,
			      sizeof(*spans->marks));
	return spans->v && spans->marks ? 0 : -ENOMEM;
}

/**
 * spans_collect() - find all guest physical memory that headers name
 * @igvm: the file, its platforms known
 * @areas: its parameter areas
 * @spans: receives the spans, sorted, for spans_free(). Until then, @igvm and
 *	@areas must stay valid
 *
 * This function allocates memory only for headers that are in the file: 8 bytes for
 * each span, 4 for each mark, and 8 more for each span while it sorts them.
 *
 * Return: 0; -ENOMEM or -ECANCELED, and there is nothing to free.
 */
int spans_collect(const struct vmfw_igvm *igvm, const struct areas *areas,
		  struct spans *spans)
{
	struct vmfw_igvm_header header = { 0 };
	int err;

	*spans = (struct spans) { .igvm = igvm, .areas = areas };
	err = allocate_spans(igvm, spans);
	if (!err && spans->v) {
		while (vmfw_igvm_next(igvm, &header))
			add_header(spans, &header);
		err = input_stops(igvm) ?
			      -ECANCELED :
			      igvm_sort(igvm, spans->v, spans->nr,
					sizeof(*spans->v), compare_spans);
	}
	if (err)
		spans_free(spans);
	return err;
}

/**
 * spans_free() - free the spans of spans_collect()
 * @spans: the spans; receives a list without spans
 */
void spans_free(struct spans *spans)
{
	free(spans->v);
	free(spans->marks);
	*spans = (struct spans) { 0 };
}

/**
 * memory_collect() - find all parameter areas and all memory of a file
 * @igvm: the file, its platforms known
 * @memory: receives both, for memory_free() if this succeeds
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
 * memory_free() - free the areas and the spans of memory_collect()
 * @memory: the memory
 */
void memory_free(struct memory *memory)
{
	spans_free(&memory->spans);
	free(memory->areas.v);
}

/**
 * vmfw_igvm_ranges() - the guest physical memory that a platform needs
 * @igvm: a checked file
 * @mask: compatibility masks of the platforms
 * @kinds: bits of enum vmfw_igvm_kind
 * @ranges: receives an array, which the caller frees: in ascending order,
 *	neither overlapping nor adjacent; NULL if @nr is 0
 * @nr: receives the number of ranges
 *
 * Return: 0; -ENOMEM; or -ECANCELED: the input's @stop returned true.
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
	/* One more than needed: an allocation of no bytes can return NULL. */
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

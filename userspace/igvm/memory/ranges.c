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

static int compare_spans(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	if (x->range.start != y->range.start)
		return x->range.start < y->range.start ? -1 : 1;
	if (x->header != y->header)
		return x->header < y->header ? -1 : 1;
	return x->kind < y->kind ? -1 : x->kind > y->kind;
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

/* Ranges that are empty or wrap are findings of their headers, not spans. */
static void add(struct spans *spans, const struct vmfw_igvm_header *header,
		unsigned int kind, uint32_t mask, uint64_t start, uint64_t size)
{
	uint64_t end;

	if (!mask || !size || add_wraps(start, size, &end))
		return;
	spans->v[spans->nr++] = (struct span) {
		.range = { start, end },
		.mask = mask,
		.kind = kind,
		.header = header->index,
		.type = header->type,
		.offset = header->offset,
	};
}

static void add_header(const struct vmfw_igvm *igvm, const struct areas *areas,
		       struct spans *spans,
		       const struct vmfw_igvm_header *header)
{
	const uint8_t *p = header->content;
	const struct type_info *info = type_info(header->type);
	uint32_t mask = get_le32(p + info->mask_at);
	const struct area *area;

	switch (header->type) {
	case VMFW_IGVM_T_PAGE_DATA:
		add(spans, header, VMFW_IGVM_PAGE_DATA, mask, get_le64(p),
		    get_le32(p + 16) & VMFW_IGVM_PAGE_2MB ?
		    VMFW_IGVM_LARGE_PAGE_SIZE : VMFW_IGVM_PAGE_SIZE);
		break;
	case VMFW_IGVM_T_PARAMETER_INSERT:
		area = area_find(areas, get_le32(p + 12));
		if (area)
			add(spans, header, VMFW_IGVM_PARAMETER_INSERT, mask,
			    get_le64(p), area->size);
		break;
	case VMFW_IGVM_T_VP_CONTEXT:
		/* Elsewhere the registers do not go to memory. */
		mask &= platforms_of_type(igvm, 1u << VMFW_IGVM_SEV_SNP |
						1u << VMFW_IGVM_SEV_ES);
		add(spans, header, VMFW_IGVM_VMSA, mask, get_le64(p),
		    VMFW_IGVM_PAGE_SIZE);
		break;
	case VMFW_IGVM_T_REQUIRED_MEMORY:
		add(spans, header, VMFW_IGVM_REQUIRED_MEMORY, mask,
		    get_le64(p), get_le32(p + 12));
		break;
	case VMFW_IGVM_T_ERROR_RANGE:
		add(spans, header, VMFW_IGVM_ERROR_RANGE, mask, get_le64(p),
		    get_le32(p + 12));
		break;
	case VMFW_IGVM_T_RELOCATABLE_REGION:
		add(spans, header, VMFW_IGVM_RELOCATABLE, mask,
		    get_le64(p + 16), get_le64(p + 24));
		if (get_le64(p + 40) > get_le64(p + 32))
			add(spans, header, VMFW_IGVM_RELOCATION_WINDOW, mask,
			    get_le64(p + 32),
			    get_le64(p + 40) - get_le64(p + 32));
		break;
	case VMFW_IGVM_T_PAGE_TABLE_RELOCATION_REGION:
		add(spans, header, VMFW_IGVM_PAGE_TABLE_REGION, mask,
		    get_le64(p + 8), get_le64(p + 16));
		break;
	}
}

static bool sorted(const struct spans *spans)
{
	size_t i;

	for (i = 1; i < spans->nr; i++)
		if (compare_spans(&spans->v[i - 1], &spans->v[i]) > 0)
			return false;
	return true;
}

/**
 * spans_collect() - find all guest physical memory that headers name
 * @igvm: the file, its platforms known
 * @areas: its parameter areas
 * @spans: receives them, sorted; @spans->v is to be freed by the caller
 *
 * Memory is taken for headers that are there, less than two bytes for each of
 * theirs.
 *
 * Return: 0, -ENOMEM or -ECANCELED.
 */
int spans_collect(const struct vmfw_igvm *igvm, const struct areas *areas,
		  struct spans *spans)
{
	struct vmfw_igvm_header header = { 0 };
	size_t nr = 0;

	spans->v = NULL;
	spans->nr = 0;
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
			add_header(igvm, areas, spans, &header);
	if (input_stops(igvm)) {
		free(spans->v);
		*spans = (struct spans) { NULL, 0 };
		return -ECANCELED;
	}
	/* Tools write pages in ascending order: most often this is free. */
	if (!sorted(spans))
		qsort(spans->v, spans->nr, sizeof(*spans->v), compare_spans);
	return 0;
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
		const struct span *span = &memory.spans.v[i];

		if (!(span->kind & kinds) || !(span->mask & mask))
			continue;
		if (n && span->range.start <= merged[n - 1].end) {
			if (span->range.end > merged[n - 1].end)
				merged[n - 1].end = span->range.end;
			continue;
		}
		merged[n++] = span->range;
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

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parameter areas, and the guest physical memory of headers.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_IGVM_MEMORY_H
#define VMFW_IGVM_MEMORY_H

#include "format/internal.h"

/**
 * struct area - a parameter area
 * @index: the file's own number for it
 * @header: index of the header that declares it
 * @at: place of that header, in units of HEADER_UNIT after the first header
 * @inserted: index of the header that inserts it, as far as vmfw_igvm_check() has
 *	read; VMFW_IGVM_NO_HEADER: there is none, or another function than
 *	vmfw_igvm_check() collected the areas
 */
struct area {
	uint32_t index;
	uint32_t header;
	uint32_t at;
	uint32_t inserted;
};

/**
 * struct areas - all parameter areas of a file, sorted by index, then by header
 * @igvm: the file
 * @v: the areas
 * @nr: number of areas
 */
struct areas {
	const struct vmfw_igvm *igvm;
	struct area *v;
	size_t nr;
};

int areas_collect(const struct vmfw_igvm *igvm, struct areas *areas);
struct area *area_find(const struct areas *areas, uint32_t index);
uint64_t area_offset(const struct areas *areas, const struct area *area);
uint64_t area_size(const struct areas *areas, const struct area *area);

/**
 * struct span - guest physical memory of a header
 * @range: its addresses
 * @mask: platforms
 * @kind: one bit of enum vmfw_igvm_kind
 * @type: type of the header
 * @offset: offset of the header in the file
 */
struct span {
	struct vmfw_igvm_range range;
	uint32_t mask;
	unsigned int kind;
	uint32_t type;
	uint64_t offset;
};

/**
 * struct span_place - the place of a span, by which spans are sorted
 * @page: number of the 4 KiB page that it starts in, at most UINT32_MAX; if two
 *	spans have the same number, their comparison reads the addresses from the
 *	file
 * @at: place of its header, in units of HEADER_UNIT after the first header,
 *	times 2; plus 1 for the second span of a header
 */
struct span_place {
	uint32_t page;
	uint32_t at;
};

/**
 * struct spans - all spans of a file, sorted by address, then by header
 * @igvm: the file
 * @areas: its parameter areas
 * @v: the spans
 * @nr: number of spans
 * @kinds: the bits of their kinds
 * @marks: places of some headers, in units of HEADER_UNIT after the first
 *	header: span_header() counts from the last mark at or before a header
 * @nr_marks: number of marks
 */
struct spans {
	const struct vmfw_igvm *igvm;
	const struct areas *areas;
	struct span_place *v;
	size_t nr;
	unsigned int kinds;
	uint32_t *marks;
	size_t nr_marks;
};

int spans_collect(const struct vmfw_igvm *igvm, const struct areas *areas,
		  struct spans *spans);
void spans_free(struct spans *spans);
struct span span_get(const struct spans *spans, size_t i);
struct vmfw_igvm_header span_header(const struct spans *spans,
				    const struct span *span);

/* All guest physical memory that a file names. */
struct memory {
	struct areas areas;
	struct spans spans;
};

int memory_collect(const struct vmfw_igvm *igvm, struct memory *memory);
void memory_free(struct memory *memory);

#endif /* VMFW_IGVM_MEMORY_H */

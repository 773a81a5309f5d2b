// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Parameter areas, found by their number in the file.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdlib.h>

#include "memory/memory.h"

static int compare_areas(const void *a, const void *b,
			 const struct vmfw_igvm *igvm)
{
	const struct area *x = a, *y = b;

	(void)igvm;
	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return x->header < y->header ? -1 : 1;
}

static bool next_area(const struct vmfw_igvm *igvm,
		      struct vmfw_igvm_header *header)
{
	while (vmfw_igvm_next(igvm, header))
		if (header->type == VMFW_IGVM_T_PARAMETER_AREA &&
		    header->length == 16)
			return true;
	return false;
}

/**
 * areas_collect() - find all parameter areas of a file
 * @igvm: the file
 * @areas: receives the areas, sorted; the caller frees @areas->v. Until then,
 *	@igvm must stay valid
 *
 * This function allocates memory only for areas that are in the file. The memory has
 * two thirds of the size of their headers, and twice as much during the sort. It does
 * not depend on the sizes of the areas.
 *
 * Return: 0, -ENOMEM or -ECANCELED.
 */
int areas_collect(const struct vmfw_igvm *igvm, struct areas *areas)
{
	struct vmfw_igvm_header header = { 0 };
	size_t nr = 0;

	*areas = (struct areas) { .igvm = igvm };
	while (next_area(igvm, &header))
		nr++;
	if (!nr)
		return 0;
	areas->v = calloc(nr, sizeof(*areas->v));
	if (!areas->v)
		return -ENOMEM;

	memset(&header, 0, sizeof(header));
	while (next_area(igvm, &header))
		areas->v[areas->nr++] = (struct area) {
			.index = get_le32(header.content + 8),
			.header = header.index,
			.at = (header.offset - igvm->headers_start) /
			      HEADER_UNIT,
			.inserted = VMFW_IGVM_NO_HEADER,
		};
	if (!igvm_sort(igvm, areas->v, areas->nr, sizeof(*areas->v),
		       compare_areas))
		return 0;
	free(areas->v);
	areas->v = NULL;
	areas->nr = 0;
	return -ECANCELED;
}

/**
 * area_find() - find an area by its number
 * @areas: all areas
 * @index: the number
 *
 * Return: the first area of the file with that number, or NULL.
 */
struct area *area_find(const struct areas *areas, uint32_t index)
{
	size_t low = 0, high = areas->nr;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (areas->v[middle].index < index)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == areas->nr || areas->v[low].index != index)
		return NULL;
	return &areas->v[low];
}

/**
 * area_offset() - compute the place of the header that declares an area
 * @areas: all areas
 * @area: one of them
 *
 * Return: the offset of the header.
 */
uint64_t area_offset(const struct areas *areas, const struct area *area)
{
	return areas->igvm->headers_start + (uint64_t)area->at * HEADER_UNIT;
}

/**
 * area_size() - size of an area
 * @areas: all areas
 * @area: one of them
 */
uint64_t area_size(const struct areas *areas, const struct area *area)
{
	return get_le64((const uint8_t *)areas->igvm->input.head +
			area_offset(areas, area) + VMFW_IGVM_PREFIX_SIZE);
}

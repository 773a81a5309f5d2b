// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Guest physical memory after loading: the header and the bytes of each piece.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdlib.h>

#include "memory/memory.h"

/* The kinds of memory that a map contains. */
#define MAP_KINDS	(VMFW_IGVM_POPULATED | VMFW_IGVM_ERROR_RANGE |	\
			 VMFW_IGVM_REQUIRED_MEMORY)

static bool same_piece(const struct vmfw_igvm_piece *a,
		       const struct vmfw_igvm_piece *b)
{
	return a->range.end == b->range.start && a->kind == b->kind &&
	       a->flags == b->flags && a->data_type == b->data_type;
}

static struct vmfw_igvm_piece make_piece(const struct spans *spans,
					 const struct span *span)
{
	struct vmfw_igvm_piece piece = {
		.range = span->range,
		.kind = span->kind,
		.header = span_header(spans, span).index,
	};
	const uint8_t *content = (const uint8_t *)spans->igvm->input.head +
				 span->offset + VMFW_IGVM_PREFIX_SIZE;

	if (span->kind == VMFW_IGVM_PAGE_DATA) {
		piece.flags = get_le32(content + 16) & ~VMFW_IGVM_PAGE_2MB;
		piece.data_type = get_le16(content + 20);
	}
	return piece;
}

/**
 * struct map - the pieces found so far
 * @v: the pieces
 * @nr: number of pieces so far
 * @last: 1 + index of the last piece that is not required memory, or 0
 */
struct map {
	struct vmfw_igvm_piece *v;
	size_t nr;
	size_t last;
};

/* Put required memory before all pieces that begin at the same address. */
static void add_required(struct map *map, const struct vmfw_igvm_piece *piece)
{
	size_t at = map->nr++;

	while (at && map->v[at - 1].range.start == piece->range.start) {
		map->v[at] = map->v[at - 1];
		at--;
	}
	map->v[at] = *piece;
	if (map->last > at)
		map->last++;
}

static void add_piece(struct map *map, const struct vmfw_igvm_piece *piece)
{
	if (piece->kind == VMFW_IGVM_REQUIRED_MEMORY) {
		add_required(map, piece);
	} else if (map->last && same_piece(&map->v[map->last - 1], piece)) {
		map->v[map->last - 1].range.end = piece->range.end;
	} else {
		map->v[map->nr++] = *piece;
		map->last = map->nr;
	}
}

/**
 * vmfw_igvm_map() - list the pieces of a platform's memory
 * @igvm: a file that vmfw_igvm_check() found sound
 * @mask: compatibility mask of the platform
 * @pieces: receives an array, which the caller frees, in ascending order:
 *	populated memory, error ranges and required memory. Except for required
 *	memory, neighbours of the same kind, flags and type are one piece. NULL
 *	if @nr is 0
 * @nr: receives the number of pieces
 *
 * Required memory may overlap other pieces. It comes first if both begin at the
 * same address.
 *
 * Return: 0; -ENOMEM; or -ECANCELED: the input's @stop returned true.
 */
int vmfw_igvm_map(const struct vmfw_igvm *igvm, uint32_t mask,
		  struct vmfw_igvm_piece **pieces, size_t *nr)
{
	struct map map = { 0 };
	struct memory memory;
	size_t i;
	int err;

	*pieces = NULL;
	*nr = 0;
	err = memory_collect(igvm, &memory);
	if (err)
		return err;
	/* One more than needed: an allocation of no bytes can return NULL. */
	map.v = calloc(memory.spans.nr + 1, sizeof(*map.v));
	for (i = 0; map.v && i < memory.spans.nr; i++) {
		struct span span = span_get(&memory.spans, i);
		struct vmfw_igvm_piece piece;

		if (!(span.mask & mask) || !(span.kind & MAP_KINDS))
			continue;
		piece = make_piece(&memory.spans, &span);
		add_piece(&map, &piece);
	}
	memory_free(&memory);
	if (!map.v)
		return -ENOMEM;
	if (!map.nr) {
		free(map.v);
		return 0;
	}
	*pieces = map.v;
	*nr = map.nr;
	return 0;
}

/* Return the file offset of a span's data, or 0: zeroes. */
static uint32_t span_data(const struct vmfw_igvm *igvm,
			  const struct areas *areas, const struct span *span)
{
	const uint8_t *content = (const uint8_t *)igvm->input.head +
				 span->offset + VMFW_IGVM_PREFIX_SIZE;
	const uint8_t *area;

	if (span->kind != VMFW_IGVM_PARAMETER_INSERT)
		return get_le32(content + 12);
	area = (const uint8_t *)igvm->input.head + VMFW_IGVM_PREFIX_SIZE +
	       area_offset(areas, area_find(areas, get_le32(content + 12)));
	return get_le32(area + 12);
}

/* Copy the bytes that a span and the requested memory have in common. */
static int read_span(const struct vmfw_igvm *igvm, const struct areas *areas,
		     const struct span *span, struct vmfw_igvm_range want,
		     uint8_t *buf, uint64_t *copied)
{
	uint64_t start = span->range.start > want.start ? span->range.start :
							  want.start;
	uint64_t end = span->range.end < want.end ? span->range.end : want.end;
	uint32_t data;

	if (start >= end)
		return 0;
	*copied += end - start;
	data = span_data(igvm, areas, span);
	if (!data) {
		memset(buf + (start - want.start), 0, end - start);
		return 0;
	}
	return input_read(&igvm->input, data + (start - span->range.start),
			  buf + (start - want.start), end - start);
}

/**
 * vmfw_igvm_read() - read memory as the loader leaves it, before the guest
 *	starts
 * @igvm: a file that vmfw_igvm_check() found sound
 * @mask: compatibility mask of one platform
 * @gpa: guest physical address of the first byte
 * @buf: receives the bytes
 * @len: number of bytes
 *
 * In place of a parameter that the loader fills in, @buf receives the file data
 * of its area, or zeroes. KVM has the VMSAs of all VPs at one address: from
 * there, @buf receives the first one of the file.
 *
 * Return: 0; -EFAULT: some of the memory is not populated; -ENOMEM; -ECANCELED:
 * the input's @stop returned true; or the error of the input's @read.
 */
int vmfw_igvm_read(const struct vmfw_igvm *igvm, uint32_t mask, uint64_t gpa,
		   void *buf, size_t len)
{
	struct vmfw_igvm_range want = { .start = gpa };
	struct memory memory;
	uint64_t copied = 0, end = 0;
	size_t i;
	int err;

	if (add_wraps(gpa, len, &want.end))
		return -EFAULT;
	err = memory_collect(igvm, &memory);
	if (err)
		return err;
	for (i = 0; !err && i < memory.spans.nr; i++) {
		struct span span = span_get(&memory.spans, i);

		if (!(span.mask & mask) || !(span.kind & VMFW_IGVM_POPULATED))
			continue;
		/* This is another VMSA at KVM's one address. */
		if (span.range.start < end)
			continue;
		end = span.range.end;
		err = read_span(igvm, &memory.areas, &span, want, buf,
				&copied);
	}
	memory_free(&memory);
	/* The loop copies no byte twice, so @len bytes are all of them. */
	if (!err && copied != len)
		err = -EFAULT;
	return err;
}

/**
 * vmfw_igvm_rom_range() - find the flat firmware in a file
 * @igvm: a file that vmfw_igvm_check() found sound
 * @mask: compatibility mask of one platform
 * @range: receives the page data that ends at 4 GiB
 *
 * Return: 0; -ENOENT: there is none; -ENOMEM; or -ECANCELED: the input's @stop
 * returned true.
 */
int vmfw_igvm_rom_range(const struct vmfw_igvm *igvm, uint32_t mask,
			struct vmfw_igvm_range *range)
{
	struct vmfw_igvm_range *ranges;
	size_t i, nr;
	int err;

	err = vmfw_igvm_ranges(igvm, mask, VMFW_IGVM_PAGE_DATA, &ranges, &nr);
	if (err)
		return err;
	err = -ENOENT;
	for (i = 0; i < nr; i++) {
		if (ranges[i].end != 1ull << 32)
			continue;
		*range = ranges[i];
		err = 0;
	}
	free(ranges);
	return err;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parameter areas, and the guest physical memory that headers are about.
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
 * @offset: of that header in the file
 * @size: bytes
 * @inserted: index of the header that inserts it, or VMFW_IGVM_NO_HEADER;
 *	kept by the check
 */
struct area {
	uint32_t index;
	uint32_t header;
	uint64_t offset;
	uint64_t size;
	uint32_t inserted;
};

/* Sorted by index, then by header. */
struct areas {
	struct area *v;
	size_t nr;
};

int areas_collect(const struct vmfw_igvm *igvm, struct areas *areas);
struct area *area_find(const struct areas *areas, uint32_t index);

/**
 * struct span - guest physical memory that a header is about
 * @range: its addresses
 * @mask: platforms
 * @kind: one bit of enum vmfw_igvm_kind
 * @header: index of the header
 * @type: of the header
 * @offset: of the header in the file
 */
struct span {
	struct vmfw_igvm_range range;
	uint32_t mask;
	unsigned int kind;
	uint32_t header;
	uint32_t type;
	uint64_t offset;
};

/* Sorted by address, then by header. */
struct spans {
	struct span *v;
	size_t nr;
};

int spans_collect(const struct vmfw_igvm *igvm, const struct areas *areas,
		  struct spans *spans);

/* All that a file has to do with guest physical memory. */
struct memory {
	struct areas areas;
	struct spans spans;
};

int memory_collect(const struct vmfw_igvm *igvm, struct memory *memory);
void memory_free(struct memory *memory);

#endif /* VMFW_IGVM_MEMORY_H */

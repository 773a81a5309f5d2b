/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The format: its types, a walk over its headers, and their writer.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_IGVM_INTERNAL_H
#define VMFW_IGVM_INTERNAL_H

#include "igvm/vmfw-igvm.h"
#include "shared/bytes.h"

/* The place of the mask in a type without a compatibility mask. */
#define NO_MASK		(-1)

/**
 * struct type_info - properties that all headers of a type share
 * @type: enum vmfw_igvm_type
 * @name: name from the text of the format, without prefix
 * @length: length of the content
 * @mask_at: offset of the compatibility mask, or NO_MASK
 * @parameter: fewest bytes that a loader writes to the parameter area; 0: this
 *	is not a parameter
 */
struct type_info {
	uint32_t type;
	const char *name;
	uint32_t length;
	int mask_at;
	uint32_t parameter;
};

const struct type_info *type_info(uint32_t type);

/* The sections of the variable headers, in their order. */
enum section {
	SECTION_NONE,
	SECTION_PLATFORM,
	SECTION_INIT,
	SECTION_DIRECTIVE,
};

enum section type_section(uint32_t type);

uint32_t platforms_of_type(const struct vmfw_igvm *igvm, unsigned int types);
int input_read(const struct vmfw_igvm_input *input, uint64_t offset,
	       uint8_t *buf, size_t len);

bool input_stops(const struct vmfw_igvm *igvm);

/* Bytes of a header with its padding. */
static inline uint64_t header_size(const struct vmfw_igvm_header *header)
{
	return VMFW_IGVM_PREFIX_SIZE + (((uint64_t)header->length + 7) & ~7ull);
}

/* Offset of the header after this one. Offsets are below 2^33, so no sum wraps. */
static inline uint64_t next_offset(const struct vmfw_igvm_header *header)
{
	return header->offset + header_size(header);
}

/* A walk calls the caller's @stop once in this number of steps. */
#define STOP_AFTER	4096

typedef int igvm_compare(const void *a, const void *b,
			 const struct vmfw_igvm *igvm);
int igvm_sort(const struct vmfw_igvm *igvm, void *v, size_t nr, size_t size,
	      igvm_compare *function);

/* Headers begin at multiples of this number of bytes after the first one. */
#define HEADER_UNIT	8

/* Bytes of the content of a page's header. */
#define PAGE_CONTENT_SIZE	24

uint8_t *header_put_prefix(uint8_t *p, uint32_t type, uint32_t length);
uint8_t *header_put_page(uint8_t *p, uint32_t mask, uint64_t gpa,
			 uint32_t file_offset, enum vmfw_igvm_step_kind kind);

#define FIXED_HEADER_CHECKSUM_AT	20

uint32_t fixed_header_checksum(const uint8_t *head, size_t fixed_size,
			       size_t start, size_t end);
void fixed_header_update(uint8_t *head, size_t start, size_t end,
			 uint32_t size);

#endif /* VMFW_IGVM_INTERNAL_H */

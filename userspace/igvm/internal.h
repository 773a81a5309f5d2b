/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the library share and its users do not see.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_IGVM_INTERNAL_H
#define VMFW_IGVM_INTERNAL_H

#include "../bytes.h"
#include "vmfw-igvm.h"

/* Guest physical addresses of x86-64 and AArch64 have no more. */
#define MAX_ADDRESS_BITS	52

/* No field of that name in a header of this type. */
#define NO_MASK		(-1)

/**
 * struct type_info - what is the same for all headers of a type
 * @type: enum vmfw_igvm_type
 * @name: from the text of the format, without prefix
 * @length: of the content
 * @mask_at: offset of the compatibility mask, or NO_MASK
 * @parameter: fewest bytes that a loader writes to the parameter area; 0:
 *	this is no parameter
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

/* Headers of which a platform has one at most. */
enum once {
	ONCE_GUEST_POLICY,
	ONCE_CCA_POLICY,
	ONCE_CORIM_DOCUMENT,
	ONCE_CORIM_SIGNATURE,
	ONCE_PAGE_TABLE,
	ONCE_SNP_ID_BLOCK,
	ONCE_VBS_MEASUREMENT,
	NR_ONCE
};

/**
 * struct vp_key - a header that has, or needs, the context of one VP
 * @key: platforms, VP index and VTL in one number, see vp_key(); a context
 *	is for one platform, a header may need those of several
 * @header: index of the header
 * @type: of the header
 * @offset: of the header in the file
 */
struct vp_key {
	uint64_t key;
	uint32_t header;
	uint32_t type;
	uint64_t offset;
};

struct vp_keys {
	struct vp_key *v;
	size_t nr;
};

/**
 * struct check - one run of vmfw_igvm_check()
 * @igvm: what is known so far
 * @report: the caller's function, may be NULL
 * @arg: for @report
 * @header: the header being looked at; NULL: the fixed header or the file
 * @failed: an error was found
 * @stopped: the caller wants no more, or @err is set
 * @err: negative errno value of what kept the check from going on
 * @masks: bits of the platforms declared so far
 * @section: of the last header
 * @has_page_data: bits of the platforms that load something
 * @areas: all of the file
 * @contexts: VP contexts, in the order of the file
 * @context_needs: headers that need one, in the order of the file
 * @broken_contexts: bits of platforms with a context that cannot be read
 * @once: by kind and platform bit, 1 + index of the header that was there
 */
struct check {
	struct vmfw_igvm *igvm;
	vmfw_igvm_report *report;
	void *arg;
	const struct vmfw_igvm_header *header;
	bool failed;
	bool stopped;
	int err;
	uint32_t masks;
	enum section section;
	uint32_t has_page_data;
	struct areas areas;
	struct vp_keys contexts;
	struct vp_keys context_needs;
	uint32_t broken_contexts;
	uint32_t once[NR_ONCE][VMFW_IGVM_MAX_PLATFORMS];
};

void find(struct check *check, enum vmfw_igvm_rule rule, const char *field,
	  uint64_t value);
void find_bound(struct check *check, enum vmfw_igvm_rule rule,
		const char *field, uint64_t value, uint64_t bound);
void find_at(struct check *check, enum vmfw_igvm_rule rule,
	     const struct vmfw_igvm_header *header, const char *field,
	     uint64_t value, uint64_t bound);

bool check_aligned(struct check *check, const char *field, uint64_t value,
		   uint64_t alignment);
bool check_range(struct check *check, const char *start_field, uint64_t start,
		 const char *size_field, uint64_t size);
bool check_data(struct check *check, uint32_t file_offset, uint64_t size);
void check_once(struct check *check, enum once what, uint32_t mask);
uint32_t platforms_of_type(const struct vmfw_igvm *igvm, unsigned int types);
int input_read(const struct vmfw_igvm_input *input, uint64_t offset,
	       uint8_t *buf, size_t len);

bool input_stops(const struct vmfw_igvm *igvm);
bool check_stops(struct check *check);

/* Between two looks at whether the caller wants it to end. */
#define STOP_AFTER	4096

bool check_fixed_header(struct check *check,
			const struct vmfw_igvm_input *input);
/* Content of the header of a page. */
#define PAGE_CONTENT_SIZE	24

uint8_t *header_put_prefix(uint8_t *p, uint32_t type, uint32_t length);
uint8_t *header_put_page(uint8_t *p, uint32_t mask, uint64_t gpa,
			 uint32_t file_offset, enum vmfw_igvm_step_kind kind);
void fixed_header_update(uint8_t *head, size_t start, size_t end,
			 uint32_t size);
void check_platform(struct check *check);
void check_initialization(struct check *check);
void check_directive(struct check *check);
void check_vp_context(struct check *check);
void check_contexts(struct check *check);
void check_kvm_context(struct check *check);
void check_spans(struct check *check, const struct spans *spans);
bool qemu_page_continues(const uint8_t *last, const uint8_t *next);
void need_vp_context(struct check *check, uint32_t mask, uint16_t vp_index,
		     uint8_t vtl);

#endif /* VMFW_IGVM_INTERNAL_H */

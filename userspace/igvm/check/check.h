/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Declarations that the files of the check share.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_IGVM_CHECK_H
#define VMFW_IGVM_CHECK_H

#include "memory/memory.h"

/* The most bits of a guest physical address of x86-64 and AArch64. */
#define MAX_ADDRESS_BITS	52

/* Kinds of headers of which a platform has at most one. */
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
 * @key: platforms, VP index and VTL in one number, see vp_key(); a context is
 *	for one platform, a header may need contexts of several platforms
 * @header: index of the header
 * @type: type of the header
 * @offset: offset of the header in the file
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
 * struct check - one run of vmfw_igvm_check() or another check of this folder
 * @igvm: the facts known so far
 * @report: the caller's function, may be NULL
 * @arg: argument for @report
 * @header: the current header; NULL: the fixed header or the file
 * @failed: the check has found an error
 * @stopped: the caller wants to stop, or reading failed: report nothing more
 * @err: negative errno value of an error that ends the check
 * @masks: bits of the platforms declared so far
 * @section: the latest section so far
 * @has_page_data: bits of the platforms with page data
 * @areas: all parameter areas of the file
 * @contexts: VP contexts, in the order of the file until check_contexts() sorts
 *	them
 * @context_needs: headers that need a VP context, in the order of the file
 * @broken_contexts: bits of platforms with a malformed context
 * @once: by kind and platform bit, 1 + index of the first such header; 0: none
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

void report_rule(struct check *check, enum vmfw_igvm_rule rule,
		 const char *field, uint64_t value);
void report_rule_bound(struct check *check, enum vmfw_igvm_rule rule,
		       const char *field, uint64_t value, uint64_t bound);
void report_rule_at(struct check *check, enum vmfw_igvm_rule rule,
		    const struct vmfw_igvm_header *header, const char *field,
		    uint64_t value, uint64_t bound);

bool check_aligned(struct check *check, const char *field, uint64_t value,
		   uint64_t alignment);
bool check_range(struct check *check, const char *start_field, uint64_t start,
		 const char *size_field, uint64_t size);
bool check_data(struct check *check, uint32_t file_offset, uint64_t size);
void check_once(struct check *check, enum once what, uint32_t mask);
bool check_stops(struct check *check);

bool check_fixed_header(struct check *check,
			const struct vmfw_igvm_input *input);
void check_platform(struct check *check);
void check_initialization(struct check *check);
void check_directive(struct check *check);
void check_vp_context(struct check *check);
void check_contexts(struct check *check);
void check_kvm_context(struct check *check);
void check_spans(struct check *check, const struct spans *spans);
void need_vp_context(struct check *check, uint32_t mask, uint16_t vp_index,
		     uint8_t vtl);

#endif /* VMFW_IGVM_CHECK_H */

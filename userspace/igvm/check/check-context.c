// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Initial register contexts of virtual processors.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <stdlib.h>

#include "check/check.h"
#include "shared/macro.h"

/* Bytes of the format's structure of x64 registers. Zeroes fill the rest of its page. */
#define NATIVE_CONTEXT_SIZE	232
/* A list of registers: their number, then VTL, name, padding, value of each. */
#define REGISTER_COUNT_SIZE	4
#define REGISTER_SIZE		32
#define REGISTER_PADDING_AT	5
#define REGISTER_PADDING_SIZE	11
#define MAX_VTL			2

/* Register names of Microsoft's Hypervisor Top Level Functional Specification (TLFS). */
struct register_range {
	uint32_t first;
	uint32_t last;
};

static const struct register_range x64_registers[] = {
	{ 0x00020004, 0x00020006 },	/* RSP, RBP, RSI */
	{ 0x00020008, 0x0002000c },	/* R8 to R12 */
	{ 0x00020010, 0x00020011 },	/* RIP, RFLAGS */
	{ 0x00040000, 0x00040000 },	/* CR0 */
	{ 0x00040002, 0x00040003 },	/* CR3, CR4 */
	{ 0x00060000, 0x00060005 },	/* ES, CS, SS, DS, FS, GS */
	{ 0x00060007, 0x00060007 },	/* TR */
	{ 0x00070000, 0x00070001 },	/* IDTR, GDTR */
	{ 0x00080001, 0x00080001 },	/* EFER */
	{ 0x00080004, 0x00080004 },	/* PAT */
	{ 0x0008000e, 0x0008000e },	/* MTRR default type */
	{ 0x00080010, 0x00080014 },	/* MTRR bases 0 to 4 */
	{ 0x00080040, 0x00080044 },	/* MTRR masks 0 to 4 */
	{ 0x00080070, 0x00080071 },	/* MTRRs of 0x00000 and 0x80000 */
	{ 0x00080077, 0x0008007a },	/* MTRRs of 0xe0000 to 0xf8000 */
};

static const struct register_range aarch64_registers[] = {
	{ 0x00020000, 0x00020007 },	/* X0 to X7 */
	{ 0x00020022, 0x00020023 },	/* PC, CPSR */
	{ 0x00040002, 0x00040002 },	/* SCTLR_EL1 */
	{ 0x00040005, 0x00040007 },	/* TTBR0_EL1, TTBR1_EL1, TCR_EL1 */
	{ 0x0004000b, 0x0004000c },	/* MAIR_EL1, VBAR_EL1 */
};

static bool register_known(uint32_t architecture, uint32_t name)
{
	const struct register_range *range = x64_registers;
	size_t i, nr = ARRAY_SIZE(x64_registers);

	if (architecture == VMFW_IGVM_AARCH64) {
		range = aarch64_registers;
		nr = ARRAY_SIZE(aarch64_registers);
	}
	for (i = 0; i < nr; i++)
		if (name >= range[i].first && name <= range[i].last)
			return true;
	return false;
}

static uint64_t vp_key(uint32_t mask, uint16_t vp_index, uint8_t vtl)
{
	return (uint64_t)mask << 32 | (uint32_t)vp_index << 8 | vtl;
}

static void add_key(struct check *check, struct vp_keys *keys, uint64_t key)
{
	keys->v[keys->nr++] = (struct vp_key) {
		.key = key,
		.header = check->header->index,
		.type = check->header->type,
		.offset = check->header->offset,
	};
}

/**
 * need_vp_context() - record that the current header needs a VP context
 * @check: the check
 * @mask: platforms
 * @vp_index: index of the VP
 * @vtl: virtual trust level of the context
 */
void need_vp_context(struct check *check, uint32_t mask, uint16_t vp_index,
		     uint8_t vtl)
{
	add_key(check, &check->context_needs, vp_key(mask, vp_index, vtl));
}

/* Read a piece of the file. False: reading failed, so the check ends. */
static bool read_data(struct check *check, uint64_t offset, uint8_t *buf,
		      size_t len)
{
	check->err = input_read(&check->igvm->input, offset, buf, len);
	if (check->err)
		check->stopped = true;
	return !check->err;
}

/* Check one register of a list. The first one sets @vtl, the list's VTL. */
static bool check_register(struct check *check, const uint8_t *p, bool first,
			   uint8_t *vtl)
{
	uint32_t name = get_le32(p + 1);
	size_t i;

	if (first)
		*vtl = p[0];
	if (p[0] > MAX_VTL) {
		report_rule(check, VMFW_IGVM_RULE_VTL, "vtl", p[0]);
		return false;
	}
	if (p[0] != *vtl) {
		report_rule_bound(check, VMFW_IGVM_RULE_REGISTER_VTL, "vtl",
				  p[0], *vtl);
		return false;
	}
	if (!register_known(check->igvm->architecture, name)) {
		report_rule(check, VMFW_IGVM_RULE_REGISTER_UNKNOWN,
			    "register_name", name);
		return false;
	}
	for (i = 0; i < REGISTER_PADDING_SIZE; i++) {
		if (p[REGISTER_PADDING_AT + i]) {
			report_rule(check, VMFW_IGVM_RULE_RESERVED, "mbz",
				    p[REGISTER_PADDING_AT + i]);
			return false;
		}
	}
	return true;
}

/*
 * Check a list of registers, as VBS has it, up to the first finding. Otherwise a
 * long list of garbage would cause a finding for each register.
 */
static bool check_register_list(struct check *check, uint32_t file_offset,
				uint8_t *vtl)
{
	uint8_t buf[REGISTER_SIZE];
	uint64_t offset = (uint64_t)file_offset + REGISTER_COUNT_SIZE;
	uint32_t count, i;

	if (!check_data(check, file_offset, REGISTER_COUNT_SIZE) ||
	    !read_data(check, file_offset, buf, REGISTER_COUNT_SIZE))
		return false;
	count = get_le32(buf);
	if (!count) {
		report_rule(check, VMFW_IGVM_RULE_REGISTERS_NONE,
			    "register_count", count);
		return false;
	}
	if (count > (check->igvm->input.size - offset) / REGISTER_SIZE) {
		report_rule_bound(check, VMFW_IGVM_RULE_DATA_PAST_END,
				  "register_count", count,
				  check->igvm->input.size);
		return false;
	}
	for (i = 0; i < count; i++, offset += REGISTER_SIZE)
		if (!read_data(check, offset, buf, sizeof(buf)) ||
		    !check_register(check, buf, i == 0, vtl))
			return false;
	return true;
}

/*
 * Check that the format version has the structure of x64 registers, and that
 * zeroes follow the structure.
 */
static bool check_native_context(struct check *check, uint32_t file_offset)
{
	uint8_t page[VMFW_IGVM_PAGE_SIZE];

	if (check->igvm->version < 2)
		report_rule(check, VMFW_IGVM_RULE_CONTEXT_VERSION,
			    "format_version", check->igvm->version);
	if (!check_data(check, file_offset, sizeof(page)) ||
	    !read_data(check, file_offset, page, sizeof(page)))
		return false;
	if (!all_zero(page + NATIVE_CONTEXT_SIZE,
		      sizeof(page) - NATIVE_CONTEXT_SIZE)) {
		report_rule(check, VMFW_IGVM_RULE_CONTEXT_TAIL, "file_offset",
			    file_offset);
		return false;
	}
	return true;
}

/*
 * Check the data of a context as its platform defines it, and set @vtl to the
 * context's virtual trust level.
 */
static bool check_context_data(struct check *check,
			       const struct vmfw_igvm_platform *platform,
			       uint32_t file_offset, uint8_t *vtl)
{
	if (!file_offset) {
		report_rule(check, VMFW_IGVM_RULE_DATA_MISSING, "file_offset",
			    0);
		return false;
	}
	*vtl = platform->highest_vtl;
	switch (platform->type) {
	case VMFW_IGVM_VSM_ISOLATION:
		return check_register_list(check, file_offset, vtl);
	case VMFW_IGVM_NATIVE:
	case VMFW_IGVM_SEV:
		return check_native_context(check, file_offset);
	default:
		return check_data(check, file_offset, VMFW_IGVM_PAGE_SIZE);
	}
}

/* Return the one platform of a mask, or NULL. */
static const struct vmfw_igvm_platform *
only_platform(const struct vmfw_igvm *igvm, uint32_t mask)
{
	unsigned int i;

	for (i = 0; i < igvm->nr_platforms; i++)
		if (igvm->platforms[i].mask == mask)
			return &igvm->platforms[i];
	return NULL;
}

/**
 * check_vp_context() - check the current header, a VP context
 * @check: the check; records the platform and the VP of the context
 */
void check_vp_context(struct check *check)
{
	const uint8_t *p = check->header->content;
	uint64_t gpa = get_le64(p);
	uint32_t mask = get_le32(p + 8);
	uint32_t file_offset = get_le32(p + 12);
	uint16_t vp_index = get_le16(p + 16);
	const struct vmfw_igvm_platform *platform;
	uint8_t vtl;

	if (get_le16(p + 18))
		report_rule(check, VMFW_IGVM_RULE_RESERVED, "reserved",
			    get_le16(p + 18));
	if (vp_index)
		report_rule(check, VMFW_IGVM_RULE_CONTEXT_VP, "vp_index",
			    vp_index);
	if (mask & (mask - 1)) {
		report_rule(check, VMFW_IGVM_RULE_CONTEXT_PLATFORM,
			    "compatibility_mask", mask);
		return;
	}
	platform = only_platform(check->igvm, mask);
	if (!platform)
		return;		/* another rule reports the mask or its platform */
	if (platform->type == VMFW_IGVM_TDX) {
		report_rule(check, VMFW_IGVM_RULE_CONTEXT_TDX,
			    "compatibility_mask", mask);
		return;
	}

	if (platform->type == VMFW_IGVM_SEV_SNP ||
	    platform->type == VMFW_IGVM_SEV_ES) {
		check_aligned(check, "gpa", gpa, VMFW_IGVM_PAGE_SIZE);
		check_range(check, "gpa", gpa, "gpa", VMFW_IGVM_PAGE_SIZE);
	} else if (gpa) {
		report_rule(check, VMFW_IGVM_RULE_CONTEXT_GPA, "gpa", gpa);
	}
	if (check_context_data(check, platform, file_offset, &vtl))
		add_key(check, &check->contexts,
			vp_key(mask, vp_index, vtl));
	else
		check->broken_contexts |= mask;
}

static int compare_keys(const void *a, const void *b,
			const struct vmfw_igvm *igvm)
{
	const struct vp_key *x = a, *y = b;

	(void)igvm;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->header < y->header ? -1 : x->header > y->header;
}

static int compare_key_only(const void *a, const void *b)
{
	const struct vp_key *x = a, *y = b;

	return x->key < y->key ? -1 : x->key > y->key;
}

/*
 * Is there a context for each platform that a header names? Platforms with a
 * malformed context do not count, because its VTL may be unknown. Another rule
 * reports that context.
 */
static bool has_contexts(const struct vp_keys *contexts, uint32_t broken,
			 uint64_t key)
{
	uint32_t mask = (key >> 32) & ~broken;

	if (!contexts->nr)
		return !mask;
	for (; mask; mask &= mask - 1) {
		struct vp_key one = {
			.key = (uint64_t)(mask & -mask) << 32 |
			       (uint32_t)key,
		};

		if (!bsearch(&one, contexts->v, contexts->nr,
			     sizeof(*contexts->v), compare_key_only))
			return false;
	}
	return true;
}

static void find_key(struct check *check, enum vmfw_igvm_rule rule,
		     const struct vp_key *key, uint64_t bound)
{
	struct vmfw_igvm_header header = {
		.index = key->header,
		.offset = key->offset,
		.type = key->type,
	};

	report_rule_at(check, rule, &header, "vp_index", key->key >> 8 & 0xffff,
		       bound);
}

/**
 * check_contexts() - check that all needed VP contexts exist, and none twice
 * @check: the check, after its walk over all headers
 */
void check_contexts(struct check *check)
{
	struct vp_keys *contexts = &check->contexts;
	struct vp_keys *needs = &check->context_needs;
	size_t i;

	check->err = igvm_sort(check->igvm, contexts->v, contexts->nr,
			       sizeof(*contexts->v), compare_keys);
	if (check->err)
		return;
	for (i = 1; i < contexts->nr; i++)
		if (contexts->v[i].key == contexts->v[i - 1].key)
			find_key(check, VMFW_IGVM_RULE_CONTEXT_TWICE,
				 &contexts->v[i], contexts->v[i - 1].header);
	for (i = 0; i < needs->nr; i++)
		if (!has_contexts(contexts, check->broken_contexts,
				  needs->v[i].key))
			find_key(check, VMFW_IGVM_RULE_CONTEXT_MISSING,
				 &needs->v[i], needs->v[i].key & 0xff);
}

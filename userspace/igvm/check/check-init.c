// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Platform and initialization headers.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "check/check.h"

/* Virtual trust levels that the format can name: 0, 1, 2. */
#define MAX_VTL			2
/* "Reserved, must be one" in the SEV-SNP ABI's guest policy. */
#define SNP_POLICY_RESERVED_ONE	(1ull << 17)
/* RMI hash algorithms: SHA-256, SHA-512, SHA-384. */
#define CCA_HASH_LAST		2
/* Live firmware activation: disallow, allow. */
#define CCA_LFA_LAST		1

static bool architecture_has(uint32_t architecture, unsigned int type)
{
	switch (type) {
	case VMFW_IGVM_VSM_ISOLATION:
		return true;
	case VMFW_IGVM_CCA:
		return architecture == VMFW_IGVM_AARCH64;
	default:
		return architecture == VMFW_IGVM_X64;
	}
}

static void check_platform_type(struct check *check,
				const struct vmfw_igvm_platform *platform)
{
	if (!vmfw_igvm_platform_name(platform->type)) {
		report_rule(check, VMFW_IGVM_RULE_PLATFORM_TYPE,
			    "platform_type", platform->type);
		return;
	}
	if (!architecture_has(check->igvm->architecture, platform->type))
		report_rule_bound(check, VMFW_IGVM_RULE_PLATFORM_ARCHITECTURE,
				  "platform_type", platform->type,
				  check->igvm->architecture);
	if (vmfw_igvm_platform(check->igvm, platform->type))
		report_rule(check, VMFW_IGVM_RULE_PLATFORM_TYPE_TWICE,
			    "platform_type", platform->type);
	if (platform->version != 1)
		report_rule(check, VMFW_IGVM_RULE_PLATFORM_VERSION,
			    "platform_version", platform->version);
	if (platform->highest_vtl && platform->type == VMFW_IGVM_NATIVE)
		report_rule(check, VMFW_IGVM_RULE_PLATFORM_VTL_NATIVE,
			    "highest_vtl", platform->highest_vtl);
	if (platform->shared_gpa_boundary &&
	    (platform->type == VMFW_IGVM_NATIVE ||
	     platform->type == VMFW_IGVM_VSM_ISOLATION))
		report_rule(check, VMFW_IGVM_RULE_PLATFORM_BOUNDARY,
			    "shared_gpa_boundary",
			    platform->shared_gpa_boundary);
}

/**
 * check_platform() - check the current header, a supported platform
 * @check: the check; receives the platform if its type is known, and if its
 *	mask is one bit that is still free
 */
void check_platform(struct check *check)
{
	const uint8_t *p = check->header->content;
	struct vmfw_igvm *igvm = check->igvm;
	struct vmfw_igvm_platform platform = {
		.mask = get_le32(p),
		.highest_vtl = p[4],
		.type = p[5],
		.version = get_le16(p + 6),
		.shared_gpa_boundary = get_le64(p + 8),
	};

	check_platform_type(check, &platform);
	if (platform.highest_vtl != 0 && platform.highest_vtl != MAX_VTL)
		report_rule(check, VMFW_IGVM_RULE_PLATFORM_VTL, "highest_vtl",
			    platform.highest_vtl);
	if (!platform.mask || platform.mask & (platform.mask - 1)) {
		report_rule(check, VMFW_IGVM_RULE_PLATFORM_MASK,
			    "compatibility_mask", platform.mask);
		return;
	}
	if (platform.mask & check->masks) {
		report_rule(check, VMFW_IGVM_RULE_PLATFORM_MASK_TAKEN,
			    "compatibility_mask", platform.mask);
		return;
	}

	/* Each platform has its own bit, so the array is large enough. */
	check->masks |= platform.mask;
	if (vmfw_igvm_platform_name(platform.type))
		igvm->platforms[igvm->nr_platforms++] = platform;
}

static void check_guest_policy(struct check *check)
{
	const uint8_t *p = check->header->content;
	uint64_t policy = get_le64(p);
	uint32_t mask = get_le32(p + 8);

	if (get_le32(p + 12))
		report_rule(check, VMFW_IGVM_RULE_RESERVED, "reserved",
			    get_le32(p + 12));
	if (mask & platforms_of_type(check->igvm, 1u << VMFW_IGVM_SEV_SNP) &&
	    !(policy & SNP_POLICY_RESERVED_ONE))
		report_rule(check, VMFW_IGVM_RULE_SNP_POLICY, "policy", policy);
	check_once(check, ONCE_GUEST_POLICY, mask);
}

static void check_cca_policy(struct check *check)
{
	const uint8_t *p = check->header->content;
	uint64_t zeroes = get_le64(p + 8);
	uint64_t ones = get_le64(p + 16);
	uint32_t mask = get_le32(p);

	if (get_le32(p + 4))
		report_rule(check, VMFW_IGVM_RULE_RESERVED, "reserved",
			    get_le32(p + 4));
	if (!all_zero(p + 26, 6))
		report_rule(check, VMFW_IGVM_RULE_RESERVED, "reserved2",
			    get_le16(p + 26) | (uint64_t)get_le32(p + 28)
						       << 16);
	if (zeroes & ones)
		report_rule_bound(check, VMFW_IGVM_RULE_CCA_MASKS,
				  "attributes_required_ones", ones, zeroes);
	if (p[24] > CCA_HASH_LAST)
		report_rule(check, VMFW_IGVM_RULE_CCA_HASH, "hash_algorithm",
			    p[24]);
	if (p[25] > CCA_LFA_LAST)
		report_rule(check, VMFW_IGVM_RULE_CCA_LFA, "lfa_policy", p[25]);
	if (mask & check->masks &
	    ~platforms_of_type(check->igvm, 1u << VMFW_IGVM_CCA))
		report_rule(check, VMFW_IGVM_RULE_WRONG_PLATFORM,
			    "compatibility_mask", mask);
	check_once(check, ONCE_CCA_POLICY, mask);
}

static void check_corim(struct check *check, enum once what)
{
	const uint8_t *p = check->header->content;
	uint32_t mask = get_le32(p), rest;
	uint32_t file_offset = get_le32(p + 4);
	uint32_t size = get_le32(p + 8);

	if (get_le32(p + 12))
		report_rule(check, VMFW_IGVM_RULE_RESERVED, "reserved",
			    get_le32(p + 12));
	if (!size)
		report_rule(check, VMFW_IGVM_RULE_EMPTY, "size_bytes", size);
	else if (!file_offset)
		report_rule(check, VMFW_IGVM_RULE_DATA_MISSING, "file_offset",
			    0);
	else
		check_data(check, file_offset, size);

	for (rest = what == ONCE_CORIM_SIGNATURE ? mask : 0; rest;
	     rest &= rest - 1) {
		if (check->once[ONCE_CORIM_DOCUMENT][__builtin_ctz(rest)])
			continue;
		report_rule(check, VMFW_IGVM_RULE_CORIM_ORDER,
			    "compatibility_mask", mask);
		break;
	}
	check_once(check, what, mask);
}

static void check_relocatable_region(struct check *check)
{
	const uint8_t *p = check->header->content;
	uint64_t alignment = get_le64(p + 8);
	uint64_t gpa = get_le64(p + 16);
	uint64_t size = get_le64(p + 24);
	uint64_t minimum = get_le64(p + 32);
	uint64_t maximum = get_le64(p + 40);
	uint8_t vtl = p[6], flags = p[7];

	if (vtl > MAX_VTL)
		report_rule(check, VMFW_IGVM_RULE_VTL, "vtl", vtl);
	if (flags & ~(VMFW_IGVM_RELOCATION_IS_VTL2 |
		      VMFW_IGVM_RELOCATION_APPLY_PC |
		      VMFW_IGVM_RELOCATION_APPLY_GDTR))
		report_rule(check, VMFW_IGVM_RULE_FLAGS, "flags", flags);
	check_aligned(check, "relocation_region_size", size,
		      VMFW_IGVM_PAGE_SIZE);
	if (!alignment) {
		report_rule(check, VMFW_IGVM_RULE_EMPTY, "relocation_alignment",
			    0);
	} else if (check_aligned(check, "relocation_alignment", alignment,
				 VMFW_IGVM_PAGE_SIZE)) {
		check_aligned(check, "relocation_region_gpa", gpa, alignment);
		check_aligned(check, "minimum_relocation_gpa", minimum,
			      alignment);
		check_aligned(check, "maximum_relocation_gpa", maximum,
			      alignment);
	}
	if (check_range(check, "relocation_region_gpa", gpa,
			"relocation_region_size", size) &&
	    (minimum > maximum || size > maximum - minimum))
		report_rule_bound(check, VMFW_IGVM_RULE_RELOCATION_WINDOW,
				  "minimum_relocation_gpa", minimum, maximum);
	/* The region needs a VP's context only if registers of the VP move with it. */
	if (flags & (VMFW_IGVM_RELOCATION_APPLY_PC |
		     VMFW_IGVM_RELOCATION_APPLY_GDTR))
		need_vp_context(check, get_le32(p), get_le16(p + 4), vtl);
}

static void check_page_table_region(struct check *check)
{
	const uint8_t *p = check->header->content;
	uint64_t gpa = get_le64(p + 8);
	uint64_t size = get_le64(p + 16);
	uint64_t used = get_le64(p + 24);
	uint8_t vtl = p[6];

	if (vtl > MAX_VTL)
		report_rule(check, VMFW_IGVM_RULE_VTL, "vtl", vtl);
	if (p[7])
		report_rule(check, VMFW_IGVM_RULE_RESERVED, "reserved", p[7]);
	check_aligned(check, "gpa", gpa, VMFW_IGVM_PAGE_SIZE);
	check_aligned(check, "size", size, VMFW_IGVM_PAGE_SIZE);
	check_aligned(check, "used_size", used, VMFW_IGVM_PAGE_SIZE);
	if (used > size)
		report_rule_bound(check, VMFW_IGVM_RULE_PAGE_TABLE_USED,
				  "used_size", used, size);
	check_range(check, "gpa", gpa, "size", size);
	check_once(check, ONCE_PAGE_TABLE, get_le32(p));
	need_vp_context(check, get_le32(p), get_le16(p + 4), vtl);
}

/**
 * check_initialization() - check the current header, an initialization header
 * @check: the check
 */
void check_initialization(struct check *check)
{
	switch (check->header->type) {
	case VMFW_IGVM_T_GUEST_POLICY:
		check_guest_policy(check);
		break;
	case VMFW_IGVM_T_RELOCATABLE_REGION:
		check_relocatable_region(check);
		break;
	case VMFW_IGVM_T_PAGE_TABLE_RELOCATION_REGION:
		check_page_table_region(check);
		break;
	case VMFW_IGVM_T_CORIM_DOCUMENT:
		check_corim(check, ONCE_CORIM_DOCUMENT);
		break;
	case VMFW_IGVM_T_CORIM_SIGNATURE:
		check_corim(check, ONCE_CORIM_SIGNATURE);
		break;
	case VMFW_IGVM_T_CCA_POLICY:
		check_cca_policy(check);
		break;
	}
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Directives: the steps of a loader, one after the other.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "check/check.h"

/*
 * SNP_ID_BLOCK: the signature and the key of the author are at its end. The SNP ABI
 * defines the number of ECDSA P-384.
 */
#define ID_AUTHOR_AT		400
#define ID_AUTHOR_SIZE		296
#define ID_ALGORITHM_P384	1

static void check_page_data(struct check *check)
{
	const uint8_t *p = check->header->content;
	uint64_t gpa = get_le64(p);
	uint32_t mask = get_le32(p + 8);
	uint32_t file_offset = get_le32(p + 12);
	uint32_t flags = get_le32(p + 16);
	uint16_t type = get_le16(p + 20);
	uint64_t size = flags & VMFW_IGVM_PAGE_2MB ?
			VMFW_IGVM_LARGE_PAGE_SIZE : VMFW_IGVM_PAGE_SIZE;

	check->has_page_data |= mask;
	if (flags & ~(VMFW_IGVM_PAGE_2MB | VMFW_IGVM_PAGE_UNMEASURED |
		      VMFW_IGVM_PAGE_SHARED))
		report_rule(check, VMFW_IGVM_RULE_FLAGS, "flags", flags);
	if (get_le16(p + 22))
		report_rule(check, VMFW_IGVM_RULE_RESERVED, "reserved",
			    get_le16(p + 22));
	if (type > VMFW_IGVM_DATA_CPUID_XF)
		report_rule(check, VMFW_IGVM_RULE_DATA_TYPE, "data_type", type);
	else if (type != VMFW_IGVM_DATA_NORMAL && mask & check->masks &
		 ~platforms_of_type(check->igvm, 1u << VMFW_IGVM_SEV_SNP))
		report_rule(check, VMFW_IGVM_RULE_DATA_TYPE_PLATFORM,
			    "data_type", type);
	check_aligned(check, "gpa", gpa, size);
	check_range(check, "gpa", gpa, "flags", size);
	/* An offset of 0 means a page of zeroes. */
	if (file_offset)
		check_data(check, file_offset, size);
}

static void check_parameter_area(struct check *check)
{
	const uint8_t *p = check->header->content;
	uint64_t size = get_le64(p);
	uint32_t index = get_le32(p + 8);
	uint32_t file_offset = get_le32(p + 12);
	const struct area *first = area_find(&check->areas, index);

	if (first->header != check->header->index)
		report_rule_bound(check, VMFW_IGVM_RULE_AREA_TWICE,
				  "parameter_area_index", index, first->header);
	check_aligned(check, "number_of_bytes", size, VMFW_IGVM_PAGE_SIZE);
	if (!size) {
		report_rule(check, VMFW_IGVM_RULE_EMPTY, "number_of_bytes",
			    size);
		return;
	}
	if (size > UINT32_MAX) {
		report_rule(check, VMFW_IGVM_RULE_AREA_TOO_LARGE,
			    "number_of_bytes", size);
		return;
	}
	if (file_offset)
		check_data(check, file_offset, size);
}

/* Find the area that the current header uses, or report a finding. */
static struct area *usable_area(struct check *check, uint32_t index)
{
	struct area *area = area_find(&check->areas, index);

	if (!area || area->header > check->header->index) {
		report_rule(check, VMFW_IGVM_RULE_AREA_UNDECLARED,
			    "parameter_area_index", index);
		return NULL;
	}
	if (area->inserted != VMFW_IGVM_NO_HEADER) {
		report_rule_bound(check, VMFW_IGVM_RULE_AREA_INSERTED,
				  "parameter_area_index", index,
				  area->inserted);
		return NULL;
	}
	return area;
}

static void check_parameter_insert(struct check *check)
{
	const uint8_t *p = check->header->content;
	uint64_t gpa = get_le64(p);
	struct area *area = usable_area(check, get_le32(p + 12));
	uint64_t size;

	check_aligned(check, "gpa", gpa, VMFW_IGVM_PAGE_SIZE);
	if (!area)
		return;
	area->inserted = check->header->index;
	/* Another rule reports an area of no bytes. */
	size = area_size(&check->areas, area);
	if (size)
		check_range(check, "gpa", gpa, "number_of_bytes", size);
}

static void check_parameter(struct check *check, uint32_t needed)
{
	const uint8_t *p = check->header->content;
	const struct area *area = usable_area(check, get_le32(p));
	uint32_t offset = get_le32(p + 4);
	uint64_t size = area ? area_size(&check->areas, area) : 0;

	if (area && (offset > size || needed > size - offset))
		report_rule_bound(check, VMFW_IGVM_RULE_PARAMETER_PAST_END,
				  "byte_offset", offset, size);
}

static void check_required_memory(struct check *check)
{
	const uint8_t *p = check->header->content;
	uint64_t gpa = get_le64(p);
	uint32_t size = get_le32(p + 12);
	uint32_t flags = get_le32(p + 16);

	if (flags & ~VMFW_IGVM_REQUIRED_VTL2_PROTECTABLE)
		report_rule(check, VMFW_IGVM_RULE_FLAGS, "flags", flags);
	if (get_le32(p + 20))
		report_rule(check, VMFW_IGVM_RULE_RESERVED, "reserved",
			    get_le32(p + 20));
	check_aligned(check, "gpa", gpa, VMFW_IGVM_PAGE_SIZE);
	check_aligned(check, "number_of_bytes", size, VMFW_IGVM_PAGE_SIZE);
	check_range(check, "gpa", gpa, "number_of_bytes", size);
}

static void check_error_range(struct check *check)
{
	const uint8_t *p = check->header->content;
	uint64_t gpa = get_le64(p);
	uint32_t size = get_le32(p + 12);

	check_aligned(check, "gpa", gpa, VMFW_IGVM_PAGE_SIZE);
	check_aligned(check, "size_bytes", size, VMFW_IGVM_PAGE_SIZE);
	check_range(check, "gpa", gpa, "size_bytes", size);
}

static void check_id_block(struct check *check)
{
	const uint8_t *p = check->header->content;
	uint32_t mask = get_le32(p);
	uint8_t enabled = p[4];
	bool author = !all_zero(p + ID_AUTHOR_AT, ID_AUTHOR_SIZE);

	if (!all_zero(p + 5, 3))
		report_rule(check, VMFW_IGVM_RULE_RESERVED, "reserved",
			    get_le32(p + 4) >> 8);
	if (enabled > 1)
		report_rule(check, VMFW_IGVM_RULE_ID_AUTHOR,
			    "author_key_enabled", enabled);
	else if (author != enabled)
		report_rule(check, VMFW_IGVM_RULE_ID_AUTHOR_KEY,
			    "author_key_enabled", enabled);
	if (get_le32(p + 96) != ID_ALGORITHM_P384)
		report_rule(check, VMFW_IGVM_RULE_ID_ALGORITHM,
			    "id_key_algorithm", get_le32(p + 96));
	if (enabled && get_le32(p + 100) != ID_ALGORITHM_P384)
		report_rule(check, VMFW_IGVM_RULE_ID_ALGORITHM,
			    "author_key_algorithm", get_le32(p + 100));
	if (mask & check->masks &
	    ~platforms_of_type(check->igvm, 1u << VMFW_IGVM_SEV_SNP))
		report_rule(check, VMFW_IGVM_RULE_WRONG_PLATFORM,
			    "compatibility_mask", mask);
	check_once(check, ONCE_SNP_ID_BLOCK, mask);
}

static void check_vbs_measurement(struct check *check)
{
	uint32_t mask = get_le32(check->header->content);

	if (mask & check->masks &
	    ~platforms_of_type(check->igvm, 1u << VMFW_IGVM_VSM_ISOLATION))
		report_rule(check, VMFW_IGVM_RULE_WRONG_PLATFORM,
			    "compatibility_mask", mask);
	check_once(check, ONCE_VBS_MEASUREMENT, mask);
}

/**
 * check_directive() - check the current header, a directive
 * @check: the check
 */
void check_directive(struct check *check)
{
	const struct type_info *info = type_info(check->header->type);

	switch (check->header->type) {
	case VMFW_IGVM_T_PAGE_DATA:
		check_page_data(check);
		break;
	case VMFW_IGVM_T_PARAMETER_AREA:
		check_parameter_area(check);
		break;
	case VMFW_IGVM_T_PARAMETER_INSERT:
		check_parameter_insert(check);
		break;
	case VMFW_IGVM_T_VP_CONTEXT:
		check_vp_context(check);
		break;
	case VMFW_IGVM_T_REQUIRED_MEMORY:
		check_required_memory(check);
		break;
	case VMFW_IGVM_T_ERROR_RANGE:
		check_error_range(check);
		break;
	case VMFW_IGVM_T_SNP_ID_BLOCK:
		check_id_block(check);
		break;
	case VMFW_IGVM_T_VBS_MEASUREMENT:
		check_vbs_measurement(check);
		break;
	default:
		check_parameter(check, info->parameter);
		break;
	}
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Rules about the fixed header.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "check/check.h"

/* Version 2 adds the architecture and the page size. */
static bool check_version(struct check *check, const uint8_t *head,
			  size_t len, size_t *fixed_size)
{
	struct vmfw_igvm *igvm = check->igvm;

	*fixed_size = VMFW_IGVM_FIXED_HEADER_SIZE;
	igvm->version = get_le32(head + 4);
	igvm->architecture = VMFW_IGVM_X64;
	igvm->page_size = VMFW_IGVM_PAGE_SIZE;
	if (igvm->version == 1)
		return true;
	if (igvm->version != 2) {
		report_rule(check, VMFW_IGVM_RULE_FORMAT_VERSION,
			    "format_version", igvm->version);
		return false;
	}

	*fixed_size = VMFW_IGVM_FIXED_HEADER_V2_SIZE;
	if (len < *fixed_size) {
		report_rule_bound(check, VMFW_IGVM_RULE_TOO_SHORT, "size", len,
				  *fixed_size);
		return false;
	}
	igvm->architecture = get_le32(head + 24);
	igvm->page_size = get_le32(head + 28);
	if (!vmfw_igvm_architecture_name(igvm->architecture))
		report_rule(check, VMFW_IGVM_RULE_ARCHITECTURE, "architecture",
			    igvm->architecture);
	if (igvm->page_size != VMFW_IGVM_PAGE_SIZE)
		report_rule(check, VMFW_IGVM_RULE_PAGE_SIZE, "page_size",
			    igvm->page_size);
	return true;
}

/* Find the variable headers. False: they cannot be read. */
static bool check_placement(struct check *check, size_t fixed_size)
{
	struct vmfw_igvm *igvm = check->igvm;
	const uint8_t *head = igvm->input.head;
	uint64_t start = get_le32(head + 8);
	uint64_t size = get_le32(head + 12);

	if (start % 8)
		report_rule_bound(check, VMFW_IGVM_RULE_HEADERS_UNALIGNED,
				  "variable_header_offset", start, 8);
	if (start < fixed_size) {
		report_rule_bound(check, VMFW_IGVM_RULE_HEADERS_OVERLAP,
				  "variable_header_offset", start, fixed_size);
		return false;
	}
	if (!size) {
		report_rule(check, VMFW_IGVM_RULE_HEADERS_EMPTY,
			    "variable_header_size", size);
		return false;
	}
	if (start + size > igvm->input.size) {
		report_rule_bound(check, VMFW_IGVM_RULE_HEADERS_PAST_END,
				  "variable_header_size", size,
				  igvm->input.size);
		return false;
	}
	/* The caller must provide all headers: see struct vmfw_igvm_input. */
	if (start + size > igvm->input.head_len) {
		report_rule_bound(check, VMFW_IGVM_RULE_HEADERS_PAST_END,
				  "variable_header_size", size,
				  igvm->input.head_len);
		return false;
	}
	/* Set these offsets only now: vmfw_igvm_next() reads between them. */
	igvm->headers_start = start;
	igvm->headers_end = start + size;
	return true;
}

/**
 * check_fixed_header() - read and check the fixed header
 * @check: receives the findings and the header's values
 * @input: the file
 *
 * Return: true if the variable headers can be read, even with findings.
 */
bool check_fixed_header(struct check *check,
			const struct vmfw_igvm_input *input)
{
	struct vmfw_igvm *igvm = check->igvm;
	const uint8_t *head = input->head;
	size_t fixed_size;
	uint32_t sum;

	igvm->input = *input;
	if (input->head_len < VMFW_IGVM_FIXED_HEADER_SIZE) {
		report_rule_bound(check, VMFW_IGVM_RULE_TOO_SHORT, "size",
				  input->head_len, VMFW_IGVM_FIXED_HEADER_SIZE);
		return false;
	}
	if (get_le32(head) != VMFW_IGVM_MAGIC) {
		report_rule_bound(check, VMFW_IGVM_RULE_MAGIC, "magic",
				  get_le32(head), VMFW_IGVM_MAGIC);
		return false;
	}
	if (!check_version(check, head, input->head_len, &fixed_size))
		return false;
	if (get_le32(head + 16) != input->size)
		report_rule_bound(check, VMFW_IGVM_RULE_FILE_SIZE,
				  "total_file_size", get_le32(head + 16),
				  input->size);
	if (!check_placement(check, fixed_size))
		return false;
	if (!all_zero(head + fixed_size, igvm->headers_start - fixed_size))
		report_rule(check, VMFW_IGVM_RULE_GAP, "variable_header_offset",
			    igvm->headers_start);

	sum = fixed_header_checksum(head, fixed_size, igvm->headers_start,
				    igvm->headers_end);
	if (sum != get_le32(head + FIXED_HEADER_CHECKSUM_AT))
		report_rule_bound(check, VMFW_IGVM_RULE_CHECKSUM, "checksum",
				  get_le32(head + FIXED_HEADER_CHECKSUM_AT),
				  sum);
	return true;
}

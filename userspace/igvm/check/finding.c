// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Findings, and the checks that several kinds of header need.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "check/check.h"

static void report_finding(struct check *check,
			   const struct vmfw_igvm_finding *finding)
{
	if (check->stopped)
		return;
	if (vmfw_igvm_rule_is_error(finding->rule))
		check->failed = true;
	if (check->report && !check->report(check->arg, finding))
		check->stopped = true;
}

static void report_about(struct check *check, enum vmfw_igvm_rule rule,
			 const struct vmfw_igvm_header *header,
			 const char *field, uint64_t value, uint64_t bound,
			 bool has_bound)
{
	struct vmfw_igvm_finding finding = {
		.rule = rule,
		.header = header ? header->index : VMFW_IGVM_NO_HEADER,
		.type = header ? header->type : 0,
		.offset = header ? header->offset : 0,
		.field = field,
		.value = value,
		.bound = bound,
		.has_bound = has_bound,
	};

	report_finding(check, &finding);
}

/**
 * check_stops() - does the caller want the check to end?
 * @check: the check
 */
bool check_stops(struct check *check)
{
	if (input_stops(check->igvm))
		check->stopped = true;
	return check->stopped;
}

/**
 * report_rule() - report a finding about the current header
 * @check: the check
 * @rule: the broken rule
 * @field: name of the field
 * @value: its value
 */
void report_rule(struct check *check, enum vmfw_igvm_rule rule,
		 const char *field, uint64_t value)
{
	report_about(check, rule, check->header, field, value, 0, false);
}

/**
 * report_rule_bound() - report a finding that has a bound
 * @check: the check
 * @rule: the broken rule
 * @field: name of the field
 * @value: its value
 * @bound: see struct vmfw_igvm_finding
 */
void report_rule_bound(struct check *check, enum vmfw_igvm_rule rule,
		       const char *field, uint64_t value, uint64_t bound)
{
	report_about(check, rule, check->header, field, value, bound, true);
}

/**
 * report_rule_at() - report a finding about any header
 * @check: the check
 * @rule: the broken rule
 * @header: has the header's index, offset and type
 * @field: name of the field
 * @value: its value
 * @bound: see struct vmfw_igvm_finding
 */
void report_rule_at(struct check *check, enum vmfw_igvm_rule rule,
		    const struct vmfw_igvm_header *header, const char *field,
		    uint64_t value, uint64_t bound)
{
	report_about(check, rule, header, field, value, bound, true);
}

/**
 * check_aligned() - check that a number is a multiple of an alignment
 * @check: receives the finding
 * @field: name of the number
 * @value: the number
 * @alignment: not 0
 *
 * Return: false: it is not.
 */
bool check_aligned(struct check *check, const char *field, uint64_t value,
		   uint64_t alignment)
{
	if (value % alignment == 0)
		return true;
	report_rule_bound(check, VMFW_IGVM_RULE_UNALIGNED, field, value,
			  alignment);
	return false;
}

/**
 * check_range() - check that a range of memory can exist
 * @check: receives the finding
 * @start_field: name of its address
 * @start: its address
 * @size_field: name of its size
 * @size: bytes
 *
 * Return: false: it cannot.
 */
bool check_range(struct check *check, const char *start_field, uint64_t start,
		 const char *size_field, uint64_t size)
{
	if (!size) {
		report_rule(check, VMFW_IGVM_RULE_EMPTY, size_field, size);
		return false;
	}
	if (size - 1 > UINT64_MAX - start) {
		report_rule_bound(check, VMFW_IGVM_RULE_WRAPS, start_field,
				  start, size);
		return false;
	}
	if ((start + (size - 1)) >> MAX_ADDRESS_BITS) {
		report_rule(check, VMFW_IGVM_RULE_ADDRESS, start_field, start);
		return false;
	}
	return true;
}

/**
 * check_data() - check that a header's file data is in the file
 * @check: receives the finding
 * @file_offset: from the header
 * @size: bytes of data
 *
 * Return: false: it is not.
 */
bool check_data(struct check *check, uint32_t file_offset, uint64_t size)
{
	const struct vmfw_igvm *igvm = check->igvm;

	if (file_offset < igvm->headers_end) {
		report_rule_bound(check, VMFW_IGVM_RULE_DATA_IN_HEADERS,
				  "file_offset", file_offset,
				  igvm->headers_end);
		return false;
	}
	if (file_offset > igvm->input.size ||
	    size > igvm->input.size - file_offset) {
		report_rule_bound(check, VMFW_IGVM_RULE_DATA_PAST_END,
				  "file_offset", file_offset, igvm->input.size);
		return false;
	}
	return true;
}

/**
 * check_once() - check that no platform has an earlier header of this kind
 * @check: receives the finding
 * @what: the kind
 * @mask: the platforms of the current header
 */
void check_once(struct check *check, enum once what, uint32_t mask)
{
	uint32_t earlier = 0;

	for (; mask; mask &= mask - 1) {
		uint32_t *first = &check->once[what][__builtin_ctz(mask)];

		if (!*first)
			*first = 1 + check->header->index;
		else if (!earlier)
			earlier = *first;
	}
	if (earlier)
		report_rule_bound(
			check, VMFW_IGVM_RULE_TWICE, "compatibility_mask",
			get_le32(check->header->content +
				 type_info(check->header->type)->mask_at),
			earlier - 1);
}

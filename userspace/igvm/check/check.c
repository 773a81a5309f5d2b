// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The check of a file: the rules for each header, then those that need all
 * headers.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdlib.h>

#include "check/check.h"

static void check_mask(struct check *check, uint32_t mask)
{
	if (!mask)
		report_rule(check, VMFW_IGVM_RULE_MASK_ZERO,
			    "compatibility_mask", mask);
	else if (mask & ~check->masks)
		report_rule_bound(check, VMFW_IGVM_RULE_MASK_UNDECLARED,
				  "compatibility_mask", mask, check->masks);
}

static void check_section(struct check *check, enum section section)
{
	/* A header of unknown type, outside all sections, may be anywhere. */
	if (section == SECTION_NONE)
		return;
	if (section < check->section)
		report_rule(check, VMFW_IGVM_RULE_SECTION_ORDER, "type",
			    check->header->type);
	else
		check->section = section;
}

static void check_padding(struct check *check)
{
	const struct vmfw_igvm_header *header = check->header;
	const uint8_t *end = header->content + header->length;
	size_t i, len = -(size_t)header->length % 8;

	for (i = 0; i < len; i++) {
		if (end[i]) {
			report_rule(check, VMFW_IGVM_RULE_PADDING, "padding",
				    end[i]);
			return;
		}
	}
}

/*
 * Check one header. False: the length contradicts the type, so the place of the
 * next header is unknown.
 */
static bool check_header(struct check *check)
{
	const struct vmfw_igvm_header *header = check->header;
	uint32_t type = header->type & ~VMFW_IGVM_OPTIONAL;
	const struct type_info *info = type_info(type);
	enum section section = type_section(type);

	check_section(check, section);
	if (!info) {
		/* The format declares type 0 invalid, so never skip it. */
		if (header->type & VMFW_IGVM_OPTIONAL && type)
			report_rule(check, VMFW_IGVM_RULE_TYPE_SKIPPED, "type",
				    header->type);
		else
			report_rule(check, VMFW_IGVM_RULE_TYPE_UNKNOWN, "type",
				    header->type);
		check_padding(check);
		return true;
	}
	if (header->length != info->length) {
		report_rule_bound(check, VMFW_IGVM_RULE_LENGTH, "length",
				  header->length, info->length);
		return false;
	}
	check_padding(check);
	if (header->type & VMFW_IGVM_OPTIONAL) {
		report_rule(check, VMFW_IGVM_RULE_TYPE_OPTIONAL, "type",
			    header->type);
		return true;
	}
	if (info->mask_at != NO_MASK)
		check_mask(check, get_le32(header->content + info->mask_at));

	if (section == SECTION_PLATFORM)
		check_platform(check);
	else if (section == SECTION_INIT)
		check_initialization(check);
	else
		check_directive(check);
	return true;
}

/* Walk over all headers. False: some are unreadable, or the caller stops. */
static bool check_headers(struct check *check)
{
	struct vmfw_igvm *igvm = check->igvm;
	struct vmfw_igvm_header header = { 0 };
	uint64_t end = igvm->headers_start;

	while (!check->stopped && vmfw_igvm_next(igvm, &header)) {
		check->header = &header;
		igvm->nr_headers = header.index + 1;
		if (!check_header(check)) {
			check->header = NULL;
			return false;
		}
		end = next_offset(&header);
	}
	check->header = NULL;
	if (check_stops(check))
		return false;
	if (end == igvm->headers_end)
		return true;

	/* vmfw_igvm_next() stopped at an incomplete header. */
	header.index = igvm->nr_headers;
	header.offset = end;
	if (igvm->headers_end - end < VMFW_IGVM_PREFIX_SIZE)
		header.type = 0;
	report_rule_at(check, VMFW_IGVM_RULE_HEADER_CUT, &header,
		       "variable_header_size",
		       igvm->headers_end - igvm->headers_start, end);
	return false;
}

/* Report missing headers. The walk must have read all headers before. */
static void check_missing(struct check *check)
{
	const struct vmfw_igvm *igvm = check->igvm;
	uint32_t cca = platforms_of_type(igvm, 1u << VMFW_IGVM_CCA);
	unsigned int i;
	size_t n;

	if (!igvm->nr_platforms) {
		report_rule(check, VMFW_IGVM_RULE_NO_PLATFORM,
			    "variable_header_size",
			    igvm->headers_end - igvm->headers_start);
		return;
	}
	if (!check->has_page_data)
		report_rule(check, VMFW_IGVM_RULE_NO_PAGE_DATA,
			    "variable_header_size",
			    igvm->headers_end - igvm->headers_start);
	for (i = 0; check->has_page_data && i < igvm->nr_platforms; i++)
		if (!(check->has_page_data & igvm->platforms[i].mask))
			report_rule(check, VMFW_IGVM_RULE_PLATFORM_EMPTY,
				    "compatibility_mask",
				    igvm->platforms[i].mask);
	for (; cca; cca &= cca - 1)
		if (!check->once[ONCE_CCA_POLICY][__builtin_ctz(cca)])
			report_rule(check, VMFW_IGVM_RULE_CCA_POLICY_MISSING,
				    "compatibility_mask", cca & -cca);
	for (n = 0; n < check->areas.nr && !check->stopped; n++) {
		const struct area *area = &check->areas.v[n];
		struct vmfw_igvm_header header = {
			.index = area->header,
			.offset = area_offset(&check->areas, area),
			.type = VMFW_IGVM_T_PARAMETER_AREA,
		};

		check->header = &header;
		if (area->inserted == VMFW_IGVM_NO_HEADER)
			report_rule(check, VMFW_IGVM_RULE_AREA_UNUSED,
				    "parameter_area_index", area->index);
		check->header = NULL;
	}
	check_contexts(check);
}

/* Allocate memory for VP contexts, and for headers that need a context. */
static int allocate_contexts(struct check *check)
{
	struct vmfw_igvm_header header = { 0 };
	size_t contexts = 0, needs = 0;

	while (vmfw_igvm_next(check->igvm, &header)) {
		if (header.type == VMFW_IGVM_T_VP_CONTEXT)
			contexts++;
		if (header.type == VMFW_IGVM_T_RELOCATABLE_REGION ||
		    header.type == VMFW_IGVM_T_PAGE_TABLE_RELOCATION_REGION)
			needs++;
	}
	if (contexts) {
		check->contexts.v = calloc(contexts, sizeof(struct vp_key));
		if (!check->contexts.v)
			return -ENOMEM;
	}
	if (needs) {
		check->context_needs.v = calloc(needs, sizeof(struct vp_key));
		if (!check->context_needs.v)
			return -ENOMEM;
	}
	return 0;
}

/**
 * vmfw_igvm_check() - read a file's headers and check them against all rules
 * @igvm: receives the values of the headers; points to the caller's bytes
 * @input: the file
 * @report_function: called for each finding; may be NULL
 * @arg: argument for @report_function
 *
 * First come the findings about single headers, in the order of the file. Then come
 * those about several headers, and at last those about missing ones. Of the file's
 * data, the check reads only register contexts. It allocates memory only for headers
 * that are in the file. The time grows with their number n as n log n.
 *
 * Return: 0: a sound file, perhaps with warnings; -EINVAL: there are errors, and only
 * vmfw_igvm_next(), vmfw_igvm_platform() and vmfw_igvm_ranges() may use @igvm;
 * -ECANCELED: @report_function or @input->stop ended the check; -ENOMEM; or the error
 * of @input->read.
 */
int vmfw_igvm_check(struct vmfw_igvm *igvm,
		    const struct vmfw_igvm_input *input,
		    vmfw_igvm_report *report_function, void *arg)
{
	struct check check = {
		.igvm = igvm,
		.report = report_function,
		.arg = arg,
	};
	struct spans spans = { 0 };
	bool whole;

	memset(igvm, 0, sizeof(*igvm));
	if (!check_fixed_header(&check, input))
		goto out;
	check.err = areas_collect(igvm, &check.areas);
	if (!check.err)
		check.err = allocate_contexts(&check);
	if (check.err)
		goto out;

	whole = check_headers(&check);
	if (check.stopped)
		goto out;
	check.err = spans_collect(igvm, &check.areas, &spans);
	if (check.err)
		goto out;
	check_spans(&check, &spans);
	if (whole && !check_stops(&check))
		check_missing(&check);
out:
	spans_free(&spans);
	free(check.contexts.v);
	free(check.context_needs.v);
	free(check.areas.v);
	if (check.err)
		return check.err;
	if (check_stops(&check))
		return -ECANCELED;
	return check.failed ? -EINVAL : 0;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Rules about guest physical memory that headers share.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "check/check.h"
#include "measure/measure.h"

/*
 * Are these the registers of two processors? KVM stores them separately,
 * although all of them have one address.
 */
static bool kept_apart(const struct span *a, const struct span *b)
{
	return a->kind == VMFW_IGVM_VMSA && a->range.start == KVM_VMSA_GPA &&
	       b->kind == VMFW_IGVM_VMSA && b->range.start == KVM_VMSA_GPA;
}

/* Report memory that overlaps that of another header. */
static void report_hit(struct check *check, const struct spans *spans,
		       enum vmfw_igvm_rule rule, const struct span *span,
		       const struct span *hit)
{
	const struct vmfw_igvm_header header = span_header(spans, span);

	report_rule_at(check, rule, &header, "gpa", span->range.start,
		       span_header(spans, hit).index);
}

/*
 * Report every span of some kinds that begins within an earlier one of the same
 * platform. One pass over sorted spans is enough: for each platform, only the
 * earlier span that reaches farthest matters.
 */
static void report_overlaps(struct check *check, const struct spans *spans,
			    unsigned int kinds, enum vmfw_igvm_rule rule)
{
	/*
	 * A platform without earlier spans has an empty span here. No span begins
	 * in an empty one.
	 */
	struct span farthest[VMFW_IGVM_MAX_PLATFORMS] = { 0 };
	size_t i;

	if (!(spans->kinds & kinds))
		return;
	for (i = 0; i < spans->nr && !check->stopped; i++) {
		struct span span = span_get(spans, i);
		struct span hit = { 0 };
		uint32_t mask = span.mask;

		if (i % STOP_AFTER == 0 && check_stops(check))
			break;
		if (!(span.kind & kinds))
			continue;
		while (mask) {
			struct span *far = &farthest[__builtin_ctz(mask)];

			mask &= mask - 1;
			if (span.range.start < far->range.end &&
			    !kept_apart(&span, far))
				hit = *far;
			if (span.range.end > far->range.end)
				*far = span;
		}
		if (hit.mask)
			report_hit(check, spans, rule, &span, &hit);
	}
}

/*
 * Find the page table region of each platform. Another rule reports a second
 * region.
 */
static void find_page_tables(struct check *check, const struct spans *spans,
			     struct span *region)
{
	unsigned int bit;
	size_t i;

	for (i = 0; i < spans->nr; i++) {
		struct span span = span_get(spans, i);

		if (i % STOP_AFTER == 0 && check_stops(check))
			break;
		if (span.kind != VMFW_IGVM_PAGE_TABLE_REGION)
			continue;
		for (bit = 0; bit < VMFW_IGVM_MAX_PLATFORMS; bit++)
			if (span.mask & 1u << bit)
				region[bit] = span;
	}
}

/* A loader must not insert parameters within a page table region. */
static void sweep_page_tables(struct check *check, const struct spans *spans)
{
	struct span region[VMFW_IGVM_MAX_PLATFORMS] = { 0 };
	size_t i;

	if (!(spans->kinds & VMFW_IGVM_PAGE_TABLE_REGION))
		return;
	find_page_tables(check, spans, region);
	for (i = 0; i < spans->nr && !check->stopped; i++) {
		struct span span = span_get(spans, i);
		uint32_t mask = span.mask;

		if (i % STOP_AFTER == 0 && check_stops(check))
			break;
		if (span.kind != VMFW_IGVM_PARAMETER_INSERT)
			continue;
		while (mask) {
			const struct span *hit = &region[__builtin_ctz(mask)];

			mask &= mask - 1;
			if (span.range.start >= hit->range.end ||
			    hit->range.start >= span.range.end)
				continue;
			report_hit(check, spans,
				   VMFW_IGVM_RULE_PARAMETER_IN_PAGE_TABLE,
				   &span, hit);
			break;
		}
	}
}

/**
 * check_spans() - check memory for overlaps within one platform
 * @check: receives the findings
 * @spans: all spans of the file
 */
void check_spans(struct check *check, const struct spans *spans)
{
	report_overlaps(check, spans,
			VMFW_IGVM_POPULATED | VMFW_IGVM_ERROR_RANGE,
			VMFW_IGVM_RULE_OVERLAP);
	report_overlaps(check, spans,
			VMFW_IGVM_RELOCATABLE | VMFW_IGVM_PAGE_TABLE_REGION,
			VMFW_IGVM_RULE_RELOCATION_OVERLAP);
	sweep_page_tables(check, spans);
}

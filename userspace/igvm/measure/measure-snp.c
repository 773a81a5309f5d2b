// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The launch digest of SEV-SNP: a chain of SHA-384 over one PAGE_INFO for each
 * page of 4 KiB (SEV-SNP firmware ABI, SNP_LAUNCH_UPDATE).
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "measure/measure.h"

/* PAGE_INFO: the digest so far, that of the contents, then numbers. */
#define PAGE_INFO_SIZE		0x70
#define PAGE_INFO_CONTENTS	48
#define PAGE_INFO_LENGTH	96
#define PAGE_INFO_TYPE		98
#define PAGE_INFO_GPA		104

static const uint8_t page_types[] = {
	[VMFW_IGVM_STEP_NORMAL] = 1,
	[VMFW_IGVM_STEP_VMSA] = 2,
	[VMFW_IGVM_STEP_ZERO] = 3,
	[VMFW_IGVM_STEP_UNMEASURED] = 4,
	[VMFW_IGVM_STEP_SECRETS] = 5,
	[VMFW_IGVM_STEP_CPUID] = 6,
};

/**
 * snp_extend() - extend the chain by the page of struct measure.step
 * @measure: the measurement
 * @contents: digest of the page's bytes; NULL: measure the page without its bytes
 *
 * Return: 0; -ECANCELED: the caller's trace ended the measurement; or the error
 * of the caller's functions.
 */
int snp_extend(struct measure *measure, const uint8_t *contents)
{
	const struct vmfw_igvm_step *step = &measure->step;
	uint8_t info[PAGE_INFO_SIZE] = { 0 };
	int err;

	memcpy(info, measure->digest, SHA384_SIZE);
	if (contents)
		memcpy(info + PAGE_INFO_CONTENTS, contents, SHA384_SIZE);
	put_le16(info + PAGE_INFO_LENGTH, PAGE_INFO_SIZE);
	info[PAGE_INFO_TYPE] = page_types[step->kind];
	put_le64(info + PAGE_INFO_GPA, step->gpa);
	err = hash_begin(measure);
	if (!err)
		err = hash_add(measure, info, sizeof(info));
	if (!err)
		err = hash_end(measure, measure->digest);
	return err ? err : report_step(measure, contents, measure->digest);
}

static int measure_page(struct measure *measure, const uint8_t *bytes)
{
	uint8_t contents[SHA384_SIZE];
	int err;

	/* The host can access error ranges, and SEV-SNP measures only private pages. */
	if (measure->step.kind == VMFW_IGVM_STEP_ERROR_RANGE)
		return 0;
	if (measure->ahead)
		return ahead_add(measure, bytes);
	if (!bytes)
		return snp_extend(measure, NULL);
	err = hash_begin(measure);
	if (!err)
		err = hash_add(measure, bytes, VMFW_IGVM_PAGE_SIZE);
	if (!err)
		err = hash_end(measure, contents);
	return err ? err : snp_extend(measure, contents);
}

static int measure_context(struct measure *measure, uint32_t file_offset)
{
	int err = read_vmsa(measure, file_offset);

	if (err)
		return err;
	if (measure->options->vmm != VMFW_IGVM_VMM_GENERIC)
		measure->step.gpa = KVM_VMSA_GPA;
	return measure_page(measure, measure->page);
}

const struct measure_ops measure_snp = {
	.algorithm = VMFW_IGVM_SHA384,
	.page = measure_page,
	.context = measure_context,
};

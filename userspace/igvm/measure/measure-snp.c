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

static int measure_page(struct measure *measure, const uint8_t *bytes)
{
	const struct vmfw_igvm_step *step = &measure->step;
	uint8_t info[PAGE_INFO_SIZE] = { 0 };
	uint8_t *contents = info + PAGE_INFO_CONTENTS;
	int err = 0;

	/* Error ranges are for the loader of another platform. */
	if (step->kind == VMFW_IGVM_STEP_ERROR_RANGE)
		return 0;
	if (bytes) {
		err = hash_begin(measure);
		if (!err)
			err = hash_add(measure, bytes, VMFW_IGVM_PAGE_SIZE);
		if (!err)
			err = hash_end(measure, contents);
	}
	memcpy(info, measure->digest, SHA384_SIZE);
	put_le16(info + PAGE_INFO_LENGTH, PAGE_INFO_SIZE);
	info[PAGE_INFO_TYPE] = page_types[step->kind];
	put_le64(info + PAGE_INFO_GPA, step->gpa);
	if (!err)
		err = hash_begin(measure);
	if (!err)
		err = hash_add(measure, info, sizeof(info));
	if (!err)
		err = hash_end(measure, measure->digest);
	if (err)
		return err;
	return report_step(measure, bytes ? contents : NULL, measure->digest);
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

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The check that a sound file is complete for one platform.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>

#include "check/check.h"

/**
 * vmfw_igvm_check_for() - check that a platform can start from a file
 * @igvm: a file that vmfw_igvm_check() found sound
 * @platform: enum vmfw_igvm_platform_type
 * @report: called for each finding; may be NULL
 * @arg: argument for @report
 *
 * Return: 0: it can, but there may be warnings; -EINVAL: it cannot; -ECANCELED:
 * @report or the input's @stop ended the check.
 */
int vmfw_igvm_check_for(const struct vmfw_igvm *igvm, unsigned int platform,
			vmfw_igvm_report *report, void *arg)
{
	const struct vmfw_igvm_platform *wanted;
	struct vmfw_igvm copy = *igvm;
	struct vmfw_igvm_header header = { 0 };
	bool policy = false, pages = false;
	struct check check = {
		.igvm = &copy,
		.report = report,
		.arg = arg,
	};

	wanted = vmfw_igvm_platform(igvm, platform);
	if (!wanted) {
		report_rule(&check, VMFW_IGVM_RULE_PLATFORM_ABSENT,
			    "platform_type", platform);
		goto out;
	}
	while (vmfw_igvm_next(igvm, &header)) {
		if (header.type == VMFW_IGVM_T_GUEST_POLICY)
			policy |= get_le32(header.content + 8) & wanted->mask;
		if (header.type == VMFW_IGVM_T_PAGE_DATA)
			pages |= get_le32(header.content + 8) & wanted->mask;
	}
	/* After a stop, the rest of the file is unknown. */
	if (check_stops(&check))
		return -ECANCELED;
	if (!pages)
		report_rule(&check, VMFW_IGVM_RULE_PLATFORM_UNLOADED,
			    "compatibility_mask", wanted->mask);
	if (!policy && platform == VMFW_IGVM_SEV_SNP)
		report_rule(&check, VMFW_IGVM_RULE_POLICY_MISSING,
			    "compatibility_mask", wanted->mask);
out:
	if (check.stopped)
		return -ECANCELED;
	return check.failed ? -EINVAL : 0;
}

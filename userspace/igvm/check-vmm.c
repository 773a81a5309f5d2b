// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a VMM's loader cannot do with a sound file: here, QEMU's.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>

#include "internal.h"

#define QEMU_PLATFORMS	(1u << VMFW_IGVM_NATIVE | 1u << VMFW_IGVM_SEV |	\
			 1u << VMFW_IGVM_SEV_ES | 1u << VMFW_IGVM_SEV_SNP)

/* QEMU knows no other, and gives up at the first: whatever its mask. */
static bool qemu_handles(uint32_t type)
{
	switch (type & ~VMFW_IGVM_OPTIONAL) {
	case VMFW_IGVM_T_SUPPORTED_PLATFORM:
	case VMFW_IGVM_T_GUEST_POLICY:
	case VMFW_IGVM_T_PAGE_DATA:
	case VMFW_IGVM_T_VP_CONTEXT:
	case VMFW_IGVM_T_PARAMETER_AREA:
	case VMFW_IGVM_T_PARAMETER_INSERT:
	case VMFW_IGVM_T_MEMORY_MAP:
	case VMFW_IGVM_T_MADT:
	case VMFW_IGVM_T_VP_COUNT_PARAMETER:
	case VMFW_IGVM_T_ENVIRONMENT_INFO_PARAMETER:
	case VMFW_IGVM_T_REQUIRED_MEMORY:
	case VMFW_IGVM_T_SNP_ID_BLOCK:
		return true;
	default:
		return false;
	}
}

static void check_qemu_header(struct check *check)
{
	const struct vmfw_igvm_header *header = check->header;
	const uint8_t *p = header->content;

	if (!qemu_handles(header->type)) {
		find(check, VMFW_IGVM_RULE_QEMU_TYPE, "type", header->type);
		return;
	}
	switch (header->type) {
	case VMFW_IGVM_T_MEMORY_MAP:
		if (get_le32(p + 4))
			find(check, VMFW_IGVM_RULE_QEMU_MEMORY_MAP,
			     "byte_offset", get_le32(p + 4));
		break;
	case VMFW_IGVM_T_PARAMETER_AREA:
		if (get_le32(p + 12))
			find(check, VMFW_IGVM_RULE_QEMU_AREA_DATA,
			     "file_offset", get_le32(p + 12));
		break;
	case VMFW_IGVM_T_VP_CONTEXT:
		check_kvm_context(check);
		break;
	}
}

/**
 * vmfw_igvm_check_qemu() - check what QEMU's loader cannot do
 * @igvm: a file that vmfw_igvm_check() found sound
 * @report: called for each finding; may be NULL
 * @arg: for @report
 *
 * Return: 0: QEMU loads it, whatever the warnings; -EINVAL: it does not;
 * -ECANCELED: @report wanted no more; or what the input's function said.
 */
int vmfw_igvm_check_qemu(const struct vmfw_igvm *igvm,
			 vmfw_igvm_report *report, void *arg)
{
	struct vmfw_igvm copy = *igvm;
	struct vmfw_igvm_header header = { 0 };
	struct check check = {
		.igvm = &copy,
		.report = report,
		.arg = arg,
	};

	if (!platforms_of_type(igvm, QEMU_PLATFORMS))
		find(&check, VMFW_IGVM_RULE_QEMU_PLATFORM, "platform_type",
		     igvm->platforms[0].type);
	while (!check.stopped && !check.err &&
	       vmfw_igvm_next(igvm, &header)) {
		check.header = &header;
		check_qemu_header(&check);
	}
	if (check.err)
		return check.err;
	if (check.stopped)
		return -ECANCELED;
	return check.failed ? -EINVAL : 0;
}

/**
 * vmfw_igvm_check_for() - check that a platform can boot a file
 * @igvm: a file that vmfw_igvm_check() found sound
 * @platform: enum vmfw_igvm_platform_type
 * @report: called for each finding; may be NULL
 * @arg: for @report
 *
 * Return: 0, -EINVAL or -ECANCELED, as vmfw_igvm_check_qemu().
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
		find(&check, VMFW_IGVM_RULE_PLATFORM_ABSENT, "platform_type",
		     platform);
		goto out;
	}
	while (vmfw_igvm_next(igvm, &header)) {
		if (header.type == VMFW_IGVM_T_GUEST_POLICY)
			policy |= get_le32(header.content + 8) & wanted->mask;
		if (header.type == VMFW_IGVM_T_PAGE_DATA)
			pages |= get_le32(header.content + 8) & wanted->mask;
	}
	if (!pages)
		find(&check, VMFW_IGVM_RULE_PLATFORM_UNLOADED,
		     "compatibility_mask", wanted->mask);
	if (!policy && platform == VMFW_IGVM_SEV_SNP)
		find(&check, VMFW_IGVM_RULE_POLICY_MISSING,
		     "compatibility_mask", wanted->mask);
out:
	if (check.stopped)
		return -ECANCELED;
	return check.failed ? -EINVAL : 0;
}

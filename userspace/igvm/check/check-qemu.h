/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Declarations that the files of the check for QEMU's loader share.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_IGVM_CHECK_QEMU_H
#define VMFW_IGVM_CHECK_QEMU_H

#include "check/check.h"

/**
 * struct qemu - one run of vmfw_igvm_check_qemu()
 * @check: receives the findings
 * @machine: the known facts about the machine, or NULL
 * @mask: platforms that QEMU could choose
 * @low_end: end of RAM below 4 GiB; 0: unknown
 * @brings_bios: the file has a BIOS for the native platform
 * @has_native_context: the file has registers for the native platform
 */
struct qemu {
	struct check *check;
	const struct vmfw_igvm_machine *machine;
	uint32_t mask;
	uint64_t low_end;
	bool brings_bios;
	bool has_native_context;
};

void qemu_check_memory(struct qemu *qemu);

#endif /* VMFW_IGVM_CHECK_QEMU_H */

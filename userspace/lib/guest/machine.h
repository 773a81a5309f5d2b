/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The properties of this machine that an image must match: its architecture and
 * platform, its memory, VGA, processors and firmware, and whether KVM runs it.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_MACHINE_H
#define VMFW_MACHINE_H

#include <linux/vmfwupdate.h>

#include "base/messages.h"
#include "igvm/vmfw-igvm.h"

/**
 * struct machine_map - ranges in ascending order, no two adjacent
 * @v: the ranges
 * @nr: number of ranges
 */
struct machine_map {
	struct vmfw_igvm_range *v;
	size_t nr;
};

/**
 * struct machine - the known facts about this machine
 * @known: the facts, for vmfw_igvm_check_machine(); they refer to the ranges
 *	below
 * @memory: ranges of memory, from the firmware or the kernel; none: unknown
 * @reserved: ranges that the firmware reserves, whether there is memory or not
 */
struct machine {
	struct vmfw_igvm_machine known;
	struct machine_map memory;
	struct machine_map reserved;
};

bool machine_platform(__u32 isolation, unsigned int *platform);
int machine_architecture(unsigned int *architecture);
int machine_open(struct machine *machine, const char *root, __u32 isolation);
void machine_close(struct machine *machine);
enum vmfw_exit machine_check(struct messages *messages,
			     const struct vmfw_igvm *igvm, __u32 isolation,
			     vmfw_igvm_report *report, void *arg);
enum vmfw_exit machine_check_qemu(struct messages *messages,
				  const struct vmfw_igvm *igvm, __u32 isolation,
				  vmfw_igvm_report *report, void *arg);

#endif /* VMFW_MACHINE_H */

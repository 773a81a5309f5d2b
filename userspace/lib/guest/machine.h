/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This machine, as far as an image must go with it: its architecture, what it
 * would be rebuilt as, its memory, VGA, processors and firmware, whether KVM runs
 * it.
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
 * @nr: how many
 */
struct machine_map {
	struct vmfw_igvm_range *v;
	size_t nr;
};

/**
 * struct machine - what is known of this machine
 * @known: for vmfw_igvm_check_machine(); its ranges are those below
 * @memory: where firmware or the kernel say that there is memory
 * @reserved: what firmware keeps for itself, be it memory or not
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

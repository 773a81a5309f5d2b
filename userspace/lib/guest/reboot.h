/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reboots that are real resets, and what gets in their way.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_RESET_H
#define VMFW_RESET_H

#include <stdbool.h>

#include "base/output.h"

/* Bits: why a reboot might not be a reset. */
enum reset_trap {
	RESET_TRAP_KEXEC = 1 << 0,	 /* a kernel is loaded to jump to */
	RESET_TRAP_SOFT_REBOOT = 1 << 1, /* a root is prepared to restart in */
};

int reset_check(struct output *out, bool reboot, unsigned int overridden,
		unsigned int *traps);
int reset_machine(struct output *out, unsigned int traps);
int reset_at_once(struct output *out);

#endif /* VMFW_RESET_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reboots that are real resets, and what gets in their way.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_RESET_H
#define VMFW_RESET_H

#include <stdbool.h>

#include "base/messages.h"

/* Bits: why a reboot might not be a reset. */
enum reset_trap {
	RESET_TRAP_KEXEC = 1 << 0,	 /* a kernel is loaded to jump to */
	RESET_TRAP_SOFT_REBOOT = 1 << 1, /* a root is prepared to restart in */
};

enum vmfw_exit reset_check(struct messages *messages, bool reboot,
			   unsigned int overridden, unsigned int *traps);
enum vmfw_exit reset_machine(struct messages *messages, unsigned int traps);
enum vmfw_exit reset_at_once(struct messages *messages);

#endif /* VMFW_RESET_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reboots that are full resets, and obstacles to them.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_REBOOT_H
#define VMFW_REBOOT_H

#include <stdbool.h>

#include "base/messages.h"

/* Bits: obstacles to a full reset. */
enum reset_trap {
	RESET_TRAP_KEXEC = 1 << 0,	 /* a kernel is loaded for kexec */
	RESET_TRAP_SOFT_REBOOT = 1 << 1, /* a root is prepared for a soft reboot */
};

enum vmfw_exit reset_check(struct messages *messages, bool reboot,
			   unsigned int overridden, unsigned int *traps);
enum vmfw_exit reset_machine(struct messages *messages, unsigned int traps);
enum vmfw_exit reset_at_once(struct messages *messages);

#endif /* VMFW_REBOOT_H */

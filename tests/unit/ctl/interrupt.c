// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "base/exit.h"
#include "base/interrupt.h"
#include "interrupt.h"

int interrupt_number;

int __wrap_interrupt_seen(void);
int __wrap_interrupt_seen(void)
{
	return interrupt_number;
}

enum vmfw_exit __wrap_interrupt_exit(struct messages *messages,
				     const char *state);
enum vmfw_exit __wrap_interrupt_exit(struct messages *messages,
				     const char *state)
{
	message_error(messages, "interrupted: %s", state);
	return 128 + interrupt_number;
}

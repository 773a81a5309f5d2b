/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Signals that ask the tool to stop. A handler records the signal. Long work calls
 * interrupt_seen() from time to time.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_INTERRUPT_H
#define VMFW_INTERRUPT_H

#include "base/messages.h"

void interrupt_catch(void);
void interrupt_after(unsigned int seconds);
int interrupt_seen(void);
enum vmfw_exit interrupt_exit(struct messages *messages, const char *state);

#endif /* VMFW_INTERRUPT_H */

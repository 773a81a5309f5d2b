/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A signal that asks to stop, without the signal.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef TEST_INTERRUPT_H
#define TEST_INTERRUPT_H

/*
 * Wrap interrupt_seen(), so that it returns this number. Also wrap
 * interrupt_exit(): it then adds the error "interrupted: STATE".
 */
extern int interrupt_number;

#endif /* TEST_INTERRUPT_H */

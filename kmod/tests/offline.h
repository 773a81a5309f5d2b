/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory blocks of the machine that go offline when a test asks for it.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFWUPDATE_TESTS_OFFLINE_H
#define VMFWUPDATE_TESTS_OFFLINE_H

#include <linux/types.h>

/**
 * struct offline - the clock, and a block on its way
 * @clock: in place of jiffies
 * @sleeps: how often the search has waited for a block
 * @ends_at: the block is offline at this sleep, counted from 1; 0: never
 */
struct offline {
	u64 clock;
	unsigned int sleeps;
	unsigned int ends_at;
};

extern struct offline offline;

/* machine.c */
void offline_reset(void);
int offline_event(unsigned long action);

#endif /* VMFWUPDATE_TESTS_OFFLINE_H */

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The actions of a reset, and their order.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMM_RESET_H
#define VMM_RESET_H

#include "vmm.h"

/**
 * reset_start - Act on every reset except that of power-on
 * @options: stay valid
 * @before: called in each of these resets before the model loads anything
 *
 * Call it from a notifier of machine_init_done.
 */
void reset_start(const struct vmm_options *options, void (*before)(void));

#endif

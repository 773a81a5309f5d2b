/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does this QEMU have all symbols that the model needs?
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMM_SYMBOLS_H
#define VMM_SYMBOLS_H

#include <stdbool.h>

/**
 * symbols_check - Is everything there that the model uses of QEMU?
 *
 * Names missing symbols on standard error, and this QEMU.
 *
 * Return: true when nothing is missing.
 */
bool symbols_check(void);

/**
 * symbols_plugin_api - Which plugin interface does this QEMU want?
 *
 * Return: a number for qemu_plugin_version.
 */
int symbols_plugin_api(void);

#endif

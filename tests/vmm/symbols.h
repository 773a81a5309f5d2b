/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A check that this QEMU has all symbols that the model needs.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMM_SYMBOLS_H
#define VMM_SYMBOLS_H

#include <stdbool.h>

/**
 * symbols_check - Does this QEMU export all symbols that the model needs?
 *
 * Prints missing symbols and the version of QEMU to standard error.
 *
 * Return: true when nothing is missing.
 */
bool symbols_check(void);

/**
 * symbols_plugin_api - Find the version of the plugin interface that this QEMU accepts
 *
 * Return: a number for qemu_plugin_version.
 */
int symbols_plugin_api(void);

#endif

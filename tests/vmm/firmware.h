/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The firmware that the machine runs since its last update.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMM_FIRMWARE_H
#define VMM_FIRMWARE_H

#include <stdbool.h>

#include "offer.h"
#include "vmm.h"

/**
 * firmware_load - Rebuild the machine from the image that was handed over
 * @options: what is wanted
 * @offer: an armed one
 *
 * The image is read and checked as a whole; after that it is loaded as a whole
 * or, when memory does not take it, undone. Logs what becomes of it.
 *
 * Return: true when the machine now has this firmware.
 */
bool firmware_load(const struct vmm_options *options,
		   const struct offer *offer);

/**
 * firmware_before_reset - Note what of the loaded firmware is still there
 *
 * To be called before QEMU restores its own ROM contents.
 */
void firmware_before_reset(void);

/**
 * firmware_after_reset - Load again what the reset took away
 *
 * Some machines (arm64 with -bios, microvm) put the firmware of the command
 * line back at every reset. What the guest itself has changed stays changed:
 * a reset preserves RAM.
 */
void firmware_after_reset(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The firmware that was loaded, over the resets that follow.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMM_RUNNING_H
#define VMM_RUNNING_H

#include "firmware.h"

/**
 * running_replace - Keep the firmware that was loaded, and free the last one
 * @firmware: taken over
 */
void running_replace(struct firmware *firmware);

/**
 * running_before_reset - Note which parts of the loaded firmware are intact
 *
 * Call it before QEMU restores its own ROM contents.
 */
void running_before_reset(void);

/**
 * running_after_reset - Load again the parts that the reset took away
 *
 * Some machines (arm64 with -bios, microvm) put the firmware of the command
 * line back at every reset. Changes by the guest itself stay.
 */
void running_after_reset(void);

/**
 * running_reload_ram - Load again the parts of the firmware that were in RAM
 *
 * QEMU loads an IGVM file at every reset, and a running guest uses the RAM of a kernel
 * or of parameters for other things. Do not call it if another image is about to be
 * loaded, which may be in this RAM.
 */
void running_reload_ram(void);

/**
 * running_start - Set the boot processor's registers, if the image has them
 *
 * Call it last in every reset.
 */
void running_start(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loaded firmware during the resets after its update.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMM_RUNNING_H
#define VMM_RUNNING_H

#include "firmware.h"

/**
 * running_replace - Keep the loaded firmware, and free the previous one
 * @firmware: the function takes it over
 */
void running_replace(struct firmware *firmware);

/**
 * running_before_reset - Note which parts of the loaded firmware are intact
 *
 * Call it before QEMU restores its own ROM contents.
 */
void running_before_reset(void);

/**
 * running_after_reset - Load again the parts that the reset overwrote
 *
 * Some machines (arm64 with -bios, microvm) restore the firmware of the command line at
 * every reset. Changes by the guest itself stay.
 */
void running_after_reset(void);

/**
 * running_reload_ram - Load again the parts of the firmware that were in RAM
 *
 * QEMU loads an IGVM file at every reset, because a running guest overwrites the RAM of a
 * kernel or of parameters. Do not call the function before the load of another image,
 * which may lie in this RAM.
 */
void running_reload_ram(void);

/**
 * running_start - Set the boot processor's registers, if the image has them
 *
 * Call it last in a reset that loads no image of vmlaunchupdate.
 */
void running_start(void);

#endif

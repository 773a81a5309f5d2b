/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The image that a machine with vmlaunchupdate is launched from, over its
 * resets.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMM_LAUNCH_H
#define VMM_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>

#include "image.h"
#include "vmm.h"

/**
 * launch_start - Begin with the host's image, if there is one
 * @options: stay valid
 *
 * To be called before the reset of power-on: as in QEMU, that is when a q35 has
 * nothing but RAM below 1 MiB. Ends QEMU when the file cannot be read, parsed or
 * loaded.
 */
void launch_start(const struct vmm_options *options);

/**
 * launch_has_host_image - Was the machine started from an IGVM file?
 */
bool launch_has_host_image(void);

/**
 * launch_replace - Take an image from guest memory, at once
 * @addr: of its first byte
 * @size: as the guest wrote it
 * @reason: out, on failure: why not
 *
 * Return: false when the image is not taken; the one before then stays.
 */
bool launch_replace(uint64_t addr, uint64_t size,
		    char reason[IMAGE_REASON_SIZE]);

/**
 * launch_restore - Take the host's file again
 *
 * Ends QEMU when it is not there any more.
 */
void launch_restore(void);

/**
 * launch_forget - Let the image stay that another interface has loaded
 */
void launch_forget(void);

/**
 * launch_power_on - Put the host's image where the command line's firmware is
 *
 * Call it after the reset of power-on and before the machine runs. It does nothing
 * if the host has no image.
 */
void launch_power_on(void);

/**
 * launch_reset - Load the image
 *
 * Ends QEMU when that cannot be done.
 *
 * Return: a word for the log: the kind of the reset; NULL when there is no image.
 */
const char *launch_reset(void);

#endif

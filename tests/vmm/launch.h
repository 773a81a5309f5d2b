/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The image from which a machine with vmlaunchupdate starts, over all its resets.
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
 * Call it before the power-on reset, because QEMU loads the image then. At that time a
 * q35 has only RAM below 1 MiB. Ends QEMU when it cannot read, parse or load the file.
 */
void launch_start(const struct vmm_options *options);

/**
 * launch_has_host_image - Was the machine started from an IGVM file?
 */
bool launch_has_host_image(void);

/**
 * launch_replace - Take an image from guest memory, at once
 * @addr: address of its first byte
 * @size: its size, as the guest wrote it
 * @reason: out, on failure: the reason
 *
 * Return: false when the previous image stays.
 */
bool launch_replace(uint64_t addr, uint64_t size,
		    char reason[IMAGE_REASON_SIZE]);

/**
 * launch_restore - Take the host's file again
 *
 * Ends QEMU when it can no longer read or parse the file.
 */
void launch_restore(void);

/**
 * launch_forget - Load nothing until launch_replace() or launch_restore()
 *
 * Call it when a draft has loaded an image.
 */
void launch_forget(void);

/**
 * launch_power_on - Replace the command line's firmware by the host's image
 *
 * Call it after the power-on reset and before the machine runs. Does nothing if the host
 * has no image.
 */
void launch_power_on(void);

/**
 * launch_reset - Load the image
 *
 * Ends QEMU when it cannot load the image.
 *
 * Return: the kind of the reset and its reason, for the log; NULL when it loads nothing.
 */
const char *launch_reset(void);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Staging of a file: the checks for this machine, and the transfer to the
 * kernel.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_STAGE_H
#define VMFW_STAGE_H

#include <stdbool.h>

#include "base/messages.h"
#include "base/progress.h"
#include "stage/payload.h"

/**
 * enum staging_when - the time when the VMM receives the image
 * @STAGING_DEFAULT: at the orderly reboot, after a trial; without
 *	VMFWUPDATE_PROPERTY_TRIAL, at once
 * @STAGING_AT_REBOOT: at the orderly reboot
 * @STAGING_ONCE: likewise; the image applies to only one reset
 * @STAGING_ARM_NOW: at once; any reset applies it
 */
enum staging_when {
	STAGING_DEFAULT,
	STAGING_AT_REBOOT,
	STAGING_ONCE,
	STAGING_ARM_NOW,
};

/**
 * struct staging_options - options for the staging of a file
 * @device: path of the device; NULL: the usual one
 * @progress: when to show progress
 * @dry_run: check everything, change nothing
 * @when: the time when the VMM receives the image
 * @reboot: the caller resets the machine afterwards: an obstacle to the reset
 *	is an error
 * @loader: the loader of the VMM, as far as the user named it
 * @overridden: bits of enum reset_trap to override for @reboot
 */
struct staging_options {
	const char *device;
	enum progress_when progress;
	bool dry_run;
	enum staging_when when;
	bool reboot;
	struct payload_loader loader;
	unsigned int overridden;
};

/**
 * struct staged - result of staging
 * @opened: the device takes images, and @vmm is valid
 * @vmm: the VMM that loads the image
 * @planned: payload_plan() and all other checks have succeeded
 * @done: the file is staged
 * @already: it was staged before
 * @once: it applies to only one reset
 * @info: the state of the device; only if @done
 * @outlook: effect of resets, a constant text; only if @done
 */
struct staged {
	bool opened;
	struct vmm_choice vmm;
	bool planned;
	bool done;
	bool already;
	bool once;
	struct vmfwupdate_info info;
	const char *outlook;
};

enum vmfw_exit staging_run(struct messages *messages,
			   const struct staging_options *options,
			   struct payload *payload, struct staged *staged);

#endif /* VMFW_STAGE_H */

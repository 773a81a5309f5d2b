/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way of a file to the VMM, for every verb that stages one.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_STAGING_H
#define VMFW_STAGING_H

#include <stdbool.h>

#include "base/messages.h"
#include "base/progress.h"
#include "stage/payload.h"

/**
 * enum staging_when - when the VMM has the image
 * @STAGING_DEFAULT: at once where that is for good anyway: it cannot be
 *	withdrawn; else at the orderly reboot, after a trial
 * @STAGING_AT_REBOOT: at the orderly reboot
 * @STAGING_ONCE: likewise, and it applies to one reset alone
 * @STAGING_ARM_NOW: at once; any reset applies it
 */
enum staging_when {
	STAGING_DEFAULT,
	STAGING_AT_REBOOT,
	STAGING_ONCE,
	STAGING_ARM_NOW,
};

/**
 * struct staging_options - how a file is staged
 * @device: name of the device; NULL: the usual one
 * @progress: when to show progress
 * @dry_run: check everything, change nothing
 * @when: when the VMM has the image
 * @reboot: the machine is to be reset afterwards, which must be possible
 * @loader: who is to load it, as far as the user says so
 * @overridden: bits of enum reset_trap that are no obstacle to @reboot
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
 * struct staged - what has become of a file
 * @opened: the device takes images, and @vmm is what it says of the VMM
 * @vmm: the VMM that loads it
 * @traps: bits of enum reset_trap, for reset_machine()
 * @planned: the payload is what the VMM will be handed
 * @done: the file is staged
 * @already: it was before
 * @once: it applies to one reset alone
 * @info: what the device says of it
 * @outlook: what resets will do with it, in words
 */
struct staged {
	bool opened;
	struct vmm_choice vmm;
	unsigned int traps;
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

#endif /* VMFW_STAGING_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way of a file to the VMM, for every verb that stages one.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_STAGING_H
#define VMFW_STAGING_H

#include <stdbool.h>

#include "base/output.h"
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
 * @reboot: reset the machine afterwards
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

int staging_run(struct output *out, const struct staging_options *options,
		struct payload *payload);

#endif /* VMFW_STAGING_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way of a file to the VMM, for every verb that stages one.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_STAGING_H
#define VMFW_STAGING_H

#include <stdbool.h>

#include "output.h"
#include "payload.h"
#include "progress.h"

/**
 * struct staging_options - how a file is staged
 * @device: name of the device; NULL: the usual one
 * @progress: when to show progress
 * @dry_run: check everything, change nothing
 * @arm_now: any reset applies the image
 * @reboot: reset the machine afterwards
 * @overridden: bits of enum reset_trap that are no obstacle to @reboot
 */
struct staging_options {
	const char *device;
	enum progress_when progress;
	bool dry_run;
	bool arm_now;
	bool reboot;
	unsigned int overridden;
};

int staging_run(struct output *out, const struct staging_options *options,
		struct payload *payload);

#endif /* VMFW_STAGING_H */

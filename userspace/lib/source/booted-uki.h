/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The UKI that this machine booted from, and its add-ons.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_BOOTED_UKI_H
#define VMFW_BOOTED_UKI_H

#include <limits.h>
#include <stdbool.h>

#include "disk/volume.h"

/*
 * The most add-ons in one directory, so that many files cannot delay the boot.
 */
#define BOOTED_ADDONS_MOST	64

/**
 * struct booted - the UKI that this machine booted from
 * @path: path of the file
 * @profile: number of the booted profile
 */
struct booted {
	char path[PATH_MAX];
	unsigned int profile;
};

bool booted_same_name(const char *a, const char *b);
enum vmfw_exit booted_find(struct booted *booted, struct volumes *volumes,
			   struct messages *messages);
enum vmfw_exit booted_addons(const struct booted *booted,
			     struct volumes *volumes, struct messages *messages,
			     int (*see)(void *arg, const char *path),
			     void *arg);

#endif /* VMFW_BOOTED_UKI_H */

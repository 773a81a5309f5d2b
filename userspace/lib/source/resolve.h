/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The path of the one place that a location names.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_RESOLVE_H
#define VMFW_RESOLVE_H

#include "disk/location.h"
#include "disk/volume.h"

enum vmfw_exit resolve_location(struct volumes *volumes,
				struct messages *messages,
				const struct location *location, char *path);

#endif /* VMFW_RESOLVE_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The opaque area, which the VMM keeps for the guest across an update.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_OPAQUE_H
#define VMFW_OPAQUE_H

#include <stddef.h>

int opaque_get(const char *device, void *bytes, size_t len);
int opaque_set(const char *device, const void *bytes, size_t len);

#endif /* VMFW_OPAQUE_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mounts that are in no directory and in no namespace: nobody else sees them,
 * and they end with their file descriptor, however the process ends.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_DETACHED_H
#define VMFW_DETACHED_H

#include <stdbool.h>

int detached_mount(const char *type, const char *source, bool writable);
int detached_open(const char *type, const char *path, int flags);

#endif /* VMFW_DETACHED_H */

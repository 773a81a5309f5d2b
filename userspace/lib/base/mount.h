/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mounts without a mount point: no other process sees them. They end with their
 * file descriptor, however the process ends.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_MOUNT_H
#define VMFW_MOUNT_H

#include <stdbool.h>

int detached_mount(const char *type, const char *source, bool writable);
int detached_open(const char *type, const char *path, int flags);

#endif /* VMFW_MOUNT_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files of the running system, or of another one below a directory.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_ROOT_H
#define VMFW_ROOT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

int root_path(char *buf, const char *root, const char *path);
bool root_has(const char *root, const char *path);
int root_read_fd(int fd, void *buf, size_t size, size_t *len);
int root_read(const char *root, const char *path, void *buf, size_t size,
	      size_t *len);
int root_read_line(const char *root, const char *path, char *buf, size_t size);

#endif /* VMFW_ROOT_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files of the running system, or of another one below a directory.
 *
 * Links of the other system lead to where they lead for it, and not out of it.
 * What is read is a regular file: neither a pipe nor a device makes us wait.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_ROOT_H
#define VMFW_ROOT_H

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

int root_path(char *buf, const char *root, const char *path);
int root_open_below(int top, const char *path, int flags,
		    unsigned long long resolve);
int root_open(const char *root, const char *path, int flags);
int root_open_file(const char *root, const char *path);
int root_open_stream(const char *root, const char *path, FILE **file);
int root_list_descriptor(int fd, DIR **directory);
int root_open_directory(const char *root, const char *path, DIR **directory);
bool root_is_mask(const char *root, const char *path);
bool root_has(const char *root, const char *path);
int root_read_fd(int fd, void *buf, size_t size, size_t *len);
int root_read_all(int fd, void *buf, size_t size, size_t *len);
int root_read(const char *root, const char *path, void *buf, size_t size,
	      size_t *len);
int root_read_line(const char *root, const char *path, char *buf, size_t size);

#endif /* VMFW_ROOT_H */

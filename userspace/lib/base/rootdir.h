/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files of the running system, or of another system below a directory.
 *
 * Functions with a root resolve a link as the other system would. So a link
 * never leads out of the directory. The functions that read a file by its path
 * accept only regular files, because a pipe or a device could block.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_ROOTDIR_H
#define VMFW_ROOTDIR_H

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

#endif /* VMFW_ROOTDIR_H */

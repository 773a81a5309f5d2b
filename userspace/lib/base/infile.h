/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A file with random access.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_INFILE_H
#define VMFW_INFILE_H

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>

#include "base/messages.h"

/**
 * struct infile - an open file
 * @path: its name, in the memory of the caller
 * @fd: open for reading; below zero: it is closed
 * @size: its size in bytes
 */
struct infile {
	const char *path;
	int fd;
	uint64_t size;
};

/* Flags of open(2) for a file that infile_take() gets. */
#define INFILE_FLAGS	(O_RDONLY | O_NONBLOCK | O_NOCTTY)

/* The path that means standard input. */
#define INFILE_STDIN	"-"

int infile_stdin(void);
enum vmfw_exit infile_open(struct infile *file, struct messages *messages,
			   const char *path);
enum vmfw_exit infile_take(struct infile *file, struct messages *messages,
			   const char *path, int fd);
int infile_read(void *arg, uint64_t offset, void *buf, size_t len);
void infile_close(struct infile *file);
enum vmfw_exit infile_error(struct messages *messages, const char *path,
			    int err);
int infile_read_at(int fd, uint64_t offset, void *buf, size_t len);

#endif /* VMFW_INFILE_H */

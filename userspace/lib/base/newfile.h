/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A file that appears with all its content, or not at all.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_NEWFILE_H
#define VMFW_NEWFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/messages.h"

/* The name of a file that is not complete; see mkostemp(3). */
#define NEWFILE_UNFINISHED	".vmfwupdate.XXXXXX"

/**
 * struct newfile_content - the content of a file
 * @size: number of bytes
 * @read: reads exactly @len bytes at @offset, which is within @size; returns 0
 *	or a negative errno value
 * @arg: handed to @read
 */
struct newfile_content {
	uint64_t size;
	int (*read)(void *arg, uint64_t offset, void *buf, size_t len);
	void *arg;
};

struct newfile_content newfile_memory(const void *bytes, size_t size);
enum vmfw_exit newfile_write(struct messages *messages, const char *path,
			     const struct newfile_content *content,
			     bool overwrite);
enum vmfw_exit newfile_stdout(struct messages *messages,
			      const struct newfile_content *content);
void newfile_say_exists(struct messages *messages, const char *path);
bool newfile_same(const char *path, const struct newfile_content *content);

#endif /* VMFW_NEWFILE_H */

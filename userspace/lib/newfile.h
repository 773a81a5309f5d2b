/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A file that appears whole or not at all.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_NEWFILE_H
#define VMFW_NEWFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "output.h"

int newfile_write(struct output *out, const char *path, const void *bytes,
		  size_t len, bool overwrite);
int newfile_stdout(struct output *out, const void *bytes, size_t len);
bool newfile_same(const char *path, const void *bytes, size_t len);

#endif /* VMFW_NEWFILE_H */

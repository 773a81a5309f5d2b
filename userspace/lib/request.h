/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is to travel with a firmware, as a user names it.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_REQUEST_H
#define VMFW_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

/* Files that can be named; a database may take several. */
#define REQUEST_MAX_FILES	64

/**
 * struct requested_file - a file that is to be part of it
 * @type: enum vmfw_igvm_part_type
 * @path: its name
 * @digest: not the file, but its digest: a database is to allow the program
 */
struct requested_file {
	unsigned int type;
	const char *path;
	bool digest;
};

/**
 * struct compose_request - what is wanted
 * @files: files
 * @nr_files: how many
 */
struct compose_request {
	struct requested_file files[REQUEST_MAX_FILES];
	size_t nr_files;
};

#endif /* VMFW_REQUEST_H */

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
#include <stdint.h>

#include "igvm/vmfw-igvm.h"

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
 * @from_running: databases that no file is named for are this machine's
 * @root: of this machine, see efivars_get()
 * @key: file with the key that signs an ID block; NULL: there is none
 * @vmm: by whose convention an ID block's digest is computed
 * @vcpus: see struct vmfw_igvm_measure_options
 * @cpu_signature: see there
 */
struct compose_request {
	struct requested_file files[REQUEST_MAX_FILES];
	size_t nr_files;
	bool from_running;
	const char *root;
	const char *key;
	enum vmfw_igvm_vmm vmm;
	uint32_t vcpus;
	uint32_t cpu_signature;
};

#endif /* VMFW_REQUEST_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parts to add to a firmware, as the user named them.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_REQUEST_H
#define VMFW_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "igvm/vmfw-igvm.h"

/* The most files in a request; several may belong to one database. */
#define REQUEST_MAX_FILES	64

/**
 * struct requested_file - a file to add
 * @type: enum vmfw_igvm_part_type
 * @path: its name
 * @digest: add only the digest of this program to a database, and not the file
 */
struct requested_file {
	unsigned int type;
	const char *path;
	bool digest;
};

/**
 * struct compose_request - the parts that the user named
 * @files: files to add, in the order of the user
 * @nr_files: number of files
 * @from_running: take from this machine each database to which the user adds no
 *	file, or only digests
 * @root: root of this machine, see efivars_get()
 * @key: name of the file with the key that signs the ID block; NULL: add no block
 * @vmm: the VMM that the digest of the ID block is for
 * @vcpus: see struct vmfw_igvm_measure_options
 * @cpu_signature: see struct vmfw_igvm_measure_options
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

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program for UEFI, in a file.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_PE_FILE_H
#define VMFW_PE_FILE_H

#include "base/infile.h"
#include "efi/pe.h"

/**
 * struct program - an open program
 * @file: its file
 * @pe: its headers
 *
 * @pe points to @file, so do not copy the struct.
 */
struct program {
	struct infile file;
	struct pe pe;
};

enum vmfw_exit program_open(struct program *program, struct messages *messages,
			    const char *path);
enum vmfw_exit program_digest(struct program *program,
			      struct messages *messages, uint8_t *digest);
enum vmfw_exit program_measure(struct program *program,
			       struct messages *messages, uint8_t *digest);
void program_close(struct program *program);

#endif /* VMFW_PE_FILE_H */

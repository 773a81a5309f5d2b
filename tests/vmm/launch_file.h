/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An IGVM file as QEMU holds it: parsed, with its bytes copied.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMM_LAUNCH_FILE_H
#define VMM_LAUNCH_FILE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "image.h"

/* Header types that the parser and the loader name. */
#define LAUNCH_PARAMETER_AREA 0x301
#define LAUNCH_PAGE_DATA 0x302
#define LAUNCH_PARAMETER_INSERT 0x303
#define LAUNCH_VP_CONTEXT 0x304
#define LAUNCH_REQUIRED_MEMORY 0x305
#define LAUNCH_VP_COUNT 0x307
#define LAUNCH_MADT 0x309
#define LAUNCH_ID_BLOCK 0x30b
#define LAUNCH_MEMORY_MAP 0x30c
#define LAUNCH_DEVICE_TREE 0x312
#define LAUNCH_ENVIRONMENT_INFO 0x313

/**
 * struct launch_header - a variable header
 * @type: its number
 * @content: the bytes after type and length
 */
struct launch_header {
	uint32_t type;
	const uint8_t *content;
};

/**
 * struct launch_file - a file that libigvm accepts
 * @bytes: a copy of it
 * @size: size of @bytes
 * @sha256: SHA-256 of @bytes
 * @directives: struct launch_header, in the file's order
 * @has_relocation: whether the file has a relocation, which QEMU cannot handle
 * @native: mask of the native platform, 0 when the file is not for it
 * @executed: whether the model has loaded it already
 */
struct launch_file {
	uint8_t *bytes;
	uint64_t size;
	char *sha256;
	GArray *directives;
	bool has_relocation;
	uint32_t native;
	bool executed;
};

/**
 * launch_file_parse - Parse a file if libigvm would accept it
 * @bytes: memory from g_malloc(); the function takes it over, also on failure
 * @size: size of @bytes
 * @reason: out, on failure: the reason
 *
 * Return: the file, or NULL.
 */
struct launch_file *launch_file_parse(uint8_t *bytes, uint64_t size,
				      char reason[IMAGE_REASON_SIZE]);

/**
 * launch_file_free - Free a file
 * @file: the file, or NULL
 */
void launch_file_free(struct launch_file *file);

#endif

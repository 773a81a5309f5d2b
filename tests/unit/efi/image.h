/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PE files in memory.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef TEST_IMAGE_H
#define TEST_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "efi/pe.h"

/* Offsets in the file that image_begin() writes. */
#define IMAGE_PE	0x80
#define IMAGE_OPTIONAL	(IMAGE_PE + 24)
#define IMAGE_SECURITY	(IMAGE_OPTIONAL + 144)
#define IMAGE_SECURITY32 (IMAGE_OPTIONAL + 128)
#define IMAGE_TABLE	(IMAGE_OPTIONAL + 240)
#define IMAGE_TABLE32	(IMAGE_OPTIONAL + 224)
#define IMAGE_HEADERS	0x1400
#define IMAGE_MAX	(64u << 10)

/**
 * struct image - a PE file that a test makes
 * @bytes: the file
 * @size: bytes of it
 * @table: offset of its section table
 * @err: the error of a read of the byte at @bad
 * @bad: offset of an unreadable byte; SIZE_MAX: there is none
 */
struct image {
	uint8_t bytes[IMAGE_MAX];
	size_t size;
	size_t table;
	int err;
	size_t bad;
};

void image_begin(struct image *image, bool wide);
uint8_t *image_add(struct image *image, const char *name, const void *bytes,
		   size_t len);
int image_read(void *arg, uint64_t offset, void *buf, size_t len);
int image_parse(struct image *image, struct pe *pe, struct pe_fault *fault);

#endif /* TEST_IMAGE_H */

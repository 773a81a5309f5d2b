/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The input of a fuzzer's target, as a file for the readers.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_FUZZ_INPUT_H
#define VMFW_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "must.h"

/**
 * struct bytes - the content of the file
 * @p: its bytes
 * @size: number of bytes
 */
struct bytes {
	const uint8_t *p;
	size_t size;
};

/**
 * read_bytes() - read from the file
 * @arg: struct bytes
 * @offset: offset of the first byte
 * @buf: receives the bytes
 * @len: number of bytes
 *
 * If a reader asks for bytes outside of the file, must() ends the target.
 *
 * Return: 0.
 */
static inline int read_bytes(void *arg, uint64_t offset, void *buf, size_t len)
{
	const struct bytes *bytes = arg;

	must(offset <= bytes->size && len <= bytes->size - offset,
	     "reads within the file");
	memcpy(buf, bytes->p + offset, len);
	return 0;
}

#endif /* VMFW_FUZZ_INPUT_H */

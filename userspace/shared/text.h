/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text into a buffer of known size.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_TEXT_H
#define VMFW_TEXT_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/**
 * text_copy() - copy text, whole or not at all
 * @to: receives it; empty if it does not fit
 * @size: bytes of @to, not 0
 * @from: the text
 *
 * Return: 0 or -ENAMETOOLONG.
 */
static inline int text_copy(char *to, size_t size, const char *from)
{
	size_t len = strlen(from);

	to[0] = '\0';
	if (len >= size)
		return -ENAMETOOLONG;
	memcpy(to, from, len + 1);
	return 0;
}

/**
 * text_hex() - write bytes in hexadecimal
 * @to: receives the digits, as many as fit
 * @size: bytes of @to, not 0
 * @bytes: the bytes
 * @len: how many
 */
static inline void text_hex(char *to, size_t size, const uint8_t *bytes,
			    size_t len)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < len && 2 * i + 2 < size; i++) {
		*to++ = digits[bytes[i] >> 4];
		*to++ = digits[bytes[i] & 0xf];
	}
	*to = '\0';
}

#endif /* VMFW_TEXT_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text in a buffer of known size, and bytes as hexadecimal digits.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_TEXT_H
#define VMFW_TEXT_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/**
 * text_copy() - copy text, whole or not at all
 * @to: receives the text; empty if the text does not fit
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
 * @len: number of bytes
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

static inline int text_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/**
 * text_byte() - read a byte in hexadecimal, in either case
 * @from: two digits; anything may follow
 *
 * Return: the byte, or -1: @from is something else.
 */
static inline int text_byte(const char *from)
{
	int high = text_digit(from[0]);
	int low = high < 0 ? -1 : text_digit(from[1]);

	return low < 0 ? -1 : high << 4 | low;
}

/**
 * text_unhex() - read bytes in hexadecimal, in either case
 * @bytes: receives the bytes
 * @len: number of bytes
 * @from: twice as many digits, and nothing after them
 *
 * Return: false: @from is something else; @bytes may have changed.
 */
static inline bool text_unhex(uint8_t *bytes, size_t len, const char *from)
{
	size_t i;

	if (strlen(from) != 2 * len)
		return false;
	for (i = 0; i < len; i++) {
		int byte = text_byte(from + 2 * i);

		if (byte < 0)
			return false;
		bytes[i] = byte;
	}
	return true;
}

#endif /* VMFW_TEXT_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text in files that may be malformed.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_EFI_WORDS_H
#define VMFW_EFI_WORDS_H

#include <stddef.h>

/**
 * words_len() - the length of text that ends with a zero
 * @p: the text
 * @size: bytes at @p
 *
 * Return: bytes before the zero; @size: there is no zero, or a character before
 * it is not printable ASCII.
 */
static inline size_t words_len(const char *p, size_t size)
{
	size_t len;

	for (len = 0; len < size && p[len]; len++)
		if (p[len] < ' ' || p[len] > '~')
			return size;
	return len;
}

#endif /* VMFW_EFI_WORDS_H */

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <stddef.h>
#include <stdio.h>

#include "base/uuid.h"
#include "shared/text.h"

/**
 * uuid_words() - write a UUID as text, in lower case
 * @buf: receives the text, UUID_WORDS bytes
 * @uuid: UUID_SIZE bytes, in the order of the text: all numbers big-endian
 *
 * Return: @buf.
 */
const char *uuid_words(char *buf, const uint8_t *uuid)
{
	size_t i, used = 0;

	for (i = 0; i < UUID_SIZE; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			buf[used++] = '-';
		text_hex(buf + used, UUID_WORDS - used, uuid + i, 1);
		used += 2;
	}
	return buf;
}

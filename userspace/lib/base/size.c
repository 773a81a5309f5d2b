// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/size.h"

/**
 * size_brief() - round a number of bytes, and write it as short text
 * @buf: receives the text, SIZE_WORDS bytes
 * @bytes: the number
 *
 * Return: @buf, for example "3.8 MiB" or "100 bytes".
 */
const char *size_brief(char *buf, uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	double size = bytes;
	size_t unit;

	if (bytes < 1024) {
		snprintf(buf, SIZE_WORDS, "%" PRIu64 " bytes", bytes);
		return buf;
	}
	size /= 1024;
	for (unit = 0; size >= 1024 && unit < 3; unit++)
		size /= 1024;
	snprintf(buf, SIZE_WORDS, "%.1f %s", size, units[unit]);
	return buf;
}

/**
 * size_words() - write a number of bytes as text for people
 * @buf: receives the text, SIZE_WORDS bytes
 * @bytes: the number
 *
 * Return: @buf, for example "3.8 MiB (3972360 bytes)" or "100 bytes".
 */
const char *size_words(char *buf, uint64_t bytes)
{
	size_t len;

	size_brief(buf, bytes);
	len = strlen(buf);
	if (bytes >= 1024)
		snprintf(buf + len, SIZE_WORDS - len, " (%" PRIu64 " bytes)",
			 bytes);
	return buf;
}

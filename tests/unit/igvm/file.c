// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * IGVM files in memory: headers, data and checksum, one after the other.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <assert.h>
#include <string.h>
#include <zlib.h>

#include "file.h"

void file_put(uint8_t *at, unsigned int width, uint64_t value)
{
	unsigned int i;

	for (i = 0; i < width; i++)
		at[i] = value >> 8 * i;
}

void file_begin(struct file *file, unsigned int version,
		unsigned int architecture)
{
	memset(file, 0, sizeof(*file));
	file->fixed = version < 2 ? 24 : 32;
	file->size = file->fixed;
	memcpy(file->bytes, "IGVM", 4);
	file_put(file->bytes + 4, 4, version);
	file_put(file->bytes + 8, 4, file->fixed);
	if (version >= 2) {
		file_put(file->bytes + 24, 4, architecture);
		file_put(file->bytes + 28, 4, 4096);
	}
}

/* Append a variable header. Return its index. */
unsigned int file_header(struct file *file, uint32_t type, uint32_t length,
			 const struct field *fields)
{
	uint8_t *p = file->bytes + file->size;

	assert(file->nr < FILE_HEADERS && !file->headers_end);
	file->headers[file->nr] = file->size;
	file_put(p, 4, type);
	file_put(p + 4, 4, length);
	for (; fields->width; fields++)
		file_put(p + 8 + fields->at, fields->width, fields->value);
	file->size += 8 + (length + 7) / 8 * 8;
	return file->nr++;
}

/* Append file data, after the last header. Return its offset. */
uint32_t file_data(struct file *file, const void *bytes, size_t len)
{
	uint32_t offset = file->size;

	if (!file->headers_end)
		file->headers_end = file->size;
	assert(file->size + len <= FILE_MAX);
	memcpy(file->bytes + offset, bytes, len);
	file->size += len;
	return offset;
}

uint8_t *file_content(struct file *file, unsigned int header)
{
	assert(header < file->nr);
	return file->bytes + file->headers[header] + 8;
}

/* Set the checksum alone, over the headers that the fixed header names. */
void file_seal_checksum(struct file *file)
{
	uint32_t start, size;
	uLong crc;

	memset(file->bytes + 20, 0, 4);
	start = file->bytes[8] | file->bytes[9] << 8;
	memcpy(&size, file->bytes + 12, 4);
	crc = crc32(0, file->bytes, file->fixed);
	crc = crc32(crc, file->bytes + start, size);
	file_put(file->bytes + 20, 4, crc);
}

/* Set the sizes and the checksum in the fixed header. */
void file_seal(struct file *file)
{
	if (!file->headers_end)
		file->headers_end = file->size;
	file_put(file->bytes + 12, 4, file->headers_end - file->fixed);
	file_put(file->bytes + 16, 4, file->size);
	file_seal_checksum(file);
}

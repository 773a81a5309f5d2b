// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * PE files in memory: headers, sections, and errors of reading.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "image.h"
#include "shared/bytes.h"

#define SECTION		40
#define BLOCK		512

/**
 * image_begin() - write the headers of a file without sections
 * @image: receives them
 * @wide: PE32+ instead of PE32
 */
void image_begin(struct image *image, bool wide)
{
	uint8_t *optional = image->bytes + IMAGE_OPTIONAL;
	uint8_t *pe = image->bytes + IMAGE_PE;

	memset(image, 0, sizeof(*image));
	image->bad = SIZE_MAX;
	image->size = IMAGE_HEADERS;
	image->table = wide ? IMAGE_TABLE : IMAGE_TABLE32;
	memcpy(image->bytes, "MZ", 2);
	put_le32(image->bytes + 60, IMAGE_PE);
	memcpy(pe, "PE\0", 4);
	put_le16(pe + 4, wide ? 0x8664 : 0x14c);
	put_le16(pe + 20, image->table - IMAGE_OPTIONAL);
	put_le16(optional, wide ? 0x20b : 0x10b);
	put_le32(optional + 60, IMAGE_HEADERS);
	put_le32(image->bytes + image->table - 16 * 8 - 4, 16);
}

/**
 * image_add() - add a section
 * @image: the file
 * @name: its name; the file has at most 8 bytes of it
 * @bytes: its bytes
 * @len: number of bytes
 *
 * Return: the section's bytes.
 */
uint8_t *image_add(struct image *image, const char *name, const void *bytes,
		   size_t len)
{
	uint8_t *number = image->bytes + IMAGE_PE + 6;
	uint8_t *header = image->bytes + image->table +
			  get_le16(number) * SECTION;
	uint8_t *to = image->bytes + image->size;
	size_t raw = (len + BLOCK - 1) / BLOCK * BLOCK;

	assert_true(raw <= IMAGE_MAX - image->size);
	memcpy(header, name, strlen(name) < 8 ? strlen(name) : 8);
	put_le32(header + 8, len);
	put_le32(header + 16, raw);
	put_le32(header + 20, image->size);
	memcpy(to, bytes, len);
	put_le16(number, get_le16(number) + 1);
	image->size += raw;
	return to;
}

/**
 * image_read() - read a file in memory: a pe_read
 * @arg: struct image
 * @offset: of the first byte
 * @buf: receives the bytes
 * @len: number of bytes
 *
 * Return: 0, or the image's member err if the bytes include the unreadable one.
 */
int image_read(void *arg, uint64_t offset, void *buf, size_t len)
{
	const struct image *image = arg;

	assert_true(offset <= image->size && len <= image->size - offset);
	if (image->bad >= offset && image->bad - offset < len)
		return image->err;
	memcpy(buf, image->bytes + offset, len);
	return 0;
}

/**
 * image_parse() - open a file in memory with pe_open()
 * @image: the file
 * @pe: see pe_open()
 * @fault: see pe_open()
 */
int image_parse(struct image *image, struct pe *pe, struct pe_fault *fault)
{
	return pe_open(pe, image_read, image, image->size, fault);
}

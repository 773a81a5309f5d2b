// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The writer of headers.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <zlib.h>

#include "format/internal.h"

/**
 * header_put_prefix() - begin a header
 * @p: its place
 * @type: its type
 * @length: length of its content, without padding
 *
 * Return: the place of the content.
 */
uint8_t *header_put_prefix(uint8_t *p, uint32_t type, uint32_t length)
{
	put_le32(p, type);
	put_le32(p + 4, length);
	return p + VMFW_IGVM_PREFIX_SIZE;
}

/**
 * header_put_page() - write the header of a page of 4 KiB
 * @p: its place
 * @mask: compatibility mask
 * @gpa: guest physical address
 * @file_offset: offset of the data; 0: the page contains zeroes
 * @kind: kind of page
 *
 * Return: the place of the next header.
 */
uint8_t *header_put_page(uint8_t *p, uint32_t mask, uint64_t gpa,
			 uint32_t file_offset, enum vmfw_igvm_step_kind kind)
{
	uint16_t type = VMFW_IGVM_DATA_NORMAL;

	if (kind == VMFW_IGVM_STEP_SECRETS)
		type = VMFW_IGVM_DATA_SECRETS;
	else if (kind == VMFW_IGVM_STEP_CPUID)
		type = VMFW_IGVM_DATA_CPUID;
	p = header_put_prefix(p, VMFW_IGVM_T_PAGE_DATA, PAGE_CONTENT_SIZE);
	put_le64(p, gpa);
	put_le32(p + 8, mask);
	put_le32(p + 12, file_offset);
	put_le32(p + 16, kind == VMFW_IGVM_STEP_UNMEASURED ?
			 VMFW_IGVM_PAGE_UNMEASURED : 0);
	put_le16(p + 20, type);
	put_le16(p + 22, 0);
	return p + PAGE_CONTENT_SIZE;
}

/**
 * fixed_header_checksum() - compute the checksum of a file's headers
 * @head: all headers of the file
 * @fixed_size: bytes of the fixed header
 * @start: offset of the variable headers
 * @end: offset after them
 *
 * The checksum is a CRC-32 over the fixed header, with a zero in place of the
 * checksum, and the variable headers. It does not cover a gap between the two.
 */
uint32_t fixed_header_checksum(const uint8_t *head, size_t fixed_size,
			       size_t start, size_t end)
{
	static const uint8_t zero[4];
	size_t rest = FIXED_HEADER_CHECKSUM_AT + sizeof(zero);
	uLong crc;

	crc = crc32_z(0, head, FIXED_HEADER_CHECKSUM_AT);
	crc = crc32_z(crc, zero, sizeof(zero));
	crc = crc32_z(crc, head + rest, fixed_size - rest);
	return crc32_z(crc, head + start, end - start);
}

/**
 * fixed_header_update() - make a fixed header fit the headers that follow
 * @head: all headers of a file; the fixed header has the format version
 * @start: offset of the variable headers
 * @end: offset after them
 * @size: size of the file
 */
void fixed_header_update(uint8_t *head, size_t start, size_t end,
			 uint32_t size)
{
	size_t fixed_size = get_le32(head + 4) == 1 ?
			    VMFW_IGVM_FIXED_HEADER_SIZE :
			    VMFW_IGVM_FIXED_HEADER_V2_SIZE;

	put_le32(head + 8, start);
	put_le32(head + 12, end - start);
	put_le32(head + 16, size);
	put_le32(head + FIXED_HEADER_CHECKSUM_AT,
		 fixed_header_checksum(head, fixed_size, start, end));
}

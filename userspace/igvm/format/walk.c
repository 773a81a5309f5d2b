// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A walk from header to header, and reads of the data after them.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>

#include "format/internal.h"

/**
 * vmfw_igvm_head_size() - compute how many bytes of a file are headers
 * @first: the file's first bytes
 * @len: bytes at @first; VMFW_IGVM_FIXED_HEADER_SIZE are enough
 * @size: size of the file
 * @head_size: receives the end of the headers, according to the fixed header, in
 *	bytes from the start of the file; at least VMFW_IGVM_FIXED_HEADER_V2_SIZE,
 *	but never more than @size
 *
 * A caller that does not have the whole file in memory must provide this many
 * bytes in struct vmfw_igvm_input.head.
 *
 * Return: 0, or -EINVAL: this is not an IGVM file.
 */
int vmfw_igvm_head_size(const void *first, size_t len, uint64_t size,
			uint64_t *head_size)
{
	const uint8_t *p = first;
	uint64_t end;

	if (len < VMFW_IGVM_FIXED_HEADER_SIZE || get_le32(p) != VMFW_IGVM_MAGIC)
		return -EINVAL;

	/* The sum of two 32-bit numbers fits in 64 bits. */
	end = (uint64_t)get_le32(p + 8) + get_le32(p + 12);
	if (end < VMFW_IGVM_FIXED_HEADER_V2_SIZE)
		end = VMFW_IGVM_FIXED_HEADER_V2_SIZE;
	*head_size = end < size ? end : size;
	return 0;
}

/**
 * input_stops() - does the caller want to stop?
 * @igvm: the file
 *
 * vmfw_igvm_next() returns false both after the last header and if the caller wants
 * to stop. So call this function before returning the result of a walk.
 */
bool input_stops(const struct vmfw_igvm *igvm)
{
	return igvm->input.stop && igvm->input.stop(igvm->input.arg);
}

/**
 * vmfw_igvm_next() - go to the next variable header
 * @igvm: filled in by vmfw_igvm_check()
 * @header: all zeroes for the first call, then the result of the last call
 *
 * Return: false: there are no more headers; or the next one does not end within
 * the headers, which vmfw_igvm_check() reports; or the input's @stop returned
 * true.
 */
bool vmfw_igvm_next(const struct vmfw_igvm *igvm,
		    struct vmfw_igvm_header *header)
{
	const uint8_t *head = igvm->input.head;
	uint64_t offset = igvm->headers_start;

	if (header->content) {
		offset = next_offset(header);
		header->index++;
	}
	if (offset >= igvm->headers_end ||
	    igvm->headers_end - offset < VMFW_IGVM_PREFIX_SIZE)
		return false;

	if (header->index % STOP_AFTER == 0 && input_stops(igvm))
		return false;

	header->offset = offset;
	header->type = get_le32(head + offset);
	header->length = get_le32(head + offset + 4);
	header->content = head + offset + VMFW_IGVM_PREFIX_SIZE;
	return next_offset(header) <= igvm->headers_end;
}

/**
 * input_read() - read from anywhere in the file
 * @input: the file
 * @offset: offset of the first byte
 * @buf: receives the bytes
 * @len: number of bytes
 *
 * This function never returns -EINVAL. Its callers return -EINVAL for a file
 * that breaks a rule, together with a finding or an obstacle.
 *
 * Return: 0; -EIO: the bytes are not within the file, or not in memory and
 * @input->read is NULL, or @input->read returned -EINVAL; or another error of
 * @input->read.
 */
int input_read(const struct vmfw_igvm_input *input, uint64_t offset,
	       uint8_t *buf, size_t len)
{
	int err;

	if (offset > input->size || len > input->size - offset)
		return -EIO;
	if (offset <= input->head_len && len <= input->head_len - offset) {
		memcpy(buf, (const uint8_t *)input->head + offset, len);
		return 0;
	}
	if (!input->read)
		return -EIO;
	err = input->read(input->arg, offset, buf, len);
	return err == -EINVAL ? -EIO : err;
}

/**
 * platforms_of_type() - the mask of all platforms of some types
 * @igvm: the file
 * @types: bits, 1 << enum vmfw_igvm_platform_type
 */
uint32_t platforms_of_type(const struct vmfw_igvm *igvm, unsigned int types)
{
	uint32_t mask = 0;
	unsigned int i;

	for (i = 0; i < igvm->nr_platforms; i++)
		if (types & 1u << igvm->platforms[i].type)
			mask |= igvm->platforms[i].mask;
	return mask;
}

/**
 * vmfw_igvm_platform() - find a platform by its type
 * @igvm: a checked file
 * @type: enum vmfw_igvm_platform_type
 *
 * Return: the platform, or NULL if the file does not have it.
 */
const struct vmfw_igvm_platform *
vmfw_igvm_platform(const struct vmfw_igvm *igvm, unsigned int type)
{
	unsigned int i;

	for (i = 0; i < igvm->nr_platforms; i++)
		if (igvm->platforms[i].type == type)
			return &igvm->platforms[i];
	return NULL;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From header to header, and to the data behind them.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>

#include "format/internal.h"

/**
 * vmfw_igvm_head_size() - how much of a file are headers
 * @first: the file's first bytes
 * @len: bytes at @first; VMFW_IGVM_FIXED_HEADER_SIZE are enough
 * @size: length of the file
 * @head_size: receives the number of bytes, from the file's first one, that
 *	the fixed and variable headers take by what the fixed header says; never
 *	more than @size
 *
 * For callers who do not have the whole file in memory: this many bytes are
 * wanted as struct vmfw_igvm_input.head.
 *
 * Return: 0, or -EINVAL: this is no IGVM file.
 */
int vmfw_igvm_head_size(const void *first, size_t len, uint64_t size,
			uint64_t *head_size)
{
	const uint8_t *p = first;
	uint64_t end;

	if (len < VMFW_IGVM_FIXED_HEADER_SIZE || get_le32(p) != VMFW_IGVM_MAGIC)
		return -EINVAL;

	/* Two 32-bit numbers: the sum fits. */
	end = (uint64_t)get_le32(p + 8) + get_le32(p + 12);
	if (end < VMFW_IGVM_FIXED_HEADER_V2_SIZE)
		end = VMFW_IGVM_FIXED_HEADER_V2_SIZE;
	*head_size = end < size ? end : size;
	return 0;
}

/**
 * input_stops() - whether the caller wants it to end
 * @igvm: the file
 *
 * A walk over headers asks by itself, and ends then as if there were no more: so
 * this is asked once more before what was found is handed out.
 */
bool input_stops(const struct vmfw_igvm *igvm)
{
	return igvm->input.stop && igvm->input.stop(igvm->input.arg);
}

/**
 * vmfw_igvm_next() - go to the next variable header
 * @igvm: filled in by vmfw_igvm_check()
 * @header: all zeroes to begin with, then what the last call left there
 *
 * Return: false behind the last header, or where headers are so broken that
 * nobody can tell where the next one starts; vmfw_igvm_check() reports that. Or
 * the input's function wants it to end.
 */
bool vmfw_igvm_next(const struct vmfw_igvm *igvm,
		    struct vmfw_igvm_header *header)
{
	const uint8_t *head = igvm->input.head;
	uint64_t offset = igvm->headers_start;
	uint64_t room;

	/* Offsets are below 2^33: no sum of them and a length wraps. */
	if (header->content) {
		offset = header->offset + VMFW_IGVM_PREFIX_SIZE +
			 (((uint64_t)header->length + 7) & ~7ull);
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

	room = igvm->headers_end - offset - VMFW_IGVM_PREFIX_SIZE;
	return (((uint64_t)header->length + 7) & ~7ull) <= room;
}

/**
 * input_read() - read from anywhere in the file
 * @input: the file
 * @offset: of the first byte
 * @buf: receives the bytes
 * @len: how many
 *
 * Return: 0; -EINVAL: not within the file; or what the caller's function says.
 */
int input_read(const struct vmfw_igvm_input *input, uint64_t offset,
	       uint8_t *buf, size_t len)
{
	if (offset > input->size || len > input->size - offset)
		return -EINVAL;
	if (offset <= input->head_len && len <= input->head_len - offset) {
		memcpy(buf, (const uint8_t *)input->head + offset, len);
		return 0;
	}
	if (!input->read)
		return -EINVAL;
	return input->read(input->arg, offset, buf, len);
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
 * @igvm: a file that was checked
 * @type: enum vmfw_igvm_platform_type
 *
 * Return: the platform, or NULL if the file is not for it.
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

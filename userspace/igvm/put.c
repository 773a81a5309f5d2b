// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Write variable headers.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "internal.h"

/**
 * header_put_prefix() - begin a header
 * @p: its place
 * @type: its type
 * @length: of its content, without padding
 *
 * Return: where the content begins.
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
 * @file_offset: of the data, or 0: zeroes
 * @kind: how it is loaded
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

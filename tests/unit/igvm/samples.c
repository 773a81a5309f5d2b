// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The sound files that samples.h describes.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <assert.h>
#include <string.h>

#include "samples.h"

static void platform(struct file *file, uint32_t mask, unsigned int type,
		     unsigned int vtl)
{
	HEADER(file, 0x001, 16, { 0, 4, mask }, { 4, 1, vtl }, { 5, 1, type },
	       { 6, 2, 1 },);
}

static void page(struct file *file, uint64_t gpa, uint32_t mask,
		 unsigned int type)
{
	HEADER(file, 0x302, 24, { 0, 8, gpa }, { 8, 4, mask },
	       { 20, 2, type },);
}

static void context(struct file *file, uint64_t gpa, uint32_t mask)
{
	HEADER(file, 0x304, 20, { 0, 8, gpa }, { 8, 4, mask },);
}

/* Append data, and write its offset to a header. */
static void point(struct file *file, unsigned int header, unsigned int at,
		  const void *bytes, size_t len)
{
	uint32_t offset = file_data(file, bytes, len);

	file_put(file_content(file, header) + at, 4, offset);
}

static void x64_headers(struct file *file)
{
	platform(file, NATIVE, 0, 0);
	platform(file, SNP, 2, 0);
	platform(file, VBS, 1, 2);
	platform(file, TDX, 3, 0);
	platform(file, SEV, 4, 0);
	platform(file, SEV_ES, 5, 0);
	HEADER(file, 0x101, 16, { 0, 8, 0x30000 }, { 8, 4, SNP },);
	HEADER(file, 0x102, 48, { 0, 4, VBS }, { 6, 1, 2 }, { 7, 1, 7 },
	       { 8, 8, 0x1000 }, { 16, 8, 0x100000 }, { 24, 8, 0x10000 },
	       { 32, 8, 0x100000 }, { 40, 8, 0x40000000 },);
	HEADER(file, 0x103, 32, { 0, 4, VBS }, { 6, 1, 2 },
	       { 8, 8, 0x200000 }, { 16, 8, 0x8000 }, { 24, 8, 0x2000 },);
	HEADER(file, 0x104, 16, { 0, 4, SNP }, { 8, 4, 16 },);
	HEADER(file, 0x105, 16, { 0, 4, SNP }, { 8, 4, 16 },);
	page(file, 0xffffe000, ALL_X64, 0);
	page(file, 0xfffff000, ALL_X64, 0);
	page(file, 0x30000, NATIVE, 0);
	page(file, 0x31000, SNP, 1);
	page(file, 0x200000, VBS, 0);
	HEADER(file, 0x301, 16, { 0, 8, 0x2000 }, { 8, 4, 0 },);
	HEADER(file, 0x301, 16, { 0, 8, 0x1000 }, { 8, 4, 0xfffffff0 },);
	HEADER(file, 0x307, 8, { 0, 4, 0 }, { 4, 4, 0x1ffc },);
	HEADER(file, 0x30c, 8, { 0, 4, 0xfffffff0 },);
	HEADER(file, 0x303, 16, { 0, 8, 0x10000 }, { 8, 4, ALL_X64 },);
	HEADER(file, 0x303, 16, { 0, 8, 0x12000 }, { 8, 4, NATIVE },
	       { 12, 4, 0xfffffff0 },);
	HEADER(file, 0x305, 24, { 0, 8, 0x100000 }, { 8, 4, ALL_X64 },
	       { 12, 4, 0x100000 },);
	HEADER(file, 0x30d, 16, { 0, 8, 0x40000 }, { 8, 4, ALL_X64 },
	       { 12, 4, 0x1000 },);
	context(file, 0, NATIVE);
	context(file, 0xfffffffff000, SNP);
	context(file, 0, VBS);
	HEADER(file, 0x30b, 696, { 0, 4, SNP }, { 96, 4, 1 },);
	HEADER(file, 0x311, 864, { 0, 4, VBS },);
}

void sample_x64(struct file *file)
{
	static uint8_t bytes[4096];
	/* The number of registers, then two for VTL 2: CR3 and RIP. */
	uint8_t list[4 + 64] = { 2 };

	file_begin(file, 2, 0);
	x64_headers(file);
	assert(file->nr == NR_X64);
	list[4] = 2;
	file_put(list + 5, 4, 0x40002);
	list[36] = 2;
	file_put(list + 37, 4, 0x20010);

	memset(bytes, 0xa5, sizeof(bytes));
	point(file, H_PAGE0, 12, bytes, sizeof(bytes));
	point(file, H_PAGE1, 12, bytes, sizeof(bytes));
	point(file, H_PAGE_PT, 12, bytes, sizeof(bytes));
	point(file, H_CTX_SNP, 12, bytes, sizeof(bytes));
	point(file, H_CORIM, 4, bytes, 16);
	point(file, H_CORIM_SIGNATURE, 4, bytes, 16);
	memset(bytes + 232, 0, sizeof(bytes) - 232);
	point(file, H_CTX_NATIVE, 12, bytes, sizeof(bytes));
	point(file, H_CTX_VBS, 12, list, sizeof(list));
	file_seal(file);
}

void sample_aarch64(struct file *file)
{
	static uint8_t bytes[4096];
	uint8_t list[4 + 32] = { 1 };

	file_begin(file, 2, 1);
	platform(file, A_VBS, 1, 0);
	platform(file, A_CCA, 6, 0);
	HEADER(file, 0x106, 32, { 0, 4, A_CCA }, { 8, 8, 1 }, { 16, 8, 2 },);
	page(file, 0x40000000, A_VBS | A_CCA, 0);
	context(file, 0, A_VBS);
	context(file, 0, A_CCA);
	assert(file->nr == NR_AARCH64);
	file_put(list + 5, 4, 0x20022);		/* PC */
	bytes[0] = 1;
	point(file, A_PAGE, 12, bytes, sizeof(bytes));
	point(file, A_CTX_VBS, 12, list, sizeof(list));
	point(file, A_CTX_CCA, 12, bytes, sizeof(bytes));
	file_seal(file);
}

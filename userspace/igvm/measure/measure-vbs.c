// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The boot digest of VBS: a chain of SHA-256 over one chunk for each page of
 * 4 KiB, then one for each register.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "measure/measure.h"

/* Head of every chunk: its size, its type, a reserved number. */
#define CHUNK_TYPE		4
#define CHUNK_HEADER_SIZE	16
#define CHUNK_REGISTER		0
#define CHUNK_PAGE		2

#define PAGE_METADATA		16
#define PAGE_NUMBER		24
#define PAGE_HEADER_SIZE	32
/* Bits of the metadata: VBS accepts the page for the guest to read and write. */
#define METADATA_READ_WRITE	3
/* VBS does not measure the bytes of the page. */
#define METADATA_UNMEASURED	4

#define REGISTER_VTL		20
#define REGISTER_NAME		28
#define REGISTER_VALUE		32
#define REGISTER_VALUE_SIZE	16
#define REGISTER_CHUNK_SIZE	48

/* A register in the file: VTL, name, padding, value. */
#define FILE_COUNT_SIZE		4
#define FILE_REGISTER_SIZE	32
#define FILE_VALUE		16

/*
 * Compute the next link of the chain: hash the digest so far, and a chunk in
 * two pieces.
 */
static int add_chunk(struct measure *measure, const uint8_t *header,
		     size_t header_len, const uint8_t *bytes, size_t len)
{
	int err;

	err = hash_begin(measure);
	if (!err)
		err = hash_add(measure, measure->digest, SHA256_SIZE);
	if (!err)
		err = hash_add(measure, header, header_len);
	if (!err && len)
		err = hash_add(measure, bytes, len);
	if (!err)
		err = hash_end(measure, measure->digest);
	return err ? err : report_step(measure, NULL, measure->digest);
}

static int measure_page(struct measure *measure, const uint8_t *bytes)
{
	uint8_t header[PAGE_HEADER_SIZE] = { 0 };
	uint64_t metadata = bytes ? 0 : METADATA_UNMEASURED;

	if (measure->step.kind == VMFW_IGVM_STEP_ERROR_RANGE)
		metadata |= METADATA_READ_WRITE;
	put_le32(header, PAGE_HEADER_SIZE + VMFW_IGVM_PAGE_SIZE);
	put_le32(header + CHUNK_TYPE, CHUNK_PAGE);
	put_le64(header + PAGE_METADATA, metadata);
	put_le64(header + PAGE_NUMBER,
		 measure->step.gpa / VMFW_IGVM_PAGE_SIZE);
	return add_chunk(measure, header, sizeof(header),
			 bytes ? bytes : zero_page, VMFW_IGVM_PAGE_SIZE);
}

static int measure_register(struct measure *measure, uint64_t offset)
{
	uint8_t from[FILE_REGISTER_SIZE], chunk[REGISTER_CHUNK_SIZE] = { 0 };
	int err;

	err = input_read(&measure->igvm->input, offset, from, sizeof(from));
	if (err)
		return err;
	put_le32(chunk, sizeof(chunk));
	put_le32(chunk + CHUNK_TYPE, CHUNK_REGISTER);
	chunk[REGISTER_VTL] = from[0];
	memcpy(chunk + REGISTER_NAME, from + 1, 4);
	memcpy(chunk + REGISTER_VALUE, from + FILE_VALUE, REGISTER_VALUE_SIZE);
	return add_chunk(measure, chunk, sizeof(chunk), NULL, 0);
}

static int measure_context(struct measure *measure, uint32_t file_offset)
{
	uint64_t offset = (uint64_t)file_offset + FILE_COUNT_SIZE;
	uint8_t count[FILE_COUNT_SIZE];
	uint32_t i;
	int err;

	err = input_read(&measure->igvm->input, file_offset, count,
			 sizeof(count));
	measure->step.kind = VMFW_IGVM_STEP_REGISTER;
	for (i = 0; !err && i < get_le32(count); i++)
		err = measure_register(measure,
				       offset + (uint64_t)i * FILE_REGISTER_SIZE);
	return err;
}

const struct measure_ops measure_vbs = {
	.algorithm = VMFW_IGVM_SHA256,
	.contexts_last = true,
	.page = measure_page,
	.context = measure_context,
};

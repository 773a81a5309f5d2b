// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The headers of a PE file. Numbers are from "PE Format", Microsoft. This code
 * refuses a file that breaks a rule, because a loader could misread that file.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdlib.h>

#include "efi/pe.h"
#include "shared/bytes.h"

#define DOS_SIZE	64
#define DOS_NEW_HEADER	60

/* Offsets from the signature on. */
#define SIGNATURE_SIZE	4
#define COFF_SIZE	20
#define MACHINE_AT	4
#define NR_SECTIONS_AT	6
#define OPTIONAL_SIZE_AT 20
#define FIXED_SIZE	(SIGNATURE_SIZE + COFF_SIZE)

/* Offsets from the optional header on. */
#define MAGIC_PE32	0x10b
#define MAGIC_PE32PLUS	0x20b
#define HEADERS_SIZE_AT	60
#define CHECKSUM_AT	64
#define SUBSYSTEM_AT	68
#define DIRECTORIES_PE32 96
#define DIRECTORIES_PE32PLUS 112
#define DIRECTORY_SIZE	8
#define DIRECTORY_SECURITY 4
#define MAX_DIRECTORIES	16
#define MAX_OPTIONAL	(DIRECTORIES_PE32PLUS + \
			 MAX_DIRECTORIES * DIRECTORY_SIZE)

#define SECTION_SIZE	40
#define MAX_SECTIONS	96
#define VIRTUAL_SIZE_AT	8
#define RAW_SIZE_AT	16
#define RAW_OFFSET_AT	20

/* A range of bytes in the file. */
struct pe_extent {
	uint64_t start;
	uint64_t size;
};

/**
 * pe_fail() - record a fault in a file
 * @fault: receives the fault
 * @text: the fault in words
 * @offset: its offset in the file
 * @value: the value there
 *
 * Return: -EINVAL.
 */
int pe_fail(struct pe_fault *fault, const char *text, uint64_t offset,
	    uint64_t value)
{
	*fault = (struct pe_fault) { text, offset, value };
	return -EINVAL;
}

/* If the caller's function fails, set no fault: the format is not to blame. */
static int read_header(const struct pe *pe, uint64_t offset, void *buf,
		       size_t len, struct pe_fault *fault)
{
	if (offset > pe->size || len > pe->size - offset)
		return pe_fail(fault, "the file ends within its headers",
			       offset, pe->size);
	return pe->read(pe->arg, offset, buf, len);
}

static int find_header(const struct pe *pe, uint32_t *at,
		       struct pe_fault *fault)
{
	uint8_t dos[DOS_SIZE];
	int err;

	err = read_header(pe, 0, dos, sizeof(dos), fault);
	if (err)
		return err;
	if (memcmp(dos, "MZ", 2))
		return pe_fail(fault, "this is not a PE file", 0, get_le16(dos));
	*at = get_le32(dos + DOS_NEW_HEADER);
	if (*at < DOS_SIZE)
		return pe_fail(fault, "the PE header begins within the DOS header",
			       DOS_NEW_HEADER, *at);
	return 0;
}

static int read_security(struct pe *pe, const uint8_t *entry, uint32_t at,
			 struct pe_fault *fault)
{
	pe->security_at = at;
	pe->security_size = get_le32(entry + 4);
	if (!pe->security_size)
		return 0;
	pe->security_offset = get_le32(entry);
	if (pe->security_offset < pe->headers_size)
		return pe_fail(fault, "the certificate table begins within the headers",
			       at, pe->security_offset);
	if ((uint64_t)pe->security_offset + pe->security_size > pe->size)
		return pe_fail(fault, "the certificate table ends after the file",
			       at + 4, pe->security_size);
	return 0;
}

/* Return the offset of the data directories; 0: @header has no known magic, or ends first. */
static uint32_t find_directories(const uint8_t *header, uint16_t size)
{
	uint32_t at;

	switch (get_le16(header)) {
	case MAGIC_PE32:
		at = DIRECTORIES_PE32;
		break;
	case MAGIC_PE32PLUS:
		at = DIRECTORIES_PE32PLUS;
		break;
	default:
		return 0;
	}
	return at <= size ? at : 0;
}

/* @header is the optional header, and @at its offset. */
static int check_optional(struct pe *pe, uint64_t at, const uint8_t *header,
			  uint16_t size, struct pe_fault *fault)
{
	uint32_t directories = find_directories(header, size);
	uint32_t nr, entry;

	if (!directories)
		return pe_fail(fault, "the optional header is neither PE32 nor PE32+, or is too short", at,
			       get_le16(header));
	pe->subsystem = get_le16(header + SUBSYSTEM_AT);
	nr = get_le32(header + directories - 4);
	if (nr > (size - directories) / DIRECTORY_SIZE)
		return pe_fail(fault, "there are more data directories than the optional header has room for",
			       at + directories - 4, nr);
	pe->headers_size = get_le32(header + HEADERS_SIZE_AT);
	if (pe->headers_size > pe->size || pe->headers_size < at + size)
		return pe_fail(fault, "the headers must end after the optional header and within the file",
			       at + HEADERS_SIZE_AT, pe->headers_size);
	pe->checksum_at = at + CHECKSUM_AT;
	if (nr <= DIRECTORY_SECURITY)
		return 0;
	entry = directories + DIRECTORY_SECURITY * DIRECTORY_SIZE;
	return read_security(pe, header + entry, at + entry, fault);
}

/*
 * @at is the offset of the optional header, @size its size in the COFF header.
 */
static int read_optional(struct pe *pe, uint64_t at, uint16_t size,
			 struct pe_fault *fault)
{
	uint8_t header[MAX_OPTIONAL];
	int err;

	if (size < DIRECTORIES_PE32 || size > sizeof(header))
		return pe_fail(fault, "the optional header must have from 96 to 240 bytes",
			       at - FIXED_SIZE + OPTIONAL_SIZE_AT,
			       size);
	err = read_header(pe, at, header, size, fault);
	return err ? err : check_optional(pe, at, header, size, fault);
}

static bool are_apart(const struct pe_extent *a, const struct pe_extent *b)
{
	/* All are 32-bit numbers, so the sums fit. */
	return !a->size || !b->size || a->start + a->size <= b->start ||
	       b->start + b->size <= a->start;
}

static int check_extent(const struct pe *pe, const struct pe_extent *extents,
			unsigned int nr, uint64_t at, struct pe_fault *fault)
{
	const struct pe_extent *extent = &extents[nr];
	unsigned int i;

	if (!extent->size)
		return 0;
	if (extent->start < pe->headers_size)
		return pe_fail(fault, "a section begins within the headers",
			       at + RAW_OFFSET_AT, extent->start);
	if (extent->start + extent->size > pe->size)
		return pe_fail(fault, "a section ends after the file",
			       at + RAW_SIZE_AT, extent->size);
	for (i = 0; i < nr; i++)
		if (!are_apart(&extents[i], extent))
			return pe_fail(fault, "a section overlaps another one or the certificate table",
				       at + RAW_OFFSET_AT, extent->start);
	return 0;
}

/* @table is the section table, and @at its offset. */
static int read_sections(struct pe *pe, const uint8_t *table, uint64_t at,
			 struct pe_fault *fault)
{
	struct pe_extent extents[MAX_SECTIONS + 1];
	struct pe_section *section;
	unsigned int i;
	int err = 0;

	/*
	 * The first range is the certificate table: no section may overlap the
	 * table.
	 */
	extents[0] = (struct pe_extent) { pe->security_offset,
					  pe->security_size };
	for (i = 0; i < pe->nr_sections && !err; i++) {
		const uint8_t *p = table + i * SECTION_SIZE;

		extents[i + 1].start = get_le32(p + RAW_OFFSET_AT);
		extents[i + 1].size = get_le32(p + RAW_SIZE_AT);
		section = &pe->sections[i];
		memcpy(section->name, p, PE_NAME);
		section->offset = extents[i + 1].start;
		section->raw_size = extents[i + 1].size;
		section->size = get_le32(p + VIRTUAL_SIZE_AT);
		if (section->size > extents[i + 1].size)
			section->size = extents[i + 1].size;
		err = check_extent(pe, extents, i + 1, at + i * SECTION_SIZE,
				   fault);
	}
	return err;
}

static int read_table(struct pe *pe, uint64_t at, struct pe_fault *fault)
{
	uint8_t table[MAX_SECTIONS * SECTION_SIZE];
	uint64_t len = pe->nr_sections * SECTION_SIZE;
	int err;

	if (at + len > pe->headers_size)
		return pe_fail(fault, "the section table ends after the headers",
			       at, pe->headers_size);
	pe->sections = calloc(pe->nr_sections, sizeof(*pe->sections));
	if (!pe->sections)
		return -ENOMEM;
	err = read_header(pe, at, table, len, fault);
	return err ? err : read_sections(pe, table, at, fault);
}

static int read_headers(struct pe *pe, struct pe_fault *fault)
{
	uint8_t header[FIXED_SIZE];
	uint16_t optional;
	uint32_t at;
	int err;

	err = find_header(pe, &at, fault);
	if (err)
		return err;
	err = read_header(pe, at, header, sizeof(header), fault);
	if (err)
		return err;
	if (memcmp(header, "PE\0", SIGNATURE_SIZE))
		return pe_fail(fault, "this is not a PE file", at,
			       get_le32(header));
	pe->machine = get_le16(header + MACHINE_AT);
	pe->nr_sections = get_le16(header + NR_SECTIONS_AT);
	if (!pe->nr_sections || pe->nr_sections > MAX_SECTIONS)
		return pe_fail(fault, "there are no sections, or more than 96",
			       at + NR_SECTIONS_AT, pe->nr_sections);
	optional = get_le16(header + OPTIONAL_SIZE_AT);
	err = read_optional(pe, (uint64_t)at + FIXED_SIZE, optional, fault);
	if (err)
		return err;
	return read_table(pe, (uint64_t)at + FIXED_SIZE + optional, fault);
}

/**
 * pe_open() - read the headers of a PE file and check them
 * @pe: receives the headers; close it if 0 is returned
 * @read: reads from the file, as long as @pe is open
 * @arg: argument for @read
 * @size: size of the file in bytes
 * @fault: receives the fault; it has a text only if the file's contents are at
 *	fault
 *
 * Return: 0; -EINVAL with a fault: the file is malformed, or no PE file;
 * -ENOMEM; or the error of @read.
 */
int pe_open(struct pe *pe, pe_read *read, void *arg, uint64_t size,
	    struct pe_fault *fault)
{
	int err;

	*pe = (struct pe) { .read = read, .arg = arg, .size = size };
	*fault = (struct pe_fault) { 0 };
	err = read_headers(pe, fault);
	if (err)
		pe_close(pe);
	return err;
}

/**
 * pe_close() - free the memory of the headers
 * @pe: from pe_open()
 */
void pe_close(struct pe *pe)
{
	free(pe->sections);
	pe->sections = NULL;
	pe->nr_sections = 0;
}

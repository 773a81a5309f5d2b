/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Types and functions that igvm*.c share. launch_*.c use some of them, too.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMM_IGVM_READER_H
#define VMM_IGVM_READER_H

#include <endian.h>
#include <string.h>

#include "igvm.h"

/* Values of the fixed header's architecture field. */
enum igvm_architecture {
	IGVM_X64 = 0,
	IGVM_AARCH64 = 1,
};

enum section { SECTION_PLATFORM, SECTION_INITIALIZATION, SECTION_DIRECTIVE };

/*
 * struct igvm_area - a parameter area
 * @index: its number in the file
 * @size: bytes, a multiple of MEMORY_PAGE
 * @bytes: its content, owned by the image
 * @inserted: whether a header has inserted it
 * @holds: names of the parameters that are in it
 * @lacks: a parameter of the area for which this VMM has no value, or NULL
 */
struct igvm_area {
	uint32_t index;
	uint64_t size;
	uint8_t *bytes;
	bool inserted;
	GString *holds;
	const char *lacks;
};

/*
 * struct reader - the state while igvm_read() reads a file
 * @file, @size, @machine, @image, @reason: as given to igvm_read()
 * @areas: struct igvm_area, in the file's order
 * @version: version of the format
 * @headers_start, @headers_end: offsets of the variable headers
 * @section: the section of the last header
 * @masks: masks of all platforms so far
 * @native: mask of the native platform, 0 when there was none yet
 */
struct reader {
	const uint8_t *file;
	uint64_t size;
	const struct machine *machine;
	struct image *image;
	char *reason;
	GArray *areas;

	uint32_t version;
	uint64_t headers_start;
	uint64_t headers_end;

	enum section section;
	uint32_t masks;
	uint32_t native;
};

/*
 * struct header_type - a type that this reader knows
 * @type: its number
 * @length: length of its content, in bytes
 * @mask_at: where in the content the compatibility mask is, or NO_MASK
 * @read: called with the content, unless its mask lacks the native platform;
 *	NULL: this VMM does not support the type
 * @name: name of the type in messages
 */
struct header_type {
	uint32_t type;
	uint32_t length;
	int mask_at;
	bool (*read)(struct reader *reader, const struct header_type *type,
		     const uint8_t *content);
	const char *name;
};

#define NO_MASK (-1)

static inline uint16_t get16(const uint8_t *bytes)
{
	uint16_t value;

	memcpy(&value, bytes, sizeof(value));
	return le16toh(value);
}

static inline uint32_t get32(const uint8_t *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return le32toh(value);
}

static inline uint64_t get64(const uint8_t *bytes)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof(value));
	return le64toh(value);
}

/**
 * reader_refuse - Set the reason why the VMM does not load the file
 * @reader: receives the reason
 * @format: the reason, without double quotes
 *
 * Return: false, for the caller to return.
 */
bool reader_refuse(struct reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * reader_check_mask - Does a mask name platforms of the file, and no others?
 * @reader: the file
 * @type: type of the header
 * @mask: the mask in the header
 */
bool reader_check_mask(struct reader *reader, const struct header_type *type,
		       uint32_t mask);

/**
 * reader_check_range - Is a range aligned and not empty, without a wrap at 2^64?
 * @reader: receives the reason of a refusal
 * @name: name of the range in messages
 * @range: guest physical addresses
 * @align: number of which address and size are multiples
 */
bool reader_check_range(struct reader *reader, const char *name,
			struct memory_range range, uint64_t align);

/**
 * reader_has_data - Are these bytes within the file and after its headers?
 * @reader: the file
 * @offset: offset in the file
 * @size: bytes
 */
bool reader_has_data(struct reader *reader, uint32_t offset, uint64_t size);

/**
 * reader_has_zeroes - Are these bytes of the file zero?
 * @reader: the file
 * @offset: offset in the file; all bytes are within the file
 * @size: bytes
 */
bool reader_has_zeroes(struct reader *reader, uint32_t offset, uint64_t size);

/**
 * igvm_native_context - Read the registers in a VP context of the native platform
 * @bytes: the 232 bytes of the context
 *
 * Return: the registers, for the caller to free.
 */
struct vp_context *igvm_native_context(const uint8_t *bytes);

/**
 * read_vp_context - Read the registers that the boot processor starts with
 * @reader: the file
 * @type: type of the header
 * @content: content of the header
 */
bool read_vp_context(struct reader *reader, const struct header_type *type,
		     const uint8_t *content);

/**
 * read_parameter_area - Make the area that later headers fill
 * @reader: the file
 * @type: type of the header
 * @content: content of the header
 */
bool read_parameter_area(struct reader *reader, const struct header_type *type,
			 const uint8_t *content);

/**
 * read_parameter - Put the value of a parameter into its area
 * @reader: the file
 * @type: type of the header
 * @content: content of the header
 *
 * If this VMM has no value, the function notes that for the insertion of the area.
 */
bool read_parameter(struct reader *reader, const struct header_type *type,
		    const uint8_t *content);

/**
 * read_parameter_insert - Put a complete area into memory
 * @reader: the file
 * @type: type of the header
 * @content: content of the header
 */
bool read_parameter_insert(struct reader *reader,
			   const struct header_type *type,
			   const uint8_t *content);

#endif

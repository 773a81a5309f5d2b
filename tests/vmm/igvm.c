// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A strict reader of IGVM files for the native platform: it refuses a file that loaders
 * may interpret differently.
 *
 * A file is a fixed header, variable headers of {type, length, content, padding}, and
 * file data that the headers point into. Everything is little-endian.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "igvm_reader.h"

#define FIXED_HEADER_V1 24
#define FIXED_HEADER_V2 32
#define CHECKSUM_AT 20

#define TYPE_OPTIONAL (UINT32_C(1) << 31)
#define TYPE_PLATFORM 0x1

#define PLATFORM_NATIVE 0
#define PLATFORM_LAST 6		/* CCA */
#define NATIVE_VERSION 1

#define PAGE_2MB (UINT32_C(1) << 0)
#define PAGE_FLAGS 0x7		/* 2 MiB, unmeasured, shared */
#define PAGE_NORMAL 0
#define PAGE_SIZE_2MB (UINT64_C(2) << 20)

bool reader_refuse(struct reader *reader, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(reader->reason, IMAGE_REASON_SIZE, format, args);
	va_end(args);
	return false;
}

static bool is_power_of_two(uint32_t value)
{
	return value && !(value & (value - 1));
}

bool reader_check_range(struct reader *reader, const char *name,
			struct memory_range range, uint64_t align)
{
	if (range.addr % align || range.size % align || !range.size)
		return reader_refuse(reader, "%s at 0x%" PRIx64 " of 0x%" PRIx64
				     " bytes is not in pages of 0x%" PRIx64, name,
				     range.addr, range.size, align);
	if (range.size > UINT64_MAX - range.addr)
		return reader_refuse(reader, "%s at 0x%" PRIx64 " wraps around", name,
				     range.addr);
	return true;
}

bool reader_has_data(struct reader *reader, uint32_t offset, uint64_t size)
{
	return offset >= reader->headers_end && offset <= reader->size &&
		size <= reader->size - offset;
}

bool reader_has_zeroes(struct reader *reader, uint32_t offset, uint64_t size)
{
	while (size--)
		if (reader->file[offset++])
			return false;
	return true;
}

bool reader_check_mask(struct reader *reader, const struct header_type *type,
		       uint32_t mask)
{
	if (mask && !(mask & ~reader->masks))
		return true;
	return reader_refuse(reader, "%s has mask 0x%" PRIx32
			     ", the platforms have 0x%" PRIx32, type->name,
			     mask, reader->masks);
}

static bool read_platform(struct reader *reader, const struct header_type *type,
			  const uint8_t *content)
{
	uint32_t mask = get32(content);
	uint8_t highest_vtl = content[4];
	uint8_t platform = content[5];
	uint16_t version = get16(content + 6);
	uint64_t shared_boundary = get64(content + 8);

	(void)type;
	if (!is_power_of_two(mask))
		return reader_refuse(reader, "platform mask 0x%" PRIx32
				     " is not one bit", mask);
	if (reader->masks & mask)
		return reader_refuse(reader, "platform mask 0x%" PRIx32
				     " is there twice", mask);
	if (platform > PLATFORM_LAST)
		return reader_refuse(reader, "platform type %u is unknown", platform);
	reader->masks |= mask;
	if (platform != PLATFORM_NATIVE)
		return true;

	if (reader->native)
		return reader_refuse(reader, "the native platform is there twice");
	if (version != NATIVE_VERSION)
		return reader_refuse(reader, "native platform of version %u", version);
	if (highest_vtl || shared_boundary)
		return reader_refuse(reader, "native platform with VTL %u and shared boundary 0x%"
				     PRIx64, highest_vtl, shared_boundary);
	reader->native = mask;
	return true;
}

static bool read_page_data(struct reader *reader,
			   const struct header_type *type,
			   const uint8_t *content)
{
	uint64_t gpa = get64(content);
	uint32_t offset = get32(content + 12);
	uint32_t flags = get32(content + 16);
	uint16_t data_type = get16(content + 20);
	uint16_t reserved = get16(content + 22);
	uint64_t size = flags & PAGE_2MB ? PAGE_SIZE_2MB : MEMORY_PAGE;
	struct memory_content page = { .range = { gpa, size } };

	if (flags & ~PAGE_FLAGS || reserved)
		return reader_refuse(reader, "page data at 0x%" PRIx64
				     " has flags 0x%" PRIx32 " and reserved 0x%x",
				     gpa, flags, reserved);
	if (data_type != PAGE_NORMAL)
		return reader_refuse(reader, "page data at 0x%" PRIx64
				     " is of type %u, which the native platform does not have",
				     gpa, data_type);
	if (!reader_check_range(reader, type->name, page.range, size))
		return false;
	if (offset && !reader_has_data(reader, offset, size))
		return reader_refuse(reader, "page data at 0x%" PRIx64
				     " is not within the file's data: offset 0x%"
				     PRIx32, gpa, offset);
	if (offset)
		page.bytes = reader->file + offset;
	g_array_append_val(reader->image->contents, page);
	return true;
}

static bool read_required_memory(struct reader *reader,
				 const struct header_type *type,
				 const uint8_t *content)
{
	struct memory_range range = {
		.addr = get64(content),
		.size = get32(content + 12),
	};
	uint32_t reserved = get32(content + 20);

	/* The only flag concerns VTL 2, which the native platform lacks. */
	if (get32(content + 16) || reserved)
		return reader_refuse(reader, "required memory at 0x%" PRIx64
				     " has flags or reserved bits", range.addr);
	if (!reader_check_range(reader, type->name, range, MEMORY_PAGE))
		return false;
	g_array_append_val(reader->image->required, range);
	return true;
}

/* A guest policy has no effect on a machine that is not isolated. */
static bool read_nothing(struct reader *reader, const struct header_type *type,
			 const uint8_t *content)
{
	(void)reader;
	(void)type;
	(void)content;
	return true;
}

static const struct header_type header_types[] = {
	{ TYPE_PLATFORM, 16, NO_MASK, read_platform, "supported platform" },
	{ 0x101, 16, 8, read_nothing, "guest policy" },
	{ 0x102, 48, 0, NULL, "relocatable region" },
	{ 0x103, 32, 0, NULL, "page table relocation region" },
	{ 0x301, 16, NO_MASK, read_parameter_area, "parameter area" },
	{ 0x302, 24, 8, read_page_data, "page data" },
	{ 0x303, 16, NO_MASK, read_parameter_insert, "parameter insert" },
	{ 0x304, 20, 8, read_vp_context, "VP context" },
	{ 0x305, 24, 8, read_required_memory, "required memory" },
	{ 0x307, 8, NO_MASK, read_parameter, "VP count" },
	{ 0x308, 8, NO_MASK, read_parameter, "SRAT" },
	{ 0x309, 8, NO_MASK, read_parameter, "MADT" },
	{ 0x30a, 8, NO_MASK, read_parameter, "MMIO ranges" },
	{ 0x30b, 696, 0, NULL, "SNP ID block" },
	{ 0x30c, 8, NO_MASK, read_parameter, "memory map" },
	{ 0x30d, 16, 8, NULL, "error range" },
	{ 0x30e, 8, NO_MASK, read_parameter, "command line" },
	{ 0x30f, 8, NO_MASK, read_parameter, "SLIT" },
	{ 0x310, 8, NO_MASK, read_parameter, "PPTT" },
	{ 0x311, 864, 0, NULL, "VBS measurement" },
	{ 0x312, 8, NO_MASK, read_parameter, "device tree" },
	{ 0x313, 8, NO_MASK, read_parameter, "environment info" },
};

static const struct header_type *find_type(uint32_t type)
{
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(header_types); i++)
		if (header_types[i].type == type)
			return &header_types[i];
	return NULL;
}

static enum section section_of(uint32_t type)
{
	if (type <= 0x100)
		return SECTION_PLATFORM;
	if (type <= 0x200)
		return SECTION_INITIALIZATION;
	return SECTION_DIRECTIVE;
}

static bool read_content(struct reader *reader, const struct header_type *type,
			 const uint8_t *content)
{
	uint32_t mask;

	if (type->mask_at != NO_MASK) {
		mask = get32(content + type->mask_at);
		if (!reader_check_mask(reader, type, mask))
			return false;
		if (!(mask & reader->native))
			return true;
	}
	if (!type->read)
		return reader_refuse(reader, "%s for the native platform: this VMM does not support it",
				     type->name);
	return type->read(reader, type, content);
}

/* Read the header at @at. Its @length bytes of content end within the headers. */
static bool read_header(struct reader *reader, uint64_t at, uint32_t number,
			uint32_t length)
{
	const struct header_type *type = find_type(number & ~TYPE_OPTIONAL);
	enum section section;

	if (number & TYPE_OPTIONAL && !type)
		return true;
	if (!type)
		return reader_refuse(reader, "header type 0x%" PRIx32 " at 0x%" PRIx64
				     " is unknown and not optional", number, at);
	if (number & TYPE_OPTIONAL)
		return reader_refuse(reader, "%s at 0x%" PRIx64
				     " is marked optional: loaders would differ",
				     type->name, at);
	if (length != type->length)
		return reader_refuse(reader, "%s at 0x%" PRIx64 " is %" PRIu32
				     " bytes long, not %" PRIu32, type->name, at,
				     length, type->length);
	section = section_of(number);
	if (section < reader->section)
		return reader_refuse(reader, "%s at 0x%" PRIx64
				     " belongs into an earlier section", type->name,
				     at);
	reader->section = section;
	return read_content(reader, type, reader->file + at + 8);
}

static bool read_headers(struct reader *reader)
{
	uint64_t at = reader->headers_start;
	uint64_t left, padded;
	uint32_t length;

	while (at < reader->headers_end) {
		left = reader->headers_end - at;
		if (left < 8)
			return reader_refuse(reader, "%" PRIu64
					     " stray bytes after the last header",
					     left);
		length = get32(reader->file + at + 4);
		padded = ((uint64_t)length + 7) & ~UINT64_C(7);
		if (padded > left - 8)
			return reader_refuse(reader, "header at 0x%" PRIx64
					     " does not end within the headers", at);
		if (!reader_has_zeroes(reader, at + 8 + length,
				       padded - length))
			return reader_refuse(reader, "padding after the header at 0x%"
					     PRIx64 " is not zero", at);
		if (!read_header(reader, at, get32(reader->file + at), length))
			return false;
		at += 8 + padded;
	}
	return true;
}

static bool check_checksum(struct reader *reader, uint32_t fixed_size)
{
	uint8_t fixed[FIXED_HEADER_V2];
	uint32_t found = get32(reader->file + CHECKSUM_AT);
	uint32_t computed;

	memcpy(fixed, reader->file, fixed_size);
	memset(fixed + CHECKSUM_AT, 0, sizeof(uint32_t));
	computed = crc32(0, fixed, fixed_size);
	computed = crc32(computed, reader->file + reader->headers_start,
			 reader->headers_end - reader->headers_start);
	if (computed != found)
		return reader_refuse(reader, "checksum is 0x%08" PRIx32
				     ", the headers have 0x%08" PRIx32, found,
				     computed);
	return true;
}

static bool check_architecture(struct reader *reader)
{
	static const uint32_t wanted[] = {
		[ARCHITECTURE_X64] = IGVM_X64,
		[ARCHITECTURE_AARCH64] = IGVM_AARCH64,
	};
	uint32_t ours = wanted[reader->machine->architecture];
	uint32_t architecture = IGVM_X64;
	uint32_t page_size = MEMORY_PAGE;

	if (reader->version >= 2) {
		architecture = get32(reader->file + 24);
		page_size = get32(reader->file + 28);
	}
	if (architecture != ours)
		return reader_refuse(reader, "for architecture %" PRIu32
				     ", this machine has %" PRIu32,
				     architecture, ours);
	if (page_size != MEMORY_PAGE)
		return reader_refuse(reader, "page size 0x%" PRIx32, page_size);
	return true;
}

static bool read_fixed_header(struct reader *reader)
{
	const uint8_t *file = reader->file;
	uint32_t fixed_size, start, size, total;

	if (reader->size < FIXED_HEADER_V1)
		return reader_refuse(reader, "0x%" PRIx64
				     " bytes are too few for a header", reader->size);
	if (memcmp(file, "IGVM", 4))
		return reader_refuse(reader, "not an IGVM file");
	reader->version = get32(file + 4);
	if (reader->version != 1 && reader->version != 2)
		return reader_refuse(reader, "format version %" PRIu32,
				     reader->version);
	fixed_size = reader->version == 1 ? FIXED_HEADER_V1 : FIXED_HEADER_V2;
	if (reader->size < fixed_size)
		return reader_refuse(reader, "0x%" PRIx64
				     " bytes are too few for a header", reader->size);

	start = get32(file + 8);
	size = get32(file + 12);
	total = get32(file + 16);
	if (total != reader->size)
		return reader_refuse(reader, "total_file_size is 0x%" PRIx32
				     ", 0x%" PRIx64 " bytes are here", total,
				     reader->size);
	if (start < fixed_size || start % 8)
		return reader_refuse(reader, "variable headers at offset 0x%" PRIx32,
				     start);
	if (start > total || size > total - start)
		return reader_refuse(reader, "variable headers do not end within the file");
	reader->headers_start = start;
	reader->headers_end = (uint64_t)start + size;
	return check_architecture(reader) &&
		check_checksum(reader, fixed_size);
}

static int by_address(const void *a, const void *b)
{
	const struct memory_content *left = a, *right = b;

	if (left->range.addr != right->range.addr)
		return left->range.addr < right->range.addr ? -1 : 1;
	return 0;
}

static bool check_contents(struct reader *reader)
{
	GArray *contents = reader->image->contents;
	const struct memory_range *range, *before;
	guint i;

	if (!reader->native)
		return reader_refuse(reader, "no native platform in it");
	if (!contents->len)
		return reader_refuse(reader, "it puts nothing into memory");
	g_array_sort(contents, by_address);
	for (i = 1; i < contents->len; i++) {
		before = &g_array_index(contents, struct memory_content,
					i - 1).range;
		range = &g_array_index(contents, struct memory_content,
				       i).range;
		if (range->addr - before->addr < before->size)
			return reader_refuse(reader, "contents overlap at 0x%"
					     PRIx64, range->addr);
	}
	return true;
}

static void area_release(void *area)
{
	g_string_free(((struct igvm_area *)area)->holds, TRUE);
}

bool igvm_read(const uint8_t *file, uint64_t size,
	       const struct machine *machine, struct image *image,
	       char reason[IMAGE_REASON_SIZE])
{
	struct reader reader = {
		.file = file,
		.size = size,
		.machine = machine,
		.image = image,
		.reason = reason,
		.areas = g_array_new(FALSE, FALSE, sizeof(struct igvm_area)),
	};
	bool sound;

	g_array_set_clear_func(reader.areas, area_release);
	sound = read_fixed_header(&reader) && read_headers(&reader) &&
		check_contents(&reader);
	g_array_unref(reader.areas);
	return sound;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A parser that takes the same IGVM files as libigvm 0.4.0. QEMU parses a guest's
 * image with libigvm as soon as the guest hands it over.
 *
 * This is not the strict reader of igvm.c: overlaps, contexts in files of version
 * 1 and masks without a platform pass here. An unknown header does not pass, even
 * if it is optional.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <inttypes.h>
#include <string.h>
#include <zlib.h>

#include "igvm_reader.h"
#include "launch_file.h"

#define FIXED_HEADER_V1 24
#define FIXED_HEADER_V2 32
#define CHECKSUM_AT 20
#define VARIABLE_HEADER 8

#define PLATFORM_HEADER 0x1
#define GUEST_POLICY 0x101
#define RELOCATABLE_REGION 0x102
#define PAGE_TABLE_REGION 0x103

#define PLATFORM_NATIVE 0
#define PLATFORM_VSM 1
#define PLATFORM_SNP 2
#define PLATFORM_SEV 4
#define PLATFORM_SEV_ES 5
#define PLATFORM_CCA 6

#define NATIVE_CONTEXT_SIZE 232
#define VMSA_SIZE 1648
#define DATA_TYPE_LAST 3	/* CPUID_XF */

/* struct parser - the state while launch_file_parse() reads a file */
struct parser {
	struct launch_file *file;
	char *reason;
	uint32_t data_start;	/* where the variable headers end */
	bool is_aarch64;
	int stage;
	bool has_vsm_context;
	GHashTable *platforms;	/* platform type by mask */
	GHashTable *areas;	/* struct area by index */
};

/* A header type, the length of its content, and a check of the content. */
struct known_type {
	uint32_t type;
	uint32_t length;
	bool (*check)(struct parser *parser, const uint8_t *content);
};

struct area {
	bool inserted;
};

static bool refuse(struct parser *parser, const char *text)
{
	return image_refuse(parser->reason, "%s", text);
}

static bool has_data(struct parser *parser, uint32_t offset, uint64_t size)
{
	return offset >= parser->data_start && offset <= parser->file->size &&
		size <= parser->file->size - offset;
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
	while (size--)
		if (*bytes++)
			return false;
	return true;
}

static bool check_platform(struct parser *parser, const uint8_t *content)
{
	uint32_t mask = get32(content);
	uint8_t type = content[5];
	GHashTableIter iter;
	gpointer other;

	if (!mask || mask & (mask - 1))
		return refuse(parser, "a platform's mask is not one bit");
	if (type > PLATFORM_CCA)
		return refuse(parser, "a platform of unknown type");
	if (type != PLATFORM_VSM &&
	    parser->is_aarch64 != (type == PLATFORM_CCA))
		return refuse(parser, "a platform of another architecture");
	if (get16(content + 6) != 1)
		return refuse(parser, "a platform of unknown version");
	if (content[4] && content[4] != 2)
		return refuse(parser, "a platform whose highest VTL is neither 0 nor 2");
	if (type <= PLATFORM_VSM && get64(content + 8))
		return refuse(parser, "a platform that cannot have a shared boundary has one");
	g_hash_table_iter_init(&iter, parser->platforms);
	while (g_hash_table_iter_next(&iter, NULL, &other))
		if (GPOINTER_TO_UINT(other) == type)
			return refuse(parser, "a platform is there twice");
	if (type == PLATFORM_NATIVE)
		parser->file->native = mask;
	g_hash_table_insert(parser->platforms, GUINT_TO_POINTER(mask),
			    GUINT_TO_POINTER(type));
	return true;
}

static bool check_area(struct parser *parser, const uint8_t *content)
{
	uint64_t size = get64(content);
	gpointer index = GUINT_TO_POINTER(get32(content + 8));
	uint32_t offset = get32(content + 12);

	if (size % MEMORY_PAGE)
		return refuse(parser, "a parameter area is not in pages");
	if (offset && !has_data(parser, offset, size))
		return refuse(parser, "a parameter area's data is not in the file");
	if (g_hash_table_contains(parser->areas, index))
		return refuse(parser, "a parameter area is there twice");
	g_hash_table_insert(parser->areas, index, g_new0(struct area, 1));
	return true;
}

static struct area *find_area(struct parser *parser, uint32_t index)
{
	struct area *area = g_hash_table_lookup(parser->areas,
						GUINT_TO_POINTER(index));

	if (area && !area->inserted)
		return area;
	refuse(parser, area ? "a parameter area is used after it was inserted" :
	       "a parameter area is used that is not declared");
	return NULL;
}

static bool check_parameter(struct parser *parser, const uint8_t *content)
{
	return find_area(parser, get32(content));
}

static bool check_insert(struct parser *parser, const uint8_t *content)
{
	struct area *area = find_area(parser, get32(content + 12));

	if (!area)
		return false;
	area->inserted = true;
	if (get64(content) % MEMORY_PAGE)
		return refuse(parser, "a parameter area is inserted at no page");
	return true;
}

static bool check_page(struct parser *parser, const uint8_t *content)
{
	uint32_t offset = get32(content + 12);

	/* libigvm checks only 4 KiB, even for a page of 2 MiB. */
	if (offset && !has_data(parser, offset, MEMORY_PAGE))
		return refuse(parser, "page data is not in the file");
	if (get16(content + 22))
		return refuse(parser, "page data with reserved bits");
	if (get64(content) % MEMORY_PAGE)
		return refuse(parser, "page data at no page");
	if (get16(content + 20) > DATA_TYPE_LAST)
		return refuse(parser, "page data of unknown type");
	return true;
}

static bool check_required(struct parser *parser, const uint8_t *content)
{
	if (get32(content + 20))
		return refuse(parser, "required memory with reserved bits");
	if (get64(content) % MEMORY_PAGE || get32(content + 12) % MEMORY_PAGE)
		return refuse(parser, "required memory is not in pages");
	return true;
}

static bool check_error_range(struct parser *parser, const uint8_t *content)
{
	if (get64(content) % MEMORY_PAGE)
		return refuse(parser, "an error range at no page");
	return true;
}

/* The mask must be that of one platform, which decides the layout. */
static bool check_context(struct parser *parser, const uint8_t *content)
{
	uint32_t offset = get32(content + 12);
	const uint8_t *bytes = parser->file->bytes + offset;
	gpointer platform;
	size_t size;

	if (!g_hash_table_lookup_extended(parser->platforms,
					  GUINT_TO_POINTER(get32(content + 8)),
					  NULL, &platform))
		return refuse(parser, "a VP context is not for one platform of the file");
	switch (GPOINTER_TO_UINT(platform)) {
	case PLATFORM_NATIVE:
		size = NATIVE_CONTEXT_SIZE;
		break;
	case PLATFORM_VSM:
		parser->has_vsm_context = true;
		return true;
	case PLATFORM_SNP:
		size = VMSA_SIZE;
		break;
	case PLATFORM_SEV:
	case PLATFORM_SEV_ES:
		size = MEMORY_PAGE;
		break;
	default:
		return refuse(parser, "a VP context of a platform that has none");
	}
	if (!has_data(parser, offset, MEMORY_PAGE))
		return refuse(parser, "a VP context is not in the file");
	if (!is_zero(bytes + size, MEMORY_PAGE - size))
		return refuse(parser, "a VP context with bytes after its end");
	return true;
}

static const struct known_type known_types[] = {
	{ PLATFORM_HEADER, 16, check_platform },
	{ GUEST_POLICY, 16, NULL },
	{ RELOCATABLE_REGION, 48, NULL },
	{ PAGE_TABLE_REGION, 32, NULL },
	{ LAUNCH_PARAMETER_AREA, 16, check_area },
	{ LAUNCH_PAGE_DATA, 24, check_page },
	{ LAUNCH_PARAMETER_INSERT, 16, check_insert },
	{ LAUNCH_VP_CONTEXT, 20, check_context },
	{ LAUNCH_REQUIRED_MEMORY, 24, check_required },
	{ LAUNCH_VP_COUNT, 8, check_parameter },
	{ 0x308, 8, check_parameter },		/* SRAT */
	{ LAUNCH_MADT, 8, check_parameter },
	{ 0x30a, 8, check_parameter },		/* MMIO ranges */
	{ LAUNCH_ID_BLOCK, 696, NULL },
	{ LAUNCH_MEMORY_MAP, 8, check_parameter },
	{ 0x30d, 16, check_error_range },
	{ 0x30e, 8, check_parameter },		/* command line */
	{ 0x30f, 8, check_parameter },		/* SLIT */
	{ 0x310, 8, check_parameter },		/* PPTT */
	{ 0x311, 864, NULL },			/* VBS measurement */
	{ LAUNCH_DEVICE_TREE, 8, check_parameter },
	{ LAUNCH_ENVIRONMENT_INFO, 8, check_parameter },
};

static const struct known_type *find_type(uint32_t type, uint32_t length)
{
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(known_types); i++)
		if (known_types[i].type == type &&
		    known_types[i].length == length)
			return &known_types[i];
	return NULL;
}

/* Sections come in this order. The section of initialization may be empty. */
static int stage_of(uint32_t type)
{
	if (type >= 0x1 && type <= 0x100)
		return 0;
	if (type >= 0x101 && type <= 0x200)
		return 1;
	if (type >= 0x301 && type <= 0x400)
		return 2;
	return -1;
}

static bool parse_header(struct parser *parser, uint64_t at, uint64_t *next)
{
	struct launch_header header = {
		.type = get32(parser->file->bytes + at),
		.content = parser->file->bytes + at + VARIABLE_HEADER,
	};
	uint32_t length = get32(parser->file->bytes + at + 4);
	const struct known_type *known = find_type(header.type, length);
	int stage = stage_of(header.type);

	if (!known || stage < 0)
		return image_refuse(parser->reason, "unknown header type 0x%"
				    PRIx32 " of %" PRIu32 " bytes",
				    header.type, length);
	if (stage < parser->stage)
		return refuse(parser, "a header is in the wrong section");
	*next = at + VARIABLE_HEADER + ((length + 7) & ~UINT32_C(7));
	if (*next > parser->data_start)
		return refuse(parser, "a header does not end within the headers");
	parser->stage = stage;
	if (known->check && !known->check(parser, header.content))
		return false;
	if (stage == 2)
		g_array_append_val(parser->file->directives, header);
	else if (header.type == RELOCATABLE_REGION ||
		 header.type == PAGE_TABLE_REGION)
		parser->file->has_relocation = true;
	return true;
}

static bool parse_headers(struct parser *parser, uint64_t at)
{
	while (at < parser->data_start) {
		if (parser->data_start - at < VARIABLE_HEADER)
			return refuse(parser, "stray bytes after the last header");
		if (!parse_header(parser, at, &at))
			return false;
	}
	if (!g_hash_table_size(parser->platforms))
		return refuse(parser, "no platform");
	/* When libigvm looks for this VP context, it finds only contexts of VSM. */
	if (parser->file->has_relocation && !parser->has_vsm_context)
		return refuse(parser, "a relocation without its VP context");
	return true;
}

static uint32_t checksum(const uint8_t *bytes, uint32_t fixed_size,
			 uint32_t start, uint32_t size)
{
	uint8_t fixed[FIXED_HEADER_V2];

	memcpy(fixed, bytes, fixed_size);
	memset(fixed + CHECKSUM_AT, 0, sizeof(uint32_t));
	return crc32(crc32(0, fixed, fixed_size), bytes + start, size);
}

static bool check_version_2(struct parser *parser)
{
	const uint8_t *bytes = parser->file->bytes;

	if (parser->file->size < FIXED_HEADER_V2)
		return refuse(parser, "too few bytes for a header");
	if (get32(bytes + 24) > IGVM_AARCH64)
		return refuse(parser, "an unknown architecture");
	if (get32(bytes + 28) != MEMORY_PAGE)
		return refuse(parser, "pages that are not of 4 KiB");
	parser->is_aarch64 = get32(bytes + 24) == IGVM_AARCH64;
	return true;
}

static bool parse_file(struct parser *parser)
{
	const uint8_t *bytes = parser->file->bytes;
	uint64_t size = parser->file->size;
	uint32_t version, start, headers, fixed_size;

	if (size < FIXED_HEADER_V1 || memcmp(bytes, "IGVM", 4))
		return refuse(parser, "not an IGVM file");
	version = get32(bytes + 4);
	if (version != 1 && version != 2)
		return refuse(parser, "an unknown version of the format");
	if (version == 2 && !check_version_2(parser))
		return false;
	fixed_size = version == 2 ? FIXED_HEADER_V2 : FIXED_HEADER_V1;
	if (get32(bytes + 16) != size)
		return image_refuse(parser->reason, "total_file_size is 0x%"
				    PRIx32 ", the size is 0x%" PRIx64,
				    get32(bytes + 16), size);
	start = get32(bytes + 8);
	headers = get32(bytes + 12);
	/* libigvm needs at least one byte of file data. */
	if (start >= size || (uint64_t)start + headers >= size)
		return refuse(parser, "no file data after the headers");
	if (checksum(bytes, fixed_size, start, headers) !=
	    get32(bytes + CHECKSUM_AT))
		return refuse(parser, "the checksum is wrong");
	parser->data_start = start + headers;
	return parse_headers(parser, start);
}

struct launch_file *launch_file_parse(uint8_t *bytes, uint64_t size,
				      char reason[IMAGE_REASON_SIZE])
{
	struct launch_file *file = g_new0(struct launch_file, 1);
	struct parser parser = {
		.file = file,
		.reason = reason,
		.platforms = g_hash_table_new(NULL, NULL),
		.areas = g_hash_table_new_full(NULL, NULL, NULL, g_free),
	};
	bool sound;

	file->bytes = bytes;
	file->size = size;
	file->directives = g_array_new(FALSE, FALSE,
				       sizeof(struct launch_header));
	file->sha256 = g_compute_checksum_for_data(G_CHECKSUM_SHA256, bytes,
						   size);
	sound = parse_file(&parser);
	g_hash_table_unref(parser.platforms);
	g_hash_table_unref(parser.areas);
	if (sound)
		return file;
	launch_file_free(file);
	return NULL;
}

void launch_file_free(struct launch_file *file)
{
	if (!file)
		return;
	g_array_unref(file->directives);
	g_free(file->sha256);
	g_free(file->bytes);
	g_free(file);
}

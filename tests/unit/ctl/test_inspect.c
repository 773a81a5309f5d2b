// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of inspect on headers and memory that a test chooses, on an image whose
 * memory it cannot read, and when memory is short.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/exit.h"
#include "shared/macro.h"
#include "source/check.h"
#include "verb.h"

/* The file for the firmware, which inspect must not make. */
#define OUTPUT	"test_inspect.rom"

static const char unreadable[] =
	"image.igvm: cannot read this image: Input/output error";

/**
 * struct script - the results of the replaced functions
 * @check_code: result of findings_check()
 * @unreadable: the image has no header that inspect can read
 * @nr_platforms: number of its platforms
 * @nr_headers: number of its headers
 * @nr_pieces: number of pieces of its memory
 * @map_err: result of vmfw_igvm_map()
 * @maps: number of its calls
 * @mask: the platform whose memory inspect read last
 * @rom_err: result of vmfw_igvm_rom_range()
 * @read_err: result of vmfw_igvm_read()
 * @no_memory: bytes of the allocation that fails, or 0
 */
static struct script {
	enum vmfw_exit check_code;
	bool unreadable;
	unsigned int nr_platforms;
	uint32_t nr_headers;
	size_t nr_pieces;
	int map_err;
	unsigned int maps;
	uint32_t mask;
	int rom_err;
	int read_err;
	size_t no_memory;
} script;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	return script.no_memory && size == script.no_memory ?
	       NULL : __real_malloc(size);
}

enum vmfw_exit __wrap_findings_check(struct source *source,
				     struct messages *messages,
				     struct vmfw_igvm *igvm);
enum vmfw_exit __wrap_findings_check(struct source *source,
				     struct messages *messages,
				     struct vmfw_igvm *igvm)
{
	(void)source;
	(void)messages;
	memset(igvm, 0, sizeof(*igvm));
	igvm->version = script.unreadable ? 0 : 1;
	igvm->page_size = 4096;
	igvm->headers_start = 0x18;
	igvm->headers_end = 0x378;
	igvm->nr_headers = script.nr_headers;
	igvm->nr_platforms = script.nr_platforms ? script.nr_platforms : 2;
	igvm->platforms[0] = (struct vmfw_igvm_platform) {
		.type = VMFW_IGVM_NATIVE,
		.mask = 1,
	};
	igvm->platforms[1] = (struct vmfw_igvm_platform) {
		.type = VMFW_IGVM_SEV_SNP,
		.mask = 2,
	};
	return script.check_code;
}

/*
 * In text, the line of the policy has exactly 80 columns. With the boundary in the same
 * line, the second one of the platform would have 81.
 */
static const uint8_t platform[16] = { 2, 0, 0, 0, 3, 2, 1, 0, 0, 4 };
static const uint8_t policy[16] = {
	0, 0, 3, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0x7, 0, 0
};
static const uint8_t unknown[9] = { 0xfe, 0xdc };
static const uint8_t id_block[696] = { 2 };
static const uint8_t cca_policy[32] = { 8 };
static const uint8_t no_platform[16] = { 16, 0, 0, 0, 0, 0xff };

static const struct vmfw_igvm_header headers[] = {
	{ 0, 0x18, 0x1, sizeof(platform), platform },
	{ 1, 0x30, 0x101, sizeof(policy), policy },
	{ 2, 0x48, 0x80000399, sizeof(unknown), unknown },
	{ 3, 0x60, 0x8000030b, sizeof(id_block), id_block },
	{ 4, 0x320, 0x106, sizeof(cca_policy), cca_policy },
	/* A second header of a type, and many types */
	{ 5, 0x338, 0x1, sizeof(no_platform), no_platform },
	{ 6, 0x350, 0x80000401, 0, unknown },
	{ 7, 0x358, 0x80000402, 0, unknown },
	{ 8, 0x360, 0x80000403, 0, unknown },
	{ 9, 0x368, 0x80000404, 0, unknown },
	{ 10, 0x370, 0x80000405, 0, unknown },
	{ 11, 0x378, 0x80000406, 0, unknown },
	{ 12, 0x380, 0x80000407, 0, unknown },
	{ 13, 0x388, 0x80000408, 0, unknown },
	{ 14, 0x390, 0x80000405, 0, unknown },
};

bool __wrap_vmfw_igvm_next(const struct vmfw_igvm *igvm,
			   struct vmfw_igvm_header *header);
bool __wrap_vmfw_igvm_next(const struct vmfw_igvm *igvm,
			   struct vmfw_igvm_header *header)
{
	uint32_t next = header->index + !!header->content;

	(void)igvm;
	if (next >= script.nr_headers)
		return false;
	*header = headers[next];
	return true;
}

static const struct vmfw_igvm_piece all_pieces[] = {
	{ { 0x10000, 0x11000 }, VMFW_IGVM_PAGE_DATA, 0, 0, 3 },
	{ { 0x11000, 0x13000 }, VMFW_IGVM_PAGE_DATA, 2, 0, 4 },
	{ { 0x13000, 0x14000 }, VMFW_IGVM_PAGE_DATA, 4, 0, 5 },
	{ { 0x14000, 0x15000 }, VMFW_IGVM_PAGE_DATA, 0, 1, 6 },
	{ { 0x15000, 0x16000 }, VMFW_IGVM_PAGE_DATA, 0, 2, 7 },
	{ { 0x16000, 0x17000 }, VMFW_IGVM_PAGE_DATA, 0, 3, 8 },
	{ { 0x20000, 0x22000 }, VMFW_IGVM_PARAMETER_INSERT, 0, 0, 9 },
	{ { 0x30000, 0x32000 }, VMFW_IGVM_ERROR_RANGE, 0, 0, 10 },
	{ { 0x200000, 0xc00000 }, VMFW_IGVM_REQUIRED_MEMORY, 0, 0, 11 },
	{ { 0x300000, 0x301000 }, VMFW_IGVM_PAGE_DATA, 0, 0, 12 },
	{ { 0x1000000, 0x19ff000 }, VMFW_IGVM_REQUIRED_MEMORY, 0, 0, 13 },
	{ { 0xffffffffe000, 0x1000000000000 }, VMFW_IGVM_VMSA, 0, 0, 14 },
	{ { 0xf000000000000000, 0xf000000000001000 },
	  VMFW_IGVM_PAGE_DATA, 2, 0, 15 },
};

int __wrap_vmfw_igvm_map(const struct vmfw_igvm *igvm, uint32_t mask,
			 struct vmfw_igvm_piece **pieces, size_t *nr);
int __wrap_vmfw_igvm_map(const struct vmfw_igvm *igvm, uint32_t mask,
			 struct vmfw_igvm_piece **pieces, size_t *nr)
{
	(void)igvm;
	script.maps++;
	script.mask = mask;
	*pieces = NULL;
	*nr = script.nr_pieces;
	if (script.map_err)
		return script.map_err;
	/* AddressSanitizer checks that inspect frees the pieces. */
	*pieces = malloc(sizeof(all_pieces));
	assert_non_null(*pieces);
	memcpy(*pieces, all_pieces, sizeof(all_pieces));
	return 0;
}

int __wrap_vmfw_igvm_rom_range(const struct vmfw_igvm *igvm, uint32_t mask,
			       struct vmfw_igvm_range *range);
int __wrap_vmfw_igvm_rom_range(const struct vmfw_igvm *igvm, uint32_t mask,
			       struct vmfw_igvm_range *range)
{
	(void)igvm;
	script.mask = mask;
	range->start = 0xfffff000;
	range->end = 0x100000000;
	return script.rom_err;
}

int __wrap_vmfw_igvm_read(const struct vmfw_igvm *igvm, uint32_t mask,
			  uint64_t gpa, void *buf, size_t len);
int __wrap_vmfw_igvm_read(const struct vmfw_igvm *igvm, uint32_t mask,
			  uint64_t gpa, void *buf, size_t len)
{
	(void)igvm;
	(void)gpa;
	script.mask = mask;
	memset(buf, 0, len);
	memcpy(buf, "\x1f ~\x7f" "A", 5);
	return script.read_err;
}

/* Expect this exit code, and exactly this error. */
static void expect_error(enum option_id given, int code, const char *error)
{
	struct options options = { .platform = VMFW_IGVM_SEV_SNP };
	struct messages messages;

	options.given[given] = true;
	options.given[OPTION_FOR] = given == OPTION_PAGE || given == OPTION_ROM;
	if (given == OPTION_ROM)
		options.output = OUTPUT;
	script.maps = 0;
	assert_int_equal(verb_run(&verb_inspect, &options, &messages), code);
	assert_string_equal(messages_first_error(&messages), error);
	messages_free(&messages);
}

/* After an error, inspect does not go on with the next platform. */
static void test_map(void **state)
{
	(void)state;
	script = (struct script) { .map_err = -EIO };
	expect_error(OPTION_MAP, VMFW_EXIT_SYSTEM, unreadable);
	assert_int_equal(script.maps, 1);
	expect_error(OPTION_NONE, VMFW_EXIT_SYSTEM, unreadable);
	assert_int_equal(script.maps, 1);
}

/* In an unsound image, the memory of a platform has no meaning. */
static void a_map_has_each_platform_or_only_the_chosen_one(void **state)
{
	static const struct {
		enum vmfw_exit check_code;
		bool map, chosen;
		unsigned int maps;
		uint32_t mask;
	} table[] = {
		{ VMFW_EXIT_OK, false, false, 2, 2 },
		{ VMFW_EXIT_OK, true, false, 2, 2 },
		{ VMFW_EXIT_OK, true, true, 1, 2 },
		{ VMFW_EXIT_IMAGE, false, false, 0, 0 },
		{ VMFW_EXIT_IMAGE, true, false, 0, 0 },
	};
	struct options options = { .platform = VMFW_IGVM_SEV_SNP };
	struct messages messages;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script = (struct script) { .check_code = table[i].check_code };
		options.given[OPTION_MAP] = table[i].map;
		options.given[OPTION_FOR] = table[i].chosen;
		assert_int_equal(verb_run(&verb_inspect, &options, &messages),
				 table[i].check_code);
		assert_int_equal(messages.nr, 0);
		assert_int_equal(script.maps, table[i].maps);
		assert_int_equal(script.mask, table[i].mask);
		messages_free(&messages);
	}
}

static void the_memory_of_a_platform_that_the_image_supports(void **state)
{
	static const char several[] =
		"image.igvm: this image is for several platforms; name one by --for=PLATFORM";
	static const char unsupported[] =
		"image.igvm: cannot use --for=tdx: the image does not support this platform; \"inspect\" without --for lists its platforms";
	static const struct {
		enum option_id given;
		bool named;
		int code;
		const char *error;
	} table[] = {
		{ OPTION_PAGE, false, VMFW_EXIT_USAGE, several },
		{ OPTION_ROM, false, VMFW_EXIT_USAGE, several },
		{ OPTION_PAGE, true, VMFW_EXIT_IMAGE, unsupported },
		{ OPTION_ROM, true, VMFW_EXIT_IMAGE, unsupported },
		{ OPTION_MAP, true, VMFW_EXIT_IMAGE, unsupported },
	};
	struct messages messages;
	size_t i;

	(void)state;
	script = (struct script) { .read_err = 0 };
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct options options = { .platform = VMFW_IGVM_TDX };

		options.given[table[i].given] = true;
		options.given[OPTION_FOR] = table[i].named;
		if (table[i].given == OPTION_ROM)
			options.output = OUTPUT;
		assert_int_equal(verb_run(&verb_inspect, &options, &messages),
				 table[i].code);
		assert_string_equal(messages_first_error(&messages),
				    table[i].error);
		messages_free(&messages);
	}
	assert_int_equal(access(OUTPUT, F_OK), -1);
}

/* Of an unsound image, inspect prints what it could read. */
static void inspect_prints_only_what_it_could_read(void **state)
{
	static const struct {
		enum vmfw_exit code;
		bool unreadable, prints;
	} table[] = {
		{ VMFW_EXIT_OK, false, true },
		{ VMFW_EXIT_IMAGE, false, true },
		{ VMFW_EXIT_IMAGE, true, false },
		{ VMFW_EXIT_SYSTEM, false, false },
	};
	const struct options options = { .device = NULL };
	const char *text;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script = (struct script) {
			.check_code = table[i].code,
			.unreadable = table[i].unreadable,
		};
		assert_int_equal(verb_capture(&verb_inspect, &options, false,
					      &text), table[i].code);
		assert_int_equal(!!strstr(text, "headers: "), table[i].prints);
		assert_int_equal(verb_capture(&verb_inspect, &options, true,
					      &text), table[i].code);
		assert_int_equal(!!strstr(text, "\"headers\": []"),
				 table[i].prints);
	}
}

static void test_page(void **state)
{
	(void)state;
	script = (struct script) { .read_err = -EIO };
	expect_error(OPTION_PAGE, VMFW_EXIT_SYSTEM, unreadable);
	script.read_err = -EFAULT;
	expect_error(OPTION_PAGE, VMFW_EXIT_IMAGE,
		     "image.igvm: cannot dump the page at 0x0: the image loads nothing there for snp");
}

static void a_page_in_json(void **state)
{
	struct options options = {
		.platform = VMFW_IGVM_SEV_SNP,
		.page = 0x1fff,
	};
	const char *text;

	(void)state;
	options.given[OPTION_PAGE] = true;
	options.given[OPTION_FOR] = true;
	script = (struct script) { .read_err = 0 };
	assert_int_equal(verb_capture(&verb_inspect, &options, true, &text),
			 VMFW_EXIT_OK);
	assert_non_null(strstr(text, "\"gpa\": \"0x1000\",\n  \"bytes\": \"1f207e7f4100"));
}

static void test_rom(void **state)
{
	(void)state;
	script = (struct script) { .rom_err = -EIO };
	expect_error(OPTION_ROM, VMFW_EXIT_SYSTEM, unreadable);
	script.rom_err = -ENOENT;
	expect_error(OPTION_ROM, VMFW_EXIT_IMAGE,
		     "image.igvm: cannot extract the firmware: no pages end at 4 GiB, where a PC has its firmware");
	script = (struct script) { .read_err = -EIO };
	expect_error(OPTION_ROM, VMFW_EXIT_SYSTEM, unreadable);
	assert_int_equal(access(OUTPUT, F_OK), -1);
}

/* Without memory for the bytes of a page or of the firmware, inspect fails. */
static void test_no_memory(void **state)
{
	struct options options = { .platform = VMFW_IGVM_SEV_SNP };
	const char *text;
	int code;

	(void)state;
	options.given[OPTION_PAGE] = true;
	options.given[OPTION_FOR] = true;
	script = (struct script) {
		.no_memory = 2 * VMFW_IGVM_PAGE_SIZE + 1,
	};
	code = verb_capture(&verb_inspect, &options, true, &text);
	script.no_memory = 0;
	assert_int_equal(code, VMFW_EXIT_SYSTEM);
	assert_null(strstr(text, "\"bytes\""));
	assert_non_null(strstr(text, "\"text\": \"cannot print the JSON member bytes: Cannot allocate memory\""));
	script = (struct script) { .no_memory = 4096 };
	expect_error(OPTION_ROM, VMFW_EXIT_SYSTEM,
		     "image.igvm: cannot read this image: Cannot allocate memory");
	assert_int_equal(access(OUTPUT, F_OK), -1);
	script.no_memory = 0;
}

/* Without memory for one value, the list ends there. */
static void json_ends_with_a_header_that_does_not_fit_in_memory(void **state)
{
	static const struct {
		size_t bytes;
		const char *name;
		const char *absent;
	} table[] = {
		{ sizeof(unknown), "content", "\"index\": 3,\n" },
		{ 48, "ld", "\"family_id\"" },
		{ 48, "ld", "\"index\": 4,\n" },
	};
	const struct options options = { .device = NULL };
	char error[100];
	const char *text;
	size_t i;
	int code;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script = (struct script) {
			.nr_headers = 5,
			.no_memory = 2 * table[i].bytes + 1,
		};
		code = verb_capture(&verb_inspect, &options, true, &text);
		script.no_memory = 0;
		assert_int_equal(code, VMFW_EXIT_SYSTEM);
		snprintf(error, sizeof(error), "cannot print the JSON member %s: Cannot allocate memory",
			 table[i].name);
		assert_non_null(strstr(text, error));
		assert_null(strstr(text, table[i].absent));
	}
}

static void all_headers_with_their_fields(void **state)
{
	struct options options = { .device = NULL };

	(void)state;
	options.given[OPTION_ALL] = true;
	script = (struct script) { .nr_headers = 6 };
	verb_expect_text(&verb_inspect, &options, VMFW_EXIT_OK,
		"IGVM format 1, x64, headers from 0x18 to 0x378\n"
		"    0 SUPPORTED_PLATFORM at 0x18: compatibility_mask 0x2 highest_vtl 0x3\n"
		"       platform_type 0x2 (SEV_SNP) platform_version 0x1\n"
		"       shared_gpa_boundary 0x400\n"
		"    1 GUEST_POLICY at 0x30: policy 0x30000 compatibility_mask 0x2 reserved 0x700\n"
		"    2 type 0x80000399 at 0x48: 9 bytes\n"
		"    3 SNP_ID_BLOCK at 0x60: compatibility_mask 0x2 author_key_enabled 0x0\n"
		"       ld (48 bytes) family_id (16 bytes) image_id (16 bytes) version 0x0\n"
		"       guest_svn 0x0 id_key_algorithm 0x0 author_key_algorithm 0x0\n"
		"       id_key_signature (144 bytes) id_public_key (152 bytes)\n"
		"       author_key_signature (144 bytes) author_public_key (152 bytes)\n"
		"    4 CCA_POLICY at 0x320: compatibility_mask 0x8 attributes_required_zeroes 0x0\n"
		"       attributes_required_ones 0x0 hash_algorithm 0x0 lfa_policy 0x0\n"
		"    5 SUPPORTED_PLATFORM at 0x338: compatibility_mask 0x10 highest_vtl 0x0\n"
		"       platform_type 0xff platform_version 0x0 shared_gpa_boundary 0x0\n");
	verb_expect_json(&verb_inspect, &options, VMFW_EXIT_OK,
		"  \"format_version\": 1,\n"
		"  \"architecture_number\": 0,\n"
		"  \"architecture\": \"x64\",\n"
		"  \"page_size\": 4096,\n"
		"  \"variable_header_offset\": \"0x18\",\n"
		"  \"variable_header_size\": 864,\n"
		"  \"platforms\": [\n"
		"    \"native\",\n"
		"    \"snp\"\n"
		"  ],\n"
		"  \"headers\": [\n"
		"    {\n"
		"      \"index\": 0,\n"
		"      \"offset\": \"0x18\",\n"
		"      \"type\": \"0x1\",\n"
		"      \"type_name\": \"SUPPORTED_PLATFORM\",\n"
		"      \"length\": 16,\n"
		"      \"fields\": {\n"
		"        \"compatibility_mask\": \"0x2\",\n"
		"        \"highest_vtl\": \"0x3\",\n"
		"        \"platform_type\": \"0x2\",\n"
		"        \"platform_version\": \"0x1\",\n"
		"        \"shared_gpa_boundary\": \"0x400\"\n"
		"      }\n"
		"    },\n");
	verb_expect_json(&verb_inspect, &options, VMFW_EXIT_OK,
		"    {\n"
		"      \"index\": 2,\n"
		"      \"offset\": \"0x48\",\n"
		"      \"type\": \"0x80000399\",\n"
		"      \"length\": 9,\n"
		"      \"content\": \"fedc00000000000000\"\n"
		"    },\n");
	verb_expect_json(&verb_inspect, &options, VMFW_EXIT_OK,
		"        \"author_key_enabled\": \"0x0\",\n"
		"        \"reserved\": \"0x0\",\n"
		"        \"ld\": \"000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\",\n"
		"        \"family_id\": \"00000000000000000000000000000000\",\n");
}

/* Platforms share the eight pieces, and ten types have a line each. */
static void a_summary_fits_a_screen(void **state)
{
	const struct options options = { .device = NULL };

	(void)state;
	script = (struct script) {
		.nr_platforms = 2,
		.nr_headers = ARRAY_SIZE(headers),
		.nr_pieces = 5,
	};
	verb_expect_text(&verb_inspect, &options, VMFW_EXIT_OK,
		"IGVM format 1, x64, headers from 0x18 to 0x378\n"
		"headers: 15\n"
		"  SUPPORTED_PLATFORM                      2\n"
		"  GUEST_POLICY                            1\n"
		"  0x80000399                              1\n"
		"  SNP_ID_BLOCK                            1\n"
		"  CCA_POLICY                              1\n"
		"  0x80000401                              1\n"
		"  0x80000402                              1\n"
		"  0x80000403                              1\n"
		"  0x80000404                              1\n"
		"  0x80000405                              2\n"
		"  of other types                          3\n"
		"native (mask 0x1)\n"
		"                                    64 KiB  :\n"
		"  00000000010000-00000000010fff      4 KiB  + pages\n"
		"  00000000011000-00000000012fff      8 KiB  + pages\n"
		"  00000000013000-00000000013fff      4 KiB  + pages, shared\n"
		"  00000000014000-00000000014fff      4 KiB  + secrets\n"
		"  and 1 more; see --map\n"
		"snp (mask 0x2)\n"
		"                                    64 KiB  :\n"
		"  00000000010000-00000000010fff      4 KiB  # pages\n"
		"  00000000011000-00000000012fff      8 KiB  + pages\n"
		"  00000000013000-00000000013fff      4 KiB  + pages, shared\n"
		"  00000000014000-00000000014fff      4 KiB  + secrets\n"
		"  and 1 more; see --map\n"
		"# measured, + loaded but not measured, . not loaded, : gap\n"
		"--all shows each header; --map draws all of memory\n");
	script = (struct script) {
		.check_code = VMFW_EXIT_IMAGE,
		.nr_headers = 1,
		.nr_pieces = 5,
	};
	verb_expect_text(&verb_inspect, &options, VMFW_EXIT_IMAGE,
		"IGVM format 1, x64, headers from 0x18 to 0x378\n"
		"headers: 1\n"
		"  SUPPORTED_PLATFORM                      1\n"
		"--all shows each header; --map draws all of memory\n");
}

static void platforms_share_eight_pieces(void **state)
{
	static const struct {
		unsigned int platforms;
		size_t pieces;
		const char *text;
	} table[] = {
		{ 1, 8, "8 KiB  . error range\n# measured" },
		{ 1, 10, "8 KiB  . error range\n  and 2 more; see --map\n#" },
		{ 2, 10, "4 KiB  + secrets\n  and 6 more; see --map\n#" },
		{ 3, 10, "8 KiB  + pages\n  and 8 more; see --map\n#" },
		{ 9, 10, "4 KiB  + pages\n  and 9 more; see --map\n#" },
	};
	const struct options options = { .device = NULL };
	const char *text;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script = (struct script) {
			.nr_platforms = table[i].platforms,
			.nr_pieces = table[i].pieces,
		};
		assert_int_equal(verb_tell(&verb_inspect, &options, &text),
				 VMFW_EXIT_OK);
		assert_non_null(strstr(text, table[i].text));
		assert_int_equal(script.maps, table[i].platforms);
	}
}

static void the_map_shows_each_kind_of_memory(void **state)
{
	struct options options = { .platform = VMFW_IGVM_SEV_SNP };

	(void)state;
	options.given[OPTION_MAP] = true;
	options.given[OPTION_FOR] = true;
	script = (struct script) { .nr_pieces = ARRAY_SIZE(all_pieces) };
	verb_expect_text(&verb_inspect, &options, VMFW_EXIT_OK,
		"snp (mask 0x2)\n"
		"                                    64 KiB  :\n"
		"  00000000010000-00000000010fff      4 KiB  # pages\n"
		"  00000000011000-00000000012fff      8 KiB  + pages\n"
		"  00000000013000-00000000013fff      4 KiB  + pages, shared\n"
		"  00000000014000-00000000014fff      4 KiB  + secrets\n"
		"  00000000015000-00000000015fff      4 KiB  + CPUID\n"
		"  00000000016000-00000000016fff      4 KiB  + CPUID, extended features\n"
		"                                    36 KiB  :\n"
		"  00000000020000-00000000021fff      8 KiB  + parameters\n"
		"                                    56 KiB  :\n"
		"  00000000030000-00000000031fff      8 KiB  . error range\n"
		"                                  1848 KiB  :\n"
		"  00000000200000-00000000bfffff     10 MiB  . required memory\n"
		"  00000000300000-00000000300fff      4 KiB  # pages\n"
		"                                  4096 KiB  :\n"
		"  00000001000000-000000019fefff  10236 KiB  . required memory\n"
		"                                   255 TiB  :\n"
		"  00ffffffffe000-00ffffffffffff      8 KiB  # registers\n"
		"                                    14 EiB  :\n"
		"  f000000000000000-f000000000000fff      4 KiB  + pages\n"
		"# measured, + loaded but not measured, . not loaded, : gap\n");
	verb_expect_json(&verb_inspect, &options, VMFW_EXIT_OK,
		"  \"map\": [\n"
		"    {\n"
		"      \"platform\": \"snp\",\n"
		"      \"pieces\": [\n"
		"        {\n"
		"          \"start\": \"0x10000\",\n"
		"          \"end\": \"0x11000\",\n"
		"          \"kind\": \"pages\",\n"
		"          \"measured\": true,\n"
		"          \"header\": 3\n"
		"        },\n");
	verb_expect_json(&verb_inspect, &options, VMFW_EXIT_OK,
		"          \"kind\": \"registers\",\n"
		"          \"measured\": true,\n"
		"          \"header\": 14\n"
		"        },\n"
		"        {\n"
		"          \"start\": \"0xf000000000000000\",\n"
		"          \"end\": \"0xf000000000001000\",\n"
		"          \"kind\": \"pages\",\n"
		"          \"measured\": false,\n"
		"          \"header\": 15\n"
		"        }\n"
		"      ]\n"
		"    }\n"
		"  ],\n");
}

static void json_of_the_map_has_an_object_for_each_platform(void **state)
{
	struct options options = { .device = NULL };

	(void)state;
	options.given[OPTION_MAP] = true;
	script = (struct script) { .nr_platforms = 2 };
	verb_expect_json(&verb_inspect, &options, VMFW_EXIT_OK,
			 "    {\n"
			 "      \"platform\": \"native\",\n"
			 "      \"pieces\": []\n"
			 "    },\n"
			 "    {\n"
			 "      \"platform\": \"snp\",\n");
}

static void a_page_in_text(void **state)
{
	const struct options options = {
		.page = 0x1fff,
		.given = { [OPTION_PAGE] = true },
	};
	const char *text;
	unsigned int lines = 0;

	(void)state;
	/* An image for one platform needs no --for. */
	script = (struct script) { .nr_platforms = 1 };
	assert_int_equal(verb_tell(&verb_inspect, &options, &text),
			 VMFW_EXIT_OK);
	assert_memory_equal(text,
		"0000001000  1f 20 7e 7f 41 00 00 00  00 00 00 00 00 00 00 00  . ~.A...........\n"
		"0000001010  00 ", 94);
	assert_int_equal(script.mask, 1);
	for (; *text; text++)
		lines += *text == '\n';
	assert_int_equal(lines, 256);
}

static void rom_writes_the_firmware(void **state)
{
	const struct options options = {
		.output = OUTPUT,
		.force = FORCE_OVERWRITE,
		.given = { [OPTION_ROM] = true },
	};
	struct options to_stdout;
	const char *text;
	FILE *file;

	(void)state;
	script = (struct script) { .nr_platforms = 1 };
	verb_expect_text(&verb_inspect, &options, VMFW_EXIT_OK, "");
	assert_int_equal(script.mask, 1);
	file = fopen(OUTPUT, "r");
	assert_non_null(file);
	assert_int_equal(fgetc(file), 0x1f);
	fseek(file, 0, SEEK_END);
	assert_int_equal(ftell(file), 4096);
	fclose(file);
	verb_expect_json(&verb_inspect, &options, VMFW_EXIT_OK, OUTPUT);
	/* In text, standard output can have the firmware. */
	to_stdout = options;
	to_stdout.output = "-";
	assert_int_equal(verb_tell(&verb_inspect, &to_stdout, &text),
			 VMFW_EXIT_OK);
	assert_memory_equal(text, "\x1f ~\x7f" "A", 5);
}

static int remove_output(void **state)
{
	(void)state;
	unlink(OUTPUT);
	return 0;
}

static void options_that_exclude_or_need_each_other(void **state)
{
	static const char exclude[] =
		"error: --all, --map, --page and --rom exclude each other; give one of them\n";
	static const char need[] =
		"error: --rom and --output=FILE need each other; give both\n";
	static const struct {
		enum option_id given[2];
		const char *output;
		const char *text;
	} table[] = {
		{ { OPTION_ALL, OPTION_MAP }, NULL, exclude },
		{ { OPTION_PAGE, OPTION_ROM }, "x", exclude },
		{ { OPTION_ROM, OPTION_NONE }, NULL, need },
		{ { OPTION_MAP, OPTION_NONE }, "x", need },
		{ { OPTION_NONE, OPTION_NONE }, "x", need },
	};
	struct options options = { .output = "-" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct options two = { .output = table[i].output };

		two.given[table[i].given[0]] = true;
		two.given[table[i].given[1]] = true;
		verb_expect_text(&verb_inspect, &two, VMFW_EXIT_USAGE,
				 table[i].text);
	}
	options.given[OPTION_ROM] = true;
	verb_expect_json(&verb_inspect, &options, VMFW_EXIT_USAGE,
			 "--output=-: cannot write both the firmware and JSON to standard output; name a file");
}

static void inspect_refuses_flat_firmware(void **state)
{
	const struct options options = { .device = NULL };
	const char *text;
	int code;

	(void)state;
	script = (struct script) { .nr_headers = 1 };
	verb_source.kind = SOURCE_FLAT;
	code = verb_tell(&verb_inspect, &options, &text);
	verb_source.kind = SOURCE_IGVM;
	assert_int_equal(code, VMFW_EXIT_IMAGE);
	assert_memory_equal(text, "error: ", 7);
}

/* The help lists the exit codes. */
static void exit_codes(void **state)
{
	(void)state;
	assert_int_equal(verb_inspect.nr_operands, 1);
	assert_int_equal(verb_inspect.codes, CODES_IMAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_map),
		cmocka_unit_test(a_map_has_each_platform_or_only_the_chosen_one),
		cmocka_unit_test(the_memory_of_a_platform_that_the_image_supports),
		cmocka_unit_test(inspect_prints_only_what_it_could_read),
		cmocka_unit_test(test_page),
		cmocka_unit_test(a_page_in_json),
		cmocka_unit_test(test_rom),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(json_ends_with_a_header_that_does_not_fit_in_memory),
		cmocka_unit_test(all_headers_with_their_fields),
		cmocka_unit_test(a_summary_fits_a_screen),
		cmocka_unit_test(platforms_share_eight_pieces),
		cmocka_unit_test(the_map_shows_each_kind_of_memory),
		cmocka_unit_test(json_of_the_map_has_an_object_for_each_platform),
		cmocka_unit_test(a_page_in_text),
		cmocka_unit_test_teardown(rom_writes_the_firmware,
					  remove_output),
		cmocka_unit_test(options_that_exclude_or_need_each_other),
		cmocka_unit_test(inspect_refuses_flat_firmware),
		cmocka_unit_test(exit_codes),
	};

	return cmocka_run_group_tests_name("inspect", tests, NULL, NULL);
}

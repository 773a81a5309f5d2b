// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The search for a driver in compressed sections, and sections with an offset that
 * is wrong. The firmware ends where memory ends. Images without flat firmware, and
 * images that cannot be read. Systems without liblzma, and memory that runs out.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <dlfcn.h>
#include <errno.h>
#include <lzma.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>

#include "shared/bytes.h"
#include "shared/macro.h"
#include "source/flat.h"
#include "source/smm.h"

#define PAGE		4096u
#define OFFSET_AT	20u	/* in a section, after its length and GUID */
#define DATA_AT		24u

static const uint8_t lzma_guid[16] = {
	0x98, 0x58, 0x4e, 0xee, 0x14, 0x39, 0x59, 0x42,
	0x9d, 0x6e, 0xdc, 0x7b, 0xd7, 0x94, 0x03, 0xcf,
};

/* 2e7db7a7-608e-4041-b45f-00359e0766c6 */
static const uint8_t fvb_smm_guid[16] = {
	0xa7, 0xb7, 0x7d, 0x2e, 0x8e, 0x60, 0x41, 0x40,
	0xb4, 0x5f, 0x00, 0x35, 0x9e, 0x07, 0x66, 0xc6,
};

/* The GUID of the driver, as lzma(1) compresses it with --format=lzma. */
static const uint8_t stream[] = {
	0x5d, 0x00, 0x10, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0x00, 0x53, 0xad, 0xcb, 0x25, 0xcd, 0x70, 0x70, 0x2f,
	0x03, 0xd0, 0x10, 0x4f, 0x4e, 0xd5, 0x35, 0xd0, 0x52, 0xe1, 0x50,
	0x2c, 0x41, 0xff, 0xff, 0x9e, 0xac, 0x00, 0x00,
};

/*
 * The same with lc=0, lp=3 and pb=4, from its size on. The byte for these three is
 * 0xcf, the last one of the section's GUID.
 */
static const uint8_t early_stream[] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x53, 0xad,
	0xcb, 0xa2, 0xe4, 0x71, 0x80, 0x82, 0x40, 0x59, 0xc0, 0x85, 0xe9,
	0xa4, 0xac, 0x82, 0xbe, 0xc0, 0xf9, 0xa0, 0xb7, 0xff, 0xff, 0xb8,
	0x42, 0x00, 0x00,
};

/*
 * The same with lc=2, lp=2, pb=0 and a dictionary of 2^24 bytes, from its fifth
 * byte on. The first four bytes are 14 00 00 00, and 14 00 is the offset 20.
 */
static const uint8_t first_stream[] = {
	0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x53,
	0xaf, 0x3b, 0x1e, 0x3c, 0xab, 0x4c, 0x19, 0xb9, 0x7f, 0x2e, 0x33,
	0x7b, 0x63, 0x79, 0x22, 0x5f, 0x22, 0x37, 0xf3, 0x5f, 0xff, 0xfd,
	0x5e, 0xc0, 0x00,
};

/*
 * The first bytes of streams that consist of zeroes and the GUID of the driver.
 * The module lzma of Python compressed them: FORMAT_ALONE, preset 0, and a
 * dictionary of 4096 bytes.
 */
static const uint8_t zeroes_begin[] = {
	0x5d, 0x00, 0x10, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0x00, 0x00, 0x6f, 0xfd, 0xff, 0xff, 0xa3, 0xb7, 0xff, 0x47, 0x3e,
	0x48, 0x15, 0x72, 0x39, 0x61, 0x51, 0xb8, 0x92, 0x28, 0xe6, 0xa3, 0x86,
	0x07, 0xf9, 0xee, 0xe4, 0x1e, 0x82, 0xd3, 0x2f, 0xc5, 0x3a, 0x3c, 0x01,
	0x4b, 0xb1, 0x7e, 0xc9, 0x8a, 0x8a, 0x4d, 0x2f, 0xa3, 0x0d, 0xd9, 0x7f,
	0xa6, 0xe3, 0x8c, 0x23, 0x11, 0x53, 0xe0, 0x59, 0x18, 0xc5, 0x75, 0x8a,
	0xe2, 0x77, 0xf8, 0xb6, 0x94, 0x7f, 0x0c, 0x6a, 0xc0, 0xde, 0x74, 0x49,
	0x64,
};

/*
 * Their ends. The tool decompresses 64 KiB at a time. The GUID has 15 bytes, or
 * one, in front of the border between two such pieces.
 */
static const struct {
	size_t len;
	uint8_t bytes[40];
} zeroes_end[] = {
	/* GUID at 65521 */
	{ 27, {
		0x44, 0x9e, 0x9f, 0x56, 0x15, 0x11, 0xda, 0xb2, 0x07, 0xed,
		0xa2, 0xb1, 0x39, 0x74, 0x5a, 0x71, 0xf1, 0xcc, 0xbc, 0x1c,
		0xd2, 0x9f, 0xff, 0xf6, 0x23, 0xc0, 0x00,
	} },
	/* GUID at 65535 */
	{ 28, {
		0x5c, 0x5d, 0x61, 0xc9, 0x69, 0xa5, 0x34, 0x0b, 0x55, 0x3d,
		0x3c, 0xbf, 0x2e, 0xb0, 0xd2, 0xc6, 0x04, 0xe0, 0xaf, 0xd1,
		0x22, 0x7a, 0xe7, 0xff, 0xfc, 0x7b, 0xd0, 0x00,
	} },
	/* GUID at 131057 */
	{ 40, {
		0xe2, 0xe9, 0x5c, 0x53, 0xb2, 0x04, 0xd8, 0xf7, 0x44, 0x0c,
		0xab, 0x59, 0xdc, 0xa9, 0x07, 0x01, 0x66, 0x31, 0xd5, 0xc9,
		0x20, 0x46, 0x29, 0xdf, 0xe5, 0x76, 0xca, 0xfb, 0x39, 0x33,
		0x73, 0xb0, 0xde, 0x02, 0x3f, 0xff, 0xf7, 0x46, 0x00, 0x00,
	} },
};

/**
 * struct system - the library that the test imitates
 * @absent: there is no liblzma
 * @lacks: the function that liblzma lacks, or NULL
 * @refuses: liblzma has no memory for a decoder
 * @endless: each stream gives zeroes without an end
 * @no_memory: number of allocations before the one that fails; a negative number:
 *	none
 * @loads: number of times that the code loaded liblzma
 */
static struct system {
	bool absent;
	const char *lacks;
	bool refuses;
	bool endless;
	int no_memory;
	unsigned int loads;
} lib = { .no_memory = -1 };

static typeof(lzma_alone_decoder) *real_decoder;

static lzma_ret begin_decoder(lzma_stream *decoded, uint64_t most)
{
	return lib.refuses ? LZMA_MEM_ERROR : real_decoder(decoded, most);
}

static typeof(lzma_code) *real_code;

static lzma_ret run_decoder(lzma_stream *decoded, lzma_action action)
{
	if (!lib.endless)
		return real_code(decoded, action);
	memset(decoded->next_out, 0, decoded->avail_out);
	decoded->total_out += decoded->avail_out;
	decoded->avail_out = 0;
	assert_true(decoded->total_out <= 128 * MIB);
	return LZMA_OK;
}

void *__real_dlopen(const char *name, int flags);
void *__wrap_dlopen(const char *name, int flags);
void *__wrap_dlopen(const char *name, int flags)
{
	assert_string_equal(name, "liblzma.so.5");
	lib.loads++;
	return lib.absent ? NULL : __real_dlopen(name, flags);
}

void *__real_dlsym(void *handle, const char *name);
void *__wrap_dlsym(void *handle, const char *name);
void *__wrap_dlsym(void *handle, const char *name)
{
	void *found = __real_dlsym(handle, name);

	assert_non_null(handle);
	if (lib.lacks && !strcmp(name, lib.lacks))
		return NULL;
	if (!strcmp(name, "lzma_code")) {
		real_code = found;
		return run_decoder;
	}
	if (strcmp(name, "lzma_alone_decoder"))
		return found;
	real_decoder = found;
	return begin_decoder;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	if (lib.no_memory < 0 || lib.no_memory--)
		return __real_malloc(size);
	return NULL;
}

/* No process can read the page after these bytes. */
static uint8_t *rom;

static int set_up(void **state)
{
	(void)state;
	rom = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return rom == MAP_FAILED || mprotect(rom + PAGE, PAGE, PROT_NONE);
}

static int tear_down(void **state)
{
	(void)state;
	return munmap(rom, 2 * PAGE);
}

/* Put a section at the end of the firmware. */
static void put_section(uint16_t offset, const uint8_t *data, size_t data_len)
{
	uint8_t *section = rom + PAGE - DATA_AT - data_len;

	memset(rom, 0, PAGE);
	memcpy(section + 4, lzma_guid, sizeof(lzma_guid));
	put_le16(section + OFFSET_AT, offset);
	memcpy(section + DATA_AT, data, data_len);
}

/* Put a section with the driver at the start of the firmware, in front of another one. */
static void put_driver_first(void)
{
	memcpy(rom + 4, lzma_guid, sizeof(lzma_guid));
	put_le16(rom + OFFSET_AT, DATA_AT);
	memcpy(rom + DATA_AT, stream, sizeof(stream));
}

/* Put a section at the end of the firmware, and search in @size bytes of it. */
static bool find_in(size_t size, uint16_t offset, const uint8_t *data,
		    size_t data_len)
{
	bool found = true;

	put_section(offset, data, data_len);
	assert_int_equal(smm_find_rom(rom + PAGE - size, size, &found), 0);
	return found;
}

/*
 * Without an answer, a search is an error. After the first success, the code does not
 * load liblzma again, so this test is the first one.
 */
static void searches_that_fail(void **state)
{
	static const struct {
		struct system lib;
		int err;
		unsigned int loads;
	} table[] = {
		{ { .absent = true, .no_memory = -1 }, -ELIBACC, 1 },
		{ { .lacks = "lzma_alone_decoder", .no_memory = -1 }, -ELIBBAD, 1 },
		{ { .lacks = "lzma_code", .no_memory = -1 }, -ELIBBAD, 1 },
		{ { .lacks = "lzma_end", .no_memory = -1 }, -ELIBBAD, 1 },
		{ { .refuses = true, .no_memory = -1 }, -ENOMEM, 1 },
		{ { .no_memory = 0 }, -ENOMEM, 0 },
	};
	bool found;
	size_t i;

	(void)state;
	/* The first error ends the search. */
	put_section(DATA_AT, stream, sizeof(stream));
	put_driver_first();
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		lib = table[i].lib;
		found = true;
		assert_int_equal(smm_find_rom(rom, PAGE, &found), table[i].err);
		assert_false(found);
		assert_int_equal(lib.loads, table[i].loads);
	}
}

static void a_compressed_driver_is_found(void **state)
{
	(void)state;
	assert_true(find_in(PAGE, DATA_AT, stream, sizeof(stream)));
	assert_true(find_in(DATA_AT + sizeof(stream), DATA_AT, stream,
			    sizeof(stream)));
	/* Without its head, this is no section. */
	assert_false(find_in(DATA_AT + sizeof(stream) - 1, DATA_AT, stream,
			     sizeof(stream)));
	assert_false(find_in(PAGE, DATA_AT + 1, stream, sizeof(stream)));
}

/* The data of a section begin neither in its GUID nor after the firmware. */
static void an_offset_must_lead_into_the_section(void **state)
{
	static const uint16_t behind[] = {
		DATA_AT + sizeof(stream) - 1, DATA_AT + sizeof(stream),
		DATA_AT + sizeof(stream) + 1, 0x1000, 0xffff,
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(behind); i++)
		assert_false(find_in(PAGE, behind[i], stream, sizeof(stream)));
	for (i = 0; i < OFFSET_AT; i++)
		assert_false(find_in(PAGE, i, early_stream,
				     sizeof(early_stream)));
	/* The first byte after the GUID. */
	assert_true(find_in(PAGE, OFFSET_AT, first_stream,
			    sizeof(first_stream)));
}

static void a_driver_may_cross_two_pieces(void **state)
{
	uint8_t data[sizeof(zeroes_begin) + sizeof(zeroes_end[0].bytes)];
	size_t i, len;

	(void)state;
	memcpy(data, zeroes_begin, sizeof(zeroes_begin));
	for (i = 0; i < ARRAY_SIZE(zeroes_end); i++) {
		len = sizeof(zeroes_begin) + zeroes_end[i].len;
		memcpy(data + sizeof(zeroes_begin), zeroes_end[i].bytes,
		       zeroes_end[i].len);
		assert_true(find_in(PAGE, DATA_AT, data, len));
		/* The end of the GUID is missing. */
		assert_false(find_in(PAGE, DATA_AT, data, len - 8));
	}
}

/* Search for a section that @nr others precede, which have no data. */
static bool find_after(unsigned int nr)
{
	uint8_t *section = rom;
	bool found = true;

	memset(rom, 0, PAGE);
	for (; nr; nr--, section += DATA_AT)
		memcpy(section + 4, lzma_guid, sizeof(lzma_guid));
	memcpy(section + 4, lzma_guid, sizeof(lzma_guid));
	put_le16(section + OFFSET_AT, DATA_AT);
	memcpy(section + DATA_AT, stream, sizeof(stream));
	assert_int_equal(smm_find_rom(rom, PAGE, &found), 0);
	return found;
}

static void the_first_16_sections_count(void **state)
{
	(void)state;
	assert_true(find_after(0));
	assert_true(find_after(15));
	assert_false(find_after(16));
}

static void a_section_after_the_driver_does_not_matter(void **state)
{
	bool found = false;

	(void)state;
	put_section(DATA_AT, zeroes_begin, sizeof(zeroes_begin));
	put_driver_first();
	assert_int_equal(smm_find_rom(rom, PAGE, &found), 0);
	assert_true(found);
}

static void an_endless_section_does_not_stop_the_tool(void **state)
{
	(void)state;
	lib.endless = true;
	assert_false(find_in(PAGE, DATA_AT, stream, sizeof(stream)));
	lib.endless = false;
}

/* The firmware ends after the GUID of a section, or within the offset. */
static void a_section_ends_early(void **state)
{
	bool found = true;
	size_t rest;

	(void)state;
	for (rest = 0; rest < 4; rest++) {
		memset(rom, 0, PAGE);
		memcpy(rom + PAGE - rest - sizeof(lzma_guid), lzma_guid,
		       sizeof(lzma_guid));
		memset(rom + PAGE - rest, DATA_AT, rest);
		assert_int_equal(smm_find_rom(rom, PAGE, &found), 0);
		assert_false(found);
	}
}

/**
 * struct script - the results of the replaced functions, and their calls
 * @range_err: result of vmfw_igvm_rom_range()
 * @size: bytes of the firmware
 * @read_err: result of vmfw_igvm_read()
 * @looks: number of calls of vmfw_igvm_rom_range()
 * @reads: number of calls of vmfw_igvm_read()
 */
static struct script {
	int range_err;
	size_t size;
	int read_err;
	unsigned int looks;
	unsigned int reads;
} script;

int __wrap_vmfw_igvm_rom_range(const struct vmfw_igvm *igvm, uint32_t mask,
			       struct vmfw_igvm_range *range);
int __wrap_vmfw_igvm_rom_range(const struct vmfw_igvm *igvm, uint32_t mask,
			       struct vmfw_igvm_range *range)
{
	(void)igvm;
	assert_int_equal(mask, 2);
	*range = flat_range(script.size);
	script.looks++;
	return script.range_err;
}

/* The firmware has the GUID of the driver at its end. */
int __wrap_vmfw_igvm_read(const struct vmfw_igvm *igvm, uint32_t mask,
			  uint64_t gpa, void *buf, size_t len);
int __wrap_vmfw_igvm_read(const struct vmfw_igvm *igvm, uint32_t mask,
			  uint64_t gpa, void *buf, size_t len)
{
	(void)igvm;
	assert_int_equal(mask, 2);
	assert_int_equal(gpa, flat_range(script.size).start);
	assert_int_equal(len, script.size);
	memset(buf, 0, len);
	memcpy((uint8_t *)buf + len - sizeof(fvb_smm_guid), fvb_smm_guid,
	       sizeof(fvb_smm_guid));
	script.reads++;
	return script.read_err;
}

/* Expect this result of a search in an image for SNP and for this platform. */
static void expect_search(unsigned int platform, int err, bool found)
{
	const struct vmfw_igvm igvm = {
		.platforms = {
			{ .type = VMFW_IGVM_SEV_SNP, .mask = 1 },
			{ .type = platform, .mask = 2 },
		},
		.nr_platforms = 2,
	};
	bool result = !found;

	script.looks = 0;
	script.reads = 0;
	assert_int_equal(smm_find_image(&igvm, &result), err);
	assert_int_equal(result, found);
}

static void an_image_for_plain_guests_is_searched(void **state)
{
	(void)state;
	script = (struct script) { .size = PAGE };
	expect_search(VMFW_IGVM_NATIVE, 0, true);
	script.size = FLAT_MAX;
	expect_search(VMFW_IGVM_NATIVE, 0, true);
	assert_int_equal(script.reads, 1);
	script.size = FLAT_MAX + PAGE;
	expect_search(VMFW_IGVM_NATIVE, 0, false);
	assert_int_equal(script.reads, 0);
	expect_search(VMFW_IGVM_TDX, 0, false);
	assert_int_equal(script.looks, 0);
}

/* Without flat firmware, there is nothing to search. That is no error. */
static void an_image_that_cannot_be_searched(void **state)
{
	(void)state;
	script = (struct script) { .size = PAGE, .range_err = -ENOENT };
	expect_search(VMFW_IGVM_NATIVE, 0, false);
	script.range_err = -EIO;
	expect_search(VMFW_IGVM_NATIVE, -EIO, false);
	script.range_err = -ENOMEM;
	expect_search(VMFW_IGVM_NATIVE, -ENOMEM, false);
	assert_int_equal(script.reads, 0);
	script.range_err = 0;
	script.read_err = -EIO;
	expect_search(VMFW_IGVM_NATIVE, -EIO, false);
	assert_int_equal(script.reads, 1);
	lib.no_memory = 0;
	expect_search(VMFW_IGVM_NATIVE, -ENOMEM, false);
	assert_int_equal(script.reads, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(searches_that_fail, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_compressed_driver_is_found,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_offset_must_lead_into_the_section,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_driver_may_cross_two_pieces,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_first_16_sections_count,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_section_after_the_driver_does_not_matter,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_endless_section_does_not_stop_the_tool,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_section_ends_early,
						set_up, tear_down),
		cmocka_unit_test(an_image_for_plain_guests_is_searched),
		cmocka_unit_test(an_image_that_cannot_be_searched),
	};

	return cmocka_run_group_tests_name("smm", tests, NULL, NULL);
}

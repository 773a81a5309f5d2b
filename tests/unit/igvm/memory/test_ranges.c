// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The memory that a platform needs.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include <zlib.h>

#include "igvm/vmfw-igvm.h"
#include "memory/memory.h"
#include "samples.h"
#include "shared/macro.h"

static struct file file;
static struct vmfw_igvm igvm;

static int check_sample(void **state)
{
	struct vmfw_igvm_input input = { .head = file.bytes };

	(void)state;
	sample_x64(&file);
	input.head_len = input.size = file.size;
	return vmfw_igvm_check(&igvm, &input, NULL, NULL);
}

/* Expect ranges: pairs of start and end, up to two zeroes. */
static void expect(uint32_t mask, unsigned int kinds, const uint64_t *wanted)
{
	struct vmfw_igvm_range *ranges;
	size_t i, nr;

	assert_int_equal(vmfw_igvm_ranges(&igvm, mask, kinds, &ranges, &nr),
			 0);
	for (i = 0; i < nr && (wanted[2 * i] || wanted[2 * i + 1]); i++) {
		assert_int_equal(ranges[i].start, wanted[2 * i]);
		assert_int_equal(ranges[i].end, wanted[2 * i + 1]);
	}
	assert_int_equal(i, nr);
	assert_int_equal(wanted[2 * i] | wanted[2 * i + 1], 0);
	free(ranges);
}
#define EXPECT(mask, kinds, ...) \
	expect(mask, kinds, (const uint64_t[]) { __VA_ARGS__ 0, 0 })

static void test_native(void **state)
{
	(void)state;
	/* Two adjacent inserts, or two adjacent pages, form one range. */
	EXPECT(NATIVE, VMFW_IGVM_POPULATED, 0x10000, 0x13000,
	       0x30000, 0x31000, 0xffffe000, 0x100000000,);
	EXPECT(NATIVE, VMFW_IGVM_PAGE_DATA, 0x30000, 0x31000,
	       0xffffe000, 0x100000000,);
	EXPECT(NATIVE, VMFW_IGVM_REQUIRED_MEMORY, 0x100000, 0x200000,);
	EXPECT(NATIVE, VMFW_IGVM_ERROR_RANGE, 0x40000, 0x41000,);
	EXPECT(NATIVE, VMFW_IGVM_VMSA,);
}

static void test_snp(void **state)
{
	(void)state;
	EXPECT(SNP, VMFW_IGVM_VMSA, 0xfffffffff000, 0x1000000000000,);
	EXPECT(SNP, VMFW_IGVM_POPULATED, 0x10000, 0x12000,
	       0x31000, 0x32000, 0xffffe000, 0x100000000,
	       0xfffffffff000, 0x1000000000000,);
}

static void test_relocation(void **state)
{
	(void)state;
	/* The registers of VBS are not in memory. */
	EXPECT(VBS, VMFW_IGVM_VMSA,);
	EXPECT(VBS, VMFW_IGVM_RELOCATABLE, 0x100000, 0x110000,);
	EXPECT(VBS, VMFW_IGVM_PAGE_TABLE_REGION, 0x200000, 0x208000,);
	EXPECT(VBS, VMFW_IGVM_RELOCATION_WINDOW, 0x100000, 0x40000000,);
	EXPECT(VBS, VMFW_IGVM_ANY_KIND, 0x10000, 0x12000,
	       0x40000, 0x41000, 0x100000, 0x40000000,
	       0xffffe000, 0x100000000,);
	EXPECT(NATIVE, VMFW_IGVM_RELOCATION_WINDOW,);
	/* The window begins before the region. */
	file_put(file_content(&file, H_RELOC) + 32, 8, 0x80000);
	EXPECT(VBS, VMFW_IGVM_RELOCATABLE, 0x100000, 0x110000,);
	EXPECT(VBS, VMFW_IGVM_RELOCATION_WINDOW, 0x80000, 0x40000000,);
}

static void test_sev_es(void **state)
{
	(void)state;
	file_put(file_content(&file, H_CTX_SNP) + 8, 4, SEV_ES);
	EXPECT(SEV_ES, VMFW_IGVM_VMSA, 0xfffffffff000, 0x1000000000000,);
	EXPECT(SNP, VMFW_IGVM_VMSA,);
}

static void test_nobody(void **state)
{
	(void)state;
	EXPECT(0x80, VMFW_IGVM_ANY_KIND,);
	EXPECT(ALL_X64, 0,);
}

/* Offset of the header of page @i in a file of many_pages(). */
#define PAGE_AT(i)	(24 + 24 + 32 * (size_t)(i))

static void seal(uint8_t *bytes, uint32_t size)
{
	file_put(bytes + 20, 4, 0);
	file_put(bytes + 20, 4, crc32(0, bytes, size));
}

/* Begin a file of many headers: write all that comes before PAGE_AT(0). */
static uint8_t *begin_many(uint32_t size)
{
	uint8_t *bytes = calloc(1, size);

	assert_non_null(bytes);
	memcpy(bytes, "IGVM", 4);
	file_put(bytes + 4, 4, 1);
	file_put(bytes + 8, 4, 24);
	file_put(bytes + 12, 4, size - 24);
	file_put(bytes + 16, 4, size);
	file_put(bytes + 24, 4, 1);
	file_put(bytes + 28, 4, 16);
	file_put(bytes + 32, 4, 1);
	file_put(bytes + 38, 2, 1);
	return bytes;
}

/* Make a file of pages. Their addresses rise by twice @step pages, and wrap. */
static uint8_t *many_pages(uint32_t pages, uint32_t step, uint32_t *size)
{
	uint32_t i, at = PAGE_AT(0);
	uint8_t *bytes;

	*size = at + pages * 32;
	bytes = begin_many(*size);
	for (i = 0; i < pages; i++, at += 32) {
		uint64_t page = step == 1 ? i : ((uint64_t)i * step) % pages;

		file_put(bytes + at, 4, 0x302);
		file_put(bytes + at + 4, 4, 24);
		file_put(bytes + at + 8, 8, page * 0x2000);
		file_put(bytes + at + 16, 4, 1);
	}
	seal(bytes, *size);
	return bytes;
}

static uint64_t page_gpa(const uint8_t *bytes, uint32_t header)
{
	uint64_t gpa;

	/* The first header is that of the platform. */
	memcpy(&gpa, bytes + PAGE_AT(header - 1) + 8, sizeof(gpa));
	return gpa;
}

/* Expect a piece for each page, in ascending order, with the page's header. */
static void expect_pieces(const uint8_t *bytes, uint32_t pages)
{
	struct vmfw_igvm_piece *pieces;
	size_t i, nr;

	assert_int_equal(vmfw_igvm_map(&igvm, NATIVE, &pieces, &nr), 0);
	assert_int_equal(nr, pages);
	for (i = 0; i < nr; i++) {
		assert_int_equal(pieces[i].range.start,
				 page_gpa(bytes, pieces[i].header));
		if (i)
			assert_true(pieces[i - 1].range.end <
				    pieces[i].range.start);
	}
	free(pieces);
}

/* Remember the two headers of the only overlap. */
static bool note_overlap(void *arg, const struct vmfw_igvm_finding *finding)
{
	uint32_t *headers = arg;

	if (finding->rule != VMFW_IGVM_RULE_OVERLAP)
		return true;
	assert_int_equal(headers[0], 0);
	headers[0] = finding->header;
	headers[1] = finding->bound;
	return true;
}

static int check_pages(uint8_t *bytes, uint32_t size, uint32_t *headers)
{
	const struct vmfw_igvm_input input = {
		.head = bytes,
		.head_len = size,
		.size = size,
	};

	seal(bytes, size);
	return vmfw_igvm_check(&igvm, &input, note_overlap, headers);
}

/* Each piece of memory has the index of its header, in files of any length. */
static void test_headers(void **state)
{
	uint32_t pages, size, headers[2] = { 0 };

	(void)state;
	for (pages = 1; pages < 50; pages++) {
		uint8_t *bytes = many_pages(pages, 53, &size);

		assert_int_equal(check_pages(bytes, size, headers), 0);
		expect_pieces(bytes, pages);
		free(bytes);
	}
}

/* The sort compares all bits of an address, even the highest. */
static void test_large_addresses(void **state)
{
	static const struct {
		uint32_t page;
		uint64_t gpa;
	} large[] = {
		{ 3, 0x4000000004000 },	 { 50, 0x4000000000000 },
		{ 60, 0x4000000002000 }, { 70, 0xfffffffffe000 },
		{ 80, 0x100000000000 },	 { 90, 0xfffffffd000 },
		{ 95, 0xfffffffb000 },
	};
	uint32_t size, headers[2] = { 0 };
	uint8_t *bytes = many_pages(99, 37, &size);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(large) / sizeof(large[0]); i++)
		file_put(bytes + PAGE_AT(large[i].page) + 8, 8, large[i].gpa);
	assert_int_equal(check_pages(bytes, size, headers), 0);
	assert_int_equal(headers[0], 0);
	expect_pieces(bytes, 99);

	/* Header 98 gets the address of header 51, so their pages overlap. */
	file_put(bytes + PAGE_AT(97) + 8, 8, large[1].gpa);
	assert_int_equal(check_pages(bytes, size, headers), -EINVAL);
	assert_int_equal(headers[0], 98);
	assert_int_equal(headers[1], 51);
	free(bytes);
}

/* Make a file of adjacent pages, and of required memory among them. */
static void make_pieces(void)
{
	file_begin(&file, 2, 0);
	HEADER(&file, 0x001, 16, { 0, 4, SNP }, { 5, 1, 2 }, { 6, 2, 1 },);
	HEADER(&file, 0x101, 16, { 0, 8, 0x30000 }, { 8, 4, SNP },);
	HEADER(&file, 0x302, 24, { 0, 8, 0x10000 }, { 8, 4, SNP },);
	HEADER(&file, 0x302, 24, { 0, 8, 0x11000 }, { 8, 4, SNP },);
	HEADER(&file, 0x302, 24, { 0, 8, 0x12000 }, { 8, 4, SNP },);
	HEADER(&file, 0x302, 24, { 0, 8, 0x13000 }, { 8, 4, SNP },
	       { 16, 4, VMFW_IGVM_PAGE_UNMEASURED },);
	HEADER(&file, 0x302, 24, { 0, 8, 0x14000 }, { 8, 4, SNP },
	       { 20, 2, VMFW_IGVM_DATA_SECRETS },);
	HEADER(&file, 0x302, 24, { 0, 8, 0x16000 }, { 8, 4, SNP },
	       { 20, 2, VMFW_IGVM_DATA_SECRETS },);
	HEADER(&file, 0x30d, 16, { 0, 8, 0x17000 }, { 8, 4, SNP },
	       { 12, 4, 0x1000 },);
	HEADER(&file, 0x305, 24, { 0, 8, 0x10000 }, { 8, 4, SNP },
	       { 12, 4, 0x8000 },);
	HEADER(&file, 0x305, 24, { 0, 8, 0x11000 }, { 8, 4, SNP },
	       { 12, 4, 0x1000 },);
	HEADER(&file, 0x305, 24, { 0, 8, 0x17000 }, { 8, 4, SNP },
	       { 12, 4, 0x1000 },);
	/* After the error range, and of another type than the page after it. */
	HEADER(&file, 0x302, 24, { 0, 8, 0x18000 }, { 8, 4, SNP },);
	HEADER(&file, 0x302, 24, { 0, 8, 0x19000 }, { 8, 4, SNP },
	       { 20, 2, VMFW_IGVM_DATA_CPUID },);
	file_seal(&file);
}

/*
 * Pages with the same flags and type form one piece. Required memory does not
 * divide a piece. It comes before the other pieces with the same start, and
 * after those with a lower start.
 */
static void test_pieces(void **state)
{
	static const struct vmfw_igvm_piece wanted[] = {
		{ { 0x10000, 0x18000 }, VMFW_IGVM_REQUIRED_MEMORY, 0, 0, 9 },
		{ { 0x10000, 0x13000 }, VMFW_IGVM_PAGE_DATA, 0, 0, 2 },
		{ { 0x11000, 0x12000 }, VMFW_IGVM_REQUIRED_MEMORY, 0, 0, 10 },
		{ { 0x13000, 0x14000 }, VMFW_IGVM_PAGE_DATA,
		  VMFW_IGVM_PAGE_UNMEASURED, 0, 5 },
		{ { 0x14000, 0x15000 }, VMFW_IGVM_PAGE_DATA, 0,
		  VMFW_IGVM_DATA_SECRETS, 6 },
		{ { 0x16000, 0x17000 }, VMFW_IGVM_PAGE_DATA, 0,
		  VMFW_IGVM_DATA_SECRETS, 7 },
		{ { 0x17000, 0x18000 }, VMFW_IGVM_REQUIRED_MEMORY, 0, 0, 11 },
		{ { 0x17000, 0x18000 }, VMFW_IGVM_ERROR_RANGE, 0, 0, 8 },
		{ { 0x18000, 0x19000 }, VMFW_IGVM_PAGE_DATA, 0, 0, 12 },
		{ { 0x19000, 0x1a000 }, VMFW_IGVM_PAGE_DATA, 0,
		  VMFW_IGVM_DATA_CPUID, 13 },
	};
	struct vmfw_igvm_input input = { .head = file.bytes };
	struct vmfw_igvm_piece *pieces;
	size_t i, nr;

	(void)state;
	make_pieces();
	input.head_len = input.size = file.size;
	assert_int_equal(vmfw_igvm_check(&igvm, &input, NULL, NULL), 0);
	assert_int_equal(vmfw_igvm_map(&igvm, SNP, &pieces, &nr), 0);
	assert_int_equal(nr, ARRAY_SIZE(wanted));
	for (i = 0; i < nr; i++) {
		assert_int_equal(pieces[i].range.start, wanted[i].range.start);
		assert_int_equal(pieces[i].range.end, wanted[i].range.end);
		assert_int_equal(pieces[i].kind, wanted[i].kind);
		assert_int_equal(pieces[i].flags, wanted[i].flags);
		assert_int_equal(pieces[i].data_type, wanted[i].data_type);
		assert_int_equal(pieces[i].header, wanted[i].header);
	}
	free(pieces);
}

/* Windows, and regions that a loader can move, are no pieces of memory. */
static void test_kinds_of_pieces(void **state)
{
	static const uint64_t wanted[] = {
		0x10000, 0x40000, 0x100000, 0x200000, 0xffffe000,
	};
	struct vmfw_igvm_piece *pieces;
	size_t i, nr;

	(void)state;
	assert_int_equal(vmfw_igvm_map(&igvm, VBS, &pieces, &nr), 0);
	assert_int_equal(nr, ARRAY_SIZE(wanted));
	for (i = 0; i < nr; i++)
		assert_int_equal(pieces[i].range.start, wanted[i]);
	assert_int_equal(pieces[2].kind, VMFW_IGVM_REQUIRED_MEMORY);
	assert_int_equal(pieces[3].kind, VMFW_IGVM_PAGE_DATA);
	free(pieces);
}

/* Only an area with the length of its type counts. */
static void test_length_of_an_area(void **state)
{
	struct vmfw_igvm_input input = { .head = file.bytes };
	struct areas areas;

	(void)state;
	file_begin(&file, 1, 0);
	HEADER(&file, 0x001, 16, { 0, 4, 1 }, { 6, 2, 1 },);
	HEADER(&file, 0x301, 16, { 0, 8, 0x1000 }, { 8, 4, 1 },);
	HEADER(&file, 0x301, 24, { 0, 8, 0x1000 }, { 8, 4, 2 },);
	file_seal(&file);
	input.head_len = input.size = file.size;
	assert_int_equal(vmfw_igvm_check(&igvm, &input, NULL, NULL), -EINVAL);
	assert_int_equal(areas_collect(&igvm, &areas), 0);
	assert_int_equal(areas.nr, 1);
	assert_non_null(area_find(&areas, 1));
	free(areas.v);
}

/* The firmware ends at 4 GiB, whether or not there are pages after it. */
static void test_rom_range(void **state)
{
	struct vmfw_igvm_input input = { .head = file.bytes };
	struct vmfw_igvm_range range = { 0 };

	(void)state;
	file_begin(&file, 1, 0);
	HEADER(&file, 0x001, 16, { 0, 4, NATIVE }, { 6, 2, 1 },);
	HEADER(&file, 0x001, 16, { 0, 4, SNP }, { 5, 1, 2 }, { 6, 2, 1 },);
	HEADER(&file, 0x302, 24, { 0, 8, 0x10000 }, { 8, 4, NATIVE | SNP },);
	HEADER(&file, 0x302, 24, { 0, 8, 0xfffff000 }, { 8, 4, NATIVE },);
	HEADER(&file, 0x302, 24, { 0, 8, 0x100001000 }, { 8, 4, NATIVE },);
	file_seal(&file);
	input.head_len = input.size = file.size;
	assert_int_equal(vmfw_igvm_check(&igvm, &input, NULL, NULL), 0);
	assert_int_equal(vmfw_igvm_rom_range(&igvm, NATIVE, &range), 0);
	assert_int_equal(range.start, 0xfffff000);
	assert_int_equal(range.end, 0x100000000);
	assert_int_equal(vmfw_igvm_rom_range(&igvm, SNP, &range), -ENOENT);
}

#define READ_AT		0x10000u
#define READ_PAGES	3u
/* This page of the three has no data, so it contains zeroes. */
#define EMPTY_PAGE	1u

/* Number of bytes of data that the library has requested. */
static size_t requested;

static int read_data(void *arg, uint64_t offset, void *buf, size_t len)
{
	(void)arg;
	assert_int_not_equal(len, 0);
	assert_true(offset >= file.headers_end && offset + len <= file.size);
	memcpy(buf, file.bytes + offset, len);
	requested += len;
	return 0;
}

/* The byte at an offset from READ_AT. Neighbours and pages differ. */
static uint8_t byte_at(size_t offset)
{
	return offset / VMFW_IGVM_PAGE_SIZE == EMPTY_PAGE ? 0 :
							    1 + offset % 251;
}

/* Make a file of adjacent pages. A function reads their data. */
static void make_pages_to_read(void)
{
	struct vmfw_igvm_input input = {
		.head = file.bytes, .read = read_data,
	};
	uint8_t page[VMFW_IGVM_PAGE_SIZE];
	unsigned int i, headers[READ_PAGES];
	size_t at;

	file_begin(&file, 1, 0);
	HEADER(&file, 0x001, 16, { 0, 4, SNP }, { 5, 1, 2 }, { 6, 2, 1 },);
	HEADER(&file, 0x101, 16, { 0, 8, 0x30000 }, { 8, 4, SNP },);
	for (i = 0; i < READ_PAGES; i++)
		headers[i] = HEADER(&file, 0x302, 24,
				    { 0, 8, READ_AT + i * sizeof(page) },
				    { 8, 4, SNP },);
	for (i = 0; i < READ_PAGES; i++) {
		if (i == EMPTY_PAGE)
			continue;
		for (at = 0; at < sizeof(page); at++)
			page[at] = byte_at(i * sizeof(page) + at);
		file_put(file_content(&file, headers[i]) + 12, 4,
			 file_data(&file, page, sizeof(page)));
	}
	file_seal(&file);
	input.head_len = file.headers_end;
	input.size = file.size;
	assert_int_equal(vmfw_igvm_check(&igvm, &input, NULL, NULL), 0);
}

/* A read returns the requested bytes, and asks its caller for no others. */
static void test_reads(void **state)
{
	static const struct {
		uint64_t gpa;
		size_t len;
		int err;
	} cases[] = {
		/* The first byte, and whole pages. */
		{ READ_AT, 1, 0 },
		{ READ_AT, 0x1000, 0 },
		{ READ_AT + 0x1000, 0x1000, 0 },
		{ READ_AT + 0x2000, 0x1000, 0 },
		{ READ_AT, 0x3000, 0 },
		/* Bytes within a page, and bytes of several pages. */
		{ READ_AT + 0x7ff, 3, 0 },
		{ READ_AT + 0xfff, 2, 0 },
		{ READ_AT + 0x1fff, 2, 0 },
		{ READ_AT + 0xffe, 0x1004, 0 },
		{ READ_AT + 0x2fff, 1, 0 },
		/* No bytes. */
		{ READ_AT + 0x800, 0, 0 },
		/* Bytes before the first page, and after the last one. */
		{ READ_AT - 1, 1, -EFAULT },
		{ READ_AT - 1, 2, -EFAULT },
		{ READ_AT + 0x2fff, 2, -EFAULT },
		{ READ_AT + 0x3000, 1, -EFAULT },
	};
	static uint8_t buf[READ_PAGES * VMFW_IGVM_PAGE_SIZE + 1];
	size_t i, at;

	(void)state;
	make_pages_to_read();
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t data = 0;

		requested = 0;
		memset(buf, 0x5a, sizeof(buf));
		assert_int_equal(vmfw_igvm_read(&igvm, SNP, cases[i].gpa, buf,
						cases[i].len), cases[i].err);
		if (cases[i].err)
			continue;
		for (at = 0; at < cases[i].len; at++) {
			uint8_t byte = byte_at(cases[i].gpa - READ_AT + at);

			assert_int_equal(buf[at], byte);
			data += byte != 0;
		}
		assert_int_equal(buf[cases[i].len], 0x5a);
		assert_int_equal(requested, data);
	}
}

/* A read returns only populated memory, and only that of the platform. */
static void test_reads_of_a_platform(void **state)
{
	static const uint32_t masks[] = { NATIVE, SNP };
	struct vmfw_igvm_input input = { .head = file.bytes };
	uint8_t page[VMFW_IGVM_PAGE_SIZE];
	unsigned int i, headers[2];

	(void)state;
	file_begin(&file, 1, 0);
	HEADER(&file, 0x001, 16, { 0, 4, NATIVE }, { 6, 2, 1 },);
	HEADER(&file, 0x001, 16, { 0, 4, SNP }, { 5, 1, 2 }, { 6, 2, 1 },);
	for (i = 0; i < 2; i++)
		headers[i] = HEADER(&file, 0x302, 24, { 0, 8, READ_AT },
				    { 8, 4, masks[i] },);
	HEADER(&file, 0x302, 24, { 0, 8, 0 }, { 8, 4, NATIVE },);
	HEADER(&file, 0x302, 24, { 0, 8, 0x20000 }, { 8, 4, SNP },);
	HEADER(&file, 0x305, 24, { 0, 8, 0x30000 }, { 8, 4, NATIVE },
	       { 12, 4, 0x1000 },);
	HEADER(&file, 0x30d, 16, { 0, 8, 0x40000 }, { 8, 4, NATIVE },
	       { 12, 4, 0x1000 },);
	for (i = 0; i < 2; i++) {
		memset(page, 0xa0 + i, sizeof(page));
		file_put(file_content(&file, headers[i]) + 12, 4,
			 file_data(&file, page, sizeof(page)));
	}
	file_seal(&file);
	input.head_len = input.size = file.size;
	assert_int_equal(vmfw_igvm_check(&igvm, &input, NULL, NULL), 0);
	for (i = 0; i < 2; i++) {
		assert_int_equal(vmfw_igvm_read(&igvm, masks[i], READ_AT, page,
						sizeof(page)), 0);
		assert_int_equal(page[0], 0xa0 + i);
	}
	assert_int_equal(vmfw_igvm_read(&igvm, NATIVE, 0, page, 1), 0);
	assert_int_equal(page[0], 0);
	for (i = 2; i <= 4; i++)
		assert_int_equal(vmfw_igvm_read(&igvm, NATIVE, i * 0x10000,
						page, 1), -EFAULT);
}

/**
 * struct caller - a caller that stops the library
 * @left: number of answers before that
 * @stopped: the caller has stopped it, and does not change its mind
 */
static struct caller {
	unsigned int left;
	bool stopped;
} caller;

static bool answer(void *arg)
{
	(void)arg;
	if (!caller.left)
		caller.stopped = true;
	else
		caller.left--;
	return caller.stopped;
}

/* A sort asks its caller after 65536 comparisons. */
#define LONG_SORT	66000u

/* Make a file of parameter areas, with ascending numbers. */
static uint8_t *many_areas(uint32_t areas, uint32_t *size)
{
	uint32_t i, at = PAGE_AT(0);
	uint8_t *bytes;

	*size = at + areas * 24;
	bytes = begin_many(*size);
	for (i = 0; i < areas; i++, at += 24) {
		file_put(bytes + at, 4, 0x301);
		file_put(bytes + at + 4, 4, 16);
		file_put(bytes + at + 8, 8, VMFW_IGVM_PAGE_SIZE);
		file_put(bytes + at + 16, 4, i);
	}
	seal(bytes, *size);
	return bytes;
}

static int collect_areas(void)
{
	struct areas areas;
	int err = areas_collect(&igvm, &areas);

	assert_int_equal(areas.nr, err ? 0 : LONG_SORT);
	if (err)
		assert_null(areas.v);
	free(areas.v);
	return err;
}

static int collect_ranges(void)
{
	struct vmfw_igvm_range *ranges;
	size_t nr;
	int err = vmfw_igvm_ranges(&igvm, NATIVE, VMFW_IGVM_PAGE_DATA, &ranges,
				   &nr);

	assert_int_equal(nr, err ? 0 : LONG_SORT);
	if (err)
		assert_null(ranges);
	free(ranges);
	return err;
}

/* The sort asks the last question. If the caller stops it, nothing remains. */
static void stop_sort(uint8_t *bytes, uint32_t size, int (*collect)(void))
{
	const struct vmfw_igvm_input input = {
		.head = bytes, .head_len = size, .size = size,
	};
	unsigned int asked;

	vmfw_igvm_check(&igvm, &input, NULL, NULL);
	assert_int_equal(igvm.nr_headers, LONG_SORT + 1);
	igvm.input.stop = answer;
	caller = (struct caller) { .left = UINT_MAX };
	assert_int_equal(collect(), 0);
	asked = UINT_MAX - caller.left;
	caller = (struct caller) { .left = asked };
	assert_int_equal(collect(), 0);
	caller = (struct caller) { .left = asked - 1 };
	assert_int_equal(collect(), -ECANCELED);
	assert_true(caller.stopped);
	free(bytes);
}

static void test_stopped_sorts(void **state)
{
	uint8_t *bytes;
	uint32_t size;

	(void)state;
	bytes = many_areas(LONG_SORT, &size);
	stop_sort(bytes, size, collect_areas);
	bytes = many_pages(LONG_SORT, 1, &size);
	stop_sort(bytes, size, collect_ranges);
}

/* Make a file of contexts, in no order, the last of which page tables need. */
static uint8_t *many_contexts(uint32_t contexts, uint32_t *size)
{
	uint32_t i, at = PAGE_AT(0) + 40, data = at + contexts * 32;
	uint8_t *bytes;

	*size = data + VMFW_IGVM_PAGE_SIZE;
	bytes = begin_many(*size);
	file_put(bytes + 12, 4, data - 24);
	file_put(bytes + 37, 1, VMFW_IGVM_SEV_SNP);
	file_put(bytes + PAGE_AT(0), 4, 0x103);
	file_put(bytes + PAGE_AT(0) + 4, 4, 32);
	file_put(bytes + PAGE_AT(0) + 8, 4, 1);
	file_put(bytes + PAGE_AT(0) + 24, 8, VMFW_IGVM_PAGE_SIZE);
	for (i = 0; i < contexts; i++, at += 32) {
		file_put(bytes + at, 4, 0x304);
		file_put(bytes + at + 4, 4, 20);
		file_put(bytes + at + 8, 8, 0xfffffffff000);
		file_put(bytes + at + 16, 4, 1);
		file_put(bytes + at + 20, 4, data);
		file_put(bytes + at + 24, 2, (i + 1) * 7919 % contexts);
	}
	seal(bytes, data);
	return bytes;
}

static bool names_no_context(void *arg, const struct vmfw_igvm_finding *finding)
{
	(void)arg;
	assert_int_not_equal(finding->rule, VMFW_IGVM_RULE_CONTEXT_MISSING);
	assert_int_not_equal(finding->rule, VMFW_IGVM_RULE_CONTEXT_TWICE);
	return true;
}

/* If the caller stops the sort of the contexts, the check searches for none. */
static void test_stopped_check(void **state)
{
	uint32_t size;
	/* Any algorithm needs more than 200,000 comparisons to sort them. */
	uint8_t *bytes = many_contexts(1 << 14, &size);
	const struct vmfw_igvm_input input = {
		.head = bytes, .head_len = size, .size = size, .stop = answer,
	};
	unsigned int asked;
	int err;

	(void)state;
	for (asked = 0;; asked++) {
		caller = (struct caller) { .left = asked };
		err = vmfw_igvm_check(&igvm, &input, names_no_context, NULL);
		if (!caller.stopped)
			break;
		assert_int_equal(err, -ECANCELED);
	}
	assert_int_equal(err, -EINVAL);
	assert_int_equal(igvm.nr_headers, (1 << 14) + 2);
	free(bytes);
}

/* Make a file of required memory above RAM, in ascending order. The first overlaps. */
static uint8_t *many_requests(uint32_t *size)
{
	uint8_t *bytes = many_pages(LONG_SORT + 1, 1, size);
	uint32_t i;

	for (i = 1; i <= LONG_SORT; i++) {
		uint8_t *header = bytes + PAGE_AT(i);

		file_put(header, 4, 0x305);
		file_put(header + 8, 8, 0x90000000 + i * 0x1000ull);
		file_put(header + 20, 4, i == 1 ? 0x2000 : 0x1000);
	}
	file_put(bytes + PAGE_AT(2) + 20, 4, 0x2000);
	seal(bytes, *size);
	return bytes;
}

static bool count_findings(void *arg, const struct vmfw_igvm_finding *finding)
{
	if (finding->rule == VMFW_IGVM_RULE_QEMU_MEMORY)
		++*(unsigned int *)arg;
	return true;
}

static int check_requests(unsigned int left, unsigned int *findings)
{
	static const struct vmfw_igvm_range memory = { 0, 1 << 30 };
	const struct vmfw_igvm_machine machine = {
		.platform = VMFW_IGVM_NATIVE,
		.memory = &memory,
		.nr_memory = 1,
	};

	caller = (struct caller) { .left = left };
	*findings = 0;
	return vmfw_igvm_check_qemu(&igvm, &machine, count_findings, findings);
}

/* If the caller stops the sort of the memory, the check reports nothing about it. */
static void test_stopped_check_of_qemu(void **state)
{
	uint32_t size;
	uint8_t *bytes = many_requests(&size);
	const struct vmfw_igvm_input input = {
		.head = bytes, .head_len = size, .size = size,
	};
	unsigned int asked, findings;

	(void)state;
	assert_int_equal(vmfw_igvm_check(&igvm, &input, NULL, NULL), 0);
	igvm.input.stop = answer;
	assert_int_equal(check_requests(UINT_MAX, &findings), -EINVAL);
	asked = UINT_MAX - caller.left;
	assert_int_equal(findings, 1);
	/* The last question comes after the sort. */
	assert_int_equal(check_requests(asked - 1, &findings), -ECANCELED);
	assert_int_equal(findings, 1);
	assert_int_equal(check_requests(asked - 2, &findings), -ECANCELED);
	assert_int_equal(findings, 0);
	free(bytes);
}

static double milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

/*
 * The check finds overlaps by sorting, and the map finds each header by a mark. So ten
 * times the pages must not take a hundred times the time. The pages are not in order.
 */
static void test_time(void **state)
{
	static const uint32_t counts[] = { 20000, 200000 };
	double spent[2];
	size_t i, round;

	(void)state;
	for (i = 0; i < 2; i++) {
		uint32_t size;
		uint8_t *bytes = many_pages(counts[i], 7919, &size);
		const struct vmfw_igvm_input input = {
			.head = bytes, .head_len = size, .size = size,
		};

		spent[i] = 1e9;
		for (round = 0; round < 3; round++) {
			double start = milliseconds(), now;
			struct vmfw_igvm_piece *pieces;
			size_t nr;

			assert_int_equal(vmfw_igvm_check(&igvm, &input, NULL,
							 NULL), 0);
			assert_int_equal(vmfw_igvm_map(&igvm, NATIVE, &pieces,
						       &nr), 0);
			free(pieces);
			now = milliseconds() - start;
			if (now < spent[i])
				spent[i] = now;
		}
		assert_int_equal(igvm.nr_headers, counts[i] + 1);
		free(bytes);
	}
	print_message("# %u pages: %.2f ms, %u pages: %.2f ms\n", counts[0],
		      spent[0], counts[1], spent[1]);
	/* The clock may advance in steps of 10 ms. */
	assert_true(spent[1] < 40 * (spent[0] + 10));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_native, check_sample),
		cmocka_unit_test_setup(test_snp, check_sample),
		cmocka_unit_test_setup(test_relocation, check_sample),
		cmocka_unit_test_setup(test_sev_es, check_sample),
		cmocka_unit_test_setup(test_nobody, check_sample),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_large_addresses),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test_setup(test_kinds_of_pieces, check_sample),
		cmocka_unit_test(test_length_of_an_area),
		cmocka_unit_test(test_rom_range),
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_reads_of_a_platform),
		cmocka_unit_test(test_stopped_sorts),
		cmocka_unit_test(test_stopped_check),
		cmocka_unit_test(test_stopped_check_of_qemu),
		cmocka_unit_test(test_time),
	};

	return cmocka_run_group_tests_name("igvm ranges", tests, NULL, NULL);
}

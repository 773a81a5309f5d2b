// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The parts of a firmware, which compose adds and decompose removes.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <cmocka.h>

#include "file.h"
#include "igvm/vmfw-igvm.h"
#include "rom.h"
#include "shared/bytes.h"
#include "shared/macro.h"

#define PAGE		4096u
#define ROM_SIZE	(32u << 10)
#define FIRST		(64 * MIB)
#define KERNEL_SIZE	(2 * PAGE + 5)
#define DB_SIZE		100
/* An obstacle without a value. */
#define NO_VALUE	UINT64_MAX

/* An open file: its bytes, and the result of vmfw_igvm_check(). */
struct image {
	uint8_t *bytes;
	size_t size;
	struct vmfw_igvm igvm;
};

static void open_image(struct image *image)
{
	const struct vmfw_igvm_input input = {
		.head = image->bytes,
		.head_len = image->size,
		.size = image->size,
	};

	assert_int_equal(vmfw_igvm_check(&image->igvm, &input, rom_complain, NULL),
			 0);
}

/* Copy a draft to memory, in pieces of an odd size. It has no byte after its end. */
static void take_draft(struct image *image, struct vmfw_igvm_draft *draft)
{
	const struct vmfw_igvm_input *input = vmfw_igvm_draft_input(draft);
	uint8_t byte;
	size_t at, n;

	image->size = input->size;
	image->bytes = malloc(image->size);
	assert_non_null(image->bytes);
	for (at = 0; at < image->size; at += n) {
		n = image->size - at < 5001 ? image->size - at : 5001;
		assert_int_equal(input->read(input->arg, at, image->bytes + at,
					     n), 0);
	}
	assert_int_equal(input->read(input->arg, at, &byte, 1), -EINVAL);
	vmfw_igvm_draft_free(draft);
	open_image(image);
}

static void close_image(struct image *image)
{
	free(image->bytes);
}

static uint8_t kernel[KERNEL_SIZE], db[DB_SIZE];

static int read_bytes(void *arg, uint64_t offset, void *buf, size_t len)
{
	memcpy(buf, (const uint8_t *)arg + offset, len);
	return 0;
}

/* Parts not in the order of their types, because the order does not matter. */
static struct vmfw_igvm_part parts[] = {
	{ VMFW_IGVM_PART_KERNEL, 0, KERNEL_SIZE, read_bytes, kernel },
	{ VMFW_IGVM_PART_DB, 0, DB_SIZE, read_bytes, db },
};

static const struct vmfw_igvm_compose_options both = {
	.parts = parts,
	.nr_parts = ARRAY_SIZE(parts),
};

static void base_native(struct image *image)
{
	uint8_t *rom = rom_make(ROM_SIZE);

	rom_announce_usual(rom, ROM_SIZE);
	image->bytes = rom_wrap(rom, ROM_SIZE, &image->size);
	free(rom);
	open_image(image);
}

static void compose(const struct image *base,
		    const struct vmfw_igvm_compose_options *options,
		    struct image *image)
{
	struct vmfw_igvm_obstacle why = { .text = "" };
	struct vmfw_igvm_draft *draft;

	if (vmfw_igvm_compose(&base->igvm, options, &draft, &why))
		fail_msg("%s: 0x%" PRIx64, why.text, why.value);
	take_draft(image, draft);
}

static void read_memory(const struct image *image, uint64_t gpa, void *buf,
			size_t len)
{
	unsigned int i;

	for (i = 0; i < image->igvm.nr_platforms; i++)
		assert_int_equal(vmfw_igvm_read(&image->igvm,
						image->igvm.platforms[i].mask,
						gpa, buf, len), 0);
}

static void put_hob(uint8_t *p, uint32_t type, uint64_t gpa, uint64_t size)
{
	put_le64(p, 4 | 48 << 16);
	memcpy(p + 8, "\xff\x77\xd1\x3d\x32\xb6\x25\x4e"
	       "\xbe\xf3\x06\x50\x63\xd5\x5f\xc4", 16);
	put_le64(p + 24, gpa);
	put_le64(p + 32, size);
	put_le64(p + 40, type);
}

static void check_hob(const uint8_t *p, uint32_t type, uint64_t gpa,
		      uint64_t size)
{
	uint8_t hob[48];

	put_hob(hob, type, gpa, size);
	assert_memory_equal(p, hob, sizeof(hob));
}

/* Check the list, the bytes of the parts, and the zeroes after them. */
static void check_parts(const struct image *image)
{
	static const uint8_t zero[3 * PAGE];
	uint8_t bytes[3 * PAGE];

	read_memory(image, ROM_HOBS, bytes, PAGE);
	check_hob(bytes, 0x102, FIRST, DB_SIZE);
	check_hob(bytes + 48, 0x201, FIRST + PAGE, KERNEL_SIZE);
	assert_int_equal(get_le64(bytes + 96), 0xffff | 8 << 16);
	assert_memory_equal(bytes + 104, zero, PAGE - 104);

	read_memory(image, FIRST, bytes, PAGE);
	assert_memory_equal(bytes, db, DB_SIZE);
	assert_memory_equal(bytes + DB_SIZE, zero, PAGE - DB_SIZE);
	read_memory(image, FIRST + PAGE, bytes, 3 * PAGE);
	assert_memory_equal(bytes, kernel, KERNEL_SIZE);
	assert_memory_equal(bytes + KERNEL_SIZE, zero, 3 * PAGE - KERNEL_SIZE);
}

static void check_listed(const struct image *image)
{
	struct vmfw_igvm_part found[VMFW_IGVM_MAX_PARTS];
	struct vmfw_igvm_obstacle why;
	size_t nr;

	assert_int_equal(vmfw_igvm_parts(&image->igvm, found, &nr, &why), 0);
	assert_int_equal(nr, 2);
	assert_int_equal(found[0].type, VMFW_IGVM_PART_DB);
	assert_int_equal(found[0].gpa, FIRST);
	assert_int_equal(found[0].size, DB_SIZE);
	assert_int_equal(found[1].type, VMFW_IGVM_PART_KERNEL);
	assert_int_equal(found[1].gpa, FIRST + PAGE);
	assert_int_equal(found[1].size, KERNEL_SIZE);
}

static void check_no_parts(const struct image *image)
{
	struct vmfw_igvm_part found[VMFW_IGVM_MAX_PARTS];
	struct vmfw_igvm_obstacle why;
	size_t nr = 1;

	assert_int_equal(vmfw_igvm_parts(&image->igvm, found, &nr, &why), 0);
	assert_int_equal(nr, 0);
}

static void check_restored(const struct image *image, const struct image *base)
{
	struct vmfw_igvm_obstacle why = { .text = "" };
	struct vmfw_igvm_draft *draft;
	struct image restored;

	if (vmfw_igvm_decompose(&image->igvm, &draft, &why))
		fail_msg("%s: 0x%" PRIx64, why.text, why.value);
	take_draft(&restored, draft);
	assert_int_equal(restored.size, base->size);
	assert_memory_equal(restored.bytes, base->bytes, base->size);
	close_image(&restored);
}

static void check_all(const struct image *base)
{
	struct image image, again;

	compose(base, &both, &image);
	check_parts(&image);
	check_listed(&image);
	check_restored(&image, base);
	compose(base, &both, &again);
	assert_int_equal(again.size, image.size);
	assert_memory_equal(again.bytes, image.bytes, image.size);
	close_image(&again);
	close_image(&image);
}

static void test_native(void **state)
{
	struct image base, image;
	uint8_t page[PAGE];

	(void)state;
	base_native(&base);
	check_all(&base);
	/*
	 * The image loads zeroes for parameters, because a kernel may have left
	 * other bytes.
	 */
	compose(&base, &both, &image);
	memset(page, 1, sizeof(page));
	read_memory(&image, ROM_PARAMETERS, page, PAGE);
	assert_int_equal(page[0], 0);
	close_image(&image);
	close_image(&base);
}

static void test_draft_parts(void **state)
{
	const struct vmfw_igvm_part *placed;
	struct vmfw_igvm_obstacle why;
	struct vmfw_igvm_draft *draft;
	const struct vmfw_igvm_input *input;
	struct image base;
	uint8_t byte;
	size_t nr;

	(void)state;
	base_native(&base);
	assert_int_equal(vmfw_igvm_compose(&base.igvm, &both, &draft, &why),
			 0);
	placed = vmfw_igvm_draft_parts(draft, &nr);
	assert_int_equal(nr, 2);
	assert_int_equal(placed[1].gpa, FIRST + PAGE);
	input = vmfw_igvm_draft_input(draft);
	assert_int_equal(input->read(input->arg, 1, &byte, 1), 0);
	assert_int_equal(byte, 'G');
	vmfw_igvm_draft_free(draft);
	vmfw_igvm_draft_free(NULL);
	close_image(&base);
}

/* A header to add to a base of several platforms. */
struct extra {
	uint32_t type;
	uint32_t length;
	struct field fields[6];
};

#define NATIVE	1u
#define SNP	2u
#define VBS	4u
#define MAX_EXTRA	4

static uint8_t bytes_of_base[FILE_MAX];

/* Make a base for native and SEV-SNP: one page of firmware, and a VMSA as last header. */
static void base_both(struct image *image, const struct extra *extra,
		      size_t nr, const uint8_t *rom)
{
	static struct file file;
	unsigned int page, context, added[MAX_EXTRA];
	uint8_t data[PAGE] = { 0 };
	uint32_t offset, zero;
	size_t i;

	file_begin(&file, 2, 0);
	HEADER(&file, 0x001, 16, { 0, 4, NATIVE }, { 6, 2, 1 },);
	HEADER(&file, 0x001, 16, { 0, 4, SNP }, { 5, 1, 2 }, { 6, 2, 1 },);
	HEADER(&file, 0x101, 16, { 0, 8, 0x30000 }, { 8, 4, SNP },);
	page = HEADER(&file, 0x302, 24, { 0, 8, 0xfffff000 },
		      { 8, 4, NATIVE | SNP },);
	for (i = 0; i < nr; i++)
		added[i] = file_header(&file, extra[i].type, extra[i].length,
				       extra[i].fields);
	context = HEADER(&file, 0x304, 20, { 0, 8, 0xfffffffff000 },
			 { 8, 4, SNP },);
	offset = file_data(&file, rom, PAGE);
	file_put(file_content(&file, page) + 12, 4, offset);
	zero = file_data(&file, data, PAGE);
	data[0] = 1;
	offset = file_data(&file, data, PAGE);
	file_put(file_content(&file, context) + 12, 4, offset);
	/*
	 * A file_offset of 1 stands for the offset of the data, and 2 for
	 * that of zeroes.
	 */
	for (i = 0; i < nr; i++) {
		uint8_t *at = file_content(&file, added[i]) + 12;

		if (extra[i].type == 0x302 && get_le32(at))
			file_put(at, 4, get_le32(at) == 1 ? offset : zero);
	}
	file_seal(&file);
	memcpy(bytes_of_base, file.bytes, file.size);
	*image = (struct image) { .bytes = bytes_of_base, .size = file.size };
	open_image(image);
}

static const uint8_t *usual_rom(void)
{
	static uint8_t rom[PAGE];

	memset(rom, 0xcc, sizeof(rom));
	rom_announce_usual(rom, sizeof(rom));
	return rom;
}

/* Pages of zeroes that the base already loads on SEV-SNP. */
static const struct extra zeroes[] = {
	{ 0x302, 24, { { 0, 8, ROM_PARAMETERS }, { 8, 4, SNP }, { 0, 0, 0 } } },
	{ 0x302, 24, { { 0, 8, ROM_HOBS }, { 8, 4, SNP }, { 0, 0, 0 } } },
	{ 0x302, 24, { { 0, 8, 0x900000 }, { 8, 4, SNP }, { 0, 0, 0 } } },
};

static void test_platforms(void **state)
{
	struct image base;

	(void)state;
	base_both(&base, NULL, 0, usual_rom());
	check_all(&base);
	base_both(&base, zeroes, ARRAY_SIZE(zeroes), usual_rom());
	check_all(&base);
}

/* The last page of the base is at the address of the list, or of parameters. */
static void test_last_page(void **state)
{
	static const struct extra last[] = {
		{ 0x302, 24, { { 0, 8, ROM_HOBS }, { 8, 4, SNP },
			       { 0, 0, 0 } } },
		{ 0x302, 24, { { 0, 8, ROM_PARAMETERS }, { 8, 4, SNP },
			       { 0, 0, 0 } } },
	};
	struct image base;

	(void)state;
	base_both(&base, zeroes, 2, usual_rom());
	check_all(&base);
	base_both(&base, zeroes, 1, usual_rom());
	check_all(&base);
	base_both(&base, last, 1, usual_rom());
	check_all(&base);
	base_both(&base, last, 2, usual_rom());
	check_all(&base);
}

/*
 * The base's last header resembles one that compose adds: a page for parameters
 * that has data or a flag, or a size that equals the address of such a page.
 */
static void test_headers_like_added_ones(void **state)
{
	static const struct {
		size_t nr;
		struct extra extra[3];
	} bases[] = {
		{ 1, { { 0x302, 24, { { 0, 8, ROM_PARAMETERS },
				      { 8, 4, NATIVE | SNP },
				      { 12, 4, 1 } } } } },
		{ 1, { { 0x302, 24, { { 0, 8, ROM_PARAMETERS },
				      { 8, 4, NATIVE | SNP },
				      { 16, 4, 2 } } } } },
		{ 2, { { 0x302, 24, { { 0, 8, ROM_PARAMETERS },
				      { 8, 4, NATIVE | SNP } } },
		       { 0x301, 16, { { 0, 8, ROM_PARAMETERS } } } } },
		{ 3, { { 0x302, 24, { { 0, 8, ROM_PARAMETERS },
				      { 8, 4, NATIVE | SNP } } },
		       { 0x302, 24, { { 0, 8, ROM_HOBS },
				      { 8, 4, NATIVE | SNP } } },
		       { 0x301, 16, { { 0, 8, ROM_HOBS } } } } },
		{ 1, { { 0x301, 16, { { 0, 8, FIRST } } } } },
	};
	struct image base;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bases); i++) {
		base_both(&base, bases[i].extra, bases[i].nr, usual_rom());
		check_all(&base);
	}
}

/* Compose measures the list of parts: otherwise a host could load another list. */
static void test_measured(void **state)
{
	static const struct extra unmeasured[] = {
		{ 0x302, 24, { { 0, 8, ROM_HOBS - PAGE }, { 8, 4, SNP },
			       { 16, 4, 2 }, { 0, 0, 0 } } },
		{ 0x302, 24, { { 0, 8, ROM_HOBS }, { 8, 4, SNP },
			       { 16, 4, 2 }, { 0, 0, 0 } } },
		{ 0x302, 24, { { 0, 8, 0x900000 }, { 8, 4, SNP },
			       { 0, 0, 0 } } },
	};
	struct vmfw_igvm_header header = { 0 };
	struct image base, image;
	unsigned int lists = 0;

	(void)state;
	base_both(&base, unmeasured, ARRAY_SIZE(unmeasured), usual_rom());
	compose(&base, &both, &image);
	while (vmfw_igvm_next(&image.igvm, &header)) {
		if (header.type != VMFW_IGVM_T_PAGE_DATA ||
		    get_le64(header.content) != ROM_HOBS)
			continue;
		assert_int_equal(get_le32(header.content + 16), 0);
		lists++;
	}
	assert_int_equal(lists, 2);
	check_restored(&image, &base);
	close_image(&image);
}

/*
 * Decompose restores the flags of the list's page, if it was a measured one. Pages
 * in front of it are unmeasured, but no neighbours: for another platform, at
 * another address, with data, or for parameters. So they belong to other sections.
 */
static void test_measured_in_base(void **state)
{
	static const struct extra before[][2] = {
		{ { 0x302, 24, { { 0, 8, ROM_HOBS - PAGE },
				 { 8, 4, NATIVE | SNP }, { 16, 4, 2 } } } },
		{ { 0x302, 24, { { 0, 8, ROM_HOBS - PAGE }, { 8, 4, NATIVE },
				 { 16, 4, 2 } } } },
		{ { 0x302, 24, { { 0, 8, ROM_HOBS - 2 * PAGE }, { 8, 4, SNP },
				 { 16, 4, 2 } } } },
		{ { 0x302, 24, { { 0, 8, ROM_HOBS + PAGE }, { 8, 4, SNP },
				 { 16, 4, 2 } } } },
		{ { 0x302, 24, { { 0, 8, ROM_HOBS - PAGE }, { 8, 4, SNP },
				 { 12, 4, 1 }, { 16, 4, 2 } } } },
		{ { 0x301, 16, { { 0, 8, PAGE } } },
		  { 0x303, 16, { { 0, 8, ROM_HOBS - PAGE }, { 8, 4, SNP } } } },
	};
	struct extra extra[4] = { 0 };
	struct image base, image;
	size_t i, nr;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(before); i++) {
		nr = before[i][1].type ? 2 : 1;
		memcpy(extra, before[i], sizeof(before[i]));
		extra[nr] = zeroes[1];
		extra[nr + 1] = zeroes[2];
		base_both(&base, extra, nr + 2, usual_rom());
		compose(&base, &both, &image);
		check_restored(&image, &base);
		close_image(&image);
	}
}

static const struct extra required = {
	0x305, 24, { { 0, 8, ROM_PARAMETERS }, { 8, 4, NATIVE | SNP },
		     { 12, 4, 2 * PAGE } }
};

/* A request for memory loads nothing, so compose still adds pages there. */
static void test_required_memory(void **state)
{
	struct image base, image;
	uint8_t page[PAGE];

	(void)state;
	base_both(&base, &required, 1, usual_rom());
	check_all(&base);
	compose(&base, &both, &image);
	read_memory(&image, ROM_PARAMETERS, page, PAGE);
	close_image(&image);
}

/* The order is: the base's directives, all pages, the registers, and the ID block. */
static void test_order(void **state)
{
	static uint8_t id_block[VMFW_IGVM_ID_BLOCK_SIZE];
	struct vmfw_igvm_compose_options options = both;
	struct vmfw_igvm_header header = { 0 };
	struct image base, image;
	uint32_t context = 0, last = 0, id = 0;
	uint64_t gpa = 0;

	(void)state;
	put_le32(id_block, SNP);
	put_le32(id_block + 96, 1);
	options.id_block = id_block;
	base_both(&base, &required, 1, usual_rom());
	compose(&base, &options, &image);
	while (vmfw_igvm_next(&image.igvm, &header)) {
		if (header.type == VMFW_IGVM_T_VP_CONTEXT)
			context = header.index;
		if (header.type == VMFW_IGVM_T_SNP_ID_BLOCK)
			id = header.index;
		if (header.type != VMFW_IGVM_T_PAGE_DATA)
			continue;
		last = header.index;
		if (get_le64(header.content) == 0xfffff000)
			continue;
		assert_true(get_le64(header.content) > gpa);
		gpa = get_le64(header.content);
	}
	assert_int_equal(context, last + 1);
	assert_int_equal(id, last + 2);
	assert_int_equal(id, image.igvm.nr_headers - 1);
	check_restored(&image, &base);
	close_image(&image);
}

/* A file can have a part of each type, an ID block, and a page above all parts. */
static void test_all_types(void **state)
{
	static const unsigned int types[] = {
		VMFW_IGVM_PART_KERNEL, VMFW_IGVM_PART_SHIM, VMFW_IGVM_PART_DBX,
		VMFW_IGVM_PART_DB, VMFW_IGVM_PART_KEK, VMFW_IGVM_PART_PK,
	};
	static const struct extra above = {
		0x302, 24, { { 0, 8, 1ull << 43 }, { 8, 4, NATIVE | SNP } }
	};
	static uint8_t id_block[VMFW_IGVM_ID_BLOCK_SIZE];
	struct vmfw_igvm_part all[ARRAY_SIZE(types)], *found;
	const struct vmfw_igvm_compose_options options = {
		.parts = all,
		.nr_parts = ARRAY_SIZE(all),
		.id_block = id_block,
	};
	struct vmfw_igvm_obstacle why;
	struct image base, image;
	size_t i, nr;

	(void)state;
	assert_int_equal(ARRAY_SIZE(types), VMFW_IGVM_MAX_PARTS);
	for (i = 0; i < ARRAY_SIZE(all); i++)
		all[i] = (struct vmfw_igvm_part) {
			types[i], 0, DB_SIZE + i, read_bytes, kernel
		};
	put_le32(id_block, SNP);
	put_le32(id_block + 96, 1);
	base_both(&base, &above, 1, usual_rom());
	compose(&base, &options, &image);
	found = calloc(VMFW_IGVM_MAX_PARTS, sizeof(*found));
	assert_non_null(found);
	assert_int_equal(vmfw_igvm_parts(&image.igvm, found, &nr, &why), 0);
	assert_int_equal(nr, ARRAY_SIZE(types));
	for (i = 0; i < nr; i++) {
		assert_int_equal(found[i].gpa, FIRST + i * PAGE);
		if (i)
			assert_true(found[i].type > found[i - 1].type);
	}
	free(found);
	check_restored(&image, &base);
	close_image(&image);
}

/* After parts of whole pages, the file has no padding. */
static void test_whole_pages(void **state)
{
	static struct vmfw_igvm_part whole[] = {
		{ VMFW_IGVM_PART_DB, 0, PAGE, read_bytes, kernel },
		{ VMFW_IGVM_PART_KERNEL, 0, 2 * PAGE, read_bytes, kernel },
	};
	const struct vmfw_igvm_compose_options options = {
		.parts = whole,
		.nr_parts = ARRAY_SIZE(whole),
	};
	struct vmfw_igvm_header header = { 0 };
	struct image base, image;
	uint8_t bytes[2 * PAGE];
	uint64_t end = 0;

	(void)state;
	base_native(&base);
	compose(&base, &options, &image);
	read_memory(&image, FIRST, bytes, PAGE);
	assert_memory_equal(bytes, kernel, PAGE);
	read_memory(&image, FIRST + PAGE, bytes, 2 * PAGE);
	assert_memory_equal(bytes, kernel, 2 * PAGE);
	while (vmfw_igvm_next(&image.igvm, &header))
		if (header.type == VMFW_IGVM_T_PAGE_DATA)
			end = get_le64(header.content) + PAGE;
	assert_int_equal(end, FIRST + 3 * PAGE);
	check_restored(&image, &base);
	close_image(&image);
	close_image(&base);
}

/* Compose places parts at addresses that the base does not use. */
static void test_places(void **state)
{
	static const struct extra occupied[] = {
		{ 0x305, 24, { { 0, 8, FIRST + PAGE }, { 8, 4, NATIVE },
			       { 12, 4, PAGE }, { 0, 0, 0 } } },
		{ 0x302, 24, { { 0, 8, FIRST + 3 * PAGE }, { 8, 4, SNP },
			       { 0, 0, 0 } } },
	};
	const struct vmfw_igvm_part *placed;
	struct vmfw_igvm_obstacle why;
	struct vmfw_igvm_draft *draft;
	struct image base;
	size_t i, nr;

	(void)state;
	for (i = 1; i <= ARRAY_SIZE(occupied); i++) {
		base_both(&base, occupied, i, usual_rom());
		assert_int_equal(vmfw_igvm_compose(&base.igvm, &both, &draft,
						   &why), 0);
		placed = vmfw_igvm_draft_parts(draft, &nr);
		assert_int_equal(placed[0].gpa, FIRST);
		assert_int_equal(placed[1].gpa, FIRST + 2 * i * PAGE);
		vmfw_igvm_draft_free(draft);
	}
}

/* The base already has a page at each border of the added areas and parts. */
static void test_neighbours(void **state)
{
	static const uint64_t neighbours[] = {
		FIRST - PAGE, FIRST + 4 * PAGE, ROM_PARAMETERS - PAGE,
		ROM_HOBS + PAGE,
	};
	struct extra pages[ARRAY_SIZE(neighbours)];
	struct image base;
	unsigned int data;
	size_t i;

	(void)state;
	/* With data, and without. */
	for (data = 0; data < 2; data++) {
		for (i = 0; i < ARRAY_SIZE(neighbours); i++) {
			pages[i] = (struct extra) {
				0x302, 24, { { 0, 8, neighbours[i] },
					     { 8, 4, NATIVE | SNP },
					     { 12, 4, data }, { 0, 0, 0 } }
			};
			base_both(&base, &pages[i], 1, usual_rom());
			check_all(&base);
		}
		base_both(&base, pages, ARRAY_SIZE(pages), usual_rom());
		check_all(&base);
	}
}

static void refuse(const struct image *base,
		   const struct vmfw_igvm_compose_options *options,
		   const char *text, uint64_t value)
{
	struct vmfw_igvm_obstacle why = { "", value == NO_VALUE, 0 };
	struct vmfw_igvm_draft *draft;

	assert_int_equal(vmfw_igvm_compose(&base->igvm, options, &draft, &why),
			 -EINVAL);
	if (!strstr(why.text, text))
		fail_msg("'%s' instead of '%s'", why.text, text);
	assert_int_equal(why.has_value, value != NO_VALUE);
	if (why.has_value)
		assert_int_equal(why.value, value);
}

static void test_refused_bases(void **state)
{
	static const struct {
		struct extra extra;
		const char *text;
		uint64_t value;
	} cases[] = {
		{ { 0x302, 24, { { 0, 8, ROM_HOBS }, { 8, 4, SNP },
				 { 12, 4, 1 } } },
		  "list of parts already", ROM_HOBS },
		{ { 0x302, 24, { { 0, 8, ROM_HOBS }, { 8, 4, SNP },
				 { 16, 4, 4 } } },
		  "already uses", ROM_HOBS },
		{ { 0x302, 24, { { 0, 8, ROM_HOBS }, { 8, 4, SNP },
				 { 20, 2, 1 } } },
		  "already uses", ROM_HOBS },
		{ { 0x302, 24, { { 0, 8, 0x800000 }, { 8, 4, SNP },
				 { 16, 4, 1 } } },
		  "already uses", 0x800000 },
		{ { 0x30d, 16, { { 0, 8, ROM_HOBS }, { 8, 4, SNP },
				 { 12, 4, PAGE } } },
		  "something else", ROM_HOBS },
		/* The base uses all memory from 64 MiB to more than 2 GiB. */
		{ { 0x305, 24, { { 0, 8, FIRST }, { 8, 4, SNP },
				 { 12, 4, 2048 * MIB } } },
		  "no free memory", DB_SIZE },
		{ { 0x80000350, 8, { { 0, 8, 1 } } },
		  "cannot keep a header", 0x80000350 },
		{ { 0x30b, 696, { { 0, 4, SNP }, { 96, 4, 1 } } },
		  "ID block", 4 },
	};
	struct image base;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		base_both(&base, &cases[i].extra, 1, usual_rom());
		refuse(&base, &both, cases[i].text, cases[i].value);
	}
}

/* Return the place of a page's data in the file, for changes. */
static uint8_t *bytes_at(struct image *image, uint64_t gpa)
{
	struct vmfw_igvm_header header = { 0 };

	while (vmfw_igvm_next(&image->igvm, &header))
		if (header.type == VMFW_IGVM_T_PAGE_DATA &&
		    get_le64(header.content) == gpa)
			return image->bytes + get_le32(header.content + 12);
	fail();
	return NULL;
}

/* A large page at the address of the list takes more memory than the list. */
static void test_list_in_large_page(void **state)
{
	static const uint32_t rows[][3] = { { 0x800000, PAGE, ROM_HOB_AREA } };
	static const struct extra large = {
		0x302, 24, { { 0, 8, 0x800000 }, { 8, 4, SNP }, { 16, 4, 1 } }
	};
	uint8_t rom[PAGE] = { 0 };
	struct image base;

	(void)state;
	rom_announce(rom, PAGE, rows, ARRAY_SIZE(rows));
	base_both(&base, &large, 1, rom);
	refuse(&base, &both, "already uses", 0x800000);
}

/* For one platform, the base may end with a page where the list is, even at address 0. */
static void test_list_at_address_zero(void **state)
{
	static const uint32_t rows[][3] = { { 0, PAGE, ROM_HOB_AREA } };
	static const struct extra page = {
		0x302, 24, { { 0, 8, 0 }, { 8, 4, SNP } }
	};
	struct image base, image;
	uint8_t rom[PAGE] = { 0 };

	(void)state;
	rom_announce(rom, PAGE, rows, ARRAY_SIZE(rows));
	base_both(&base, &page, 1, rom);
	compose(&base, &both, &image);
	check_restored(&image, &base);
	close_image(&image);
}

/* Read a file of which the page of the list is unreadable. */
static int read_no_list(void *arg, uint64_t offset, void *buf, size_t len)
{
	struct image *image = arg;

	if (image->bytes + offset == bytes_at(image, ROM_HOBS))
		return -EIO;
	memcpy(buf, image->bytes + offset, len);
	return 0;
}

/* The base may have data for the list, if all bytes are zero. */
static void test_list_of_zeroes(void **state)
{
	static const struct extra list = {
		0x302, 24, { { 0, 8, ROM_HOBS }, { 8, 4, NATIVE | SNP },
			     { 12, 4, 2 } }
	};
	struct vmfw_igvm_obstacle why;
	struct vmfw_igvm_draft *draft;
	struct image base, image;
	uint8_t *page;

	(void)state;
	base_both(&base, &list, 1, usual_rom());
	compose(&base, &both, &image);
	check_parts(&image);
	close_image(&image);

	page = bytes_at(&base, ROM_HOBS);
	page[PAGE - 1] = 1;
	refuse(&base, &both, "list of parts already", ROM_HOBS);
	page[PAGE - 1] = 0;

	base.igvm.input.head_len = base.igvm.headers_end;
	base.igvm.input.read = read_no_list;
	base.igvm.input.arg = &base;
	assert_int_equal(vmfw_igvm_compose(&base.igvm, &both, &draft, &why),
			 -EIO);
	assert_null(draft);
}

static void test_vbs(void **state)
{
	static struct file file;
	struct image base = { .bytes = file.bytes };
	uint32_t offset;

	(void)state;
	file_begin(&file, 1, 0);
	HEADER(&file, 0x001, 16, { 0, 4, VBS }, { 5, 1, 1 }, { 6, 2, 1 },);
	HEADER(&file, 0x302, 24, { 0, 8, 0xfffff000 }, { 8, 4, VBS },);
	HEADER(&file, 0x311, 864, { 0, 4, VBS },);
	offset = file_data(&file, usual_rom(), PAGE);
	file_put(file_content(&file, 1) + 12, 4, offset);
	file_seal(&file);
	base.size = file.size;
	open_image(&base);
	refuse(&base, &both, "VBS measurement", 2);
}

/* Read a file of nearly 4 GiB, of which only the start is in memory. */
static int read_sparse(void *arg, uint64_t offset, void *buf, size_t len)
{
	const struct image *image = arg;

	memset(buf, 0, len);
	if (offset < image->size && len <= image->size - offset)
		memcpy(buf, image->bytes + offset, len);
	return 0;
}

static void test_large_base(void **state)
{
	static const struct vmfw_igvm_part megabyte = {
		.type = VMFW_IGVM_PART_KERNEL, .size = MIB,
	};
	static const struct vmfw_igvm_compose_options options = {
		.parts = &megabyte, .nr_parts = 1,
	};
	struct image base;
	struct vmfw_igvm_input input = { .read = read_sparse, .arg = &base };
	struct vmfw_igvm_obstacle why;
	struct vmfw_igvm_draft *draft;
	/* The headers of the list and of the kernel, then both as data. */
	const uint64_t added = 32 + 256 * 32 + PAGE + MIB;

	(void)state;
	base_native(&base);
	input.head = base.bytes;
	input.head_len = base.igvm.headers_end;
	input.size = UINT32_MAX - added + 1;
	put_le32(base.bytes + 16, input.size);
	put_le32(base.bytes + 20, 0);
	put_le32(base.bytes + 20, crc32(0, base.bytes, input.head_len));
	assert_int_equal(vmfw_igvm_check(&base.igvm, &input, rom_complain, NULL),
			 0);
	refuse(&base, &options, "smaller than 4 GiB", 1ull << 32);
	/* One byte less is enough. */
	base.igvm.input.size--;
	assert_int_equal(vmfw_igvm_compose(&base.igvm, &options, &draft, &why),
			 0);
	assert_int_equal(vmfw_igvm_draft_input(draft)->size, UINT32_MAX);
	vmfw_igvm_draft_free(draft);
	close_image(&base);
}

/* A part may fill all memory from 64 MiB to 2 GiB. */
static void test_largest_part(void **state)
{
	const uint64_t most = 2048 * MIB - FIRST;
	struct vmfw_igvm_part part = {
		.type = VMFW_IGVM_PART_KERNEL, .size = most + 1,
	};
	const struct vmfw_igvm_compose_options options = {
		.parts = &part, .nr_parts = 1,
	};
	struct vmfw_igvm_obstacle why;
	struct vmfw_igvm_draft *draft;
	struct image base;
	size_t nr;

	(void)state;
	base_native(&base);
	refuse(&base, &options, "no free memory", most + 1);
	part.size = most;
	assert_int_equal(vmfw_igvm_compose(&base.igvm, &options, &draft, &why),
			 0);
	assert_int_equal(vmfw_igvm_draft_parts(draft, &nr)->gpa, FIRST);
	vmfw_igvm_draft_free(draft);
	close_image(&base);
}

static void test_refused_parts(void **state)
{
	static const struct vmfw_igvm_part unknown = {
		.type = 0x300, .size = 1,
	}, empty = {
		.type = VMFW_IGVM_PART_KERNEL,
	}, large = {
		.type = VMFW_IGVM_PART_KERNEL, .size = 2048 * MIB + 1,
	}, too_large = {
		.type = VMFW_IGVM_PART_KERNEL, .size = 2048 * MIB,
	}, twice[] = {
		{ .type = VMFW_IGVM_PART_DB, .size = 1 },
		{ .type = VMFW_IGVM_PART_DB, .size = 1 },
	}, first_too_large[] = {
		{ .type = VMFW_IGVM_PART_KERNEL, .size = 1 },
		{ .type = VMFW_IGVM_PART_DB, .size = 2048 * MIB - PAGE },
	};
	static const struct {
		struct vmfw_igvm_compose_options options;
		const char *text;
		uint64_t value;
	} cases[] = {
		{ { NULL, 0, NULL }, "nothing to add", NO_VALUE },
		{ { &unknown, 1, NULL }, "unknown type of part", 0x300 },
		{ { twice, 2, NULL }, "two parts of this type", 0x102 },
		{ { &empty, 1, NULL }, "this size", 0 },
		{ { &large, 1, NULL }, "this size", 2048 * MIB + 1 },
		{ { &too_large, 1, NULL }, "no free memory", 2048 * MIB },
		/* The obstacle names the size of the first such part. */
		{ { first_too_large, 2, NULL }, "no free memory",
		  2048 * MIB - PAGE },
	};
	struct image base;
	size_t i;

	(void)state;
	base_native(&base);
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		refuse(&base, &cases[i].options, cases[i].text,
		       cases[i].value);
	close_image(&base);
}

static void test_firmware(void **state)
{
	static const uint32_t no_list[][3] = {
		{ ROM_PARAMETERS, PAGE, ROM_PARAMETER_AREA },
	}, broken[][3] = {
		{ ROM_HOBS + 1, PAGE, ROM_HOB_AREA },
	}, swapped[][3] = {
		{ ROM_HOBS, PAGE, ROM_HOB_AREA },
		{ ROM_HOBS + PAGE, 3 * PAGE, ROM_PARAMETER_AREA },
	}, high[][3] = {
		{ 0x70000000, PAGE, ROM_HOB_AREA },
		{ 0x7fffd000, PAGE, ROM_PARAMETER_AREA },
	};
	struct image base, image;
	uint8_t rom[PAGE] = { 0 };

	(void)state;
	base_both(&base, NULL, 0, rom);
	refuse(&base, &both, "looks for parts", NO_VALUE);
	check_no_parts(&base);
	rom_announce(rom, PAGE, no_list, ARRAY_SIZE(no_list));
	base_both(&base, NULL, 0, rom);
	refuse(&base, &both, "looks for parts", NO_VALUE);
	rom_announce(rom, PAGE, broken, ARRAY_SIZE(broken));
	base_both(&base, NULL, 0, rom);
	refuse(&base, &both, "multiple of 4 KiB", 0xfffffe10);
	/* Parts are above both areas, even if these are high in memory. */
	rom_announce(rom, PAGE, high, ARRAY_SIZE(high));
	base_both(&base, NULL, 0, rom);
	refuse(&base, &both, "no free memory", KERNEL_SIZE);
	/* Pages are in ascending order, whichever area is lower. */
	rom_announce(rom, PAGE, swapped, ARRAY_SIZE(swapped));
	base_both(&base, NULL, 0, rom);
	compose(&base, &both, &image);
	check_restored(&image, &base);
	close_image(&image);
	rom_announce(rom, PAGE, high, ARRAY_SIZE(high));
	put_le32(rom + PAGE - ROM_LIST + 16 + 12, 0x6fffe000);
	base_both(&base, NULL, 0, rom);
	compose(&base, &both, &image);
	check_restored(&image, &base);
	close_image(&image);
}

/* The firmware is in the last 16 MiB. An area may lie in pages below these. */
static void test_pages_below_the_firmware(void **state)
{
	static const uint32_t rows[][3] = {
		{ 4 * GIB - 18 * MIB, PAGE, ROM_HOB_AREA },
	};
	static struct file file;
	static uint8_t bytes[PAGE + 2 * MIB];
	struct image image = { .bytes = bytes };
	unsigned int page;

	(void)state;
	file_begin(&file, 1, 0);
	HEADER(&file, 0x001, 16, { 0, 4, NATIVE }, { 6, 2, 1 },);
	/* Nine pages of 2 MiB. Only the last one has data. */
	for (page = 9; page; page--)
		HEADER(&file, 0x302, 24, { 0, 8, 4 * GIB - page * 2 * MIB },
		       { 8, 4, NATIVE }, { 16, 4, 1 },);
	file_put(file_content(&file, 9) + 12, 4, file.size);
	file.headers_end = file.size;
	file.size += 2 * MIB;
	image.size = file.size;
	file_seal(&file);
	memcpy(bytes, file.bytes, file.headers_end);
	rom_announce(bytes + file.headers_end, 2 * MIB, rows, ARRAY_SIZE(rows));
	open_image(&image);
	check_no_parts(&image);
}

/* The base has other firmware for SEV-SNP than for native. */
static void test_firmware_differs(void **state)
{
	static const struct extra other[] = {
		{ 0x302, 24, { { 0, 8, 0xffffe000 }, { 8, 4, SNP },
			       { 12, 4, 1 }, { 0, 0, 0 } } },
	};
	static const uint32_t rows[][3] = {
		{ ROM_HOBS + PAGE, PAGE, ROM_HOB_AREA },
	};
	struct vmfw_igvm_header header = { 0 };
	struct image base;
	unsigned int i;

	(void)state;
	base_both(&base, other, 1, usual_rom());
	for (i = 0; i < 4; i++)
		assert_true(vmfw_igvm_next(&base.igvm, &header));
	put_le32((uint8_t *)header.content + 8, NATIVE);
	assert_true(vmfw_igvm_next(&base.igvm, &header));
	put_le64((uint8_t *)header.content, 0xfffff000);
	rom_announce(base.bytes + get_le32(header.content + 12), PAGE, rows,
		     1);
	refuse(&base, &both, "at different places", ROM_HOBS + PAGE);
}

static void test_areas(void **state)
{
	static const struct {
		uint32_t rows[3][3];
		const char *text;	/* NULL: the areas are right */
	} cases[] = {
		/* The largest area, and one that ends where the firmware begins. */
		{ { { 0x1000, 0x100000, 0x200 }, { 0xffffe000, PAGE, 0x100 } },
		  NULL },
		{ { { 0x1001, PAGE, 0x200 }, { 0, 0, 0x101 } },
		  "multiple of 4 KiB" },
		{ { { 0x1000, 0, 0x200 }, { 0, 0, 0x101 } }, "from 4 KiB to 1 MiB" },
		{ { { 0x1000, 12, 0x200 }, { 0, 0, 0x101 } }, "from 4 KiB to 1 MiB" },
		{ { { 0x1000, 0x101000, 0x200 }, { 0, 0, 0x101 } },
		  "from 4 KiB to 1 MiB" },
		{ { { 0xfffff000, PAGE, 0x200 }, { 0, 0, 0x101 } },
		  "overlaps the firmware" },
		{ { { 0x1000, PAGE, 0x200 }, { 0x3000, PAGE, 0x200 } },
		  "two areas of this type" },
		{ { { 0x1000, 2 * PAGE, 0x200 }, { 0x2000, PAGE, 0x100 } },
		  "two areas overlap" },
		{ { { 0x2000, PAGE, 0x200 }, { 0x1000, 2 * PAGE, 0x100 } },
		  "two areas overlap" },
		/* Areas that overlap do not hide the fault of a third one. */
		{ { { 0x1000, 2 * PAGE, 0x200 }, { 0x2000, PAGE, 0x100 },
		    { 0x3000, PAGE, 0x200 } }, "two areas of this type" },
		{ { { 0x1000, 2 * PAGE, 0x200 }, { 0x2000, PAGE, 0x100 },
		    { 0x3001, PAGE, 0x100 } }, "multiple of 4 KiB" },
		/* One area may begin where the other ends. */
		{ { { 0x1000, PAGE, 0x200 }, { 0x2000, PAGE, 0x100 } }, NULL },
		{ { { 0x2000, PAGE, 0x200 }, { 0x1000, PAGE, 0x100 } }, NULL },
	};
	static const uint32_t twice[][3] = {
		{ 0x1000, PAGE, 0x200 },
		{ 0x3000, PAGE, 0x200 },
	};
	struct vmfw_igvm_rom_fault fault;
	struct vmfw_igvm_rom_areas areas;
	uint8_t rom[PAGE] = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		/* A row of zeroes is an entry of another kind. */
		rom_announce(rom, PAGE, cases[i].rows, 3);
		assert_int_equal(vmfw_igvm_rom_areas(rom, PAGE, &areas, &fault),
				 cases[i].text ? -EINVAL : 0);
		if (cases[i].text && !strstr(fault.text, cases[i].text))
			fail_msg("'%s' instead of '%s'", fault.text,
				 cases[i].text);
	}
	/* The second row does not count after the end of the list. */
	rom_announce(rom, PAGE, twice, 2);
	assert_int_equal(vmfw_igvm_rom_areas(rom, PAGE, &areas, &fault),
			 -EINVAL);
	rom_announce(rom, PAGE, twice, 1);
	assert_int_equal(vmfw_igvm_rom_areas(rom, PAGE, &areas, &fault), 0);
	assert_int_equal(areas.hobs.start, 0x1000);
	assert_int_equal(areas.hobs.end, 0x1000 + PAGE);
	assert_int_equal(areas.parameters.end, 0);
	assert_int_equal(vmfw_igvm_rom_areas(rom, PAGE - 1, &areas, &fault),
			 -EINVAL);
	rom_announce_usual(rom, PAGE);
	assert_int_equal(vmfw_igvm_rom_areas(rom, PAGE, &areas, &fault), 0);
	assert_int_equal(areas.parameters.start, ROM_PARAMETERS);
	assert_int_equal(areas.parameters.end, ROM_PARAMETERS + PAGE);
	assert_int_equal(areas.hobs.start, ROM_HOBS);
	assert_int_equal(areas.hobs.end, ROM_HOBS + PAGE);
}

/* After a change of the list, the library may list parts, but restores no base. */
static void test_other_lists(void **state)
{
	static const struct {
		size_t at;
		uint64_t value;
		const char *text;	/* NULL: the list is readable */
		size_t nr;
	} cases[] = {
		{ 48 + 40, 0x300, "unknown type", 0 },
		{ 48 + 40, 0x102, "two parts of this type", 0 },
		{ 32, 0, "cannot be at", 0 },
		{ 24, (1ull << 32) - 1, "cannot be at", 0 },
		{ 24, (1ull << 32) - DB_SIZE + 1, "cannot be at", 0 },
		{ 24, UINT64_MAX - 10, "cannot be at", 0 },
		{ 24, 0x1000000, "not in the file", 0 },
		{ 24, FIRST - 1, "not in the file", 0 },
		{ 32, 5 * PAGE, "not in the file", 0 },
		{ 32, 4 * PAGE + 1, "not in the file", 0 },
		/* Up to the end of the file's pages. */
		{ 32, 4 * PAGE, NULL, 2 },
		{ 2, 47, NULL, 0 },
		{ 2, 49, NULL, 0 },
		{ 0, 5, NULL, 0 },
		{ 8, 5, NULL, 0 },
		{ 48, 0, NULL, 1 },
		{ 32, PAGE + 1, NULL, 2 },
		/* The last bytes below 4 GiB, which are those of the firmware. */
		{ 24, (1ull << 32) - DB_SIZE, NULL, 2 },
		{ 104, 1, NULL, 2 },
	};
	struct vmfw_igvm_part found[VMFW_IGVM_MAX_PARTS];
	struct vmfw_igvm_obstacle why;
	struct vmfw_igvm_draft *draft;
	struct image base, image;
	size_t i, nr;

	(void)state;
	base_native(&base);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t *hobs;

		compose(&base, &both, &image);
		hobs = bytes_at(&image, ROM_HOBS);
		if (cases[i].at == 2)
			put_le16(hobs + 2, cases[i].value);
		else
			put_le64(hobs + cases[i].at, cases[i].value);
		assert_int_equal(vmfw_igvm_parts(&image.igvm, found, &nr, &why),
				 cases[i].text ? -EINVAL : 0);
		if (cases[i].text && !strstr(why.text, cases[i].text))
			fail_msg("'%s' instead of '%s'", why.text,
				 cases[i].text);
		if (!cases[i].text)
			assert_int_equal(nr, cases[i].nr);
		assert_int_equal(vmfw_igvm_decompose(&image.igvm, &draft, &why),
				 -EINVAL);
		close_image(&image);
	}
	close_image(&base);
}

/* Change a number in the list of one platform. The other keeps its list. */
static void check_difference(const struct image *base,
			     const struct vmfw_igvm_compose_options *options,
			     uint32_t mask, size_t at, uint64_t value)
{
	struct vmfw_igvm_part found[VMFW_IGVM_MAX_PARTS];
	struct vmfw_igvm_header header = { 0 };
	struct vmfw_igvm_obstacle why;
	struct image image;
	uint8_t *other;
	size_t nr;

	compose(base, options, &image);
	/* A copy of the list, in place of a page of a part. */
	other = bytes_at(&image, FIRST);
	memcpy(other, bytes_at(&image, ROM_HOBS), PAGE);
	while (vmfw_igvm_next(&image.igvm, &header))
		if (header.type == VMFW_IGVM_T_PAGE_DATA &&
		    get_le64(header.content) == ROM_HOBS &&
		    get_le32(header.content + 8) == mask)
			put_le32((uint8_t *)header.content + 12,
				 other - image.bytes);
	assert_int_equal(vmfw_igvm_parts(&image.igvm, found, &nr, &why), 0);
	put_le64(other + at, value);
	memset(found, 0, sizeof(found));
	assert_int_equal(vmfw_igvm_parts(&image.igvm, found, &nr, &why),
			 -EINVAL);
	assert_string_equal(why.text, "platforms have different parts");
	close_image(&image);
}

/*
 * Two platforms have different lists, both valid. The lists differ in one number
 * of a part, or in the number of parts.
 */
static void test_lists_differ(void **state)
{
	static const struct {
		size_t at;
		uint64_t value;
	} differences[] = {
		{ 24, FIRST + PAGE },
		{ 32, DB_SIZE + 1 },
		{ 40, VMFW_IGVM_PART_DBX },
		{ 48 + 24, FIRST },
		{ 48 + 32, KERNEL_SIZE - 1 },
		{ 48 + 40, VMFW_IGVM_PART_SHIM },
		{ 48, 0 },
		{ 0, 0 },
	};
	static const struct vmfw_igvm_compose_options only_db = {
		.parts = parts + 1,
		.nr_parts = 1,
	};
	struct image base;
	uint32_t mask;
	size_t i;

	(void)state;
	base_both(&base, zeroes, ARRAY_SIZE(zeroes), usual_rom());
	for (mask = NATIVE; mask <= SNP; mask++) {
		for (i = 0; i < ARRAY_SIZE(differences); i++)
			check_difference(&base, &both, mask, differences[i].at,
					 differences[i].value);
		check_difference(&base, &only_db, mask, 32, DB_SIZE + 1);
	}
}

static void check_foreign(const struct image *image, const char *text)
{
	struct vmfw_igvm_obstacle why = { .text = "" };
	struct vmfw_igvm_draft *draft;

	assert_int_equal(vmfw_igvm_decompose(&image->igvm, &draft, &why),
			 -EINVAL);
	assert_non_null(strstr(why.text, text));
}

/* The list is the file data of a parameter area, not a page. */
static void test_list_of_parameters(void **state)
{
	static const struct extra area[] = {
		{ 0x302, 24, { { 0, 8, 0x900000 }, { 8, 4, NATIVE | SNP },
			       { 12, 4, 1 }, { 0, 0, 0 } } },
		{ 0x301, 16, { { 0, 8, PAGE }, { 12, 4, 0 }, { 0, 0, 0 } } },
		{ 0x303, 16, { { 0, 8, ROM_HOBS }, { 8, 4, NATIVE | SNP },
			       { 0, 0, 0 } } },
	};
	struct vmfw_igvm_part found[VMFW_IGVM_MAX_PARTS];
	struct vmfw_igvm_header header = { 0 };
	struct vmfw_igvm_obstacle why;
	struct image base;
	uint32_t data = 0;
	size_t nr;

	(void)state;
	base_both(&base, area, ARRAY_SIZE(area), usual_rom());
	while (vmfw_igvm_next(&base.igvm, &header)) {
		if (header.type == VMFW_IGVM_T_PAGE_DATA)
			data = get_le32(header.content + 12);
		if (header.type == VMFW_IGVM_T_PARAMETER_AREA)
			put_le32((uint8_t *)header.content + 12, data);
	}
	put_hob(base.bytes + data, 0x201, 0x900000, 5);
	assert_int_equal(vmfw_igvm_parts(&base.igvm, found, &nr, &why), 0);
	assert_int_equal(nr, 1);
	check_foreign(&base, "not as compose writes it");
}

/*
 * Files that compose did not write: a byte after a part is not zero, a page of a
 * part has a flag, or there are no parts.
 */
static void test_other_files(void **state)
{
	struct vmfw_igvm_header header = { 0 };
	struct image base, image;
	uint8_t *after;

	(void)state;
	base_native(&base);
	compose(&base, &both, &image);
	after = bytes_at(&image, FIRST) + DB_SIZE;
	*after = 1;
	check_foreign(&image, "not as compose writes it");
	*after = 0;
	while (vmfw_igvm_next(&image.igvm, &header))
		if (get_le64(header.content) == FIRST)
			put_le32((uint8_t *)header.content + 16, 2);
	check_foreign(&image, "not as compose writes it");
	close_image(&image);

	check_foreign(&base, "no parts");
	close_image(&base);
}

/*
 * The firmware expects parameters, for which the file has no page. Compose would
 * write one more header to a file of the same size. The memory of the headers ends
 * before this header.
 */
static void test_missing_page(void **state)
{
	static const uint32_t rows[][3] = { { ROM_HOBS, PAGE, ROM_HOB_AREA } };
	uint8_t rom[PAGE] = { 0 }, *head;
	struct image base, image;
	size_t len;

	(void)state;
	rom_announce(rom, PAGE, rows, ARRAY_SIZE(rows));
	base_both(&base, NULL, 0, rom);
	compose(&base, &both, &image);
	rom_announce_usual(bytes_at(&image, 0xfffff000), PAGE);
	len = image.igvm.headers_end;
	head = malloc(len);
	assert_non_null(head);
	memcpy(head, image.bytes, len);
	image.igvm.input.head = head;
	image.igvm.input.head_len = len;
	image.igvm.input.size += 32;
	image.igvm.input.read = read_sparse;
	image.igvm.input.arg = &image;
	check_foreign(&image, "not as compose writes it");
	free(head);
	close_image(&image);
}

/* Damage each byte of the headers and of the list in turn. */
static void test_damage(void **state)
{
	struct vmfw_igvm_part found[VMFW_IGVM_MAX_PARTS];
	struct vmfw_igvm_obstacle why;
	struct vmfw_igvm_draft *draft;
	struct image base, image;
	uint8_t *hobs;
	size_t i, nr;

	(void)state;
	base_both(&base, zeroes, ARRAY_SIZE(zeroes), usual_rom());
	compose(&base, &both, &image);
	hobs = bytes_at(&image, ROM_HOBS);
	for (i = 0; i < image.igvm.headers_end + 128; i++) {
		uint8_t *p = i < image.igvm.headers_end ? image.bytes + i :
			     hobs + i - image.igvm.headers_end;
		struct image damaged = image;
		uint8_t was = *p;

		*p ^= 0x11;
		/* Any result is right here. Sanitizers report memory errors. */
		vmfw_igvm_check(&damaged.igvm, &image.igvm.input, NULL, NULL);
		if (!vmfw_igvm_parts(&image.igvm, found, &nr, &why) &&
		    !vmfw_igvm_decompose(&image.igvm, &draft, &why))
			vmfw_igvm_draft_free(draft);
		*p = was;
	}
	close_image(&image);
}

static unsigned int answers_left;
static bool stopped;

static bool answer_stop(void *arg)
{
	(void)arg;
	if (!answers_left)
		stopped = true;
	else
		answers_left--;
	return stopped;
}

static int try_compose(const struct image *image)
{
	struct vmfw_igvm_obstacle why;
	struct vmfw_igvm_draft *draft = (struct vmfw_igvm_draft *)kernel;
	int err = vmfw_igvm_compose(&image->igvm, &both, &draft, &why);

	assert_int_equal(!draft, !!err);
	vmfw_igvm_draft_free(draft);
	return err;
}

static int try_parts(const struct image *image)
{
	struct vmfw_igvm_part found[VMFW_IGVM_MAX_PARTS];
	struct vmfw_igvm_obstacle why;
	size_t nr;

	return vmfw_igvm_parts(&image->igvm, found, &nr, &why);
}

static int try_decompose(const struct image *image)
{
	struct vmfw_igvm_obstacle why;
	struct vmfw_igvm_draft *draft = (struct vmfw_igvm_draft *)kernel;
	int err = vmfw_igvm_decompose(&image->igvm, &draft, &why);

	assert_int_equal(!draft, !!err);
	vmfw_igvm_draft_free(draft);
	return err;
}

/* Whichever answer stops a function, it returns -ECANCELED. */
static void stop_each(struct image *image,
		      int (*run)(const struct image *image))
{
	unsigned int n;
	int err;

	image->igvm.input.stop = answer_stop;
	for (n = 0;; n++) {
		answers_left = n;
		stopped = false;
		err = run(image);
		if (!stopped)
			break;
		assert_int_equal(err, -ECANCELED);
	}
	assert_int_equal(err, 0);
	assert_true(n);
	image->igvm.input.stop = NULL;
}

static void test_stops(void **state)
{
	struct image base, image;

	(void)state;
	base_native(&base);
	compose(&base, &both, &image);
	stop_each(&base, try_compose);
	stop_each(&image, try_parts);
	stop_each(&image, try_decompose);
	close_image(&image);
	close_image(&base);
}

/* Decompose asks once more when it has finished. */
static void test_late_stop(void **state)
{
	struct image base, image;

	(void)state;
	base_native(&base);
	compose(&base, &both, &image);
	image.igvm.input.stop = answer_stop;
	answers_left = UINT_MAX;
	stopped = false;
	assert_int_equal(try_decompose(&image), 0);
	answers_left = UINT_MAX - answers_left - 1;
	assert_int_equal(try_decompose(&image), -ECANCELED);
	close_image(&image);
	close_image(&base);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(vmfw_igvm_part_name(VMFW_IGVM_PART_PK), "PK");
	assert_string_equal(vmfw_igvm_part_name(VMFW_IGVM_PART_KEK), "KEK");
	assert_string_equal(vmfw_igvm_part_name(VMFW_IGVM_PART_DB), "db");
	assert_string_equal(vmfw_igvm_part_name(VMFW_IGVM_PART_DBX), "dbx");
	assert_string_equal(vmfw_igvm_part_name(VMFW_IGVM_PART_SHIM), "shim");
	assert_string_equal(vmfw_igvm_part_name(VMFW_IGVM_PART_KERNEL),
			    "kernel");
	assert_null(vmfw_igvm_part_name(0));
}

static int fill(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(kernel); i++)
		kernel[i] = i * 7 + 1;
	memset(db, 0xdb, sizeof(db));
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_native),
		cmocka_unit_test(test_draft_parts),
		cmocka_unit_test(test_platforms),
		cmocka_unit_test(test_last_page),
		cmocka_unit_test(test_headers_like_added_ones),
		cmocka_unit_test(test_measured),
		cmocka_unit_test(test_measured_in_base),
		cmocka_unit_test(test_required_memory),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_all_types),
		cmocka_unit_test(test_whole_pages),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_neighbours),
		cmocka_unit_test(test_refused_bases),
		cmocka_unit_test(test_list_in_large_page),
		cmocka_unit_test(test_list_at_address_zero),
		cmocka_unit_test(test_list_of_zeroes),
		cmocka_unit_test(test_refused_parts),
		cmocka_unit_test(test_vbs),
		cmocka_unit_test(test_large_base),
		cmocka_unit_test(test_largest_part),
		cmocka_unit_test(test_firmware),
		cmocka_unit_test(test_pages_below_the_firmware),
		cmocka_unit_test(test_firmware_differs),
		cmocka_unit_test(test_areas),
		cmocka_unit_test(test_other_lists),
		cmocka_unit_test(test_lists_differ),
		cmocka_unit_test(test_list_of_parameters),
		cmocka_unit_test(test_other_files),
		cmocka_unit_test(test_missing_page),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_stops),
		cmocka_unit_test(test_late_stop),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("igvm compose", tests, fill, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Images that contain only flat firmware, and contents that a flat firmware
 * cannot have.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <zlib.h>

#include "base/interrupt.h"
#include "file.h"
#include "rom.h"
#include "shared/macro.h"
#include "stage/flatten.h"

#define PAGE	4096u

#define NATIVE	1u
#define SNP	2u

/**
 * struct image - an image that the test makes
 * @file: bytes of the file
 * @igvm: headers of the file
 * @flat: its flat firmware
 * @obstacle: the obstacle, if flatten_plan() finds one
 * @pages: headers whose pages have data
 * @fill: by page, the value of all its bytes
 * @nr: number of pages with data
 */
struct image {
	struct file file;
	struct vmfw_igvm igvm;
	struct flatten flat;
	struct flatten_obstacle obstacle;
	unsigned int pages[8];
	uint8_t fill[8];
	unsigned int nr;
};

/* The signal that has come, or 0; and the one that comes with a read that fails. */
static int signalled, signal_of_read;
/* The result of each read of file data, if @read is fail_to_read(). */
static int read_error;
/* Number of reads that succeed, if @read is read_some(). */
static unsigned int good_reads;
/* A read has failed. */
static bool read_failed;
/* The allocation that fails, counted from 1; 0: none. */
static unsigned int no_memory;

int __wrap_interrupt_seen(void);
int __wrap_interrupt_seen(void)
{
	return signalled;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	return no_memory && !--no_memory ? NULL : __real_malloc(size);
}

static int fail_to_read(void *arg, uint64_t offset, void *buf, size_t len)
{
	(void)arg;
	(void)offset;
	(void)buf;
	(void)len;
	signalled = signal_of_read;
	return read_error;
}

static int read_some(void *arg, uint64_t offset, void *buf, size_t len)
{
	const uint8_t *file = arg;

	if (!good_reads) {
		/* A read that fails may leave any bytes. */
		memset(buf, 0xa5, len);
		read_failed = true;
		return -EIO;
	}
	good_reads--;
	memcpy(buf, file + offset, len);
	return 0;
}

static bool stop_at_once(void *arg)
{
	(void)arg;
	return true;
}

static void page_for(struct image *image, uint64_t gpa, uint32_t mask,
		     uint8_t fill)
{
	image->pages[image->nr] = HEADER(&image->file, 0x302, 24,
					 { 0, 8, gpa }, { 8, 4, mask },);
	image->fill[image->nr++] = fill;
}

static void page(struct image *image, uint64_t gpa, uint8_t fill)
{
	page_for(image, gpa, NATIVE, fill);
}

static void registers(struct image *image, uint64_t gpa, uint32_t mask)
{
	image->pages[image->nr] = HEADER(&image->file, 0x304, 20,
					 { 0, 8, gpa }, { 8, 4, mask },);
	image->fill[image->nr++] = 0;
}

static struct image *begin(void)
{
	struct image *image = calloc(1, sizeof(*image));

	assert_non_null(image);
	file_begin(&image->file, 2, 0);
	HEADER(&image->file, 0x001, 16, { 0, 4, NATIVE }, { 6, 2, 1 },);
	return image;
}

/* Begin an image with two pages of firmware. The test adds more headers. */
static struct image *begin_rom(void)
{
	struct image *image = begin();

	page(image, 4 * GIB - 2 * PAGE, 0x11);
	page(image, 4 * GIB - PAGE, 0x22);
	return image;
}

static bool complain(void *arg, const struct vmfw_igvm_finding *finding)
{
	char line[256];

	(void)arg;
	vmfw_igvm_describe(finding, line, sizeof(line));
	fail_msg("%s", line);
	return false;
}

/* Complete the file, and try to flatten it. */
static int plan(struct image *image, uint64_t multiple)
{
	struct vmfw_igvm_input input = { .head = image->file.bytes };
	uint8_t bytes[PAGE];
	unsigned int i;

	for (i = 0; i < image->nr; i++) {
		uint32_t offset;

		memset(bytes, image->fill[i], sizeof(bytes));
		offset = file_data(&image->file, bytes, sizeof(bytes));
		file_put(file_content(&image->file, image->pages[i]) + 12, 4,
			 offset);
	}
	file_seal(&image->file);
	input.head_len = image->file.size;
	input.size = image->file.size;
	assert_int_equal(vmfw_igvm_check(&image->igvm, &input, complain, NULL),
			 0);
	return flatten_plan(&image->flat, &image->igvm, NATIVE, multiple,
			    &image->obstacle);
}

static void stopped_by(struct image *image, enum flatten_obstacle_kind kind,
		       uint64_t gpa)
{
	char words[FLATTEN_WORDS], address[24];

	assert_int_equal(plan(image, PAGE), -ENOTSUP);
	assert_int_equal(image->obstacle.kind, kind);
	assert_int_equal(image->obstacle.gpa, gpa);
	flatten_describe(&image->obstacle, words, sizeof(words));
	snprintf(address, sizeof(address), "0x%" PRIx64, gpa);
	assert_true(!gpa || strstr(words, address));
	assert_true(strlen(words) >= 20 && strlen(words) <= sizeof(words) - 2);
	free(image);
}

static void same_bytes(const struct flatten *flat, uint64_t offset, size_t len,
		       uint8_t fill)
{
	uint8_t *bytes = malloc(len);
	size_t i;

	assert_non_null(bytes);
	assert_int_equal(flatten_read(flat, offset, bytes, len), 0);
	for (i = 0; i < len; i++)
		assert_int_equal(bytes[i], fill);
	free(bytes);
}

static void test_as_it_is(void **state)
{
	struct image *image = begin_rom();

	(void)state;
	assert_int_equal(plan(image, PAGE), 0);
	assert_int_equal(image->flat.size, 2 * PAGE);
	assert_int_equal(image->flat.padding, 0);
	assert_int_equal(flatten_plan(&image->flat, &image->igvm, NATIVE, 1,
				      &image->obstacle), 0);
	assert_int_equal(image->flat.size, 2 * PAGE);
	assert_int_equal(image->flat.padding, 0);
	same_bytes(&image->flat, 0, PAGE, 0x11);
	same_bytes(&image->flat, PAGE, PAGE, 0x22);
	free(image);
}

static void test_padding(void **state)
{
	struct image *image = begin_rom();
	uint8_t bytes[2];

	(void)state;
	assert_int_equal(plan(image, 64 * KIB), 0);
	assert_int_equal(image->flat.size, 64 * KIB);
	assert_int_equal(image->flat.padding, 56 * KIB);
	same_bytes(&image->flat, 0, 56 * KIB, 0xff);
	same_bytes(&image->flat, 10, 20, 0xff);
	same_bytes(&image->flat, 56 * KIB, PAGE, 0x11);
	same_bytes(&image->flat, 60 * KIB, PAGE, 0x22);
	/* A read across the end of the padding. */
	assert_int_equal(flatten_read(&image->flat, 56 * KIB - 1, bytes, 2), 0);
	assert_int_equal(bytes[0], 0xff);
	assert_int_equal(bytes[1], 0x11);
	free(image);
}

static void test_alias(void **state)
{
	char words[FLATTEN_WORDS];
	struct image *image;

	(void)state;
	image = begin_rom();
	page(image, MIB - 2 * PAGE, 0x11);
	page(image, MIB - PAGE, 0x22);
	assert_int_equal(plan(image, 64 * KIB), 0);
	free(image);

	/* The image may contain only a part of the alias. */
	image = begin_rom();
	page(image, MIB - PAGE, 0x22);
	assert_int_equal(plan(image, 64 * KIB), 0);
	free(image);

	image = begin_rom();
	page(image, MIB - 2 * PAGE, 0x11);
	page(image, MIB - PAGE, 0x23);
	stopped_by(image, FLATTEN_ALIAS, MIB - PAGE);

	/* The first page that differs counts. The text has both addresses. */
	image = begin_rom();
	page(image, MIB - 2 * PAGE, 0x12);
	page(image, MIB - PAGE, 0x23);
	assert_int_equal(plan(image, PAGE), -ENOTSUP);
	flatten_describe(&image->obstacle, words, sizeof(words));
	assert_non_null(strstr(words, "at 0xfe000 and 0xffffe000 differ"));
	free(image);

	/* The page is below the alias, which is as small as the firmware. */
	image = begin_rom();
	page(image, MIB - 3 * PAGE, 0x11);
	stopped_by(image, FLATTEN_PAGES, MIB - 3 * PAGE);

	/*
	 * Where the alias shows padding, the page must have the bytes of
	 * padding.
	 */
	image = begin_rom();
	page(image, MIB - 3 * PAGE, 0xff);
	assert_int_equal(plan(image, 64 * KIB), 0);
	free(image);
}

static void test_pages_elsewhere(void **state)
{
	struct image *image = begin_rom();

	(void)state;
	page(image, 4 * GIB - 4 * PAGE, 0x33);
	stopped_by(image, FLATTEN_PAGES, 4 * GIB - 4 * PAGE);

	image = begin_rom();
	page(image, 2 * MIB, 0x33);
	stopped_by(image, FLATTEN_PAGES, 2 * MIB);

	image = begin_rom();
	page(image, 4 * GIB + PAGE, 0x33);
	stopped_by(image, FLATTEN_PAGES, 4 * GIB + PAGE);
}

static void test_no_rom(void **state)
{
	struct image *image = begin();

	(void)state;
	page(image, 4 * GIB - 2 * PAGE, 0x11);
	stopped_by(image, FLATTEN_NO_ROM, 0);
}

static void test_parameters(void **state)
{
	struct image *image = begin_rom();

	(void)state;
	HEADER(&image->file, 0x301, 16, { 0, 8, PAGE }, { 8, 4, 7 },);
	HEADER(&image->file, 0x307, 8, { 0, 4, 7 },);
	HEADER(&image->file, 0x303, 16, { 0, 8, 0x800000 }, { 8, 4, NATIVE },
	       { 12, 4, 7 },);
	stopped_by(image, FLATTEN_PARAMETERS, 0x800000);
}

/* Find the content of a page's header in a file from vmfw_igvm_wrap(). */
static uint8_t *find_page(uint8_t *file, const struct vmfw_igvm *igvm,
			  uint64_t gpa)
{
	struct vmfw_igvm_header header = { 0 };
	const uint8_t *p;
	uint64_t at;

	while (vmfw_igvm_next(igvm, &header)) {
		p = header.content;
		if (header.type != 0x302)
			continue;
		memcpy(&at, p, sizeof(at));
		if (at == gpa)
			return file + (p - file);
	}
	fail_msg("there is no page at 0x%" PRIx64, gpa);
	return NULL;
}

/* Set the checksum of a file from vmfw_igvm_wrap(). */
static void seal(uint8_t *file)
{
	uint32_t head[6], crc;

	memset(file + 20, 0, 4);
	memcpy(head, file, sizeof(head));
	crc = crc32(crc32(0, file, 24), file + head[2], head[3]);
	memcpy(file + 20, &crc, 4);
}

static int plan_file(uint8_t *file, size_t size, struct flatten_obstacle *why,
		     struct vmfw_igvm *igvm)
{
	struct vmfw_igvm_input input = {
		.head = file, .head_len = size, .size = size,
	};
	struct flatten flat;

	assert_int_equal(vmfw_igvm_check(igvm, &input, complain, NULL), 0);
	return flatten_plan(&flat, igvm, NATIVE, 64 * KIB, why);
}

/* If any read fails, the function returns this error. Otherwise it returns @result. */
static void fail_each_read(struct vmfw_igvm *igvm, uint8_t *file, int result)
{
	struct flatten_obstacle obstacle;
	struct flatten flat;
	unsigned int nth;
	int err;

	igvm->input.head_len = igvm->headers_end;
	igvm->input.read = read_some;
	igvm->input.arg = file;
	for (nth = 0;; nth++) {
		good_reads = nth;
		read_failed = false;
		err = flatten_plan(&flat, igvm, NATIVE, 64 * KIB, &obstacle);
		if (!read_failed)
			break;
		assert_int_equal(err, -EIO);
	}
	assert_int_equal(err, result);
	assert_true(nth >= 4);
}

/*
 * vmfw_igvm_wrap() adds zeroes where the firmware reads parameters.
 * flatten_plan() accepts no other pages there.
 */
static void test_no_parameters(void **state)
{
	const struct vmfw_igvm_wrap_options native = { .native = true };
	uint8_t *rom = rom_make(64 * KIB), *file, *page;
	struct flatten_obstacle why;
	struct vmfw_igvm igvm;
	void *wrapped;
	size_t size;

	(void)state;
	rom_announce_usual(rom, 64 * KIB);
	assert_int_equal(vmfw_igvm_wrap_for(rom, 64 * KIB, &native, &wrapped,
					    &size), 0);
	file = wrapped;
	assert_int_equal(plan_file(file, size, &why, &igvm), 0);

	/* A page has bytes of the firmware instead of zeroes. */
	page = find_page(file, &igvm, ROM_PARAMETERS);
	memcpy(page + 12, find_page(file, &igvm, 4 * GIB - PAGE) + 12, 4);
	seal(file);
	assert_int_equal(plan_file(file, size, &why, &igvm), -ENOTSUP);
	assert_int_equal(why.kind, FLATTEN_PAGES);
	assert_int_equal(why.gpa, ROM_PARAMETERS);
	fail_each_read(&igvm, file, -ENOTSUP);
	free(file);
	free(rom);
}

/* The tool flattens the largest firmware that vmfw_igvm_wrap() takes. */
static void test_largest_wrapped(void **state)
{
	uint8_t *rom = rom_make(16 * MIB), *file;
	struct flatten_obstacle why;
	struct vmfw_igvm igvm;
	size_t size, ignored;

	(void)state;
	rom_announce_usual(rom, 16 * MIB);
	file = rom_wrap(rom, 16 * MIB, &size);
	assert_int_equal(plan_file(file, size, &why, &igvm), 0);
	/* A page more, so that vmfw_igvm_wrap() cannot have added the zeroes. */
	file_put(find_page(file, &igvm, MIB - PAGE), 8,
		 4 * GIB - 16 * MIB - PAGE);
	seal(file);
	assert_int_equal(plan_file(file, size, &why, &igvm), -ENOTSUP);
	assert_int_equal(why.kind, FLATTEN_PAGES);
	assert_int_equal(why.gpa, ROM_PARAMETERS);
	free(file);
	free(rom);
	rom = rom_make(16 * MIB + PAGE);
	assert_int_not_equal(vmfw_igvm_wrap_size(rom, 16 * MIB + PAGE, &ignored),
			     0);
	free(rom);
}

static void test_required_memory(void **state)
{
	struct image *image = begin_rom();

	(void)state;
	HEADER(&image->file, 0x305, 24, { 0, 8, 0x100000 }, { 8, 4, NATIVE },
	       { 12, 4, PAGE },);
	stopped_by(image, FLATTEN_REQUIRED_MEMORY, 0x100000);

	image = begin_rom();
	HEADER(&image->file, 0x305, 24, { 0, 8, 4 * GIB - 2 * PAGE },
	       { 8, 4, NATIVE }, { 12, 4, PAGE },);
	HEADER(&image->file, 0x305, 24, { 0, 8, MIB - 2 * PAGE },
	       { 8, 4, NATIVE }, { 12, 4, 2 * PAGE },);
	assert_int_equal(plan(image, PAGE), 0);
	free(image);
}

static void test_error_range(void **state)
{
	struct image *image = begin_rom();

	(void)state;
	HEADER(&image->file, 0x30d, 16, { 0, 8, 0x40000 }, { 8, 4, NATIVE },
	       { 12, 4, PAGE },);
	stopped_by(image, FLATTEN_ERROR_RANGE, 0x40000);
}

static void test_registers(void **state)
{
	struct image *image = begin_rom();
	char words[FLATTEN_WORDS];

	(void)state;
	registers(image, 0, NATIVE);
	assert_int_equal(plan(image, PAGE), -ENOTSUP);
	assert_int_equal(image->obstacle.kind, FLATTEN_REGISTERS);
	assert_int_equal(image->obstacle.header, 3);
	flatten_describe(&image->obstacle, words, sizeof(words));
	assert_non_null(strstr(words, "header 3 sets the registers"));
	free(image);
}

static void test_relocation(void **state)
{
	struct image *image = begin();

	(void)state;
	HEADER(&image->file, 0x102, 48, { 0, 4, NATIVE }, { 8, 8, PAGE },
	       { 16, 8, 4 * GIB - 2 * PAGE }, { 24, 8, 2 * PAGE },
	       { 32, 8, 0x100000 }, { 40, 8, 4 * GIB },);
	page(image, 4 * GIB - 2 * PAGE, 0x11);
	page(image, 4 * GIB - PAGE, 0x22);
	registers(image, 0, NATIVE);
	stopped_by(image, FLATTEN_RELOCATION, 4 * GIB - 2 * PAGE);
}

/* Headers for other platforms are no obstacle. */
static void test_other_platform(void **state)
{
	struct image *image = begin();

	(void)state;
	HEADER(&image->file, 0x001, 16, { 0, 4, SNP }, { 5, 1, 2 },
	       { 6, 2, 1 },);
	HEADER(&image->file, 0x101, 16, { 0, 8, 0x30000 }, { 8, 4, SNP },);
	page_for(image, 4 * GIB - PAGE, NATIVE | SNP, 0x11);
	page_for(image, 0x100000, SNP, 0x33);
	registers(image, 0xfffffffff000, SNP);
	assert_int_equal(plan(image, PAGE), 0);
	assert_int_equal(image->flat.size, PAGE);
	same_bytes(&image->flat, 0, PAGE, 0x11);
	free(image);
}

/* A signal explains why the library stopped, but no other error. */
static void test_errors_of_reading(void **state)
{
	static const struct {
		int err, signal, result;
	} all[] = {
		{ -EIO, 0, -EIO },
		{ -EIO, SIGTERM, -EIO },
		{ -ECANCELED, 0, -ECANCELED },
		{ -ECANCELED, SIGTERM, -EINTR },
	};
	struct image *image = begin_rom();
	uint8_t byte;
	size_t i;

	(void)state;
	page(image, MIB - PAGE, 0x22);
	assert_int_equal(plan(image, PAGE), 0);
	image->igvm.input.head_len = image->igvm.headers_end;
	image->igvm.input.read = fail_to_read;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		read_error = all[i].err;
		signal_of_read = all[i].signal;
		assert_int_equal(flatten_plan(&image->flat, &image->igvm, NATIVE,
					      PAGE, &image->obstacle),
				 all[i].result);
		signalled = 0;
		assert_int_equal(flatten_read(&image->flat, 0, &byte, 1),
				 all[i].result);
		signalled = 0;
	}
	free(image);
}

static void test_no_memory(void **state)
{
	uint8_t *rom = rom_make(64 * KIB), *file;
	struct flatten_obstacle why;
	struct flatten flat;
	struct vmfw_igvm igvm;
	unsigned int nth;
	size_t size;
	int err;

	(void)state;
	rom_announce_usual(rom, 64 * KIB);
	file = rom_wrap(rom, 64 * KIB, &size);
	assert_int_equal(plan_file(file, size, &why, &igvm), 0);
	for (nth = 1;; nth++) {
		no_memory = nth;
		err = flatten_plan(&flat, &igvm, NATIVE, 64 * KIB, &why);
		if (no_memory)
			break;
		assert_int_equal(err, -ENOMEM);
	}
	no_memory = 0;
	assert_int_equal(err, 0);
	assert_true(nth > 1);
	free(file);
	free(rom);
}

static void test_each_read_fails(void **state)
{
	struct image *image = begin_rom();
	uint8_t *rom = rom_make(64 * KIB), *file;
	struct flatten_obstacle why;
	struct vmfw_igvm igvm;
	size_t size;

	(void)state;
	page(image, MIB - 2 * PAGE, 0x11);
	page(image, MIB - PAGE, 0x22);
	assert_int_equal(plan(image, 64 * KIB), 0);
	fail_each_read(&image->igvm, image->file.bytes, 0);
	free(image);

	/* This image has pages for parameters, too. */
	rom_announce_usual(rom, 64 * KIB);
	file = rom_wrap(rom, 64 * KIB, &size);
	assert_int_equal(plan_file(file, size, &why, &igvm), 0);
	fail_each_read(&igvm, file, 0);
	free(file);
	free(rom);
}

static void test_plans_after_a_signal(void **state)
{
	struct image *image = begin_rom();

	(void)state;
	signalled = SIGTERM;
	assert_int_equal(plan(image, PAGE), -EINTR);
	image->igvm.input.stop = stop_at_once;
	assert_int_equal(flatten_plan(&image->flat, &image->igvm, NATIVE, PAGE,
				      &image->obstacle), -EINTR);
	/* The library stopped for a reason of its own. */
	signalled = 0;
	assert_int_equal(flatten_plan(&image->flat, &image->igvm, NATIVE, PAGE,
				      &image->obstacle), -ECANCELED);
	free(image);

	/* After a signal, the function looks at no page. */
	image = begin_rom();
	page(image, 2 * MIB, 0x33);
	signalled = SIGTERM;
	assert_int_equal(plan(image, PAGE), -EINTR);
	signalled = 0;
	free(image);

	/* The function found an obstacle before the signal came. */
	image = begin_rom();
	registers(image, 0, NATIVE);
	signalled = SIGTERM;
	assert_int_equal(plan(image, PAGE), -ENOTSUP);
	assert_int_equal(image->obstacle.kind, FLATTEN_REGISTERS);
	signalled = 0;
	free(image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_it_is),
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_alias),
		cmocka_unit_test(test_pages_elsewhere),
		cmocka_unit_test(test_no_rom),
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_no_parameters),
		cmocka_unit_test(test_largest_wrapped),
		cmocka_unit_test(test_required_memory),
		cmocka_unit_test(test_error_range),
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_relocation),
		cmocka_unit_test(test_other_platform),
		cmocka_unit_test(test_errors_of_reading),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_each_read_fails),
		cmocka_unit_test(test_plans_after_a_signal),
	};

	return cmocka_run_group_tests_name("lib flatten", tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Images made from flat firmware: sound, complete, and the same every time.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "igvm/vmfw-igvm.h"
#include "file.h"
#include "rom.h"
#include "shared/macro.h"

#define PAGE	4096u

static uint64_t get(const uint8_t *p, unsigned int width)
{
	uint64_t value = 0;

	while (width--)
		value = value << 8 | p[width];
	return value;
}

/* Load the file's pages and compare them with the ROM. */
static void compare(const uint8_t *file, size_t size, const uint8_t *rom,
		    size_t rom_size)
{
	const struct vmfw_igvm_input input = {
		.head = file, .head_len = size, .size = size,
	};
	struct vmfw_igvm_header header = { 0 };
	/* Firmware that begins with a firmware volume is UEFI. Other firmware is a BIOS. */
	size_t most = memcmp(rom + 40, "_FVH", 4) ? 256 * KIB : 128 * KIB;
	size_t low = rom_size < most ? rom_size : most;
	uint64_t before = 0;
	size_t loaded = 0;
	uint8_t zero[PAGE] = { 0 };
	struct vmfw_igvm igvm;

	assert_int_equal(vmfw_igvm_check(&igvm, &input, rom_complain, NULL), 0);
	while (vmfw_igvm_next(&igvm, &header)) {
		uint64_t gpa, offset;
		size_t at;

		if (header.type != VMFW_IGVM_T_PAGE_DATA)
			continue;
		gpa = get(header.content, 8);
		offset = get(header.content + 12, 4);
		at = gpa < 1024 * KIB ? rom_size - (1024 * KIB - gpa) :
		     rom_size - ((1ull << 32) - gpa);
		assert_true(at < rom_size);
		/* Pages below 4 GiB ascend. Pages below 1 MiB descend after them. */
		if (before)
			assert_int_equal(gpa, gpa < 1024 * KIB ?
					 (before < 1024 * KIB ? before :
					  1024 * KIB) - PAGE : before + PAGE);
		before = gpa;
		assert_memory_equal(offset ? file + offset : zero, rom + at,
				    PAGE);
		loaded += PAGE;
	}
	assert_int_equal(loaded, rom_size + low);
}

static void test_sizes(void **state)
{
	static const size_t sizes[] = {
		4 * KIB, 64 * KIB, 128 * KIB, 132 * KIB, 256 * KIB,
		3568 * KIB, 16384 * KIB
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		uint8_t *rom = rom_make(sizes[i]), *file, *again;
		size_t size, size_again;

		file = rom_wrap(rom, sizes[i], &size);
		compare(file, size, rom, sizes[i]);
		free(file);
		/* The attributes of the volume follow its signature. */
		memcpy(rom + 40, "_FVH\xff", 5);
		file = rom_wrap(rom, sizes[i], &size);
		compare(file, size, rom, sizes[i]);
		again = rom_wrap(rom, sizes[i], &size_again);
		assert_int_equal(size, size_again);
		assert_memory_equal(file, again, size);
		free(again);
		free(file);
		free(rom);
	}
}

static void test_each_byte_once(void **state)
{
	size_t size, pages, i;
	uint8_t *rom = calloc(1, 256 * KIB), *file;

	(void)state;
	/* 64 different pages: the file has each once, but loads it twice. */
	for (i = 0; i < 64; i++)
		rom[i * PAGE + 5] = i + 1;
	file = rom_wrap(rom, 256 * KIB, &size);
	pages = (size - 24 - 24 - (64 + 64) * 32) / PAGE;
	assert_int_equal(pages, 64);
	free(file);

	/* Equal pages: the file has one. */
	memset(rom, 0xff, 256 * KIB);
	file = rom_wrap(rom, 256 * KIB, &size);
	assert_int_equal(size, 24 + 24 + (64 + 64) * 32 + PAGE);
	free(file);

	/* Two kinds of pages in turn: the file has one of each. */
	for (i = 0; i < 64; i++)
		memset(rom + i * PAGE, 1 + i % 2, PAGE);
	file = rom_wrap(rom, 256 * KIB, &size);
	assert_int_equal(size, 24 + 24 + (64 + 64) * 32 + 2 * PAGE);
	free(file);

	/* Pages of zeroes: the file has none. */
	memset(rom, 0, 256 * KIB);
	file = rom_wrap(rom, 256 * KIB, &size);
	assert_int_equal(size, 24 + 24 + (64 + 64) * 32);
	free(file);

	/* Only the second page has another byte. */
	rom[PAGE] = 1;
	file = rom_wrap(rom, 256 * KIB, &size);
	assert_int_equal(size, 24 + 24 + (64 + 64) * 32 + PAGE);
	free(file);
	free(rom);
}

static void test_refused(void **state)
{
	uint8_t *rom = calloc(1, (16 << 20) + PAGE), *file;
	size_t size;

	(void)state;
	assert_int_equal(vmfw_igvm_wrap_size(rom, 0, &size), -EINVAL);
	assert_int_equal(vmfw_igvm_wrap_size(rom, PAGE + 1, &size), -EINVAL);
	assert_int_equal(vmfw_igvm_wrap_size(rom, (16 << 20) + PAGE, &size),
			 -EFBIG);
	/* The file needs exactly as much memory as vmfw_igvm_wrap_size() says. */
	rom[0] = 1;
	assert_int_equal(vmfw_igvm_wrap_size(rom, PAGE, &size), 0);
	file = malloc(size + 1);
	assert_non_null(file);
	assert_int_equal(vmfw_igvm_wrap(rom, PAGE, file, size - 1), -ENOSPC);
	assert_int_equal(vmfw_igvm_wrap(rom, PAGE, file, size), 0);
	assert_int_equal(vmfw_igvm_wrap(rom, PAGE, file, size + 1), -ENOSPC);
	free(file);
	free(rom);
}

struct taken {
	uint8_t bytes[1024 * KIB];
	size_t len;
	unsigned int pieces;
	unsigned int wanted;
};

static int take(void *arg, const void *bytes, size_t len)
{
	struct taken *taken = arg;

	if (taken->pieces == taken->wanted)
		return -EPIPE;
	taken->pieces++;
	assert_true(len && len <= sizeof(taken->bytes) - taken->len);
	memcpy(taken->bytes + taken->len, bytes, len);
	taken->len += len;
	return 0;
}

/* The pieces of a stream are the file's bytes. An error at any piece ends the stream. */
static void test_stream(void **state)
{
	static struct taken taken;
	uint8_t *rom = rom_make(256 * KIB), *file;
	unsigned int pieces;
	size_t size;

	(void)state;
	file = rom_wrap(rom, 256 * KIB, &size);
	taken.wanted = UINT_MAX;
	assert_int_equal(vmfw_igvm_wrap_stream(rom, 256 * KIB, take, &taken),
			 0);
	assert_int_equal(taken.len, size);
	assert_memory_equal(taken.bytes, file, size);
	pieces = taken.pieces;
	assert_true(pieces > 2);
	for (taken.wanted = 0; taken.wanted < pieces; taken.wanted++) {
		taken.len = 0;
		taken.pieces = 0;
		assert_int_equal(vmfw_igvm_wrap_stream(rom, 256 * KIB, take,
						       &taken), -EPIPE);
		assert_int_equal(taken.pieces, taken.wanted);
	}
	free(file);
	free(rom);
}

/* Describe a firmware by hand, with one section of memory for SEV-SNP. */
static struct vmfw_igvm_rom tell(uint8_t *bytes, size_t size,
				 unsigned int platform)
{
	static const uint8_t section[] = {
		0, 0, 0x80, 0,  0, 0x20, 0, 0,  1, 0, 0, 0,
	};
	struct vmfw_igvm_rom rom = {
		.bytes = bytes,
		.size = size,
		.platform = platform,
		.ap_reset = 0x80b004,
	};

	if (platform == VMFW_IGVM_SEV_SNP) {
		rom.sections = PAGE;
		rom.nr_sections = 1;
		memcpy(bytes + PAGE, section, sizeof(section));
	}
	return rom;
}

static void test_native_alone(void **state)
{
	const struct vmfw_igvm_wrap_options options = { .native = true };
	uint8_t *rom = rom_make(64 * KIB), *file;
	size_t size, size_for;
	void *file_for;

	(void)state;
	file = rom_wrap(rom, 64 * KIB, &size);
	assert_int_equal(vmfw_igvm_wrap_for(rom, 64 * KIB, &options, &file_for,
					    &size_for), 0);
	assert_int_equal(size, size_for);
	assert_memory_equal(file, file_for, size);
	free(file_for);
	free(file);
	free(rom);
}

/*
 * For each platform, the file has one page of registers for VP 0 and one for
 * all others.
 */
static void test_registers(void **state)
{
	uint8_t *bytes = rom_make(64 * KIB);
	const struct vmfw_igvm_rom snp = tell(bytes, 64 * KIB,
					      VMFW_IGVM_SEV_SNP);
	const struct vmfw_igvm_rom sev_es = tell(bytes, 64 * KIB,
						 VMFW_IGVM_SEV_ES);
	struct vmfw_igvm_wrap_options options = {
		.snp = &snp, .sev_es = &sev_es, .policy = 0x30000,
	};
	size_t few, many;
	void *file;

	(void)state;
	assert_int_equal(vmfw_igvm_wrap_for(bytes, 64 * KIB, &options, &file,
					    &few), 0);
	free(file);
	options.vcpus = 65536;
	assert_int_equal(vmfw_igvm_wrap_for(bytes, 64 * KIB, &options, &file,
					    &many), 0);
	assert_int_equal(many - few, 2 * (65535 * 32 + PAGE));
	free(file);
	free(bytes);
}

/* The last page of the file has the registers of the first processor alone. */
static void test_native_registers(void **state)
{
	const struct vmfw_igvm_wrap_options options = {
		.native = true,
		.native_registers = true,
		.cpu_signature = 0xa00f11,
		.vcpus = 4,
	};
	uint8_t *rom = rom_make(64 * KIB), *plain;
	struct vmfw_igvm_input input = { 0 };
	struct vmfw_igvm igvm;
	uint8_t page[PAGE] = { 0 };
	size_t size, size_plain;
	void *file;

	(void)state;
	plain = rom_wrap(rom, 64 * KIB, &size_plain);
	assert_int_equal(vmfw_igvm_wrap_for(rom, 64 * KIB, &options, &file,
					    &size), 0);
	assert_int_equal(size - size_plain, 8 + 32 + PAGE);
	input.head = file;
	input.head_len = input.size = size;
	assert_int_equal(vmfw_igvm_check(&igvm, &input, NULL, NULL), 0);
	assert_int_equal(igvm.version, 2);
	assert_int_equal(igvm.architecture, VMFW_IGVM_X64);
	assert_int_equal(vmfw_igvm_check_qemu(&igvm, NULL, NULL, NULL), 0);

	file_put(page + 16, 8, 0xa00f11);		/* RDX */
	file_put(page + 128, 8, 0xfff0);		/* RIP */
	file_put(page + 136, 8, 2);			/* RFLAGS */
	file_put(page + 152, 2, 0xffff);		/* limit of the IDT */
	file_put(page + 158, 2, 0xffff);		/* limit of the GDT */
	file_put(page + 168, 2, 0xf000);		/* CS */
	file_put(page + 170, 2, 0x9b);
	file_put(page + 172, 4, 0xffff0000);
	file_put(page + 176, 4, 0xffff);
	file_put(page + 182, 2, 0x93);			/* the other segments */
	file_put(page + 188, 4, 0xffff);
	file_put(page + 200, 8, 0x60000010);		/* CR0 */
	assert_memory_equal((const uint8_t *)file + size - PAGE, page, PAGE);
	free(file);
	free(plain);
	free(rom);
}

/* Only an image for native needs version 2 for its registers. */
static void test_version(void **state)
{
	uint8_t *bytes = rom_make(64 * KIB);
	const struct vmfw_igvm_rom snp = tell(bytes, 64 * KIB,
					      VMFW_IGVM_SEV_SNP);
	const struct vmfw_igvm_wrap_options with = {
		.snp = &snp, .native_registers = true,
	}, without = {
		.snp = &snp,
	};
	size_t size, size_without;
	void *file, *file_without;

	(void)state;
	assert_int_equal(vmfw_igvm_wrap_for(bytes, 64 * KIB, &with, &file,
					    &size), 0);
	assert_int_equal(vmfw_igvm_wrap_for(bytes, 64 * KIB, &without,
					    &file_without, &size_without), 0);
	assert_int_equal(size, size_without);
	assert_memory_equal(file, file_without, size);
	free(file_without);
	free(file);
	free(bytes);
}

/* A native image loads zeroes for parameters, but not below 1 MiB. */
static void test_parameters(void **state)
{
	static const struct {
		uint32_t start;
		int err;
	} areas[] = {
		{ 0xe0000, -EFAULT },
		{ 0xff000 - 64 * KIB, -EFAULT },
		{ 0x100000, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(areas); i++) {
		const uint32_t rows[][3] = {
			{ areas[i].start, 2 * PAGE, ROM_PARAMETER_AREA },
		};
		uint8_t *rom = rom_make(64 * KIB), *file;
		struct vmfw_igvm_input input = { 0 };
		uint8_t pages[2 * PAGE];
		struct vmfw_igvm igvm;
		size_t size;

		rom_announce(rom, 64 * KIB, rows, ARRAY_SIZE(rows));
		file = rom_wrap(rom, 64 * KIB, &size);
		input.size = size;
		input.head = file;
		input.head_len = input.size;
		assert_int_equal(vmfw_igvm_check(&igvm, &input, rom_complain,
						 NULL), 0);
		assert_int_equal(vmfw_igvm_read(&igvm, 1, areas[i].start, pages,
						sizeof(pages)), areas[i].err);
		free(file);
		free(rom);
	}
}

static void test_options_refused(void **state)
{
	uint8_t *bytes = rom_make(64 * KIB), *other = rom_make(64 * KIB);
	struct vmfw_igvm_rom snp = tell(bytes, 64 * KIB, VMFW_IGVM_SEV_SNP);
	struct vmfw_igvm_rom sev_es = tell(bytes, 64 * KIB,
					   VMFW_IGVM_SEV_ES);
	const struct vmfw_igvm_wrap_options refused[] = {
		{ .snp = &sev_es },
		{ .policy = 0x30000 },
		{ .sev_es = &snp },
		{ .tdx = &snp },
		{ .snp = &snp, .vcpus = 65537 },
	};
	const struct vmfw_igvm_wrap_options options = { .snp = &snp };
	void *file;
	size_t size, i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(refused); i++)
		assert_int_equal(vmfw_igvm_wrap_for(bytes, 64 * KIB,
						    &refused[i], &file, &size),
				 -EINVAL);
	/* The metadata of another firmware. */
	assert_int_equal(vmfw_igvm_wrap_for(bytes, 60 * KIB, &options, &file,
					    &size), -EINVAL);
	assert_int_equal(vmfw_igvm_wrap_for(bytes + PAGE, 64 * KIB - PAGE,
					    &options, &file, &size), -EINVAL);
	assert_int_equal(vmfw_igvm_wrap_for(other, 64 * KIB, &options, &file,
					    &size), -EINVAL);
	free(other);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_each_byte_once),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_native_alone),
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_native_registers),
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_options_refused),
	};

	return cmocka_run_group_tests_name("igvm wrap", tests, NULL, NULL);
}

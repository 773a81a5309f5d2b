// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Every way in which an operation of the library can end early: no memory, a
 * read error, a failed hash, a caller that stops it.
 *
 * A test repeats each operation, and lets it fail one step later each time,
 * until the operation succeeds. In a first turn, all steps after the failed one
 * fail, too. In a second turn, they succeed. Sanitizers report leaks and uses
 * of freed memory.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <zlib.h>

#include "igvm/vmfw-igvm.h"
#include "rom.h"
#include "samples.h"
#include "shared/bytes.h"
#include "shared/macro.h"

/* Number of steps that still succeed; below zero: all do. */
static long allocations_left = -1;
static long reads_left = -1;
static long hashes_left = -1;
static long reports_left = -1;

/* A step of the operation has failed. */
static bool step_failed;

/* Steps after the failed one succeed, so none of them repeats its error. */
static bool fails_once;

static bool next(long *left)
{
	if (!*left) {
		step_failed = true;
		if (fails_once)
			*left = -1;
		return false;
	}
	if (*left > 0)
		--*left;
	return true;
}

void *__real_calloc(size_t nr, size_t size);
void *__wrap_calloc(size_t nr, size_t size);

void *__wrap_calloc(size_t nr, size_t size)
{
	/* Some C libraries return NULL for no bytes. */
	return nr && next(&allocations_left) ? __real_calloc(nr, size) : NULL;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
	return next(&allocations_left) ? __real_malloc(size) : NULL;
}

static struct file file;

/* The error of a read that fails. */
static int read_error = -EIO;

static int read_file(void *arg, uint64_t offset, void *buf, size_t len)
{
	(void)arg;
	if (!next(&reads_left))
		return read_error;
	assert_true(offset + len <= file.size);
	memcpy(buf, file.bytes + offset, len);
	return 0;
}

static bool report(void *arg, const struct vmfw_igvm_finding *finding)
{
	(void)arg;
	(void)finding;
	return next(&reports_left);
}

static bool trace(void *arg, const struct vmfw_igvm_step *step)
{
	(void)arg;
	(void)step;
	return next(&reports_left);
}

static int hash_step(void)
{
	return next(&hashes_left) ? 0 : -EIO;
}

static int hash_begin(void *arg, enum vmfw_igvm_hash_algorithm algorithm)
{
	(void)arg;
	(void)algorithm;
	return hash_step();
}

static int hash_add(void *arg, const void *bytes, size_t len)
{
	(void)arg;
	(void)bytes;
	(void)len;
	return hash_step();
}

static int hash_end(void *arg, uint8_t *digest)
{
	(void)arg;
	memset(digest, 0, 32);
	return hash_step();
}

static const struct vmfw_igvm_hash hash = {
	.begin = hash_begin,
	.add = hash_add,
	.end = hash_end,
};

/* The file of most operations. read_file() reads its data. */
static struct vmfw_igvm igvm;

static void open_file(void)
{
	struct vmfw_igvm_input input = {
		.head = file.bytes,
		.read = read_file,
	};

	sample_x64(&file);
	input.head_len = file.headers_end;
	input.size = file.size;
	assert_int_equal(vmfw_igvm_check(&igvm, &input, NULL, NULL), 0);
}

static int do_check(void)
{
	struct vmfw_igvm ignored;

	return vmfw_igvm_check(&ignored, &igvm.input, report, NULL);
}

static int do_check_qemu(void)
{
	return vmfw_igvm_check_qemu(&igvm, NULL, report, NULL);
}

static int do_check_for(void)
{
	return vmfw_igvm_check_for(&igvm, VMFW_IGVM_CCA, report, NULL);
}

/* A machine without memory at the addresses of the file. */
static int do_check_machine(void)
{
	static const struct vmfw_igvm_range memory = { 1ull << 40, 2ull << 40 };
	const struct vmfw_igvm_machine machine = {
		.architecture = VMFW_IGVM_AARCH64,
		.platform = VMFW_IGVM_SEV_SNP,
		.memory = &memory,
		.nr_memory = 1,
		.kvm = true,
	};

	return vmfw_igvm_check_machine(&igvm, &machine, report, NULL);
}

static int do_check_machine_absent(void)
{
	const struct vmfw_igvm_machine machine = {
		.platform = VMFW_IGVM_CCA,
		.kvm = true,
	};

	return vmfw_igvm_check_machine(&igvm, &machine, report, NULL);
}

static int do_ranges(void)
{
	struct vmfw_igvm_range *ranges;
	size_t nr;
	int err = vmfw_igvm_ranges(&igvm, SNP, VMFW_IGVM_ANY_KIND, &ranges,
				   &nr);

	assert_int_equal(!err, nr != 0);
	free(ranges);
	return err;
}

static int do_map(void)
{
	struct vmfw_igvm_piece *pieces;
	size_t nr;
	int err = vmfw_igvm_map(&igvm, SNP, &pieces, &nr);

	assert_int_equal(!err, nr != 0);
	free(pieces);
	return err;
}

static int do_read(void)
{
	uint8_t page[VMFW_IGVM_PAGE_SIZE];
	int err = vmfw_igvm_read(&igvm, SNP, 0xfffff000, page, sizeof(page));

	if (!err)
		assert_int_equal(page[0], 0xa5);
	return err;
}

static int do_rom_range(void)
{
	struct vmfw_igvm_range range;

	return vmfw_igvm_rom_range(&igvm, SNP, &range);
}

static int measure(unsigned int platform, enum vmfw_igvm_vmm vmm)
{
	const struct vmfw_igvm_measure_options options = {
		.platform = platform,
		.vmm = vmm,
		.vcpus = 2,
		.hash = &hash,
		.trace = trace,
	};
	uint8_t digest[VMFW_IGVM_MAX_DIGEST];

	return vmfw_igvm_measure(&igvm, &options, digest);
}

static int do_measure_snp(void)
{
	return measure(VMFW_IGVM_SEV_SNP, VMFW_IGVM_VMM_QEMU);
}

static int do_measure_snp_generic(void)
{
	return measure(VMFW_IGVM_SEV_SNP, VMFW_IGVM_VMM_GENERIC);
}

static int do_measure_sev_es(void)
{
	return measure(VMFW_IGVM_SEV_ES, VMFW_IGVM_VMM_QEMU);
}

static int do_measure_sev(void)
{
	return measure(VMFW_IGVM_SEV, VMFW_IGVM_VMM_QEMU);
}

static int do_measure_tdx(void)
{
	return measure(VMFW_IGVM_TDX, VMFW_IGVM_VMM_QEMU);
}

static int do_measure_vbs(void)
{
	return measure(VMFW_IGVM_VSM_ISOLATION, VMFW_IGVM_VMM_QEMU);
}

#define ROM_SIZE	(16u << 10)

static const uint8_t *make_rom(void)
{
	static uint8_t rom[ROM_SIZE];
	size_t i;

	for (i = 0; i < ROM_SIZE; i += VMFW_IGVM_PAGE_SIZE)
		rom[i] = i / VMFW_IGVM_PAGE_SIZE;
	return rom;
}

static int do_wrap(void)
{
	static uint8_t wrapped[2 * ROM_SIZE];
	const uint8_t *rom = make_rom();
	size_t size;
	int err = vmfw_igvm_wrap_size(rom, ROM_SIZE, &size);

	if (err)
		return err;
	assert_true(size <= sizeof(wrapped));
	return vmfw_igvm_wrap(rom, ROM_SIZE, wrapped, size);
}

static int do_wrap_for(void)
{
	const struct vmfw_igvm_rom snp = {
		.bytes = make_rom(),
		.size = ROM_SIZE,
		.platform = VMFW_IGVM_SEV_SNP,
	};
	const struct vmfw_igvm_wrap_options options = {
		.native = true,
		.snp = &snp,
		.vcpus = 2,
	};
	void *wrapped = (void *)snp.bytes;
	size_t size = 1;
	int err = vmfw_igvm_wrap_for(snp.bytes, ROM_SIZE, &options, &wrapped,
				     &size);

	assert_int_equal(!wrapped, !!err);
	assert_int_equal(!size, !!err);
	free(wrapped);
	return err;
}

/* A base whose data a function reads, and the file that compose makes from it. */
static struct opened {
	uint8_t *bytes;
	size_t size;
	struct vmfw_igvm igvm;
} base, composed;

static uint8_t part[VMFW_IGVM_PAGE_SIZE];

static int read_opened(void *arg, uint64_t offset, void *buf, size_t len)
{
	const struct opened *opened = arg;

	if (!next(&reads_left))
		return read_error;
	assert_true(offset + len <= opened->size);
	memcpy(buf, opened->bytes + offset, len);
	return 0;
}

static int read_part(void *arg, uint64_t offset, void *buf, size_t len)
{
	if (!next(&reads_left))
		return -EIO;
	memcpy(buf, (const uint8_t *)arg + offset, len);
	return 0;
}

static void open_opened(struct opened *opened)
{
	struct vmfw_igvm_input input = {
		.head = opened->bytes,
		.size = opened->size,
		.read = read_opened,
		.arg = opened,
	};
	uint64_t head_len;

	assert_int_equal(vmfw_igvm_head_size(opened->bytes, opened->size,
					     opened->size, &head_len), 0);
	input.head_len = head_len;
	assert_int_equal(vmfw_igvm_check(&opened->igvm, &input, NULL, NULL), 0);
}

static int compose(struct vmfw_igvm_draft **draft)
{
	const struct vmfw_igvm_part kernel = {
		.type = VMFW_IGVM_PART_KERNEL,
		.size = sizeof(part) - 1,
		.read = read_part,
		.arg = part,
	};
	const struct vmfw_igvm_compose_options options = {
		.parts = &kernel,
		.nr_parts = 1,
	};
	struct vmfw_igvm_obstacle why;
	int err;

	*draft = (struct vmfw_igvm_draft *)part;
	err = vmfw_igvm_compose(&base.igvm, &options, draft, &why);
	assert_int_equal(!*draft, !!err);
	return err;
}

static int take(struct vmfw_igvm_draft *draft, struct opened *opened)
{
	const struct vmfw_igvm_input *input = vmfw_igvm_draft_input(draft);
	int err;

	opened->size = input->size;
	opened->bytes = malloc(opened->size);
	if (!opened->bytes)
		return -ENOMEM;
	err = input->read(input->arg, 0, opened->bytes, opened->size);
	if (err)
		free(opened->bytes);
	return err;
}

static int open_composed(void **state)
{
	uint8_t *rom = rom_make(16 << 10);
	struct vmfw_igvm_draft *draft;

	(void)state;
	rom_announce_usual(rom, 16 << 10);
	base.bytes = rom_wrap(rom, 16 << 10, &base.size);
	free(rom);
	open_opened(&base);
	assert_int_equal(compose(&draft), 0);
	assert_int_equal(take(draft, &composed), 0);
	vmfw_igvm_draft_free(draft);
	open_opened(&composed);
	return 0;
}

static int close_composed(void **state)
{
	(void)state;
	free(base.bytes);
	free(composed.bytes);
	return 0;
}

static int do_compose(void)
{
	struct vmfw_igvm_draft *draft;
	struct opened opened;
	int err = compose(&draft);

	if (err)
		return err;
	err = take(draft, &opened);
	vmfw_igvm_draft_free(draft);
	if (!err)
		free(opened.bytes);
	return err;
}

static int do_parts(void)
{
	struct vmfw_igvm_part parts[VMFW_IGVM_MAX_PARTS];
	struct vmfw_igvm_obstacle why;
	size_t nr;

	return vmfw_igvm_parts(&composed.igvm, parts, &nr, &why);
}

static int do_decompose(void)
{
	struct vmfw_igvm_draft *draft = (struct vmfw_igvm_draft *)part;
	struct vmfw_igvm_obstacle why;
	int err = vmfw_igvm_decompose(&composed.igvm, &draft, &why);

	assert_int_equal(!draft, !!err);
	vmfw_igvm_draft_free(draft);
	return err;
}

/* Measure a flat firmware that has no table of metadata. */
static int do_measure_rom(void)
{
	const struct vmfw_igvm_rom rom = {
		.bytes = make_rom(),
		.size = ROM_SIZE,
		.platform = VMFW_IGVM_SEV_SNP,
	};
	const struct vmfw_igvm_measure_options options = {
		.platform = VMFW_IGVM_SEV_SNP,
		.vcpus = 2,
		.hash = &hash,
		.trace = trace,
	};
	uint8_t digest[VMFW_IGVM_MAX_DIGEST];

	return vmfw_igvm_measure_rom(&rom, &options, digest);
}

static int measure_launch(const struct vmfw_igvm_rom *rom,
			  const struct vmfw_igvm_launch *launch)
{
	const struct vmfw_igvm_measure_options options = {
		.platform = rom->platform,
		.vcpus = 2,
		.hash = &hash,
		.trace = trace,
	};
	uint8_t digest[VMFW_IGVM_MAX_DIGEST];

	return vmfw_igvm_measure_launch(rom, &options, launch, digest);
}

static const struct vmfw_igvm_kernel_hashes kernel_hashes;

/* Measure a flat firmware with hashes of a kernel, but without a place for them. */
static int do_measure_launch(void)
{
	const struct vmfw_igvm_launch launch = {
		.kernel_hashes = &kernel_hashes,
	};
	const struct vmfw_igvm_rom rom = {
		.bytes = make_rom(),
		.size = ROM_SIZE,
		.platform = VMFW_IGVM_SEV,
	};

	return measure_launch(&rom, &launch);
}

/* Make a firmware with a place for hashes of a kernel, and with sections. */
static const uint8_t *make_launch_rom(const uint32_t *list, size_t nr)
{
	static const uint8_t guid[] =
		"\x1f\x37\x55\x72\x3b\x3a\x04\x4b"
		"\x92\x7b\x1d\xa6\xef\xa8\xd4\x54";
	static const uint32_t place[] = { 0x810c00, 0x400 };
	static uint8_t rom[ROM_SIZE];
	size_t i;

	rom_put_table(rom, ROM_SIZE, guid, place, ARRAY_SIZE(place));
	for (i = 0; i < nr; i++)
		put_le32(rom + 4 * i, list[i]);
	return rom;
}

static int measure_kernel(unsigned int platform)
{
	static const uint32_t sections[][3] = {
		{ 0x80e000, 0x1000, 3 },
		{ 0x810000, 0x2000, 0x10 },
	};
	const struct vmfw_igvm_launch launch = {
		.kernel_hashes = &kernel_hashes,
	};
	const struct vmfw_igvm_rom rom = {
		.bytes = make_launch_rom(sections[0],
					 3 * ARRAY_SIZE(sections)),
		.size = ROM_SIZE,
		.platform = platform,
		.nr_sections = platform == VMFW_IGVM_SEV_SNP ?
			       ARRAY_SIZE(sections) : 0,
	};

	return measure_launch(&rom, &launch);
}

static int do_measure_kernel_snp(void)
{
	return measure_kernel(VMFW_IGVM_SEV_SNP);
}

static int do_measure_kernel_sev_es(void)
{
	return measure_kernel(VMFW_IGVM_SEV_ES);
}

static int do_measure_kernel_sev(void)
{
	return measure_kernel(VMFW_IGVM_SEV);
}

static int measure_td(bool add_first)
{
	static const uint32_t sections[][8] = {
		/* Offset, bytes, address, memory, type, attributes. */
		{ 0x1000, 0x2000, 0xffffd000, 0, 0x2000, 0, 0, 1 },
		{ 0, 0, 0x809000, 0, 0x1000, 0, 2, 0 },
	};
	const struct vmfw_igvm_launch launch = { .add_first = add_first };
	const struct vmfw_igvm_rom rom = {
		.bytes = make_launch_rom(sections[0],
					 8 * ARRAY_SIZE(sections)),
		.size = ROM_SIZE,
		.platform = VMFW_IGVM_TDX,
		.nr_sections = ARRAY_SIZE(sections),
	};

	return measure_launch(&rom, &launch);
}

static int do_measure_td(void)
{
	return measure_td(false);
}

static int do_measure_td_add_first(void)
{
	return measure_td(true);
}

/* Operations: the fewest steps of each kind that can fail, and the result. */
static const struct operation {
	const char *name;
	int (*run)(void);
	long allocations, reads, hashes, reports;
	int result;
} operations[] = {
	{ "check", do_check, 4, 3, 0, 0, 0 },
	{ "check for QEMU", do_check_qemu, 3, 3, 0, 6, -EINVAL },
	{ "check for a platform", do_check_for, 0, 0, 0, 1, -EINVAL },
	{ "check for a machine", do_check_machine, 2, 1, 0, 4, -EINVAL },
	{ "check for another one", do_check_machine_absent, 0, 0, 0, 1,
	  -EINVAL },
	{ "ranges", do_ranges, 3, 0, 0, 0, 0 },
	{ "map", do_map, 3, 0, 0, 0, 0 },
	{ "read", do_read, 2, 1, 0, 0, 0 },
	{ "ROM range", do_rom_range, 3, 0, 0, 0, 0 },
	{ "measure SNP", do_measure_snp, 2, 3, 20, 5, 0 },
	{ "measure SNP by the text", do_measure_snp_generic, 1, 3, 20, 5, 0 },
	{ "measure SEV-ES", do_measure_sev_es, 1, 2, 4, 2, 0 },
	{ "measure SEV", do_measure_sev, 1, 2, 4, 2, 0 },
	{ "measure TDX", do_measure_tdx, 1, 2, 20, 4, 0 },
	{ "measure VBS", do_measure_vbs, 2, 5, 20, 5, 0 },
	{ "wrap", do_wrap, 5, 0, 0, 0, 0 },
	{ "wrap for platforms", do_wrap_for, 4, 0, 0, 0, 0 },
	{ "measure a ROM", do_measure_rom, 0, 0, 20, 5, 0 },
	{ "measure a launch", do_measure_launch, 0, 0, 0, 0, -ENOENT },
	{ "measure a kernel on SNP", do_measure_kernel_snp, 0, 0, 51, 9, 0 },
	{ "measure a kernel on SEV-ES", do_measure_kernel_sev_es, 0, 0, 9, 7,
	  0 },
	{ "measure a kernel on SEV", do_measure_kernel_sev, 0, 0, 7, 5, 0 },
	{ "measure a TD", do_measure_td, 0, 0, 69, 3, 0 },
	{ "measure an older TD", do_measure_td_add_first, 0, 0, 69, 5, 0 },
	{ "compose", do_compose, 10, 4, 0, 0, 0 },
	{ "parts", do_parts, 7, 2, 0, 0, 0 },
	{ "decompose", do_decompose, 20, 5, 0, 0, 0 },
};

static void fail_each(const struct operation *operation, long *left, long least,
		      int wanted, const char *what)
{
	long n;
	int err;

	for (n = 0;; n++) {
		*left = n;
		step_failed = false;
		err = operation->run();
		if (err != wanted)
			break;
	}
	*left = -1;
	/* No operation may ignore a step that fails. */
	if (err != operation->result || n < least || step_failed)
		fail_msg("%s, %s%s: %d after %ld steps", operation->name, what,
			 fails_once ? " once" : "", err, n);
}

static void fail_operation(const struct operation *operation)
{
	fail_each(operation, &allocations_left, operation->allocations,
		  -ENOMEM, "no memory");
	fail_each(operation, &reads_left, operation->reads, -EIO, "no file");
	read_error = -EINVAL;
	fail_each(operation, &reads_left, operation->reads, -EIO,
		  "an invalid read");
	read_error = -EIO;
	fail_each(operation, &hashes_left, operation->hashes, -EIO, "no hash");
	fail_each(operation, &reports_left, operation->reports, -ECANCELED,
		  "no more");
}

static void test_each_step(void **state)
{
	size_t i;

	(void)state;
	open_file();
	for (i = 0; i < ARRAY_SIZE(operations); i++) {
		fails_once = false;
		fail_operation(&operations[i]);
		fails_once = true;
		fail_operation(&operations[i]);
	}
}

/* A platform without memory gives an empty result. Measuring an absent one fails. */
static void test_nothing(void **state)
{
	struct vmfw_igvm_range *ranges;
	struct vmfw_igvm_piece *pieces;
	size_t nr = 1;
	uint64_t size;

	(void)state;
	open_file();
	assert_int_equal(vmfw_igvm_ranges(&igvm, 1u << 31, VMFW_IGVM_ANY_KIND,
					  &ranges, &nr), 0);
	assert_null(ranges);
	assert_int_equal(nr, 0);
	nr = 1;
	assert_int_equal(vmfw_igvm_map(&igvm, 1u << 31, &pieces, &nr), 0);
	assert_null(pieces);
	assert_int_equal(nr, 0);
	assert_int_equal(measure(VMFW_IGVM_NATIVE, VMFW_IGVM_VMM_QEMU),
			 -EOPNOTSUPP);
	assert_int_equal(vmfw_igvm_digest_size(VMFW_IGVM_NATIVE), 0);
	igvm.nr_platforms = 1;
	assert_int_equal(measure(VMFW_IGVM_SEV_SNP, VMFW_IGVM_VMM_QEMU),
			 -ENOENT);

	/* The variable headers end before the fixed header does. */
	sample_x64(&file);
	file_put(file.bytes + 8, 4, 8);
	file_put(file.bytes + 12, 4, 8);
	assert_int_equal(vmfw_igvm_head_size(file.bytes, 32, file.size, &size),
			 0);
	assert_int_equal(size, 32);
}

/* If a file has no memory, no allocation fails. */
static void test_no_memory_in_file(void **state)
{
	struct vmfw_igvm_input input = { .head = file.bytes };
	struct vmfw_igvm_range *ranges;
	size_t nr = 1;

	(void)state;
	file_begin(&file, 1, 0);
	HEADER(&file, 0x001, 16, { 0, 4, 1 }, { 6, 2, 1 },);
	file_seal(&file);
	input.head_len = file.size;
	input.size = file.size;
	assert_int_equal(vmfw_igvm_check(&igvm, &input, NULL, NULL), -EINVAL);
	assert_int_equal(vmfw_igvm_ranges(&igvm, 1, VMFW_IGVM_ANY_KIND,
					  &ranges, &nr), 0);
	assert_int_equal(nr, 0);
}

static bool keep_rule(void *arg, const struct vmfw_igvm_finding *finding)
{
	*(enum vmfw_igvm_rule *)arg = finding->rule;
	return true;
}

/* The caller provides fewer bytes than those of all headers. */
static void test_part_of_the_headers(void **state)
{
	struct vmfw_igvm_input input = { .head = file.bytes };
	enum vmfw_igvm_rule rule = VMFW_IGVM_NR_RULES;
	struct vmfw_igvm ignored;

	(void)state;
	sample_x64(&file);
	input.size = file.size;
	input.head_len = file.headers_end - 1;
	assert_int_equal(vmfw_igvm_check(&ignored, &input, keep_rule, &rule),
			 -EINVAL);
	assert_int_equal(rule, VMFW_IGVM_RULE_HEADERS_PAST_END);
}

/* An inserted area contains the file data of the area. */
static void test_read_parameters(void **state)
{
	uint8_t page[VMFW_IGVM_PAGE_SIZE];

	(void)state;
	sample_x64(&file);
	memcpy(file_content(&file, H_AREA1) + 12,
	       file_content(&file, H_PAGE0) + 12, 4);
	file_seal(&file);
	assert_int_equal(vmfw_igvm_check(&igvm,
					 &(struct vmfw_igvm_input) {
						.head = file.bytes,
						.head_len = file.size,
						.size = file.size,
					 }, NULL, NULL), 0);
	assert_int_equal(vmfw_igvm_read(&igvm, NATIVE, 0x12000, page,
					sizeof(page)), 0);
	assert_int_equal(page[4095], 0xa5);
	assert_int_equal(vmfw_igvm_read(&igvm, NATIVE, 0x10000, page,
					sizeof(page)), 0);
	assert_int_equal(page[0], 0);
	assert_int_equal(vmfw_igvm_read(&igvm, NATIVE, 0x13000, page,
					sizeof(page)), -EFAULT);
	assert_int_equal(vmfw_igvm_read(&igvm, NATIVE, UINT64_MAX, page,
					sizeof(page)), -EFAULT);
}

/* Many headers of one type. A sort asks the caller at its comparison QUESTION. */
#define QUESTION	65536
#define MANY		(QUESTION + 4)
#define MANY_START	(24 + 24 + 40 + 32)
#define MANY_END	(MANY_START + MANY * 32)

static uint8_t many[MANY_END + VMFW_IGVM_PAGE_SIZE];

static uint8_t *put_header(uint8_t *p, uint32_t type, uint32_t length)
{
	file_put(p, 4, type);
	file_put(p + 4, 4, length);
	return p + 8;
}

/*
 * Return the number of a header in the order of the sort. Either the order of the file
 * is descending, or only that comparison finds a pair in the wrong order.
 */
static unsigned int rank(unsigned int i, bool ascending)
{
	if (!ascending)
		return MANY - 1 - i;
	return i == QUESTION - 1 ? i + 1 : i == QUESTION ? i - 1 : i;
}

/*
 * Make a file of SEV-SNP with VP contexts (0x304) or with required memory (0x305). One
 * range of required memory overlaps the next one.
 */
static void make_many(struct vmfw_igvm_input *input, uint32_t type,
		      bool ascending)
{
	bool context = type == 0x304;
	uint8_t *p = many;
	unsigned int i;

	memset(many, 0, sizeof(many));
	memcpy(p, "IGVM", 4);
	file_put(p + 4, 4, 1);
	file_put(p + 8, 4, 24);
	file_put(p + 12, 4, MANY_END - 24);
	file_put(p + 16, 4, sizeof(many));
	p = put_header(p + 24, 0x001, 16);
	file_put(p, 4, 1);
	file_put(p + 4, 4, 0x00010200);
	/* Page tables, which need the context of VP 0, or an unknown header. */
	p = put_header(p + 16, context ? 0x103 : 0x80000150, 32);
	file_put(p, 4, 1);
	file_put(p + 8, 8, 0x200000);
	file_put(p + 16, 8, 0x1000);
	/* The step with the page is the last one, also in the order of addresses. */
	p = put_header(p + 32, 0x302, 24);
	file_put(p, 8, 0x300000000);
	file_put(p + 8, 4, 1);
	p += 24;
	for (i = 0; i < MANY; i++, p += 24) {
		p = put_header(p, type, context ? 20 : 24);
		file_put(p, 8, context ? 0xfffffffff000 :
				 0x100000000 + rank(i, ascending) * 0x1000ull);
		file_put(p + 8, 4, 1);
		file_put(p + 12, 4, context ? MANY_END :
				    ascending && i == QUESTION ? 0x2000 :
				    !ascending && i == 1 ? 0x3000 : 0x1000);
		if (context)
			file_put(p + 16, 2, rank(i, ascending));
	}
	assert_ptr_equal(p, many + MANY_END);
	file_put(many + 20, 4, crc32(0, many, MANY_END));
	*input = (struct vmfw_igvm_input) {
		.head = many,
		.head_len = sizeof(many),
		.size = sizeof(many),
	};
}

/**
 * struct asker - a caller that stops a check at one of its questions
 * @asked: number of questions so far
 * @last: number of the question that stops the check, from 1; 0: none
 * @findings: number of findings so far
 * @late: number of findings after the stop
 * @memory: number of findings about memory
 */
struct asker {
	unsigned int asked;
	unsigned int last;
	unsigned int findings;
	unsigned int late;
	unsigned int memory;
};

static bool stops(void *arg)
{
	struct asker *asker = arg;

	asker->asked++;
	return asker->last && asker->asked >= asker->last;
}

static bool count_late(void *arg, const struct vmfw_igvm_finding *finding)
{
	struct asker *asker = arg;

	asker->findings++;
	asker->memory += finding->rule == VMFW_IGVM_RULE_QEMU_MEMORY;
	asker->late += asker->last && asker->asked >= asker->last;
	return true;
}

static int check_many(uint32_t type, bool ascending, struct asker *asker)
{
	static const struct vmfw_igvm_range memory = { 0, 0x40000000 };
	const struct vmfw_igvm_machine machine = {
		.platform = VMFW_IGVM_SEV_SNP,
		.memory = &memory,
		.nr_memory = 1,
	};
	struct vmfw_igvm_input input;
	struct vmfw_igvm big;
	bool context = type == 0x304;

	make_many(&input, type, ascending);
	input.stop = stops;
	input.arg = asker;
	if (context)
		return vmfw_igvm_check(&big, &input, count_late, asker);
	input.stop = NULL;
	assert_int_equal(vmfw_igvm_check(&big, &input, NULL, NULL), 0);
	big.input.stop = stops;
	return vmfw_igvm_check_qemu(&big, &machine, count_late, asker);
}

/* A check that ends within a sort finds nothing in the unsorted headers. */
static void test_stop_in_a_sort(void **state)
{
	static const uint32_t types[] = { 0x304, 0x305 };
	unsigned int turn, total;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		struct asker asker = { 0 };

		check_many(types[i], false, &asker);
		assert_true(asker.findings > 0);
		total = asker.asked;
		/* A check asks now and then, not at each header. */
		assert_in_range(total, 4, MANY / 100);
		/* The sort comes last, before one or two more questions. */
		for (turn = 0; turn < 4; turn++) {
			asker = (struct asker) { .last = total - turn };
			assert_int_equal(check_many(types[i], false, &asker),
					 -ECANCELED);
			assert_int_equal(asker.late, 0);
		}
	}
}

/* The comparison at which a sort asks counts like any other. */
static void test_order_at_a_question(void **state)
{
	struct asker asker = { 0 };

	(void)state;
	check_many(0x305, true, &asker);
	assert_int_equal(asker.memory, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_step),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_no_memory_in_file),
		cmocka_unit_test(test_part_of_the_headers),
		cmocka_unit_test(test_read_parameters),
		cmocka_unit_test(test_stop_in_a_sort),
		cmocka_unit_test(test_order_at_a_question),
	};

	return cmocka_run_group_tests_name("igvm ends", tests, open_composed,
					   close_composed);
}

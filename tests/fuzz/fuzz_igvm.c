// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libFuzzer target: an IGVM file. The library does not read past the end of the input.
 * Its results do not contradict each other. Its functions accept each file that
 * vmfw_igvm_check() accepts.
 *
 * Without the magic of IGVM, the input also serves as the end of a flat
 * firmware.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "igvm/vmfw-igvm.h"
#include "input.h"
#include "must.h"
#include "shared/bytes.h"

/* Limits for speed: a parameter area of 4 GiB, for instance, has a million pages. */
#define MAX_STEPS	2000
#define MAX_READ	(64u << 10)
#define MAX_ROM		(32u << 10)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned int seed);

static bool describe(void *arg, const struct vmfw_igvm_finding *finding)
{
	unsigned long *sum = arg;
	char line[256];

	must(vmfw_igvm_describe(finding, line, sizeof(line)) > 0,
	     "every finding has words");
	*sum = *sum * 31 + finding->rule * 7 + finding->header;
	return true;
}

static int hash_begin(void *arg, enum vmfw_igvm_hash_algorithm algorithm)
{
	*(uint64_t *)arg = algorithm;
	return 0;
}

static int hash_add(void *arg, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	uint64_t *sum = arg;
	size_t i;

	/* For speed, read only every 63rd byte if there are more than 64. */
	for (i = 0; i < len; i += (len > 64 ? 63 : 1))
		*sum = *sum * 31 + p[i];
	return 0;
}

static int hash_end(void *arg, uint8_t *digest)
{
	memset(digest, 0, 32);
	memcpy(digest, arg, 8);
	return 0;
}

/* Hash pages ahead for SEV-SNP, whose digests have 48 bytes. */
static int hash_start(void *arg, enum vmfw_igvm_hash_algorithm algorithm,
		      const uint8_t *pages, size_t nr, uint8_t *digests)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		hash_begin(arg, algorithm);
		hash_add(arg, pages + i * VMFW_IGVM_PAGE_SIZE,
			 VMFW_IGVM_PAGE_SIZE);
		memset(digests + i * 48, 0, 48);
		hash_end(arg, digests + i * 48);
	}
	return 0;
}

static int hash_finish(void *arg)
{
	(void)arg;
	return 0;
}

static bool count_steps(void *arg, const struct vmfw_igvm_step *step)
{
	unsigned int *nr = arg;

	must(vmfw_igvm_step_word(step->kind), "every step has a word");
	return ++*nr < MAX_STEPS;
}

static unsigned int steps;

/* Options for a measurement that counts its steps in @steps, from 0 on. */
static struct vmfw_igvm_measure_options
measure_options(unsigned int platform, enum vmfw_igvm_vmm vmm, uint32_t vcpus)
{
	static uint64_t sum;
	static const struct vmfw_igvm_hash hash = {
		.begin = hash_begin,
		.add = hash_add,
		.end = hash_end,
		.arg = &sum,
	};

	steps = 0;
	return (struct vmfw_igvm_measure_options) {
		.platform = platform,
		.vmm = vmm,
		.vcpus = vcpus,
		.hash = &hash,
		.trace = count_steps,
		.arg = &steps,
	};
}

static void measure(const struct vmfw_igvm *igvm, unsigned int platform)
{
	uint8_t digest[VMFW_IGVM_MAX_DIGEST], same[VMFW_IGVM_MAX_DIGEST];
	unsigned int vmm;
	int err;

	for (vmm = 0; vmm < 3; vmm++) {
		struct vmfw_igvm_measure_options options =
			measure_options(platform, vmm, 3);
		struct vmfw_igvm_hash ahead = *options.hash;

		err = vmfw_igvm_measure(igvm, &options, digest);
		if (err == -ECANCELED)
			must(steps == MAX_STEPS, "a measurement ends early only at the most steps");
		else
			must(err == (vmfw_igvm_digest_size(platform) ?
				     0 : -EOPNOTSUPP),
			     "a sound file can be measured");
		if (err || platform != VMFW_IGVM_SEV_SNP)
			continue;
		ahead.start = hash_start;
		ahead.finish = hash_finish;
		options.hash = &ahead;
		options.trace = NULL;
		must(!vmfw_igvm_measure(igvm, &options, same) &&
		     !memcmp(digest, same, 32),
		     "a thread that hashes pages does not change the digest");
	}
}

static void use_machine(const struct vmfw_igvm *igvm, unsigned int platform,
			unsigned long *sum)
{
	static const struct vmfw_igvm_range memory[] = {
		{ 0, 0xa0000 }, { 0x100000, 0x400000 },
	};
	static const struct vmfw_igvm_range reserved = { 0x400000, 0x600000 };
	const struct vmfw_igvm_machine machine = {
		.platform = platform,
		.memory = memory,
		.nr_memory = 2,
		.reserved = &reserved,
		.nr_reserved = 1,
		.kvm = true,
		.vga = VMFW_IGVM_YES,
		.firmware = VMFW_IGVM_FIRMWARE_BIOS,
		.vcpus = 2,
	};
	int err = vmfw_igvm_check_machine(igvm, &machine, describe, sum);

	must(!err || err == -EINVAL, "the check for a machine has a result");
	err = vmfw_igvm_check_qemu(igvm, &machine, describe, sum);
	must(!err || err == -EINVAL, "the check for QEMU has a result");
}

static void use_ranges(const struct vmfw_igvm *igvm, uint32_t mask)
{
	struct vmfw_igvm_range *ranges;
	static uint8_t buf[MAX_READ];
	size_t i, nr;

	must(!vmfw_igvm_ranges(igvm, mask, VMFW_IGVM_POPULATED, &ranges, &nr),
	     "a sound file has ranges");
	for (i = 0; i < nr; i++) {
		uint64_t len = ranges[i].end - ranges[i].start;

		must(ranges[i].start < ranges[i].end, "no range is empty");
		must(!i || ranges[i - 1].end < ranges[i].start,
		     "ranges ascend and are apart");
		if (len > sizeof(buf))
			len = sizeof(buf);
		if (i < 16)
			must(!vmfw_igvm_read(igvm, mask, ranges[i].start, buf,
					     len),
			     "populated memory can be read");
	}
	free(ranges);
}

static void use_map(const struct vmfw_igvm *igvm, uint32_t mask)
{
	struct vmfw_igvm_piece *pieces;
	struct vmfw_igvm_range rom;
	size_t i, nr;
	int err;

	must(!vmfw_igvm_map(igvm, mask, &pieces, &nr), "a sound file has a map");
	for (i = 0; i < nr; i++)
		must(pieces[i].range.start < pieces[i].range.end &&
		     pieces[i].header < igvm->nr_headers,
		     "pieces come from headers");
	free(pieces);
	err = vmfw_igvm_rom_range(igvm, mask, &rom);
	must(err == -ENOENT || (!err && rom.end == 1ull << 32),
	     "a firmware ends at 4 GiB");
}

static void use_headers(const struct vmfw_igvm *igvm)
{
	struct vmfw_igvm_header header = { 0 };

	while (vmfw_igvm_next(igvm, &header)) {
		const struct vmfw_igvm_field *fields;
		uint32_t at = 0;
		size_t i, nr;

		fields = vmfw_igvm_fields(&header, &nr);
		for (i = 0; i < nr; i++) {
			must(fields[i].at == at, "fields have no gaps");
			at += fields[i].size;
			if (fields[i].size <= 8)
				vmfw_igvm_field_value(&header, &fields[i]);
		}
		must(!nr || at == header.length, "the fields fill the header");
	}
}

/* Read a draft in one piece, and check that it is a sound file. */
static struct bytes take_draft(struct vmfw_igvm_draft *draft,
			       struct vmfw_igvm *igvm)
{
	const struct vmfw_igvm_input *input = vmfw_igvm_draft_input(draft);
	struct vmfw_igvm_input whole = { .size = input->size };
	uint8_t *file = malloc(input->size);
	unsigned long sum = 0;

	if (!file)
		abort();
	must(!input->read(input->arg, 0, file, input->size),
	     "a draft can be read");
	vmfw_igvm_draft_free(draft);
	whole.head = file;
	whole.head_len = whole.size;
	must(!vmfw_igvm_check(igvm, &whole, describe, &sum),
	     "a draft is sound");
	return (struct bytes) { file, whole.size };
}

static void use_composed(const struct vmfw_igvm *base,
			 const struct vmfw_igvm *igvm)
{
	struct vmfw_igvm_part parts[VMFW_IGVM_MAX_PARTS];
	struct vmfw_igvm_obstacle why;
	struct vmfw_igvm_draft *draft;
	struct vmfw_igvm restored;
	struct bytes bytes;
	size_t nr;

	must(!vmfw_igvm_parts(igvm, parts, &nr, &why) && nr == 2,
	     "a composed file has its parts");
	must(!vmfw_igvm_decompose(igvm, &draft, &why),
	     "a composed file can be taken apart");
	bytes = take_draft(draft, &restored);
	must(restored.nr_platforms == base->nr_platforms,
	     "a base is for the same platforms");
	free((void *)bytes.p);
}

static void compose(const struct vmfw_igvm *base)
{
	static const uint8_t program[VMFW_IGVM_PAGE_SIZE + 1] = { 'M', 'Z' };
	struct bytes kernel = { program, sizeof(program) };
	struct bytes db = { program, 1 };
	const struct vmfw_igvm_part parts[] = {
		{ VMFW_IGVM_PART_DB, 0, db.size, read_bytes, &db },
		{ VMFW_IGVM_PART_KERNEL, 0, kernel.size, read_bytes, &kernel },
	};
	const struct vmfw_igvm_compose_options options = {
		.parts = parts,
		.nr_parts = 2,
	};
	struct vmfw_igvm_obstacle why;
	struct vmfw_igvm_draft *draft;
	struct vmfw_igvm igvm;
	struct bytes bytes;
	int err;

	err = vmfw_igvm_compose(base, &options, &draft, &why);
	must(!err || (err == -EINVAL && why.text), "a refusal has a reason");
	if (err)
		return;
	bytes = take_draft(draft, &igvm);
	use_composed(base, &igvm);
	free((void *)bytes.p);
}

/* Read the parts of an image, and restore its base if that is possible. */
static void take_apart(const struct vmfw_igvm *igvm)
{
	struct vmfw_igvm_part parts[VMFW_IGVM_MAX_PARTS];
	static uint8_t buf[MAX_READ];
	struct vmfw_igvm_obstacle why;
	struct vmfw_igvm_draft *draft;
	size_t i, nr;
	int err;

	err = vmfw_igvm_parts(igvm, parts, &nr, &why);
	must(!err || (err == -EINVAL && why.text), "a refusal has a reason");
	for (i = 0; !err && i < nr; i++)
		must(!vmfw_igvm_read(igvm, igvm->platforms[0].mask,
				     parts[i].gpa, buf,
				     parts[i].size < sizeof(buf) ?
				     parts[i].size : sizeof(buf)),
		     "a part can be read");
	err = vmfw_igvm_decompose(igvm, &draft, &why);
	must(!err || (err == -EINVAL && why.text), "a refusal has a reason");
	if (!err)
		vmfw_igvm_draft_free(draft);
}

static void use(const struct vmfw_igvm *igvm)
{
	unsigned long sum = 0;
	unsigned int i;

	use_headers(igvm);
	compose(igvm);
	take_apart(igvm);
	vmfw_igvm_check_qemu(igvm, NULL, describe, &sum);
	for (i = 0; i < igvm->nr_platforms; i++) {
		vmfw_igvm_check_for(igvm, igvm->platforms[i].type, describe,
				    &sum);
		use_machine(igvm, igvm->platforms[i].type, &sum);
		use_ranges(igvm, igvm->platforms[i].mask);
		use_map(igvm, igvm->platforms[i].mask);
		measure(igvm, igvm->platforms[i].type);
	}
}

/* Check a file of which only the headers are in memory. read_bytes() reads the rest. */
static int check_apart(const uint8_t *data, size_t size, unsigned long *sum)
{
	struct bytes bytes = { data, size };
	struct vmfw_igvm_input input = {
		.size = size,
		.read = read_bytes,
		.arg = &bytes,
	};
	struct vmfw_igvm igvm;
	uint64_t head = size;
	uint8_t *copy;
	int err;

	vmfw_igvm_head_size(data, size, size, &head);
	copy = malloc(head ? head : 1);
	if (!copy)
		abort();
	if (head)
		memcpy(copy, data, head);
	input.head = copy;
	input.head_len = head;
	err = vmfw_igvm_check(&igvm, &input, describe, sum);
	/* The tool also shows headers of a broken file, as far as it can read them. */
	if (!err)
		use(&igvm);
	else
		use_headers(&igvm);
	free(copy);
	return err;
}

/* A firmware that is wrapped for a platform must have the digest of the bare one. */
static void measure_wrapped(const struct vmfw_igvm_rom *rom,
			    const struct vmfw_igvm_measure_options *options,
			    const uint8_t *digest)
{
	struct vmfw_igvm_wrap_options wrap = {
		.policy = 0x30000,
		.vcpus = options->vcpus,
	};
	uint8_t again[VMFW_IGVM_MAX_DIGEST];
	struct vmfw_igvm_input input = { 0 };
	unsigned long sum = 0;
	struct vmfw_igvm igvm;
	void *file;
	size_t len;

	switch (rom->platform) {
	case VMFW_IGVM_SEV_SNP:
		wrap.snp = rom;
		break;
	case VMFW_IGVM_SEV_ES:
		wrap.sev_es = rom;
		break;
	case VMFW_IGVM_TDX:
		wrap.tdx = rom;
		break;
	default:
		return;
	}
	must(!vmfw_igvm_wrap_for(rom->bytes, rom->size, &wrap, &file, &len),
	     "a firmware can be wrapped for a platform");
	input.head = file;
	input.head_len = len;
	input.size = len;
	must(!vmfw_igvm_check(&igvm, &input, describe, &sum),
	     "a file wrapped for a platform is sound");
	must(!vmfw_igvm_measure(&igvm, options, again) &&
	     !memcmp(digest, again, vmfw_igvm_digest_size(rom->platform)),
	     "a wrapped firmware has the digest of the bare one");
	free(file);
}

static void measure_rom(const struct vmfw_igvm_rom *rom)
{
	const struct vmfw_igvm_measure_options options =
		measure_options(rom->platform, VMFW_IGVM_VMM_NATIVE_ZERO, 3);
	uint8_t digest[VMFW_IGVM_MAX_DIGEST];
	int err = vmfw_igvm_measure_rom(rom, &options, digest);

	must(!err || (err == -ECANCELED && steps == MAX_STEPS),
	     "the requests of a firmware can be measured");
	if (err)
		return;
	steps = 0;
	measure_wrapped(rom, &options, digest);
}

/* Measure a firmware with hashes of a kernel, if it has a place for them. */
static void measure_kernel(const struct vmfw_igvm_rom *rom)
{
	static const struct vmfw_igvm_kernel_hashes kernel;
	const struct vmfw_igvm_launch launch = { .kernel_hashes = &kernel };
	const struct vmfw_igvm_measure_options options =
		measure_options(rom->platform, VMFW_IGVM_VMM_QEMU, 0);
	uint8_t digest[VMFW_IGVM_MAX_DIGEST];
	struct vmfw_igvm_rom_fault fault = { 0 };
	struct vmfw_igvm_range area;
	int found = vmfw_igvm_rom_hashes(rom, &area, &fault);
	int err = vmfw_igvm_measure_launch(rom, &options, &launch, digest);

	must(found || (area.start && area.end - area.start >= 176 &&
		       area.end <= (1ull << 32) - rom->size),
	     "hashes of a kernel are in memory below the firmware");
	must(found != -EINVAL || fault.text, "a refusal of a place has a reason");
	must(!found == (!err || err == -ECANCELED),
	     "a kernel is measured where there is a place for it");
}

static void use_rom(const uint8_t *bytes, size_t size)
{
	static const unsigned int platforms[] = {
		VMFW_IGVM_SEV, VMFW_IGVM_SEV_ES, VMFW_IGVM_SEV_SNP,
		VMFW_IGVM_TDX,
	};
	struct vmfw_igvm_rom_section section;
	struct vmfw_igvm_rom_areas areas;
	struct vmfw_igvm_rom_fault fault;
	struct vmfw_igvm_rom rom;
	uint32_t n;
	size_t i;
	int err;

	err = vmfw_igvm_rom_areas(bytes, size, &areas, &fault);
	must(!err || err == -ENOENT ||
	     (err == -EINVAL && fault.text && fault.offset < size),
	     "a fault is somewhere in the firmware");
	must(err || (areas.hobs.start <= areas.hobs.end &&
		     areas.hobs.end <= (1ull << 32) - size),
	     "areas are below the firmware");
	for (i = 0; i < sizeof(platforms) / sizeof(platforms[0]); i++) {
		err = vmfw_igvm_rom_open(&rom, bytes, size, platforms[i],
					 &fault);
		must(!err || err == -ENOENT ||
		     (err == -EINVAL && fault.text && fault.offset < size),
		     "a fault is somewhere in the firmware");
		if (err)
			continue;
		for (n = 0; vmfw_igvm_rom_section(&rom, n, &section); n++) {
			must(section.size &&
			     section.gpa + section.size <= 1ull << 32,
			     "sections end below 4 GiB");
			must(!section.has_data ||
			     (section.offset < size &&
			      section.size <= size - section.offset),
			     "the bytes of sections are within the firmware");
		}
		measure_rom(&rom);
		measure_kernel(&rom);
	}
}

/* Wrap a firmware, read it back, and compare. */
static void use_wrapped(const uint8_t *bytes, size_t size)
{
	struct vmfw_igvm_input input = { 0 };
	struct vmfw_igvm_range range;
	unsigned long sum = 0;
	struct vmfw_igvm igvm;
	uint8_t *file, *back;
	size_t len;

	must(!vmfw_igvm_wrap_size(bytes, size, &len), "a firmware can be wrapped");
	file = malloc(len);
	back = malloc(size);
	if (!file || !back)
		abort();
	must(!vmfw_igvm_wrap(bytes, size, file, len), "a wrapped file has the announced size");
	input.head = file;
	input.head_len = len;
	input.size = len;
	must(!vmfw_igvm_check(&igvm, &input, describe, &sum) && !sum,
	     "a wrapped file is sound");
	must(!vmfw_igvm_rom_range(&igvm, 1, &range) &&
	     range.end - range.start == size, "a wrapped file has all of the firmware");
	must(!vmfw_igvm_read(&igvm, 1, range.start, back, size) &&
	     !memcmp(back, bytes, size), "a wrapped file has the bytes of the firmware");
	free(back);
	free(file);
}

/* Test a firmware of whole pages that ends with the input. */
static void test_rom(const uint8_t *data, size_t size)
{
	size_t len;
	uint8_t *bytes;

	if (!size || size > MAX_ROM)
		return;
	len = (size + VMFW_IGVM_PAGE_SIZE - 1) & ~(VMFW_IGVM_PAGE_SIZE - 1ul);
	bytes = calloc(1, len);
	if (!bytes)
		abort();
	memcpy(bytes + len - size, data, size);
	use_rom(bytes, len);
	use_wrapped(bytes, len);
	free(bytes);
}

static bool is_igvm(const uint8_t *data, size_t size)
{
	return size >= 4 && get_le32(data) == VMFW_IGVM_MAGIC;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct vmfw_igvm_input input = {
		.head = data,
		.head_len = size,
		.size = size,
	};
	unsigned long whole = 0, apart = 0;
	struct vmfw_igvm igvm;
	int err;

	err = vmfw_igvm_check(&igvm, &input, describe, &whole);
	must(err == 0 || err == -EINVAL, "a file is sound or it is not");
	must(check_apart(data, size, &apart) == err && apart == whole,
	     "the same findings, however the file is read");
	if (!is_igvm(data, size))
		test_rom(data, size);
	return 0;
}

/* Correct the checksum, or nearly no changed file would be sound. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned int seed)
{
	uint32_t start, len, fixed;
	bool igvm = is_igvm(data, size);

	size = LLVMFuzzerMutate(data, size, max);
	if (!igvm || size < VMFW_IGVM_FIXED_HEADER_V2_SIZE || seed % 16 == 0)
		return size;
	put_le32(data, VMFW_IGVM_MAGIC);
	put_le32(data + 16, size);
	put_le32(data + 20, 0);
	fixed = get_le32(data + 4) == 2 ? VMFW_IGVM_FIXED_HEADER_V2_SIZE :
					  VMFW_IGVM_FIXED_HEADER_SIZE;
	start = get_le32(data + 8);
	len = get_le32(data + 12);
	if (start > size || len > size - start)
		return size;
	put_le32(data + 20, crc32_z(crc32_z(0, data, fixed), data + start,
				    len));
	return size;
}

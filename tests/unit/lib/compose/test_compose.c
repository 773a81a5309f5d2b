// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Composed images: errors of the flat base, of programs and of the library, and the
 * least memory of a machine that starts from an image. The test chooses the results
 * of the library, the parts of the image, and the results of its ID block.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "attest/idblock.h"
#include "attest/launch-digest.h"
#include "base/exit.h"
#include "base/interrupt.h"
#include "compose/compose.h"
#include "efi/siglist.h"
#include "shared/macro.h"
#include "source/flat.h"
#include "../efi/image.h"
#include "errors.h"
#include "rom.h"
#include "tree.h"

/* The memory after the last part, for the firmware. */
#define FIRMWARE	(64 * MIB)
#define ROM_SIZE	(64 * KIB)
#define NAME		32
#define FILES		3
/* The bit of SEV-SNP in masks, and the first byte of the digest and of the ID block. */
#define MASK		2
#define BLOCK		0xab

static struct vmfw_igvm_part parts[2];
static size_t nr_parts;

const struct vmfw_igvm_part *
__wrap_vmfw_igvm_draft_parts(const struct vmfw_igvm_draft *draft, size_t *nr);
const struct vmfw_igvm_part *
__wrap_vmfw_igvm_draft_parts(const struct vmfw_igvm_draft *draft, size_t *nr)
{
	assert_null(draft);
	*nr = nr_parts;
	return parts;
}

/* Return the least memory for a last part of @size bytes at @gpa. */
static uint64_t find_least(uint64_t gpa, uint64_t size)
{
	static const struct composition composition;

	parts[nr_parts - 1] = (struct vmfw_igvm_part) {
		.gpa = gpa, .size = size,
	};
	return composition_least_memory(&composition);
}

static void least_memory_is_a_multiple_of_1_mib(void **state)
{
	(void)state;
	nr_parts = 1;
	assert_int_equal(find_least(64 * MIB, 1), 65 * MIB + FIRMWARE);
	assert_int_equal(find_least(64 * MIB, MIB - 1), 65 * MIB + FIRMWARE);
	assert_int_equal(find_least(64 * MIB, MIB), 65 * MIB + FIRMWARE);
	assert_int_equal(find_least(64 * MIB, MIB + 1), 66 * MIB + FIRMWARE);
	assert_int_equal(find_least(64 * MIB + 4096, MIB), 66 * MIB + FIRMWARE);
	/* The size has more than 32 bits. */
	assert_int_equal(find_least(5ull << 30, 4096),
			 (5ull << 30) + MIB + FIRMWARE);
}

static void the_last_part_counts(void **state)
{
	(void)state;
	nr_parts = 2;
	parts[0] = (struct vmfw_igvm_part) { .gpa = 64 * MIB, .size = 3 * MIB };
	assert_int_equal(find_least(80 * MIB, 4096), 81 * MIB + FIRMWARE);
}

/**
 * struct failing - the step of a composition that fails
 * @memory: an allocation of ROM_SIZE bytes: 1: that for the flat base; 2: the next
 *	one, for a program's digest; 0: none
 * @wrap: result of vmfw_igvm_wrap_for(); 0: the function succeeds
 * @checks: results of the checks of the wrapped base, of the draft, and of the draft
 *	with an ID block; 0: as @wrap
 * @compose: result of vmfw_igvm_compose(); 0: as @wrap
 * @block: result of vmfw_igvm_compose() with an ID block; 0: as @wrap
 * @key: result of id_block_key()
 * @no_snp: the image is not for SEV-SNP
 * @digest: result of launch_digest()
 * @sign: result of id_block_make()
 * @signal: a signal has come
 */
struct failing {
	unsigned int memory;
	int wrap;
	int checks[3];
	int compose;
	int block;
	enum vmfw_exit key;
	bool no_snp;
	int digest;
	int sign;
	bool signal;
};

static struct failing failing;
static unsigned int checks;
static struct messages messages;
static char paths[FILES][NAME];
static int files[FILES];

/*
 * A request for two programs, and for the databases. Each test chooses how many of
 * these files count.
 */
static struct compose_request request = {
	.files = {
		{ .type = VMFW_IGVM_PART_KERNEL, .path = paths[1] },
		{ .type = VMFW_IGVM_PART_SHIM, .path = paths[1] },
		{ .type = VMFW_IGVM_PART_PK, .path = paths[2] },
		{ .type = VMFW_IGVM_PART_KEK, .path = paths[2] },
		{ .type = VMFW_IGVM_PART_DB, .path = paths[2] },
		{ .type = VMFW_IGVM_PART_DBX, .path = paths[2] },
	},
	.vmm = VMFW_IGVM_VMM_GENERIC,
	.vcpus = 3,
	.cpu_signature = 0x800f12,
};

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	if (!failing.memory || size != ROM_SIZE || --failing.memory)
		return __real_malloc(size);
	return NULL;
}

int __real_vmfw_igvm_wrap_for(const void *rom, size_t rom_len,
			      const struct vmfw_igvm_wrap_options *options,
			      void **file, size_t *size);
int __wrap_vmfw_igvm_wrap_for(const void *rom, size_t rom_len,
			      const struct vmfw_igvm_wrap_options *options,
			      void **file, size_t *size);
int __wrap_vmfw_igvm_wrap_for(const void *rom, size_t rom_len,
			      const struct vmfw_igvm_wrap_options *options,
			      void **file, size_t *size)
{
	return failing.wrap ? failing.wrap :
	       __real_vmfw_igvm_wrap_for(rom, rom_len, options, file, size);
}

int __real_vmfw_igvm_check(struct vmfw_igvm *igvm,
			   const struct vmfw_igvm_input *input,
			   vmfw_igvm_report *report, void *arg);
int __wrap_vmfw_igvm_check(struct vmfw_igvm *igvm,
			   const struct vmfw_igvm_input *input,
			   vmfw_igvm_report *report, void *arg);
int __wrap_vmfw_igvm_check(struct vmfw_igvm *igvm,
			   const struct vmfw_igvm_input *input,
			   vmfw_igvm_report *report, void *arg)
{
	int err = failing.checks[checks++];

	return err ? err : __real_vmfw_igvm_check(igvm, input, report, arg);
}

int __real_vmfw_igvm_compose(const struct vmfw_igvm *base,
			     const struct vmfw_igvm_compose_options *options,
			     struct vmfw_igvm_draft **draft,
			     struct vmfw_igvm_obstacle *why);
int __wrap_vmfw_igvm_compose(const struct vmfw_igvm *base,
			     const struct vmfw_igvm_compose_options *options,
			     struct vmfw_igvm_draft **draft,
			     struct vmfw_igvm_obstacle *why);
int __wrap_vmfw_igvm_compose(const struct vmfw_igvm *base,
			     const struct vmfw_igvm_compose_options *options,
			     struct vmfw_igvm_draft **draft,
			     struct vmfw_igvm_obstacle *why)
{
	struct vmfw_igvm_compose_options without = *options;
	int err = options->id_block ? failing.block : failing.compose;

	*draft = NULL;
	*why = (struct vmfw_igvm_obstacle) { "an obstacle", true, 0x12 };
	if (options->id_block)
		assert_int_equal(*(const uint8_t *)options->id_block, BLOCK);
	/* The base is for plain guests, so it takes no ID block. */
	without.id_block = NULL;
	return err ? err :
		     __real_vmfw_igvm_compose(base, &without, draft, why);
}

const struct vmfw_igvm_platform *
__real_vmfw_igvm_platform(const struct vmfw_igvm *igvm, unsigned int type);
const struct vmfw_igvm_platform *
__wrap_vmfw_igvm_platform(const struct vmfw_igvm *igvm, unsigned int type);
const struct vmfw_igvm_platform *
__wrap_vmfw_igvm_platform(const struct vmfw_igvm *igvm, unsigned int type)
{
	static const struct vmfw_igvm_platform snp = { .mask = MASK };

	if (type != VMFW_IGVM_SEV_SNP)
		return __real_vmfw_igvm_platform(igvm, type);
	return failing.no_snp ? NULL : &snp;
}

enum vmfw_exit __wrap_id_block_key(struct messages *to, const char *path,
				   EVP_PKEY **key);
enum vmfw_exit __wrap_id_block_key(struct messages *to, const char *path,
				   EVP_PKEY **key)
{
	assert_string_equal(path, "key.pem");
	*key = NULL;
	if (failing.key)
		message_error(to, "there is no key");
	return failing.key;
}

int __wrap_launch_digest(const struct vmfw_igvm *igvm,
			 struct vmfw_igvm_measure_options *options,
			 uint8_t *digest);
int __wrap_launch_digest(const struct vmfw_igvm *igvm,
			 struct vmfw_igvm_measure_options *options,
			 uint8_t *digest)
{
	assert_int_equal(igvm->nr_platforms, 1);
	assert_int_equal(options->platform, VMFW_IGVM_SEV_SNP);
	assert_int_equal(options->vmm, VMFW_IGVM_VMM_GENERIC);
	assert_int_equal(options->vcpus, 3);
	assert_int_equal(options->cpu_signature, 0x800f12);
	digest[0] = BLOCK;
	return failing.digest;
}

int __wrap_id_block_make(const struct vmfw_igvm *igvm, uint32_t mask,
			 const uint8_t *digest, EVP_PKEY *key,
			 uint8_t *content);
int __wrap_id_block_make(const struct vmfw_igvm *igvm, uint32_t mask,
			 const uint8_t *digest, EVP_PKEY *key,
			 uint8_t *content)
{
	assert_int_equal(igvm->nr_platforms, 1);
	assert_int_equal(mask, MASK);
	assert_null(key);
	content[0] = digest[0];
	return failing.sign;
}

int __wrap_interrupt_seen(void);
int __wrap_interrupt_seen(void)
{
	return failing.signal;
}

static void write_file(unsigned int nr, const void *bytes, size_t len)
{
	assert_int_equal(ftruncate(files[nr], 0), 0);
	assert_int_equal(pwrite(files[nr], bytes, len, 0), len);
}

static void write_rom(void)
{
	uint8_t *rom = rom_make(ROM_SIZE);

	rom_announce_usual(rom, ROM_SIZE);
	write_file(0, rom, ROM_SIZE);
	free(rom);
}

/* Make a flat firmware that looks for parts, a kernel and a database. */
static int set_up(void **state)
{
	static const uint8_t digest[SIGLIST_DIGEST];
	static struct image image;
	uint8_t list[SIGLIST_SHA256];
	unsigned int i;

	(void)state;
	for (i = 0; i < FILES; i++) {
		files[i] = memfd_create("compose", 0);
		snprintf(paths[i], NAME, "/proc/self/fd/%d", files[i]);
	}
	write_rom();
	image_begin(&image, true);
	image_add(&image, ".text", "kernel", 6);
	write_file(1, image.bytes, image.size);
	siglist_put_sha256(list, digest);
	write_file(2, list, sizeof(list));
	messages_keep(&messages);
	request.nr_files = 1;
	request.key = NULL;
	return 0;
}

static int tear_down(void **state)
{
	unsigned int i;

	(void)state;
	failing = (struct failing) { 0 };
	messages_free(&messages);
	for (i = 0; i < FILES; i++)
		close(files[i]);
	return 0;
}

/*
 * Add the requested files to the firmware, whose file gets a size of @size bytes
 * after the tool has opened it. Expect an exit code, and one error unless it is
 * VMFW_EXIT_OK. Then each requested file must be a part. The tool must close the
 * files that it opened, and no others.
 */
static void compose_of_size(size_t size, enum vmfw_exit code)
{
	unsigned int descriptors = tree_count_descriptors();
	static struct composition composition;
	struct source source;

	assert_int_equal(source_open(&source, &messages, paths[0], NULL),
			 VMFW_EXIT_OK);
	assert_int_equal(source.kind, SOURCE_FLAT);
	assert_int_equal(ftruncate(files[0], size), 0);
	checks = 0;
	assert_int_equal(composition_make(&composition, &messages, &source,
					  &request), code);
	if (code) {
		assert_int_equal(messages.nr, 1);
	} else {
		assert_null(messages_first_error(&messages));
		assert_non_null(composition.draft);
		assert_int_equal(composition.nr_parts, request.nr_files);
	}
	composition_free(&composition);
	source_close(&source);
	assert_int_equal(tree_count_descriptors(), descriptors);
}

static void each_step_can_fail(void **state)
{
	static const struct {
		struct failing failing;
		enum vmfw_exit code;
		const char *error;
	} table[] = {
		{ { .memory = 1 }, VMFW_EXIT_SYSTEM,
		  ": cannot use this file: Cannot allocate memory" },
		{ { .wrap = -ENOMEM }, VMFW_EXIT_SYSTEM,
		  ": cannot use this file: Cannot allocate memory" },
		{ { .checks = { -EIO } }, VMFW_EXIT_SYSTEM,
		  ": cannot use this file: Input/output error" },
		{ { .compose = -EINVAL }, VMFW_EXIT_IMAGE,
		  ": an obstacle: 0x12" },
		{ { .compose = -ENOMEM }, VMFW_EXIT_SYSTEM,
		  ": cannot use this file: Cannot allocate memory" },
		{ { .checks = { 0, -EIO } }, VMFW_EXIT_SYSTEM,
		  ": cannot use this file: Input/output error" },
	};
	char error[128];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		failing = table[i].failing;
		compose_of_size(ROM_SIZE, table[i].code);
		snprintf(error, sizeof(error), "%s%s", paths[0],
			 table[i].error);
		expect_error(&messages, error);
	}
	failing = (struct failing) { 0 };
	/* The databases are incomplete. */
	request.nr_files = 5;
	compose_of_size(ROM_SIZE, VMFW_EXIT_USAGE);
	expect_error(&messages, "; missing: dbx");
	/* Another program makes the firmware shorter meanwhile. */
	compose_of_size(ROM_SIZE - 1, VMFW_EXIT_SYSTEM);
	expect_error(&messages, "another program changed it meanwhile");
	assert_int_equal(checks, 0);
}

static void each_requested_file_becomes_a_part(void **state)
{
	static const struct {
		size_t nr_files;
		unsigned int warnings;
	} table[] = {
		{ 1, 0 }, { 2, 0 },
		/* A program that db does not allow, and a base that ignores db. */
		{ 6, 2 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		request.nr_files = table[i].nr_files;
		compose_of_size(ROM_SIZE, VMFW_EXIT_OK);
		assert_int_equal(messages.nr, table[i].warnings);
	}
}

/* After the error about the base, the tool reports no other error. */
static void a_base_that_is_no_firmware(void **state)
{
	static const uint8_t nowhere[FLAT_VECTOR];

	(void)state;
	assert_int_equal(pwrite(files[0], "_FVH", 4, 40), 4);
	assert_int_equal(pwrite(files[0], nowhere, sizeof(nowhere),
				ROM_SIZE - sizeof(nowhere)), sizeof(nowhere));
	compose_of_size(ROM_SIZE, VMFW_EXIT_IMAGE);
	expect_error(&messages, ": there is no code at the reset vector, 16 bytes before the end; is it a variable store?");
	assert_int_equal(ftruncate(files[0], FLAT_MAX + 4096), 0);
	assert_int_equal(pwrite(files[0], "\xe9", 1, FLAT_MAX + 4096 - 16), 1);
	compose_of_size(FLAT_MAX + 4096, VMFW_EXIT_IMAGE);
	expect_error(&messages, " is more than the 16 MiB below 4 GiB that a PC has for firmware");
}

/* The digest of the first program fails, so the tool does not look at the second. */
static void a_digest_that_fails(void **state)
{
	char error[128];

	(void)state;
	request.nr_files = 6;
	failing.memory = 2;
	compose_of_size(ROM_SIZE, VMFW_EXIT_SYSTEM);
	snprintf(error, sizeof(error),
		 "%s: cannot use this file: Cannot allocate memory", paths[1]);
	expect_error(&messages, error);
}

static void each_step_of_an_id_block_can_fail(void **state)
{
	static const struct {
		struct failing failing;
		enum vmfw_exit code;
		const char *error;
	} table[] = {
		{ { .key = VMFW_EXIT_USAGE }, VMFW_EXIT_USAGE, "there is no key" },
		{ { .no_snp = true }, VMFW_EXIT_IMAGE,
		  ": cannot add an ID block: this image is not for SEV-SNP" },
		{ { .digest = -ENOMEM }, VMFW_EXIT_SYSTEM,
		  ": cannot use this file: Cannot allocate memory" },
		/* No real signal has come, so its number is 0. */
		{ { .digest = -EINTR, .signal = true }, 128,
		  ": nothing was written" },
		{ { .digest = -EINTR }, VMFW_EXIT_SYSTEM,
		  ": cannot use this file: Interrupted system call" },
		/* A signal changes no other error. */
		{ { .digest = -EIO, .signal = true }, VMFW_EXIT_SYSTEM,
		  ": cannot use this file: Input/output error" },
		{ { .sign = -EIO }, VMFW_EXIT_SYSTEM,
		  ": cannot use this file: Input/output error" },
		{ { .block = -EINVAL }, VMFW_EXIT_IMAGE, ": an obstacle: 0x12" },
		{ { .block = -ENOMEM }, VMFW_EXIT_SYSTEM,
		  ": cannot use this file: Cannot allocate memory" },
		{ { .checks = { 0, 0, -EIO } }, VMFW_EXIT_SYSTEM,
		  ": cannot use this file: Input/output error" },
	};
	size_t i;

	(void)state;
	request.key = "key.pem";
	compose_of_size(ROM_SIZE, VMFW_EXIT_OK);
	assert_int_equal(checks, ARRAY_SIZE(failing.checks));
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		failing = table[i].failing;
		compose_of_size(ROM_SIZE, table[i].code);
		expect_error(&messages, table[i].error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(least_memory_is_a_multiple_of_1_mib),
		cmocka_unit_test(the_last_part_counts),
		cmocka_unit_test_setup_teardown(each_step_can_fail, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(each_requested_file_becomes_a_part,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_base_that_is_no_firmware,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_digest_that_fails,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(each_step_of_an_id_block_can_fail,
						set_up, tear_down),
	};

	return cmocka_run_group_tests_name("compose", tests, NULL, NULL);
}

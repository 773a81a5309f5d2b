// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Composed images: errors of the flat base and of the library, and the least
 * memory of a machine that starts from an image. The test chooses the results
 * of the library, and the parts of the image.
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

#include "base/exit.h"
#include "compose/compose.h"
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
 * @memory: the allocation for the flat base
 * @wrap: result of vmfw_igvm_wrap_for(); 0: the function succeeds
 * @checks: results of the checks of the wrapped base and of the draft; 0: as
 *	@wrap
 * @compose: result of vmfw_igvm_compose(); 0: as @wrap
 */
struct failing {
	bool memory;
	int wrap;
	int checks[2];
	int compose;
};

static struct failing failing;
static unsigned int checks;
static struct messages messages;
static char paths[2][NAME];
static int files[2];
static size_t nr_programs;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	if (!failing.memory || size != ROM_SIZE)
		return __real_malloc(size);
	failing.memory = false;
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
	if (!failing.compose)
		return __real_vmfw_igvm_compose(base, options, draft, why);
	*draft = NULL;
	*why = (struct vmfw_igvm_obstacle) { "an obstacle", true, 0x12 };
	return failing.compose;
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

/* Make a flat firmware that looks for parts, and a kernel. */
static int set_up(void **state)
{
	static struct image image;
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		files[i] = memfd_create("compose", 0);
		snprintf(paths[i], NAME, "/proc/self/fd/%d", files[i]);
	}
	write_rom();
	image_begin(&image, true);
	image_add(&image, ".text", "kernel", 6);
	write_file(1, image.bytes, image.size);
	messages_keep(&messages);
	nr_programs = 1;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	failing = (struct failing) { 0 };
	messages_free(&messages);
	close(files[0]);
	close(files[1]);
	return 0;
}

/*
 * Add programs to the firmware, whose file gets a size of @size bytes after the
 * tool has opened it. Expect an exit code, and one error unless it is
 * VMFW_EXIT_OK. The tool must close the files that it opened, and no others.
 */
static void compose_of_size(size_t size, enum vmfw_exit code)
{
	const struct compose_request request = {
		.files = {
			{ .type = VMFW_IGVM_PART_KERNEL, .path = paths[1] },
			{ .type = VMFW_IGVM_PART_SHIM, .path = paths[1] },
		},
		.nr_files = nr_programs,
	};
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
	assert_int_equal(messages.nr, code != VMFW_EXIT_OK);
	if (!code)
		assert_non_null(composition.draft);
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
		{ { .memory = true }, VMFW_EXIT_SYSTEM,
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
	for (nr_programs = 2; nr_programs; nr_programs--)
		compose_of_size(ROM_SIZE, VMFW_EXIT_OK);
	nr_programs = 1;
	/* Another program makes the firmware shorter meanwhile. */
	compose_of_size(ROM_SIZE - 1, VMFW_EXIT_SYSTEM);
	expect_error(&messages, "another program changed it meanwhile");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(least_memory_is_a_multiple_of_1_mib),
		cmocka_unit_test(the_last_part_counts),
		cmocka_unit_test_setup_teardown(each_step_can_fail, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_base_that_is_no_firmware,
						set_up, tear_down),
	};

	return cmocka_run_group_tests_name("compose", tests, NULL, NULL);
}

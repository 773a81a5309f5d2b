// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The least memory of a machine that starts from a composed image. The test
 * chooses the parts of the image.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "compose/compose.h"
#include "shared/macro.h"

/* The memory after the last part, for the firmware. */
#define FIRMWARE	(64 * MIB)

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(least_memory_is_a_multiple_of_1_mib),
		cmocka_unit_test(the_last_part_counts),
	};

	return cmocka_run_group_tests_name("compose", tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The ranges where an image must not be, for a device that takes all of them or
 * only a few.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/exit.h"
#include "file.h"
#include "shared/macro.h"
#include "stage/ranges.h"

#define PAGE	4096ull
#define BASE	0x100000ull

#define NATIVE	1u

/* A range, in pages from BASE on. */
struct pages {
	uint64_t first;
	uint64_t nr;
};

/*
 * Check the ranges of an image that requires the memory of each of @pages. The image
 * loads the first page.
 */
static void expect_ranges(const struct pages *pages, size_t nr_pages,
			  size_t max, const struct pages *expected,
			  size_t nr_expected)
{
	static struct file file;
	struct vmfw_igvm_input input = { .head = file.bytes };
	const struct vmfw_igvm_platform *platform;
	struct vmfwupdate_range *ranges;
	struct messages messages;
	struct vmfw_igvm igvm;
	size_t nr, i;

	file_begin(&file, 2, 0);
	HEADER(&file, 0x001, 16, { 0, 4, NATIVE }, { 6, 2, 1 },);
	HEADER(&file, 0x302, 24, { 0, 8, BASE + pages[0].first * PAGE },
	       { 8, 4, NATIVE },);
	for (i = 0; i < nr_pages; i++)
		HEADER(&file, 0x305, 24, { 0, 8, BASE + pages[i].first * PAGE },
		       { 8, 4, NATIVE }, { 12, 4, pages[i].nr * PAGE },);
	file_seal(&file);
	input.head_len = file.size;
	input.size = file.size;
	assert_int_equal(vmfw_igvm_check(&igvm, &input, NULL, NULL), 0);

	platform = vmfw_igvm_platform(&igvm, VMFW_IGVM_NATIVE);
	messages_keep(&messages);
	assert_int_equal(plan_ranges(&messages, &igvm, platform, max, &ranges,
				     &nr), VMFW_EXIT_OK);
	assert_int_equal(messages.nr, 0);
	assert_int_equal(nr, nr_expected);
	for (i = 0; i < nr; i++) {
		assert_int_equal(ranges[i].start,
				 BASE + expected[i].first * PAGE);
		assert_int_equal(ranges[i].size, expected[i].nr * PAGE);
	}
	free(ranges);
	messages_free(&messages);
}

#define EXPECT(required, max, ...) do {					\
	const struct pages expected[] = { __VA_ARGS__ };		\
									\
	expect_ranges(required, ARRAY_SIZE(required), max, expected,	\
		      ARRAY_SIZE(expected));				\
} while (0)

static void ranges_that_touch_are_one(void **state)
{
	static const struct pages pages[] = { { 0, 2 }, { 2, 3 }, { 6, 1 } };

	(void)state;
	EXPECT(pages, 16, { 0, 5 }, { 6, 1 });
}

/*
 * The gaps have one to five pages. Gaps of at most one page go first, then those
 * of two, of four and of eight pages, until the device takes all ranges.
 */
static void the_smallest_gaps_are_closed_first(void **state)
{
	static const struct pages pages[] = {
		{ 0, 1 }, { 2, 1 }, { 5, 1 }, { 9, 1 }, { 14, 1 }, { 20, 1 },
	};

	(void)state;
	expect_ranges(pages, ARRAY_SIZE(pages), 7, pages, ARRAY_SIZE(pages));
	expect_ranges(pages, ARRAY_SIZE(pages), 6, pages, ARRAY_SIZE(pages));
	EXPECT(pages, 5, { 0, 3 }, { 5, 1 }, { 9, 1 }, { 14, 1 }, { 20, 1 });
	EXPECT(pages, 4, { 0, 6 }, { 9, 1 }, { 14, 1 }, { 20, 1 });
	EXPECT(pages, 3, { 0, 15 }, { 20, 1 });
	EXPECT(pages, 2, { 0, 15 }, { 20, 1 });
	EXPECT(pages, 1, { 0, 21 });
}

/* Gaps elsewhere stay open. */
static void one_small_gap_is_closed_alone(void **state)
{
	static const struct pages first[] = { { 0, 4 }, { 5, 2 }, { 9, 1 } };
	static const struct pages last[] = { { 0, 4 }, { 6, 2 }, { 9, 1 } };

	(void)state;
	EXPECT(first, 2, { 0, 7 }, { 9, 1 });
	EXPECT(last, 2, { 0, 4 }, { 6, 4 });
}

/* For a device that takes no range, too, the tool closes a very large gap. */
static void one_range_always_remains(void **state)
{
	static const struct pages pages[] = { { 0, 1 }, { 1ull << 32, 1 } };

	(void)state;
	EXPECT(pages, 2, { 0, 1 }, { 1ull << 32, 1 });
	EXPECT(pages, 1, { 0, (1ull << 32) + 1 });
	EXPECT(pages, 0, { 0, (1ull << 32) + 1 });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_that_touch_are_one),
		cmocka_unit_test(the_smallest_gaps_are_closed_first),
		cmocka_unit_test(one_small_gap_is_closed_alone),
		cmocka_unit_test(one_range_always_remains),
	};

	return cmocka_run_group_tests_name("lib ranges", tests, NULL, NULL);
}

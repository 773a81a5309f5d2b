// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the planner: windows in RAM, and positions in a window.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <kunit/test.h>
#include <linux/module.h>

#include "../plan.c"

#define NR_AVOID	32

static void windows_lie_between_what_is_forbidden(struct kunit *test)
{
	const struct vmfw_span ram = { SZ_16M, SZ_256M - 1 };
	struct vmfw_span avoid[] = {
		{ SZ_128M, SZ_128M },
		{ SZ_32M, SZ_64M - 1 },
		{ SZ_32M + 1, SZ_32M + 2 },
	};
	const struct vmfw_want want = {
		.size = SZ_4M,
		.align = PAGE_SIZE,
		.max_addr = U64_MAX,
	};
	struct vmfw_span windows[VMFW_PLAN_ROOM(1, ARRAY_SIZE(avoid))];
	size_t nr;

	nr = vmfw_plan(&ram, 1, avoid, ARRAY_SIZE(avoid), &want, windows);
	KUNIT_ASSERT_EQ(test, nr, 3);
	KUNIT_EXPECT_EQ(test, windows[0].first, SZ_16M);
	KUNIT_EXPECT_EQ(test, windows[0].last, SZ_32M - 1);
	KUNIT_EXPECT_EQ(test, windows[1].first, SZ_64M);
	KUNIT_EXPECT_EQ(test, windows[1].last, SZ_128M - 1);
	KUNIT_EXPECT_EQ(test, windows[2].first, SZ_128M + PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, windows[2].last, SZ_256M - 1);
}

static void a_window_ends_at_4_gib_and_at_the_limit(struct kunit *test)
{
	const struct vmfw_span ram = { 0, U64_MAX };
	struct vmfw_want want = {
		.size = 1,
		.align = PAGE_SIZE,
		.max_addr = U64_MAX,
	};
	struct vmfw_span windows[VMFW_PLAN_ROOM(1, 0)];

	KUNIT_ASSERT_EQ(test, vmfw_plan(&ram, 1, NULL, 0, &want, windows), 2);
	KUNIT_EXPECT_EQ(test, windows[0].first, SZ_16M);
	KUNIT_EXPECT_EQ(test, windows[0].last, SZ_4G - 1);
	KUNIT_EXPECT_EQ(test, windows[1].first, SZ_4G);
	KUNIT_EXPECT_EQ(test, windows[1].last, U64_MAX);

	want.max_addr = SZ_1G;
	KUNIT_ASSERT_EQ(test, vmfw_plan(&ram, 1, NULL, 0, &want, windows), 1);
	KUNIT_EXPECT_EQ(test, windows[0].last, SZ_1G - 1);
}

static void nothing_fits_below_16_mib(struct kunit *test)
{
	const struct vmfw_span ram = { 0, SZ_16M + SZ_1M - 1 };
	const struct vmfw_want want = {
		.size = SZ_1M + 1,
		.align = PAGE_SIZE,
		.max_addr = U64_MAX,
	};
	struct vmfw_span windows[VMFW_PLAN_ROOM(1, 0)];

	KUNIT_EXPECT_EQ(test, vmfw_plan(&ram, 1, NULL, 0, &want, windows), 0);
}

static void positions_go_down_to_the_end_of_the_window(struct kunit *test)
{
	const struct vmfw_span window = { SZ_16M, SZ_32M - 1 };
	const struct vmfw_want want = { .size = SZ_4M + 1, .align = SZ_4M };
	unsigned int nr = 0;
	u64 start;

	KUNIT_ASSERT_TRUE(test, vmfw_plan_highest(&window, &want, &start));
	do {
		KUNIT_EXPECT_TRUE(test, IS_ALIGNED(start, SZ_4M));
		KUNIT_EXPECT_GE(test, start, window.first);
		KUNIT_EXPECT_LE(test, start + want.size - 1, window.last);
		nr++;
	} while (vmfw_plan_lower(&window, &want, &start));

	KUNIT_EXPECT_EQ(test, nr, 3);
	KUNIT_EXPECT_EQ(test, start, window.first);
}

/* Forbidden ranges from pseudo-random numbers, which are the same in each run. */
static void no_position_touches_what_is_forbidden(struct kunit *test)
{
	const struct vmfw_span ram = { SZ_16M, SZ_512M - 1 };
	const struct vmfw_want want = {
		.size = SZ_1M + 5,
		.align = SZ_64K,
		.max_addr = SZ_512M - 1,
	};
	struct vmfw_span windows[VMFW_PLAN_ROOM(1, NR_AVOID)];
	struct vmfw_span avoid[NR_AVOID];
	u64 start, state = 1;
	size_t i, j, nr;

	for (i = 0; i < NR_AVOID; i++) {
		state = state * 6364136223846793005ULL + 1442695040888963407ULL;
		avoid[i].first = state >> 35;
		avoid[i].last = avoid[i].first + (state & (SZ_1M - 1));
	}

	nr = vmfw_plan(&ram, 1, avoid, NR_AVOID, &want, windows);
	KUNIT_ASSERT_GT(test, nr, 0);
	KUNIT_ASSERT_LE(test, nr, ARRAY_SIZE(windows));
	for (i = 0; i < nr; i++) {
		KUNIT_ASSERT_TRUE(test, vmfw_plan_highest(&windows[i], &want,
							  &start));
		for (j = 0; j < NR_AVOID; j++)
			KUNIT_EXPECT_TRUE(test, avoid[j].last < start ||
					  avoid[j].first >= start + want.size);
	}
}

static struct kunit_case plan_cases[] = {
	KUNIT_CASE(windows_lie_between_what_is_forbidden),
	KUNIT_CASE(a_window_ends_at_4_gib_and_at_the_limit),
	KUNIT_CASE(nothing_fits_below_16_mib),
	KUNIT_CASE(positions_go_down_to_the_end_of_the_window),
	KUNIT_CASE(no_position_touches_what_is_forbidden),
	{}
};

static struct kunit_suite plan_suite = {
	.name = "vmfwupdate_plan",
	.test_cases = plan_cases,
};

kunit_test_suite(plan_suite);

MODULE_DESCRIPTION("Tests of the vmfwupdate driver");
MODULE_LICENSE("GPL");

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the memory of an image: search, sharing and return, also if they fail.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <kunit/test.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "../buffer.h"
#include "host.h"

#define SIZE	(SZ_1M + 1)
#define PAGES	PFN_UP(SIZE)

static const struct vmfw_want want = {
	.size = SIZE,
	.align = PAGE_SIZE,
	.max_addr = U64_MAX,
};

static struct vmfw_buffer buffer;
static bool stop;

static int take(void)
{
	return vmfw_buffer_alloc(&buffer, &want, NULL, 0, &stop);
}

static int buffer_init(struct kunit *test)
{
	host_reset_igvm();
	machine_reset();
	memset(&buffer, 0, sizeof(buffer));
	stop = false;
	return 0;
}

static u64 offset_in_ram(void)
{
	return page_to_phys(buffer.page) - machine.ram.first;
}

/* The driver holds no page, and has counted each lost one. */
static void expect_nothing_held(struct kunit *test, unsigned long leaked)
{
	KUNIT_EXPECT_NULL(test, buffer.page);
	KUNIT_EXPECT_EQ(test, machine.taken, leaked);
	KUNIT_EXPECT_EQ(test, host.leaked, leaked);
}

static void the_highest_position_comes_first(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, take(), 0);
	KUNIT_EXPECT_EQ(test, offset_in_ram(), SZ_2M);
	KUNIT_EXPECT_EQ(test, buffer.nr_pages, PAGES);
	KUNIT_EXPECT_EQ(test, machine.taken, PAGES);
	KUNIT_EXPECT_EQ(test, host.shared, PAGES);
	KUNIT_EXPECT_NULL(test, memchr_inv(page_address(buffer.page), 0,
					   PAGES * PAGE_SIZE));

	vmfw_buffer_free(&buffer);
	expect_nothing_held(test, 0);
	KUNIT_EXPECT_EQ(test, host.shared, 0);
	vmfw_buffer_free(&buffer);
	expect_nothing_held(test, 0);
}

static void it_stays_clear_of_what_is_forbidden(struct kunit *test)
{
	struct vmfw_span avoid[] = {
		{ machine.ram.first + SZ_2M, U64_MAX },
	};

	KUNIT_ASSERT_EQ(test, vmfw_buffer_alloc(&buffer, &want, avoid, 1, &stop),
			0);
	KUNIT_EXPECT_EQ(test, offset_in_ram(), 0);
	vmfw_buffer_free(&buffer);

	avoid[0].first = machine.ram.first + SZ_1M;
	KUNIT_EXPECT_EQ(test, vmfw_buffer_alloc(&buffer, &want, avoid, 1, &stop),
			-ENOMEM);
	expect_nothing_held(test, 0);
}

static void what_is_busy_is_passed_over(struct kunit *test)
{
	machine.busy = 1;
	KUNIT_ASSERT_EQ(test, take(), 0);
	KUNIT_EXPECT_EQ(test, offset_in_ram(), 0);
	vmfw_buffer_free(&buffer);

	/* Both positions are busy in the first pass, none in the second. */
	machine.tries = 0;
	machine.busy = 2;
	KUNIT_ASSERT_EQ(test, take(), 0);
	KUNIT_EXPECT_EQ(test, offset_in_ram(), SZ_2M);
	KUNIT_EXPECT_EQ(test, machine.tries, 3);
	vmfw_buffer_free(&buffer);
}

static void the_search_ends(struct kunit *test)
{
	machine.busy = UINT_MAX;
	KUNIT_EXPECT_EQ(test, take(), -ENOMEM);
	KUNIT_EXPECT_EQ(test, machine.tries, 4);
	expect_nothing_held(test, 0);

	machine_reset();
	machine.range_error = -EINTR;
	KUNIT_EXPECT_EQ(test, take(), -EINTR);
	KUNIT_EXPECT_EQ(test, machine.tries, 1);
	expect_nothing_held(test, 0);

	machine_reset();
	stop = true;
	KUNIT_EXPECT_EQ(test, take(), -EBUSY);
	KUNIT_EXPECT_EQ(test, machine.tries, 0);
	expect_nothing_held(test, 0);
	stop = false;

	/* Without memory to move pages to, the search goes on with the next pass. */
	machine_reset();
	machine.range_error = -ENOMEM;
	KUNIT_EXPECT_EQ(test, take(), -ENOMEM);
	KUNIT_EXPECT_EQ(test, machine.tries, 2);
	expect_nothing_held(test, 0);
}

static void every_allocation_of_its_own_may_fail(struct kunit *test)
{
	unsigned int nr;

	for (nr = 1; nr < 10; nr++) {
		machine_reset();
		machine.fail_small = nr;
		if (!take())
			break;
		expect_nothing_held(test, 0);
		KUNIT_EXPECT_EQ(test, machine.tries, 0);
	}

	/* Two allocations can fail: one for the map of RAM, and one for the windows. */
	KUNIT_EXPECT_EQ(test, nr, 3);
	vmfw_buffer_free(&buffer);
}

static void pages_that_cannot_be_shared_are_lost(struct kunit *test)
{
	host.share_error = -EIO;
	KUNIT_EXPECT_EQ(test, take(), -EIO);
	expect_nothing_held(test, PAGES);

	host.share_error = 0;
	KUNIT_ASSERT_EQ(test, take(), 0);
	KUNIT_EXPECT_EQ(test, offset_in_ram(), 0);
	vmfw_buffer_free(&buffer);
	expect_nothing_held(test, PAGES);
}

static void pages_that_stay_shared_are_lost(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, take(), 0);
	host.unshare_error = -EIO;
	vmfw_buffer_free(&buffer);
	expect_nothing_held(test, PAGES);
}

static void set_aside(void)
{
	machine.busy = UINT_MAX;
	machine.set_aside.first = machine.ram.first + SZ_64K;
	machine.set_aside.last = machine.ram.last;
}

static void memory_set_aside_comes_first(struct kunit *test)
{
	set_aside();
	machine.busy = 0;
	KUNIT_ASSERT_EQ(test, take(), 0);
	KUNIT_EXPECT_TRUE(test, buffer.set_aside);
	KUNIT_EXPECT_EQ(test, machine.tries, 0);
	KUNIT_EXPECT_EQ(test, offset_in_ram(), SZ_2M);
	KUNIT_EXPECT_EQ(test, machine.taken, 0);
	vmfw_buffer_free(&buffer);
	expect_nothing_held(test, 0);

	/* The memory set aside is there for the next image too. */
	KUNIT_ASSERT_EQ(test, take(), 0);
	vmfw_buffer_free(&buffer);
	KUNIT_EXPECT_EQ(test, host.shared, 0);
}

static void memory_set_aside_in_the_wrong_place(struct kunit *test)
{
	struct vmfw_span avoid[] = {
		{ machine.ram.first + SZ_1M, machine.ram.first + SZ_1M },
		{ machine.ram.first + SZ_2M, machine.ram.first + SZ_2M },
		{ machine.ram.first + SZ_1M * 3, machine.ram.last },
	};

	set_aside();
	KUNIT_EXPECT_EQ(test, vmfw_buffer_alloc(&buffer, &want, avoid,
						ARRAY_SIZE(avoid), &stop),
			-ENOMEM);
	expect_nothing_held(test, 0);

	/* Memory set aside that is too small does not stop the search elsewhere. */
	machine.set_aside.last = machine.set_aside.first + SZ_64K - 1;
	machine.busy = 0;
	KUNIT_ASSERT_EQ(test, take(), 0);
	KUNIT_EXPECT_FALSE(test, buffer.set_aside);
	vmfw_buffer_free(&buffer);
	expect_nothing_held(test, 0);
}

static void memory_set_aside_in_doubt_is_not_used_again(struct kunit *test)
{
	set_aside();
	KUNIT_ASSERT_EQ(test, take(), 0);
	host.unshare_error = -EIO;
	vmfw_buffer_free(&buffer);
	KUNIT_EXPECT_EQ(test, host.leaked, PAGES);
	KUNIT_EXPECT_EQ(test, take(), -ENOMEM);

	machine_reset();
	set_aside();
	host.share_error = -EIO;
	KUNIT_EXPECT_EQ(test, take(), -EIO);
	host.share_error = 0;
	KUNIT_EXPECT_EQ(test, take(), -ENOMEM);
}

static int buffer_suite_init(struct kunit_suite *suite)
{
	return machine_start();
}

static void buffer_suite_exit(struct kunit_suite *suite)
{
	machine_stop();
}

static struct kunit_case buffer_cases[] = {
	KUNIT_CASE(the_highest_position_comes_first),
	KUNIT_CASE(it_stays_clear_of_what_is_forbidden),
	KUNIT_CASE(what_is_busy_is_passed_over),
	KUNIT_CASE(the_search_ends),
	KUNIT_CASE(every_allocation_of_its_own_may_fail),
	KUNIT_CASE(pages_that_cannot_be_shared_are_lost),
	KUNIT_CASE(pages_that_stay_shared_are_lost),
	KUNIT_CASE(memory_set_aside_comes_first),
	KUNIT_CASE(memory_set_aside_in_the_wrong_place),
	KUNIT_CASE(memory_set_aside_in_doubt_is_not_used_again),
	{}
};

static struct kunit_suite buffer_suite = {
	.name = "vmfwupdate_buffer",
	.suite_init = buffer_suite_init,
	.suite_exit = buffer_suite_exit,
	.init = buffer_init,
	.test_cases = buffer_cases,
};

kunit_test_suite(buffer_suite);

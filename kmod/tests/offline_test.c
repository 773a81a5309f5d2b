// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exclusion between the search for an image's memory and memory that goes offline.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <kunit/test.h>
#include <linux/jiffies.h>
#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/sizes.h>

#include "../buffer.h"
#include "../offline.h"
#include "host.h"
#include "offline.h"

static int offline_init(struct kunit *test)
{
	host_reset_igvm();
	machine_reset();
	offline_reset();
	return 0;
}

static void nobody_looks_while_a_block_goes(struct kunit *test)
{
	static const unsigned long ends[] = { MEM_OFFLINE, MEM_CANCEL_OFFLINE };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		offline_reset();
		KUNIT_EXPECT_EQ(test, offline_event(MEM_GOING_OFFLINE), 0);
		KUNIT_EXPECT_FALSE(test, vmfw_offline_hold());
		KUNIT_EXPECT_FALSE(test, vmfw_offline_hold());
		KUNIT_EXPECT_EQ(test, offline_event(ends[i]), 0);
		KUNIT_EXPECT_TRUE(test, vmfw_offline_hold());
		vmfw_offline_release();
	}
}

static void no_block_goes_while_an_image_looks(struct kunit *test)
{
	KUNIT_ASSERT_TRUE(test, vmfw_offline_hold());
	KUNIT_EXPECT_EQ(test, offline_event(MEM_GOING_OFFLINE), -EBUSY);
	KUNIT_EXPECT_EQ(test, offline_event(MEM_CANCEL_OFFLINE), 0);

	/* One of two holders is enough to keep memory online. */
	KUNIT_ASSERT_TRUE(test, vmfw_offline_hold());
	vmfw_offline_release();
	offline.clock += 60 * HZ;
	KUNIT_EXPECT_EQ(test, offline_event(MEM_GOING_OFFLINE), -EBUSY);
	vmfw_offline_release();
}

/*
 * The kernel isolates a block, and then asks the notifiers. An allocation may fall
 * between these steps.
 */
static void nor_shortly_after(struct kunit *test)
{
	KUNIT_ASSERT_TRUE(test, vmfw_offline_hold());
	vmfw_offline_release();
	KUNIT_EXPECT_EQ(test, offline_event(MEM_GOING_OFFLINE), -EBUSY);
	offline.clock += 2 * HZ;
	KUNIT_EXPECT_EQ(test, offline_event(MEM_GOING_OFFLINE), -EBUSY);
	offline.clock++;
	KUNIT_EXPECT_EQ(test, offline_event(MEM_GOING_OFFLINE), 0);
	KUNIT_EXPECT_EQ(test, offline_event(MEM_OFFLINE), 0);
}

static void other_events_do_not_matter(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, offline_event(MEM_GOING_OFFLINE), 0);
	KUNIT_EXPECT_EQ(test, offline_event(MEM_GOING_ONLINE), 0);
	KUNIT_EXPECT_EQ(test, offline_event(MEM_ONLINE), 0);
	KUNIT_EXPECT_FALSE(test, vmfw_offline_hold());
	KUNIT_EXPECT_EQ(test, offline_event(MEM_OFFLINE), 0);
	KUNIT_ASSERT_TRUE(test, vmfw_offline_hold());
	KUNIT_EXPECT_EQ(test, offline_event(MEM_GOING_ONLINE), 0);
	vmfw_offline_release();
}

/* The search waits for the block, and skips no position. */
static void an_image_waits_for_a_block(struct kunit *test)
{
	const struct vmfw_want want = {
		.size = SZ_1M,
		.align = PAGE_SIZE,
		.max_addr = U64_MAX,
	};
	struct vmfw_buffer buffer = {};
	struct page *place;
	bool stop = false;

	KUNIT_ASSERT_EQ(test, vmfw_buffer_alloc(&buffer, &want, NULL, 0, &stop),
			0);
	place = buffer.page;
	vmfw_buffer_free(&buffer);

	machine.tries = 0;
	offline.clock += 60 * HZ;
	KUNIT_ASSERT_EQ(test, offline_event(MEM_GOING_OFFLINE), 0);
	offline.ends_at = 3;
	KUNIT_ASSERT_EQ(test, vmfw_buffer_alloc(&buffer, &want, NULL, 0, &stop),
			0);
	KUNIT_EXPECT_EQ(test, offline.sleeps, 3);
	KUNIT_EXPECT_EQ(test, machine.tries, 1);
	KUNIT_EXPECT_PTR_EQ(test, buffer.page, place);
	/* After the search, only the pages in use keep their block from going offline. */
	offline.clock += 60 * HZ;
	KUNIT_EXPECT_EQ(test, offline_event(MEM_GOING_OFFLINE), 0);
	KUNIT_EXPECT_EQ(test, offline_event(MEM_CANCEL_OFFLINE), 0);
	vmfw_buffer_free(&buffer);
}

static int machine_suite_start(struct kunit_suite *suite)
{
	return machine_start();
}

static void machine_suite_stop(struct kunit_suite *suite)
{
	machine_stop();
}

static struct kunit_case offline_cases[] = {
	KUNIT_CASE(nobody_looks_while_a_block_goes),
	KUNIT_CASE(no_block_goes_while_an_image_looks),
	KUNIT_CASE(nor_shortly_after),
	KUNIT_CASE(other_events_do_not_matter),
	KUNIT_CASE(an_image_waits_for_a_block),
	{}
};

static struct kunit_suite offline_suite = {
	.name = "vmfwupdate_offline",
	.init = offline_init,
	.suite_init = machine_suite_start,
	.suite_exit = machine_suite_stop,
	.test_cases = offline_cases,
};

kunit_test_suite(offline_suite);

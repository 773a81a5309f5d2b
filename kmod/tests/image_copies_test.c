// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of an image with a VMM that copies it, with the wire format and real
 * pages. Once the VMM has the image, no page stays taken or shared, unless the device
 * is stuck or a conversion fails. The state shows the effect of the next reset.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <kunit/device.h>
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "../vmfwupdate.h"
#include "host.h"

#define SIZE	(SZ_1M + 1)
#define PAGES	(SZ_1M / PAGE_SIZE + 1)

/* A new device on a new VMM and an empty machine. */
static void start(struct kunit *test)
{
	struct vmfw_device *dev = test->priv;

	host_reset_vlu();
	machine_reset();
	memset(&dev->image, 0, sizeof(dev->image));
	memset(&dev->handed, 0, sizeof(dev->handed));
	dev->state = VMFWUPDATE_STATE_IDLE;
	dev->rest = VMFWUPDATE_STATE_IDLE;
	dev->held = VMFWUPDATE_HELD_UNKNOWN;
	dev->start = VMFWUPDATE_START_UNKNOWN;
	dev->closed = false;
	dev->iface = &vmfw_iface_vmlaunchupdate;
	dev->fw = &host;
	dev->formats = VMFWUPDATE_FORMAT_IGVM;
	dev->max_size = U32_MAX;
}

static int copies_init(struct kunit *test)
{
	struct vmfw_device *dev;

	dev = kunit_kzalloc(test, sizeof(*dev), GFP_KERNEL);
	if (!dev)
		return -ENOMEM;
	dev->misc.this_device = kunit_device_register(test, "vmfwupdate");
	if (IS_ERR(dev->misc.this_device))
		return PTR_ERR(dev->misc.this_device);

	test->priv = dev;
	start(test);
	return 0;
}

static int begin(struct vmfw_device *dev, u8 content)
{
	const struct vmfw_want want = {
		.size = SIZE,
		.align = PAGE_SIZE,
		.max_addr = U64_MAX,
	};
	int err;

	err = vmfw_image_begin(dev, &want, NULL, 0);
	if (err)
		return err;

	memset(vmfw_image_tail(dev), content, SIZE);
	dev->image.written = SIZE;
	return 0;
}

static int commit(struct vmfw_device *dev, u32 flags)
{
	struct vmfwupdate_commit commit = {
		.format = VMFWUPDATE_FORMAT_IGVM,
		.flags = flags,
	};

	return vmfw_image_commit(dev, &commit);
}

static void expect_state(struct kunit *test, u32 state, u32 held)
{
	const struct vmfw_device *dev = test->priv;
	const bool in_memory = state == VMFWUPDATE_STATE_FILLING ||
			       state == VMFWUPDATE_STATE_STAGED;

	KUNIT_EXPECT_STREQ(test, vmfw_state_name(dev->state),
			   vmfw_state_name(state));
	KUNIT_EXPECT_EQ(test, vmfw_image_held(dev), held);
	KUNIT_EXPECT_EQ(test, !!dev->image.buffer.page, in_memory);
	KUNIT_EXPECT_EQ(test, dev->shown_addr, vmfw_image_addr(dev));
	KUNIT_EXPECT_EQ(test, dev->shown_size, dev->image.size);
	KUNIT_EXPECT_EQ(test, machine.taken,
			(in_memory ? PAGES : 0) + host.leaked);
	KUNIT_EXPECT_EQ(test, host.shared, (in_memory ? PAGES : 0) + host.leaked);
	if (host.copy.addr || host.copy.restores)
		KUNIT_EXPECT_TRUE(test, vmfw_image_is_pending(dev));
}

/* Release the module for the next test. */
static void renew_device(struct kunit *test)
{
	struct vmfw_device *dev = test->priv;

	host.fail_at = 0;
	host.answer = NULL;
	KUNIT_EXPECT_TRUE(test, dev->pinned == vmfw_image_is_pending(dev));
	if (dev->pinned)
		module_put(THIS_MODULE);
	dev->pinned = false;
}

static void hand_over(struct kunit *test, u8 content)
{
	struct vmfw_device *dev = test->priv;

	KUNIT_ASSERT_EQ(test, begin(dev, content), 0);
	KUNIT_ASSERT_EQ(test, commit(dev, VMFWUPDATE_COMMIT_ARM_NOW), 0);
	expect_state(test, VMFWUPDATE_STATE_ARMED, VMFWUPDATE_HELD_IMAGE);
	KUNIT_EXPECT_EQ(test, host.copy.first_byte, content);
}

static void handed_over_reverted(struct kunit *test)
{
	struct vmfw_device *dev = test->priv;

	hand_over(test, 'a');
	KUNIT_EXPECT_EQ(test, dev->image.size, SIZE);
	KUNIT_EXPECT_EQ(test, vmfw_image_addr(dev), 0);
	KUNIT_EXPECT_EQ(test, dev->start, VMFWUPDATE_START_IGVM);
	hand_over(test, 'b');
	KUNIT_EXPECT_EQ(test, vmfw_image_cancel(dev), 0);
	expect_state(test, VMFWUPDATE_STATE_REVERTING, VMFWUPDATE_HELD_HOST);
	KUNIT_EXPECT_TRUE(test, host.copy.restores);
	KUNIT_EXPECT_EQ(test, begin(dev, 'c'), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, commit(dev, 0), -EINPROGRESS);
	renew_device(test);
}

static void staged_until_the_reboot(struct kunit *test)
{
	struct vmfw_device *dev = test->priv;

	KUNIT_ASSERT_EQ(test, begin(dev, 'a'), 0);
	KUNIT_EXPECT_EQ(test, commit(dev, 0), 0);
	expect_state(test, VMFWUPDATE_STATE_STAGED, VMFWUPDATE_HELD_UNKNOWN);
	KUNIT_EXPECT_EQ(test, host.operations, 0);
	KUNIT_EXPECT_EQ(test, vmfw_image_arm(dev), 0);
	expect_state(test, VMFWUPDATE_STATE_ARMED, VMFWUPDATE_HELD_IMAGE);
	KUNIT_EXPECT_FALSE(test, host.copy.once);
	renew_device(test);
}

static void once(struct kunit *test)
{
	struct vmfw_device *dev = test->priv;
	const u32 both = VMFWUPDATE_COMMIT_ONCE | VMFWUPDATE_COMMIT_ARM_NOW;

	KUNIT_ASSERT_EQ(test, begin(dev, 'a'), 0);
	KUNIT_EXPECT_EQ(test, commit(dev, both), -EINVAL);
	KUNIT_EXPECT_EQ(test, commit(dev, VMFWUPDATE_COMMIT_ONCE), 0);
	KUNIT_EXPECT_EQ(test, vmfw_image_arm(dev), 0);
	KUNIT_EXPECT_EQ(test, host.operations, 2);
	KUNIT_EXPECT_TRUE(test, host.copy.once);
	KUNIT_EXPECT_EQ(test, host.copy.first_byte, 'a');
	expect_state(test, VMFWUPDATE_STATE_ARMED, VMFWUPDATE_HELD_IMAGE);
	renew_device(test);
}

static void a_refusal_keeps_what_was_there(struct kunit *test)
{
	struct vmfw_device *dev = test->priv;

	hand_over(test, 'a');
	host.copy.not_from_igvm = true;
	KUNIT_ASSERT_EQ(test, begin(dev, 'b'), 0);
	KUNIT_EXPECT_EQ(test, commit(dev, VMFWUPDATE_COMMIT_ARM_NOW), -EIO);
	expect_state(test, VMFWUPDATE_STATE_ARMED, VMFWUPDATE_HELD_IMAGE);
	KUNIT_EXPECT_EQ(test, host.copy.first_byte, 'a');
	KUNIT_EXPECT_FALSE(test, host.copy.restores);
	renew_device(test);
}

static void off_with_an_image(struct kunit *test)
{
	struct vmfw_device *dev = test->priv;

	hand_over(test, 'a');
	KUNIT_ASSERT_EQ(test, begin(dev, 'b'), 0);
	KUNIT_EXPECT_EQ(test, vmfw_image_disable(dev), 0);
	expect_state(test, VMFWUPDATE_STATE_DISABLED, VMFWUPDATE_HELD_IMAGE);
	KUNIT_EXPECT_EQ(test, vmfw_image_cancel(dev), -EPERM);
	KUNIT_EXPECT_EQ(test, vmfw_image_restore(dev), -EPERM);
	KUNIT_EXPECT_EQ(test, begin(dev, 'b'), -EPERM);
	KUNIT_EXPECT_TRUE(test, dev->pinned);
	renew_device(test);
}

static void memory_that_stays_shared(struct kunit *test)
{
	struct vmfw_device *dev = test->priv;

	KUNIT_ASSERT_EQ(test, begin(dev, 'a'), 0);
	host.unshare_error = -EIO;
	KUNIT_EXPECT_EQ(test, commit(dev, VMFWUPDATE_COMMIT_ARM_NOW), 0);
	KUNIT_EXPECT_EQ(test, host.leaked, PAGES);
	expect_state(test, VMFWUPDATE_STATE_ARMED, VMFWUPDATE_HELD_IMAGE);
	renew_device(test);
}

/* All steps of an image. Any may fail, and the state must be right after each. */
static void live(struct kunit *test, u32 flags)
{
	struct vmfw_device *dev = test->priv;

	KUNIT_ASSERT_EQ(test, begin(dev, 'a'), 0);
	commit(dev, flags);
	expect_state(test, dev->state, vmfw_image_held(dev));
	vmfw_image_arm(dev);
	expect_state(test, dev->state, vmfw_image_held(dev));
	vmfw_image_restore(dev);
	expect_state(test, dev->state, vmfw_image_held(dev));
	vmfw_image_disable(dev);
	expect_state(test, dev->state, vmfw_image_held(dev));
}

static void sweep(struct kunit *test, int error, bool late, u32 flags)
{
	unsigned int nr;

	for (nr = 1; nr < 20; nr++) {
		start(test);
		host.fail_at = nr;
		host.fail_error = error;
		host.fail_late = late;
		live(test, flags);
		renew_device(test);
		if (host.operations < nr)
			break;
	}

	/* The loop reached the end: each operation has failed once. */
	KUNIT_EXPECT_GE(test, nr, 4);
	KUNIT_EXPECT_LT(test, nr, 20);
}

static void every_operation_may_fail(struct kunit *test)
{
	static const int errors[] = { -EIO, -EBUSY };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		sweep(test, errors[i], false, VMFWUPDATE_COMMIT_ARM_NOW);
		sweep(test, errors[i], true, VMFWUPDATE_COMMIT_ARM_NOW);
		sweep(test, errors[i], false, VMFWUPDATE_COMMIT_ONCE);
		sweep(test, errors[i], true, VMFWUPDATE_COMMIT_ONCE);
	}
}

/* The device may still read the memory that it has got. */
static void a_device_that_is_stuck(struct kunit *test)
{
	struct vmfw_device *dev = test->priv;

	KUNIT_ASSERT_EQ(test, begin(dev, 'a'), 0);
	host.fail_at = 1;
	host.fail_error = -ENODEV;
	host.fail_late = true;
	KUNIT_EXPECT_EQ(test, commit(dev, VMFWUPDATE_COMMIT_ARM_NOW), -ENODEV);
	KUNIT_EXPECT_STREQ(test, vmfw_state_name(dev->state), "armed");
	KUNIT_EXPECT_EQ(test, machine.taken, PAGES);
	KUNIT_EXPECT_EQ(test, begin(dev, 'b'), -EBUSY);
	renew_device(test);
}

static int copies_suite_init(struct kunit_suite *suite)
{
	return machine_start();
}

static void copies_suite_exit(struct kunit_suite *suite)
{
	machine_stop();
}

static struct kunit_case copies_cases[] = {
	KUNIT_CASE(handed_over_reverted),
	KUNIT_CASE(staged_until_the_reboot),
	KUNIT_CASE(once),
	KUNIT_CASE(a_refusal_keeps_what_was_there),
	KUNIT_CASE(off_with_an_image),
	KUNIT_CASE(memory_that_stays_shared),
	KUNIT_CASE(every_operation_may_fail),
	KUNIT_CASE(a_device_that_is_stuck),
	{}
};

static struct kunit_suite copies_suite = {
	.name = "vmfwupdate_image_copies",
	.suite_init = copies_suite_init,
	.suite_exit = copies_suite_exit,
	.init = copies_init,
	.test_cases = copies_cases,
};

kunit_test_suite(copies_suite);

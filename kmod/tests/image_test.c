// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of an image with the drafts "igvm" and "v6", also if a step fails. As long
 * as the VMM would load an image, the state is ARMED and the memory stays. The driver
 * counts each page that it loses.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <kunit/test.h>

#include "device.h"
#include "host.h"

#include "../image.c"

#define SIZE	SZ_1M
#define PAGES	(SIZE / PAGE_SIZE)

struct revision {
	const char *name;
	const struct vmfw_iface *iface;
	void (*reset)(void);
	u32 format;
};

static const struct revision revisions[] = {
	{ "igvm", &vmfw_iface_igvm, host_reset_igvm, VMFWUPDATE_FORMAT_IGVM },
	{ "v6", &vmfw_iface_v6, host_reset_v6, VMFWUPDATE_FORMAT_FLAT },
};

KUNIT_ARRAY_PARAM_DESC(revision, revisions, name);

/* A new device on a new VMM and an empty machine. */
static void start(struct kunit *test)
{
	const struct revision *revision = test->param_value;
	struct vmfw_device *dev = test->priv;
	struct vmfw_status status;

	revision->reset();
	machine_reset();
	device_renew(dev, revision->iface);
	KUNIT_ASSERT_EQ(test, dev->iface->status(&host, &status), 0);
	dev->formats = status.formats;
	dev->max_size = status.max_size;
	host.operations = 0;
}

static int image_init(struct kunit *test)
{
	int err = device_make(test);

	if (err)
		return err;
	start(test);
	return 0;
}

static int begin(struct vmfw_device *dev)
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

	memset(vmfw_image_tail(dev), 0xa5, SIZE);
	dev->image.written = SIZE;
	return 0;
}

static int commit(struct vmfw_device *dev, u32 flags)
{
	struct vmfwupdate_commit commit = {
		.format = dev->formats,
		.flags = flags,
	};

	return vmfw_image_commit(dev, &commit);
}

static void expect_state(struct kunit *test, u32 state)
{
	const struct vmfw_device *dev = test->priv;
	const bool has_image = state != VMFWUPDATE_STATE_IDLE &&
			       state != VMFWUPDATE_STATE_DISABLED;

	KUNIT_EXPECT_STREQ(test, vmfw_state_name(dev->state),
			   vmfw_state_name(state));
	KUNIT_EXPECT_EQ(test, !!dev->image.buffer.page, has_image);
	KUNIT_EXPECT_EQ(test, dev->shown_addr, vmfw_image_addr(dev));
	KUNIT_EXPECT_EQ(test, dev->shown_size, dev->image.size);
	KUNIT_EXPECT_EQ(test, machine.taken,
			(has_image ? PAGES : 0) + host.leaked);
	if (host_held())
		KUNIT_EXPECT_EQ(test, state, VMFWUPDATE_STATE_ARMED);
}

static void stage(struct kunit *test, u32 flags)
{
	KUNIT_ASSERT_EQ(test, begin(test->priv), 0);
	KUNIT_ASSERT_EQ(test, commit(test->priv, flags), 0);
}

static void staged_armed_cancelled(struct kunit *test)
{
	struct vmfw_device *dev = test->priv;

	stage(test, 0);
	expect_state(test, VMFWUPDATE_STATE_STAGED);
	KUNIT_EXPECT_EQ(test, host.operations, 2);
	KUNIT_EXPECT_EQ(test, vmfw_image_arm(dev), 0);
	expect_state(test, VMFWUPDATE_STATE_ARMED);
	KUNIT_EXPECT_EQ(test, host_held(), vmfw_image_addr(dev));
	KUNIT_EXPECT_EQ(test, vmfw_image_disarm(dev), 0);
	expect_state(test, VMFWUPDATE_STATE_STAGED);
	KUNIT_EXPECT_EQ(test, vmfw_image_cancel(dev), 0);
	expect_state(test, VMFWUPDATE_STATE_IDLE);
	KUNIT_EXPECT_EQ(test, host.shared, 0);
}

static void armed_at_once(struct kunit *test)
{
	struct vmfw_device *dev = test->priv;

	stage(test, VMFWUPDATE_COMMIT_ARM_NOW);
	expect_state(test, VMFWUPDATE_STATE_ARMED);
	KUNIT_EXPECT_EQ(test, host_held(), vmfw_image_addr(dev));
	KUNIT_EXPECT_EQ(test, vmfw_image_cancel(dev), 0);
	expect_state(test, VMFWUPDATE_STATE_IDLE);
}

static void begin_says_why_not(struct kunit *test)
{
	struct vmfw_device *dev = test->priv;
	struct vmfw_want want = {
		.size = dev->max_size + dev->iface->size_multiple,
		.align = PAGE_SIZE,
		.max_addr = U64_MAX,
	};

	KUNIT_EXPECT_EQ(test, vmfw_image_begin(dev, &want, NULL, 0), -E2BIG);
	if (dev->iface->size_multiple > 1) {
		want.size = SIZE + 1;
		KUNIT_EXPECT_EQ(test, vmfw_image_begin(dev, &want, NULL, 0),
				-EINVAL);
	}

	dev->closed = true;
	KUNIT_EXPECT_EQ(test, begin(dev), -EBUSY);
	dev->closed = false;
	dev->formats = 0;
	KUNIT_EXPECT_EQ(test, begin(dev), -EOPNOTSUPP);
	expect_state(test, VMFWUPDATE_STATE_IDLE);

	start(test);
	stage(test, 0);
	KUNIT_EXPECT_EQ(test, begin(dev), -EBUSY);
	KUNIT_EXPECT_EQ(test, vmfw_image_disable(dev), 0);
	KUNIT_EXPECT_EQ(test, begin(dev), -EPERM);
	expect_state(test, VMFWUPDATE_STATE_DISABLED);
}

static void a_refused_image_is_freed(struct kunit *test)
{
	struct vmfw_device *dev = test->priv;

	KUNIT_ASSERT_EQ(test, begin(dev), 0);
	host.answer = host_refuse;
	KUNIT_EXPECT_EQ(test, commit(dev, 0), -EIO);
	expect_state(test, VMFWUPDATE_STATE_IDLE);
}

static void a_refusal_at_reboot_leaves_it_staged(struct kunit *test)
{
	struct vmfw_device *dev = test->priv;

	stage(test, 0);
	host.answer = host_refuse;
	KUNIT_EXPECT_EQ(test, vmfw_image_arm(dev), -EIO);
	expect_state(test, VMFWUPDATE_STATE_STAGED);
	host.answer = NULL;
	KUNIT_EXPECT_EQ(test, vmfw_image_cancel(dev), 0);
}

static void a_vmm_that_does_not_let_go_keeps_it_armed(struct kunit *test)
{
	struct vmfw_device *dev = test->priv;

	KUNIT_ASSERT_EQ(test, begin(dev), 0);
	host.answer = host_cling;
	KUNIT_EXPECT_EQ(test, commit(dev, 0), -EIO);
	expect_state(test, VMFWUPDATE_STATE_ARMED);
	KUNIT_EXPECT_EQ(test, vmfw_image_cancel(dev), -EIO);
	expect_state(test, VMFWUPDATE_STATE_ARMED);
	host.answer = NULL;
	KUNIT_EXPECT_EQ(test, vmfw_image_cancel(dev), 0);
	expect_state(test, VMFWUPDATE_STATE_IDLE);
}

static void a_vmm_that_does_not_let_go_can_be_switched_off(struct kunit *test)
{
	struct vmfw_device *dev = test->priv;

	stage(test, VMFWUPDATE_COMMIT_ARM_NOW);
	host.answer = host_cling;
	KUNIT_EXPECT_EQ(test, vmfw_image_disable(dev), 0);
	KUNIT_EXPECT_EQ(test, dev->state, VMFWUPDATE_STATE_DISABLED);
	KUNIT_EXPECT_EQ(test, machine.taken, 0);
}

static void cling_and_stay_on(struct host_file *file)
{
	host_refuse(file);
	host_cling(file);
}

static void a_vmm_that_neither_lets_go_nor_switches_off(struct kunit *test)
{
	struct vmfw_device *dev = test->priv;

	stage(test, VMFWUPDATE_COMMIT_ARM_NOW);
	host.answer = cling_and_stay_on;
	KUNIT_EXPECT_EQ(test, vmfw_image_disable(dev), -EIO);
	expect_state(test, VMFWUPDATE_STATE_ARMED);
	host.answer = NULL;
	KUNIT_EXPECT_EQ(test, vmfw_image_disable(dev), 0);
	expect_state(test, VMFWUPDATE_STATE_DISABLED);
}

static void memory_that_cannot_be_shared(struct kunit *test)
{
	struct vmfw_device *dev = test->priv;

	host.share_error = -EIO;
	KUNIT_EXPECT_EQ(test, begin(dev), -EIO);
	expect_state(test, VMFWUPDATE_STATE_IDLE);
	KUNIT_EXPECT_EQ(test, host.leaked, PAGES);
	KUNIT_EXPECT_EQ(test, host.operations, 0);

	host.share_error = 0;
	stage(test, 0);
	KUNIT_EXPECT_EQ(test, vmfw_image_cancel(dev), 0);
	KUNIT_EXPECT_EQ(test, host.leaked, PAGES);
}

static void memory_that_cannot_be_made_private(struct kunit *test)
{
	struct vmfw_device *dev = test->priv;

	stage(test, VMFWUPDATE_COMMIT_ARM_NOW);
	host.unshare_error = -EIO;
	KUNIT_EXPECT_EQ(test, vmfw_image_cancel(dev), 0);
	expect_state(test, VMFWUPDATE_STATE_IDLE);
	KUNIT_EXPECT_EQ(test, host.leaked, PAGES);
}

static void every_allocation_may_fail(struct kunit *test)
{
	struct vmfw_device *dev = test->priv;
	unsigned int nr;

	for (nr = 1; nr < 10; nr++) {
		machine.fail_small = nr;
		if (!begin(dev))
			break;
		expect_state(test, VMFWUPDATE_STATE_IDLE);
	}
	KUNIT_EXPECT_EQ(test, nr, 3);
	KUNIT_EXPECT_EQ(test, vmfw_image_cancel(dev), 0);

	machine.range_error = -ENOMEM;
	KUNIT_EXPECT_EQ(test, begin(dev), -ENOMEM);
	expect_state(test, VMFWUPDATE_STATE_IDLE);
	KUNIT_EXPECT_EQ(test, host.operations, 0);
}

/* All steps of an image. Any may fail, and the state must be right after each. */
static void live(struct kunit *test, u32 flags)
{
	struct vmfw_device *dev = test->priv;

	KUNIT_ASSERT_EQ(test, begin(dev), 0);
	commit(dev, flags);
	expect_state(test, dev->state);
	vmfw_image_arm(dev);
	expect_state(test, dev->state);
	vmfw_image_disarm(dev);
	expect_state(test, dev->state);
	vmfw_image_disable(dev);
	expect_state(test, dev->state);
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
		if (host.operations < nr)
			break;

		/* After each failure, "disable" still works and frees everything. */
		host.fail_at = 0;
		KUNIT_EXPECT_EQ(test, vmfw_image_disable(test->priv), 0);
		expect_state(test, VMFWUPDATE_STATE_DISABLED);
		KUNIT_EXPECT_EQ(test, host.leaked, 0);
	}

	/* The loop reached the end: each operation has failed once. */
	KUNIT_EXPECT_GE(test, nr, 5);
	KUNIT_EXPECT_LT(test, nr, 20);
}

static void every_operation_may_fail(struct kunit *test)
{
	static const int errors[] = { -EIO, -EBUSY, -ENODEV };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		sweep(test, errors[i], false, 0);
		sweep(test, errors[i], true, 0);
		sweep(test, errors[i], false, VMFWUPDATE_COMMIT_ARM_NOW);
		sweep(test, errors[i], true, VMFWUPDATE_COMMIT_ARM_NOW);
	}
}

static int image_suite_init(struct kunit_suite *suite)
{
	return machine_start();
}

static void image_suite_exit(struct kunit_suite *suite)
{
	machine_stop();
}

#define CASE(name)	KUNIT_CASE_PARAM(name, revision_gen_params)

static struct kunit_case image_cases[] = {
	CASE(staged_armed_cancelled),
	CASE(armed_at_once),
	CASE(begin_says_why_not),
	CASE(a_refused_image_is_freed),
	CASE(a_refusal_at_reboot_leaves_it_staged),
	CASE(a_vmm_that_does_not_let_go_keeps_it_armed),
	CASE(a_vmm_that_does_not_let_go_can_be_switched_off),
	CASE(a_vmm_that_neither_lets_go_nor_switches_off),
	CASE(memory_that_cannot_be_shared),
	CASE(memory_that_cannot_be_made_private),
	CASE(every_allocation_may_fail),
	CASE(every_operation_may_fail),
	{}
};

static struct kunit_suite image_suite = {
	.name = "vmfwupdate_image",
	.suite_init = image_suite_init,
	.suite_exit = image_suite_exit,
	.init = image_init,
	.test_cases = image_cases,
};

kunit_test_suite(image_suite);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ways down: reboot, kexec, power-off and sleep. On each of them the driver
 * closes the device, deals with an image, and waits for a limited time.
 *
 * This file includes the driver's file below. It adds the transport's functions that
 * host.c does not have, a clock that only msleep() moves, and a copy of notices.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <linux/reboot.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/suspend.h>
#include <linux/workqueue.h>

#include "../fw_cfg.h"
#include "../vmfwupdate.h"
#include "device.h"
#include "host.h"

#define SIZE	SZ_1M

/**
 * struct way - a clock, and counts of the driver's steps on a way down
 * @dev: the device
 * @clock: in place of jiffies
 * @sleeps: how often the driver has waited for the lock
 * @open_at_sleep: of these, how often a session could still have begun
 * @deadline: the last limit that the driver has set for the transport
 * @quiesced: how often the driver has closed the transport for good
 * @notice: the last notice in the log
 */
struct way {
	struct vmfw_device *dev;
	unsigned long clock;
	unsigned int sleeps;
	unsigned int open_at_sleep;
	unsigned long deadline;
	unsigned int quiesced;
	char notice[128];
};

static struct way way;

static void way_sleep(unsigned int ms)
{
	way.clock += msecs_to_jiffies(ms);
	way.sleeps++;
	way.open_at_sleep += !way.dev->closed;
}

static void way_limit(struct vmfw_fw_cfg *fw, unsigned long deadline)
{
	way.deadline = deadline;
}

static void way_quiesce(struct vmfw_fw_cfg *fw)
{
	way.quiesced++;
}

static struct device *way_device(struct vmfw_fw_cfg *fw)
{
	return NULL;
}

static __printf(1, 2) void way_notice(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vscnprintf(way.notice, sizeof(way.notice), format, arguments);
	va_end(arguments);
}

#define jiffies			way.clock
#define msleep			way_sleep
#define vmfw_fw_cfg_limit	way_limit
#define vmfw_fw_cfg_quiesce	way_quiesce
#define vmfw_fw_cfg_device	way_device
#undef pr_notice
#define pr_notice		way_notice

#include "../main.c"

/* A new device on a new VMM and an empty machine. */
static void start(struct kunit *test)
{
	struct vmfw_device *dev = test->priv;
	struct vmfw_status status;

	host_reset_igvm();
	machine_reset();
	memset(&way, 0, sizeof(way));
	way.dev = dev;
	way.clock = INITIAL_JIFFIES;
	device_renew(dev, &vmfw_iface_igvm);
	INIT_WORK(&dev->late, meet_vmm_late);
	dev->held = VMFWUPDATE_HELD_NOTHING;
	KUNIT_ASSERT_EQ(test, dev->iface->status(&host, &status), 0);
	dev->formats = status.formats;
	dev->max_size = status.max_size;
	host.operations = 0;
}

static int main_init(struct kunit *test)
{
	int err = device_make(test);

	if (err)
		return err;
	start(test);
	return 0;
}

/* Drops the image: it would hold the module. */
static void main_exit(struct kunit *test)
{
	host.fail_at = 0;
	host.answer = NULL;
	vmfw_image_disable(test->priv);
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
	if (!err)
		dev->image.written = SIZE;
	return err;
}

static int commit(struct vmfw_device *dev, u32 flags)
{
	struct vmfwupdate_commit commit = {
		.format = VMFWUPDATE_FORMAT_IGVM,
		.flags = flags,
	};

	return vmfw_image_commit(dev, &commit);
}

static void stage(struct kunit *test, u32 flags)
{
	KUNIT_ASSERT_EQ(test, begin(test->priv), 0);
	KUNIT_ASSERT_EQ(test, commit(test->priv, flags), 0);
}

static int notify_reboot(struct vmfw_device *dev, unsigned long action,
			 char *command)
{
	return vmfw_reboot(&dev->reboot, action, command);
}

static int notify_pm(struct vmfw_device *dev, unsigned long action)
{
	return vmfw_pm(&dev->pm, action, NULL);
}

static void restart(struct vmfw_device *dev)
{
	struct sys_off_data data = { .cb_data = dev };

	vmfw_restart(&data);
}

/* The command that kernel_kexec() passes to the notifiers. */
static char words_of_kexec[] = "kexec reboot";

/*
 * The kernel shuts devices down between the notifier and the restart handler. A
 * driver may crash or hang in its shutdown.
 */
static void armed_after_the_shutdown_of_devices(struct kunit *test)
{
	struct vmfw_device *dev = test->priv;

	stage(test, 0);
	KUNIT_EXPECT_EQ(test, notify_reboot(dev, SYS_RESTART, NULL), NOTIFY_OK);
	KUNIT_EXPECT_EQ(test, dev->state, VMFWUPDATE_STATE_STAGED);
	KUNIT_EXPECT_EQ(test, host_held(), 0);
	restart(dev);
	KUNIT_EXPECT_EQ(test, dev->state, VMFWUPDATE_STATE_ARMED);
	KUNIT_EXPECT_EQ(test, host_held(), vmfw_image_addr(dev));
	KUNIT_EXPECT_EQ(test, way.deadline, INITIAL_JIFFIES + DOWN_LIMIT);
}

struct descent {
	const char *name;
	unsigned long action;
	char *command;
	bool sleep;
};

static const struct descent descents[] = {
	{ "restart", SYS_RESTART, NULL, false },
	{ "kexec", SYS_RESTART, words_of_kexec, false },
	{ "halt", SYS_HALT, NULL, false },
	{ "power_off", SYS_POWER_OFF, NULL, false },
	{ "suspend", PM_SUSPEND_PREPARE, NULL, true },
	{ "hibernation", PM_HIBERNATION_PREPARE, NULL, true },
	{ "restore", PM_RESTORE_PREPARE, NULL, true },
};

KUNIT_ARRAY_PARAM_DESC(descent, descents, name);

static int take(struct vmfw_device *dev, const struct descent *descent)
{
	return descent->sleep ? notify_pm(dev, descent->action) :
			     notify_reboot(dev, descent->action, descent->command);
}

static void nobody_begins_or_commits(struct kunit *test)
{
	const struct descent *descent = test->param_value;
	struct vmfw_device *dev = test->priv;

	KUNIT_EXPECT_EQ(test, take(dev, descent), NOTIFY_OK);
	KUNIT_EXPECT_EQ(test, begin(dev), -EBUSY);

	/* A session that began before the way down has a complete image. */
	start(test);
	KUNIT_ASSERT_EQ(test, begin(dev), 0);
	take(dev, descent);
	if (descent->sleep) {
		KUNIT_EXPECT_FALSE(test, dev->closed);
		return;
	}
	KUNIT_EXPECT_NE(test, commit(dev, VMFWUPDATE_COMMIT_ARM_NOW), 0);
	KUNIT_EXPECT_EQ(test, host_held(), 0);
}

/* A session may work for long, and ends early once the driver closes the device. */
static void a_session_that_holds_the_lock(struct kunit *test)
{
	const struct descent *descent = test->param_value;
	struct vmfw_device *dev = test->priv;
	int result;

	mutex_lock(&dev->lock);
	result = take(dev, descent);
	mutex_unlock(&dev->lock);
	KUNIT_EXPECT_EQ(test, way.open_at_sleep, 0);
	KUNIT_EXPECT_LE(test, way.clock - INITIAL_JIFFIES, DOWN_LIMIT + HZ / 10);
	KUNIT_EXPECT_EQ(test, way.quiesced, 0);
	if (descent->sleep) {
		KUNIT_EXPECT_EQ(test, result, notifier_from_errno(-EBUSY));
		KUNIT_EXPECT_FALSE(test, dev->closed);
	} else {
		KUNIT_EXPECT_TRUE(test, dev->closed);
	}
}

/* reboot(2) copies the words of a program to its stack. */
static void the_words_of_a_kexec(struct kunit *test)
{
	char words[] = "kexec reboot";
	struct vmfw_device *dev = test->priv;

	stage(test, 0);
	notify_reboot(dev, SYS_RESTART, words);
	KUNIT_EXPECT_EQ(test, dev->state, VMFWUPDATE_STATE_STAGED);
	KUNIT_EXPECT_EQ(test, way.quiesced, 0);

	notify_reboot(dev, SYS_RESTART, words_of_kexec);
	KUNIT_EXPECT_EQ(test, dev->state, VMFWUPDATE_STATE_IDLE);
	KUNIT_EXPECT_EQ(test, machine.taken, 0);
	KUNIT_EXPECT_EQ(test, host.shared, 0);
	KUNIT_EXPECT_EQ(test, way.quiesced, 1);
}

static void withdrawn_before_power_off(struct kunit *test)
{
	static const unsigned long actions[] = { SYS_HALT, SYS_POWER_OFF };
	struct vmfw_device *dev = test->priv;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(actions); i++) {
		start(test);
		stage(test, VMFWUPDATE_COMMIT_ARM_NOW);
		notify_reboot(dev, actions[i], NULL);
		KUNIT_EXPECT_EQ(test, host_held(), 0);
		KUNIT_EXPECT_EQ(test, vmfw_image_cancel(dev), 0);
	}
}

/* qemu_fw_cfg may hold the ACPI lock for longer than one wait. */
static void a_busy_lock_delays_the_hand_over(struct kunit *test)
{
	struct vmfw_device *dev = test->priv;

	stage(test, 0);
	host.fail_at = host.operations + 1;
	host.fail_error = -EBUSY;
	restart(dev);
	KUNIT_EXPECT_EQ(test, host_held(), vmfw_image_addr(dev));
	KUNIT_EXPECT_EQ(test, dev->state, VMFWUPDATE_STATE_ARMED);
}

static void no_sleep_with_an_image(struct kunit *test)
{
	static const unsigned long actions[] = {
		PM_SUSPEND_PREPARE, PM_HIBERNATION_PREPARE, PM_RESTORE_PREPARE,
	};
	struct vmfw_device *dev = test->priv;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(actions); i++) {
		start(test);
		KUNIT_ASSERT_EQ(test, begin(dev), 0);
		KUNIT_EXPECT_EQ(test, notify_pm(dev, actions[i]),
				notifier_from_errno(-EBUSY));
		KUNIT_EXPECT_EQ(test, commit(dev, 0), 0);
		KUNIT_EXPECT_EQ(test, notify_pm(dev, actions[i]),
				notifier_from_errno(-EBUSY));
		KUNIT_EXPECT_FALSE(test, dev->closed);
		KUNIT_EXPECT_EQ(test, vmfw_image_cancel(dev), 0);
	}
}

/* Waking up was a reset, which has switched the interface on. */
static void disabled_again_before_anybody_begins(struct kunit *test)
{
	struct vmfw_device *dev = test->priv;

	KUNIT_ASSERT_EQ(test, vmfw_image_disable(dev), 0);
	KUNIT_EXPECT_EQ(test, notify_pm(dev, PM_SUSPEND_PREPARE), NOTIFY_OK);
	host_reset_igvm();
	KUNIT_EXPECT_TRUE(test, dev->closed);
	KUNIT_EXPECT_EQ(test, notify_pm(dev, PM_POST_SUSPEND), NOTIFY_OK);
	KUNIT_EXPECT_TRUE(test, host_file(HOST_IGVM)->data[8] & 1);
	KUNIT_EXPECT_EQ(test, dev->state, VMFWUPDATE_STATE_DISABLED);
	KUNIT_EXPECT_FALSE(test, dev->closed);
}

/* A VMM that copies an image. The next answer is lost, but the VMM acts. */
static void lose_the_answer(struct kunit *test)
{
	struct vmfw_device *dev = test->priv;

	host_reset_vlu();
	device_renew(dev, &vmfw_iface_vmlaunchupdate);
	dev->formats = VMFWUPDATE_FORMAT_IGVM;
	dev->max_size = SIZE;
	KUNIT_ASSERT_EQ(test, begin(dev), 0);
	host.fail_at = host.operations + 1;
	host.fail_error = -EIO;
	host.fail_late = true;
}

/* Release the module: nothing takes such a request back. */
static void drop_rest(struct vmfw_device *dev)
{
	dev->rest = VMFWUPDATE_STATE_IDLE;
	dev->state = VMFWUPDATE_STATE_IDLE;
	vmfw_image_pin(dev);
}

static void an_image_in_doubt_is_not_called_held(struct kunit *test)
{
	struct vmfw_device *dev = test->priv;
	const char *expected =
		"the VMM did not answer: it may keep an image, and every reset may apply it\n";
	const char *asleep =
		"cannot sleep: the VMM may have an image of this guest; reboot first\n";

	lose_the_answer(test);
	KUNIT_EXPECT_EQ(test, commit(dev, VMFWUPDATE_COMMIT_ARM_NOW), -EIO);
	KUNIT_EXPECT_EQ(test, notify_pm(dev, PM_SUSPEND_PREPARE),
			notifier_from_errno(-EBUSY));
	KUNIT_EXPECT_STREQ(test, way.notice, asleep);
	notify_reboot(dev, SYS_POWER_OFF, NULL);
	KUNIT_EXPECT_STREQ(test, way.notice, expected);
	way.notice[0] = 0;
	restart(dev);
	KUNIT_EXPECT_STREQ(test, way.notice, expected);
	drop_rest(dev);
}

static void a_restore_in_doubt_is_not_called_certain(struct kunit *test)
{
	struct vmfw_device *dev = test->priv;
	const char *expected =
		"the VMM did not answer: the next reset may restore the host's own image\n";
	const char *asleep =
		"cannot sleep: the next reset may restore the host's image; reboot first\n";

	lose_the_answer(test);
	KUNIT_EXPECT_EQ(test, vmfw_image_restore(dev), -EIO);
	KUNIT_EXPECT_EQ(test, notify_pm(dev, PM_SUSPEND_PREPARE),
			notifier_from_errno(-EBUSY));
	KUNIT_EXPECT_STREQ(test, way.notice, asleep);
	restart(dev);
	KUNIT_EXPECT_STREQ(test, way.notice, expected);
	drop_rest(dev);
}

/* A session may end only after the machine has woken up and has waited for it. */
static void wake_up_beside_a_stuck_session(struct vmfw_device *dev)
{
	mutex_lock(&dev->lock);
	notify_pm(dev, PM_POST_SUSPEND);
	mutex_unlock(&dev->lock);
	flush_work(&dev->late);
}

static void a_session_stuck_at_a_wake_up_closes_nothing(struct kunit *test)
{
	struct vmfw_device *dev = test->priv;

	KUNIT_EXPECT_EQ(test, notify_pm(dev, PM_SUSPEND_PREPARE), NOTIFY_OK);
	wake_up_beside_a_stuck_session(dev);
	KUNIT_EXPECT_LE(test, way.clock - INITIAL_JIFFIES, DOWN_LIMIT + HZ / 10);
	KUNIT_EXPECT_EQ(test, begin(dev), 0);
}

static void a_session_stuck_at_a_wake_up_delays_disable(struct kunit *test)
{
	struct vmfw_device *dev = test->priv;

	KUNIT_ASSERT_EQ(test, vmfw_image_disable(dev), 0);
	KUNIT_EXPECT_EQ(test, notify_pm(dev, PM_SUSPEND_PREPARE), NOTIFY_OK);
	host_reset_igvm();
	wake_up_beside_a_stuck_session(dev);
	KUNIT_EXPECT_TRUE(test, host_file(HOST_IGVM)->data[8] & 1);
	KUNIT_EXPECT_EQ(test, way.deadline, way.clock + VMFW_OPERATION_LIMIT);
	KUNIT_EXPECT_EQ(test, begin(dev), -EPERM);
}

static int main_suite_init(struct kunit_suite *suite)
{
	return machine_start();
}

static void main_suite_exit(struct kunit_suite *suite)
{
	machine_stop();
}

static struct kunit_case main_cases[] = {
	KUNIT_CASE(armed_after_the_shutdown_of_devices),
	KUNIT_CASE_PARAM(nobody_begins_or_commits, descent_gen_params),
	KUNIT_CASE_PARAM(a_session_that_holds_the_lock, descent_gen_params),
	KUNIT_CASE(the_words_of_a_kexec),
	KUNIT_CASE(withdrawn_before_power_off),
	KUNIT_CASE(a_busy_lock_delays_the_hand_over),
	KUNIT_CASE(no_sleep_with_an_image),
	KUNIT_CASE(disabled_again_before_anybody_begins),
	KUNIT_CASE(an_image_in_doubt_is_not_called_held),
	KUNIT_CASE(a_restore_in_doubt_is_not_called_certain),
	KUNIT_CASE(a_session_stuck_at_a_wake_up_closes_nothing),
	KUNIT_CASE(a_session_stuck_at_a_wake_up_delays_disable),
	{}
};

static struct kunit_suite main_suite = {
	.name = "vmfwupdate_main",
	.suite_init = main_suite_init,
	.suite_exit = main_suite_exit,
	.init = main_init,
	.exit = main_exit,
	.test_cases = main_cases,
};

kunit_test_suite(main_suite);

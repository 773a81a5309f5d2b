// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of lockdown, which forbids an update unless the guest's launch is measured.
 *
 * This file includes the driver's file below, and replaces its questions about
 * lockdown and about the guest by variables.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/security.h>

#include "../vmfwupdate.h"

static u32 kind;
static int lockdown;

#define vmfw_isolation()		kind
#define security_locked_down(what)	lockdown
/* No test calls these. */
#define vmfw_leaked()			0
#define vmfw_opaque_get(dev, data)	(-EOPNOTSUPP)
#define vmfw_opaque_set(dev, data)	(-EOPNOTSUPP)

#include "../chardev.c"

/* Only SEV-SNP and TDX prove the launch to the owner. Lockdown holds elsewhere. */
static void lockdown_holds_but_for_a_measured_launch(struct kunit *test)
{
	lockdown = -EPERM;
	for (kind = 0; kind < 32; kind++)
		KUNIT_EXPECT_EQ(test, locked_down(),
				kind != VMFWUPDATE_ISOLATION_SEV_SNP &&
				kind != VMFWUPDATE_ISOLATION_TDX);

	lockdown = 0;
	for (kind = 0; kind < 32; kind++)
		KUNIT_EXPECT_FALSE(test, locked_down());
}

static struct kunit_case chardev_cases[] = {
	KUNIT_CASE(lockdown_holds_but_for_a_measured_launch),
	{}
};

static struct kunit_suite chardev_suite = {
	.name = "vmfwupdate_chardev",
	.test_cases = chardev_cases,
};

kunit_test_suite(chardev_suite);

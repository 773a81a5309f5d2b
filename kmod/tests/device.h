/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device that tests run the driver's code on.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFWUPDATE_TESTS_DEVICE_H
#define VMFWUPDATE_TESTS_DEVICE_H

#include <kunit/device.h>
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/mutex.h>
#include <linux/string.h>

#include "../vmfwupdate.h"
#include "host.h"

/* Put a device in test->priv, for device_renew(). Return: 0 or a negative errno. */
static inline int device_make(struct kunit *test)
{
	struct vmfw_device *dev;

	dev = kunit_kzalloc(test, sizeof(*dev), GFP_KERNEL);
	if (!dev)
		return -ENOMEM;
	dev->misc.this_device = kunit_device_register(test, "vmfwupdate");
	if (IS_ERR(dev->misc.this_device))
		return PTR_ERR(dev->misc.this_device);
	mutex_init(&dev->lock);
	test->priv = dev;
	return 0;
}

/* Reset the device, on a VMM with @iface. The caller sets formats and max_size. */
static inline void device_renew(struct vmfw_device *dev,
				const struct vmfw_iface *iface)
{
	memset(&dev->image, 0, sizeof(dev->image));
	memset(&dev->handed, 0, sizeof(dev->handed));
	dev->state = VMFWUPDATE_STATE_IDLE;
	dev->rest = VMFWUPDATE_STATE_IDLE;
	dev->held = VMFWUPDATE_HELD_UNKNOWN;
	dev->start = VMFWUPDATE_START_UNKNOWN;
	dev->closed = false;
	dev->iface = iface;
	dev->fw = &host;
}

#endif /* VMFWUPDATE_TESTS_DEVICE_H */

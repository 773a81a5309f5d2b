// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver that crashes, hangs or waits when the kernel shuts its device down. With it,
 * tests check the next reset of a machine that did not shut down in order.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/string.h>

#define WAIT_MS	6000

static char *how = "crash";
module_param(how, charp, 0444);
MODULE_PARM_DESC(how, "action in the shutdown: crash, hang, or wait for some seconds");

static struct platform_device *device;

static void misbehave(struct platform_device *pdev)
{
	if (!strcmp(how, "crash"))
		panic("%s: as it was asked to\n", pdev->name);

	pr_err("%s: %ss as it was asked to\n", pdev->name, how);
	do {
		msleep(WAIT_MS);
	} while (!strcmp(how, "hang"));
	pr_err("%s: goes on\n", pdev->name);
}

static struct platform_driver driver = {
	.driver = { .name = KBUILD_MODNAME },
	.shutdown = misbehave,
};

static int __init test_init(void)
{
	int err;

	err = platform_driver_register(&driver);
	if (err)
		return err;

	device = platform_device_register_simple(KBUILD_MODNAME,
						 PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(device)) {
		platform_driver_unregister(&driver);
		return PTR_ERR(device);
	}
	return 0;
}
module_init(test_init);

static void __exit test_exit(void)
{
	platform_device_unregister(device);
	platform_driver_unregister(&driver);
}
module_exit(test_exit);

MODULE_AUTHOR("The vmfwupdate authors");
MODULE_DESCRIPTION("A driver that crashes, hangs or waits in its shutdown");
MODULE_LICENSE("GPL");

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver that crashes when its device is shut down, for tests: is a machine
 * updated that did not get down in order?
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/platform_device.h>

static struct platform_device *device;

static void crash(struct platform_device *pdev)
{
	panic("%s: as it was asked to\n", pdev->name);
}

static struct platform_driver driver = {
	.driver = { .name = KBUILD_MODNAME },
	.shutdown = crash,
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
MODULE_DESCRIPTION("A driver that crashes in its shutdown");
MODULE_LICENSE("GPL");

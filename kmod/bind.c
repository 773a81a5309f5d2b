// SPDX-License-Identifier: GPL-2.0-only
/*
 * Search for the device: the module looks for fw_cfg once, when the kernel loads the
 * module. The kernel's own driver for fw_cfg exports nothing. In series/, a patch makes
 * it export the necessary functions. Other versions of this file and of fw_cfg.c call
 * them.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/crash_dump.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/module.h>

#include "fw_cfg.h"
#include "vmfwupdate.h"

static unsigned short fw_cfg_port;
module_param_hw(fw_cfg_port, ushort, ioport, 0444);
MODULE_PARM_DESC(fw_cfg_port,
		 "x86: base I/O port of a fw_cfg device that the firmware does not announce (usually 0x510)");

/* NULL: the module found no device. */
static struct vmfw_device *vmfw;

/*
 * Return: 0; -ENODEV: an Arm realm, no fw_cfg device, no answer from it, or no
 * known interface; or another error.
 */
static int find_device(void)
{
	struct vmfw_fw_cfg *fw;
	struct vmfw_device *dev;

	if (!vmfw_address_is_known()) {
		pr_info("the module does nothing in an Arm realm: no VMM documents the address that it expects for a shared page\n");
		return -ENODEV;
	}

	fw = vmfw_fw_cfg_open(fw_cfg_port);
	if (PTR_ERR_OR_ZERO(fw) == -ENODEV)
		pr_info("there is no fw_cfg device with DMA\n");
	if (IS_ERR(fw))
		return PTR_ERR(fw);

	dev = vmfw_add_device(fw);
	if (IS_ERR(dev)) {
		vmfw_fw_cfg_close(fw);
		return PTR_ERR(dev);
	}
	vmfw = dev;
	return 0;
}

/*
 * The module stays loaded without an interface, as a driver does without a device.
 * If the load failed, udev would repeat it for each device with the alias, in the
 * initramfs and later. Each failure would wait for RCU. The module also stays if
 * the firmware has kept the ACPI global lock: a worker may still wait for it.
 */
static int __init vmfw_init(void)
{
	int err;

	/* A crash kernel only writes its dump, and leaves an armed image alone. */
	if (is_kdump_kernel() || reset_devices) {
		pr_info("the module does nothing in a crash kernel\n");
		return -ENODEV;
	}

	err = find_device();
	return err == -ENODEV || vmfw_fw_cfg_was_stuck() ? 0 : err;
}
module_init(vmfw_init);

static void __exit vmfw_exit(void)
{
	struct vmfw_fw_cfg *fw;

	if (!vmfw)
		return;

	fw = vmfw->fw;
	vmfw_remove_device(vmfw);
	vmfw_fw_cfg_close(fw);
}
module_exit(vmfw_exit);

MODULE_AUTHOR("The vmfwupdate authors");
MODULE_DESCRIPTION("Firmware update through the virtual machine monitor");
#ifdef VMFWUPDATE_VERSION
MODULE_VERSION(VMFWUPDATE_VERSION);
#endif
MODULE_LICENSE("GPL");

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Binding to the auxiliary device that qemu_fw_cfg creates where the VMM has the
 * interface.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <linux/auxiliary_bus.h>
#include <linux/crash_dump.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/qemu_fw_cfg.h>

#include "fw_cfg.h"
#include "vmfwupdate.h"

static int vmfw_probe(struct auxiliary_device *aux,
		      const struct auxiliary_device_id *id)
{
	struct vmfw_device *dev;
	struct vmfw_fw_cfg *fw;

	/* A crash kernel only writes its dump, and leaves an armed image alone. */
	if (is_kdump_kernel() || reset_devices)
		return -ENODEV;

	if (!vmfw_address_is_known()) {
		dev_info(&aux->dev, "the driver does nothing in an Arm realm: no VMM documents the address that it expects for a shared page\n");
		return -ENODEV;
	}

	fw = vmfw_fw_cfg_open(&aux->dev);
	if (IS_ERR(fw))
		return PTR_ERR(fw);

	dev = vmfw_add_device(fw);
	if (IS_ERR(dev)) {
		vmfw_fw_cfg_close(fw);
		return PTR_ERR(dev);
	}
	auxiliary_set_drvdata(aux, dev);
	return 0;
}

static void vmfw_remove(struct auxiliary_device *aux)
{
	struct vmfw_device *dev = auxiliary_get_drvdata(aux);
	struct vmfw_fw_cfg *fw = dev->fw;

	vmfw_remove_device(dev);
	vmfw_fw_cfg_close(fw);
}

static const struct auxiliary_device_id vmfw_ids[] = {
	{ .name = "qemu_fw_cfg." QEMU_FW_CFG_LAUNCH_UPDATE_DEVICE },
	{}
};
MODULE_DEVICE_TABLE(auxiliary, vmfw_ids);

/*
 * A user cannot unbind the device by hand: that would ignore an image in memory.
 * An unload of the module fails while there is an image. The symbols that this module
 * uses keep qemu_fw_cfg loaded.
 */
static struct auxiliary_driver vmfw_driver = {
	.probe = vmfw_probe,
	.remove = vmfw_remove,
	.id_table = vmfw_ids,
	.driver = {
		.suppress_bind_attrs = true,
	},
};
module_auxiliary_driver(vmfw_driver);

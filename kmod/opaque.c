// SPDX-License-Identifier: GPL-2.0-only
/*
 * The opaque area: a page that the VMM keeps across an update. It is for data that
 * the old system leaves for the new one. The VMM does not look at the data.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "vmfwupdate.h"

/* A VMM without the area's file (-ENOENT) has no opaque area. */
static int errno_of(int err)
{
	return err == -ENOENT ? -EOPNOTSUPP : err;
}

/**
 * vmfw_opaque_get() - read the opaque area
 * @dev: the device; its lock is held
 * @data: room for vmfw_iface.opaque_size bytes
 *
 * Context: process, may sleep. Bounded by vmfw_fw_cfg_limit().
 *
 * Return: 0; -EOPNOTSUPP: the VMM has no such area; -EIO: it reports an error;
 * -EBUSY: the firmware keeps the device; -ENODEV: the device does not answer.
 */
int vmfw_opaque_get(struct vmfw_device *dev, void *data)
{
	if (!dev->iface->opaque_size)
		return -EOPNOTSUPP;
	return errno_of(dev->iface->opaque_read(dev->fw, data));
}

/**
 * vmfw_opaque_set() - write the opaque area and read it back
 * @dev: the device; its lock is held
 * @data: vmfw_iface.opaque_size bytes
 *
 * Context: process, may sleep. Bounded by vmfw_fw_cfg_limit().
 *
 * Return: as vmfw_opaque_get(); -EPERM: disabled; -ENOMEM; -EIO also: the VMM
 * shows other bytes than the written ones.
 */
int vmfw_opaque_set(struct vmfw_device *dev, const void *data)
{
	void *shown;
	int err;

	if (!dev->iface->opaque_size)
		return -EOPNOTSUPP;
	if (dev->state == VMFWUPDATE_STATE_DISABLED)
		return -EPERM;

	shown = kmalloc(dev->iface->opaque_size, GFP_KERNEL);
	if (!shown)
		return -ENOMEM;

	err = dev->iface->opaque_write(dev->fw, data, shown);
	if (err == -EIO)
		pr_err("cannot write the opaque area: the VMM does not confirm the data\n");
	kfree(shown);
	return errno_of(err);
}

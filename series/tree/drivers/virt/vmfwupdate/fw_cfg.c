// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transport: named fw_cfg files, through qemu_fw_cfg, which owns the device and
 * its lock.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/device.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/qemu_fw_cfg.h>
#include <linux/slab.h>
#include <uapi/linux/qemu_fw_cfg.h>

#include "fw_cfg.h"
#include "trace.h"

/**
 * struct vmfw_fw_cfg - the transport
 * @dev: the auxiliary device of qemu_fw_cfg
 * @deadline: jiffies: the end of all waits, see vmfw_fw_cfg_limit()
 * @dead: a transfer did not end in time, the transport is quiesced, or the last
 *	write before a reset has happened
 *
 * The caller serializes its operations with vmfw_device.lock.
 */
struct vmfw_fw_cfg {
	struct device *dev;
	unsigned long deadline;
	bool dead;
};

/* Return: 0: the lock is held, and the file has @len bytes; or an error: no lock. */
static int lock_file(struct vmfw_fw_cfg *fw, const char *name, size_t len,
		     u16 *key)
{
	u32 size;
	int err;

	if (fw->dead)
		return -ENODEV;

	err = qemu_fw_cfg_lock(fw->deadline);
	if (err) {
		pr_warn("cannot take the ACPI global lock: error %d\n", err);
		return err;
	}

	err = qemu_fw_cfg_find(name, key, &size);
	if (!err && size != len) {
		pr_warn("cannot use the fw_cfg file %s: it has %u bytes, expected %zu\n",
			name, size, len);
		err = -ENOENT;
	}
	if (err)
		qemu_fw_cfg_unlock();
	return err == -ETIMEDOUT ? -EIO : err;
}

static void read_file(u16 key, void *in, size_t len)
{
	qemu_fw_cfg_read(key, in, len);
	trace_vmfwupdate_transfer((u32)key << 16 | FW_CFG_DMA_CTL_SELECT |
				  FW_CFG_DMA_CTL_READ, len, 0);
}

/* @written: out: the VMM may have seen @out. Also set on an error. */
static int write_file(struct vmfw_fw_cfg *fw, u16 key, const void *out,
		      size_t len, bool *written)
{
	int err;

	err = qemu_fw_cfg_write(key, out, len);
	trace_vmfwupdate_transfer((u32)key << 16 | FW_CFG_DMA_CTL_SELECT |
				  FW_CFG_DMA_CTL_WRITE, len, err);

	*written = !err || err == -EIO || err == -ETIMEDOUT;
	if (err != -ETIMEDOUT)
		return err;
	fw->dead = true;
	return -ENODEV;
}

/**
 * vmfw_fw_cfg_read() - read a file
 * @fw: the transport
 * @name: the file's name
 * @in: where its bytes go
 * @len: bytes that the file must have
 *
 * Context: process, may sleep; takes the lock of qemu_fw_cfg. Bounded by
 * vmfw_fw_cfg_limit().
 *
 * Return: 0; -ENOENT: no such file, or one of another size; -EIO: the directory
 * does not end in time; -EBUSY: the firmware keeps the ACPI global lock; -ENODEV:
 * the transport is dead.
 */
int vmfw_fw_cfg_read(struct vmfw_fw_cfg *fw, const char *name, void *in,
		     size_t len)
{
	u16 key;
	int err;

	err = lock_file(fw, name, len, &key);
	if (err)
		return err;

	read_file(key, in, len);
	qemu_fw_cfg_unlock();
	return 0;
}

/**
 * vmfw_fw_cfg_exchange() - write a whole file, then read it back
 * @fw: the transport
 * @name: the file's name
 * @out: the bytes to write
 * @in: out: the bytes that the file has after that
 * @len: bytes that the file must have
 * @written: out: the write has started, so the VMM may have seen @out. Also set on
 *	an error.
 *
 * One lock covers all steps, so nothing comes between look-up, write and read.
 *
 * Context: process, may sleep; takes the lock of qemu_fw_cfg. Bounded by
 * vmfw_fw_cfg_limit().
 *
 * Return: as vmfw_fw_cfg_read(); -EIO also: the device reports an error; -ENODEV
 * also: it does not end the transfer in time; -ENOMEM; -EOPNOTSUPP: a device
 * without DMA.
 */
int vmfw_fw_cfg_exchange(struct vmfw_fw_cfg *fw, const char *name,
			 const void *out, void *in, size_t len, bool *written)
{
	u16 key;
	int err;

	*written = false;
	err = lock_file(fw, name, len, &key);
	if (err)
		return err;

	err = write_file(fw, key, out, len, written);
	if (!err)
		read_file(key, in, len);
	qemu_fw_cfg_unlock();
	return err;
}

/**
 * vmfw_fw_cfg_write_last() - write a whole file, the last thing before a reset
 * @fw: the transport
 * @name: the file's name
 * @out: the bytes to write
 * @len: bytes that the file must have
 *
 * After the write, nothing selects the file before the reset: this function keeps
 * the lock of qemu_fw_cfg. So nothing but the reset may follow. After an error other
 * than -ENODEV, the caller can use the device as before.
 *
 * Context: process, may sleep; takes the lock of qemu_fw_cfg. Bounded by
 * vmfw_fw_cfg_limit().
 *
 * Return: as vmfw_fw_cfg_exchange().
 */
int vmfw_fw_cfg_write_last(struct vmfw_fw_cfg *fw, const char *name,
			   const void *out, size_t len)
{
	bool written;
	u16 key;
	int err;

	err = lock_file(fw, name, len, &key);
	if (err)
		return err;

	err = write_file(fw, key, out, len, &written);
	if (err) {
		qemu_fw_cfg_unlock();
		return err;
	}
	fw->dead = true;
	return 0;
}

/**
 * vmfw_fw_cfg_open() - start to use the device
 * @dev: the auxiliary device of qemu_fw_cfg; the caller still owns it
 *
 * Return: the transport, to be given to vmfw_fw_cfg_close(); -ENOMEM.
 */
struct vmfw_fw_cfg *vmfw_fw_cfg_open(struct device *dev)
{
	struct vmfw_fw_cfg *fw;

	fw = kzalloc(sizeof(*fw), GFP_KERNEL);
	if (!fw)
		return ERR_PTR(-ENOMEM);
	fw->dev = dev;
	vmfw_fw_cfg_limit(fw, jiffies + VMFW_OPERATION_LIMIT);
	return fw;
}

/**
 * vmfw_fw_cfg_close() - end the use of the device
 * @fw: the transport
 */
void vmfw_fw_cfg_close(struct vmfw_fw_cfg *fw)
{
	kfree(fw);
}

/**
 * vmfw_fw_cfg_limit() - set the deadline of the operation that begins now
 * @fw: the transport
 * @deadline: jiffies
 *
 * The deadline holds until the next call, for all transactions of an operation
 * together, see qemu_fw_cfg_lock().
 *
 * Context: any; the caller holds the lock that serializes its operations.
 */
void vmfw_fw_cfg_limit(struct vmfw_fw_cfg *fw, unsigned long deadline)
{
	fw->deadline = deadline;
}

/**
 * vmfw_fw_cfg_quiesce() - leave the device alone for good
 * @fw: the transport
 *
 * For kexec. Every later operation fails with -ENODEV. Between two operations, no
 * page is shared with the host.
 *
 * Context: any; the caller holds the lock that serializes its operations.
 */
void vmfw_fw_cfg_quiesce(struct vmfw_fw_cfg *fw)
{
	fw->dead = true;
}

/**
 * vmfw_fw_cfg_device() - the auxiliary device of qemu_fw_cfg
 * @fw: the transport
 *
 * Return: the device, valid while @fw is.
 */
struct device *vmfw_fw_cfg_device(struct vmfw_fw_cfg *fw)
{
	return fw->dev;
}

MODULE_AUTHOR("The vmfwupdate authors");
MODULE_DESCRIPTION("Firmware update through the virtual machine monitor");
MODULE_LICENSE("GPL");

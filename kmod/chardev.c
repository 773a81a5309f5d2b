// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/vmfwupdate: sessions. This file checks and copies the arguments of calls.
 * image.c acts on them.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <linux/bitops.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched/signal.h>
#include <linux/security.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "fw_cfg.h"
#include "vmfwupdate.h"

/* The bit of vmfw_device.busy that is set while a file is open for writing. */
#define WRITER_BIT	0

#define COMMIT_FLAGS	(VMFWUPDATE_COMMIT_ARM_NOW | VMFWUPDATE_COMMIT_ONCE)

/* Bytes copied at once from user space, and between two checks for a signal. */
#define COPY_STEP	SZ_64K

static struct vmfw_device *device_of(struct file *file)
{
	return container_of(file->private_data, struct vmfw_device, misc);
}

static int vmfw_open(struct inode *inode, struct file *file)
{
	struct vmfw_device *dev = device_of(file);

	if (file->f_mode & FMODE_WRITE) {
		if (!capable(CAP_SYS_BOOT))
			return -EPERM;
		if (test_and_set_bit_lock(WRITER_BIT, &dev->busy))
			return -EBUSY;
	}
	return stream_open(inode, file);
}

static int vmfw_release(struct inode *inode, struct file *file)
{
	struct vmfw_device *dev = device_of(file);

	if (!(file->f_mode & FMODE_WRITE))
		return 0;

	mutex_lock(&dev->lock);
	if (dev->state == VMFWUPDATE_STATE_FILLING)
		vmfw_image_cancel(dev);
	mutex_unlock(&dev->lock);

	clear_bit_unlock(WRITER_BIT, &dev->busy);
	return 0;
}

/*
 * Append as many of @count bytes as fit. If @count is 0, only check whether a
 * program may write. Return: the number of bytes; -EINVAL: no image was begun;
 * -ENOSPC: all bytes have arrived; -ERESTARTSYS: a signal.
 */
static ssize_t append_bytes(struct vmfw_device *dev, const void *bytes,
			    size_t count)
{
	ssize_t done;
	u64 left;

	if (mutex_lock_interruptible(&dev->lock))
		return -ERESTARTSYS;

	left = dev->image.size - dev->image.written;
	if (dev->state != VMFWUPDATE_STATE_FILLING) {
		done = -EINVAL;
	} else if (count && !left) {
		done = -ENOSPC;
	} else {
		done = min_t(u64, count, left);
		if (done)
			memcpy(vmfw_image_tail(dev), bytes, done);
		dev->image.written += done;
	}

	mutex_unlock(&dev->lock);
	return done;
}

/*
 * Copy until @count bytes, the end of the image, a fault or a signal. Return: the
 * number of bytes that have arrived, or an error if none has. A page of user space
 * may never come, from a dead network file for example. So the function copies no
 * byte from user space under vmfw_device.lock.
 */
static ssize_t copy_and_append(struct vmfw_device *dev, const char __user *from,
			       size_t count, void *bytes)
{
	size_t done = 0, step, missed;
	ssize_t got;

	while (done < count) {
		step = min_t(size_t, count - done, COPY_STEP);
		missed = copy_from_user(bytes, from + done, step);
		if (missed == step)
			return done ?: -EFAULT;

		got = append_bytes(dev, bytes, step - missed);
		if (got < 0)
			return done ?: got;
		done += got;
		if (missed || got < step || signal_pending(current))
			break;
		cond_resched();
	}
	return done;
}

static ssize_t vmfw_write(struct file *file, const char __user *from,
			  size_t count, loff_t *pos)
{
	struct vmfw_device *dev = device_of(file);
	ssize_t done;
	void *bytes;

	/* Fail before any allocation if no image was begun. */
	done = append_bytes(dev, NULL, 0);
	if (done || !count)
		return done;

	bytes = kvmalloc(min_t(size_t, count, COPY_STEP), GFP_KERNEL);
	if (!bytes)
		return -ENOMEM;

	if (mutex_lock_interruptible(&dev->writing)) {
		done = -ERESTARTSYS;
	} else {
		done = copy_and_append(dev, from, count, bytes);
		mutex_unlock(&dev->writing);
	}
	kvfree(bytes);
	return done;
}

static void fill_info(const struct vmfw_device *dev,
		      struct vmfwupdate_info *info)
{
	info->size = sizeof(*info);
	info->abi_version = VMFWUPDATE_ABI_VERSION;
	info->interface = dev->iface->id;
	info->state = dev->state;
	info->isolation = vmfw_isolation();
	info->formats = dev->formats;
	info->vmm_capabilities = dev->capabilities;
	info->max_size = dev->max_size;
	info->max_ranges = VMFWUPDATE_MAX_RANGES;
	info->image_format = dev->image.format;
	info->image_size = dev->image.size;
	info->image_written = dev->image.written;
	info->image_addr = vmfw_image_addr(dev);
	info->commit_time = dev->image.commit_time;
	info->leaked = vmfw_leaked();
	memcpy(info->tag, dev->image.tag, sizeof(info->tag));
	info->size_multiple = dev->iface->size_multiple;
	info->opaque_size = dev->iface->opaque_size;
	info->properties = dev->iface->properties;
	info->held = vmfw_image_held(dev);
	info->start = dev->start;
}

static long get_info(struct vmfw_device *dev, void __user *arg)
{
	struct vmfwupdate_info info = {};
	u32 size;

	if (get_user(size, (u32 __user *)arg))
		return -EFAULT;
	if (size < sizeof(size))
		return -EINVAL;

	if (mutex_lock_interruptible(&dev->lock))
		return -ERESTARTSYS;
	fill_info(dev, &info);
	mutex_unlock(&dev->lock);

	if (copy_to_user(arg, &info, min_t(size_t, size, sizeof(info))))
		return -EFAULT;
	return 0;
}

/* The least size of a caller's structure: that of its first version. */
#define BEGIN_MIN	offsetofend(struct vmfwupdate_begin, reserved)
#define COMMIT_MIN	offsetofend(struct vmfwupdate_commit, shown_size)
#define OPAQUE_MIN	offsetofend(struct vmfwupdate_opaque, reserved)

/*
 * Copy in a structure of this ABI, whose first word is the size that the caller
 * knows. @known: its size in this kernel; @least: the size of its first version
 */
static int copy_in(void *to, size_t known, size_t least,
		   const void __user *arg)
{
	u32 size;

	if (get_user(size, (const u32 __user *)arg))
		return -EFAULT;
	if (size < least)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	return copy_struct_from_user(to, known, arg, size);
}

/* Only with SEV-SNP and TDX can the guest's owner attest the started firmware. */
static bool launch_is_measured(void)
{
	const u32 isolation = vmfw_isolation();

	return isolation == VMFWUPDATE_ISOLATION_SEV_SNP ||
	       isolation == VMFWUPDATE_ISOLATION_TDX;
}

/*
 * A locked-down kernel does not start unsigned kernels. This driver starts firmware,
 * which has power over a kernel, so lockdown forbids that as well. If a launch
 * measurement shows the firmware, lockdown adds no protection.
 */
static bool locked_down(void)
{
	return !launch_is_measured() && security_locked_down(LOCKDOWN_KEXEC);
}

static int check_range(const struct vmfwupdate_range *range,
		       struct vmfw_span *span)
{
	if (!range->size)
		return -EINVAL;

	span->first = range->start;
	if (check_add_overflow(range->start, range->size - 1, &span->last))
		return -EINVAL;
	return 0;
}

/* The caller frees *@spans with kvfree(); NULL if there are none. */
static int copy_ranges(const struct vmfwupdate_begin *begin,
		       struct vmfw_span **spans)
{
	struct vmfwupdate_range *ranges;
	int err = 0;
	u32 i;

	*spans = NULL;
	if (!begin->nr_ranges)
		return 0;
	if (begin->nr_ranges > VMFWUPDATE_MAX_RANGES)
		return -EINVAL;

	ranges = vmemdup_user(u64_to_user_ptr(begin->ranges),
			      array_size(begin->nr_ranges, sizeof(*ranges)));
	if (IS_ERR(ranges))
		return PTR_ERR(ranges);

	*spans = kvmalloc_array(begin->nr_ranges, sizeof(**spans), GFP_KERNEL);
	if (!*spans)
		err = -ENOMEM;
	for (i = 0; !err && i < begin->nr_ranges; i++)
		err = check_range(&ranges[i], &(*spans)[i]);

	kvfree(ranges);
	return err;
}

static int check_want(const struct vmfwupdate_begin *begin,
		      struct vmfw_want *want)
{
	if (begin->flags || begin->reserved || !begin->image_size)
		return -EINVAL;
	if (begin->align && !is_power_of_2(begin->align))
		return -EINVAL;

	want->size = begin->image_size;
	want->align = max_t(u64, begin->align, PAGE_SIZE);
	want->max_addr = begin->max_addr ?: U64_MAX;
	return 0;
}

static long begin_image(struct vmfw_device *dev, void __user *arg)
{
	struct vmfwupdate_begin begin;
	struct vmfw_span *avoid;
	struct vmfw_want want;
	int err;

	err = copy_in(&begin, sizeof(begin), BEGIN_MIN, arg);
	if (err)
		return err;
	err = check_want(&begin, &want);
	if (err)
		return err;
	if (locked_down())
		return -EPERM;

	err = copy_ranges(&begin, &avoid);
	if (err)
		goto out;

	err = -EINTR;
	if (mutex_lock_killable(&dev->lock))
		goto out;
	err = vmfw_image_begin(dev, &want, avoid, begin.nr_ranges);
	mutex_unlock(&dev->lock);
out:
	kvfree(avoid);
	return err;
}

/* Store only the fields for which the caller's structure has room. */
static int put_shown(const struct vmfwupdate_commit *commit,
		     struct vmfwupdate_commit __user *arg)
{
	if (put_user(commit->shown_control, &arg->shown_control) ||
	    put_user(commit->shown_addr, &arg->shown_addr) ||
	    put_user(commit->shown_size, &arg->shown_size))
		return -EFAULT;

	if (commit->size >= offsetofend(struct vmfwupdate_commit, shown_status) &&
	    put_user(commit->shown_status, &arg->shown_status))
		return -EFAULT;
	return 0;
}

static long commit_image(struct vmfw_device *dev, void __user *arg)
{
	struct vmfwupdate_commit commit;
	int err;

	err = copy_in(&commit, sizeof(commit), COMMIT_MIN, arg);
	if (err)
		return err;
	if (commit.flags & ~COMMIT_FLAGS || commit.reserved || commit.reserved2)
		return -EINVAL;
	if (!is_power_of_2(commit.format))
		return -EINVAL;
	if (locked_down())
		return -EPERM;

	if (mutex_lock_killable(&dev->lock))
		return -EINTR;
	vmfw_fw_cfg_limit(dev->fw, jiffies + VMFW_OPERATION_LIMIT);
	err = vmfw_image_commit(dev, &commit);
	mutex_unlock(&dev->lock);

	if (err == -EIO && put_shown(&commit, arg))
		return -EFAULT;
	return err;
}

static long locked_call(struct vmfw_device *dev,
			int (*call)(struct vmfw_device *dev))
{
	int err;

	if (mutex_lock_killable(&dev->lock))
		return -EINTR;
	vmfw_fw_cfg_limit(dev->fw, jiffies + VMFW_OPERATION_LIMIT);
	err = call(dev);
	mutex_unlock(&dev->lock);
	return err;
}

static int copy_opaque(struct vmfw_device *dev, struct vmfwupdate_opaque *opaque,
		       const void __user *arg)
{
	int err;

	err = copy_in(opaque, sizeof(*opaque), OPAQUE_MIN, arg);
	if (err)
		return err;
	if (opaque->flags || opaque->reserved)
		return -EINVAL;
	if (!dev->iface->opaque_size)
		return -EOPNOTSUPP;
	return opaque->length > dev->iface->opaque_size ? -E2BIG : 0;
}

/* @data: room for the whole opaque area; zeroes before a write */
static int move_opaque(struct vmfw_device *dev,
		       const struct vmfwupdate_opaque *opaque, void *data,
		       bool write)
{
	void __user *user = u64_to_user_ptr(opaque->data);
	int err;

	if (write && copy_from_user(data, user, opaque->length))
		return -EFAULT;

	if (mutex_lock_killable(&dev->lock))
		return -EINTR;
	vmfw_fw_cfg_limit(dev->fw, jiffies + VMFW_OPERATION_LIMIT);
	if (write)
		err = vmfw_opaque_set(dev, data);
	else
		err = vmfw_opaque_get(dev, data);
	mutex_unlock(&dev->lock);

	if (!err && !write && copy_to_user(user, data, opaque->length))
		err = -EFAULT;
	return err;
}

static long opaque_call(struct vmfw_device *dev, void __user *arg, bool write)
{
	struct vmfwupdate_opaque opaque;
	void *data;
	int err;

	err = copy_opaque(dev, &opaque, arg);
	if (err)
		return err;

	data = kzalloc(dev->iface->opaque_size, GFP_KERNEL);
	if (!data)
		return -ENOMEM;

	err = move_opaque(dev, &opaque, data, write);
	kfree(data);
	return err;
}

static long vmfw_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct vmfw_device *dev = device_of(file);
	void __user *argp = (void __user *)arg;

	if (cmd == VMFWUPDATE_GET_INFO)
		return get_info(dev, argp);

	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (!capable(CAP_SYS_BOOT))
		return -EPERM;

	switch (cmd) {
	case VMFWUPDATE_BEGIN:
		return begin_image(dev, argp);
	case VMFWUPDATE_COMMIT:
		return commit_image(dev, argp);
	case VMFWUPDATE_CANCEL:
		return locked_call(dev, vmfw_image_cancel);
	case VMFWUPDATE_DISABLE:
		return locked_call(dev, vmfw_image_disable);
	case VMFWUPDATE_RESTORE:
		return locked_call(dev, vmfw_image_restore);
	case VMFWUPDATE_OPAQUE_GET:
		return opaque_call(dev, argp, false);
	case VMFWUPDATE_OPAQUE_SET:
		return opaque_call(dev, argp, true);
	}
	return -ENOTTY;
}

const struct file_operations vmfw_fops = {
	.owner = THIS_MODULE,
	.open = vmfw_open,
	.release = vmfw_release,
	.write = vmfw_write,
	.unlocked_ioctl = vmfw_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

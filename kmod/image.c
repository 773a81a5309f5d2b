// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of the one image: filled, offered to the VMM on trial, staged,
 * armed when the machine reboots; or cancelled.
 *
 * One rule holds throughout: as long as the VMM may hold an image's address the
 * state is ARMED and the memory stays. When a withdrawal fails, that is the
 * state, whatever was asked for.
 *
 * Every function here wants vmfw_device.lock held, if it does not say otherwise.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/align.h>
#include <linux/errno.h>
#include <linux/io.h>
#include <linux/kobject.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "trace.h"
#include "vmfwupdate.h"

static const char * const state_names[] = {
	[VMFWUPDATE_STATE_IDLE] = "idle",
	[VMFWUPDATE_STATE_FILLING] = "filling",
	[VMFWUPDATE_STATE_STAGED] = "staged",
	[VMFWUPDATE_STATE_ARMED] = "armed",
	[VMFWUPDATE_STATE_DISABLED] = "disabled",
};

/**
 * vmfw_state_name() - the word for a state
 * @state: enum vmfwupdate_state
 *
 * Context: any; no lock needed.
 *
 * Return: the word that sysfs, uevents and messages use.
 */
const char *vmfw_state_name(u32 state)
{
	return state_names[state];
}

/**
 * vmfw_image_is_committed() - is there an image to arm
 * @dev: the device
 *
 * Return: true in the states STAGED and ARMED.
 */
bool vmfw_image_is_committed(const struct vmfw_device *dev)
{
	return dev->state == VMFWUPDATE_STATE_STAGED ||
	       dev->state == VMFWUPDATE_STATE_ARMED;
}

/**
 * vmfw_image_addr() - where the image is
 * @dev: the device
 *
 * Context: any; without the lock, the answer may be out of date.
 *
 * Return: guest physical address of its first byte, or 0 if there is none.
 */
u64 vmfw_image_addr(const struct vmfw_device *dev)
{
	struct page *page = READ_ONCE(dev->image.buffer.page);

	return page ? page_to_phys(page) : 0;
}

/* Tell udev, and keep the module loaded while there is something to arm. */
static void set_state(struct vmfw_device *dev, u32 state)
{
	bool was_committed = vmfw_image_is_committed(dev);
	char word[24];
	char *env[] = { word, NULL };

	if (dev->state == state)
		return;

	/* sysfs reads it without the lock. */
	WRITE_ONCE(dev->state, state);
	if (!was_committed && vmfw_image_is_committed(dev))
		__module_get(THIS_MODULE);
	if (was_committed && !vmfw_image_is_committed(dev))
		module_put(THIS_MODULE);

	snprintf(word, sizeof(word), "STATE=%s", vmfw_state_name(state));
	kobject_uevent_env(&dev->misc.this_device->kobj, KOBJ_CHANGE, env);
}

/* Forget the image and free its memory; the VMM does not hold its address. */
static void drop(struct vmfw_device *dev)
{
	vmfw_buffer_free(&dev->image.buffer);
	memset(&dev->image, 0, sizeof(dev->image));
	set_state(dev, VMFWUPDATE_STATE_IDLE);
}

static void keep(struct vmfw_device *dev,
		 const struct vmfwupdate_commit *commit, u32 state)
{
	dev->image.format = commit->format;
	dev->image.commit_time = ktime_get_boottime_ns();
	memcpy(dev->image.tag, commit->tag, sizeof(dev->image.tag));
	set_state(dev, state);
	trace_vmfwupdate_commit(vmfw_image_addr(dev), dev->image.size,
				dev->image.format, state);
	pr_info("image of %llu bytes at 0x%llx is %s\n", dev->image.size,
		vmfw_image_addr(dev), vmfw_state_name(state));
}

static int offer(struct vmfw_device *dev, u32 format, struct vmfw_shown *shown)
{
	const struct vmfw_offer image = {
		.format = format,
		.addr = vmfw_image_addr(dev),
		.size = dev->image.size,
	};
	int err;

	memset(shown, 0, sizeof(*shown));
	err = dev->iface->offer(dev->fw, &image, shown);
	if (!err)
		return 0;

	trace_vmfwupdate_refuse(image.addr, image.size, shown->control,
				shown->addr, shown->size, err);
	if (err == -EIO)
		pr_err("the VMM refuses %llu bytes at 0x%llx: it shows control 0x%llx, address 0x%llx, size 0x%llx\n",
		       image.size, image.addr, shown->control, shown->addr,
		       shown->size);
	else
		pr_err("the image could not be offered to the VMM: error %d\n",
		       err);

	/* The file was there when the module was loaded. */
	return err == -ENOENT ? -ENODEV : err;
}

static int withdraw(struct vmfw_device *dev)
{
	struct vmfw_shown shown = {};
	int err;

	err = dev->iface->withdraw(dev->fw, &shown);
	/* Migrated to a VMM without the interface: nobody holds an address. */
	if (err == -ENOENT)
		err = 0;

	trace_vmfwupdate_withdraw(vmfw_image_addr(dev), dev->image.size, err);
	if (!err)
		return 0;

	pr_err("the image could not be withdrawn and counts as armed: error %d, the VMM shows control 0x%llx, address 0x%llx\n",
	       err, shown.control, shown.addr);
	return err;
}

/**
 * vmfw_image_begin() - take memory for an image
 * @dev: the device
 * @want: the image's size, alignment and limit
 * @avoid: what it must stay clear of; sorted in place
 * @nr_avoid: entries in @avoid
 *
 * Return: 0; -EBUSY: there is an image already, or the machine goes to sleep or
 * into another kernel; -EPERM: disabled; -EOPNOTSUPP: the VMM takes no known
 * format; -E2BIG: more than it takes; -EINVAL: not a multiple of what the
 * interface counts in; or as vmfw_buffer_alloc().
 */
int vmfw_image_begin(struct vmfw_device *dev, const struct vmfw_want *want,
		     struct vmfw_span *avoid, size_t nr_avoid)
{
	int err;

	if (dev->state == VMFWUPDATE_STATE_DISABLED)
		return -EPERM;
	if (dev->state != VMFWUPDATE_STATE_IDLE || dev->closed)
		return -EBUSY;
	if (!dev->formats)
		return -EOPNOTSUPP;
	if (want->size > dev->max_size)
		return -E2BIG;
	if (!IS_ALIGNED(want->size, dev->iface->size_multiple))
		return -EINVAL;

	err = vmfw_buffer_alloc(&dev->image.buffer, want, avoid, nr_avoid);
	trace_vmfwupdate_begin(vmfw_image_addr(dev), want->size, err);
	if (err)
		return err;

	dev->image.size = want->size;
	set_state(dev, VMFWUPDATE_STATE_FILLING);
	return 0;
}

/**
 * vmfw_image_tail() - where the next byte of the image goes
 * @dev: the device, in the state FILLING
 *
 * Return: the address behind what has arrived.
 */
void *vmfw_image_tail(const struct vmfw_device *dev)
{
	return page_address(dev->image.buffer.page) + dev->image.written;
}

/*
 * The offer failed. Whatever the VMM made of it, it shall not act on it; if
 * that cannot be had, the image counts as armed.
 */
static int refused(struct vmfw_device *dev, struct vmfwupdate_commit *commit,
		   const struct vmfw_shown *shown, int err)
{
	/* The firmware was in the way; the VMM has seen nothing. */
	if (err == -EBUSY && !shown->written)
		return err;

	if (shown->written && withdraw(dev))
		keep(dev, commit, VMFWUPDATE_STATE_ARMED);
	else
		drop(dev);
	return err;
}

/**
 * vmfw_image_commit() - offer the image that has arrived to the VMM
 * @dev: the device
 * @commit: format, tag and flags, checked; out: what the VMM showed
 *
 * Without VMFWUPDATE_COMMIT_ARM_NOW the offer is a trial: an accepted image is
 * withdrawn again and stays staged.
 *
 * Return: 0; -EINVAL: nothing was begun; -ENODATA: bytes are missing;
 * -EOPNOTSUPP: not a format of this VMM; -EBUSY: the firmware keeps the device,
 * try again; after all of these the image is as it was. -EIO: the VMM refuses,
 * or does not let go; -ENODEV: it does not answer; the image is gone, or counts
 * as armed if it could not be withdrawn.
 */
int vmfw_image_commit(struct vmfw_device *dev, struct vmfwupdate_commit *commit)
{
	struct vmfw_shown shown;
	int err;

	if (dev->state != VMFWUPDATE_STATE_FILLING)
		return -EINVAL;
	if (dev->image.written < dev->image.size)
		return -ENODATA;
	if (!(commit->format & dev->formats))
		return -EOPNOTSUPP;

	err = offer(dev, commit->format, &shown);
	commit->shown_control = shown.control;
	commit->shown_addr = shown.addr;
	commit->shown_size = shown.size;
	if (err)
		return refused(dev, commit, &shown, err);

	if (commit->flags & VMFWUPDATE_COMMIT_ARM_NOW) {
		keep(dev, commit, VMFWUPDATE_STATE_ARMED);
		return 0;
	}

	if (withdraw(dev)) {
		keep(dev, commit, VMFWUPDATE_STATE_ARMED);
		return -EIO;
	}

	keep(dev, commit, VMFWUPDATE_STATE_STAGED);
	return 0;
}

/**
 * vmfw_image_disarm() - an armed image becomes a staged one
 * @dev: the device
 *
 * Return: 0, also if nothing is armed; -EIO, -EBUSY, -ENODEV: the image could
 * not be withdrawn and stays armed.
 */
int vmfw_image_disarm(struct vmfw_device *dev)
{
	int err;

	if (dev->state != VMFWUPDATE_STATE_ARMED)
		return 0;

	err = withdraw(dev);
	if (!err)
		set_state(dev, VMFWUPDATE_STATE_STAGED);
	return err;
}

/**
 * vmfw_image_arm() - hand the committed image to the VMM for the coming reset
 * @dev: the device
 *
 * An armed image is offered again: the machine may have moved to another VMM
 * since, one that was not told.
 *
 * Return: 0, also if there is no image; -EIO, -EBUSY, -ENODEV: the VMM does not
 * take it and the reset will be an ordinary one, unless the log says that it
 * could not be withdrawn either.
 */
int vmfw_image_arm(struct vmfw_device *dev)
{
	struct vmfw_shown shown;
	int err;

	if (!vmfw_image_is_committed(dev))
		return 0;

	err = offer(dev, dev->image.format, &shown);
	if (!err || (shown.written && withdraw(dev)))
		set_state(dev, VMFWUPDATE_STATE_ARMED);
	else if (shown.written)
		set_state(dev, VMFWUPDATE_STATE_STAGED);
	trace_vmfwupdate_arm(vmfw_image_addr(dev), dev->image.size, err);
	return err;
}

/**
 * vmfw_image_cancel() - withdraw the image and free its memory
 * @dev: the device
 *
 * Return: 0, also if there is none; or as vmfw_image_disarm(), and then nothing
 * has changed.
 */
int vmfw_image_cancel(struct vmfw_device *dev)
{
	int err;

	if (!dev->image.buffer.page)
		return 0;

	err = vmfw_image_disarm(dev);
	if (!err)
		drop(dev);
	return err;
}

/**
 * vmfw_image_disable() - switch the interface off until the next reset
 * @dev: the device
 *
 * Cancels first. A VMM that does not let go of an image is switched off all the
 * same: then it loads nothing, and the memory is free. A device that is disabled
 * already is told again: waking from a suspend is a reset for the VMM.
 *
 * Return: 0; -EIO: the VMM does not show it as off; -EBUSY, -ENODEV: it could
 * not be asked. An image that could not be withdrawn is still armed then.
 */
int vmfw_image_disable(struct vmfw_device *dev)
{
	struct vmfw_shown shown = {};
	int withdrawn, err;

	withdrawn = vmfw_image_cancel(dev);
	err = dev->iface->disable(dev->fw, &shown);
	if (!err) {
		if (withdrawn)
			drop(dev);
		set_state(dev, VMFWUPDATE_STATE_DISABLED);
		return 0;
	}

	pr_err("could not be disabled: error %d, the VMM shows control 0x%llx\n",
	       err, shown.control);
	return err == -ENOENT ? -ENODEV : err;
}

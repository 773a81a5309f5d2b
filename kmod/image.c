// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of the one image: filled, offered to the VMM on trial, staged,
 * armed when the machine reboots; or cancelled.
 *
 * One rule holds whenever the lock is free: as long as the VMM may load this
 * driver's image from the guest's memory, the state is ARMED and the memory stays.
 * After a failed withdrawal the state is ARMED, whatever the request was, unless the
 * interface is off.
 *
 * A VMM that copies an image (VMFWUPDATE_PROPERTY_COPIES) holds no address. The
 * memory is free at once, and the state stays ARMED. dev->handed describes the
 * copy, and the state returns to dev->rest when no other image is in memory. Such
 * a VMM has no trials and no withdrawal. The driver can ask it for the host's own
 * image, and then the state is REVERTING. If an answer is lost, the driver acts as
 * if the VMM had accepted, and dev->held is UNKNOWN. A stuck device may still read
 * the memory, which stays then.
 *
 * The caller of a function holds vmfw_device.lock, unless its comment says otherwise.
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

/*
 * The firmware may keep fw_cfg for a while. So the driver tries offer_once() more
 * than once: without it the image would apply to every later reset.
 */
#define ONCE_TRIES	5

static const char * const state_names[] = {
	[VMFWUPDATE_STATE_IDLE] = "idle",
	[VMFWUPDATE_STATE_FILLING] = "filling",
	[VMFWUPDATE_STATE_STAGED] = "staged",
	[VMFWUPDATE_STATE_ARMED] = "armed",
	[VMFWUPDATE_STATE_DISABLED] = "disabled",
	[VMFWUPDATE_STATE_REVERTING] = "reverting",
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
 * vmfw_image_is_committed() - is an image staged or armed
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
 * vmfw_image_is_pending() - is the next reset more than an ordinary one
 * @dev: the device
 *
 * The driver may not know of an image that an earlier kernel has handed over. If the
 * VMM has copied an image of this kernel, that counts in every state: also while
 * another one is being filled, or while the interface is off.
 *
 * Return: true if an image is staged or armed, or the host's own image comes back.
 */
bool vmfw_image_is_pending(const struct vmfw_device *dev)
{
	return vmfw_image_is_committed(dev) ||
	       dev->rest != VMFWUPDATE_STATE_IDLE;
}

/**
 * vmfw_image_held() - the image that the VMM would load at a reset
 * @dev: the device
 *
 * Context: any; without the lock, the answer may be out of date.
 *
 * Return: enum vmfwupdate_held.
 */
u32 vmfw_image_held(const struct vmfw_device *dev)
{
	if (vmfw_has(dev, VMFWUPDATE_PROPERTY_TRIAL)) {
		switch (READ_ONCE(dev->state)) {
		case VMFWUPDATE_STATE_ARMED:
			return VMFWUPDATE_HELD_IMAGE;
		case VMFWUPDATE_STATE_DISABLED:
			return VMFWUPDATE_HELD_NOTHING;
		}
	}
	return READ_ONCE(dev->held);
}

/**
 * vmfw_image_addr() - the address of the image in memory
 * @dev: the device
 *
 * Return: guest physical address of its first byte, or 0 if none is in memory.
 */
u64 vmfw_image_addr(const struct vmfw_device *dev)
{
	struct page *page = dev->image.buffer.page;

	return page ? page_to_phys(page) : 0;
}

/**
 * vmfw_image_pin() - hold the module, or let it go
 * @dev: the device
 *
 * The module must stay as long as it has to prepare a reset, or to refuse sleep.
 * set_state() calls this function, and begin_service() does so for the first state.
 */
void vmfw_image_pin(struct vmfw_device *dev)
{
	bool wanted = vmfw_image_is_pending(dev);

	if (wanted && !dev->pinned)
		__module_get(THIS_MODULE);
	if (!wanted && dev->pinned)
		module_put(THIS_MODULE);
	dev->pinned = wanted;
}

/* Values for sysfs, which does not wait for the lock: BEGIN may hold it for long. */
static void show_image(struct vmfw_device *dev)
{
	WRITE_ONCE(dev->shown_size, dev->image.size);
	WRITE_ONCE(dev->shown_addr, vmfw_image_addr(dev));
}

/* Change the state, and tell udev. */
static void set_state(struct vmfw_device *dev, u32 state)
{
	char word[24];
	char *env[] = { word, NULL };

	show_image(dev);
	if (dev->state == state)
		return;

	/* sysfs reads the state without the lock. */
	WRITE_ONCE(dev->state, state);
	vmfw_image_pin(dev);

	snprintf(word, sizeof(word), "STATE=%s", vmfw_state_name(state));
	kobject_uevent_env(&dev->misc.this_device->kobj, KOBJ_CHANGE, env);
}

/*
 * Forget the image in memory, if there is one, and free its memory. The VMM must
 * not hold its address. dev->image describes the VMM's copy again, if there is one.
 */
static void drop_image(struct vmfw_device *dev)
{
	if (dev->image.buffer.page)
		vmfw_buffer_free(&dev->image.buffer);
	dev->image = dev->handed;
	set_state(dev, dev->rest);
}

static void keep_image(struct vmfw_device *dev,
		       const struct vmfwupdate_commit *commit, u32 state)
{
	dev->image.format = commit->format;
	dev->image.commit_time = ktime_get_boottime_ns();
	dev->image.once = commit->flags & VMFWUPDATE_COMMIT_ONCE;
	memcpy(dev->image.tag, commit->tag, sizeof(dev->image.tag));
	set_state(dev, state);
	trace_vmfwupdate_commit(vmfw_image_addr(dev), dev->image.size,
				dev->image.format, state);
	pr_info("the image of %llu bytes is %s\n", dev->image.size,
		vmfw_state_name(state));
}

/*
 * The VMM has its own copy of the armed image (@held: IMAGE), or may have one
 * (UNKNOWN). Free the memory.
 */
static void hand_over_image(struct vmfw_device *dev, u32 held)
{
	vmfw_buffer_free(&dev->image.buffer);
	show_image(dev);
	dev->handed = dev->image;
	dev->rest = VMFWUPDATE_STATE_ARMED;
	WRITE_ONCE(dev->held, held);
}

static struct vmfw_offer make_offer(const struct vmfw_device *dev, u32 format)
{
	return (struct vmfw_offer){
		.format = format,
		.addr = vmfw_image_addr(dev),
		.size = dev->image.size,
	};
}

/* Only root may see addresses, so the log has a word in place of the number. */
static const char *name_shown(const struct vmfw_offer *image,
			      const struct vmfw_shown *shown)
{
	if (!shown->addr)
		return "no";
	return shown->addr == image->addr ? "the image's" : "another";
}

static int offer_image(struct vmfw_device *dev, u32 format,
		       struct vmfw_shown *shown)
{
	const struct vmfw_offer image = make_offer(dev, format);
	int err;

	memset(shown, 0, sizeof(*shown));
	err = dev->iface->offer(dev->fw, &image, shown);
	if (shown->start)
		WRITE_ONCE(dev->start, shown->start);
	if (!err)
		return 0;

	trace_vmfwupdate_refuse(image.addr, image.size, shown->control,
				shown->addr, shown->size, shown->status, err);
	if (err == -EIO)
		pr_err("cannot offer the image of %llu bytes: the VMM shows %s address, control 0x%llx, size 0x%llx, status %u (all 0: no image, or no answer)\n",
		       image.size, name_shown(&image, shown), shown->control,
		       shown->size, shown->status);
	else
		pr_err("cannot offer the image to the VMM: error %d\n", err);

	/* The file existed at first, so the machine has migrated to a VMM without it. */
	return err == -ENOENT ? -ENODEV : err;
}

static int withdraw_image(struct vmfw_device *dev, struct vmfw_shown *shown)
{
	int err;

	memset(shown, 0, sizeof(*shown));
	err = dev->iface->withdraw(dev->fw, shown);
	/* The machine migrated to a VMM without the interface: it holds no image. */
	if (err == -ENOENT)
		err = 0;

	trace_vmfwupdate_withdraw(vmfw_image_addr(dev), dev->image.size, err);
	if (!err) {
		/* The VMM no longer holds an image of an earlier kernel, either. */
		WRITE_ONCE(dev->held, VMFWUPDATE_HELD_NOTHING);
		return 0;
	}

	pr_err("cannot withdraw the image: error %d, control 0x%llx; any reset may apply the image\n",
	       err, shown->control);
	return err;
}

static void record_shown(struct vmfwupdate_commit *commit,
			 const struct vmfw_shown *shown)
{
	commit->shown_control = shown->control;
	commit->shown_addr = shown->addr;
	commit->shown_size = shown->size;
	commit->shown_status = shown->status;
}

/* May the VMM have carried out a write that it has not answered? */
static bool outcome_in_doubt(const struct vmfw_shown *shown)
{
	return shown->written && !shown->answered;
}

/**
 * vmfw_image_begin() - take memory for an image
 * @dev: the device
 * @want: the image's size, alignment and limit
 * @avoid: ranges that it must stay clear of; sorted in place
 * @nr_avoid: entries in @avoid
 *
 * An image that the VMM has copied is no obstacle: the next one replaces it.
 *
 * Return: 0; -EBUSY: there is an image already, or the machine goes down, to
 * sleep or into another kernel; -EPERM: disabled; -EINPROGRESS: the host's own
 * image comes back, and the VMM would drop any other; -EOPNOTSUPP: the VMM takes
 * no known format; -E2BIG: larger than dev->max_size; -EINVAL: not a multiple of
 * vmfw_iface.size_multiple; or as vmfw_buffer_alloc().
 */
int vmfw_image_begin(struct vmfw_device *dev, const struct vmfw_want *want,
		     struct vmfw_span *avoid, size_t nr_avoid)
{
	struct vmfw_image image = { .size = want->size };
	int err;

	if (dev->state == VMFWUPDATE_STATE_DISABLED)
		return -EPERM;
	if (dev->state == VMFWUPDATE_STATE_REVERTING)
		return -EINPROGRESS;
	if (dev->state != dev->rest || dev->image.buffer.page ||
	    READ_ONCE(dev->closed))
		return -EBUSY;
	if (!dev->formats)
		return -EOPNOTSUPP;
	if (want->size > dev->max_size)
		return -E2BIG;
	if (!IS_ALIGNED(want->size, dev->iface->size_multiple))
		return -EINVAL;

	err = vmfw_buffer_alloc(&image.buffer, want, avoid, nr_avoid,
				&dev->closed);
	trace_vmfwupdate_begin(err ? 0 : page_to_phys(image.buffer.page),
			       want->size, err);
	if (err)
		return err;

	dev->image = image;
	set_state(dev, VMFWUPDATE_STATE_FILLING);
	return 0;
}

/**
 * vmfw_image_tail() - the address of the next byte of the image
 * @dev: the device, in the state FILLING
 *
 * Return: the virtual address after the last byte that has arrived.
 */
void *vmfw_image_tail(const struct vmfw_device *dev)
{
	return page_address(dev->image.buffer.page) + dev->image.written;
}

/*
 * The offer failed, and the VMM must not act on it. If the driver cannot withdraw
 * it, the image counts as armed.
 */
static void withdraw_refused_image(struct vmfw_device *dev,
				   const struct vmfwupdate_commit *commit,
				   const struct vmfw_shown *shown)
{
	struct vmfw_shown after;

	if (shown->written && withdraw_image(dev, &after))
		keep_image(dev, commit, VMFWUPDATE_STATE_ARMED);
	else
		drop_image(dev);
}

/*
 * The offer failed, and this VMM has no withdrawal. After a refusal an earlier
 * image stays in force. Without an answer the new image counts as armed. The
 * function frees its memory, unless the device is stuck (-ENODEV) and may still
 * read the memory.
 */
static void keep_in_doubt(struct vmfw_device *dev,
			  const struct vmfwupdate_commit *commit,
			  const struct vmfw_shown *shown, int err)
{
	if (!outcome_in_doubt(shown)) {
		drop_image(dev);
		return;
	}

	keep_image(dev, commit, VMFWUPDATE_STATE_ARMED);
	if (err == -ENODEV)
		WRITE_ONCE(dev->held, VMFWUPDATE_HELD_UNKNOWN);
	else
		hand_over_image(dev, VMFWUPDATE_HELD_UNKNOWN);
}

static int commit_refused(struct vmfw_device *dev,
			  struct vmfwupdate_commit *commit,
			  const struct vmfw_shown *shown, int err)
{
	/* The firmware kept fw_cfg, so the VMM has seen nothing. */
	if (err == -EBUSY && !shown->written)
		return err;

	if (vmfw_has(dev, VMFWUPDATE_PROPERTY_TRIAL))
		withdraw_refused_image(dev, commit, shown);
	else
		keep_in_doubt(dev, commit, shown, err);
	return err;
}

/* Leave an accepted image armed, or withdraw it until the machine reboots. */
static int commit_accepted(struct vmfw_device *dev,
			   struct vmfwupdate_commit *commit)
{
	struct vmfw_shown after;

	if (commit->flags & VMFWUPDATE_COMMIT_ARM_NOW) {
		keep_image(dev, commit, VMFWUPDATE_STATE_ARMED);
		if (vmfw_has(dev, VMFWUPDATE_PROPERTY_COPIES))
			hand_over_image(dev, VMFWUPDATE_HELD_IMAGE);
		return 0;
	}

	if (withdraw_image(dev, &after)) {
		record_shown(commit, &after);
		keep_image(dev, commit, VMFWUPDATE_STATE_ARMED);
		return -EIO;
	}

	keep_image(dev, commit, VMFWUPDATE_STATE_STAGED);
	return 0;
}

/* Can this image be committed now, with these flags and this format? */
static int check_commit(const struct vmfw_device *dev,
			const struct vmfwupdate_commit *commit)
{
	const u32 both = VMFWUPDATE_COMMIT_ARM_NOW | VMFWUPDATE_COMMIT_ONCE;

	if (dev->state == VMFWUPDATE_STATE_REVERTING)
		return -EINPROGRESS;
	if (dev->state != VMFWUPDATE_STATE_FILLING)
		return -EINVAL;
	/* offer_once() must be the last write before a reset, so it cannot come now. */
	if (vmfw_has(dev, VMFWUPDATE_PROPERTY_PERSISTS) &&
	    (commit->flags & both) == both)
		return -EINVAL;
	if (READ_ONCE(dev->closed))
		return -EBUSY;
	if (dev->image.written < dev->image.size)
		return -ENODATA;
	if (!(commit->format & dev->formats))
		return -EOPNOTSUPP;
	return 0;
}

/**
 * vmfw_image_commit() - offer the complete image to the VMM, or stage it
 * @dev: the device
 * @commit: format, tag and flags, checked; out: the values that the VMM showed, 0
 *	without an answer
 *
 * Without VMFWUPDATE_COMMIT_ARM_NOW the offer is a trial: the function withdraws an
 * accepted image again, and keeps it staged. Without VMFWUPDATE_PROPERTY_TRIAL
 * either, it stages the image and offers nothing.
 *
 * Return: 0; -EINVAL: nothing was begun, or flags that exclude each other here;
 * -EINPROGRESS: the host's own image comes back; -ENODATA: bytes are missing;
 * -EOPNOTSUPP: not a format of this VMM; -EBUSY: the firmware keeps the device,
 * try again, or the machine goes down; after all of these the image is as it was.
 * -EIO: the VMM refuses, or does not confirm the withdrawal; -ENODEV: it does not
 * answer; the image is gone, or counts as armed if the VMM may act on it.
 */
int vmfw_image_commit(struct vmfw_device *dev, struct vmfwupdate_commit *commit)
{
	struct vmfw_shown shown;
	int err;

	err = check_commit(dev, commit);
	if (err)
		return err;

	if (!vmfw_has(dev, VMFWUPDATE_PROPERTY_TRIAL) &&
	    !(commit->flags & VMFWUPDATE_COMMIT_ARM_NOW)) {
		keep_image(dev, commit, VMFWUPDATE_STATE_STAGED);
		return 0;
	}

	err = offer_image(dev, commit->format, &shown);
	record_shown(commit, &shown);
	return err ? commit_refused(dev, commit, &shown, err) :
		     commit_accepted(dev, commit);
}

/**
 * vmfw_image_disarm() - turn an armed image into a staged one
 * @dev: the device
 *
 * Return: 0, also if nothing is armed, or if nothing can be withdrawn from this
 * VMM; -EIO, -EBUSY, -ENODEV: the image stays armed.
 */
int vmfw_image_disarm(struct vmfw_device *dev)
{
	struct vmfw_shown shown;
	int err;

	if (dev->state != VMFWUPDATE_STATE_ARMED ||
	    !vmfw_has(dev, VMFWUPDATE_PROPERTY_TRIAL))
		return 0;

	err = withdraw_image(dev, &shown);
	if (!err)
		set_state(dev, VMFWUPDATE_STATE_STAGED);
	return err;
}

/* Ask the VMM to load its copy of the image at the coming reset alone. */
static int limit_to_one_reset(struct vmfw_device *dev)
{
	const struct vmfw_offer image = make_offer(dev, dev->image.format);
	unsigned int tries = 0;
	int err;

	do {
		err = dev->iface->offer_once(dev->fw, &image);
	} while (err == -EBUSY && ++tries < ONCE_TRIES);
	if (err)
		pr_err("cannot limit the image to one reset: error %d; every later reset may apply it\n",
		       err);
	return err;
}

/* For a VMM that copies the image, and never gives the copy back. */
static int arm_for_good(struct vmfw_device *dev)
{
	struct vmfw_shown shown;
	u32 held;
	int err;

	err = offer_image(dev, dev->image.format, &shown);
	if (err && !outcome_in_doubt(&shown))
		return err;

	held = err ? VMFWUPDATE_HELD_UNKNOWN : VMFWUPDATE_HELD_IMAGE;
	if (!err && dev->image.once)
		err = limit_to_one_reset(dev);

	set_state(dev, VMFWUPDATE_STATE_ARMED);
	if (err == -ENODEV)
		WRITE_ONCE(dev->held, held);
	else
		hand_over_image(dev, held);
	return err;
}

static int arm_until_withdrawn(struct vmfw_device *dev)
{
	struct vmfw_shown shown, after;
	int err;

	err = offer_image(dev, dev->image.format, &shown);
	if (!err || (shown.written && withdraw_image(dev, &after)))
		set_state(dev, VMFWUPDATE_STATE_ARMED);
	else if (shown.written)
		set_state(dev, VMFWUPDATE_STATE_STAGED);
	return err;
}

/**
 * vmfw_image_arm() - hand the committed image to the VMM for the coming reset
 * @dev: the device
 *
 * With VMFWUPDATE_PROPERTY_TRIAL the function offers an armed image again, since the
 * machine may have migrated to a VMM that has not seen it. It does not offer a copied
 * image again, because the memory of that image is gone.
 *
 * Once vmfw_iface.offer_once() has succeeded, the transport is closed.
 *
 * Return: 0, also if there is no image; -EIO, -EBUSY, -ENODEV: the VMM does not
 * take the image and the reset will come without it, unless the state is ARMED;
 * -ENOENT: the VMM took the image, but then the machine migrated to a VMM without
 * the interface: that VMM cannot limit the image to one reset (the state is ARMED).
 */
int vmfw_image_arm(struct vmfw_device *dev)
{
	const struct vmfw_offer image = make_offer(dev, dev->image.format);
	int err;

	if (!vmfw_image_is_committed(dev))
		return 0;

	if (vmfw_has(dev, VMFWUPDATE_PROPERTY_TRIAL))
		err = arm_until_withdrawn(dev);
	else if (dev->state == VMFWUPDATE_STATE_STAGED)
		err = arm_for_good(dev);
	else
		return 0;

	trace_vmfwupdate_arm(image.addr, image.size, err);
	return err;
}

/**
 * vmfw_image_restore() - ask for the host's own image from the next reset on
 * @dev: the device
 *
 * The VMM then drops its image, and any that it would get until that reset.
 *
 * Return: 0, also after an earlier request; -EOPNOTSUPP: the interface has no
 * VMFWUPDATE_PROPERTY_RESTORE; -EPERM: disabled; -EIO: the VMM does not show that
 * it accepts; -EBUSY: the firmware keeps the device; -ENODEV: the device does not
 * answer. After an error the state is REVERTING if the VMM may have accepted, else
 * nothing has changed.
 */
int vmfw_image_restore(struct vmfw_device *dev)
{
	struct vmfw_shown shown = {};
	int err;

	if (!vmfw_has(dev, VMFWUPDATE_PROPERTY_RESTORE))
		return -EOPNOTSUPP;
	if (dev->held == VMFWUPDATE_HELD_HOST)
		return 0;
	if (dev->state == VMFWUPDATE_STATE_DISABLED)
		return -EPERM;

	err = dev->iface->restore(dev->fw, &shown);
	trace_vmfwupdate_restore(0, 0, err);
	if (err)
		pr_err("cannot restore the host's image: error %d, control 0x%llx, status %u (both 0: no answer)\n",
		       err, shown.control, shown.status);
	if (err && !outcome_in_doubt(&shown))
		return err == -ENOENT ? -ENODEV : err;

	WRITE_ONCE(dev->held, err ? VMFWUPDATE_HELD_UNKNOWN :
				    VMFWUPDATE_HELD_HOST);
	memset(&dev->handed, 0, sizeof(dev->handed));
	dev->rest = VMFWUPDATE_STATE_REVERTING;
	drop_image(dev);
	if (!err)
		pr_info("the next reset restores the host's own image\n");
	return err;
}

/**
 * vmfw_image_cancel() - take the image back and free its memory
 * @dev: the device
 *
 * A VMM does not give back a copy. If there is only a copy, this function asks for
 * the host's own image. If there is a newer image in memory, it frees that alone.
 *
 * Return: 0, also if there is none; -EPERM: disabled, and an image that was handed
 * over before that still applies; or as vmfw_image_disarm() or
 * vmfw_image_restore().
 */
int vmfw_image_cancel(struct vmfw_device *dev)
{
	int err;

	switch (dev->state) {
	case VMFWUPDATE_STATE_FILLING:
		drop_image(dev);
		return 0;
	case VMFWUPDATE_STATE_STAGED:
		pr_info("the driver drops the staged image\n");
		drop_image(dev);
		return 0;
	case VMFWUPDATE_STATE_ARMED:
		if (!vmfw_has(dev, VMFWUPDATE_PROPERTY_TRIAL))
			return vmfw_image_restore(dev);
		err = vmfw_image_disarm(dev);
		if (err)
			return err;
		pr_info("the driver has withdrawn the image, and drops it\n");
		drop_image(dev);
		return 0;
	case VMFWUPDATE_STATE_DISABLED:
		return dev->rest == VMFWUPDATE_STATE_ARMED ? -EPERM : 0;
	}
	return 0;
}

/* Cancel before the interface goes off. A copy that the VMM has still applies. */
static int cancel_before_disable(struct vmfw_device *dev)
{
	if (dev->state == VMFWUPDATE_STATE_DISABLED)
		return 0;
	if (dev->state == VMFWUPDATE_STATE_ARMED &&
	    !vmfw_has(dev, VMFWUPDATE_PROPERTY_TRIAL))
		return 0;
	return vmfw_image_cancel(dev);
}

/**
 * vmfw_image_disable() - switch the interface off
 * @dev: the device
 *
 * Cancels the image first. If the withdrawal fails, the VMM gets the request all
 * the same. A VMM with VMFWUPDATE_PROPERTY_TRIAL loads nothing while the interface
 * is off, so the memory is then free. If the interface is off already, the VMM gets
 * the request again. For the VMM, a resume from suspend is a reset, and after a
 * hibernation the VMM is new.
 *
 * Return: 0; -EIO: the VMM does not show the interface as off; -EBUSY: the firmware
 * keeps the device; -ENODEV: the device does not answer. After an error, an image
 * that the function could not withdraw is still armed.
 */
int vmfw_image_disable(struct vmfw_device *dev)
{
	struct vmfw_shown shown = {};
	int withdrawn, err;

	withdrawn = cancel_before_disable(dev);
	err = dev->iface->disable(dev->fw, &shown);
	if (!err) {
		if (withdrawn)
			drop_image(dev);
		pr_info("firmware updates are switched off\n");
		set_state(dev, VMFWUPDATE_STATE_DISABLED);
		return 0;
	}

	pr_err("cannot switch off firmware updates: error %d, control 0x%llx\n",
	       err, shown.control);
	return err == -ENOENT ? -ENODEV : err;
}

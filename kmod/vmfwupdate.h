/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The driver's parts and how they hold together.
 *
 *	chardev.c	sessions: what user space may ask, checked
 *	image.c		the life of the one image
 *	opaque.c	the page that outlives it
 *	buffer.c	its memory, planned by plan.c
 *	iface_*.c	the VMM's interface, one file per revision
 *	fw_cfg.c	the transport below them
 *	isolation.c	memory shared with the VMM
 *	main.c		probe, sysfs, reboot and suspend
 *	trace.h		tracepoints
 *
 * Locks, outermost first: vmfw_device.lock, the transport's lock, the ACPI
 * global lock. open(2) takes none of them: it runs under misc_mtx, which must
 * not wait for an allocation.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFWUPDATE_H
#define VMFWUPDATE_H

#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/stddef.h>
#include <linux/types.h>
#include <linux/vmfwupdate.h>

#include "buffer.h"
#include "iface.h"

struct page;

/**
 * struct vmfw_image - the image that is being filled, staged or armed
 * @buffer: its memory
 * @size: bytes of the whole image
 * @written: bytes that have arrived
 * @format: VMFWUPDATE_FORMAT_*; 0 until it is committed
 * @commit_time: CLOCK_BOOTTIME in nanoseconds; 0 until it is committed
 * @tag: what the caller gave with it
 */
struct vmfw_image {
	struct vmfw_buffer buffer;
	u64 size;
	u64 written;
	u32 format;
	u64 commit_time;
	u8 tag[sizeof_field(struct vmfwupdate_commit, tag)];
};

/**
 * struct vmfw_device - everything
 * @misc: /dev/vmfwupdate
 * @reboot: notifier
 * @pm: notifier
 * @fw: the transport
 * @iface: the revision of the interface that the VMM offers
 * @capabilities: the VMM's capability word
 * @formats: VMFWUPDATE_FORMAT_* that VMM and driver both know
 * @max_size: bytes of the largest image that the VMM takes
 * @busy: bit 0: somebody has the device open for writing
 * @lock: protects what follows, and orders what is told to the VMM
 * @closed: no image may begin: the machine is on the way into a suspend or out
 *	of one, or into another kernel, and processes still run for a while
 * @state: enum vmfwupdate_state
 * @image: in the states FILLING, STAGED and ARMED
 *
 * A reference to the module is held in the states STAGED and ARMED, so that
 * the notifiers are there when the machine goes down.
 */
struct vmfw_device {
	struct miscdevice misc;
	struct notifier_block reboot;
	struct notifier_block pm;
	struct vmfw_fw_cfg *fw;
	const struct vmfw_iface *iface;
	u64 capabilities;
	u32 formats;
	u64 max_size;
	unsigned long busy;
	struct mutex lock;
	bool closed;
	u32 state;
	struct vmfw_image image;
};

/* chardev.c */
extern const struct file_operations vmfw_fops;

/* image.c */
bool vmfw_image_is_committed(const struct vmfw_device *dev);
int vmfw_image_begin(struct vmfw_device *dev, const struct vmfw_want *want,
		     struct vmfw_span *avoid, size_t nr_avoid);
void *vmfw_image_tail(const struct vmfw_device *dev);
int vmfw_image_commit(struct vmfw_device *dev, struct vmfwupdate_commit *commit);
int vmfw_image_cancel(struct vmfw_device *dev);
int vmfw_image_disable(struct vmfw_device *dev);
int vmfw_image_arm(struct vmfw_device *dev);
int vmfw_image_disarm(struct vmfw_device *dev);
u64 vmfw_image_addr(const struct vmfw_device *dev);
const char *vmfw_state_name(u32 state);

/* opaque.c */
int vmfw_opaque_get(struct vmfw_device *dev, void *data);
int vmfw_opaque_set(struct vmfw_device *dev, const void *data);

/* isolation.c */
u32 vmfw_isolation(void);
int vmfw_share(struct page *page, unsigned long nr);
int vmfw_unshare(struct page *page, unsigned long nr);
void vmfw_leak(unsigned long nr, const char *why);
u64 vmfw_leaked(void);

#endif /* VMFWUPDATE_H */

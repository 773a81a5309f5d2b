/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of the driver, their locks and their shared structures.
 *
 *	chardev.c	sessions, and the checks of their calls
 *	image.c		the life of the one image
 *	opaque.c	the page that the VMM keeps across an update
 *	buffer.c	memory for an image, in a place that plan.c finds
 *	offline.c	keeps memory online while buffer.c looks for memory
 *	iface_*.c	the VMM's interface, one file for each revision
 *	fw_cfg.c	the transport below iface_*.c
 *	bind.c		the module, and its search for the device
 *	isolation.c	memory shared with the VMM
 *	main.c		probe, sysfs, reboot, kexec and sleep
 *	trace.h		tracepoints
 *
 * Locks, outermost first: vmfw_device.writing, vmfw_device.lock, the transport's
 * lock, the ACPI global lock. offline.c has a spinlock that nests in
 * vmfw_device.lock. open(2) takes none of them: it runs under misc_mtx, which must
 * not wait for an allocation. The driver touches user space's memory under no lock
 * but vmfw_device.writing: a page that does not come must not stop a reboot.
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
#include <linux/workqueue.h>

#include "buffer.h"
#include "iface.h"

struct page;
struct sys_off_handler;

/**
 * struct vmfw_image - an image that is being filled, staged or armed
 * @buffer: its memory; none once the VMM has its own copy
 * @size: bytes of the whole image
 * @written: bytes that have arrived
 * @format: VMFWUPDATE_FORMAT_*; 0 until it is committed
 * @commit_time: CLOCK_BOOTTIME in nanoseconds; 0 until it is committed
 * @once: the caller asked for one reset alone (VMFWUPDATE_COMMIT_ONCE)
 * @tag: the caller's tag, from the commit
 */
struct vmfw_image {
	struct vmfw_buffer buffer;
	u64 size;
	u64 written;
	u32 format;
	u64 commit_time;
	bool once;
	u8 tag[sizeof_field(struct vmfwupdate_commit, tag)];
};

/**
 * struct vmfw_device - the device and its image
 * @misc: /dev/vmfwupdate
 * @reboot: notifier of a reboot, halt, power-off or kexec
 * @pm: notifier of sleep
 * @late: asks the VMM after sleep in place of the notifier, if a session was stuck
 * @restart: handler of the restart, after the shutdown of all devices
 * @fw: the transport
 * @iface: the revision of the interface that the VMM offers
 * @capabilities: the VMM's capability word
 * @formats: VMFWUPDATE_FORMAT_* that VMM and driver both know
 * @max_size: bytes of the largest image that the VMM takes
 * @busy: bit 0: a process has the device open for writing
 * @writing: one write(2) at a time
 * @closed: no image may begin or be committed. The machine is on the way down,
 *	into another kernel, into sleep or out of it, and processes still
 *	run for a while. The notifiers set it before they wait for @lock, so that
 *	no session begins meanwhile.
 * @lock: protects the fields below, and orders the accesses to the VMM
 * @state: enum vmfwupdate_state
 * @rest: the state after the driver drops the image in memory: ARMED if the VMM
 *	has a copy of an image, or may have one; REVERTING if the host's own
 *	image comes back, or may come back; else IDLE
 * @held: enum vmfwupdate_held, for vmfw_image_held()
 * @start: enum vmfwupdate_start
 * @shown_size: image.size, for sysfs, which reads it without the lock
 * @shown_addr: vmfw_image_addr(), for sysfs as well
 * @pinned: the driver holds a reference to its module, see vmfw_image_pin()
 * @image: the image in the states FILLING, STAGED and ARMED. In the state
 *	DISABLED, the same as @handed.
 * @handed: with the property COPIES, the image that the VMM has, without memory
 */
struct vmfw_device {
	struct miscdevice misc;
	struct notifier_block reboot;
	struct notifier_block pm;
	struct work_struct late;
	struct sys_off_handler *restart;
	struct vmfw_fw_cfg *fw;
	const struct vmfw_iface *iface;
	u64 capabilities;
	u32 formats;
	u64 max_size;
	unsigned long busy;
	struct mutex writing;
	bool closed;
	struct mutex lock;
	u32 state;
	u32 rest;
	u32 held;
	u32 start;
	u64 shown_size;
	u64 shown_addr;
	bool pinned;
	struct vmfw_image image;
	struct vmfw_image handed;
};

/* Does the VMM's interface have this VMFWUPDATE_PROPERTY_*? */
static inline bool vmfw_has(const struct vmfw_device *dev, u32 property)
{
	return dev->iface->properties & property;
}

/* main.c */
struct vmfw_device *vmfw_add_device(struct vmfw_fw_cfg *fw);
void vmfw_remove_device(struct vmfw_device *dev);

/* chardev.c */
extern const struct file_operations vmfw_fops;

/* image.c */
bool vmfw_image_is_committed(const struct vmfw_device *dev);
bool vmfw_image_is_pending(const struct vmfw_device *dev);
void vmfw_image_pin(struct vmfw_device *dev);
u32 vmfw_image_held(const struct vmfw_device *dev);
int vmfw_image_begin(struct vmfw_device *dev, const struct vmfw_want *want,
		     struct vmfw_span *avoid, size_t nr_avoid);
void *vmfw_image_tail(const struct vmfw_device *dev);
int vmfw_image_commit(struct vmfw_device *dev, struct vmfwupdate_commit *commit);
int vmfw_image_cancel(struct vmfw_device *dev);
int vmfw_image_restore(struct vmfw_device *dev);
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
bool vmfw_address_is_known(void);
int vmfw_share(struct page *page, unsigned long nr);
int vmfw_unshare(struct page *page, unsigned long nr);
void vmfw_leak(unsigned long nr, const char *why);
u64 vmfw_leaked(void);

#endif /* VMFWUPDATE_H */

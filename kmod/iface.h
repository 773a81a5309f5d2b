/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operations that the driver needs from the VMM, independent of the revision
 * of the VMM's interface. Each revision is a table of functions in a file of its
 * own.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFWUPDATE_IFACE_H
#define VMFWUPDATE_IFACE_H

#include <linux/types.h>

struct vmfw_fw_cfg;

/**
 * struct vmfw_status - the values that the VMM shows before any request
 * @capabilities: its capability word, as read
 * @formats: VMFWUPDATE_FORMAT_* that both the VMM and the driver know
 * @max_size: bytes of the largest image that it takes
 * @disabled: the interface is off
 * @returns: the host's own image comes back with the next reset, since this boot
 *	runs an image that was limited to one reset
 * @addr: guest physical address of the image that the VMM would load at a reset,
 *	or 0. Always 0 where the VMM does not show it.
 * @size: bytes of that image
 */
struct vmfw_status {
	u64 capabilities;
	u32 formats;
	u64 max_size;
	bool disabled;
	bool returns;
	u64 addr;
	u64 size;
};

/**
 * struct vmfw_offer - an image to hand over
 * @format: one VMFWUPDATE_FORMAT_* bit
 * @addr: guest physical address, not 0
 * @size: bytes, not 0
 */
struct vmfw_offer {
	u32 format;
	u64 addr;
	u64 size;
};

/**
 * struct vmfw_shown - the VMM's answer to a write
 * @written: the write has started: the VMM may have seen it, even after an error.
 *	If false, no other field is set.
 * @answered: the fields below are an answer to the write. If false, they are 0, and
 *	the VMM may have carried out the write, or not.
 * @status: the VMM's own result of the write; 0 where the interface has none
 * @start: enum vmfwupdate_start, as far as the answer tells it
 * @control: control word as the VMM shows it. "v6" has none, so it is 0, or after
 *	vmfw_iface.disable() the byte that shows whether the interface is off.
 * @addr: guest physical address of the image, as the VMM shows it
 * @size: bytes of the image, as the VMM shows them
 */
struct vmfw_shown {
	bool written;
	bool answered;
	u32 status;
	u32 start;
	u64 control;
	u64 addr;
	u64 size;
};

/**
 * struct vmfw_iface - one revision of the interface
 * @name: its name in sysfs and in messages
 * @id: enum vmfwupdate_interface
 * @properties: VMFWUPDATE_PROPERTY_*. The driver acts on these, and never on @id.
 * @size_multiple: an image's size must be a multiple of it; a power of two
 * @opaque_size: bytes of the area that survives an update; 0: none, and then
 *	@opaque_read and @opaque_write are NULL
 * @status: read the values that the VMM shows. -ENOENT: not this revision.
 * @find_start: find out how the host started the machine (enum vmfwupdate_start),
 *	without a change to the effect of the next reset. NULL: the interface does
 *	not show it.
 * @offer: hand an image over and read back. -EIO: the VMM does not show that it
 *	has accepted the image.
 * @offer_once: limit an image that @offer has handed over to the coming reset.
 *	After a success the transport is closed: the driver can ask the VMM nothing
 *	more. NULL: without PERSISTS, or without ONCE.
 * @withdraw: take the image back and read back. -EIO: the VMM still shows an
 *	address that it would act on. NULL: without TRIAL.
 * @restore: ask for the host's own image from the next reset on. -EIO: the VMM
 *	does not show that it has accepted that. NULL: without RESTORE.
 * @disable: switch the interface off and read back. -EIO: the VMM does not show
 *	it as off.
 * @opaque_read: read the whole opaque area. -ENOENT: this VMM has none.
 * @opaque_write: write the whole opaque area and read it back to @shown, which
 *	has room for it. -EIO: the bytes differ. -ENOENT: this VMM has none.
 *
 * All functions may sleep. vmfw_fw_cfg_limit() bounds them. They return 0, one of the
 * errors above, or an error of vmfw_fw_cfg_exchange().
 */
struct vmfw_iface {
	const char *name;
	u32 id;
	u32 properties;
	u32 size_multiple;
	u32 opaque_size;
	int (*status)(struct vmfw_fw_cfg *fw, struct vmfw_status *status);
	int (*find_start)(struct vmfw_fw_cfg *fw, u32 *start);
	int (*offer)(struct vmfw_fw_cfg *fw, const struct vmfw_offer *offer,
		     struct vmfw_shown *shown);
	int (*offer_once)(struct vmfw_fw_cfg *fw,
			  const struct vmfw_offer *offer);
	int (*withdraw)(struct vmfw_fw_cfg *fw, struct vmfw_shown *shown);
	int (*restore)(struct vmfw_fw_cfg *fw, struct vmfw_shown *shown);
	int (*disable)(struct vmfw_fw_cfg *fw, struct vmfw_shown *shown);
	int (*opaque_read)(struct vmfw_fw_cfg *fw, void *data);
	int (*opaque_write)(struct vmfw_fw_cfg *fw, const void *data,
			    void *shown);
};

extern const struct vmfw_iface vmfw_iface_vmlaunchupdate;
extern const struct vmfw_iface vmfw_iface_igvm;
extern const struct vmfw_iface vmfw_iface_v6;

#endif /* VMFWUPDATE_IFACE_H */

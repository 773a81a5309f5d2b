// SPDX-License-Identifier: GPL-2.0-only
/*
 * Revision "v6" of the interface, the patch of 2025-02-14: five fw_cfg files,
 * all little-endian, for a flat image that ends at 4 GiB.
 *
 * One file shows the image that the VMM holds. Another one switches the interface
 * off, and shows whether it is off.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/vmfwupdate.h>
#include <asm/byteorder.h>

#include "fw_cfg.h"
#include "iface.h"

#define FILE_CAP	"etc/vmfwupdate/cap"
#define FILE_BIOS_SIZE	"etc/vmfwupdate/bios-size"
#define FILE_FW_BLOB	"etc/vmfwupdate/fw-blob"
#define FILE_OPAQUE	"etc/vmfwupdate/opaque-blob"
#define FILE_DISABLE	"etc/vmfwupdate/disable"

/* Capability: the firmware area can grow beyond its present size. */
#define BIOS_RESIZE	BIT_ULL(0)

/*
 * The interface does not show how far the area can grow. The I/O APIC and the
 * local APIC lie 20 MiB and 18 MiB below 4 GiB. This is the largest power of two
 * that stays clear of them.
 */
#define RESIZE_LIMIT	SZ_16M

/* Firmware areas are made of whole blocks of this size. */
#define FLAT_MULTIPLE	SZ_64K

#define OPAQUE_SIZE	SZ_4K

/**
 * struct v6_fw_blob - the image, as the VMM has it
 * @size: its size in bytes
 * @addr: guest physical address of its first byte; 0 means that there is none
 */
struct v6_fw_blob {
	__le64 size;
	__le64 addr;
};

static_assert(sizeof(struct v6_fw_blob) == 16);

static int v6_exchange(struct vmfw_fw_cfg *fw, u64 addr, u64 size,
		       struct vmfw_shown *shown)
{
	const struct v6_fw_blob out = {
		.size = cpu_to_le64(size),
		.addr = cpu_to_le64(addr),
	};
	struct v6_fw_blob in;
	int err;

	err = vmfw_fw_cfg_exchange(fw, FILE_FW_BLOB, &out, &in, sizeof(in),
				   &shown->written);
	if (err)
		return err;

	shown->answered = true;
	shown->control = 0;
	shown->addr = le64_to_cpu(in.addr);
	shown->size = le64_to_cpu(in.size);
	return 0;
}

static int read_le64(struct vmfw_fw_cfg *fw, const char *name, u64 *value)
{
	__le64 in;
	int err;

	err = vmfw_fw_cfg_read(fw, name, &in, sizeof(in));
	if (!err)
		*value = le64_to_cpu(in);
	return err;
}

static int read_disabled(struct vmfw_fw_cfg *fw, bool *disabled)
{
	u8 in;
	int err;

	err = vmfw_fw_cfg_read(fw, FILE_DISABLE, &in, sizeof(in));
	if (!err)
		*disabled = in;
	return err;
}

static int v6_status(struct vmfw_fw_cfg *fw, struct vmfw_status *status)
{
	struct v6_fw_blob in;
	int err;

	err = read_le64(fw, FILE_CAP, &status->capabilities);
	if (err)
		return err;
	err = read_le64(fw, FILE_BIOS_SIZE, &status->max_size);
	if (err)
		return err;
	err = read_disabled(fw, &status->disabled);
	if (err)
		return err;
	err = vmfw_fw_cfg_read(fw, FILE_FW_BLOB, &in, sizeof(in));
	if (err)
		return err;

	if (status->capabilities & BIOS_RESIZE)
		status->max_size = max_t(u64, status->max_size, RESIZE_LIMIT);
	/* A machine without a firmware area cannot load a flat image. */
	status->formats = status->max_size ? VMFWUPDATE_FORMAT_FLAT : 0;
	status->addr = le64_to_cpu(in.addr);
	status->size = le64_to_cpu(in.size);
	return 0;
}

static int v6_offer(struct vmfw_fw_cfg *fw, const struct vmfw_offer *offer,
		    struct vmfw_shown *shown)
{
	int err;

	err = v6_exchange(fw, offer->addr, offer->size, shown);
	if (err)
		return err;

	if (shown->addr != offer->addr || shown->size != offer->size)
		return -EIO;
	return 0;
}

static int v6_withdraw(struct vmfw_fw_cfg *fw, struct vmfw_shown *shown)
{
	bool disabled;
	int err;

	err = v6_exchange(fw, 0, 0, shown);
	if (err || !shown->addr)
		return err;

	/* While the interface is off, the VMM ignores the zeroes and loads nothing. */
	if (read_disabled(fw, &disabled) || !disabled)
		return -EIO;
	return 0;
}

/* Any byte but 0 means off, so the VMM may show another byte than 1. */
static int v6_disable(struct vmfw_fw_cfg *fw, struct vmfw_shown *shown)
{
	const u8 out = 1;
	u8 in;
	int err;

	err = vmfw_fw_cfg_exchange(fw, FILE_DISABLE, &out, &in, sizeof(in),
				   &shown->written);
	if (err)
		return err;

	shown->answered = true;
	shown->control = in;
	return in ? 0 : -EIO;
}

static int v6_opaque_read(struct vmfw_fw_cfg *fw, void *data)
{
	return vmfw_fw_cfg_read(fw, FILE_OPAQUE, data, OPAQUE_SIZE);
}

static int v6_opaque_write(struct vmfw_fw_cfg *fw, const void *data,
			   void *shown)
{
	bool written;
	int err;

	err = vmfw_fw_cfg_exchange(fw, FILE_OPAQUE, data, shown, OPAQUE_SIZE,
				   &written);
	if (err)
		return err;
	return memcmp(data, shown, OPAQUE_SIZE) ? -EIO : 0;
}

const struct vmfw_iface vmfw_iface_v6 = {
	.name = "v6",
	.id = VMFWUPDATE_INTERFACE_V6,
	.properties = VMFWUPDATE_PROPERTY_TRIAL | VMFWUPDATE_PROPERTY_OPAQUE,
	.size_multiple = FLAT_MULTIPLE,
	.opaque_size = OPAQUE_SIZE,
	.status = v6_status,
	.offer = v6_offer,
	.withdraw = v6_withdraw,
	.disable = v6_disable,
	.opaque_read = v6_opaque_read,
	.opaque_write = v6_opaque_write,
};

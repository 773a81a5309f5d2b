// SPDX-License-Identifier: GPL-2.0-only
/*
 * Revision "igvm" of the interface, the draft of 2025-04-08: one fw_cfg file
 * of four little-endian words.
 *
 * The draft declares the size as 16 bits, which would cap an image at 64 KiB,
 * and pads after it. With 64 bits for the size, the layout is the same. If a VMM
 * really keeps 16 bits, it shows a truncated size, which the driver takes as a refusal.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/vmfwupdate.h>
#include <asm/byteorder.h>

#include "fw_cfg.h"
#include "iface.h"

#define FILE_NAME	"etc/vmfwupdate"

/* Control: off until the next reset. */
#define DISABLE		BIT_ULL(0)
/* Capabilities: the VMM loads IGVM images. Control: this image is one. */
#define FORMAT_IGVM	BIT_ULL(32)

/**
 * struct igvm_file - the file, as the VMM has it
 * @capabilities: abilities of the VMM, which ignores a write to them
 * @control: DISABLE, or the image's format
 * @addr: guest physical address of the image; 0 means that there is none
 * @size: its size in bytes
 */
struct igvm_file {
	__le64 capabilities;
	__le64 control;
	__le64 addr;
	__le64 size;
};

static_assert(sizeof(struct igvm_file) == 32);

static int igvm_exchange(struct vmfw_fw_cfg *fw, u64 control, u64 addr,
			 u64 size, struct vmfw_shown *shown)
{
	const struct igvm_file out = {
		.control = cpu_to_le64(control),
		.addr = cpu_to_le64(addr),
		.size = cpu_to_le64(size),
	};
	struct igvm_file in;
	int err;

	err = vmfw_fw_cfg_exchange(fw, FILE_NAME, &out, &in, sizeof(in),
				   &shown->written);
	if (err)
		return err;

	shown->answered = true;
	shown->control = le64_to_cpu(in.control);
	shown->addr = le64_to_cpu(in.addr);
	shown->size = le64_to_cpu(in.size);
	return 0;
}

static int igvm_status(struct vmfw_fw_cfg *fw, struct vmfw_status *status)
{
	struct igvm_file in;
	int err;

	err = vmfw_fw_cfg_read(fw, FILE_NAME, &in, sizeof(in));
	if (err)
		return err;

	status->capabilities = le64_to_cpu(in.capabilities);
	status->formats = status->capabilities & FORMAT_IGVM ?
			  VMFWUPDATE_FORMAT_IGVM : 0;
	/* An IGVM file counts its own bytes in 32 bits. */
	status->max_size = U32_MAX;
	status->disabled = le64_to_cpu(in.control) & DISABLE;
	status->addr = le64_to_cpu(in.addr);
	status->size = le64_to_cpu(in.size);
	return 0;
}

static int igvm_offer(struct vmfw_fw_cfg *fw, const struct vmfw_offer *offer,
		      struct vmfw_shown *shown)
{
	int err;

	err = igvm_exchange(fw, FORMAT_IGVM, offer->addr, offer->size, shown);
	if (err)
		return err;

	if (shown->control != FORMAT_IGVM || shown->addr != offer->addr ||
	    shown->size != offer->size)
		return -EIO;
	return 0;
}

static int igvm_withdraw(struct vmfw_fw_cfg *fw, struct vmfw_shown *shown)
{
	int err;

	err = igvm_exchange(fw, 0, 0, 0, shown);
	if (err)
		return err;

	/* The VMM loads nothing without an address, or while the interface is off. */
	if (shown->addr && !(shown->control & DISABLE))
		return -EIO;
	return 0;
}

static int igvm_disable(struct vmfw_fw_cfg *fw, struct vmfw_shown *shown)
{
	int err;

	err = igvm_exchange(fw, DISABLE, 0, 0, shown);
	if (err)
		return err;
	return shown->control & DISABLE ? 0 : -EIO;
}

const struct vmfw_iface vmfw_iface_igvm = {
	.name = "igvm",
	.id = VMFWUPDATE_INTERFACE_IGVM,
	.properties = VMFWUPDATE_PROPERTY_TRIAL,
	.size_multiple = 1,
	.status = igvm_status,
	.offer = igvm_offer,
	.withdraw = igvm_withdraw,
	.disable = igvm_disable,
};

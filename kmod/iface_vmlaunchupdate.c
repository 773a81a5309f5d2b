// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interface "vmlaunchupdate", which QEMU's device vm-launch-update has: one
 * fw_cfg file of 56 bytes, little-endian (QEMU, docs/specs/vmlaunchupdate.rst
 * and hw/misc/vmlaunchupdate.c).
 *
 * It differs from the drafts in the effect of a write. The VMM parses and copies the
 * image before the write ends, and loads the copy at every later reset. No write
 * takes the copy back: the guest can hand over another image, or ask for the
 * host's own.
 *
 * The VMM acts on a write of a part of the file too, so every write here is of
 * all 56 bytes. Each select of the file, and so each read, clears the control
 * word. The VMM reads the control word again when the reset comes.
 *
 * The two words of an opaque area stay over resets as the guest wrote them. This
 * driver leaves no such area, so it writes the size 0. With an image for one reset
 * alone, it writes a note to the next kernel into the area's address. Nothing else
 * shows that kernel that the host's image comes back with the following reset. The
 * first write of that kernel removes the note. If that kernel never loads this
 * module, a later kernel reads an outdated note, and refuses images until the next
 * reset.
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

#define FILE_NAME	"etc/vmlaunchupdate"

#define FILE_VERSION	1

/* Control: off, over resets as well. */
#define DISABLE		BIT_ULL(0)
/*
 * Control: the host's own image. Alone: from the next reset on. Beside an image:
 * from the reset after the next one on.
 */
#define HOST_IGVM	BIT_ULL(1)
/* Capabilities: the VMM loads IGVM images. Control: this image is one. */
#define FORMAT_IGVM	BIT_ULL(32)

/* The note to the next kernel: the letters "vmfwonce". */
#define ONCE_NOTE	0x65636e6f77666d76ULL

/* Status: the result of the last write. While the interface is off, always DONE. */
#define DONE		0
#define LOAD_FAILED	1
#define NOT_FROM_IGVM	2

/**
 * struct vlu_file - the file, as the VMM has it
 * @version: FILE_VERSION
 * @status: result of the last write
 * @padding: 0
 * @capabilities: abilities of the VMM
 * @control: the request; reads as 0, or as DISABLE while the interface is off
 * @addr: guest physical address of the image; 0 once the VMM has copied it
 * @size: its bytes; 0 once the VMM has copied it
 * @opaque_addr: the VMM only stores it
 * @opaque_size: the VMM only stores it
 */
struct vlu_file {
	__le16 version;
	__le16 status;
	__le32 padding;
	__le64 capabilities;
	__le64 control;
	__le64 addr;
	__le64 size;
	__le64 opaque_addr;
	__le64 opaque_size;
};

static_assert(sizeof(struct vlu_file) == 56);

static struct vlu_file make_request(u64 control, u64 addr, u64 size)
{
	return (struct vlu_file){
		.control = cpu_to_le64(control),
		.addr = cpu_to_le64(addr),
		.size = cpu_to_le64(size),
	};
}

/* Do version and capabilities, which the guest cannot write, fit the request? */
static bool is_answer(const struct vlu_file *in, u64 control)
{
	return le16_to_cpu(in->version) == FILE_VERSION &&
	       !(control & FORMAT_IGVM & ~le64_to_cpu(in->capabilities));
}

/* The status of a refusal shows how the host started the machine. */
static u32 start_of(u32 status)
{
	switch (status) {
	case LOAD_FAILED:
		return VMFWUPDATE_START_IGVM;
	case NOT_FROM_IGVM:
		return VMFWUPDATE_START_OTHER;
	}
	return VMFWUPDATE_START_UNKNOWN;
}

static int vlu_exchange(struct vmfw_fw_cfg *fw, u64 control, u64 addr,
			u64 size, struct vmfw_shown *shown)
{
	const struct vlu_file out = make_request(control, addr, size);
	struct vlu_file in;
	int err;

	err = vmfw_fw_cfg_exchange(fw, FILE_NAME, &out, &in, sizeof(in),
				   &shown->written);
	if (err)
		return err;

	shown->answered = is_answer(&in, control);
	if (!shown->answered)
		return -EIO;

	shown->status = le16_to_cpu(in.status);
	shown->control = le64_to_cpu(in.control);
	shown->addr = le64_to_cpu(in.addr);
	shown->size = le64_to_cpu(in.size);
	return 0;
}

/* DONE alone proves nothing: it is also the status while the interface is off. */
static bool is_done(const struct vmfw_shown *shown)
{
	return shown->status == DONE && !shown->addr && !shown->size &&
	       !(shown->control & DISABLE);
}

/*
 * The VMM shows the address only of an image that it has refused. It does not show
 * an image that it has copied, from an earlier kernel for example.
 */
static int vlu_status(struct vmfw_fw_cfg *fw, struct vmfw_status *status)
{
	struct vlu_file in;
	int err;

	err = vmfw_fw_cfg_read(fw, FILE_NAME, &in, sizeof(in));
	if (err)
		return err;
	if (le16_to_cpu(in.version) != FILE_VERSION)
		return -ENOENT;

	status->capabilities = le64_to_cpu(in.capabilities);
	status->formats = status->capabilities & FORMAT_IGVM ?
			  VMFWUPDATE_FORMAT_IGVM : 0;
	/* An IGVM file counts its own bytes in 32 bits. */
	status->max_size = U32_MAX;
	status->disabled = le64_to_cpu(in.control) & DISABLE;
	status->returns = le64_to_cpu(in.opaque_addr) == ONCE_NOTE &&
			  !in.opaque_size;
	status->addr = 0;
	status->size = 0;
	return 0;
}

/*
 * Offer an image of no bytes. The VMM refuses it, keeps the image that it has, and
 * shows by its status how the host started the machine. Like every read of the file,
 * this clears a HOST_IGVM that waits beside an image for a reset. None can wait when
 * the module loads or the machine resumes: vlu_offer_once() is the last thing that a
 * guest does before a reset. After the reset, the VMM does not need the control word
 * for the return to the host's image.
 */
static int vlu_find_start(struct vmfw_fw_cfg *fw, u32 *start)
{
	struct vmfw_shown shown = {};
	int err;

	err = vlu_exchange(fw, FORMAT_IGVM, 0, 0, &shown);
	if (!err)
		*start = start_of(shown.status);
	return err;
}

static int vlu_offer(struct vmfw_fw_cfg *fw, const struct vmfw_offer *offer,
		     struct vmfw_shown *shown)
{
	int err;

	err = vlu_exchange(fw, FORMAT_IGVM, offer->addr, offer->size, shown);
	if (err)
		return err;

	shown->start = is_done(shown) ? VMFWUPDATE_START_IGVM :
					start_of(shown->status);
	return is_done(shown) ? 0 : -EIO;
}

/*
 * A read of the result would clear HOST_IGVM. So this function reads none, and
 * vlu_offer() has to come first, to show that the VMM takes the image.
 */
static int vlu_offer_once(struct vmfw_fw_cfg *fw, const struct vmfw_offer *offer)
{
	struct vlu_file out = make_request(FORMAT_IGVM | HOST_IGVM,
					   offer->addr, offer->size);

	out.opaque_addr = cpu_to_le64(ONCE_NOTE);
	return vmfw_fw_cfg_write_last(fw, FILE_NAME, &out, sizeof(out));
}

static int vlu_restore(struct vmfw_fw_cfg *fw, struct vmfw_shown *shown)
{
	int err;

	err = vlu_exchange(fw, HOST_IGVM, 0, 0, shown);
	if (err)
		return err;
	return is_done(shown) ? 0 : -EIO;
}

static int vlu_disable(struct vmfw_fw_cfg *fw, struct vmfw_shown *shown)
{
	int err;

	err = vlu_exchange(fw, DISABLE, 0, 0, shown);
	if (err)
		return err;
	return shown->control & DISABLE ? 0 : -EIO;
}

const struct vmfw_iface vmfw_iface_vmlaunchupdate = {
	.name = "vmlaunchupdate",
	.id = VMFWUPDATE_INTERFACE_VMLAUNCHUPDATE,
	.properties = VMFWUPDATE_PROPERTY_COPIES |
		      VMFWUPDATE_PROPERTY_PERSISTS |
		      VMFWUPDATE_PROPERTY_RESTORE |
		      VMFWUPDATE_PROPERTY_ONCE |
		      VMFWUPDATE_PROPERTY_DISABLE_STAYS,
	.size_multiple = 1,
	.status = vlu_status,
	.find_start = vlu_find_start,
	.offer = vlu_offer,
	.offer_once = vlu_offer_once,
	.restore = vlu_restore,
	.disable = vlu_disable,
};

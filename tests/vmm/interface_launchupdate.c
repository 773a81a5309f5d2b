// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Interface "vmlaunchupdate" (QEMU's device vm-launch-update of 2026-08-21): one
 * fw_cfg file of 56 bytes.
 *
 * As in QEMU, the file's bytes are the device's registers. A word that the guest writes
 * stays, accepted or not, until the device overwrites it. The model does not correct
 * flaws of QEMU's device; see "vmlaunchupdate" in README.md.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <endian.h>
#include <inttypes.h>
#include <string.h>

#include "interface.h"
#include "launch.h"
#include "log.h"
#include "offer.h"

#define FILE_NAME "etc/vmlaunchupdate"

#define VERSION 1
#define FORMAT_IGVM (UINT64_C(1) << 32)	/* in capabilities and control */
#define CONTROL_DISABLE (UINT64_C(1) << 0)
#define CONTROL_HOST_IGVM (UINT64_C(1) << 1)

enum status { DONE, NOT_LOADED, NOT_STARTED_FROM_IGVM, ODD = 7 };

/* struct file - the fw_cfg file, little-endian */
struct file {
	uint16_t version;
	uint16_t status;
	uint32_t padding;
	uint64_t capabilities;
	uint64_t control;
	uint64_t addr;
	uint64_t size;
	uint64_t opaque_addr;
	uint64_t opaque_size;
};

static const struct vmm_options *options;
static struct file file;
static bool disabled;
static bool restore_pending;
static bool vanished;

static bool fault(enum vmm_fault which)
{
	return options->faults.set[which];
}

static uint64_t capabilities(void)
{
	return fault(FAULT_NO_IGVM) || vanished ? 0 : FORMAT_IGVM;
}

static uint64_t control(void)
{
	return le64toh(file.control);
}

/* As in QEMU, a select leaves address, size, status and the opaque fields alone. */
static void refresh(void)
{
	bool shown = fault(FAULT_SHOW_DISABLED) ||
		(disabled && !fault(FAULT_NO_DISABLE));

	file.capabilities = htole64(capabilities());
	file.control = htole64(shown ? CONTROL_DISABLE : 0);
	file.version = htole16(fault(FAULT_ODD_VERSION) ? 2 : VERSION);
	if (fault(FAULT_LOSE_OPAQUE))
		file.opaque_addr = file.opaque_size = 0;
}

static void selected(void *opaque)
{
	(void)opaque;
	refresh();
	if (options->trace)
		log_event("select file=launch-update status=%u control=0x%"
			  PRIx64, le16toh(file.status), control());
}

static struct verdict refuse(enum status status, const char *reason)
{
	file.status = htole16(fault(FAULT_ODD_STATUS) ? ODD : status);
	if (fault(FAULT_REFUSE_CLEARED))
		file.addr = file.size = 0;
	return (struct verdict) { "refused", reason };
}

static struct verdict accept(const char *name, const char *reason)
{
	file.addr = fault(FAULT_KEEP_ADDR) ? file.addr : 0;
	file.size = fault(FAULT_KEEP_SIZE) ? file.size : 0;
	if (fault(FAULT_ODD_STATUS))
		file.status = htole16(ODD);
	return (struct verdict) { name, reason };
}

static struct verdict judge_image(void)
{
	static char reason[IMAGE_REASON_SIZE];

	if (fault(FAULT_KEEP_ADDR) || fault(FAULT_KEEP_SIZE) ||
	    fault(FAULT_LOSE_IMAGE))
		return accept("altered", "fault: nothing is loaded");
	if (fault(FAULT_REFUSE_IMAGE) || fault(FAULT_REFUSE_CLEARED))
		return refuse(NOT_LOADED, "fault: every image is refused");
	if (!capabilities())
		return refuse(NOT_LOADED, "fault: no format is taken");
	if (!launch_has_host_image())
		return refuse(NOT_STARTED_FROM_IGVM,
			      "the host did not start the machine from an IGVM file");
	if (!launch_replace(le64toh(file.addr), le64toh(file.size), reason))
		return refuse(NOT_LOADED, reason);
	vanished = fault(FAULT_VANISH);
	return accept("accepted", "every reset loads it from now on");
}

static struct verdict judge_disable(void)
{
	if (fault(FAULT_NO_DISABLE))
		return (struct verdict) { "ignored", "fault no-disable" };
	disabled = true;
	return (struct verdict) { "disabled", "off until the host's image is back" };
}

/* Judge a write, in the order of QEMU's checks. */
static struct verdict judge(void)
{
	bool no_image = !file.addr && !file.size;

	if (fault(FAULT_IGNORE_WRITE))
		return (struct verdict) { "ignored", "fault ignore-write" };
	file.status = DONE;
	if (disabled)
		return (struct verdict) { "disabled", "off already" };
	if (control() & CONTROL_DISABLE)
		return judge_disable();
	if (no_image && control() & CONTROL_HOST_IGVM) {
		restore_pending = true;
		return (struct verdict) { "restore", "the next reset brings the host's image" };
	}
	if (control() & FORMAT_IGVM)
		return judge_image();
	if (!no_image)
		return refuse(NOT_LOADED, "the VMM does not take this format");
	return (struct verdict) { "nothing", "the write has no image and no request" };
}

static void written(void *opaque, off_t start, size_t length)
{
	struct file from = file;
	struct verdict verdict = judge();

	(void)opaque;
	log_event("write file=launch-update offset=%" PRIu64 " length=%zu control=0x%"
		  PRIx64 " addr=0x%" PRIx64 " size=0x%" PRIx64
		  " verdict=%s shown-status=%u shown-addr=0x%" PRIx64
		  " shown-size=0x%" PRIx64 " reason=\"%s\"", (uint64_t)start,
		  length, le64toh(from.control), le64toh(from.addr),
		  le64toh(from.size), verdict.name, le16toh(file.status),
		  le64toh(file.addr), le64toh(file.size), verdict.reason);
}

/*
 * First restore the host's image if the guest has asked for it. That drops an image that
 * came later. An accepted image with CONTROL_HOST_IGVM is for one boot: the next reset
 * restores the host's image.
 */
static void reset(void)
{
	if (restore_pending && !fault(FAULT_NO_RESTORE)) {
		launch_restore();
		disabled = false;
		file.control &= htole64(~CONTROL_HOST_IGVM);
	}
	restore_pending = false;
	if (control() & CONTROL_HOST_IGVM && le16toh(file.status) == DONE) {
		log_event("once reason=\"the next reset brings the host's image\"");
		restore_pending = true;
	}
}

static void publish(const struct vmm_options *the_options, FWCfgState *fw_cfg)
{
	options = the_options;
	refresh();
	fw_cfg_add_file_callback(fw_cfg, FILE_NAME, selected, written, NULL,
				 &file, sizeof(file), false);
}

const struct vmm_interface interface_launchupdate = {
	.name = "vmlaunchupdate",
	.publish = publish,
	.capabilities = capabilities,
	.reset = reset,
};

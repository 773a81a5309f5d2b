// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Revision "igvm" (draft of 2025-04-08): one fw_cfg file of four words.
 *
 * The guest writes control, address and size of an IGVM image and reads them
 * back; what it then sees is what was accepted. There is no other answer.
 *
 * fw_cfg copies what the guest writes into the file's bytes first and tells
 * afterwards, and when it cannot read the guest's buffer it leaves zeroes
 * there and tells nothing. So the truth is kept apart, in @accepted, and the
 * bytes are made from it anew whenever the guest selects the file.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <endian.h>
#include <inttypes.h>
#include <string.h>

#include "interface.h"
#include "log.h"
#include "memory.h"
#include "symbols.h"

#define FILE_NAME "etc/vmfwupdate"

#define FORMAT_IGVM (UINT64_C(1) << 32)	/* in capabilities and control */
#define CONTROL_DISABLE (UINT64_C(1) << 0)

/* struct file - the fw_cfg file, little-endian */
struct file {
	uint64_t capabilities;
	uint64_t control;
	uint64_t addr;
	uint64_t size;
};

/* struct words - the part that the guest may write, in host order */
struct words {
	uint64_t control;
	uint64_t addr;
	uint64_t size;
};

/* struct verdict - what becomes of a write, in the log's words */
struct verdict {
	const char *name;
	const char *reason;
};

static const struct vmm_options *options;
static struct words accepted;
static struct file file;

static bool fault(enum vmm_fault which)
{
	return options->faults.set[which];
}

static uint64_t capabilities(void)
{
	return fault(FAULT_NO_IGVM) ? 0 : FORMAT_IGVM;
}

static struct file encode(const struct words *words)
{
	return (struct file) {
		.capabilities = htole64(capabilities()),
		.control = htole64(words->control),
		.addr = htole64(words->addr),
		.size = htole64(words->size),
	};
}

static struct words decode(const struct file *from)
{
	return (struct words) {
		.control = le64toh(from->control),
		.addr = le64toh(from->addr),
		.size = le64toh(from->size),
	};
}

static struct verdict refused(const char *reason)
{
	return (struct verdict) { "refused", reason };
}

/* Why an image cannot be taken from there, or NULL. */
static const char *find_flaw(const struct words *offer)
{
	struct memory_range range = { offer->addr, offer->size };
	uint64_t where;

	if (!(offer->control & capabilities() & FORMAT_IGVM))
		return "no format that is offered";
	if (!range.size)
		return "the image has no bytes";
	if (range.addr % MEMORY_PAGE)
		return "the address is not page-aligned";
	if (range.size > UINT64_MAX - range.addr)
		return "the image wraps around";
	if (range.size > options->max_size)
		return "the image is larger than max-size";
	if (!memory_is_backed(range, &where))
		return "the image is not all in RAM";
	return NULL;
}

static struct verdict judge_image(const struct words *offer, bool whole)
{
	const char *flaw;

	if (!whole)
		return refused("control, address and size must come in one write");
	flaw = find_flaw(offer);
	if (flaw)
		return refused(flaw);
	if (fault(FAULT_REFUSE_IMAGE)) {
		accepted = (struct words) { 0 };
		return refused("fault refuse-image");
	}
	accepted = *offer;
	if (fault(FAULT_SIZE16)) {
		accepted.size &= UINT16_MAX;
		return (struct verdict) { "altered", "fault size16" };
	}
	return (struct verdict) { "accepted", "the next reset loads it" };
}

/* Decide, and change @accepted accordingly. A refused write changes nothing. */
static struct verdict judge(const struct words *offer, bool whole)
{
	if (fault(FAULT_IGNORE_WRITE))
		return (struct verdict) { "ignored", "fault ignore-write" };
	if (accepted.control & CONTROL_DISABLE)
		return (struct verdict) { "disabled", "off until the next reset" };
	if (offer->control & ~(CONTROL_DISABLE | FORMAT_IGVM))
		return refused("unknown control bits");
	if (offer->control & CONTROL_DISABLE) {
		accepted = (struct words) { .control = CONTROL_DISABLE };
		return (struct verdict) { "disabled", "off from now on" };
	}
	if (!offer->addr) {
		accepted = (struct words) { .control = offer->control };
		return (struct verdict) { "cleared", "nothing is armed" };
	}
	return judge_image(offer, whole);
}

/*
 * What the write left out stays as it was accepted. It must not be taken from
 * the file's bytes, which an earlier write may have spoilt.
 */
static struct words merge(off_t start, size_t length)
{
	struct file merged = encode(&accepted);

	memcpy((uint8_t *)&merged + start, (uint8_t *)&file + start, length);
	return decode(&merged);
}

static void written(void *opaque, off_t start, size_t length)
{
	bool whole = start <= (off_t)offsetof(struct file, control) &&
		start + length == sizeof(file);
	struct words offer = merge(start, length);
	struct verdict verdict = judge(&offer, whole);

	(void)opaque;
	file = encode(&accepted);
	log_event("write offset=%" PRIu64 " length=%zu control=0x%" PRIx64
		  " addr=0x%" PRIx64 " size=0x%" PRIx64
		  " verdict=%s shown-control=0x%" PRIx64 " shown-addr=0x%" PRIx64
		  " shown-size=0x%" PRIx64 " reason=\"%s\"",
		  (uint64_t)start, length, offer.control, offer.addr,
		  offer.size, verdict.name, accepted.control, accepted.addr,
		  accepted.size, verdict.reason);
}

static void selected(void *opaque)
{
	(void)opaque;
	file = encode(&accepted);
	if (options->trace)
		log_event("select control=0x%" PRIx64 " addr=0x%" PRIx64
			  " size=0x%" PRIx64, accepted.control, accepted.addr,
			  accepted.size);
}

static void publish(const struct vmm_options *the_options, FWCfgState *fw_cfg)
{
	char faults[128];

	options = the_options;
	file = encode(&accepted);
	fw_cfg_add_file_callback(fw_cfg, FILE_NAME, selected, written, NULL,
				 &file, sizeof(file), false);
	faults_format(&options->faults, faults, sizeof(faults));
	log_event("ready revision=%s capabilities=0x%" PRIx64
		  " faults=%s plugin-api=%d", interface_igvm.name,
		  capabilities(), faults, symbols_plugin_api());
}

static struct offer take(void)
{
	struct offer offer = { .addr = accepted.addr, .size = accepted.size };

	if (accepted.control & CONTROL_DISABLE)
		offer.state = OFFER_DISABLED;
	else if (accepted.addr)
		offer.state = OFFER_ARMED;
	accepted = (struct words) { 0 };
	return offer;
}

const struct vmm_interface interface_igvm = {
	.name = "igvm",
	.publish = publish,
	.take = take,
};

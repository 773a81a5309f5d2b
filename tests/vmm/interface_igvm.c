// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Revision "igvm" (draft of 2025-04-08): one fw_cfg file of four words.
 *
 * The guest writes control, address and size of an IGVM image and reads them back. The
 * file then shows the values that the VMM accepted. There is no other answer.
 *
 * fw_cfg first copies the guest's write into the file's bytes, and then calls the model.
 * When fw_cfg cannot read the guest's buffer, it leaves zeroes in the file and does not
 * call the model. So offer.c keeps the accepted values. The model rebuilds the bytes from
 * them whenever the guest selects the file.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <endian.h>
#include <inttypes.h>
#include <string.h>

#include "interface.h"
#include "log.h"
#include "offer.h"

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

static const struct vmm_options *options;
static struct file file;

static uint64_t capabilities(void)
{
	if (options->faults.set[FAULT_NO_IGVM] || offer_has_vanished())
		return 0;
	return FORMAT_IGVM;
}

/* The words that the guest sees. */
static struct words show(void)
{
	struct offer offer = offer_shown(OFFER_IGVM);
	struct words words = { .addr = offer.addr, .size = offer.size };

	if (offer.format == OFFER_IGVM)
		words.control |= FORMAT_IGVM;
	if (offer_is_disabled())
		words.control |= CONTROL_DISABLE;
	return words;
}

static struct file encode(struct words words)
{
	return (struct file) {
		.capabilities = htole64(capabilities()),
		.control = htole64(words.control),
		.addr = htole64(words.addr),
		.size = htole64(words.size),
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

static struct verdict judge_image(const struct words *words, bool whole)
{
	struct offer offer = {
		.format = OFFER_IGVM,
		.addr = words->addr,
		.size = words->size,
	};
	const char *flaw;

	if (!whole)
		return offer_refuse("control, address and size must come in one write");
	if (!(words->control & capabilities() & FORMAT_IGVM))
		return offer_refuse("the VMM does not take this format");
	flaw = offer_find_flaw(&offer);
	if (flaw)
		return offer_refuse(flaw);
	return offer_arm(&offer);
}

/* Judge a write and carry it out. Without a fault, a refused write changes nothing. */
static struct verdict judge(const struct words *words, bool whole)
{
	struct verdict verdict;

	if (offer_is_closed(&verdict))
		return verdict;
	if (words->control & ~(CONTROL_DISABLE | FORMAT_IGVM))
		return offer_refuse("unknown control bits");
	if (words->control & CONTROL_DISABLE)
		return offer_disable();
	if (!words->addr)
		return offer_withdraw(words->control ? OFFER_IGVM :
						       OFFER_NO_FORMAT);
	return judge_image(words, whole);
}

/*
 * Words that the write left out keep their accepted values. Do not take them from
 * the file's bytes: a failed transfer may have left zeroes there.
 */
static struct words merge(off_t start, size_t length)
{
	struct file merged = encode(show());

	memcpy((uint8_t *)&merged + start, (uint8_t *)&file + start, length);
	return decode(&merged);
}

static void written(void *opaque, off_t start, size_t length)
{
	bool whole = start <= (off_t)offsetof(struct file, control) &&
		start + length == sizeof(file);
	struct words words = merge(start, length);
	struct verdict verdict = judge(&words, whole);
	struct words shown = show();

	(void)opaque;
	file = encode(shown);
	log_event("write offset=%" PRIu64 " length=%zu control=0x%" PRIx64
		  " addr=0x%" PRIx64 " size=0x%" PRIx64
		  " verdict=%s shown-control=0x%" PRIx64 " shown-addr=0x%" PRIx64
		  " shown-size=0x%" PRIx64 " reason=\"%s\"",
		  (uint64_t)start, length, words.control, words.addr,
		  words.size, verdict.name, shown.control, shown.addr,
		  shown.size, verdict.reason);
}

static void selected(void *opaque)
{
	struct words shown = show();

	(void)opaque;
	file = encode(shown);
	if (options->trace)
		log_event("select control=0x%" PRIx64 " addr=0x%" PRIx64
			  " size=0x%" PRIx64, shown.control, shown.addr,
			  shown.size);
}

static void publish(const struct vmm_options *the_options, FWCfgState *fw_cfg)
{
	options = the_options;
	file = encode(show());
	fw_cfg_add_file_callback(fw_cfg, FILE_NAME, selected, written, NULL,
				 &file, sizeof(file), false);
}

const struct vmm_interface interface_igvm = {
	.name = "igvm",
	.publish = publish,
	.capabilities = capabilities,
};

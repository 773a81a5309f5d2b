// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Revision "v6" (patch of 2025-02-14): five fw_cfg files for a flat image that
 * ends at 4 GiB.
 *
 * The patch checked few of the guest's values before it used them. The model follows the
 * intention of the patch: it accepts only values that it can use. The files show the
 * accepted values.
 *
 * As in interface_igvm.c, the model rebuilds the bytes of a file whenever the guest
 * selects it. Until the next select, the guest can read only the bytes after its write.
 * The write did not change those.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <endian.h>
#include <inttypes.h>
#include <string.h>

#include "area.h"
#include "flat.h"
#include "interface.h"
#include "log.h"
#include "offer.h"

#define DIRECTORY "etc/vmfwupdate/"

#define BIOS_RESIZE (UINT64_C(1) << 0)

#define OPAQUE_SIZE 4096

/* struct blob - the file fw-blob, little-endian */
struct blob {
	uint64_t size;
	uint64_t addr;
};

/*
 * struct file - a fw_cfg file
 * @name: name below DIRECTORY
 * @bytes: the bytes that fw_cfg reads and writes
 * @size: size of @bytes
 * @show: fill @bytes in for the guest to read
 * @written: called after the guest wrote to @bytes; NULL when the file is read-only
 */
struct file {
	const char *name;
	void *bytes;
	size_t size;
	void (*show)(void);
	void (*written)(const struct file *file, off_t start, size_t length);
};

static const struct vmm_options *options;

/* The kept bytes that opaque-blob shows. No reset changes them. */
static uint8_t kept[OPAQUE_SIZE];

static uint64_t cap_bytes;
static uint64_t bios_size_bytes;
static struct blob blob_bytes;
static uint8_t opaque_bytes[OPAQUE_SIZE];
static uint8_t disable_bytes;

static uint64_t capabilities(void)
{
	return options->bios_resize && !offer_has_vanished() ? BIOS_RESIZE : 0;
}

/* The size of the largest image for which the area need not grow. */
static uint64_t bios_size(void)
{
	if (options->architecture != ARCHITECTURE_X64 || offer_has_vanished())
		return 0;
	return area_size();
}

static void show_cap(void)
{
	cap_bytes = htole64(capabilities());
}

static void show_bios_size(void)
{
	bios_size_bytes = htole64(bios_size());
}

static struct blob encode(const struct offer *offer)
{
	return (struct blob) {
		.size = htole64(offer->size),
		.addr = htole64(offer->addr),
	};
}

static void show_blob(void)
{
	struct offer shown = offer_shown(OFFER_FLAT);

	blob_bytes = encode(&shown);
}

static void show_opaque(void)
{
	memcpy(opaque_bytes, kept, sizeof(kept));
}

static void show_disable(void)
{
	disable_bytes = offer_is_disabled();
}

static const char *find_flaw(const struct offer *offer)
{
	if (offer->size % FLAT_MULTIPLE)
		return "the size is not a multiple of 64 KiB";
	if (offer->size > AREA_LIMIT)
		return "the image does not fit below 4 GiB";
	if (offer->size > bios_size() && !(capabilities() & BIOS_RESIZE))
		return "the image is larger than bios-size";
	return offer_find_flaw(offer);
}

static struct verdict judge_blob(const struct offer *offer, bool whole)
{
	struct verdict verdict;
	const char *flaw;

	if (offer_is_closed(&verdict))
		return verdict;
	if (!offer->addr)
		return offer_withdraw(OFFER_NO_FORMAT);
	if (!whole)
		return offer_refuse("size and address must come in one write");
	flaw = find_flaw(offer);
	if (flaw)
		return offer_refuse(flaw);
	return offer_arm(offer);
}

/* Words that the write left out keep their accepted values. */
static struct offer merge_blob(off_t start, size_t length)
{
	struct offer offer = offer_shown(OFFER_FLAT);
	struct blob merged = encode(&offer);

	memcpy((uint8_t *)&merged + start, (uint8_t *)&blob_bytes + start,
	       length);
	return (struct offer) {
		.format = OFFER_FLAT,
		.addr = le64toh(merged.addr),
		.size = le64toh(merged.size),
	};
}

static void blob_written(const struct file *file, off_t start, size_t length)
{
	struct offer offer = merge_blob(start, length);
	struct verdict verdict = judge_blob(&offer, length == file->size);
	struct offer shown = offer_shown(OFFER_FLAT);

	log_event("write file=%s offset=%" PRIu64 " length=%zu addr=0x%" PRIx64
		  " size=0x%" PRIx64 " verdict=%s shown-addr=0x%" PRIx64
		  " shown-size=0x%" PRIx64 " reason=\"%s\"", file->name,
		  (uint64_t)start, length, offer.addr, offer.size, verdict.name,
		  shown.addr, shown.size, verdict.reason);
}

/* The guest may write opaque-blob in parts: nothing uses it before a reset. */
static void opaque_written(const struct file *file, off_t start, size_t length)
{
	struct verdict verdict;

	if (!offer_is_closed(&verdict)) {
		memcpy(kept + start, opaque_bytes + start, length);
		verdict = (struct verdict) { "accepted", "kept over resets" };
	}
	log_event("write file=%s offset=%" PRIu64 " length=%zu verdict=%s reason=\"%s\"",
		  file->name, (uint64_t)start, length, verdict.name,
		  verdict.reason);
}

static struct verdict judge_disable(uint8_t value)
{
	struct verdict verdict;

	if (offer_is_closed(&verdict))
		return verdict;
	if (value)
		return offer_disable();
	return (struct verdict) { "accepted", "zero does not disable" };
}

static void disable_written(const struct file *file, off_t start, size_t length)
{
	uint8_t value = disable_bytes;
	struct verdict verdict = judge_disable(value);

	log_event("write file=%s offset=%" PRIu64 " length=%zu value=0x%x verdict=%s shown-value=0x%x reason=\"%s\"",
		  file->name, (uint64_t)start, length, value, verdict.name,
		  offer_is_disabled(), verdict.reason);
}

static struct file files[] = {
	{ "cap", &cap_bytes, sizeof(cap_bytes), show_cap, NULL },
	{ "bios-size", &bios_size_bytes, sizeof(bios_size_bytes),
	  show_bios_size, NULL },
	{ "fw-blob", &blob_bytes, sizeof(blob_bytes), show_blob, blob_written },
	{ "opaque-blob", opaque_bytes, sizeof(opaque_bytes), show_opaque,
	  opaque_written },
	{ "disable", &disable_bytes, sizeof(disable_bytes), show_disable,
	  disable_written },
};

static void selected(void *opaque)
{
	const struct file *file = opaque;

	file->show();
	if (options->trace)
		log_event("select file=%s", file->name);
}

static void written(void *opaque, off_t start, size_t length)
{
	const struct file *file = opaque;

	file->written(file, start, length);
}

static void publish_file(FWCfgState *fw_cfg, struct file *file)
{
	g_autofree char *name = g_strconcat(DIRECTORY, file->name, NULL);

	file->show();
	fw_cfg_add_file_callback(fw_cfg, name, selected,
				 file->written ? written : NULL, file,
				 file->bytes, file->size, !file->written);
}

static void publish(const struct vmm_options *the_options, FWCfgState *fw_cfg)
{
	size_t i;

	options = the_options;
	for (i = 0; i < G_N_ELEMENTS(files); i++)
		publish_file(fw_cfg, &files[i]);
}

const struct vmm_interface interface_v6 = {
	.name = "v6",
	.publish = publish,
	.capabilities = capabilities,
};

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The loader of an image: it checks everything, writes everything, and then verifies the
 * memory.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <inttypes.h>

#include "area.h"
#include "firmware.h"
#include "flat.h"
#include "igvm.h"
#include "log.h"
#include "memory.h"
#include "processor.h"
#include "qemu.h"

void firmware_free(struct firmware *firmware)
{
	if (!firmware)
		return;
	image_release(&firmware->image);
	g_free(firmware->intact);
	g_free(firmware->file);
	g_free(firmware);
}

struct memory_content *firmware_content(struct firmware *firmware, guint i)
{
	return &g_array_index(firmware->image.contents, struct memory_content,
			      i);
}

/* The guest may have changed its memory map since it made the offer. */
static bool fetch(struct firmware *firmware, const struct offer *offer,
		  char *reason)
{
	struct memory_range range = { offer->addr, offer->size };
	uint64_t where;

	if (!memory_is_backed(range, &where))
		return image_refuse(reason, "no RAM at 0x%" PRIx64 " any more", where);
	firmware->size = range.size;
	firmware->file = g_try_malloc(range.size + 1);
	if (!firmware->file)
		return image_refuse(reason, "no memory for 0x%" PRIx64 " bytes",
			      range.size);
	if (!memory_read(range, firmware->file))
		return image_refuse(reason, "cannot read the image");
	return true;
}

static bool check_overlap(struct firmware *firmware, const struct offer *offer,
			  char *reason)
{
	const struct memory_range *range;
	guint i;

	for (i = 0; i < firmware->image.contents->len; i++) {
		range = &firmware_content(firmware, i)->range;
		if (range->addr < offer->addr + offer->size &&
		    offer->addr < range->addr + range->size)
			return image_refuse(reason, "the image lies where a part of it must go, at 0x%"
				      PRIx64, range->addr);
	}
	return true;
}

/* Check that the range has memory, or that fill_holes() can make ROM for it. */
static bool check_place(const struct vmm_options *options,
			struct memory_range range, char *reason)
{
	uint64_t end = range.addr + range.size;
	struct memory_range run;
	uint64_t where;

	while (!memory_is_backed(range, &where)) {
		run.addr = where;
		run.size = MIN(memory_next(where), end) - where;
		if (options->architecture != ARCHITECTURE_X64 ||
		    !area_includes(run) || !memory_is_hole(run))
			return image_refuse(reason, "no memory at 0x%" PRIx64, where);
		range.addr = run.addr + run.size;
		range.size = end - range.addr;
	}
	return true;
}

static bool check_places(const struct vmm_options *options,
			 struct firmware *firmware, char *reason)
{
	GArray *required = firmware->image.required;
	uint64_t where;
	guint i;

	for (i = 0; i < firmware->image.contents->len; i++)
		if (!check_place(options, firmware_content(firmware, i)->range,
				 reason))
			return false;
	for (i = 0; i < required->len; i++)
		if (!memory_is_backed(g_array_index(required,
						    struct memory_range, i),
				      &where))
			return image_refuse(reason, "required memory is missing at 0x%"
				      PRIx64, where);
	return true;
}

/*
 * Make ROM where memory is missing. Adjacent contents share a region, because every
 * region slows the guest down a little.
 */
static bool fill_holes(struct firmware *firmware, char *reason)
{
	guint count = firmware->image.contents->len;
	struct memory_range run, range;
	uint64_t where, end;
	guint i, next;

	for (i = 0; i < count; i = next) {
		run = firmware_content(firmware, i)->range;
		for (next = i + 1; next < count; next++) {
			range = firmware_content(firmware, next)->range;
			if (range.addr != run.addr + run.size)
				break;
			run.size += range.size;
		}
		end = run.addr + run.size;
		while (!memory_is_backed(run, &where)) {
			range.addr = where;
			range.size = MIN(memory_next(where), end) - where;
			if (!memory_make_rom(range))
				return image_refuse(reason, "no memory for 0x%" PRIx64,
					      where);
			run.addr = range.addr + range.size;
			run.size = end - run.addr;
		}
	}
	return true;
}

static uint64_t total_size(struct firmware *firmware)
{
	uint64_t size = 0;
	guint i;

	for (i = 0; i < firmware->image.contents->len; i++)
		size += firmware_content(firmware, i)->range.size;
	return size;
}

static uint8_t *save(struct firmware *firmware)
{
	uint8_t *saved = g_try_malloc(total_size(firmware));
	const struct memory_range *range;
	uint64_t offset = 0;
	guint i;

	for (i = 0; saved && i < firmware->image.contents->len; i++) {
		range = &firmware_content(firmware, i)->range;
		if (!memory_read(*range, saved + offset))
			g_clear_pointer(&saved, g_free);
		offset += range->size;
	}
	return saved;
}

static void restore(struct firmware *firmware, const uint8_t *saved)
{
	struct memory_content content;
	uint64_t offset = 0;
	guint i;

	for (i = 0; i < firmware->image.contents->len; i++) {
		content.range = firmware_content(firmware, i)->range;
		content.bytes = saved + offset;
		memory_store(&content);
		offset += content.range.size;
	}
}

/*
 * Verify only after all writes: the same memory may be visible at two addresses, so a
 * later write may overwrite an earlier one.
 */
static bool store(struct firmware *firmware, char *reason)
{
	g_autofree uint8_t *saved = save(firmware);
	guint count = firmware->image.contents->len;
	guint i;

	if (!saved)
		return image_refuse(reason, "cannot save the memory that the image replaces");
	for (i = 0; i < count; i++)
		memory_store(firmware_content(firmware, i));
	for (i = 0; i < count; i++) {
		if (memory_holds(firmware_content(firmware, i)))
			continue;
		restore(firmware, saved);
		return image_refuse(reason, "memory at 0x%" PRIx64
			      " does not keep a write",
			      firmware_content(firmware, i)->range.addr);
	}
	return true;
}

/* ACPI's table of processors, or NULL if this QEMU cannot build it separately. */
static GArray *madt(void)
{
	if (!acpi_build_madt_standalone)
		return NULL;
	return acpi_build_madt_standalone(qdev_get_machine());
}

static bool read_image(const struct vmm_options *options,
		       struct firmware *firmware, enum offer_format format,
		       char *reason)
{
	struct machine machine = {
		.architecture = options->architecture,
		.vp_count = options->vp_count,
		.madt = madt(),
		.map = memory_map(),
		.alias = area_alias(),
	};
	bool sound;

	image_init(&firmware->image);
	if (format == OFFER_FLAT)
		sound = flat_read(firmware->file, firmware->size, &machine,
				  &firmware->image, reason);
	else
		sound = igvm_read(firmware->file, firmware->size, &machine,
				  &firmware->image, reason);
	g_clear_pointer(&machine.madt, g_array_unref);
	g_array_unref(machine.map);
	return sound;
}

static bool check_context(struct firmware *firmware, char *reason)
{
	if (!firmware->image.context || processor_is_known())
		return true;
	return image_refuse(reason, "cannot set the registers of this machine's processor");
}

static bool load(const struct vmm_options *options, struct firmware *firmware,
		 const struct offer *offer, char *reason)
{
	return read_image(options, firmware, offer->format, reason) &&
		check_overlap(firmware, offer, reason) &&
		check_places(options, firmware, reason) &&
		check_context(firmware, reason) &&
		fill_holes(firmware, reason) &&
		store(firmware, reason);
}

/* The memory of a new machine is zeroes, except for its firmware. */
static void clear_ram(struct firmware *firmware)
{
	guint i;

	memory_clear_ram();
	for (i = 0; i < firmware->image.contents->len; i++)
		memory_store(firmware_content(firmware, i));
}

static void tell(gpointer line, gpointer unused)
{
	(void)unused;
	log_event("%s", (const char *)line);
}

struct firmware *firmware_load(const struct vmm_options *options,
			       const struct offer *offer)
{
	struct firmware *firmware = g_new0(struct firmware, 1);
	g_autofree char *digest = NULL;
	char reason[IMAGE_REASON_SIZE];

	if (!fetch(firmware, offer, reason)) {
		log_event("refused sha256=unknown reason=\"%s\"", reason);
		goto refused;
	}
	digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256, firmware->file,
					     firmware->size);
	log_event("image addr=0x%" PRIx64 " size=0x%" PRIx64 " sha256=%s",
		  offer->addr, offer->size, digest);
	if (options->faults.set[FAULT_REFUSE_RESET]) {
		log_event("refused sha256=%s reason=\"fault refuse-reset\"",
			  digest);
		goto refused;
	}
	if (!load(options, firmware, offer, reason)) {
		log_event("refused sha256=%s reason=\"%s\"", digest, reason);
		goto refused;
	}
	if (options->ram_clear)
		clear_ram(firmware);
	g_ptr_array_foreach(firmware->image.told, tell, NULL);
	log_event("loaded pages=%u bytes=0x%" PRIx64 " sha256=%s",
		  firmware->image.contents->len, total_size(firmware), digest);
	return firmware;

refused:
	firmware_free(firmware);
	return NULL;
}

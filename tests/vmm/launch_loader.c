// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * QEMU's loader of IGVM files, with its faults. See "Rules of the loader" in README.md.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <inttypes.h>
#include <string.h>

#include "igvm_reader.h"
#include "launch_loader.h"
#include "log.h"
#include "memory.h"
#include "processor.h"
#include "qemu.h"

#define PAGE_2MB (UINT32_C(1) << 0)
#define PAGE_SIZE_2MB (UINT64_C(2) << 20)

#define MAP_ENTRY_SIZE 24
#define MAP_PLATFORM_RESERVED 1

/* struct run - page-data headers that QEMU loads as one region */
struct run {
	uint64_t addr;
	uint64_t size;
	guint first;	/* header */
	guint count;
};

struct loader {
	const struct vmm_options *options;
	const struct launch_file *file;
	enum launch_part part;
	struct launch_amount *amount;
	char *reason;
	guint at;		/* the header's index */
	struct run run;
	GHashTable *areas;	/* GByteArray by index */
};

static struct vp_context *boot_context;

static const struct launch_header *header_at(struct loader *loader, guint at)
{
	return &g_array_index(loader->file->directives, struct launch_header,
			      at);
}

static bool is_ours(struct loader *loader, uint32_t mask)
{
	return mask & loader->file->native;
}

static bool is_skipped(struct loader *loader, uint64_t addr)
{
	return loader->part == LAUNCH_HIGH && addr < MEMORY_LEGACY_END;
}

/* In a hole, QEMU makes a region. Elsewhere the range must be in one region of RAM. */
static bool prepare(struct loader *loader, struct memory_range range)
{
	if (!range.size || is_skipped(loader, range.addr))
		return true;
	switch (memory_find_place(range)) {
	case MEMORY_PLACE_WHOLE:
		return true;
	case MEMORY_PLACE_NONE:
		return memory_add_ram(range) ||
			image_refuse(loader->reason,
				     "no memory for a region at 0x%" PRIx64,
				     range.addr);
	case MEMORY_PLACE_DEVICE:
		return image_refuse(loader->reason, "could not prepare memory at 0x%"
				    PRIx64 " due to existing non-RAM region",
				    range.addr);
	case MEMORY_PLACE_SPLIT:
		break;
	}
	return image_refuse(loader->reason, "could not prepare memory at 0x%"
			    PRIx64 ": region size 0x%" PRIx64 " exceeded",
			    range.addr, range.size);
}

static void store(struct loader *loader, struct memory_range range,
		  const uint8_t *bytes)
{
	struct memory_content content = { .range = range, .bytes = bytes };

	if (is_skipped(loader, range.addr))
		return;
	memory_store(&content);
	loader->amount->pages++;
	loader->amount->bytes += range.size;
}

static uint64_t page_size(const uint8_t *content)
{
	return get32(content + 16) & PAGE_2MB ? PAGE_SIZE_2MB : MEMORY_PAGE;
}

/* Of a page of 2 MiB only the first 4 KiB come from the file. */
static void store_page(struct loader *loader, const uint8_t *content)
{
	struct memory_range range = { get64(content), page_size(content) };
	uint32_t offset = get32(content + 12);
	g_autofree uint8_t *large = NULL;

	if (!offset || range.size == MEMORY_PAGE) {
		store(loader, range, offset ? loader->file->bytes + offset :
		      NULL);
		return;
	}
	large = g_malloc0(range.size);
	memcpy(large, loader->file->bytes + offset, MEMORY_PAGE);
	store(loader, range, large);
}

static bool flush_run(struct loader *loader)
{
	struct run *run = &loader->run;
	struct memory_range range = { run->addr, run->size };
	guint i;

	if (!run->count)
		return true;
	if (!prepare(loader, range))
		return false;
	for (i = 0; i < run->count; i++)
		store_page(loader, header_at(loader, run->first + i)->content);
	run->count = 0;
	return true;
}

/* Does a header continue the run of the header right before it? */
static bool continues(struct loader *loader, const uint8_t *content)
{
	const struct run *run = &loader->run;
	const uint8_t *before;

	if (!run->count || run->first + run->count != loader->at)
		return false;
	before = header_at(loader, loader->at - 1)->content;
	return get64(before) + page_size(before) == get64(content) &&
		get32(before + 8) == get32(content + 8) &&
		get32(before + 16) == get32(content + 16) &&
		get16(before + 20) == get16(content + 20) &&
		!get32(before + 12) == !get32(content + 12);
}

static bool load_page(struct loader *loader, const uint8_t *content)
{
	struct run *run = &loader->run;

	if (!is_ours(loader, get32(content + 8)))
		return true;
	if (!continues(loader, content)) {
		if (!flush_run(loader))
			return false;
		*run = (struct run) {
			.addr = get64(content),
			.first = loader->at,
		};
	}
	run->size += page_size(content);
	run->count++;
	return true;
}

static bool load_required(struct loader *loader, const uint8_t *content)
{
	struct memory_range range = { get64(content), get32(content + 12) };

	return !is_ours(loader, get32(content + 8)) ||
		prepare(loader, range);
}

static bool load_context(struct loader *loader, const uint8_t *content)
{
	if (!is_ours(loader, get32(content + 8)))
		return true;
	if (get16(content + 16))
		return image_refuse(loader->reason,
				    "context can be set for BSP only, not for VP %u",
				    get16(content + 16));
	g_free(boot_context);
	boot_context = igvm_native_context(loader->file->bytes +
					   get32(content + 12));
	return true;
}

/* QEMU does not use the file's data for the area. */
static bool load_area(struct loader *loader, const uint8_t *content)
{
	GByteArray *area = g_byte_array_new();
	guint size = (guint)get64(content);

	if (get64(content) > G_MAXINT) {
		g_byte_array_unref(area);
		return image_refuse(loader->reason, "no memory for a parameter area");
	}
	g_byte_array_set_size(area, size);
	memset(area->data, 0, size);
	g_hash_table_insert(loader->areas, GUINT_TO_POINTER(get32(content + 8)),
			    area);
	return true;
}

static GByteArray *find_area(struct loader *loader, uint32_t index)
{
	return g_hash_table_lookup(loader->areas, GUINT_TO_POINTER(index));
}

static bool put(struct loader *loader, const uint8_t *content, uint64_t offset,
		const void *bytes, size_t size)
{
	GByteArray *area = find_area(loader, get32(content));

	if (offset > area->len || size > area->len - offset)
		return image_refuse(loader->reason,
				    "a parameter does not fit into its area");
	memcpy(area->data + offset, bytes, size);
	return true;
}

static bool put_u32(struct loader *loader, const uint8_t *content,
		    uint32_t value)
{
	value = htole32(value);
	return put(loader, content, get32(content + 4), &value, sizeof(value));
}

/* QEMU ignores byte_offset: it writes at byte 0 of the area. */
static bool put_memory_map(struct loader *loader, const uint8_t *content)
{
	g_autoptr(GArray) map = memory_map();
	const struct memory_entry *entry;
	uint8_t bytes[MAP_ENTRY_SIZE] = { 0 };
	uint64_t value;
	guint i;

	for (i = 0; i < map->len; i++) {
		entry = &g_array_index(map, struct memory_entry, i);
		value = htole64(entry->range.addr / MEMORY_PAGE);
		memcpy(bytes, &value, sizeof(value));
		value = htole64(entry->range.size / MEMORY_PAGE);
		memcpy(bytes + 8, &value, sizeof(value));
		bytes[16] = entry->reserved ? MAP_PLATFORM_RESERVED : 0;
		if (!put(loader, content, (uint64_t)i * MAP_ENTRY_SIZE, bytes,
			 sizeof(bytes)))
			return false;
	}
	return true;
}

/* QEMU writes the MADT at byte 0, too. Some versions of QEMU cannot make it. */
static bool put_madt(struct loader *loader, const uint8_t *content)
{
	GArray *madt;
	bool fits;

	if (!acpi_build_madt_standalone) {
		log_event("lacks reason=\"this QEMU makes no MADT: the area stays zero\"");
		return true;
	}
	madt = acpi_build_madt_standalone(qdev_get_machine());
	fits = put(loader, content, 0, madt->data, madt->len);
	g_array_unref(madt);
	return fits;
}

static bool insert_area(struct loader *loader, const uint8_t *content)
{
	GByteArray *area = find_area(loader, get32(content + 12));
	struct memory_range range = { get64(content), area->len };

	if (!is_ours(loader, get32(content + 8)))
		return true;
	if (!prepare(loader, range))
		return false;
	if (loader->part == LAUNCH_ALL)
		log_event("parameters addr=0x%" PRIx64 " size=0x%" PRIx64,
			  range.addr, range.size);
	store(loader, range, area->data);
	return true;
}

static bool load_header(struct loader *loader,
			const struct launch_header *header)
{
	switch (header->type) {
	case LAUNCH_PAGE_DATA:
		return load_page(loader, header->content);
	case LAUNCH_VP_CONTEXT:
		return load_context(loader, header->content);
	case LAUNCH_REQUIRED_MEMORY:
		return load_required(loader, header->content);
	case LAUNCH_PARAMETER_AREA:
		return load_area(loader, header->content);
	case LAUNCH_PARAMETER_INSERT:
		return insert_area(loader, header->content);
	case LAUNCH_VP_COUNT:
		return put_u32(loader, header->content,
			       loader->options->vp_count);
	case LAUNCH_ENVIRONMENT_INFO:
		/* QEMU sets memory_is_shared on a machine without isolation. */
		return put_u32(loader, header->content, 1);
	case LAUNCH_MEMORY_MAP:
		return put_memory_map(loader, header->content);
	case LAUNCH_MADT:
		return put_madt(loader, header->content);
	case LAUNCH_DEVICE_TREE:
		return image_refuse(loader->reason,
				    "this machine has no device tree");
	case LAUNCH_ID_BLOCK:
		return true;
	}
	return image_refuse(loader->reason, "unknown header type 0x%" PRIx32
			    " encountered when processing the file",
			    header->type);
}

static bool load_headers(struct loader *loader)
{
	if (!loader->file->native)
		return image_refuse(loader->reason,
				    "it does not describe a compatible supported platform");
	if (!loader->file->directives->len)
		return image_refuse(loader->reason, "it has no directives");
	for (; loader->at < loader->file->directives->len; loader->at++)
		if (!load_header(loader, header_at(loader, loader->at)))
			return false;
	if (loader->file->has_relocation)
		return image_refuse(loader->reason,
				    "a relocation header, which has no handler");
	return flush_run(loader);
}

static void free_area(gpointer area)
{
	g_byte_array_unref(area);
}

bool launch_load(const struct vmm_options *options,
		 const struct launch_file *file, enum launch_part part,
		 struct launch_amount *amount,
		 char reason[IMAGE_REASON_SIZE])
{
	struct loader loader = {
		.options = options,
		.file = file,
		.part = part,
		.amount = amount,
		.reason = reason,
		.areas = g_hash_table_new_full(NULL, NULL, NULL, free_area),
	};
	bool loaded;

	*amount = (struct launch_amount) { 0 };
	memory_remove_added();
	loaded = load_headers(&loader);
	g_hash_table_unref(loader.areas);
	return loaded;
}

void launch_start_processor(void)
{
	if (!boot_context)
		return;
	processor_start(boot_context);
	log_event("context rip=0x%" PRIx64 " cr0=0x%" PRIx64 " cr3=0x%" PRIx64
		  " cr4=0x%" PRIx64 " efer=0x%" PRIx64, boot_context->rip,
		  boot_context->cr0, boot_context->cr3, boot_context->cr4,
		  boot_context->efer);
}

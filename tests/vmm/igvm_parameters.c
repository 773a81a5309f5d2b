// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Parameters: facts about the machine, from the VMM for the firmware.
 *
 * A file declares areas, names the parameters and their places in the areas, and inserts
 * each area into guest memory once.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <inttypes.h>

#include "igvm_reader.h"

#define TYPE_VP_COUNT 0x307
#define TYPE_MADT 0x309
#define TYPE_MEMORY_MAP 0x30c
#define TYPE_ENVIRONMENT_INFO 0x313

/* The size of an entry of the memory map, and the types that this VMM uses. */
#define MAP_ENTRY_SIZE 24
#define MAP_MEMORY 0
#define MAP_PLATFORM_RESERVED 1

static struct igvm_area *find_area(struct reader *reader, uint32_t index)
{
	struct igvm_area *area;
	guint i;

	for (i = 0; i < reader->areas->len; i++) {
		area = &g_array_index(reader->areas, struct igvm_area, i);
		if (area->index == index)
			return area;
	}
	return NULL;
}

bool read_parameter_area(struct reader *reader, const struct header_type *type,
			 const uint8_t *content)
{
	struct igvm_area area = {
		.size = get64(content),
		.index = get32(content + 8),
	};
	uint32_t offset = get32(content + 12);

	if (find_area(reader, area.index))
		return reader_refuse(reader, "%s %" PRIu32 " is there twice",
				     type->name, area.index);
	if (!area.size || area.size % MEMORY_PAGE)
		return reader_refuse(reader, "%s %" PRIu32 " of 0x%" PRIx64
				     " bytes is not in pages", type->name,
				     area.index, area.size);
	if (offset && !reader_has_data(reader, offset, area.size))
		return reader_refuse(reader, "%s %" PRIu32
				     " is not within the file's data: offset 0x%"
				     PRIx32, type->name, area.index, offset);
	area.bytes = g_try_malloc0(area.size);
	if (!area.bytes)
		return reader_refuse(reader, "no memory for %s %" PRIu32
				     " of 0x%" PRIx64 " bytes", type->name,
				     area.index, area.size);
	g_ptr_array_add(reader->image->owned, area.bytes);
	area.holds = g_string_new(NULL);
	if (offset)
		memcpy(area.bytes, reader->file + offset, area.size);
	g_array_append_val(reader->areas, area);
	return true;
}

/* Find an area that is declared and not yet inserted. Without one, set the reason. */
static struct igvm_area *get_area(struct reader *reader,
				  const struct header_type *type,
				  uint32_t index)
{
	struct igvm_area *area = find_area(reader, index);

	if (area && !area->inserted)
		return area;
	reader_refuse(reader, "%s: parameter area %" PRIu32 " %s", type->name,
		      index, area ? "is inserted already" : "is not declared");
	return NULL;
}

static bool put(struct reader *reader, const struct header_type *type,
		struct igvm_area *area, uint64_t offset, const void *bytes,
		uint64_t size)
{
	if (offset > area->size || size > area->size - offset)
		return reader_refuse(reader, "%s does not fit into parameter area %"
				     PRIu32, type->name, area->index);
	memcpy(area->bytes + offset, bytes, size);
	return true;
}

static bool put_u32(struct reader *reader, const struct header_type *type,
		    struct igvm_area *area, uint32_t offset, uint32_t value)
{
	value = htole32(value);
	return put(reader, type, area, offset, &value, sizeof(value));
}

static bool put_map_entry(struct reader *reader, const struct header_type *type,
			  struct igvm_area *area, uint64_t offset,
			  const struct memory_entry *entry)
{
	struct {
		uint64_t first_page;
		uint64_t pages;
		uint16_t type;
		uint16_t flags;
		uint32_t reserved;
	} bytes = {
		.first_page = htole64(entry->range.addr / MEMORY_PAGE),
		.pages = htole64(entry->range.size / MEMORY_PAGE),
		.type = htole16(entry->reserved ? MAP_PLATFORM_RESERVED :
				MAP_MEMORY),
	};

	G_STATIC_ASSERT(sizeof(bytes) == MAP_ENTRY_SIZE);
	return put(reader, type, area, offset, &bytes, sizeof(bytes));
}

/* Entries are in the order of addresses. An entry of no pages ends the map. */
static bool put_memory_map(struct reader *reader,
			   const struct header_type *type,
			   struct igvm_area *area, uint64_t offset)
{
	static const struct memory_entry last;
	GArray *map = reader->machine->map;
	guint i;

	for (i = 0; i < map->len; i++, offset += MAP_ENTRY_SIZE)
		if (!put_map_entry(reader, type, area, offset,
				   &g_array_index(map, struct memory_entry, i)))
			return false;
	return put_map_entry(reader, type, area, offset, &last);
}

/* Fill in a parameter. If this machine has no value for it, note that. */
static bool fill(struct reader *reader, const struct header_type *type,
		 struct igvm_area *area, uint32_t offset)
{
	const struct machine *machine = reader->machine;

	switch (type->type) {
	case TYPE_VP_COUNT:
		return put_u32(reader, type, area, offset, machine->vp_count);
	case TYPE_ENVIRONMENT_INFO:
		/* The only defined bit means that memory starts out shared. */
		return put_u32(reader, type, area, offset, 0);
	case TYPE_MADT:
		if (machine->madt)
			return put(reader, type, area, offset,
				   machine->madt->data, machine->madt->len);
		break;
	case TYPE_MEMORY_MAP:
		if (machine->map->len)
			return put_memory_map(reader, type, area, offset);
		break;
	}
	area->lacks = type->name;
	return true;
}

bool read_parameter(struct reader *reader, const struct header_type *type,
		    const uint8_t *content)
{
	struct igvm_area *area = get_area(reader, type, get32(content));

	if (!area || !fill(reader, type, area, get32(content + 4)))
		return false;
	g_string_append_printf(area->holds, "%s%s", area->holds->len ? ", " : "",
			       type->name);
	return true;
}

static void tell(struct reader *reader, const struct igvm_area *area,
		 uint64_t addr)
{
	GString *line = g_string_new(NULL);

	g_string_printf(line, "parameters addr=0x%" PRIx64 " size=0x%" PRIx64,
			addr, area->size);
	if (area->holds->len)
		g_string_append_printf(line, " reason=\"%s\"",
				       area->holds->str);
	g_ptr_array_add(reader->image->told, g_string_free(line, FALSE));
}

bool read_parameter_insert(struct reader *reader,
			   const struct header_type *type,
			   const uint8_t *content)
{
	uint32_t mask = get32(content + 8);
	struct igvm_area *area = get_area(reader, type, get32(content + 12));
	struct memory_content inserted;

	if (!area || !reader_check_mask(reader, type, mask))
		return false;
	area->inserted = true;
	if (!(mask & reader->native))
		return true;
	if (area->lacks)
		return reader_refuse(reader, "parameter area %" PRIu32
				     " is to hold a %s: this VMM does not support it",
				     area->index, area->lacks);
	inserted.range.addr = get64(content);
	inserted.range.size = area->size;
	inserted.bytes = area->bytes;
	if (!reader_check_range(reader, type->name, inserted.range,
				MEMORY_PAGE))
		return false;
	g_array_append_val(reader->image->contents, inserted);
	tell(reader, area, inserted.range.addr);
	return true;
}

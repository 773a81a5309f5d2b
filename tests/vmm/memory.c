// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Guest memory, through QEMU.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <inttypes.h>
#include <string.h>

#include "log.h"
#include "memory.h"
#include "qemu.h"

/* Higher than the priority of any region that a board maps. */
#define ROM_PRIORITY 10

/* Bytes for a MemoryRegion: more than its size in each version that qemu.h names. */
#define REGION_ROOM 16384

/* More entries than any machine has. */
#define E820_ENTRIES 256

enum kind { KIND_NOTHING, KIND_DEVICE, KIND_MEMORY };

static const MemTxAttrs no_attributes;

static AddressSpace *guest_memory(void)
{
	return (AddressSpace *)address_space_memory;
}

/*
 * The kind of memory at an address, and the end of its range or hole. The flat view is
 * the guest's view: disjoint ranges in ascending order. A hole is outside of all ranges.
 */
struct lookup {
	uint64_t addr;
	uint64_t end;
	enum kind kind;
};

static bool look_at_range(Int128 start, Int128 size, const MemoryRegion *region,
			  hwaddr offset, void *opaque)
{
	struct lookup *lookup = opaque;
	Int128 end = start + size;

	(void)offset;
	if (end <= (Int128)lookup->addr)
		return false;
	if (start > (Int128)lookup->addr) {
		lookup->end = (uint64_t)start;
		return true;
	}
	lookup->end = end > (Int128)UINT64_MAX ? UINT64_MAX : (uint64_t)end;
	lookup->kind = memory_region_get_ram_addr(region) == UINT64_MAX ?
		KIND_DEVICE : KIND_MEMORY;
	return true;
}

static struct lookup look_up(uint64_t addr)
{
	struct lookup lookup = {
		.addr = addr,
		.end = UINT64_MAX,
		.kind = KIND_NOTHING,
	};
	FlatView *view = address_space_get_flatview(guest_memory());

	flatview_for_each_range(view, look_at_range, &lookup);
	flatview_unref(view);
	return lookup;
}

static bool is_all(struct memory_range range, enum kind kind, uint64_t *where)
{
	uint64_t end = range.addr + range.size;
	uint64_t addr = range.addr;
	struct lookup lookup;

	while (addr < end) {
		lookup = look_up(addr);
		if (lookup.kind != kind) {
			*where = addr;
			return false;
		}
		addr = lookup.end;
	}
	return true;
}

bool memory_is_backed(struct memory_range range, uint64_t *where)
{
	return is_all(range, KIND_MEMORY, where);
}

bool memory_is_hole(struct memory_range range)
{
	uint64_t where;

	return is_all(range, KIND_NOTHING, &where);
}

uint64_t memory_next(uint64_t addr)
{
	return look_up(addr).end;
}

struct search {
	struct memory_range range;
	enum memory_place place;
};

static bool search_range(Int128 start, Int128 size, const MemoryRegion *region,
			 hwaddr offset, void *opaque)
{
	struct search *search = opaque;
	Int128 wanted = search->range.addr;
	Int128 wanted_end = wanted + search->range.size;

	(void)offset;
	if (start + size <= wanted)
		return false;
	if (start >= wanted_end)
		return true;
	if (memory_region_get_ram_addr(region) == UINT64_MAX)
		search->place = MEMORY_PLACE_DEVICE;
	else if (start <= wanted && start + size >= wanted_end)
		search->place = MEMORY_PLACE_WHOLE;
	else
		search->place = MEMORY_PLACE_SPLIT;
	return true;
}

enum memory_place memory_find_place(struct memory_range range)
{
	struct search search = { .range = range };
	FlatView *view = address_space_get_flatview(guest_memory());

	flatview_for_each_range(view, search_range, &search);
	flatview_unref(view);
	return search.place;
}

static int by_address(const void *a, const void *b)
{
	const struct memory_entry *left = a, *right = b;

	if (left->range.addr != right->range.addr)
		return left->range.addr < right->range.addr ? -1 : 1;
	return 0;
}

static void add_entries(GArray *map, uint32_t type)
{
	struct memory_entry entry = { .reserved = type != E820_RAM };
	int i;

	/* Do not use the function for the count, because its name differs between versions. */
	for (i = 0; e820_get_entry && i < E820_ENTRIES; i++)
		if (e820_get_entry(i, type, &entry.range.addr,
				   &entry.range.size))
			g_array_append_val(map, entry);
}

GArray *memory_map(void)
{
	GArray *map = g_array_new(FALSE, FALSE, sizeof(struct memory_entry));

	add_entries(map, E820_RAM);
	add_entries(map, E820_RESERVED);
	g_array_sort(map, by_address);
	return map;
}

bool memory_map_is_known(void)
{
	GArray *map = memory_map();
	bool known = map->len > 0;

	g_array_unref(map);
	return known;
}

bool memory_is_ram(struct memory_range range)
{
	GArray *map = memory_map();
	const struct memory_entry *entry;
	bool found = false;
	guint i;

	for (i = 0; i < map->len && !found; i++) {
		entry = &g_array_index(map, struct memory_entry, i);
		found = !entry->reserved && range.addr >= entry->range.addr &&
			range.addr - entry->range.addr < entry->range.size;
	}
	g_array_unref(map);
	return found && (range.addr >= MEMORY_LEGACY_END ||
			 range.addr + range.size <= MEMORY_LEGACY_START);
}

bool memory_read(struct memory_range range, uint8_t *buffer)
{
	return address_space_rw(guest_memory(), range.addr, no_attributes,
				buffer, range.size, false) == 0;
}

static const uint8_t *page_of(const struct memory_content *content,
			      uint64_t offset)
{
	static const uint8_t zeroes[MEMORY_PAGE];

	return content->bytes ? content->bytes + offset : zeroes;
}

bool memory_holds(const struct memory_content *content)
{
	struct memory_range page = { .size = MEMORY_PAGE };
	uint8_t found[MEMORY_PAGE];
	uint64_t offset;

	for (offset = 0; offset < content->range.size; offset += MEMORY_PAGE) {
		page.addr = content->range.addr + offset;
		if (!memory_read(page, found))
			return false;
		if (memcmp(found, page_of(content, offset), MEMORY_PAGE))
			return false;
	}
	return true;
}

/*
 * Write page by page: a write from one flash unit into the next crashed QEMU 7.2.
 */
void memory_store(const struct memory_content *content)
{
	uint64_t offset;

	for (offset = 0; offset < content->range.size; offset += MEMORY_PAGE)
		address_space_write_rom(guest_memory(),
					content->range.addr + offset,
					no_attributes,
					page_of(content, offset), MEMORY_PAGE);
}

bool memory_make_rom(struct memory_range range)
{
	g_autofree char *name = g_strdup_printf("vmfwupdate-%" PRIx64,
						range.addr);
	MemoryRegion *region = g_malloc0(REGION_ROOM);
	Error *error = NULL;

	memory_region_init_rom(region, NULL, name, range.size, &error);
	if (error) {
		log_error("cannot add memory at 0x%" PRIx64 ": %s", range.addr,
			  error_get_pretty(error));
		error_free(error);
		return false;
	}
	memory_region_add_subregion_overlap(get_system_memory(), range.addr,
					    region, ROM_PRIORITY);
	return true;
}

/* struct added - RAM that memory_add_ram() has made, kept for later loads */
struct added {
	struct memory_range range;
	MemoryRegion *region;
	bool mapped;
};

static GArray *added;

static struct added *find_added(struct memory_range range)
{
	struct added *entry;
	guint i;

	for (i = 0; added && i < added->len; i++) {
		entry = &g_array_index(added, struct added, i);
		if (!entry->mapped && entry->range.addr == range.addr &&
		    entry->range.size == range.size)
			return entry;
	}
	return NULL;
}

/* Each region needs a name of its own: QEMU allows no duplicates. */
static struct added *make_added(struct memory_range range)
{
	struct added entry = {
		.range = range,
		.region = g_malloc0(REGION_ROOM),
	};
	g_autofree char *name = NULL;
	Error *error = NULL;

	if (!added)
		added = g_array_new(FALSE, FALSE, sizeof(struct added));
	name = g_strdup_printf("igvm.%u", added->len);
	memory_region_init_ram(entry.region, NULL, name, range.size, &error);
	if (error) {
		log_error("cannot add memory at 0x%" PRIx64 ": %s", range.addr,
			  error_get_pretty(error));
		error_free(error);
		return NULL;
	}
	g_array_append_val(added, entry);
	return &g_array_index(added, struct added, added->len - 1);
}

bool memory_add_ram(struct memory_range range)
{
	struct added *entry = find_added(range);

	if (!entry)
		entry = make_added(range);
	if (!entry)
		return false;
	memory_region_add_subregion(get_system_memory(), range.addr,
				    entry->region);
	entry->mapped = true;
	return true;
}

void memory_remove_added(void)
{
	struct added *entry;
	guint i;

	for (i = 0; added && i < added->len; i++) {
		entry = &g_array_index(added, struct added, i);
		if (entry->mapped)
			memory_region_del_subregion(get_system_memory(),
						    entry->region);
		entry->mapped = false;
	}
}

static MemoryRegion *hidden;

struct holder {
	uint64_t addr;
	const MemoryRegion *region;
};

static bool look_for_holder(Int128 start, Int128 size,
			    const MemoryRegion *region, hwaddr offset,
			    void *opaque)
{
	struct holder *holder = opaque;

	(void)offset;
	if ((Int128)holder->addr < start ||
	    (Int128)holder->addr >= start + size)
		return false;
	if (memory_region_get_ram_addr(region) != UINT64_MAX)
		holder->region = region;
	return true;
}

bool memory_hide(uint64_t addr)
{
	struct holder holder = { .addr = addr };
	FlatView *view = address_space_get_flatview(guest_memory());

	flatview_for_each_range(view, look_for_holder, &holder);
	flatview_unref(view);
	if (!holder.region)
		return false;
	hidden = (MemoryRegion *)holder.region;
	memory_region_set_enabled(hidden, false);
	return true;
}

void memory_show(void)
{
	memory_region_set_enabled(hidden, true);
}

static void clear_part(uint64_t start, uint64_t end)
{
	struct memory_content zeroes = { .range = { start, end - start } };

	if (start < end)
		memory_store(&zeroes);
}

void memory_clear_ram(void)
{
	g_autoptr(GArray) map = memory_map();
	const struct memory_entry *entry;
	uint64_t start, end;
	guint i;

	for (i = 0; i < map->len; i++) {
		entry = &g_array_index(map, struct memory_entry, i);
		start = entry->range.addr;
		end = start + entry->range.size;
		if (entry->reserved)
			continue;
		clear_part(start, MIN(end, MEMORY_LEGACY_START));
		clear_part(MAX(start, MEMORY_LEGACY_END), end);
	}
}

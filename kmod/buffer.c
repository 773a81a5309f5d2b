// SPDX-License-Identifier: GPL-2.0-only
/*
 * Physically contiguous memory that the VMM can read, in a chosen place.
 *
 * With pages of 4 KiB, the page allocator gives a few megabytes at most, and the
 * caller cannot choose the place. A firmware image is larger. It must stay clear of
 * the memory that its own loading writes to. So this file walks the windows of the
 * plan from the top down and evacuates a part of one with alloc_contig_range(). If
 * the kernel command line has set memory aside for the driver, that comes first.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/ioport.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/ratelimit.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/swap.h>

#include "buffer.h"
#include "compat.h"
#include "offline.h"
#include "vmfwupdate.h"

/*
 * Pages that are busy in the first pass, under write-back or pinned for a moment,
 * are often free in the second.
 */
#define PASSES		2

/* The label in reserve_mem=SIZE:ALIGN:LABEL. */
#define SET_ASIDE_LABEL	"vmfwupdate"

/* The limit of a search for memory, in jiffies. */
#define TIME_LIMIT	(30 * HZ)

/* Milliseconds between two attempts while a memory block is on its way offline. */
#define OFFLINE_POLL	10

/* A conversion of the memory set aside has failed, so no image uses it again. */
static bool set_aside_lost;

/**
 * struct ram_map - System RAM
 * @spans: NULL while counting
 * @room: entries allocated
 * @nr: entries seen
 */
struct ram_map {
	struct vmfw_span *spans;
	size_t room;
	size_t nr;
};

/**
 * struct search - a search for memory, and data for the message if it fails
 * @ram: System RAM
 * @windows: the parts of System RAM that vmfw_plan() leaves, ascending
 * @nr_windows: entries in @windows
 * @want: the place that the image needs
 * @avoid: ranges that the image must stay clear of
 * @nr_avoid: entries in @avoid
 * @stop: another thread sets this to end the search; read without a lock
 * @deadline: the end of the search, in jiffies
 * @tries: attempts to allocate a position
 * @passes: passes begun
 */
struct search {
	struct ram_map ram;
	struct vmfw_span *windows;
	size_t nr_windows;
	const struct vmfw_want *want;
	struct vmfw_span *avoid;
	size_t nr_avoid;
	const bool *stop;
	unsigned long deadline;
	unsigned int tries;
	unsigned int passes;
};

/*
 * A reset can unplug memory that a driver such as virtio-mem manages. Then the
 * image would be gone before the VMM reads it.
 */
static int add_ram(struct resource *res, void *data)
{
	struct ram_map *map = data;

	if (res->flags & IORESOURCE_SYSRAM_DRIVER_MANAGED)
		return 0;

	if (map->nr < map->room)
		map->spans[map->nr] = (struct vmfw_span){ res->start, res->end };
	map->nr++;
	return 0;
}

static void walk_ram(struct ram_map *map)
{
	map->nr = 0;
	walk_iomem_res_desc(IORES_DESC_NONE,
			    IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY, 0, U64_MAX,
			    map, add_ram);
}

/* If memory appears between the two walks, the map leaves out the highest ranges. */
static int read_ram(struct ram_map *map)
{
	walk_ram(map);
	map->room = map->nr;
	map->spans = kvmalloc_array(map->room, sizeof(*map->spans), GFP_KERNEL);
	if (!map->spans)
		return -ENOMEM;

	walk_ram(map);
	map->nr = min(map->nr, map->room);
	return 0;
}

static size_t plan_windows(const struct search *search,
			   const struct vmfw_want *want)
{
	return vmfw_plan(search->ram.spans, search->ram.nr, search->avoid,
			 search->nr_avoid, want, search->windows);
}

static int prepare_search(struct search *search)
{
	size_t room;
	int err;

	err = read_ram(&search->ram);
	if (err)
		return err;

	/* Room for one range at least: search_set_aside() uses the array, too. */
	room = VMFW_PLAN_ROOM(max_t(size_t, search->ram.nr, 1),
			      search->nr_avoid);
	search->windows = kvmalloc_array(room, sizeof(*search->windows),
					 GFP_KERNEL);
	if (!search->windows)
		return -ENOMEM;

	search->deadline = jiffies + TIME_LIMIT;
	return 0;
}

static void end_search(struct search *search)
{
	kvfree(search->windows);
	kvfree(search->ram.spans);
}

/*
 * alloc_contig_range() needs memory that is online and in one zone. vmfw_plan()
 * does not check that. Part of System RAM may be offline. Nodes and ZONE_MOVABLE
 * have borders of their own. ZONE_MOVABLE is only for pages that can move.
 *
 * vmfw_offline_hold() keeps memory online between this check and the end of the
 * allocation.
 */
static bool in_one_zone(unsigned long pfn, unsigned long end)
{
	struct page *first = pfn_to_online_page(pfn), *page;

	if (!first || is_zone_movable_page(first))
		return false;

	for (; pfn < end; pfn = min(end, ALIGN(pfn + 1, pageblock_nr_pages))) {
		page = pfn_to_online_page(pfn);
		if (!page || page_zone(page) != page_zone(first))
			return false;
	}

	page = pfn_to_online_page(end - 1);
	return page && page_zone(page) == page_zone(first);
}

/*
 * Return: 0; -EBUSY: no memory at this position; -EAGAIN: a memory block is on its
 * way offline; or another error.
 */
static int try_position(struct search *search, u64 start)
{
	unsigned long pfn = PHYS_PFN(start);
	unsigned long end = pfn + PFN_UP(search->want->size);
	int err = -EBUSY;

	if (!vmfw_offline_hold())
		return -EAGAIN;

	if (in_one_zone(pfn, end)) {
		search->tries++;
		err = alloc_contig_range(pfn, end, VMFW_CONTIG_FLAGS,
					 GFP_KERNEL | __GFP_NOWARN);
	}
	vmfw_offline_release();
	return err;
}

/* Return: 0; or the reason for the end: -EINTR, -ESHUTDOWN (@stop) or -ETIME. */
static int may_go_on(const struct search *search)
{
	if (fatal_signal_pending(current))
		return -EINTR;
	if (READ_ONCE(*search->stop))
		return -ESHUTDOWN;
	if (time_after(jiffies, search->deadline))
		return -ETIME;
	return 0;
}

/* Return: 0; -EBUSY: no memory in this window; any other error ends the pass. */
static int search_window(struct search *search, const struct vmfw_span *window,
			 u64 *start)
{
	int err;

	if (!vmfw_plan_highest(window, search->want, start))
		return -EBUSY;

	do {
		while (!(err = may_go_on(search)) &&
		       (err = try_position(search, *start)) == -EAGAIN)
			msleep(OFFLINE_POLL);
		if (err != -EBUSY)
			return err;
		cond_resched();
	} while (vmfw_plan_lower(window, search->want, start));

	return -EBUSY;
}

static int search_pass(struct search *search, u64 *start)
{
	size_t i;
	int err;

	search->passes++;
	for (i = search->nr_windows; i > 0; i--) {
		err = search_window(search, &search->windows[i - 1], start);
		if (err != -EBUSY)
			return err;
	}
	return -EBUSY;
}

static u64 available_pages(void)
{
	return si_mem_available() + get_nr_swap_pages();
}

/*
 * Do not try an allocation that must fail. It would move the pages that are in
 * the way into the last free ones. All other users of memory would starve.
 */
static bool has_memory(const struct search *search)
{
	return available_pages() >= PFN_UP(search->want->size);
}

static int search_all(struct search *search, u64 *start)
{
	int err = -EBUSY;

	if (!search->nr_windows || !has_memory(search))
		return -ENOMEM;

	while (search->passes < PASSES) {
		err = search_pass(search, start);
		if (!err || err == -EINTR || err == -ETIME || err == -ESHUTDOWN)
			break;
	}
	return err;
}

static bool find_set_aside(struct vmfw_span *span)
{
	phys_addr_t start, size;

	if (set_aside_lost ||
	    !reserve_mem_find_by_name(SET_ASIDE_LABEL, &start, &size))
		return false;

	span->first = start;
	span->last = start + size - 1;
	return true;
}

/* The memory set aside is free, so only its place matters. Reuses @windows. */
static bool search_set_aside(struct search *search, u64 *start)
{
	struct vmfw_span span;
	size_t nr;

	if (!find_set_aside(&span))
		return false;

	nr = vmfw_plan(&span, 1, search->avoid, search->nr_avoid, search->want,
		       search->windows);
	return nr && vmfw_plan_highest(&search->windows[nr - 1], search->want,
				       start);
}

/* The largest gap, in bytes, as if all memory were free. Reuses @windows. */
static u64 largest_gap(struct search *search)
{
	const struct vmfw_want page = {
		.size = PAGE_SIZE,
		.align = PAGE_SIZE,
		.max_addr = search->want->max_addr,
	};
	size_t i, nr = plan_windows(search, &page);
	u64 largest = 0;

	for (i = 0; i < nr; i++)
		largest = max(largest, search->windows[i].last -
				       search->windows[i].first + 1);
	return largest;
}

static void explain_set_aside(const struct search *search)
{
	struct vmfw_span span;

	if (!VMFW_HAS_RESERVE_MEM)
		return;

	if (set_aside_lost)
		pr_warn("cannot use the memory of reserve_mem= before the next reset: a conversion between private and shared memory failed\n");
	else if (find_set_aside(&span))
		pr_warn("cannot put the image into the %llu bytes of reserve_mem=: they are too few, or at addresses that the image must avoid; set aside more than %llu bytes\n",
			span.last - span.first + 1, search->want->size);
	else
		pr_warn("add reserve_mem=%lluM:2M:%s to the kernel command line to set memory aside for the image\n",
			DIV_ROUND_UP(search->want->size, SZ_1M), SET_ASIDE_LABEL);
}

static void explain_failure(struct search *search, int err)
{
	static DEFINE_RATELIMIT_STATE(limit, DEFAULT_RATELIMIT_INTERVAL,
				      DEFAULT_RATELIMIT_BURST);
	const struct vmfw_want *want = search->want;

	if (!__ratelimit(&limit))
		return;

	pr_warn("cannot allocate %llu bytes at a multiple of 0x%llx, up to 0x%llx, clear of %zu ranges\n",
		want->size, want->align, want->max_addr, search->nr_avoid);
	if (!search->nr_windows)
		pr_warn("the largest gap between these ranges has %llu bytes\n",
			largest_gap(search));
	else if (!search->passes)
		pr_warn("only %llu bytes are available, free swap included\n",
			available_pages() << PAGE_SHIFT);
	else
		pr_warn("the driver tried %u positions in %zu windows and %u passes: %s (error %d); less load or more memory may help\n",
			search->tries, search->nr_windows, search->passes,
			err == -ETIME ? "out of time" : "it could empty no position",
			err);
	explain_set_aside(search);
}

static void leak_buffer(const struct vmfw_buffer *buffer, const char *why)
{
	if (buffer->set_aside)
		set_aside_lost = true;
	vmfw_leak(buffer->nr_pages, why);
}

/* By address: the direct map has no gap, but the array of struct page may have one. */
static void zero_pages(struct page *page, unsigned long nr)
{
	void *memory = page_address(page);

	for (; nr; nr--, memory += PAGE_SIZE) {
		clear_page(memory);
		cond_resched();
	}
}

/*
 * Memory that was set aside comes first: a search would move pages of other users.
 * search_set_aside() reuses @search->windows, so plan_windows() comes after it.
 */
static int find_memory(struct search *search, struct vmfw_buffer *found,
		       u64 *start)
{
	if (search_set_aside(search, start)) {
		found->set_aside = true;
		return 0;
	}
	search->nr_windows = plan_windows(search, search->want);
	return search_all(search, start);
}

/**
 * vmfw_buffer_alloc() - allocate the memory of an image
 * @buffer: filled in on success
 * @want: size, alignment and limit of its guest physical address
 * @avoid: ranges that it must stay clear of; sorted in place
 * @nr_avoid: entries in @avoid
 * @stop: another thread sets this to end the search
 *
 * The function shares the memory with the VMM and zeroes it. If there is no place
 * for an image, the function logs the reason.
 *
 * Context: process, may sleep for about half a minute; a fatal signal ends the
 * search.
 *
 * Return: 0; -ENOMEM: no memory, or no place for an image; -EINTR: a fatal signal;
 * -EBUSY: @stop was set; -EIO: the function could not share the memory, and gives
 * it up.
 */
int vmfw_buffer_alloc(struct vmfw_buffer *buffer, const struct vmfw_want *want,
		      struct vmfw_span *avoid, size_t nr_avoid,
		      const bool *stop)
{
	struct search search = {
		.want = want,
		.avoid = avoid,
		.nr_avoid = nr_avoid,
		.stop = stop,
	};
	struct vmfw_buffer found = { .nr_pages = PFN_UP(want->size) };
	u64 start;
	int err;

	err = prepare_search(&search);
	if (err)
		goto out;

	err = find_memory(&search, &found, &start);
	if (err == -EINTR)
		goto out;
	if (err == -ESHUTDOWN) {
		err = -EBUSY;
		goto out;
	}
	if (err) {
		explain_failure(&search, err);
		err = -ENOMEM;
		goto out;
	}

	found.page = pfn_to_page(PHYS_PFN(start));
	err = vmfw_share(found.page, found.nr_pages);
	if (err) {
		leak_buffer(&found,
			    "the driver could not share an image's memory with the host");
		goto out;
	}

	/* Not before vmfw_share(), which may change the content of the pages. */
	zero_pages(found.page, found.nr_pages);
	*buffer = found;
out:
	end_search(&search);
	return err;
}

/**
 * vmfw_buffer_free() - return the memory of an image to the kernel
 * @buffer: a buffer, which may be empty. The function makes it empty. The VMM must
 *	not hold its address.
 *
 * Memory that was set aside stays so, for the next image. If the function cannot
 * make memory private again, it gives up that memory, and vmfw_leak() counts it.
 *
 * Context: process, may sleep.
 */
void vmfw_buffer_free(struct vmfw_buffer *buffer)
{
	if (!buffer->page)
		return;

	if (vmfw_unshare(buffer->page, buffer->nr_pages))
		leak_buffer(buffer,
			    "the driver could not make an image's memory private again");
	else if (!buffer->set_aside)
		free_contig_range(page_to_pfn(buffer->page), buffer->nr_pages);
	memset(buffer, 0, sizeof(*buffer));
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * buffer.c and offline.c on a machine of 4 MiB, whose allocator a test controls.
 *
 * This file includes these two files, and replaces the functions of the kernel with
 * which they allocate and wait. The pages are real: the driver writes to them.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitmap.h>
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/jiffies.h>
#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../compat.h"
#include "host.h"
#include "offline.h"

#define MACHINE_PAGES	(MACHINE_SIZE / PAGE_SIZE)

/* Blocks of 4 MiB below 16 MiB, where no image may lie. */
#define LOW_BLOCKS	4

struct machine machine;
static DECLARE_BITMAP(taken, MACHINE_PAGES);

static int machine_walk_ram(unsigned long desc, unsigned long flags, u64 start,
			    u64 end, void *data,
			    int (*add)(struct resource *res, void *data))
{
	struct resource driver_managed = {
		.start = SZ_16M,
		.end = U64_MAX,
		.flags = IORESOURCE_SYSRAM_DRIVER_MANAGED,
	};
	struct resource ram = {
		.start = machine.ram.first,
		.end = machine.ram.last,
	};
	int err;

	err = add(&driver_managed, data);
	return err ?: add(&ram, data);
}

static void *machine_kvmalloc_array(size_t nr, size_t size, gfp_t gfp)
{
	if (machine.fail_small && !--machine.fail_small)
		return NULL;
	return kvmalloc_array(nr, size, gfp);
}

static unsigned long index_of(unsigned long pfn)
{
	return pfn - page_to_pfn(machine.first);
}

static int machine_take(unsigned long pfn, unsigned long end, unsigned int how,
			gfp_t gfp)
{
	unsigned long index = index_of(pfn);

	machine.tries++;
	if (machine.busy) {
		machine.busy--;
		return -EBUSY;
	}
	if (machine.range_error)
		return machine.range_error;
	if (WARN_ON(index >= MACHINE_PAGES ||
		    end - pfn > MACHINE_PAGES - index))
		return -EINVAL;
	if (find_next_bit(taken, index + end - pfn, index) < index + end - pfn)
		return -EBUSY;

	/* As in the kernel: the memory is not zeroed. */
	memset(page_address(pfn_to_page(pfn)), 0x5a, (end - pfn) * PAGE_SIZE);
	bitmap_set(taken, index, end - pfn);
	machine.taken += end - pfn;
	return 0;
}

static void machine_give(unsigned long pfn, unsigned long nr)
{
	unsigned long index = index_of(pfn);

	WARN_ON(find_next_zero_bit(taken, index + nr, index) < index + nr);
	bitmap_clear(taken, index, nr);
	machine.taken -= nr;
}

static int machine_find_set_aside(const char *label, phys_addr_t *start,
				  phys_addr_t *size)
{
	*start = machine.set_aside.first;
	*size = machine.set_aside.last - machine.set_aside.first + 1;
	return machine.set_aside.last != 0;
}

struct offline offline;

static u64 offline_clock(void)
{
	return offline.clock;
}

static void offline_sleep(unsigned int ms)
{
	offline.clock += msecs_to_jiffies(ms);
	if (++offline.sleeps == offline.ends_at)
		offline_event(MEM_OFFLINE);
}

#define get_jiffies_64			offline_clock
#define msleep				offline_sleep

#include "../offline.c"

int offline_event(unsigned long action)
{
	return notifier_to_errno(on_memory_event(&memory_notifier, action, NULL));
}

/* offline_reset() - no block is on its way, and no image has looked for memory */
void offline_reset(void)
{
	offline = (struct offline){ .clock = 1 };
	holders = 0;
	released = 0;
	going = false;
}

#undef kvmalloc_array
#undef alloc_contig_range
#define walk_iomem_res_desc		machine_walk_ram
#define kvmalloc_array			machine_kvmalloc_array
#define alloc_contig_range		machine_take
#define free_contig_range		machine_give
#define reserve_mem_find_by_name	machine_find_set_aside

#include "../buffer.c"

/* machine_reset() - all memory free, nothing set aside, nothing fails */
void machine_reset(void)
{
	struct page *first = machine.first;

	memset(&machine, 0, sizeof(machine));
	machine.first = first;
	machine.ram.first = page_to_phys(first);
	machine.ram.last = machine.ram.first + MACHINE_SIZE - 1;
	bitmap_zero(taken, MACHINE_PAGES);
	set_aside_lost = false;
}

/* machine_start() - take real memory above 16 MiB, where an image may lie */
int machine_start(void)
{
	struct page *low[LOW_BLOCKS];
	struct page *page;
	unsigned int nr = 0;

	for (;;) {
		page = alloc_pages(GFP_KERNEL, get_order(MACHINE_SIZE));
		if (!page || page_to_phys(page) >= SZ_16M || nr == LOW_BLOCKS)
			break;
		low[nr++] = page;
	}
	while (nr)
		__free_pages(low[--nr], get_order(MACHINE_SIZE));

	machine.first = page;
	return page ? 0 : -ENOMEM;
}

/* machine_stop() - give the memory back */
void machine_stop(void)
{
	__free_pages(machine.first, get_order(MACHINE_SIZE));
}

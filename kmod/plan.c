// SPDX-License-Identifier: GPL-2.0-only
/*
 * Places for an image: System RAM, minus the ranges to stay clear of, cut into
 * windows that one allocation can come from.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/sort.h>
#include <asm/page.h>

#include "plan.h"

/*
 * On x86, legacy firmware, real-mode trampolines and ISA DMA use memory below
 * 16 MiB. Any firmware writes to some of that before it looks at its memory map.
 * ZONE_DMA is too small to take an image from.
 */
#define LOWEST		SZ_16M

/*
 * A contiguous allocation must come from one zone. Zones differ on the two sides of
 * 4 GiB wherever there is a ZONE_DMA32.
 */
#define ZONE_CUT	SZ_4G

/*
 * The step between two positions: one page block of x86-64, and of arm64 with
 * 4 KiB pages. Smaller steps only meet the same immovable page again. Larger ones
 * miss free positions.
 */
#define STRIDE		SZ_2M

static int compare_spans(const void *a, const void *b)
{
	const struct vmfw_span *x = a, *y = b;

	if (x->first == y->first)
		return 0;
	return x->first < y->first ? -1 : 1;
}

static u64 stride_of(const struct vmfw_want *want)
{
	return max_t(u64, want->align, STRIDE);
}

/* Append the whole pages of [first, last] to @windows if the image fits. */
static size_t add_window(u64 first, u64 last, const struct vmfw_want *want,
			 struct vmfw_span *windows, size_t nr)
{
	struct vmfw_span window;
	u64 start;

	first = max_t(u64, first, LOWEST);
	last = min(last, want->max_addr);
	if (last < LOWEST || first > U64_MAX - (PAGE_SIZE - 1))
		return nr;

	/* The end wraps to 0 and back when @last is the last byte of all. */
	window.first = (first + PAGE_SIZE - 1) & ~((u64)PAGE_SIZE - 1);
	window.last = ((last + 1) & ~((u64)PAGE_SIZE - 1)) - 1;
	if (window.last < window.first)
		return nr;
	if (!vmfw_plan_highest(&window, want, &start))
		return nr;

	windows[nr] = window;
	return nr + 1;
}

static size_t add_gap(u64 first, u64 last, const struct vmfw_want *want,
		      struct vmfw_span *windows, size_t nr)
{
	if (first >= ZONE_CUT || last < ZONE_CUT)
		return add_window(first, last, want, windows, nr);

	nr = add_window(first, ZONE_CUT - 1, want, windows, nr);
	return add_window(ZONE_CUT, last, want, windows, nr);
}

/* The gaps that sorted @avoid leaves in one range of RAM. */
static size_t add_gaps(const struct vmfw_span *ram,
		       const struct vmfw_span *avoid, size_t nr_avoid,
		       const struct vmfw_want *want,
		       struct vmfw_span *windows, size_t nr)
{
	u64 next = ram->first;
	size_t i;

	for (i = 0; i < nr_avoid && avoid[i].first <= ram->last; i++) {
		if (avoid[i].last < next)
			continue;
		if (avoid[i].first > next)
			nr = add_gap(next, avoid[i].first - 1, want, windows, nr);
		if (avoid[i].last >= ram->last)
			return nr;
		next = avoid[i].last + 1;
	}
	return add_gap(next, ram->last, want, windows, nr);
}

/**
 * vmfw_plan() - find every window that can hold an image
 * @ram: System RAM, ascending, without overlaps
 * @nr_ram: entries in @ram
 * @avoid: ranges to stay clear of, in any order, overlaps allowed;
 *	sorted in place
 * @nr_avoid: entries in @avoid
 * @want: the image's size, alignment and limit
 * @windows: filled in, ascending; room for
 *	VMFW_PLAN_ROOM(@nr_ram, @nr_avoid) entries
 *
 * A window is made of whole pages and lies in RAM outside all of @avoid, on one side
 * of 4 GiB. It begins at or above 16 MiB, ends at or below @want->max_addr, and has
 * room for the image.
 *
 * Return: the number of windows.
 */
size_t vmfw_plan(const struct vmfw_span *ram, size_t nr_ram,
		 struct vmfw_span *avoid, size_t nr_avoid,
		 const struct vmfw_want *want, struct vmfw_span *windows)
{
	size_t i, nr = 0;

	sort(avoid, nr_avoid, sizeof(*avoid), compare_spans, NULL);
	for (i = 0; i < nr_ram; i++)
		nr = add_gaps(&ram[i], avoid, nr_avoid, want, windows, nr);
	return nr;
}

/**
 * vmfw_plan_highest() - the position in a window to try first
 * @window: a window
 * @want: the image's size and alignment
 * @start: out: guest physical address of the image's first byte
 *
 * The image begins on a page-block boundary if the window has room for that. Then
 * the allocation disturbs as few page blocks as possible.
 *
 * Return: true if the image fits.
 */
bool vmfw_plan_highest(const struct vmfw_span *window,
		       const struct vmfw_want *want, u64 *start)
{
	u64 top;

	if (window->last - window->first < want->size - 1)
		return false;

	top = window->last - (want->size - 1);
	*start = top & ~(stride_of(want) - 1);
	if (*start < window->first)
		*start = top & ~(want->align - 1);
	return *start >= window->first;
}

/**
 * vmfw_plan_lower() - the next position in a window, below the one tried
 * @window: a window
 * @want: the image's size and alignment
 * @start: in: the position tried; out: the next one, untouched if there is none
 *
 * Return: true if there is another position.
 */
bool vmfw_plan_lower(const struct vmfw_span *window,
		     const struct vmfw_want *want, u64 *start)
{
	if (*start - window->first < stride_of(want))
		return false;

	*start -= stride_of(want);
	return true;
}

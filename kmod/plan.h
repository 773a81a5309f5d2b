/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Places for an image. The code needs no allocation, no I/O and no kernel
 * state, so tests can run it in user space, too.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFWUPDATE_PLAN_H
#define VMFWUPDATE_PLAN_H

#include <linux/types.h>

/**
 * struct vmfw_span - guest physical addresses, both ends inclusive
 * @first: first byte
 * @last: last byte, not less than @first
 *
 * Inclusive, so that the byte below 2^64 needs no special case.
 */
struct vmfw_span {
	u64 first;
	u64 last;
};

/**
 * struct vmfw_want - the place that an image needs
 * @size: bytes, not 0
 * @align: alignment of the first byte, a power of two, at least PAGE_SIZE
 * @max_addr: highest address that the last byte may have
 */
struct vmfw_want {
	u64 size;
	u64 align;
	u64 max_addr;
};

/* The greatest number of windows of vmfw_plan(): every gap, and one cut at 4 GiB. */
#define VMFW_PLAN_ROOM(nr_ram, nr_avoid)	((nr_ram) + (nr_avoid) + 1)

size_t vmfw_plan(const struct vmfw_span *ram, size_t nr_ram,
		 struct vmfw_span *avoid, size_t nr_avoid,
		 const struct vmfw_want *want, struct vmfw_span *windows);
bool vmfw_plan_highest(const struct vmfw_span *window,
		       const struct vmfw_want *want, u64 *start);
bool vmfw_plan_lower(const struct vmfw_span *window,
		     const struct vmfw_want *want, u64 *start);

#endif /* VMFWUPDATE_PLAN_H */

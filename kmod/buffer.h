/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physically contiguous memory that the VMM can read, in a chosen place.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFWUPDATE_BUFFER_H
#define VMFWUPDATE_BUFFER_H

#include <linux/types.h>

#include "plan.h"

/**
 * struct vmfw_buffer - the memory of one image
 * @page: its first page; NULL: no memory
 * @nr_pages: number of pages, which follow each other
 * @set_aside: reserve_mem= has set the pages aside at boot: the page allocator does
 *	not own them
 */
struct vmfw_buffer {
	struct page *page;
	unsigned long nr_pages;
	bool set_aside;
};

int vmfw_buffer_alloc(struct vmfw_buffer *buffer, const struct vmfw_want *want,
		      struct vmfw_span *avoid, size_t nr_avoid,
		      const bool *stop);
void vmfw_buffer_free(struct vmfw_buffer *buffer);

#endif /* VMFWUPDATE_BUFFER_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of images, in place of buffer.c. Pages are real, since tests write to them.
 * This file counts the pages that it has handed out.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "../vmfwupdate.h"
#include "host.h"

struct machine vmfw_machine;

static int machine_alloc(struct vmfw_buffer *buffer,
			 const struct vmfw_want *want, struct vmfw_span *avoid,
			 size_t nr_avoid, const bool *stop)
{
	const unsigned long nr = PFN_UP(want->size);
	struct page *page;
	int err;

	page = alloc_pages(GFP_KERNEL | __GFP_ZERO, get_order(want->size));
	if (!page)
		return -ENOMEM;

	vmfw_machine.taken += nr;
	err = vmfw_share(page, nr);
	if (err) {
		vmfw_leak(nr, "a test");
		__free_pages(page, get_order(want->size));
		return err;
	}
	buffer->page = page;
	buffer->nr_pages = nr;
	return 0;
}

/* The count keeps memory that the driver gives up, but the test frees it. */
static void machine_free(struct vmfw_buffer *buffer)
{
	const unsigned long size = buffer->nr_pages << PAGE_SHIFT;

	if (!buffer->page)
		return;

	if (vmfw_unshare(buffer->page, buffer->nr_pages))
		vmfw_leak(buffer->nr_pages, "a test");
	else
		vmfw_machine.taken -= buffer->nr_pages;
	__free_pages(buffer->page, get_order(size));
	memset(buffer, 0, sizeof(*buffer));
}

/* vmfw_machine_connect() - from now on this test has images in this memory */
void vmfw_machine_connect(struct kunit *test)
{
	kunit_activate_static_stub(test, vmfw_buffer_alloc, machine_alloc);
	kunit_activate_static_stub(test, vmfw_buffer_free, machine_free);
}

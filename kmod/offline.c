// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exclusion between the search for an image's memory and memory that goes offline.
 *
 * alloc_contig_range() and offline_pages() isolate page blocks before they take
 * pages. If alloc_contig_range() finds an isolated block, it returns -EBUSY. But
 * it has then ended the isolation of all blocks in its range, also of those that
 * offline_pages() had isolated (mm/page_alloc.c since 5.19). The offlining goes
 * on: it takes pages that others can get, or it never ends. So the two must not
 * overlap.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/memory.h>
#include <linux/notifier.h>
#include <linux/spinlock.h>

#include "offline.h"

/*
 * offline_pages() isolates first, and then asks its notifiers. An allocation may
 * fall between these steps. So no block goes offline for this many jiffies after
 * an allocation.
 */
#define AFTERMATH	(2 * HZ)

static DEFINE_SPINLOCK(lock);
/* The number of running allocations. */
static unsigned int holders;
/* The end of the last allocation, in jiffies; 0: there was none. */
static u64 released;
/* A block is on its way offline. The kernel takes one block offline at a time. */
static bool going;

static bool may_go(void)
{
	return !holders &&
	       (!released || time_after64(get_jiffies_64(), released + AFTERMATH));
}

static int on_memory_event(struct notifier_block *nb, unsigned long action,
			   void *data)
{
	int err = 0;

	spin_lock(&lock);
	switch (action) {
	case MEM_GOING_OFFLINE:
		going = may_go();
		if (!going)
			err = -EBUSY;
		break;
	case MEM_OFFLINE:
	case MEM_CANCEL_OFFLINE:
		going = false;
		break;
	}
	spin_unlock(&lock);
	return notifier_from_errno(err);
}

static struct notifier_block memory_notifier = {
	.notifier_call = on_memory_event,
};

/**
 * vmfw_offline_watch() - learn of memory blocks that go offline
 *
 * Context: process, may sleep.
 *
 * Return: 0, or an errno of register_memory_notifier().
 */
int vmfw_offline_watch(void)
{
	return register_memory_notifier(&memory_notifier);
}

/**
 * vmfw_offline_unwatch() - undo vmfw_offline_watch()
 *
 * Context: process, may sleep.
 */
void vmfw_offline_unwatch(void)
{
	unregister_memory_notifier(&memory_notifier);
}

/**
 * vmfw_offline_hold() - let no memory block go offline
 *
 * An attempt to offline a block fails with -EBUSY, until AFTERMATH jiffies after
 * vmfw_offline_release().
 *
 * Context: process.
 *
 * Return: false if a block is on its way offline: try again later.
 */
bool vmfw_offline_hold(void)
{
	bool held;

	spin_lock(&lock);
	held = !going;
	if (held)
		holders++;
	spin_unlock(&lock);
	return held;
}

/**
 * vmfw_offline_release() - undo a vmfw_offline_hold() that returned true
 *
 * Context: process.
 */
void vmfw_offline_release(void)
{
	spin_lock(&lock);
	holders--;
	released = get_jiffies_64();
	spin_unlock(&lock);
}

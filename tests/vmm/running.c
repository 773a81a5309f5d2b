// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The loaded firmware during the resets after its update.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <inttypes.h>

#include "log.h"
#include "processor.h"
#include "running.h"

static struct firmware *current;

void running_replace(struct firmware *firmware)
{
	firmware_free(current);
	current = firmware;
	current->intact = g_new0(bool, current->image.contents->len);
}

void running_before_reset(void)
{
	guint i;

	if (!current)
		return;
	for (i = 0; i < current->image.contents->len; i++)
		current->intact[i] = memory_holds(firmware_content(current, i));
}

void running_after_reset(void)
{
	const struct memory_content *content;
	guint i;

	if (!current)
		return;
	for (i = 0; i < current->image.contents->len; i++) {
		content = firmware_content(current, i);
		if (current->intact[i] && !memory_holds(content))
			memory_store(content);
	}
}

void running_reload_ram(void)
{
	const struct memory_content *content;
	guint i, pages = 0;

	if (!current)
		return;
	for (i = 0; i < current->image.contents->len; i++) {
		content = firmware_content(current, i);
		if (!memory_is_ram(content->range) || memory_holds(content))
			continue;
		memory_store(content);
		pages++;
	}
	if (pages)
		log_event("reloaded pages=%u", pages);
}

void running_start(void)
{
	const struct vp_context *context;

	if (!current || !current->image.context)
		return;
	context = current->image.context;
	processor_start(context);
	log_event("context rip=0x%" PRIx64 " cr0=0x%" PRIx64 " cr3=0x%" PRIx64
		  " cr4=0x%" PRIx64 " efer=0x%" PRIx64, context->rip,
		  context->cr0, context->cr3, context->cr4, context->efer);
}

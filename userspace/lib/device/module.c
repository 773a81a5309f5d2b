// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <unistd.h>
#include <libkmod.h>

#include "device/module.h"

#define MODULE_NAME	"vmfwupdate"
#define MODULE_SYSFS	"/sys/module/" MODULE_NAME

/* Load the module as modprobe does, by the rules in modprobe.d. */
static enum module_state insert_module(struct kmod_ctx *ctx, int *err)
{
	struct kmod_list *list = NULL, *entry;
	struct kmod_module *module;

	*err = kmod_module_new_from_lookup(ctx, MODULE_NAME, &list);
	if (*err < 0)
		return MODULE_FAILED;
	if (!list)
		return MODULE_NOT_FOUND;
	kmod_list_foreach(entry, list) {
		module = kmod_module_get_module(entry);
		*err = kmod_module_probe_insert_module(module, 0, NULL, NULL,
						       NULL, NULL);
		kmod_module_unref(module);
		if (*err < 0)
			break;
	}
	kmod_module_unref_list(list);
	if (*err == -ENOENT)
		return MODULE_NOT_FOUND;
	return *err < 0 ? MODULE_FAILED : MODULE_LOADED;
}

/**
 * module_load() - load the kernel module if necessary
 * @err: receives a negative errno value with MODULE_FAILED
 *
 * Return: see enum module_state.
 */
enum module_state module_load(int *err)
{
	struct kmod_ctx *ctx;
	enum module_state state;

	*err = 0;
	if (geteuid())
		return access(MODULE_SYSFS, F_OK) ? MODULE_NOT_TRIED :
						    MODULE_LOADED;
	ctx = kmod_new(NULL, NULL);
	if (!ctx) {
		*err = -ENOMEM;
		return MODULE_FAILED;
	}
	/* Without this call, libkmod prints messages itself. */
	kmod_set_log_priority(ctx, 0);
	state = insert_module(ctx, err);
	kmod_unref(ctx);
	return state;
}

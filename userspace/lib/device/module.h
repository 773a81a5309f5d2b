/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel module that makes the device.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_MODULE_H
#define VMFW_MODULE_H

enum module_state {
	MODULE_LOADED,		/* or built in */
	MODULE_NOT_TRIED,	/* not loaded, and only root can load it */
	MODULE_NOT_FOUND,
	MODULE_FAILED,
};

enum module_state module_load(int *err);

#endif /* VMFW_MODULE_H */

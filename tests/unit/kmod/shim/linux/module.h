/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SHIM_LINUX_MODULE_H
#define SHIM_LINUX_MODULE_H

#include <linux/printk.h>

#define KBUILD_MODNAME	"vmfwupdate"
#define THIS_MODULE	NULL

/* A test that needs these functions defines them. */
void __module_get(void *module);
void module_put(void *module);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SHIM_LINUX_PRINTK_H
#define SHIM_LINUX_PRINTK_H

#include <stdio.h>

/* The last message. */
extern __attribute__((weak)) char shim_log[256];
__attribute__((weak)) char shim_log[256];

/* Print a comment of TAP. As in the kernel, u64 is unsigned long long. */
#define shim_print(...) \
	(snprintf(shim_log, sizeof(shim_log), __VA_ARGS__), \
	 fprintf(stderr, "# %s", shim_log))
#define pr_info(...)	shim_print(__VA_ARGS__)
#define pr_err(...)	shim_print(__VA_ARGS__)

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SHIM_LINUX_PRINTK_H
#define SHIM_LINUX_PRINTK_H

#include <stdio.h>

/* Print a comment of TAP. As in the kernel, u64 is unsigned long long. */
#define pr_info(...)	fprintf(stderr, "# " __VA_ARGS__)
#define pr_err(...)	fprintf(stderr, "# " __VA_ARGS__)

#endif

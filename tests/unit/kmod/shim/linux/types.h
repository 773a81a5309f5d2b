/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Types of the kernel that user space's <linux/types.h> lacks. */
#ifndef SHIM_LINUX_TYPES_H
#define SHIM_LINUX_TYPES_H

#include_next <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

typedef __u8 u8;
typedef __u32 u32;
typedef __u64 u64;

#endif

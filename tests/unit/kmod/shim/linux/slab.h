/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SHIM_LINUX_SLAB_H
#define SHIM_LINUX_SLAB_H

#include <stddef.h>
#include <stdlib.h>

#define GFP_KERNEL	0

/* A test that needs this function defines it. */
void *kmalloc(size_t size, int flags);

#define kfree(memory)	free(memory)

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SHIM_LINUX_SORT_H
#define SHIM_LINUX_SORT_H

#include <stdlib.h>

/* Unlike the kernel's sort(), qsort() needs no function that swaps. */
static inline void sort(void *base, size_t nr, size_t size,
			int (*compare)(const void *, const void *),
			const void *swap)
{
	(void)swap;
	if (nr)
		qsort(base, nr, size, compare);
}

#endif

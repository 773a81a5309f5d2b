/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SHIM_LINUX_SORT_H
#define SHIM_LINUX_SORT_H

#include <stdlib.h>

/*
 * Unlike the kernel's sort(), qsort() needs no function that swaps. If two
 * entries change places, the comparison must have the opposite result.
 */
static inline void sort(void *base, size_t nr, size_t size,
			int (*compare)(const void *, const void *),
			const void *swap)
{
	const char *one, *other, *end = (const char *)base + nr * size;

	(void)swap;
	for (one = base; one < end; one += size)
		for (other = base; other <= one; other += size)
			if ((compare(one, other) > 0) !=
			    (compare(other, one) < 0))
				abort();
	if (nr)
		qsort(base, nr, size, compare);
}

#endif

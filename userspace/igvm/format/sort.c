// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Sorting of arrays that can be as long as the list of headers. The caller can
 * stop the sort.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdlib.h>

#include "format/internal.h"

/* Comparing is quicker than reading a header, so call @stop less often. */
#define COMPARISONS	(16 * STOP_AFTER)

struct sort {
	const struct vmfw_igvm *igvm;
	igvm_compare *compare;
	unsigned long comparisons;
	bool stopped;
};

static int compare_or_stop(const void *a, const void *b, struct sort *sort)
{
	sort->stopped = input_stops(sort->igvm);
	return sort->stopped ? 0 : sort->compare(a, b, sort->igvm);
}

/* After a stop all elements compare as equal, so that any algorithm ends. */
static int compare_keys(const void *a, const void *b, void *arg)
{
	struct sort *sort = arg;

	if (sort->stopped)
		return 0;
	if (++sort->comparisons % COMPARISONS == 0)
		return compare_or_stop(a, b, sort);
	return sort->compare(a, b, sort->igvm);
}

static bool is_sorted(struct sort *sort, const uint8_t *v, size_t nr,
		      size_t size)
{
	size_t i;

	for (i = 1; i < nr && !sort->stopped; i++)
		if (compare_keys(v + (i - 1) * size, v + i * size, sort) > 0)
			return false;
	return true;
}

/**
 * igvm_sort() - sort an array
 * @igvm: the file with the array's headers; its input's @stop can end the sort
 * @v: the array
 * @nr: number of elements, can be 0
 * @size: size of an element
 * @function: compares two elements
 *
 * The sort is quick for headers in ascending order, as most tools write them.
 *
 * Return: 0, or -ECANCELED: the array is not sorted.
 */
int igvm_sort(const struct vmfw_igvm *igvm, void *v, size_t nr, size_t size,
	      igvm_compare *function)
{
	struct sort sort = { .igvm = igvm, .compare = function };

	if (!is_sorted(&sort, v, nr, size))
		qsort_r(v, nr, size, compare_keys, &sort);
	return sort.stopped ? -ECANCELED : 0;
}

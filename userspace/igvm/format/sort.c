// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Sorting of what there may be as much of as headers: it can be stopped.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdlib.h>

#include "format/internal.h"

/* A comparison takes less time than a look at a header. */
#define COMPARISONS	(16 * STOP_AFTER)

struct sort {
	const struct vmfw_igvm *igvm;
	igvm_compare *compare;
	unsigned long comparisons;
	bool stopped;
};

/* Once it is stopped all are alike, with which every algorithm comes to its end. */
static int compare_keys(const void *a, const void *b, void *arg)
{
	struct sort *sort = arg;

	if (++sort->comparisons % COMPARISONS == 0 && input_stops(sort->igvm))
		sort->stopped = true;
	return sort->stopped ? 0 : sort->compare(a, b, sort->igvm);
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
 * @igvm: the file that it comes from, which says when to stop
 * @v: the array
 * @nr: its elements, maybe none
 * @size: of an element
 * @function: compares two of them
 *
 * Tools write most things in ascending order: then this is quick.
 *
 * Return: 0, or -ECANCELED: it is in no order.
 */
int igvm_sort(const struct vmfw_igvm *igvm, void *v, size_t nr, size_t size,
	      igvm_compare *function)
{
	struct sort sort = { .igvm = igvm, .compare = function };

	if (!is_sorted(&sort, v, nr, size))
		qsort_r(v, nr, size, compare_keys, &sort);
	return sort.stopped ? -ECANCELED : 0;
}

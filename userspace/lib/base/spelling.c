// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Suggestions for a word that was mistyped.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <string.h>

#include "base/spelling.h"

/* Longer than any name here. */
#define MAX_LENGTH	32

static void set_minimum(unsigned char *value, unsigned int other)
{
	if (other < *value)
		*value = other;
}

/*
 * Letters to add, drop or replace, and neighbours to swap: cost[i][k] is how many of
 * these make the first k letters of b of the first i of a.
 */
static size_t edit_distance(const char *a, size_t na, const char *b, size_t nb)
{
	unsigned char cost[MAX_LENGTH + 1][MAX_LENGTH + 1];
	size_t i, k;

	for (i = 0; i <= na; i++)
		cost[i][0] = i;
	for (k = 0; k <= nb; k++)
		cost[0][k] = k;
	for (i = 1; i <= na; i++)
		for (k = 1; k <= nb; k++) {
			cost[i][k] = cost[i - 1][k - 1] +
				     (a[i - 1] != b[k - 1]);
			set_minimum(&cost[i][k], cost[i - 1][k] + 1);
			set_minimum(&cost[i][k], cost[i][k - 1] + 1);
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] &&
			    a[i - 2] == b[k - 1])
				set_minimum(&cost[i][k],
					    cost[i - 2][k - 2] + 1);
		}
	return cost[na][nb];
}

/**
 * spelling_begin() - begin to look for the name that was meant
 * @word: what was typed
 * @length: how many bytes of it are the name
 *
 * Return: the search; it refers to @word.
 */
struct spelling spelling_begin(const char *word, size_t length)
{
	/* Two letters, and in a short word one. */
	return (struct spelling) {
		.word = word,
		.length = length,
		.distance = (length < 5 ? 1 : 2) + 1,
	};
}

/**
 * spelling_try() - look at a name
 * @spelling: the search; knows the name if it is nearer than those before
 * @name: a name that would have been right
 */
void spelling_try(struct spelling *spelling, const char *name)
{
	size_t length = strlen(name), distance;

	if (spelling->length > MAX_LENGTH || length > MAX_LENGTH)
		return;
	distance = edit_distance(spelling->word, spelling->length, name,
				 length);
	if (distance >= spelling->distance)
		return;
	spelling->nearest = name;
	spelling->distance = distance;
}

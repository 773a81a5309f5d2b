// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Suggestions for a mistyped word.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <string.h>

#include "base/spelling.h"

/* The longest word or name to compare. No name of the tool is longer. */
#define MAX_LENGTH	32

static void set_minimum(unsigned char *value, unsigned int other)
{
	if (other < *value)
		*value = other;
}

/*
 * Count the steps from one word to another: letters to add, drop or replace,
 * and neighbours to swap. cost[i][k] is the number of steps from the first i
 * letters of a to the first k letters of b.
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
 * spelling_begin() - begin to search for the name that the user meant
 * @word: the user's word, valid as long as the search
 * @length: number of bytes of @word that belong to the name
 *
 * Return: the search.
 */
struct spelling spelling_begin(const char *word, size_t length)
{
	/* Allow two mistakes, or one in a short word. */
	return (struct spelling) {
		.word = word,
		.length = length,
		.distance = (length < 5 ? 1 : 2) + 1,
	};
}

/**
 * spelling_try() - compare the word with a name
 * @spelling: the search, which keeps the nearest name
 * @name: a name that the tool knows, valid as long as the search
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

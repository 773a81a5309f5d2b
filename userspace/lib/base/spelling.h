/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Suggestions for a mistyped word.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_SPELLING_H
#define VMFW_SPELLING_H

#include <stddef.h>

/**
 * struct spelling - a search for the name that the user meant
 * @word: the user's word
 * @length: number of bytes of @word that belong to the name
 * @nearest: the nearest name so far, or NULL: none is near enough
 * @distance: the distance of @nearest; if that is NULL, the smallest distance
 *	that is too large
 */
struct spelling {
	const char *word;
	size_t length;
	const char *nearest;
	size_t distance;
};

struct spelling spelling_begin(const char *word, size_t length);
void spelling_try(struct spelling *spelling, const char *name);

#endif /* VMFW_SPELLING_H */

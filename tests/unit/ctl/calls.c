// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <stdio.h>
#include <string.h>

#include "calls.h"

static char words[256];

void calls_begin(void)
{
	words[0] = '\0';
}

void calls_add(const char *word)
{
	size_t len = strlen(words);

	snprintf(words + len, sizeof(words) - len, "%s;", word);
}

const char *calls_words(void)
{
	return words;
}

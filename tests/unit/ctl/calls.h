/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A log of the calls of replaced functions.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef TEST_CALLS_H
#define TEST_CALLS_H

/* Begin an empty log. */
void calls_begin(void);
/* Add a word to the log. */
void calls_add(const char *word);
/* Return all words, each with a semicolon behind it. */
const char *calls_words(void);

#endif /* TEST_CALLS_H */

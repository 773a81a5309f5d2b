/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Directories of a test, and its open files.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef TEST_TREE_H
#define TEST_TREE_H

/*
 * Remove a directory and all below it. Return 0, or another value on an error.
 */
int tree_remove(const char *top);
/* Make those directories of a path below @top that are missing. */
void tree_make(const char *top, const char *path);
/* Write a file below @top. Make those of its directories that are missing. */
void tree_write(const char *top, const char *path, const char *text);
/* Return the number of entries of a directory, with "." and "..". */
unsigned int tree_count(const char *directory);
/*
 * Return the number of open files of this process, plus a constant. A caller
 * can only compare two results.
 */
unsigned int tree_count_descriptors(void);

#endif /* TEST_TREE_H */

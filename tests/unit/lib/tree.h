/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Directories that a test has made.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef TEST_TREE_H
#define TEST_TREE_H

/* Remove a directory and all below it. 0, or not. */
int tree_remove(const char *top);

#endif /* TEST_TREE_H */

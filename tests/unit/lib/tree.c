// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <ftw.h>
#include <stdio.h>

#include "tree.h"

static int remove_one(const char *path, const struct stat *st, int flag,
		      struct FTW *at)
{
	(void)st;
	(void)flag;
	(void)at;
	return remove(path);
}

int tree_remove(const char *top)
{
	return nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

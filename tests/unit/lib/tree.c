// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Directories of a test, and its open files.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

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

void tree_make(const char *top, const char *path)
{
	char name[PATH_MAX], *slash;

	snprintf(name, sizeof(name), "%s%s/", top, path);
	for (slash = name + strlen(top) + 1; (slash = strchr(slash, '/'));
	     slash++) {
		*slash = '\0';
		assert_true(!mkdir(name, 0755) || errno == EEXIST);
		*slash = '/';
	}
}

unsigned int tree_count(const char *directory)
{
	DIR *dir = opendir(directory);
	unsigned int nr = 0;

	assert_non_null(dir);
	while (readdir(dir))
		nr++;
	closedir(dir);
	return nr;
}

unsigned int tree_count_descriptors(void)
{
	return tree_count("/proc/self/fd");
}

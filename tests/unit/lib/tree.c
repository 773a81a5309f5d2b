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

/* Make each directory that a slash after @top ends. */
static void make_parents(char *path, const char *top)
{
	char *slash = path + strlen(top) + 1;

	for (; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		assert_true(!mkdir(path, 0755) || errno == EEXIST);
		*slash = '/';
	}
}

void tree_make(const char *top, const char *path)
{
	char name[PATH_MAX];

	snprintf(name, sizeof(name), "%s%s/", top, path);
	make_parents(name, top);
}

void tree_write(const char *top, const char *path, const char *text)
{
	char name[PATH_MAX];
	FILE *file;

	snprintf(name, sizeof(name), "%s%s", top, path);
	make_parents(name, top);
	file = fopen(name, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
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

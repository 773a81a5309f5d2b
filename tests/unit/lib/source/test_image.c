// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The words by which a user names an image, and the places where the tool then
 * looks.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/exit.h"
#include "shared/macro.h"
#include "source/candidate.h"
#include "source/image.h"
#include "source/resolve.h"
#include "tree.h"

/*
 * Results of the functions that the tested ones call, and their calls, one word
 * each.
 */
static struct {
	enum vmfw_exit find;
	enum vmfw_exit take;
	enum vmfw_exit resolve;
	enum vmfw_exit open;
	unsigned int sources;	/* where candidates_find() looked */
	char calls[64];
} script;

static const struct location configured;
static struct messages messages;

static void note(const char *word)
{
	size_t len = strlen(script.calls);

	snprintf(script.calls + len, sizeof(script.calls) - len, "%s;", word);
}

/* Open a file that image_close() must close. */
static int open_null(void)
{
	int fd = open("/dev/null", O_RDONLY);

	assert_true(fd >= 0);
	return fd;
}

enum vmfw_exit __wrap_candidates_find(struct candidates *candidates,
				      struct volumes *volumes,
				      struct messages *to,
				      const struct candidates_wish *wish);
enum vmfw_exit __wrap_candidates_find(struct candidates *candidates,
				      struct volumes *volumes,
				      struct messages *to,
				      const struct candidates_wish *wish)
{
	assert_non_null(volumes);
	assert_ptr_equal(to, &messages);
	assert_ptr_equal(wish->configured, &configured);
	assert_string_equal(wish->fwid, "ovmf");
	assert_false(wish->all);
	note("find");
	script.sources = wish->sources;
	*candidates = (struct candidates) {
		.v = calloc(1, sizeof(*candidates->v)), .nr = 1,
	};
	return script.find;
}

enum vmfw_exit __wrap_candidates_take(struct candidates *candidates,
				      struct messages *to,
				      struct source *source, char *path);
enum vmfw_exit __wrap_candidates_take(struct candidates *candidates,
				      struct messages *to,
				      struct source *source, char *path)
{
	(void)source;
	assert_int_equal(candidates->nr, 1);
	assert_ptr_equal(to, &messages);
	note("take");
	strcpy(path, "/taken");
	return script.take;
}

enum vmfw_exit __wrap_resolve_location(struct volumes *volumes,
				       struct messages *to,
				       const struct location *location,
				       char *path);
enum vmfw_exit __wrap_resolve_location(struct volumes *volumes,
				       struct messages *to,
				       const struct location *location,
				       char *path)
{
	assert_ptr_equal(to, &messages);
	assert_int_not_equal(location->kind, LOCATION_PLAIN);
	assert_int_equal(volumes->nr, 0);
	volumes->volumes[volumes->nr++].fd = open_null();
	note("resolve");
	strcpy(path, "/resolved");
	return script.resolve;
}

enum vmfw_exit __wrap_source_open(struct source *source, struct messages *to,
				  const char *path,
				  const struct source_choice *choice);
enum vmfw_exit __wrap_source_open(struct source *source, struct messages *to,
				  const char *path,
				  const struct source_choice *choice)
{
	assert_ptr_equal(to, &messages);
	assert_string_equal(choice->fwid, "ovmf");
	note("open");
	*source = (struct source) { .path = path, .fd = open_null() };
	return script.open;
}

/* Only one word lets the tool choose. A file of that name needs "./". */
static void auto_alone_is_automatic(void **state)
{
	static const char *const others[] = {
		"uki", "partition", "ESP:/auto", "LABEL=auto:/auto",
		"PARTUUID=12-34", "/auto", "./auto", "auto.igvm", "AUTO:", "",
		"-",
	};
	size_t i;

	(void)state;
	assert_true(image_is_automatic("auto"));
	for (i = 0; i < ARRAY_SIZE(others); i++)
		assert_false(image_is_automatic(others[i]));
}

static void open_words(const char *words, enum vmfw_exit code,
		       const char *calls)
{
	const struct image_name name = {
		.words = words, .fwid = "ovmf", .configured = &configured,
	};
	unsigned int descriptors = tree_count_descriptors();
	struct image image;

	script.calls[0] = '\0';
	script.sources = 0;
	assert_int_equal(image_open(&image, &messages, &name), code);
	assert_string_equal(script.calls, calls);
	image_close(&image);
	assert_int_equal(tree_count_descriptors(), descriptors);
}

/* The word "uki" excludes the image of the configuration and the partition. */
static void words_select_the_places(void **state)
{
	static const struct {
		const char *words;
		unsigned int sources;
		const char *calls;
	} table[] = {
		{ "auto", CANDIDATES_ALL, "find;take;" },
		{ "uki", CANDIDATES_OF_UKI, "find;take;" },
		{ "partition", 0, "resolve;open;" },
		{ "ESP:/fw.igvm", 0, "resolve;open;" },
		{ "PARTUUID=12-34", 0, "resolve;open;" },
		{ "/fw.igvm", 0, "open;" }, { "fw.igvm", 0, "open;" },
		{ "./auto", 0, "open;" }, { "./uki", 0, "open;" },
	};
	size_t i;

	(void)state;
	memset(&script, 0, sizeof(script));
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		open_words(table[i].words, VMFW_EXIT_OK, table[i].calls);
		assert_int_equal(script.sources, table[i].sources);
	}
}

static void the_first_error_ends_the_search(void **state)
{
	(void)state;
	memset(&script, 0, sizeof(script));
	script.take = VMFW_EXIT_IMAGE;
	open_words("auto", VMFW_EXIT_IMAGE, "find;take;");
	script.find = VMFW_EXIT_SYSTEM;
	open_words("auto", VMFW_EXIT_SYSTEM, "find;");
	script.open = VMFW_EXIT_IMAGE;
	open_words("partition", VMFW_EXIT_IMAGE, "resolve;open;");
	open_words("/fw.igvm", VMFW_EXIT_IMAGE, "open;");
	script.resolve = VMFW_EXIT_SOURCE;
	open_words("partition", VMFW_EXIT_SOURCE, "resolve;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(auto_alone_is_automatic),
		cmocka_unit_test(words_select_the_places),
		cmocka_unit_test(the_first_error_ends_the_search),
	};

	return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}

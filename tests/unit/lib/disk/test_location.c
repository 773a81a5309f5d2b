// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Locations as text: the tool reads each text, and writes the same text. Any
 * other text is no location.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "disk/location.h"
#include "shared/macro.h"

static const struct {
	const char *words;
	enum location_kind kind;
	const char *tag, *path;
} places[] = {
	{ "/a", LOCATION_PLAIN, "", "/a" },
	{ "/a:/b", LOCATION_PLAIN, "", "/a:/b" },
	{ "ESP:/a", LOCATION_ESP, "", "/a" },
	{ "XBOOTLDR:/a", LOCATION_XBOOTLDR, "", "/a" },
	{ "LABEL=a:/b", LOCATION_LABEL, "a", "/b" },
	{ "LABEL=a:b:/c:/d", LOCATION_LABEL, "a:b", "/c:/d" },
	{ "LABEL=partition:/d", LOCATION_LABEL, "partition", "/d" },
	{ "UUID=a/b:/c", LOCATION_UUID, "a/b", "/c" },
	{ "PARTUUID=a:/b", LOCATION_PARTUUID, "a", "/b" },
	{ "PARTUUID=a", LOCATION_PARTUUID, "a", "" },
	{ "partition", LOCATION_PARTITION, "", "" },
	{ "partition:any", LOCATION_ANY_PARTITION, "", "" },
	{ "uki", LOCATION_UKI, "", "" },
	{ "auto", LOCATION_AUTO, "", "" },
};

static void test_places(void **state)
{
	char words[LOCATION_WORDS];
	struct location location;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		memset(&location, 0x5a, sizeof(location));
		assert_true(location_parse(&location, places[i].words));
		assert_int_equal(location.kind, places[i].kind);
		assert_string_equal(location.tag, places[i].tag);
		assert_string_equal(location.path, places[i].path);
		assert_false(location.fat);
		assert_ptr_equal(location_words(words, &location), words);
		assert_string_equal(words, places[i].words);
	}
}

static void test_no_places(void **state)
{
	static const char *const bad[] = {
		"a", "", "/", "ESP:", "ESP:a", "ESP:/", "LABEL=:/a", "LABEL=a",
		"LABEL=a:b", "LABEL=a:/", "UUID=a/b", "esp:/a", "LABEL",
		"PARTUUID=", "PARTUUID=a:", "PARTUUID=a:b", "PARTUUID=a/b",
		"PARTUUID=:/a", "partitions", "partition:", "partition:/a",
		"Partition", "uki:", "auto/", "XBOOTLDR:", "XBOOTLDR:/",
	};
	struct location location;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		if (location_parse(&location, bad[i]))
			fail_msg("a location: %s", bad[i]);
}

/* Parse a location with @letters letters between @before and @behind. */
static bool parse_long(const char *before, size_t letters, const char *behind)
{
	char words[LOCATION_WORDS + 16];
	struct location location;
	size_t len = strlen(before);

	memcpy(words, before, len);
	memset(words + len, 'a', letters);
	strcpy(words + len + letters, behind);
	return location_parse(&location, words);
}

static void test_long_places(void **state)
{
	(void)state;
	/*
	 * Both limits include the zero at the end. That of a path also includes
	 * the slash at its start.
	 */
	assert_true(parse_long("/", LOCATION_PATH - 2, ""));
	assert_false(parse_long("/", LOCATION_PATH - 1, ""));
	assert_true(parse_long("ESP:/", LOCATION_PATH - 2, ""));
	assert_false(parse_long("ESP:/", LOCATION_PATH - 1, ""));
	assert_true(parse_long("LABEL=", LOCATION_TAG - 1, ":/b"));
	assert_false(parse_long("LABEL=", LOCATION_TAG, ":/b"));
	assert_true(parse_long("PARTUUID=", LOCATION_TAG - 1, ""));
	assert_false(parse_long("PARTUUID=", LOCATION_TAG, ""));
}

/* For completion in a shell, each kind of word appears once. Then the list ends. */
static void test_words(void **state)
{
	static const char *const expected[] = {
		"partition", "partition:any", "uki", "auto", "ESP:",
		"XBOOTLDR:", "LABEL=", "UUID=", "PARTUUID=",
	};
	const size_t nr = ARRAY_SIZE(expected);
	const char *about;
	size_t i;

	(void)state;
	for (i = 0; i < nr; i++) {
		about = NULL;
		assert_string_equal(location_word(i, &about), expected[i]);
		assert_non_null(about);
	}
	assert_null(location_word(nr, &about));
	assert_null(location_word(nr + 1, &about));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_no_places),
		cmocka_unit_test(test_long_places),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests_name("location", tests, NULL, NULL);
}

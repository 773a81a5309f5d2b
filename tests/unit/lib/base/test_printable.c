// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Names from disks, in the form for a terminal.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/printable.h"
#include "shared/macro.h"

static const struct {
	const char *name, *shown;
} names[] = {
	{ "", "" },
	{ "fw.igvm", "fw.igvm" },
	{ "f\xc3\xbcr \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80",
	  "f\xc3\xbcr \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80" },
	/* C0, DEL, C1: as a byte, and as UTF-8. */
	{ "\x1b[2J\n\r\t\x7f", "\\x1b[2J\\x0a\\x0d\\x09\\x7f" },
	{ "\x9b" "31m", "\\x9b31m" },
	{ "\xc2\x9b" "31m", "\\u009b31m" },
	/* Marks of direction, invisible characters, ends of lines. */
	{ "\xe2\x80\xae" "mvgi", "\\u202emvgi" },
	{ "\xe2\x81\xa6\xd8\x9c\xe2\x80\x8b\xef\xbb\xbf",
	  "\\u2066\\u061c\\u200b\\ufeff" },
	{ "\xe2\x80\xa8\xe2\x80\xa9", "\\u2028\\u2029" },
	{ "\xf3\xa0\x80\x81", "\\U000e0001" },
	/*
	 * Not UTF-8: a lone byte, an overlong form, a surrogate, a code point
	 * that is too high, and a sequence that is cut off.
	 */
	{ "\xff", "\\xff" },
	{ "\xc0\x8a", "\\xc0\\x8a" },
	{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },
	{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },
	{ "\xe2\x82", "\\xe2\\x82" },
};

static void test_names(void **state)
{
	char buf[128];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		printable_copy(buf, sizeof(buf), names[i].name);
		assert_string_equal(buf, names[i].shown);
	}
}

/* printable_copy() cuts text off between characters, never within an escape. */
static void test_short(void **state)
{
	char buf[8];

	(void)state;
	memset(buf, 'x', sizeof(buf));
	printable_copy(buf, 7, "ab\xe2\x80\xae");
	assert_string_equal(buf, "ab");
	assert_int_equal(buf[7], 'x');
	printable_copy(buf, 1, "a");
	assert_string_equal(buf, "");
}

static const struct {
	const char *text, *shown;
} lines[] = {
	{ "", "" },
	{ "123456", "123456" },
	/* A line has 10 columns. The text begins after the first 2. */
	{ "123 5678", "123 5678" },
	{ "123 56789", "123\n  56789" },
	{ "1 3 5 7 9 1 3 5 7", "1 3 5 7\n  9 1 3 5\n  7" },
	{ "a longer-word b", "a\n  longer-word\n  b" },
	{ "a  b ", "a  b " },
	/*
	 * The width counts characters, not bytes. It counts each character of
	 * an escape.
	 */
	{ "1\xc3\xbc" "3 \xc3\xbc" "678", "1\xc3\xbc" "3 \xc3\xbc" "678" },
	{ "12 \x1b" "8", "12 \\x1b8" },
	{ "12 \x1b" "89", "12\n  \\x1b89" },
};

static void test_lines(void **state)
{
	char buf[128];
	FILE *file;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		memset(buf, 0, sizeof(buf));
		file = fmemopen(buf, sizeof(buf), "w");
		assert_non_null(file);
		printable_wrap(file, lines[i].text, 2, 2, 10);
		assert_int_equal(fclose(file), 0);
		assert_string_equal(buf, lines[i].shown);
	}
}

static void test_first_line(void **state)
{
	char buf[32] = "";
	FILE *file = fmemopen(buf, sizeof(buf), "w");

	(void)state;
	assert_non_null(file);
	printable_wrap(file, "12345 789 34567 9", 0, 2, 9);
	assert_int_equal(fclose(file), 0);
	assert_string_equal(buf, "12345 789\n  34567 9");
}

static void test_columns(void **state)
{
	(void)state;
	assert_int_equal(printable_columns(""), 0);
	assert_int_equal(printable_columns("a \xe6\x97\xa5"), 3);
	assert_int_equal(printable_columns("\xff"), 4);
	assert_int_equal(printable_columns("\xc2\x9b"), 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_first_line),
		cmocka_unit_test(test_columns),
	};

	return cmocka_run_group_tests_name("printable", tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Names from disks, in the form for a terminal.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
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
	{ "\xc2\x80", "\\u0080" },
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
	printable_copy(buf, 7, "\xe2\x80\xae");
	assert_string_equal(buf, "\\u202e");
	printable_copy(buf, 6, "\xe2\x80\xae");
	assert_string_equal(buf, "");
}

/* The first and the last form of each length, and sequences beside them. */
static void test_decode(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		uint32_t code;
	} all[] = {
		{ "\x7f", 1, 0x7f }, { "\x80", 0, 0 }, { "\xbf", 0, 0 },
		{ "\x80\x80\x80\x80", 0, 0 }, { "\xc1\x80\x80\x80", 0, 0 },
		{ "\xc1\xbf", 0, 0 }, { "\xc2\x80", 2, 0x80 },
		{ "\xc2\x7f", 0, 0 }, { "\xc2\xc0", 0, 0 },
		{ "\xc2", 0, 0 }, { "\xdf\xbf", 2, 0x7ff },
		{ "\xe0\x9f\xbf", 0, 0 }, { "\xe0\xa0\x80", 3, 0x800 },
		{ "\xe1\x80\x80", 3, 0x1000 }, { "\xe1\x80", 0, 0 },
		{ "\xe1\x80\xff", 0, 0 }, { "\xed\x9f\xbf", 3, 0xd7ff },
		{ "\xed\xa0\x80", 0, 0 }, { "\xee\x80\x80", 3, 0xe000 },
		{ "\xef\xbf\xbf", 3, 0xffff },
		{ "\xf0\x8f\xbf\xbf", 0, 0 },
		{ "\xf0\x90\x80\x80", 4, 0x10000 },
		{ "\xf1\x80\x80", 0, 0 }, { "\xf1\x80\x80\xff", 0, 0 },
		{ "\xf3\xbf\xbf\xbf", 4, 0xfffff },
		{ "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
		{ "\xf4\x90\x80\x80", 0, 0 }, { "\xf5\x80\x80\x80", 0, 0 },
		{ "\xff", 0, 0 },
	};
	uint32_t code;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		code = 0;
		assert_int_equal(printable_decode(all[i].text, &code),
				 all[i].len);
		assert_int_equal(code, all[i].code);
	}
}

/* The characters that a name on a disk could use to deceive the user. */
static void test_hidden(void **state)
{
	static const uint32_t ranges[][2] = {
		{ 0x7f, 0x9f }, { 0xad, 0xad }, { 0x61c, 0x61c },
		{ 0x180e, 0x180e }, { 0x200b, 0x200f }, { 0x2028, 0x202e },
		{ 0x2060, 0x206f }, { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb },
		{ 0xe0000, 0xe007f },
	};
	size_t i;

	(void)state;
	assert_false(printable_is(0));
	assert_false(printable_is(0x1f));
	assert_true(printable_is(' '));
	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		assert_true(printable_is(ranges[i][0] - 1));
		assert_false(printable_is(ranges[i][0]));
		assert_false(printable_is(ranges[i][1]));
		assert_true(printable_is(ranges[i][1] + 1));
	}
}

__attribute__((format(printf, 2, 3)))
static void print_line(FILE *file, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printable_print_line(file, format, args);
	va_end(args);
}

static bool no_memory;

int __real_vasprintf(char **text, const char *format, va_list args);
__attribute__((format(printf, 2, 0)))
int __wrap_vasprintf(char **text, const char *format, va_list args);
int __wrap_vasprintf(char **text, const char *format, va_list args)
{
	static char undefined[] = "undefined";

	if (!no_memory)
		return __real_vasprintf(text, format, args);
	*text = undefined;
	return -1;
}

/* Without memory, only the start of a long line appears. */
static void test_no_memory(void **state)
{
	char buf[2048] = "";
	FILE *file = fmemopen(buf, sizeof(buf), "w");

	(void)state;
	assert_non_null(file);
	no_memory = true;
	print_line(file, "%.1022d%s", 0, "12");
	print_line(file, "%s", "short");
	no_memory = false;
	assert_int_equal(fclose(file), 0);
	assert_string_equal(buf + 1021, "01\nshort\n");
}

/* A line may have any length. */
static void test_long_lines(void **state)
{
	static const int lengths[] = { 0, 1, 1022, 1023, 1024, 1025, 5000 };
	char *text;
	FILE *file;
	size_t i, len;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		file = open_memstream(&text, &len);
		assert_non_null(file);
		print_line(file, "%0*d\r", lengths[i] + 1, 7);
		assert_int_equal(fclose(file), 0);
		assert_int_equal(len, lengths[i] + 6);
		assert_string_equal(text + lengths[i], "7\\x0d\n");
		free(text);
	}
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
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_first_line),
		cmocka_unit_test(test_columns),
	};

	return cmocka_run_group_tests_name("printable", tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Escapes for dangerous characters. A name on a disk may have any bytes. Control
 * characters steer a terminal (C0, and C1 also as UTF-8). A newline can begin a
 * forged message. Some marks of Unicode change the direction of text or are invisible
 * (UAX #9, and "Trojan Source").
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"
#include "shared/macro.h"

/* The longest escape: \U000e0001. */
#define ESCAPE	12
/* A line up to this size needs no allocation. */
#define LINE	1024

/* Ranges of code points to escape. */
static const struct {
	uint32_t first, last;
} hidden[] = {
	{ 0x0000, 0x001f },	/* C0 */
	{ 0x007f, 0x009f },	/* DEL, C1 */
	{ 0x00ad, 0x00ad },	/* soft hyphen */
	{ 0x061c, 0x061c },	/* Arabic letter mark */
	{ 0x180e, 0x180e },	/* Mongolian vowel separator */
	{ 0x200b, 0x200f },	/* zero width; direction marks */
	{ 0x2028, 0x202e },	/* ends of lines; embeddings, overrides */
	{ 0x2060, 0x206f },	/* joiner; isolates; deprecated controls */
	{ 0xfeff, 0xfeff },	/* byte order mark */
	{ 0xfff9, 0xfffb },	/* interlinear annotation */
	{ 0xe0000, 0xe007f },	/* tags */
};

static uint32_t decode_sequence(const unsigned char *p, size_t len)
{
	uint32_t code = len == 1 ? p[0] : p[0] & (0x7f >> len);
	size_t i;

	for (i = 1; i < len; i++)
		code = code << 6 | (p[i] & 0x3f);
	return code;
}

/**
 * printable_decode() - read a character of UTF-8
 * @text: text that begins with the character
 * @code: receives its code point
 *
 * Return: number of bytes of the character; 0: this is not UTF-8.
 */
size_t printable_decode(const char *text, uint32_t *code)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t i, len;

	if (p[0] < 0x80)
		len = 1;
	else if (p[0] >= 0xc2 && p[0] <= 0xdf)
		len = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		len = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		len = 4;
	else
		return 0;
	for (i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	/* Refuse overlong forms, surrogates, and code points above U+10FFFF. */
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	*code = decode_sequence(p, len);
	return len;
}

/**
 * printable_is() - does a terminal show a character unchanged?
 * @code: its code point
 */
bool printable_is(uint32_t code)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(hidden); i++)
		if (code >= hidden[i].first && code <= hidden[i].last)
			return false;
	return true;
}

/*
 * Copy one character to @buf, escaped if necessary, and move @text after it.
 * Return the number of bytes in @buf, at most ESCAPE.
 */
static size_t take_step(const char **text, char *buf)
{
	uint32_t code;
	size_t len = printable_decode(*text, &code);
	const char *from = *text;

	*text += len ? len : 1;
	if (len && printable_is(code)) {
		memcpy(buf, from, len);
		return len;
	}
	if (!len || code < 0x80)
		return snprintf(buf, ESCAPE, "\\x%02x",
				(unsigned int)(unsigned char)*from);
	return snprintf(buf, ESCAPE, code > 0xffff ? "\\U%08" PRIx32 :
			"\\u%04" PRIx32, code);
}

static void write_bytes(FILE *to, const char *text, const char *end)
{
	char step[ESCAPE];

	while (text < end) {
		size_t len = take_step(&text, step);

		fwrite(step, 1, len, to);
	}
}

/* An escape consists of ASCII; any other character counts as one column. */
static size_t count_columns(const char *text, const char *end)
{
	char step[ESCAPE];
	size_t columns = 0;

	while (text < end) {
		size_t len = take_step(&text, step);

		columns += step[0] & 0x80 ? 1 : len;
	}
	return columns;
}

/**
 * printable_columns() - number of columns that printable_write() fills
 * @text: any bytes
 */
size_t printable_columns(const char *text)
{
	return count_columns(text, text + strlen(text));
}

/**
 * printable_write() - write text so that a terminal shows every character
 * @to: receives the text
 * @text: any bytes
 *
 * In place of a character that a terminal would not show, the function writes an
 * escape, such as \x1b, \u202e or \U000e0001. In place of a byte that is not UTF-8,
 * it writes an escape such as \xff.
 */
void printable_write(FILE *to, const char *text)
{
	write_bytes(to, text, text + strlen(text));
}

/**
 * printable_wrap() - write text as printable_write() does, with a new line in
 *	place of a blank where the next word would not fit
 * @to: receives the text
 * @text: any bytes
 * @column: the column where the text begins
 * @indent: the column where each further line begins
 * @width: columns of a line; only the first word, or a word that is too long for
 *	a line, exceeds them
 */
void printable_wrap(FILE *to, const char *text, size_t column, size_t indent,
		    size_t width)
{
	const char *end;

	for (;; text = end + 1) {
		end = text + strcspn(text, " ");
		write_bytes(to, text, end);
		column += count_columns(text, end);
		if (!*end)
			return;
		if (column + 1 + count_columns(end + 1, end + 1 +
					       strcspn(end + 1, " ")) > width) {
			fprintf(to, "\n%*s", (int)indent, "");
			column = indent;
		} else {
			fputc(' ', to);
			column++;
		}
	}
}

/**
 * printable_print_line() - print a line so that a terminal shows every
 *	character
 * @to: receives the line
 * @format: as for vprintf(), without control characters and without the end of
 *	the line
 * @args: its arguments; names in them may contain control characters, which the
 *	function escapes
 */
void printable_print_line(FILE *to, const char *format, va_list args)
{
	char line[LINE], *all = NULL;
	va_list again;
	int len;

	va_copy(again, args);
	len = vsnprintf(line, sizeof(line), format, args);
	if (len >= (int)sizeof(line) && vasprintf(&all, format, again) < 0)
		all = NULL;
	va_end(again);
	printable_write(to, all ? all : line);
	fputc('\n', to);
	free(all);
}

/**
 * printable_copy() - copy text so that a terminal shows every character
 * @buf: receives the copy; the function cuts off text that does not fit
 * @size: bytes of @buf, at least 1
 * @text: any bytes
 */
void printable_copy(char *buf, size_t size, const char *text)
{
	char step[ESCAPE];
	size_t at = 0;

	while (*text) {
		size_t len = take_step(&text, step);

		if (len >= size - at)
			break;
		memcpy(buf + at, step, len);
		at += len;
	}
	buf[at] = '\0';
}

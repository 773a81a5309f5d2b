// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit.h"
#include "output.h"

#define LABEL_WIDTH	18

static void indent(const struct output *out)
{
	unsigned int i;

	for (i = 0; i < out->depth; i++)
		fputs("  ", stdout);
}

/*
 * The bytes of the UTF-8 sequence that begins here, or 0: names of files may
 * hold any bytes, and must not spoil the document.
 */
static size_t utf8_len(const unsigned char *p)
{
	size_t i, len;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
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
	/* Overlong forms, surrogates, and what lies behind U+10FFFF. */
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

static void json_string(const char *value)
{
	const unsigned char *p = (const unsigned char *)value;
	size_t len;

	putchar('"');
	for (; *p; p += len) {
		len = utf8_len(p);
		if (!len) {
			fputs("\\ufffd", stdout);
			len = 1;
		} else if (*p == '"' || *p == '\\') {
			printf("\\%c", *p);
		} else if (*p < 0x20 || *p == 0x7f) {
			printf("\\u%04x", *p);
		} else {
			fwrite(p, 1, len, stdout);
		}
	}
	putchar('"');
}

/* The comma, the line and the key before a value. False: not in JSON. */
static bool json_key(struct output *out, const char *key)
{
	unsigned int top = out->depth - 1;

	if (!out->json || (!key && !out->in_array[top]))
		return false;
	if (out->filled[top])
		putchar(',');
	out->filled[top] = true;
	putchar('\n');
	indent(out);
	if (!out->in_array[top]) {
		json_string(key);
		fputs(": ", stdout);
	}
	return true;
}

static void json_open(struct output *out, bool array)
{
	putchar(array ? '[' : '{');
	out->in_array[out->depth] = array;
	out->filled[out->depth] = false;
	out->depth++;
}

static void json_close(struct output *out)
{
	out->depth--;
	if (out->filled[out->depth]) {
		putchar('\n');
		indent(out);
	}
	putchar(out->in_array[out->depth] ? ']' : '}');
}

/* The label before a value. False: not in text. */
static bool text_label(const struct output *out, const char *label)
{
	if (out->json || out->quiet || !label)
		return false;
	printf("%-*s ", LABEL_WIDTH, label);
	return true;
}

/**
 * output_begin() - start to speak
 * @out: to be filled in
 * @program: prefix of messages
 * @json: one JSON object instead of text
 */
void output_begin(struct output *out, const char *program, bool json)
{
	memset(out, 0, sizeof(*out));
	out->program = program;
	out->json = json;
	if (json)
		json_open(out, false);
}

static void json_messages(struct output *out)
{
	size_t i;

	output_array(out, "messages");
	for (i = 0; i < out->nr_messages; i++) {
		output_object(out, NULL);
		output_string(out, "level", NULL, out->messages[i].level);
		output_string(out, "text", NULL, out->messages[i].text);
		output_end(out);
	}
	output_end(out);
	if (out->dropped)
		output_number(out, "messages_lost", NULL, out->dropped);
}

/**
 * output_begin_silent() - keep messages, and say nothing
 * @out: to be filled in; ended by output_forget()
 *
 * For what is tried and may fail, where the reason is of interest.
 */
void output_begin_silent(struct output *out)
{
	memset(out, 0, sizeof(*out));
	out->quiet = true;
	out->silent = true;
}

/**
 * output_first_error() - the first error that was kept
 * @out: from output_begin_silent()
 *
 * Return: its text, valid until output_forget(), or NULL.
 */
const char *output_first_error(const struct output *out)
{
	size_t i;

	for (i = 0; i < out->nr_messages; i++)
		if (!strcmp(out->messages[i].level, "error"))
			return out->messages[i].text;
	return NULL;
}

/**
 * output_forget() - free the messages that were kept
 * @out: the output
 */
void output_forget(struct output *out)
{
	while (out->nr_messages)
		free(out->messages[--out->nr_messages].text);
	free(out->messages);
	out->messages = NULL;
}

/**
 * output_finish() - end all that is open and see that it was written
 * @out: the output
 * @code: exit code so far
 *
 * Success is not claimed where nobody could read it.
 *
 * Return: the exit code of the program.
 */
int output_finish(struct output *out, int code)
{
	if (out->json) {
		/* A verb that failed may have left objects open. */
		while (out->depth > 1)
			output_end(out);
		json_messages(out);
		output_number(out, "exit_code", NULL, code);
		json_close(out);
		putchar('\n');
	}
	output_forget(out);

	/* What failed earlier, when a buffer was full, only ferror() knows. */
	errno = 0;
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "%s: cannot write to standard output%s%s\n",
			out->program, errno ? ": " : "",
			errno ? strerror(errno) : "");
		if (code == VMFW_EXIT_OK)
			code = VMFW_EXIT_SYSTEM;
	}
	return code;
}

/**
 * output_object() - open an object, in JSON only
 * @out: the output
 * @key: its key; NULL within an array
 */
void output_object(struct output *out, const char *key)
{
	if (json_key(out, key))
		json_open(out, false);
}

/**
 * output_array() - open an array, in JSON only
 * @out: the output
 * @key: its key; NULL within an array
 */
void output_array(struct output *out, const char *key)
{
	if (json_key(out, key))
		json_open(out, true);
}

/**
 * output_end() - close what was opened last
 * @out: the output
 */
void output_end(struct output *out)
{
	if (out->json)
		json_close(out);
}

/**
 * output_string() - say a word
 * @out: the output
 * @key: for JSON; NULL: within an array, or not at all
 * @label: for text, or NULL
 * @value: any bytes
 */
void output_string(struct output *out, const char *key, const char *label,
		   const char *value)
{
	if (json_key(out, key))
		json_string(value);
	else if (text_label(out, label))
		puts(value);
}

/**
 * output_number() - say a number
 * @out: the output
 * @key: for JSON; NULL: within an array, or not at all
 * @label: for text, or NULL
 * @value: the number
 */
void output_number(struct output *out, const char *key, const char *label,
		   uint64_t value)
{
	if (json_key(out, key))
		printf("%" PRIu64, value);
	else if (text_label(out, label))
		printf("%" PRIu64 "\n", value);
}

/**
 * output_hex() - say an address or a mask
 * @out: the output
 * @key: for JSON; NULL: within an array, or not at all
 * @label: for text, or NULL
 * @value: a string in JSON, whose numbers many readers keep in 53 bits
 */
void output_hex(struct output *out, const char *key, const char *label,
		uint64_t value)
{
	if (json_key(out, key))
		printf("\"0x%" PRIx64 "\"", value);
	else if (text_label(out, label))
		printf("0x%" PRIx64 "\n", value);
}

/**
 * output_size() - say a number of bytes
 * @out: the output
 * @key: for JSON; NULL: within an array, or not at all
 * @label: for text, or NULL
 * @bytes: exact in JSON, in words and exact in text
 */
void output_size(struct output *out, const char *key, const char *label,
		 uint64_t bytes)
{
	char words[OUTPUT_SIZE_WORDS];

	if (json_key(out, key))
		printf("%" PRIu64, bytes);
	else if (text_label(out, label))
		puts(output_size_words(words, bytes));
}

/**
 * output_bool() - say yes or no
 * @out: the output
 * @key: for JSON; NULL: within an array, or not at all
 * @label: for text, or NULL
 * @value: which
 */
void output_bool(struct output *out, const char *key, const char *label,
		 bool value)
{
	if (json_key(out, key))
		fputs(value ? "true" : "false", stdout);
	else if (text_label(out, label))
		puts(value ? "yes" : "no");
}

/**
 * output_line() - say a sentence as a result, in text only
 * @out: the output
 * @format: as for printf(), without the end of the line
 */
void output_line(struct output *out, const char *format, ...)
{
	va_list args;

	if (out->json || out->quiet)
		return;
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

/**
 * output_raw() - say text as it is, such as help; in text only
 * @out: the output
 * @text: whole lines
 */
void output_raw(struct output *out, const char *text)
{
	if (!out->json)
		fputs(text, stdout);
}

__attribute__((format(printf, 3, 0)))
static void keep(struct output *out, const char *level, const char *format,
		 va_list args)
{
	struct output_message *messages;
	char *text;

	if (vasprintf(&text, format, args) < 0) {
		out->dropped++;
		return;
	}
	messages = realloc(out->messages,
			   (out->nr_messages + 1) * sizeof(*messages));
	if (!messages) {
		free(text);
		out->dropped++;
		return;
	}
	out->messages = messages;
	out->messages[out->nr_messages].level = level;
	out->messages[out->nr_messages++].text = text;
}

__attribute__((format(printf, 3, 0)))
static void say(struct output *out, const char *level, const char *format,
		va_list args)
{
	if (out->json || out->silent) {
		keep(out, level, format, args);
		return;
	}
	/* What came before is read before. */
	fflush(stdout);
	fprintf(stderr, "%s: ", out->program);
	if (!strcmp(level, "warning"))
		fputs("warning: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

/**
 * output_error() - say why something is not done, and what to do
 * @out: the output
 * @format: as for printf(), without the end of the line
 */
void output_error(struct output *out, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(out, "error", format, args);
	va_end(args);
}

/**
 * output_warning() - say what may surprise
 * @out: the output
 * @format: as for printf(), without the end of the line
 */
void output_warning(struct output *out, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(out, "warning", format, args);
	va_end(args);
}

/**
 * output_note() - say what is going on, unless the user wants it quiet
 * @out: the output
 * @format: as for printf(), without the end of the line
 */
void output_note(struct output *out, const char *format, ...)
{
	va_list args;

	if (out->quiet)
		return;
	va_start(args, format);
	say(out, "note", format, args);
	va_end(args);
}

/**
 * output_detail() - say a line that belongs to no result, such as a trace
 * @out: the output
 * @format: as for printf(), without the end of the line
 *
 * It goes to standard error, so that results stay alone; not in JSON.
 */
void output_detail(struct output *out, const char *format, ...)
{
	va_list args;

	if (out->json)
		return;
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

/**
 * output_size_words() - a number of bytes for people
 * @buf: receives the words, OUTPUT_SIZE_WORDS bytes
 * @bytes: the number
 *
 * Return: @buf: "3.8 MiB (3972360 bytes)".
 */
const char *output_size_words(char *buf, uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	double size = bytes;
	size_t unit;

	if (bytes < 1024) {
		snprintf(buf, OUTPUT_SIZE_WORDS, "%" PRIu64 " bytes", bytes);
		return buf;
	}
	size /= 1024;
	for (unit = 0; size >= 1024 && unit < 3; unit++)
		size /= 1024;
	snprintf(buf, OUTPUT_SIZE_WORDS, "%.1f %s (%" PRIu64 " bytes)", size,
		 units[unit], bytes);
	return buf;
}

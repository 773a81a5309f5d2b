// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/exit.h"
#include "base/printable.h"
#include "base/size.h"
#include "ctl/output.h"

#define LABEL_WIDTH	18
#define LINE_WIDTH	80
#define INDENT		4

static void indent(const struct output *out)
{
	unsigned int i;

	for (i = 0; i < out->depth; i++)
		fputs("  ", stdout);
}

/*
 * Escape a character that a terminal would not show. Beyond U+FFFF, JSON needs
 * two escapes.
 */
static void json_escape(uint32_t code)
{
	if (code > 0xffff) {
		code -= 0x10000;
		printf("\\u%04" PRIx32, 0xd800 | code >> 10);
		code = 0xdc00 | (code & 0x3ff);
	}
	printf("\\u%04" PRIx32, code);
}

/*
 * Names of files may contain any bytes. They must break neither the document
 * nor the terminal that shows it.
 */
static void json_string(const char *value)
{
	uint32_t code;
	size_t len;

	putchar('"');
	for (; *value; value += len) {
		len = printable_decode(value, &code);
		if (!len) {
			fputs("\\ufffd", stdout);
			len = 1;
		} else if (code == '"' || code == '\\') {
			printf("\\%c", *value);
		} else if (!printable_is(code)) {
			json_escape(code);
		} else {
			fwrite(value, 1, len, stdout);
		}
	}
	putchar('"');
}

/*
 * Print the comma, the line break and the key in front of a value. False: JSON
 * does not have the value, or the output is text.
 */
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
	assert(out->depth < OUTPUT_MAX_DEPTH);
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

static bool text_has(const struct output *out, const char *label)
{
	return !out->json && !out->messages->quiet && label;
}

/*
 * Print the label in front of a value. False: text does not have the value, or
 * the output is JSON.
 */
static bool text_label(const struct output *out, const char *label)
{
	if (!text_has(out, label))
		return false;
	printf("%-*s ", LABEL_WIDTH, label);
	return true;
}

/*
 * Print a value with its label within the width of a terminal. A digest is so
 * long that it begins further to the left than other values.
 */
static void text_value(const char *label, const char *value)
{
	size_t least = strlen(label) + 1, indent = LABEL_WIDTH + 1;
	size_t columns = printable_columns(value);

	if (!strchr(value, ' ') && indent + columns > LINE_WIDTH)
		indent = columns + least > LINE_WIDTH ? least :
							LINE_WIDTH - columns;
	printf("%-*s", (int)indent, label);
	printable_wrap(stdout, value, indent, indent, LINE_WIDTH);
	putchar('\n');
}

/* By no-color.org, any value of NO_COLOR forbids colours, except an empty one. */
static bool wants_color(void)
{
	const char *never = getenv("NO_COLOR"), *term = getenv("TERM");

	return !(never && *never) && term && strcmp(term, "dumb") &&
	       isatty(STDERR_FILENO);
}

/**
 * output_set_color() - decide whether messages have colours
 * @out: the output
 * @color: whether they have
 */
void output_set_color(struct output *out, bool color)
{
	out->messages->color = color;
}

/**
 * output_begin() - start to print
 * @out: receives the state of the output
 * @program: prefix of messages
 * @json: one JSON object instead of text
 * @messages: receives an empty list; the output prints its messages at once, or
 *	in JSON mode at the end
 */
void output_begin(struct output *out, const char *program, bool json,
		  struct messages *messages)
{
	memset(out, 0, sizeof(*out));
	messages_keep(messages);
	out->program = program;
	out->messages = messages;
	out->json = json;
	messages->color = wants_color();
	if (!json) {
		messages->program = program;
		return;
	}
	json_open(out, false);
	output_number(out, "schema", NULL, OUTPUT_SCHEMA);
}

static void json_messages(struct output *out)
{
	const struct messages *messages = out->messages;
	size_t i;

	output_array(out, "messages");
	for (i = 0; i < messages->nr; i++) {
		output_object(out, NULL);
		output_string(out, "level", NULL, messages->list[i].level);
		output_string(out, "text", NULL, messages->list[i].text);
		output_end(out);
	}
	output_end(out);
	if (messages->dropped)
		output_number(out, "messages_lost", NULL, messages->dropped);
}

/* Has the reader closed the pipe, as "head" does? That needs no message. */
static bool reader_is_gone(void)
{
	struct pollfd end = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return poll(&end, 1, 0) == 1 && end.revents & POLLERR;
}

/**
 * output_finish() - close all open objects, and check that all writes succeeded
 * @out: the output
 * @code: exit code so far
 *
 * The tool reports success only if it could write all of its output.
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
	} else if (out->messages->dropped) {
		fprintf(stderr, "%s: messages that are not shown: %zu\n",
			out->program, out->messages->dropped);
	}
	messages_free(out->messages);

	/* Only ferror() shows that an earlier write of a full buffer failed. */
	errno = 0;
	if (fflush(stdout) || ferror(stdout)) {
		int err = errno;

		if (!reader_is_gone())
			fprintf(stderr, "%s: cannot write to standard output%s%s\n",
				out->program, err ? ": " : "",
				err ? strerror(err) : "");
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
 * output_end() - close the innermost open object or array
 * @out: the output
 */
void output_end(struct output *out)
{
	if (!out->json)
		return;
	/* output_finish() closes the outermost object. */
	assert(out->depth > 1);
	json_close(out);
}

/**
 * output_string() - print words
 * @out: the output
 * @key: for JSON; NULL: within an array, or not in JSON
 * @label: for text, or NULL
 * @value: any bytes; text continues on a new line if they do not fit one
 */
void output_string(struct output *out, const char *key, const char *label,
		   const char *value)
{
	if (json_key(out, key)) {
		json_string(value);
	} else if (text_has(out, label)) {
		text_value(label, value);
	}
}

/**
 * output_number() - print a number
 * @out: the output
 * @key: for JSON; NULL: within an array, or not in JSON
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
 * output_hex() - print an address or a mask
 * @out: the output
 * @key: for JSON; NULL: within an array, or not in JSON
 * @label: for text, or NULL
 * @value: the value; a string in JSON, because many readers keep only 53 bits
 *	of a number
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
 * output_size() - print a number of bytes
 * @out: the output
 * @key: for JSON; NULL: within an array, or not in JSON
 * @label: for text, or NULL
 * @bytes: the number; JSON has it exactly, text also with a unit
 */
void output_size(struct output *out, const char *key, const char *label,
		 uint64_t bytes)
{
	char words[SIZE_WORDS];

	if (json_key(out, key))
		printf("%" PRIu64, bytes);
	else if (text_label(out, label))
		puts(size_words(words, bytes));
}

/**
 * output_bool() - print yes or no
 * @out: the output
 * @key: for JSON; NULL: within an array, or not in JSON
 * @label: for text, or NULL
 * @value: the value
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
 * output_line() - print a sentence as a result, in text only
 * @out: the output
 * @format: as for printf(), without the end of the line
 */
void output_line(struct output *out, const char *format, ...)
{
	va_list args;

	if (out->json || out->messages->quiet)
		return;
	va_start(args, format);
	printable_print_line(stdout, format, args);
	va_end(args);
}

/**
 * output_wrapped() - print a result in lines that fit a terminal, in text only
 * @out: the output
 * @format: as for printf(), without the end of the line
 */
void output_wrapped(struct output *out, const char *format, ...)
{
	va_list args;
	char *text;
	int len;

	if (out->json || out->messages->quiet)
		return;
	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0) {
		message_error(out->messages, "cannot print a line of the output: %s", strerror(ENOMEM));
		return;
	}
	printable_wrap(stdout, text, 0, INDENT, LINE_WIDTH);
	putchar('\n');
	free(text);
}

/**
 * output_raw() - print text unchanged, such as help; in text only
 * @out: the output
 * @text: whole lines
 */
void output_raw(struct output *out, const char *text)
{
	if (!out->json)
		fputs(text, stdout);
}

/**
 * output_detail() - print a line that belongs to no result, such as a trace
 * @out: the output
 * @format: as for printf(), without the end of the line
 *
 * The line goes to standard error, and so does not mix with results. JSON does
 * not have it.
 */
void output_detail(struct output *out, const char *format, ...)
{
	va_list args;

	if (out->json)
		return;
	va_start(args, format);
	printable_print_line(stderr, format, args);
	va_end(args);
}

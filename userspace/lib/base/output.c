// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/exit.h"
#include "base/output.h"
#include "base/printable.h"

#define LABEL_WIDTH	18
/* Longer ones are allocated. */
#define LINE		1024
/* As many messages are compared with a new one. */
#define RECENT		16

static void indent(const struct output *out)
{
	unsigned int i;

	for (i = 0; i < out->depth; i++)
		fputs("  ", stdout);
}

/* A character that a terminal would not show; behind U+FFFF as two halves. */
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
 * Names of files may hold any bytes, and must spoil neither the document nor the
 * terminal that it is shown on.
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
 * A line of text. Formats have no controls in them, so all that are there come
 * from names, and none of them gets through.
 */
__attribute__((format(printf, 2, 0)))
static void write_line(FILE *to, const char *format, va_list args)
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

/* no-color.org: whatever the value, unless it is empty. */
static bool wants_color(void)
{
	const char *never = getenv("NO_COLOR"), *term = getenv("TERM");

	return !(never && *never) && term && strcmp(term, "dumb") &&
	       isatty(STDERR_FILENO);
}

/**
 * output_set_color() - decide whether messages have colours
 * @out: the output
 * @color: whether
 */
void output_set_color(struct output *out, bool color)
{
	out->color = color;
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
	out->color = wants_color();
	if (!json)
		return;
	json_open(out, false);
	output_number(out, "schema", NULL, OUTPUT_SCHEMA);
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

/* Whoever reads has seen enough, as "head" has; that is worth no message. */
static bool reader_is_gone(void)
{
	struct pollfd end = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return poll(&end, 1, 0) == 1 && end.revents & POLLERR;
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
	} else if (out->dropped) {
		fprintf(stderr, "%s: messages that are not shown: %zu\n",
			out->program, out->dropped);
	}
	output_forget(out);

	/* What failed earlier, when a buffer was full, only ferror() knows. */
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
	if (json_key(out, key)) {
		json_string(value);
	} else if (text_label(out, label)) {
		printable_write(stdout, value);
		putchar('\n');
	}
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
	write_line(stdout, format, args);
	va_end(args);
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

/* Takes @text. */
static void keep(struct output *out, const char *level, char *text)
{
	bool full = out->nr_messages == OUTPUT_MESSAGES_MOST;
	struct output_message *messages = NULL;

	if (text && !full)
		messages = realloc(out->messages, (out->nr_messages + 1) *
				   sizeof(*messages));
	if (!messages) {
		free(text);
		out->dropped++;
		return;
	}
	out->messages = messages;
	out->messages[out->nr_messages].level = level;
	out->messages[out->nr_messages++].text = text;
}

/* In text, only what is recent is kept. */
static void forget_oldest(struct output *out)
{
	if (out->nr_messages <= RECENT)
		return;
	free(out->messages[0].text);
	out->nr_messages--;
	memmove(out->messages, out->messages + 1,
		out->nr_messages * sizeof(*out->messages));
}

/* Two look-ups of one thing find the same fault: print it once. */
static bool is_told(const struct output *out, const char *level,
		    const char *text)
{
	size_t i = out->nr_messages;

	while (i > 0 && out->nr_messages - i < RECENT) {
		i--;
		if (!strcmp(out->messages[i].level, level) &&
		    !strcmp(out->messages[i].text, text))
			return true;
	}
	return false;
}

/* What the program's name is written in, by level. */
static const char *color(const struct output *out, const char *level)
{
	if (!out->color)
		return "";
	return !strcmp(level, "error") ? "\033[1;31m" :
	       !strcmp(level, "warning") ? "\033[1;33m" : "\033[1m";
}

__attribute__((format(printf, 3, 4)))
static void write_message(const struct output *out, const char *level,
			  const char *format, ...)
{
	va_list args;

	/* What came before is read before. */
	fflush(stdout);
	fprintf(stderr, "%s%s:%s ", color(out, level), out->program,
		out->color ? "\033[0m" : "");
	va_start(args, format);
	write_line(stderr, format, args);
	va_end(args);
	fflush(stderr);
}

__attribute__((format(printf, 3, 0)))
static void say(struct output *out, const char *level, const char *format,
		va_list args)
{
	bool kept = out->json || out->silent;
	char line[LINE], *text = NULL;
	va_list again;

	va_copy(again, args);
	vsnprintf(line, sizeof(line), format, again);
	va_end(again);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	if (text && is_told(out, level, text)) {
		free(text);
		return;
	}
	if (!kept && out->said == OUTPUT_MESSAGES_MOST) {
		out->dropped++;
		free(text);
		return;
	}
	if (!kept) {
		out->said++;
		write_message(out, level, "%s%s", strcmp(level, "warning") ? "" :
			      "warning: ", text ? text : line);
	}
	keep(out, level, text);
	if (!kept)
		forget_oldest(out);
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
	write_line(stderr, format, args);
	va_end(args);
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

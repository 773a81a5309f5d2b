// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/messages.h"
#include "base/printable.h"

/* The size of a message if there is no memory to allocate all of it. */
#define LINE		1024
/*
 * Limit for the messages of a run: a faulty disk or file must not fill a
 * journal.
 */
#define MESSAGES_MOST	1000
/* The number of earlier messages to compare with a new one. */
#define RECENT		16

/**
 * messages_keep() - begin to keep messages instead of printing them
 * @messages: to be filled in; the caller frees it with messages_free()
 *
 * Use this for an attempt that may fail, or to print all messages later.
 */
void messages_keep(struct messages *messages)
{
	memset(messages, 0, sizeof(*messages));
}

/**
 * messages_first_error() - the first kept error
 * @messages: from messages_keep()
 *
 * Return: its text, valid until messages_free(), or NULL.
 */
const char *messages_first_error(const struct messages *messages)
{
	size_t i;

	for (i = 0; i < messages->nr; i++)
		if (!strcmp(messages->list[i].level, "error"))
			return messages->list[i].text;
	return NULL;
}

/**
 * messages_free() - free the kept messages
 * @messages: the messages; the caller may add others afterwards
 */
void messages_free(struct messages *messages)
{
	while (messages->nr)
		free(messages->list[--messages->nr].text);
	free(messages->list);
	messages->list = NULL;
}

/* Keep @text or free it. */
static void keep_message(struct messages *messages, const char *level,
			 char *text)
{
	bool full = messages->nr == MESSAGES_MOST;
	struct message *list = NULL;

	if (text && !full)
		list = realloc(messages->list,
			       (messages->nr + 1) * sizeof(*list));
	if (!list) {
		free(text);
		/* Do not count a message that the user has seen. */
		messages->dropped += !messages->program;
		return;
	}
	messages->list = list;
	list[messages->nr].level = level;
	list[messages->nr++].text = text;
}

/* Of the printed messages, keep only recent ones, for is_repeated(). */
static void forget_oldest(struct messages *messages)
{
	if (messages->nr <= RECENT)
		return;
	free(messages->list[0].text);
	messages->nr--;
	memmove(messages->list, messages->list + 1,
		messages->nr * sizeof(*messages->list));
}

/* Two searches of one disk can report the same fault. Do not repeat a recent message. */
static bool is_repeated(const struct messages *messages, const char *level,
			const char *text)
{
	size_t i = messages->nr;

	while (i > 0 && messages->nr - i < RECENT) {
		i--;
		if (!strcmp(messages->list[i].level, level) &&
		    !strcmp(messages->list[i].text, text))
			return true;
	}
	return false;
}

static const char *level_color(const struct messages *messages,
			       const char *level)
{
	if (!messages->color)
		return "";
	return !strcmp(level, "error") ? "\033[1;31m" :
	       !strcmp(level, "warning") ? "\033[1;33m" : "\033[1m";
}

static void print_message(const struct messages *messages, const char *level,
			  const char *text)
{
	/* Flush earlier output, so that the user reads it first. */
	fflush(stdout);
	fprintf(stderr, "%s%s:%s %s", level_color(messages, level),
		messages->program, messages->color ? "\033[0m" : "",
		strcmp(level, "warning") ? "" : "warning: ");
	printable_write(stderr, text);
	fputc('\n', stderr);
	fflush(stderr);
}

__attribute__((format(printf, 3, 0)))
static void add_message(struct messages *messages, const char *level,
			const char *format, va_list args)
{
	char line[LINE], *text = NULL;
	va_list again;

	va_copy(again, args);
	vsnprintf(line, sizeof(line), format, again);
	va_end(again);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	if (text && is_repeated(messages, level, text)) {
		free(text);
		return;
	}
	if (messages->program && messages->printed == MESSAGES_MOST) {
		messages->dropped++;
		free(text);
		return;
	}
	if (messages->program) {
		messages->printed++;
		print_message(messages, level, text ? text : line);
	}
	keep_message(messages, level, text);
	if (messages->program)
		forget_oldest(messages);
}

/**
 * message_error() - report why the tool cannot do something, and the remedy
 * @messages: receives the error
 * @format: as for printf(), without the end of the line
 */
void message_error(struct messages *messages, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_message(messages, "error", format, args);
	va_end(args);
}

/**
 * message_warning() - report something that may surprise the user
 * @messages: receives the warning
 * @format: as for printf(), without the end of the line
 */
void message_warning(struct messages *messages, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_message(messages, "warning", format, args);
	va_end(args);
}

/**
 * message_note() - report progress, unless the user asked for errors and warnings
 *	only
 * @messages: receives the note
 * @format: as for printf(), without the end of the line
 */
void message_note(struct messages *messages, const char *format, ...)
{
	va_list args;

	if (messages->quiet)
		return;
	va_start(args, format);
	add_message(messages, "note", format, args);
	va_end(args);
}

/**
 * messages_pass() - add kept messages to others
 * @to: receives them
 * @kept: from messages_keep()
 */
void messages_pass(struct messages *to, const struct messages *kept)
{
	size_t i;

	for (i = 0; i < kept->nr; i++) {
		const char *level = kept->list[i].level;
		const char *text = kept->list[i].text;

		if (!strcmp(level, "error"))
			message_error(to, "%s", text);
		else if (!strcmp(level, "warning"))
			message_warning(to, "%s", text);
		else
			message_note(to, "%s", text);
	}
	to->dropped += kept->dropped;
}

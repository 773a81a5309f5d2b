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

/* Longer ones are allocated. */
#define LINE		1024
/* Messages of a run; what a disk or a file says must not fill a journal. */
#define MESSAGES_MOST	1000
/* As many messages are compared with a new one. */
#define RECENT		16

/**
 * messages_keep() - begin to keep messages, and to print none
 * @messages: to be filled in; ended by messages_free()
 *
 * For an attempt that may fail, and for a caller that prints all of them later.
 */
void messages_keep(struct messages *messages)
{
	memset(messages, 0, sizeof(*messages));
}

/**
 * messages_first_error() - the first error that was kept
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
 * messages_free() - free the messages that were kept; more may follow
 * @messages: the messages
 */
void messages_free(struct messages *messages)
{
	while (messages->nr)
		free(messages->list[--messages->nr].text);
	free(messages->list);
	messages->list = NULL;
}

/* Takes @text. */
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
		messages->dropped++;
		return;
	}
	messages->list = list;
	list[messages->nr].level = level;
	list[messages->nr++].text = text;
}

/* Of those that are printed, only recent ones are kept. */
static void forget_oldest(struct messages *messages)
{
	if (messages->nr <= RECENT)
		return;
	free(messages->list[0].text);
	messages->nr--;
	memmove(messages->list, messages->list + 1,
		messages->nr * sizeof(*messages->list));
}

/* Two look-ups of one thing find the same fault: print it once. */
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
	/* What came before is read before. */
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
 * message_error() - why something is not done, and what to do
 * @messages: receives it
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
 * message_warning() - what may surprise
 * @messages: receives it
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
 * message_note() - what is going on, unless the user wants it quiet
 * @messages: receives it
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

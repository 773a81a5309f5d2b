/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All that the tool says, as text or as one JSON object.
 *
 * Results go to standard output, messages to standard error; in JSON mode
 * messages become part of the object, so that a script reads one thing.
 * Values are named once: a key for JSON, a label for text. A NULL key is left
 * out of JSON, a NULL label out of text.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_OUTPUT_H
#define VMFW_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OUTPUT_MAX_DEPTH	8
/* Of the JSON object; see Documentation/json.md before you change it. */
#define OUTPUT_SCHEMA		1
/* Messages of a run; what a disk or a file says must not fill a journal. */
#define OUTPUT_MESSAGES_MOST	1000

/* Bytes that output_size_words() needs. */
#define OUTPUT_SIZE_WORDS	64

struct output_message {
	const char *level;
	char *text;
};

/**
 * struct output - where a run of the tool speaks to
 * @program: prefix of messages
 * @json: one JSON object instead of text
 * @quiet: no results and notes as text; warnings and errors only
 * @silent: nothing at all; messages are kept, see output_begin_silent()
 * @color: messages, on standard error, stand out by colour
 * @depth: of JSON objects and arrays that are open
 * @in_array: by depth
 * @filled: by depth, whether something stands there already
 * @messages: kept for the end of the JSON object; in text, those that came last
 * @nr_messages: how many
 * @said: how many messages there were, told as text
 * @dropped: messages lost for want of memory, or for their number
 */
struct output {
	const char *program;
	bool json;
	bool quiet;
	bool silent;
	bool color;
	unsigned int depth;
	bool in_array[OUTPUT_MAX_DEPTH];
	bool filled[OUTPUT_MAX_DEPTH];
	struct output_message *messages;
	size_t nr_messages;
	size_t said;
	size_t dropped;
};

void output_begin(struct output *out, const char *program, bool json);
void output_set_color(struct output *out, bool color);
int output_finish(struct output *out, int code);
void output_begin_silent(struct output *out);
const char *output_first_error(const struct output *out);
void output_forget(struct output *out);

void output_object(struct output *out, const char *key);
void output_array(struct output *out, const char *key);
void output_end(struct output *out);
void output_string(struct output *out, const char *key, const char *label,
		   const char *value);
void output_number(struct output *out, const char *key, const char *label,
		   uint64_t value);
void output_hex(struct output *out, const char *key, const char *label,
		uint64_t value);
void output_size(struct output *out, const char *key, const char *label,
		 uint64_t bytes);
void output_bool(struct output *out, const char *key, const char *label,
		 bool value);
void output_line(struct output *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void output_raw(struct output *out, const char *text);

void output_error(struct output *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void output_warning(struct output *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void output_note(struct output *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

void output_detail(struct output *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

const char *output_size_words(char *buf, uint64_t bytes);

#endif /* VMFW_OUTPUT_H */

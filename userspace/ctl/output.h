/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Results of a verb, as text or as one JSON object.
 *
 * Results go to standard output, messages to standard error. In JSON mode
 * messages become part of the object, so that a script reads only one stream.
 *
 * A verb names each value once, by a key for JSON and a label for text. A value
 * without a key is not in JSON, and a value without a label is not in text.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_OUTPUT_H
#define VMFW_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/messages.h"

/*
 * The most open JSON objects and arrays. Only the code of a verb decides how
 * many it opens, never an input. If it opens more, or closes too many, the tool
 * aborts.
 */
#define OUTPUT_MAX_DEPTH	8
/*
 * The version of the JSON object; see Documentation/json.md before you change
 * it.
 */
#define OUTPUT_SCHEMA		1

/**
 * struct output - the output of one run of the tool
 * @program: its name
 * @messages: messages of this run; if they are quiet, text has no results
 *	either, except those of output_raw()
 * @json: one JSON object instead of text
 * @depth: number of open JSON objects and arrays
 * @in_array: for each depth: it is an array
 * @filled: for each depth: it has a member already
 */
struct output {
	const char *program;
	struct messages *messages;
	bool json;
	unsigned int depth;
	bool in_array[OUTPUT_MAX_DEPTH];
	bool filled[OUTPUT_MAX_DEPTH];
};

void output_begin(struct output *out, const char *program, bool json,
		  struct messages *messages);
void output_set_color(struct output *out, bool color);
int output_finish(struct output *out, int code);

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
void output_wrapped(struct output *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void output_raw(struct output *out, const char *text);
void output_detail(struct output *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* VMFW_OUTPUT_H */

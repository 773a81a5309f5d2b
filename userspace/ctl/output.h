/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Results of a verb, as text or as one JSON object.
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

#include "base/messages.h"

#define OUTPUT_MAX_DEPTH	8
/* Of the JSON object; see Documentation/json.md before you change it. */
#define OUTPUT_SCHEMA		1

/**
 * struct output - where a run of the tool prints to
 * @program: its name
 * @messages: of this run; if they are quiet, no results are printed as text either
 * @json: one JSON object instead of text
 * @depth: of JSON objects and arrays that are open
 * @in_array: by depth
 * @filled: by depth, whether something stands there already
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
void output_raw(struct output *out, const char *text);
void output_detail(struct output *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* VMFW_OUTPUT_H */

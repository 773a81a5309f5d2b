// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * One verb, without the command line.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "capture.h"
#include "igvm/vmfw-igvm.h"
#include "shared/macro.h"
#include "verb.h"

struct source verb_source = { .fd = -1, .kind = SOURCE_IGVM };
int verb_parts_err;
struct vmfw_igvm_part verb_parts[3];

int __wrap_act_on_file(struct output *out, const struct options *options,
		       const char *words,
		       int (*act)(struct output *out,
				  const struct options *options,
				  struct source *source));
int __wrap_act_on_file(struct output *out, const struct options *options,
		       const char *words,
		       int (*act)(struct output *out,
				  const struct options *options,
				  struct source *source))
{
	struct source source = verb_source;

	source.path = words;
	return act(out, options, &source);
}

int __wrap_vmfw_igvm_parts(const struct vmfw_igvm *igvm,
			   struct vmfw_igvm_part *parts, size_t *nr,
			   struct vmfw_igvm_obstacle *why);
int __wrap_vmfw_igvm_parts(const struct vmfw_igvm *igvm,
			   struct vmfw_igvm_part *parts, size_t *nr,
			   struct vmfw_igvm_obstacle *why)
{
	size_t i;

	(void)igvm;
	*why = (struct vmfw_igvm_obstacle) {
		.text = "an obstacle",
		.has_value = true,
		.value = 7,
	};
	*nr = 0;
	for (i = 0; i < ARRAY_SIZE(verb_parts); i++)
		if (verb_parts[i].size)
			parts[(*nr)++] = verb_parts[i];
	return verb_parts_err;
}

/* Make sure that variables which a verb does not initialise are not zero by chance. */
__attribute__((noinline))
static void dirty_stack(void)
{
	volatile uint8_t bytes[1 << 17];
	size_t i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = 0xa5;
}

static int run_verb(const struct verb *verb, struct output *out,
		    const struct options *options)
{
	char image[] = "image.igvm", *operands[] = { image, NULL };

	dirty_stack();
	return verb->run(out, options, operands);
}

int verb_run(const struct verb *verb, const struct options *options,
	     struct messages *messages)
{
	struct output out;

	output_begin(&out, "test", false, messages);
	messages->program = NULL;
	messages->quiet = true;
	return run_verb(verb, &out, options);
}

int verb_capture(const struct verb *verb, const struct options *options,
		 bool json, const char **ret_text)
{
	struct messages messages;
	struct output out;
	int code;

	capture_begin(stdout);
	output_begin(&out, "test", json, &messages);
	messages.program = NULL;
	code = output_finish(&out, run_verb(verb, &out, options));
	*ret_text = capture_end();
	return code;
}

int verb_tell(const struct verb *verb, const struct options *options,
	      const char **ret_text)
{
	struct messages messages;
	struct output out;
	size_t i;
	int code;

	capture_begin(stdout);
	output_begin(&out, "test", false, &messages);
	messages.program = NULL;
	code = run_verb(verb, &out, options);
	for (i = 0; i < messages.nr; i++)
		printf("%s: %s\n", messages.list[i].level,
		       messages.list[i].text);
	messages_free(&messages);
	*ret_text = capture_end();
	return code;
}

void verb_expect_text(const struct verb *verb, const struct options *options,
		      int code, const char *text)
{
	const char *got;
	int result = verb_tell(verb, options, &got);

	assert_string_equal(got, text);
	assert_int_equal(result, code);
}

void verb_expect_json(const struct verb *verb, const struct options *options,
		      int code, const char *members)
{
	const char *got;
	int result = verb_capture(verb, options, true, &got);

	if (!strstr(got, members))
		fail_msg("%s\nis not in\n%s", members, got);
	assert_int_equal(result, code);
}

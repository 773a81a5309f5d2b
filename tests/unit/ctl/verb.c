// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * One verb, without the command line.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <stdint.h>

#include "capture.h"
#include "igvm/vmfw-igvm.h"
#include "verb.h"

int verb_parts_err;

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
	struct source source = {
		.path = words,
		.fd = -1,
		.kind = SOURCE_IGVM,
	};

	return act(out, options, &source);
}

int __wrap_vmfw_igvm_parts(const struct vmfw_igvm *igvm,
			   struct vmfw_igvm_part *parts, size_t *nr,
			   struct vmfw_igvm_obstacle *why);
int __wrap_vmfw_igvm_parts(const struct vmfw_igvm *igvm,
			   struct vmfw_igvm_part *parts, size_t *nr,
			   struct vmfw_igvm_obstacle *why)
{
	(void)igvm;
	(void)parts;
	(void)why;
	*nr = 0;
	return verb_parts_err;
}

static int run_verb(const struct verb *verb, struct output *out,
		    const struct options *options)
{
	char image[] = "image.igvm", *operands[] = { image, NULL };

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

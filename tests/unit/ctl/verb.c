// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * One verb, without the command line.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <stdint.h>

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

int verb_run(const struct verb *verb, const struct options *options,
	     struct messages *messages)
{
	char image[] = "image.igvm", *operands[] = { image, NULL };
	struct output out;

	output_begin(&out, "test", false, messages);
	messages->program = NULL;
	messages->quiet = true;
	return verb->run(&out, options, operands);
}

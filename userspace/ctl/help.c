// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Help, made from the tables of verbs and options.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <stdio.h>

#include "ctl/ctl.h"

static const char footer[] =
	"\nFor more details see vmfwupdate-ctl(8).\n";

static void list_verbs(struct output *out, const struct verb *const *verb,
		       int width)
{
	char line[160];

	output_raw(out, "\nVerbs:\n");
	for (; *verb; verb++) {
		snprintf(line, sizeof(line), " %-*s %-5s       %s\n", width,
			 (*verb)->name,
			 (*verb)->operands ? (*verb)->operands : "",
			 (*verb)->summary);
		output_raw(out, line);
	}
}

/**
 * help_tool() - explain the tool
 * @out: receives the lines
 */
void help_tool(struct output *out)
{
	output_raw(out,
		   "\nUsage:\n"
		   " " PROGRAM " [VERB] [options] [operand]\n"
		   "\nBring this virtual machine's own firmware. Without a "
		   "verb: status.\n");
	list_verbs(out, verbs, 9);
	output_raw(out, "\nOptions:\n");
	options_list(out, OPTIONS_GLOBAL, 0);
	output_raw(out, "\n'" PROGRAM " help VERB' tells more about a "
			"verb.\n");
	output_raw(out, footer);
}

/**
 * help_verb() - explain a verb
 * @out: receives the lines
 * @verb: the verb
 */
void help_verb(struct output *out, const struct verb *verb)
{
	char line[160];

	snprintf(line, sizeof(line), "\nUsage:\n %s %s [options]%s%s\n",
		 PROGRAM, verb->name, verb->operands ? " " : "",
		 verb->operands ? verb->operands : "");
	output_raw(out, line);
	snprintf(line, sizeof(line), "\n%c%s.\n",
		 verb->summary[0] - 'a' + 'A', verb->summary + 1);
	output_raw(out, line);
	output_raw(out, verb->help);
	if (verb->verbs)
		list_verbs(out, verb->verbs, 17);
	output_raw(out, "\nOptions:\n");
	options_list(out, verb->options, verb->force);
	output_raw(out, footer);
}

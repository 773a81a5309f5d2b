// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Help, made from the tables of verbs and options.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "shared/macro.h"

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

/* The exit codes in a few words each; vmfwupdate-ctl(8) says more. */
static const char *const code_words[] = {
	[VMFW_EXIT_OK] = "success, also if nothing was left to do",
	[VMFW_EXIT_SYSTEM] = "an error of input or output, or of the system",
	[VMFW_EXIT_USAGE] = "a wrong command line or configuration",
	[VMFW_EXIT_NOTHING] = "nothing to do, or nothing found",
	[VMFW_EXIT_IMAGE] = "the image is unsound, or not for this machine",
	[VMFW_EXIT_DEVICE] = "no device, or the VMM cannot take this image",
	[VMFW_EXIT_REFUSED] = "the VMM refuses or does not confirm, or updates are off",
	[VMFW_EXIT_GUARD] = "auto may not make an attempt now",
	[VMFW_EXIT_SOURCE] = "an image or its place is missing, or there are several",
	[VMFW_EXIT_VERIFY] = "verification failed",
	[VMFW_EXIT_UNKNOWN] = "the running firmware is unknown",
	[VMFW_EXIT_REQUIRED] = "required=yes: the boot must not go on",
	[VMFW_EXIT_START] = "the host did not start the machine from IGVM",
};

#define NR_CODES	ARRAY_SIZE(code_words)

static void list_codes(struct output *out, unsigned int codes)
{
	char line[160];
	size_t i;

	output_raw(out, "\nExit status:\n");
	for (i = 0; i < NR_CODES; i++) {
		if (!(codes & 1u << i))
			continue;
		snprintf(line, sizeof(line), " %3zu  %s\n", i, code_words[i]);
		output_raw(out, line);
	}
}

/* Print a verb, for JSON; if it is a family, print its verbs instead. */
static void print_verb(struct output *out, const struct verb *verb)
{
	const struct verb *const *next;
	size_t i;

	for (next = verb->verbs; next && *next; next++)
		print_verb(out, *next);
	if (verb->verbs)
		return;
	output_object(out, NULL);
	output_string(out, "name", NULL, verb->name);
	output_string(out, "summary", NULL, verb->summary);
	if (verb->operands)
		output_string(out, "operand", NULL, verb->operands);
	options_print(out, verb->options, verb->force);
	output_array(out, "exit_codes");
	for (i = 0; i < NR_CODES; i++)
		if (verb->codes & 1u << i)
			output_number(out, NULL, NULL, i);
	output_end(out);
	output_end(out);
}

/**
 * help_tool() - explain the tool
 * @out: receives the lines
 */
void help_tool(struct output *out)
{
	const struct verb *const *verb;

	output_array(out, "verbs");
	for (verb = verbs; *verb; verb++)
		print_verb(out, *verb);
	output_end(out);
	output_raw(out,
		   "\nUsage:\n"
		   " " PROGRAM " [VERB] [options] [operand]\n"
		   "\nReplace the firmware of this virtual machine. Without a verb: status.\n");
	list_verbs(out, verbs, 9);
	output_raw(out, "\nOptions:\n");
	options_list(out, options_allowed(NULL), 0);
	output_raw(out, "\n'" PROGRAM " help VERB' tells more about a verb.\n"
			"\nFor more details see " PROGRAM "(8).\n");
}

/**
 * help_verb() - explain a verb
 * @out: receives the lines
 * @verb: the verb
 */
void help_verb(struct output *out, const struct verb *verb)
{
	char line[160];

	output_array(out, "verbs");
	print_verb(out, verb);
	output_end(out);
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
	list_codes(out, verb->codes);
	/* The page of "partition" also describes "partition read". */
	snprintf(line, sizeof(line), "\nFor more details see %s-%.*s(8).\n",
		 PROGRAM, (int)strcspn(verb->name, " "), verb->name);
	output_raw(out, line);
}

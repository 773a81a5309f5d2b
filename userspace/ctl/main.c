// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * vmfwupdate-ctl: from the command line to a verb.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <getopt.h>
#include <string.h>

#include "ctl.h"
#include "../lib/exit.h"
#include "../lib/interrupt.h"

/* In the order of the help: first what is used first. */
const struct verb *const verbs[] = {
	&verb_wrap,
	&verb_compose,
	&verb_check,
	&verb_inspect,
	&verb_measure,
	&verb_stage,
	&verb_unstage,
	&verb_status,
	&verb_auto,
	&verb_verify,
	&verb_history,
	&verb_disable,
	NULL
};

static const struct verb *find_verb(const char *name)
{
	const struct verb *const *verb;

	for (verb = verbs; *verb; verb++)
		if (!strcmp((*verb)->name, name))
			return *verb;
	return NULL;
}

/* Errors in the command line itself are to be JSON too, where asked for. */
static bool wants_json(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--"); i++)
		if (!strcmp(argv[i], "--json") || !strcmp(argv[i], "-j"))
			return true;
	return false;
}

static int run_verb(struct output *out, struct options *options,
		    const struct verb *verb, int argc, char **argv)
{
	int code, nr;

	code = options_parse(options, out, verb->options, verb->force,
			     verb->name, argc, argv);
	if (code)
		return code;
	if (options->given & OPTION_HELP) {
		help_verb(out, verb);
		return VMFW_EXIT_OK;
	}
	nr = argc - optind;
	if (nr != verb->nr_operands) {
		if (nr > verb->nr_operands)
			output_error(out, "%s: one operand too many",
				     argv[optind + verb->nr_operands]);
		else
			output_error(out, "%s needs %s", verb->name,
				     verb->operands);
		output_note(out, "try '%s %s --help'", PROGRAM, verb->name);
		return VMFW_EXIT_USAGE;
	}
	output_string(out, "verb", NULL, verb->name);
	return verb->run(out, options, argv + optind);
}

static int run(struct output *out, int argc, char **argv)
{
	struct options options = { 0 };
	const struct verb *verb;
	int code;

	code = options_parse(&options, out, OPTIONS_GLOBAL, 0, NULL, argc,
			     argv);
	if (code)
		return code;
	if (options.given & OPTION_VERSION) {
		output_string(out, "version", NULL, VMFWUPDATE_VERSION);
		output_raw(out, PROGRAM " " VMFWUPDATE_VERSION "\n");
		return VMFW_EXIT_OK;
	}
	if (options.given & OPTION_HELP) {
		help_tool(out);
		return VMFW_EXIT_OK;
	}
	if (optind == argc) {
		output_error(out, "a verb is missing");
		output_note(out, "try '%s --help'", PROGRAM);
		return VMFW_EXIT_USAGE;
	}
	argv += optind;
	argc -= optind;
	verb = find_verb(argv[0]);
	if (!verb) {
		output_error(out, "%s: there is no such verb", argv[0]);
		output_note(out, "try '%s --help'", PROGRAM);
		return VMFW_EXIT_USAGE;
	}
	return run_verb(out, &options, verb, argc, argv);
}

int main(int argc, char **argv)
{
	struct output out;

	interrupt_catch();
	output_begin(&out, PROGRAM, wants_json(argc, argv));
	return output_finish(&out, run(&out, argc, argv));
}

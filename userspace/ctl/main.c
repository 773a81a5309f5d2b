// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The main function of vmfwupdate-ctl, which finds a verb and runs it.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "base/exit.h"
#include "base/interrupt.h"
#include "base/patient.h"
#include "base/spelling.h"
#include "ctl/ctl.h"

static const struct verb *const *family_verbs(const struct verb *family)
{
	return family ? family->verbs : verbs;
}

static void suggest_verb(struct output *out, const struct verb *family,
			 const char *name)
{
	struct spelling spelling = spelling_begin(name, strlen(name));
	const struct verb *const *verb;

	for (verb = family_verbs(family); *verb; verb++)
		spelling_try(&spelling, verb_word(*verb));
	if (spelling.nearest)
		message_note(out->messages, "did you mean '%s'?", spelling.nearest);
}

static int say_no_verb(struct output *out, const struct verb *family,
		       const char *name)
{
	if (name) {
		message_error(out->messages, "%s: unknown verb", name);
		suggest_verb(out, family, name);
	} else {
		message_error(out->messages, "missing verb");
	}
	message_note(out->messages, "try '%s%s%s --help'", PROGRAM,
		     family ? " " : "", family ? family->name : "");
	return VMFW_EXIT_USAGE;
}

/*
 * Is this word --json, in any form that getopt_long() accepts? A long option can be
 * abbreviated, and letters can share a dash.
 */
static bool is_json(const char *word)
{
	size_t len = strlen(word);

	if (!strncmp(word, "--", 2))
		return len > 2 && !strncmp(word, "--json", len);
	return word[0] == '-' &&
	       options_have_letter(word, option_table[OPTION_JSON].letter);
}

/* Is the next word the value of this one? That word may look like an option. */
static bool takes_next(const char *word)
{
	return word[0] == '-' && options_find_taker(NULL, word);
}

/*
 * Look for --json before anything else: errors in the command line itself must
 * also be JSON.
 */
static bool wants_json(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--") &&
	     strcmp(argv[i], "__complete"); i++) {
		if (is_json(argv[i]))
			return true;
		i += takes_next(argv[i]);
	}
	return false;
}

static int run_verb(struct output *out, struct options *options,
		    const struct verb *verb, int argc, char **argv)
{
	const struct verb *next;
	int code, nr;

	if (!verb->verbs)
		output_string(out, "verb", NULL, verb->name);
	code = options_parse(options, out, verb, argc, argv);
	if (code)
		return code;
	if (options_given(options, OPTION_HELP)) {
		help_verb(out, verb);
		return VMFW_EXIT_OK;
	}
	nr = argc - optind;
	if (verb->verbs) {
		next = nr ? verb_find(verb->verbs, argv[optind]) : NULL;
		return next ? run_verb(out, options, next, nr, argv + optind) :
			      say_no_verb(out, verb, argv[optind]);
	}
	if (nr != verb->nr_operands) {
		if (nr > verb->nr_operands)
			message_error(out->messages, "%s: extra operand; %s takes %s",
				      argv[optind + verb->nr_operands],
				      verb->name,
				      verb->operands ? verb->operands : "none");
		else
			message_error(out->messages, "%s needs %s", verb->name,
				      verb->operands);
		message_note(out->messages, "try '%s %s --help'", PROGRAM, verb->name);
		return VMFW_EXIT_USAGE;
	}
	return verb->run(out, options, argv + optind);
}

static const struct verb verb_help = {
	.name = "help",
	.options = OPTIONS(OPTIONS_COMMON),
};

/* Explain the tool or a verb. The words after "help" may name a verb. */
static int explain_words(struct output *out, int nr, char **words)
{
	const struct verb *verb = NULL;
	int i;

	for (i = 0; i < nr && (!verb || verb->verbs); i++) {
		const struct verb *next = verb_find(family_verbs(verb),
						    words[i]);

		if (!next)
			return say_no_verb(out, verb, words[i]);
		verb = next;
	}
	if (i < nr) {
		message_error(out->messages, "%s: extra operand; help takes one verb", words[i]);
		return VMFW_EXIT_USAGE;
	}
	if (verb)
		help_verb(out, verb);
	else
		help_tool(out);
	return VMFW_EXIT_OK;
}

static int run(struct output *out, int argc, char **argv)
{
	char word[] = "status", *status[] = { word, NULL };
	struct options options = { 0 };
	const struct verb *verb;
	int code;

	if (argc > 1 && !strcmp(argv[1], "__complete")) {
		complete(out, argc - 2, argv + 2);
		return VMFW_EXIT_OK;
	}
	code = options_parse(&options, out, NULL, argc, argv);
	if (code)
		return code;
	if (options_given(&options, OPTION_VERSION)) {
		output_string(out, "version", NULL, VMFWUPDATE_VERSION);
		output_raw(out, PROGRAM " " VMFWUPDATE_VERSION "\n");
		return VMFW_EXIT_OK;
	}
	if (options_given(&options, OPTION_HELP)) {
		help_tool(out);
		return VMFW_EXIT_OK;
	}
	argv += optind;
	argc -= optind;
	if (!argc)
		return run_verb(out, &options, &verb_status, 1, status);
	if (!strcmp(argv[0], "help")) {
		code = options_parse(&options, out, &verb_help, argc, argv);
		return code ? code : explain_words(out, argc - optind,
						   argv + optind);
	}
	verb = verb_find(verbs, argv[0]);
	return verb ? run_verb(out, &options, verb, argc, argv) :
		      say_no_verb(out, NULL, argv[0]);
}

/*
 * The caller may have closed the standard files. Then a disk could get one of
 * their numbers, and the tool would write its text to the disk. So give these
 * numbers to descriptors on which reads and writes fail.
 */
static bool occupy_standard_files(void)
{
	int fd;

	do {
		fd = open("/", O_PATH | O_DIRECTORY);
		if (fd < 0)
			return false;
	} while (fd <= STDERR_FILENO);
	return !close(fd);
}

int main(int argc, char **argv)
{
	struct messages messages;
	struct output out;
	int err;

	if (!occupy_standard_files())
		return VMFW_EXIT_SYSTEM;
	interrupt_catch();
	err = patient_streams();
	output_begin(&out, PROGRAM, wants_json(argc, argv), &messages);
	if (err)
		message_warning(&messages, "cannot make the output wait for slow readers: %s; they may miss some of it",
				strerror(-err));
	return output_finish(&out, run(&out, argc, argv));
}

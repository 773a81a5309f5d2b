// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Options: parsing, help and completion, by the table in option-table.c.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/exit.h"
#include "base/spelling.h"
#include "ctl/ctl.h"

/* For a long option, getopt_long() returns this or more. Letters are smaller. */
#define FIRST_VALUE	256

static bool is_listed(const enum option_id *list, enum option_id option)
{
	if (!list)
		return true;
	for (; *list; list++)
		if (*list == option)
			return true;
	return false;
}

/*
 * Return the next option of the list after @option, in the order of the help. If the
 * list is NULL, it has all options.
 */
static enum option_id next_listed(const enum option_id *list,
				  enum option_id option)
{
	while (++option < NR_OPTIONS)
		if (is_listed(list, option))
			return option;
	return OPTION_NONE;
}

/**
 * options_count_given() - how many of some options were given?
 * @options: the options
 * @list: the options, up to OPTION_NONE
 */
size_t options_count_given(const struct options *options,
			   const enum option_id *list)
{
	size_t nr = 0;

	for (; *list; list++)
		nr += options->given[*list];
	return nr;
}

/**
 * options_allowed() - the options of a verb
 * @verb: the verb; NULL: the options that can stand in front of a verb
 *
 * Return: a list, up to OPTION_NONE.
 */
const enum option_id *options_allowed(const struct verb *verb)
{
	static const enum option_id global[] = { OPTIONS_COMMON, OPTION_VERSION,
						 OPTION_NONE };

	return verb ? verb->options : global;
}

static int try_help(struct output *out, const struct verb *verb)
{
	message_note(out->messages, "try '%s%s%s --help'", PROGRAM,
		     verb ? " " : "", verb ? verb->name : "");
	return VMFW_EXIT_USAGE;
}

/* Suggest the nearest of the allowed options. */
static void suggest_option(struct output *out, const enum option_id *allowed,
			   const char *word)
{
	struct spelling spelling = spelling_begin(word, strcspn(word, "="));
	enum option_id option = OPTION_NONE;

	while ((option = next_listed(allowed, option)))
		spelling_try(&spelling, option_table[option].name);
	if (spelling.nearest)
		message_note(out->messages, "did you mean '--%s'?", spelling.nearest);
}

/* Report that @word abbreviates several options. False: it does not. */
static bool say_ambiguous(struct output *out, const enum option_id *allowed,
			  const char *word)
{
	size_t len = strcspn(word, "="), nr = 0;
	enum option_id option = OPTION_NONE;

	while ((option = next_listed(allowed, option)))
		nr += !strncmp(option_table[option].name, word, len);
	if (nr < 2)
		return false;
	message_error(out->messages, "--%s: this abbreviates several options",
		      word);
	while ((option = next_listed(allowed, option)))
		if (!strncmp(option_table[option].name, word, len))
			message_note(out->messages, "it may stand for '--%s'",
				     option_table[option].name);
	return true;
}

/* Report the argument that getopt_long() refused. */
static int say_unknown(struct output *out, int found,
		       const struct verb *verb, char **argv)
{
	const char *word = argv[optind - 1];

	if (found == ':') {
		message_error(out->messages, "%s: this option needs an argument", word);
	} else if (optopt && optopt < FIRST_VALUE) {
		message_error(out->messages, "-%c: unknown option",
			      optopt);
	} else if (optopt) {
		message_error(out->messages, "%s: this option takes no argument", word);
	} else if (!say_ambiguous(out, options_allowed(verb), word + 2)) {
		message_error(out->messages, "%s: unknown option", word);
		suggest_option(out, options_allowed(verb), word + 2);
	}
	return try_help(out, verb);
}

static int take_option(const struct option_use *use, const char *value)
{
	const struct option_spec *spec = use->spec;

	if (spec->string)
		*(const char **)((char *)use->options + spec->string) = value;
	return spec->take ? spec->take(use, value) : VMFW_EXIT_OK;
}

/*
 * Make the two lists for getopt_long(). For a long option, it returns
 * FIRST_VALUE + the option.
 */
static void list_for_getopt(const enum option_id *allowed, char *shorts,
			    struct option *longs)
{
	enum option_id option = OPTION_NONE;

	while ((option = next_listed(allowed, option))) {
		const struct option_spec *spec = &option_table[option];

		*longs++ = (struct option) {
			.name = spec->name,
			.has_arg = spec->argument ? required_argument :
						    no_argument,
			.val = FIRST_VALUE + option,
		};
		if (!spec->letter)
			continue;
		*shorts++ = spec->letter;
		if (spec->argument)
			*shorts++ = ':';
	}
	*shorts = '\0';
	*longs = (struct option) { 0 };
}

static enum option_id find_letter(const enum option_id *allowed, int letter)
{
	enum option_id option = OPTION_NONE;

	while ((option = next_listed(allowed, option)))
		if (option_table[option].letter == letter)
			break;
	return option;
}

/**
 * options_parse() - read options
 * @options: receives them, in addition to its present content
 * @out: for errors; --quiet and --color change it
 * @verb: the verb of the options; NULL: they stand in front of a verb. If it is
 *	NULL or a family, parsing ends at the first word that is not an option
 * @argc: number of arguments
 * @argv: arguments, which the function reorders; afterwards, optind is the place
 *	of the first operand
 *
 * Return: VMFW_EXIT_OK or VMFW_EXIT_USAGE.
 */
int options_parse(struct options *options, struct output *out,
		  const struct verb *verb, int argc, char **argv)
{
	const enum option_id *allowed = options_allowed(verb);
	struct option_use use = {
		.verb = verb,
		.options = options,
		.out = out,
	};
	struct option longs[NR_OPTIONS];
	char shorts[2 * NR_OPTIONS + 3], *next = shorts;
	enum option_id option;
	int code, found;

	if (!verb || verb->verbs)
		*next++ = '+';
	*next++ = ':';
	list_for_getopt(allowed, next, longs);
	optind = 0;
	opterr = 0;
	while ((found = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (found == '?' || found == ':')
			return say_unknown(out, found, verb, argv);
		if (found < FIRST_VALUE)
			option = find_letter(allowed, found);
		else
			option = found - FIRST_VALUE;
		options->given[option] = true;
		use.spec = &option_table[option];
		code = take_option(&use, optarg);
		if (code)
			return code;
	}
	if (out->messages->quiet)
		options->progress = PROGRESS_NEVER;
	return VMFW_EXIT_OK;
}

static bool letter_has_value(const enum option_id *allowed, char letter)
{
	return option_table[find_letter(allowed, letter)].argument;
}

static enum option_id find_name(const enum option_id *allowed, const char *name)
{
	size_t len = strcspn(name, "=");
	enum option_id option = OPTION_NONE;

	while ((option = next_listed(allowed, option)))
		if (!strncmp(option_table[option].name, name, len) &&
		    !option_table[option].name[len])
			break;
	return option;
}

/**
 * options_find_name() - find a long option
 * @allowed: options, up to OPTION_NONE; NULL: all options
 * @word: --name or --name=value
 *
 * Return: the option, or OPTION_NONE.
 */
enum option_id options_find_name(const enum option_id *allowed, const char *word)
{
	return find_name(allowed, word + 2);
}

/**
 * options_find_taker() - find the option whose value is the next word
 * @allowed: options, up to OPTION_NONE; NULL: all options
 * @word: begins with a dash
 *
 * Letters can share a dash. The rest of the word after a letter with a value is that
 * value.
 *
 * Return: the option, or OPTION_NONE if the next word is no value.
 */
enum option_id options_find_taker(const enum option_id *allowed,
				  const char *word)
{
	enum option_id option;

	if (word[1] == '-') {
		option = find_name(allowed, word + 2);
		return option_table[option].argument && !strchr(word, '=') ?
		       option : OPTION_NONE;
	}
	while (*++word)
		if (letter_has_value(allowed, *word))
			return word[1] ? OPTION_NONE : find_letter(allowed, *word);
	return OPTION_NONE;
}

/**
 * options_have_letter() - is this letter among those after a dash?
 * @word: begins with a dash
 * @letter: the letter of an option without a value
 */
bool options_have_letter(const char *word, char letter)
{
	while (*++word && !letter_has_value(NULL, *word))
		if (*word == letter)
			return true;
	return false;
}

/**
 * options_list() - explain options, as part of the help
 * @out: receives the lines
 * @allowed: options, up to OPTION_NONE
 * @force: bits of words of --force
 */
void options_list(struct output *out, const enum option_id *allowed,
		  unsigned int force)
{
	const struct force_spec *one;
	enum option_id option = OPTION_NONE;
	char left[40], line[160];

	while ((option = next_listed(allowed, option))) {
		const struct option_spec *spec = &option_table[option];

		snprintf(left, sizeof(left), "%c%c%s--%s%s%s",
			 spec->letter ? '-' : ' ',
			 spec->letter ? spec->letter : ' ',
			 spec->letter ? ", " : "  ", spec->name,
			 spec->argument ? "=" : "",
			 spec->argument ? spec->argument : "");
		snprintf(line, sizeof(line), " %-23s %s\n", left, spec->help);
		output_raw(out, line);
	}
	if (!force)
		return;
	output_raw(out, "\nChecks to override:\n");
	for (one = force_table; one->word; one++) {
		if (!(one->bit & force))
			continue;
		snprintf(line, sizeof(line), "     %-19s %s\n", one->word,
			 one->help);
		output_raw(out, line);
	}
}

static void print_words(struct output *out, enum option_id option,
			unsigned int force)
{
	const struct option_spec *spec = &option_table[option];
	const struct force_spec *one;
	const char *word;
	size_t i;

	if (!spec->word && option != OPTION_FORCE)
		return;
	output_array(out, "values");
	for (i = 0; spec->word && (word = spec->word(i)); i++)
		output_string(out, NULL, NULL, word);
	for (one = force_table; one->word; one++)
		if (option == OPTION_FORCE && one->bit & force)
			output_string(out, NULL, NULL, one->word);
	output_end(out);
}

/**
 * options_print() - print options, for JSON
 * @out: the output
 * @allowed: options, up to OPTION_NONE
 * @force: bits of words of --force
 */
void options_print(struct output *out, const enum option_id *allowed,
		   unsigned int force)
{
	enum option_id option = OPTION_NONE;
	char letter[] = "?";

	output_array(out, "options");
	while ((option = next_listed(allowed, option))) {
		const struct option_spec *spec = &option_table[option];

		output_object(out, NULL);
		output_string(out, "name", NULL, spec->name);
		letter[0] = spec->letter;
		if (letter[0])
			output_string(out, "letter", NULL, letter);
		if (spec->argument)
			output_string(out, "argument", NULL, spec->argument);
		output_string(out, "summary", NULL, spec->help);
		print_words(out, option, force);
		output_end(out);
	}
	output_end(out);
}

/**
 * options_offer() - print options that begin with a word
 * @out: the output
 * @allowed: options, up to OPTION_NONE
 * @word: the part of the word that the user has typed
 */
void options_offer(struct output *out, const enum option_id *allowed,
		   const char *word)
{
	enum option_id option = OPTION_NONE;
	char name[40];

	while ((option = next_listed(allowed, option))) {
		const struct option_spec *spec = &option_table[option];

		snprintf(name, sizeof(name), "--%s%s", spec->name,
			 spec->argument ? "=" : "");
		complete_offer(out, word, name, spec->help);
	}
}

/* Offer a value for the last word of a list, if the list does not have it yet. */
static void offer_list(struct output *out, const char *value, const char *word)
{
	const char *last = strrchr(word, ','), *one;
	int len = last ? last + 1 - word : 0;
	char candidate[160];

	for (one = word; last && one < last; one += strcspn(one, ",") + 1)
		if (option_word_is(one, strcspn(one, ","), value))
			return;
	snprintf(candidate, sizeof(candidate), "%.*s%s", len, word, value);
	complete_offer(out, word, candidate, "");
}

/**
 * options_offer_values() - print values of an option that begin with a word
 * @out: the output
 * @option: the option
 * @force: bits of words of --force
 * @word: the part of the word that the user has typed
 */
void options_offer_values(struct output *out, enum option_id option,
			  unsigned int force, const char *word)
{
	const struct option_spec *spec = &option_table[option];
	const struct force_spec *one;
	const char *value;
	size_t i;

	for (i = 0; spec->word && (value = spec->word(i)); i++)
		if (spec->list)
			offer_list(out, value, word);
		else
			complete_offer(out, word, value, "");
	for (one = force_table; one->word; one++)
		if (option == OPTION_FORCE && one->bit & force)
			complete_offer(out, word, one->word, one->help);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What may stand at the cursor: asked for by the completion of the shells, as
 * "vmfwupdate-ctl __complete WORD...", whose last word is the one to complete.
 *
 * A line for each candidate: it, a tab, what it is. A line that starts with a tab
 * says what else fits: "files", with suffixes, or "directories". Of --option=value
 * the value alone is completed.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "disk/location.h"

#define LINE	512

/**
 * struct cursor - the place that is completed
 * @out: receives the candidates
 * @verb: the verb before it, or NULL
 * @family: verbs that may come next, or NULL
 * @help: behind "help", where a verb is an operand
 * @operands: how many there are before it
 * @option: number of the option whose value it is, or -1
 * @plain: it is behind "--"
 * @word: what is there already
 */
struct cursor {
	struct output *out;
	const struct verb *verb;
	const struct verb *const *family;
	bool help;
	int operands;
	int option;
	bool plain;
	const char *word;
};

static option_bits allowed(const struct cursor *cursor)
{
	if (cursor->help)
		return OPTIONS_COMMON;
	return cursor->verb ? cursor->verb->options : OPTIONS_GLOBAL;
}

/**
 * complete_offer() - print a candidate, if it fits
 * @out: the output
 * @word: what is there already
 * @candidate: what may be meant
 * @about: what it is
 */
void complete_offer(struct output *out, const char *word, const char *candidate,
		    const char *about)
{
	char line[LINE];

	if (strncmp(candidate, word, strlen(word)))
		return;
	snprintf(line, sizeof(line), "%s\t%s\n", candidate, about);
	output_raw(out, line);
}

static void offer_verbs(const struct cursor *cursor)
{
	const struct verb *const *verb = cursor->family;

	for (; verb && *verb; verb++)
		complete_offer(cursor->out, cursor->word, verb_word(*verb),
			       (*verb)->summary);
	if (cursor->family == verbs && !cursor->help)
		complete_offer(cursor->out, cursor->word, "help",
			       "explain the tool, or a verb");
}

/* Disks and file systems by their names, where udev lists them. */
static void offer_links(const struct cursor *cursor, const char *prefix,
			const char *directory, const char *behind)
{
	char candidate[LINE / 2];
	struct dirent *entry;
	DIR *links;

	if (strncmp(cursor->word, prefix, strlen(prefix)))
		return;
	links = opendir(directory);
	if (!links)
		return;
	while ((entry = readdir(links))) {
		if (entry->d_name[0] == '.' || strchr(entry->d_name, '\\'))
			continue;
		snprintf(candidate, sizeof(candidate), "%s%.200s%s", prefix,
			 entry->d_name, behind);
		complete_offer(cursor->out, cursor->word, candidate, "");
	}
	closedir(links);
}

static void offer_locations(const struct cursor *cursor)
{
	const char *word, *about;
	size_t i;

	for (i = 0; (word = location_word(i, &about)); i++)
		complete_offer(cursor->out, cursor->word, word, about);
	offer_links(cursor, "PARTUUID=", "/dev/disk/by-partuuid", ":/");
	offer_links(cursor, "UUID=", "/dev/disk/by-uuid", ":/");
	offer_links(cursor, "LABEL=", "/dev/disk/by-label", ":/");
}

static void offer_files(const struct cursor *cursor, const char *suffixes)
{
	char line[LINE];

	snprintf(line, sizeof(line), "\tfiles%s%s\n", *suffixes ? " " : "",
		 suffixes);
	output_raw(cursor->out, line);
}

static void offer_value(const struct cursor *cursor)
{
	switch (options_bit(cursor->option)) {
	case OPTION_ROOT:
		output_raw(cursor->out, "\tdirectories\n");
		break;
	case OPTION_OUTPUT:
		if (cursor->verb == &verb_decompose)
			output_raw(cursor->out, "\tdirectories\n");
		else
			offer_files(cursor, "");
		break;
	case OPTION_DISK:
		complete_offer(cursor->out, cursor->word, "any",
			       "all disks, to look only");
		complete_offer(cursor->out, cursor->word, "PARTUUID=",
			       "the disk with this partition");
		offer_links(cursor, "PARTUUID=", "/dev/disk/by-partuuid", "");
		offer_files(cursor, "");
		break;
	case OPTION_PARTS:
	case OPTION_SIGN:
	case OPTION_DEVICE:
		offer_files(cursor, "");
		break;
	default:
		options_offer_values(cursor->out, cursor->option,
				     cursor->verb ? cursor->verb->force : 0,
				     cursor->word);
		break;
	}
}

static void offer_operand(const struct cursor *cursor)
{
	const struct verb *verb = cursor->verb;

	if (cursor->family) {
		offer_verbs(cursor);
		return;
	}
	if (cursor->help || !verb || cursor->operands >= verb->nr_operands)
		return;
	offer_locations(cursor);
	offer_files(cursor, verb->files);
}

/* A word in front of the cursor that is no option. */
static void take_operand(struct cursor *cursor, const char *word)
{
	const struct verb *const *family = cursor->family;
	const struct verb *verb;

	if (family == verbs && !cursor->help && !strcmp(word, "help")) {
		cursor->help = true;
		return;
	}
	cursor->family = NULL;
	if (!family) {
		cursor->operands++;
		return;
	}
	verb = verb_find(family, word);
	if (!verb)
		return;
	cursor->verb = verb;
	cursor->family = verb->verbs;
}

/* A word that is an option. True: the next word is its value. */
static bool take_option(struct cursor *cursor, const char *word)
{
	int option = options_find(allowed(cursor), word);

	if (option < 0 || !options_argument(option) ||
	    (word[1] == '-' && strchr(word, '=')))
		return false;
	cursor->option = option;
	return true;
}

static void read_words(struct cursor *cursor, int nr, char **words)
{
	int i;

	for (i = 0; i < nr - 1; i++) {
		if (!cursor->plain && !strcmp(words[i], "--")) {
			cursor->plain = true;
		} else if (cursor->plain || words[i][0] != '-' ||
			   !words[i][1]) {
			take_operand(cursor, words[i]);
		} else if (take_option(cursor, words[i]) && i + 1 < nr - 1) {
			cursor->option = -1;
			i++;
		}
	}
}

/**
 * complete() - print what may stand in place of the last word
 * @out: receives the candidates
 * @nr: how many words there are
 * @words: behind the program's name
 */
void complete(struct output *out, int nr, char **words)
{
	struct cursor cursor = { .out = out, .family = verbs, .option = -1 };
	const char *value;

	if (!nr)
		return;
	cursor.word = words[nr - 1];
	read_words(&cursor, nr, words);
	value = strchr(cursor.word, '=');
	if (cursor.option < 0 && !cursor.plain && value &&
	    !strncmp(cursor.word, "--", 2)) {
		cursor.option = options_find(allowed(&cursor), cursor.word);
		if (cursor.option < 0)
			return;
		cursor.word = value + 1;
	}
	if (cursor.option >= 0)
		offer_value(&cursor);
	else if (!cursor.plain && cursor.word[0] == '-')
		options_offer(out, allowed(&cursor), cursor.word);
	else
		offer_operand(&cursor);
}

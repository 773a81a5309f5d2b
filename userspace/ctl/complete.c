// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Words that can stand at the cursor. The completion of the shells runs
 * "vmfwupdate-ctl __complete WORD..."; the last word is the one to complete.
 *
 * The output has a line for each candidate: the candidate, a tab, and its
 * explanation. A line that starts with a tab tells the shell to add names: of
 * "files", with any of the suffixes that follow, or of "directories". After
 * --option=, candidates replace only the value.
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
 * struct cursor - the place of the word to complete
 * @out: receives the candidates
 * @verb: the verb in front of the word, or NULL
 * @family: verbs that may come next, or NULL
 * @help: the word is after "help", where the operand is a verb
 * @operands: number of operands in front of the word
 * @option: the option whose value the word is, or OPTION_NONE
 * @plain: the word is after "--"
 * @word: the part of the word that the user has typed
 */
struct cursor {
	struct output *out;
	const struct verb *verb;
	const struct verb *const *family;
	bool help;
	int operands;
	enum option_id option;
	bool plain;
	const char *word;
};

static const enum option_id *allowed(const struct cursor *cursor)
{
	static const enum option_id common[] = { OPTIONS_COMMON, OPTION_NONE };

	return cursor->help ? common : options_allowed(cursor->verb);
}

/**
 * complete_offer() - print a candidate, if it fits
 * @out: the output
 * @word: the part of the word that the user has typed
 * @candidate: the candidate
 * @about: its explanation
 */
void complete_offer(struct output *out, const char *word, const char *candidate,
		    const char *about)
{
	size_t len = strlen(word);
	char line[LINE];

	if (strncmp(candidate, word, len))
		return;
	/* The user has typed all of this word already, and more text must follow. */
	if (len && !candidate[len] && strchr("=:", word[len - 1]))
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

/* Offer disks and file systems by the names under which udev lists them. */
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
	switch (cursor->option) {
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
			       "all disks, only to read");
		complete_offer(cursor->out, cursor->word, "PARTUUID=",
			       "the disk with this partition");
		offer_links(cursor, "PARTUUID=", "/dev/disk/by-partuuid", "");
		offer_files(cursor, "");
		break;
	case OPTION_NONCE:
		/* A nonce is usually digits, so offer no files. */
		complete_offer(cursor->out, cursor->word, "any",
			       "accept any nonce, also of an old report");
		break;
	case OPTION_PART_KERNEL:
	case OPTION_PART_SHIM:
	case OPTION_PART_PK:
	case OPTION_PART_KEK:
	case OPTION_PART_DB:
	case OPTION_PART_DBX:
	case OPTION_PART_DB_HASH:
	case OPTION_KERNEL:
	case OPTION_INITRD:
	case OPTION_EVENT_LOG:
	case OPTION_UKI:
	case OPTION_RECORDED_UKI:
	case OPTION_REPORT:
	case OPTION_CERTIFICATE:
	case OPTION_IMAGE:
	case OPTION_SIGN:
	case OPTION_VARS:
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

/* Take a word in front of the cursor that is not an option. */
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

/* Take a word that is an option. True: the next word is its value. */
static bool take_option(struct cursor *cursor, const char *word)
{
	enum option_id option = options_find_taker(allowed(cursor), word);

	if (option)
		cursor->option = option;
	return option;
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
			cursor->option = OPTION_NONE;
			i++;
		}
	}
}

/**
 * complete() - print the words that can replace the last one
 * @out: receives the candidates
 * @nr: number of words
 * @words: the words after the program's name
 */
void complete(struct output *out, int nr, char **words)
{
	struct cursor cursor = { .out = out, .family = verbs };
	const char *value;

	if (!nr)
		return;
	cursor.word = words[nr - 1];
	read_words(&cursor, nr, words);
	value = strchr(cursor.word, '=');
	if (!cursor.option && !cursor.plain && value &&
	    !strncmp(cursor.word, "--", 2)) {
		cursor.option = options_find_name(allowed(&cursor), cursor.word);
		if (!cursor.option)
			return;
		cursor.word = value + 1;
	}
	if (cursor.option)
		offer_value(&cursor);
	else if (!cursor.plain && cursor.word[0] == '-')
		options_offer(out, allowed(&cursor), cursor.word);
	else
		offer_operand(&cursor);
}

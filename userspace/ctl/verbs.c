// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The table of verbs, and the search in it.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <string.h>

#include "ctl/ctl.h"

/* In the order of the help: the verbs that users need first come first. */
const struct verb *const verbs[] = {
	&verb_wrap,
	&verb_compose,
	&verb_decompose,
	&verb_check,
	&verb_inspect,
	&verb_measure,
	&verb_stage,
	&verb_unstage,
	&verb_revert,
	&verb_partition,
	&verb_list,
	&verb_status,
	&verb_auto,
	&verb_verify,
	&verb_history,
	&verb_disable,
	&verb_initramfs,
	NULL
};

/**
 * verb_word() - the word for a verb, without the word of its family
 * @verb: the verb
 */
const char *verb_word(const struct verb *verb)
{
	const char *blank = strrchr(verb->name, ' ');

	return blank ? blank + 1 : verb->name;
}

/**
 * verb_find() - find a verb by its word
 * @family: verbs, up to NULL
 * @word: the word
 *
 * Return: the verb; NULL: the family has no such verb.
 */
const struct verb *verb_find(const struct verb *const *family, const char *word)
{
	for (; *family; family++)
		if (!strcmp(verb_word(*family), word))
			return *family;
	return NULL;
}

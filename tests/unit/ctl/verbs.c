// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A table of verbs for tests of one verb. The tool's own table is beside its
 * main(). Completion needs it, but these tests complete no words.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "ctl/ctl.h"

const struct verb *const verbs[] = { NULL };

const char *verb_word(const struct verb *verb)
{
	return verb->name;
}

const struct verb *verb_find(const struct verb *const *family, const char *word)
{
	(void)family;
	(void)word;
	return NULL;
}

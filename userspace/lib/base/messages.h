/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages for the user: errors, warnings and notes. The caller chooses whether they
 * go to standard error or are kept; who has something to say does not know.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_MESSAGES_H
#define VMFW_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/exit.h"

struct message {
	const char *level;
	char *text;
};

/**
 * struct messages - the messages of a run, or of an attempt within it
 * @program: prefix of those that are printed; NULL: none is printed, all are kept
 * @color: the program's name has a colour by level
 * @quiet: no notes
 * @list: those that are kept; the last ones of those that are printed
 * @nr: how many
 * @printed: how many were printed
 * @dropped: how many were lost, for want of memory or for their number
 */
struct messages {
	const char *program;
	bool color;
	bool quiet;
	struct message *list;
	size_t nr;
	size_t printed;
	size_t dropped;
};

void messages_keep(struct messages *messages);
const char *messages_first_error(const struct messages *messages);
void messages_free(struct messages *messages);

void message_error(struct messages *messages, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void message_warning(struct messages *messages, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void message_note(struct messages *messages, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* VMFW_MESSAGES_H */

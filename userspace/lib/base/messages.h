/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages for the user: errors, warnings and notes. The code that adds a message does
 * not know whether the tool prints it on standard error or keeps it for later.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_MESSAGES_H
#define VMFW_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/exit.h"

/**
 * struct message - one message
 * @level: "error", "warning" or "note"
 * @text: the message, allocated
 */
struct message {
	const char *level;
	char *text;
};

/**
 * struct messages - the messages of a run, or of an attempt within it
 * @program: prefix of printed messages; NULL: keep messages and print none
 * @color: print the program's name in a colour by level
 * @quiet: drop notes
 * @list: kept messages, or the most recent of the printed messages
 * @nr: number of messages in @list
 * @printed: number of printed messages
 * @dropped: number of messages neither printed nor kept: there was no memory, or
 *	there were too many
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
void messages_pass(struct messages *to, const struct messages *kept);
void messages_free(struct messages *messages);

void message_error(struct messages *messages, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void message_warning(struct messages *messages, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void message_note(struct messages *messages, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* VMFW_MESSAGES_H */

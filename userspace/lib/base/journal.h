/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Entries with fields for the systemd journal, in its native protocol.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_JOURNAL_H
#define VMFW_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The longest entry. It fits in one datagram. For a longer entry, the protocol may
 * need a file descriptor.
 */
#define JOURNAL_ENTRY	4096

/* Priorities of the kernel's log, which the journal also uses. */
enum journal_priority {
	JOURNAL_ERROR = 3,
	JOURNAL_WARNING = 4,
	JOURNAL_INFO = 6,
};

/**
 * struct journal - an entry that is being made
 * @bytes: the entry in the journal's protocol
 * @len: number of bytes
 */
struct journal {
	char bytes[JOURNAL_ENTRY];
	size_t len;
};

bool journal_reads_stderr(void);
void journal_begin(struct journal *entry, const char *program,
		   const char *message_id, enum journal_priority priority);
void journal_field(struct journal *entry, const char *name,
		   const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int journal_send(const struct journal *entry, const char *root);

#endif /* VMFW_JOURNAL_H */

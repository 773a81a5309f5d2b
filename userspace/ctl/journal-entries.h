/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Journal entries about the result of a verb. Each has fields, and an identifier that
 * the catalog explains (systemd/vmfwupdate.catalog).
 *
 * Printed lines also go to the journal, and to the console if the unit says so.
 * Entries are for programs, and for people who search for them by identifier.
 * The tool writes entries only if its standard error goes to the journal.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_JOURNAL_ENTRIES_H
#define VMFW_JOURNAL_ENTRIES_H

#include <stdbool.h>

#include "flow/flow.h"

bool log_decision(const struct flow *flow, const struct decision *decision);
void log_attempt_failed(const struct flow *flow, int code);
void log_no_begin(const struct flow *flow, int code);
void log_staged(const char *path, int code);
void log_unstaged(bool restored);
void log_reverted(void);

#endif /* VMFW_JOURNAL_ENTRIES_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What units leave in the journal: one entry per outcome, with an identifier
 * that the catalog explains (systemd/vmfwupdate.catalog), and with fields.
 *
 * The lines that are printed go there as well, and to the console where a unit
 * wants that; entries are for programs and for those who look for them by
 * identifier. Without the journal at the end of standard error there are none.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_LOG_H
#define VMFW_LOG_H

#include <stdbool.h>

#include "flow/flow.h"

bool log_decision(const struct flow *flow, const struct decision *decision);
void log_attempt_failed(const struct flow *flow, int code);
void log_no_begin(const struct flow *flow, int code);
void log_staged(const char *path, int code);
void log_unstaged(bool restored);
void log_reverted(void);

#endif /* VMFW_LOG_H */

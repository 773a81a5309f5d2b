/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Findings of a check, counted and printed.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_CHECK_H
#define VMFW_CHECK_H

#include "base/messages.h"
#include "igvm/vmfw-igvm.h"
#include "source/source.h"

/**
 * struct findings - findings of a check
 * @messages: receives the findings, unless @print is set
 * @path: name of the file
 * @print: prints a finding with its description; NULL: errors become messages
 * @arg: for @print
 * @warn: without @print, warnings also become messages
 * @forgive: without @print, errors become warnings
 * @errors: number of errors
 * @warnings: number of warnings
 * @shown: number of findings to show, also of those beyond the limit
 */
struct findings {
	struct messages *messages;
	const char *path;
	void (*print)(const struct findings *findings,
		      const struct vmfw_igvm_finding *finding,
		      const char *line);
	void *arg;
	bool warn;
	bool forgive;
	unsigned long errors;
	unsigned long warnings;
	unsigned long shown;
};

bool findings_add(void *arg, const struct vmfw_igvm_finding *finding);
void findings_end(const struct findings *findings);
enum vmfw_exit findings_check(struct source *source, struct messages *messages,
			      struct vmfw_igvm *igvm);
enum vmfw_exit findings_check_image(struct source *source,
				    struct messages *messages,
				    struct vmfw_igvm *igvm);

#endif /* VMFW_CHECK_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Findings of a check, counted and printed.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_FINDINGS_H
#define VMFW_FINDINGS_H

#include "base/messages.h"
#include "igvm/vmfw-igvm.h"
#include "source/source.h"

/**
 * struct findings - what was found in a file
 * @messages: receives them, unless there is @print
 * @path: the file's name
 * @print: print one of them, with its description; NULL: errors are messages
 * @arg: the caller's, for @print
 * @warn: without @print, warnings are messages as well
 * @forgive: without @print, errors are warnings
 * @errors: how many
 * @warnings: how many
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
};

bool findings_add(void *arg, const struct vmfw_igvm_finding *finding);
void findings_end(const struct findings *findings);
enum vmfw_exit findings_check(struct source *source, struct messages *messages,
			      struct vmfw_igvm *igvm);
enum vmfw_exit findings_check_image(struct source *source,
				    struct messages *messages,
				    struct vmfw_igvm *igvm);

#endif /* VMFW_FINDINGS_H */

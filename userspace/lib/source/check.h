/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Findings of a check, told to the user.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_FINDINGS_H
#define VMFW_FINDINGS_H

#include "base/output.h"
#include "igvm/vmfw-igvm.h"
#include "source/source.h"

/**
 * struct findings - what was found in a file
 * @out: where it is told
 * @path: the file's name
 * @as_messages: tell errors as messages of the program, not as its results
 * @warn: with @as_messages, tell warnings as well
 * @forgive: with @as_messages, errors are warnings
 * @errors: how many
 * @warnings: how many
 */
struct findings {
	struct output *out;
	const char *path;
	bool as_messages;
	bool warn;
	bool forgive;
	unsigned long errors;
	unsigned long warnings;
};

bool findings_tell(void *arg, const struct vmfw_igvm_finding *finding);
void findings_tell_rest(const struct findings *findings);
int findings_check(struct source *source, struct output *out,
		   struct vmfw_igvm *igvm);
int findings_check_image(struct source *source, struct output *out,
			 struct vmfw_igvm *igvm);

#endif /* VMFW_FINDINGS_H */

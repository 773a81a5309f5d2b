/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Results that several verbs print.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_CTL_PRINT_H
#define VMFW_CTL_PRINT_H

#include "compose/compose.h"
#include "ctl/output.h"
#include "flow/flow.h"

void print_firmware(struct output *out, const char *key, const char *label,
		    const struct firmware *firmware);
void print_evidence(struct output *out, const char *label,
		    const struct evidence *evidence);
void print_wanted(struct output *out, const struct flow *flow, bool all);
void print_record(struct output *out, const struct flow *flow, bool all);
void print_decision(struct output *out, const struct decision *decision);
void print_resets(struct output *out, const struct vmfwupdate_info *info);
void print_attempt(struct output *out, const struct attempt *attempt);
void print_container(struct output *out, const struct source *source);
void print_parts(struct output *out, const struct vmfw_igvm_part *parts,
		 size_t nr);
void print_composition(struct output *out,
		       const struct composition *composition);
void print_staged(struct output *out, const struct payload *payload,
		  const struct staged *staged);

#endif /* VMFW_CTL_PRINT_H */

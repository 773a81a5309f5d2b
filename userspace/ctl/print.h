/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What several verbs tell about the boot flow.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_CTL_TELL_H
#define VMFW_CTL_TELL_H

#include "flow/flow.h"

void tell_firmware(struct output *out, const char *key, const char *label,
		   const struct firmware *firmware);
void tell_evidence(struct output *out, const struct evidence *evidence);
void tell_resets(struct output *out, const struct vmfwupdate_info *info);
void tell_attempt(struct output *out, const struct attempt *attempt);

#endif /* VMFW_CTL_TELL_H */

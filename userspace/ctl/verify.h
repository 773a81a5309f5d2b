/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Functions that the files of the verb verify share.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_CTL_VERIFY_H
#define VMFW_CTL_VERIFY_H

#include "ctl/ctl.h"
#include "flow/evidence.h"

int verify_report(struct output *out, const struct options *options);
int verify_print(struct output *out, const struct evidence *evidence);

#endif /* VMFW_CTL_VERIFY_H */

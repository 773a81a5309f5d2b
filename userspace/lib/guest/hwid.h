/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The hardware IDs (CHIDs) of this machine. With CHIDs, a UKI names the
 * machines that its firmware is for.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_HWID_H
#define VMFW_HWID_H

#include "efi/chid.h"

void hwid_read_fields(struct chid_fields *fields, const char *root);
int hwid_read(struct chids *chids, const char *root);

#endif /* VMFW_HWID_H */

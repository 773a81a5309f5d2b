/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which machine this is, as files say it that want firmware for some machines.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_HWID_H
#define VMFW_HWID_H

#include "efi/chid.h"

void hwid_read_fields(struct chid_fields *fields, const char *root);
int hwid_read(struct chids *chids, const char *root);

#endif /* VMFW_HWID_H */

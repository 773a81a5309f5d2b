/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The digest by which Secure Boot knows a program.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_AUTHENTICODE_H
#define VMFW_AUTHENTICODE_H

#include "efi/pe.h"

#define AUTHENTICODE_SIZE	32

int authenticode_sha256(const struct pe *pe, uint8_t *digest,
			struct pe_fault *fault);

#endif /* VMFW_AUTHENTICODE_H */

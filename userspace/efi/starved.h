/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Failed allocations in libcrypto. A key or a signature is wrong only if libcrypto had
 * the memory to read it.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_EFI_STARVED_H
#define VMFW_EFI_STARVED_H

#include <stdbool.h>

bool crypto_starved(void);

#endif /* VMFW_EFI_STARVED_H */

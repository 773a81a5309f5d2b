/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_EFI_STARVED_H
#define VMFW_EFI_STARVED_H

#include <stdbool.h>

bool crypto_starved(void);

#endif /* VMFW_EFI_STARVED_H */

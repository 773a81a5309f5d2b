/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whose key signed a report of SEV-SNP.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_SIGNATURE_H
#define VMFW_SIGNATURE_H

#include <stddef.h>
#include <stdint.h>

int signature_check(const uint8_t *report, const uint8_t *table,
		    size_t table_len, const char *path, const char **why);

#endif /* VMFW_SIGNATURE_H */

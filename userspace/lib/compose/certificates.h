/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Certificates in PEM or DER, read as DER.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_CERTIFICATES_H
#define VMFW_CERTIFICATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool certificates_look(const uint8_t *bytes, size_t len);
int certificates_each(const uint8_t *bytes, size_t len,
		      int (*see)(void *arg, const uint8_t *der, size_t len),
		      void *arg);

#endif /* VMFW_CERTIFICATES_H */

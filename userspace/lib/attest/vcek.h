/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The contents of AMD's certificates for the keys that sign reports (VCEK, VLEK).
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_VCEK_H
#define VMFW_VCEK_H

#include <stdbool.h>
#include <stdint.h>
#include <openssl/x509.h>

bool vcek_is_turin(X509 *certificate);
bool vcek_is_provider(X509 *certificate);
const char *vcek_fault(X509 *certificate, const uint8_t *report);

#endif /* VMFW_VCEK_H */

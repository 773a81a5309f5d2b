/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What AMD's certificate of a key that signs reports says of the processor.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_VCEK_H
#define VMFW_VCEK_H

#include <stdint.h>
#include <openssl/x509.h>

const char *vcek_fault(X509 *certificate, const uint8_t *report);

#endif /* VMFW_VCEK_H */

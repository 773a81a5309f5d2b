/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Signatures of SEV-SNP: ECDSA on P-384 over SHA-384, stored as two
 * little-endian numbers in 72 bytes each.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_ECDSA_P384_H
#define VMFW_ECDSA_P384_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <openssl/evp.h>

#define ECDSA_NUMBER	72

bool ecdsa_is_p384(const EVP_PKEY *key);
int ecdsa_sign(EVP_PKEY *key, const uint8_t *bytes, size_t len,
	       uint8_t *numbers);
int ecdsa_verify(EVP_PKEY *key, const uint8_t *numbers, const uint8_t *bytes,
		 size_t len, bool *right);

#endif /* VMFW_ECDSA_P384_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The digests of a program, as Authenticode defines them. Secure Boot recognises a
 * program by its SHA-256 digest. The firmware of a TDX guest measures its SHA-384
 * digest.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_AUTHENTICODE_H
#define VMFW_AUTHENTICODE_H

#include <openssl/evp.h>

#include "efi/pe.h"

#define AUTHENTICODE_SIZE	32
#define AUTHENTICODE_SHA384	48

int authenticode_digest(const struct pe *pe, const EVP_MD *algorithm,
			uint8_t *digest, struct pe_fault *fault);
int authenticode_sha256(const struct pe *pe, uint8_t *digest,
			struct pe_fault *fault);
int authenticode_sha384(const struct pe *pe, uint8_t *digest,
			struct pe_fault *fault);

#endif /* VMFW_AUTHENTICODE_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Certificates and keys in PEM.
 *
 * For an encrypted file, libcrypto asks for a passphrase on the terminal, unless
 * its caller gives another source. The tool has no such source. In an initramfs,
 * there may be no user to answer. So all readers of PEM use these functions, which
 * refuse encrypted files.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_PEM_H
#define VMFW_PEM_H

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

int pem_read_certificate(BIO *file, X509 **certificate);
EVP_PKEY *pem_read_private_key(BIO *file);

#endif /* VMFW_PEM_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The signatures of a program: PKCS#7 in the certificate table of a PE file.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_EFI_SIGNATURE_H
#define VMFW_EFI_SIGNATURE_H

#include <stdbool.h>
#include <openssl/evp.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>

#include "efi/pe.h"

/*
 * These limits bound the time that a file can cost. Firmware reads the length of
 * a signature from 16 bits. Usually a program has one or two signatures.
 */
#define SIGNATURE_MOST_BYTES	(64u << 10)
#define SIGNATURES_MOST		16

/**
 * struct signature - a signature
 * @pkcs7: the whole signature
 * @signers: the certificates of its signers, which belong to @pkcs7
 * @content: the signed bytes, which belong to @pkcs7
 * @content_len: bytes of @content
 * @md: the algorithm of the program's digest; NULL: one that Secure Boot does
 *	not use
 * @digest: the signed digest of the program
 */
struct signature {
	PKCS7 *pkcs7;
	STACK_OF(X509) *signers;
	const uint8_t *content;
	long content_len;
	const EVP_MD *md;
	uint8_t digest[EVP_MAX_MD_SIZE];
};

/**
 * struct signatures - the signatures of a file
 * @v: the signatures
 * @nr: number of signatures
 */
struct signatures {
	struct signature v[SIGNATURES_MOST];
	unsigned int nr;
};

int signatures_open(struct signatures *signatures, const struct pe *pe,
		    struct pe_fault *fault);
void signatures_close(struct signatures *signatures);
int signature_is_genuine(const struct signature *signature);
int signature_chain(const struct signature *signature, X509 *anchor);

#endif /* VMFW_EFI_SIGNATURE_H */

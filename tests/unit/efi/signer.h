/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keys, certificates, and signatures of programs, as sbsign makes them.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef TEST_SIGNER_H
#define TEST_SIGNER_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "image.h"

/**
 * struct signer - a key and its certificate
 * @key: the private key
 * @certificate: of that key
 * @der: the certificate's bytes
 * @len: bytes of @der
 */
struct signer {
	EVP_PKEY *key;
	X509 *certificate;
	uint8_t *der;
	size_t len;
};

/**
 * struct signing - a signature to make
 * @by: the signer
 * @also: a second signer, or NULL
 * @with: another certificate in the signature, or NULL
 * @md: algorithm of the program's digest; NULL: SHA-256
 * @digest: a digest instead of the program's, or NULL
 * @content: a signed content instead of one with that digest, in DER with a length
 *	of one byte, or NULL
 * @content_len: bytes of @content; 0: the signature has no content
 * @type: OID of the content's type; NULL: SPC_INDIRECT_DATA_OBJID
 * @kind: type of the content in ASN.1; 0: a SEQUENCE
 * @hash: OID of the hash function that the signature names; NULL: SHA-256
 * @damage: offset of a byte of the signed content to change afterwards; 0: none
 * @guid: the entry of the table names its type by a GUID
 * @no_signers: the signature has certificates, but no signers
 */
struct signing {
	const struct signer *by;
	const struct signer *also;
	const struct signer *with;
	const EVP_MD *md;
	const uint8_t *digest;
	const uint8_t *content;
	size_t content_len;
	const char *type;
	int kind;
	const char *hash;
	size_t damage;
	bool guid;
	bool no_signers;
};

/* A chain from @root to @leaf, and @other, which does not belong to it. */
extern struct signer root, middle, leaf, other;

int signer_make_all(void **state);
int signer_free_all(void **state);
void signer_make(struct signer *signer, const char *name,
		 const struct signer *issuer, const char *usage);
void signer_free(struct signer *signer);
void signer_tbs_digest(const struct signer *signer, const EVP_MD *md,
		       uint8_t *digest);
void signer_sign(struct image *image, const struct signing *signing);
void signer_add_entry(struct image *image, uint16_t type, const uint8_t *bytes,
		      size_t len);

#endif /* TEST_SIGNER_H */

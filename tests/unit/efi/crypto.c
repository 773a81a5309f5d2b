// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Digests of libcrypto that fail, for the programs whose Makefile wraps its calls.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <openssl/evp.h>

#include "crypto.h"

long crypto_calls_left = CRYPTO_NEVER_FAILS;
bool crypto_fails_once;

static bool call_succeeds(void)
{
	long left = crypto_calls_left--;

	return left > 0 || (left && crypto_fails_once);
}

EVP_MD_CTX *__real_EVP_MD_CTX_new(void);
EVP_MD_CTX *__wrap_EVP_MD_CTX_new(void);
EVP_MD_CTX *__wrap_EVP_MD_CTX_new(void)
{
	return call_succeeds() ? __real_EVP_MD_CTX_new() : NULL;
}

int __real_EVP_DigestInit_ex(EVP_MD_CTX *hash, const EVP_MD *type, ENGINE *engine);
int __wrap_EVP_DigestInit_ex(EVP_MD_CTX *hash, const EVP_MD *type, ENGINE *engine);
int __wrap_EVP_DigestInit_ex(EVP_MD_CTX *hash, const EVP_MD *type, ENGINE *engine)
{
	return call_succeeds() ? __real_EVP_DigestInit_ex(hash, type, engine) : 0;
}

int __real_EVP_DigestUpdate(EVP_MD_CTX *hash, const void *bytes, size_t len);
int __wrap_EVP_DigestUpdate(EVP_MD_CTX *hash, const void *bytes, size_t len);
int __wrap_EVP_DigestUpdate(EVP_MD_CTX *hash, const void *bytes, size_t len)
{
	return call_succeeds() ? __real_EVP_DigestUpdate(hash, bytes, len) : 0;
}

int __real_EVP_DigestFinal_ex(EVP_MD_CTX *hash, uint8_t *digest, unsigned int *len);
int __wrap_EVP_DigestFinal_ex(EVP_MD_CTX *hash, uint8_t *digest, unsigned int *len);
int __wrap_EVP_DigestFinal_ex(EVP_MD_CTX *hash, uint8_t *digest, unsigned int *len)
{
	return call_succeeds() ? __real_EVP_DigestFinal_ex(hash, digest, len) : 0;
}

int __real_EVP_Digest(const void *bytes, size_t len, uint8_t *digest,
		      unsigned int *size, const EVP_MD *type, ENGINE *engine);
int __wrap_EVP_Digest(const void *bytes, size_t len, uint8_t *digest,
		      unsigned int *size, const EVP_MD *type, ENGINE *engine);
int __wrap_EVP_Digest(const void *bytes, size_t len, uint8_t *digest,
		      unsigned int *size, const EVP_MD *type, ENGINE *engine)
{
	return call_succeeds() ?
		       __real_EVP_Digest(bytes, len, digest, size, type, engine) :
		       0;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdio.h>
#include <openssl/evp.h>

#include "base/sha256.h"
#include "shared/text.h"

/*
 * struct digest is EVP_MD_CTX under another name, so that callers do not need
 * the headers of libcrypto.
 */
static EVP_MD_CTX *md_context(struct digest *digest)
{
	return (EVP_MD_CTX *)digest;
}

/**
 * digest_begin() - start a SHA-256
 *
 * Return: the state, which digest_free() frees; NULL: there is no memory, or
 * libcrypto does not have the algorithm.
 */
struct digest *digest_begin(void)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (ctx && !EVP_DigestInit_ex(ctx, EVP_sha256(), NULL)) {
		EVP_MD_CTX_free(ctx);
		ctx = NULL;
	}
	return (struct digest *)ctx;
}

/**
 * digest_add() - add the next bytes
 * @digest: from digest_begin()
 * @bytes: the bytes
 * @len: number of bytes
 *
 * Return: 0 or -EIO, an error of libcrypto.
 */
int digest_add(struct digest *digest, const void *bytes, size_t len)
{
	return EVP_DigestUpdate(md_context(digest), bytes, len) ? 0 : -EIO;
}

/**
 * digest_finish() - compute the digest of all bytes
 * @digest: from digest_begin(); only digest_free() may use it afterwards
 * @value: receives DIGEST_SIZE bytes
 *
 * Return: 0 or -EIO, an error of libcrypto.
 */
int digest_finish(struct digest *digest, uint8_t *value)
{
	return EVP_DigestFinal_ex(md_context(digest), value, NULL) ? 0 : -EIO;
}

/**
 * digest_free() - free the state of a digest, finished or not
 * @digest: from digest_begin(); may be NULL
 */
void digest_free(struct digest *digest)
{
	EVP_MD_CTX_free(md_context(digest));
}

/**
 * digest_words() - write a digest in hexadecimal
 * @buf: receives the text, DIGEST_WORDS bytes
 * @value: DIGEST_SIZE bytes
 *
 * Return: @buf.
 */
const char *digest_words(char *buf, const uint8_t *value)
{
	text_hex(buf, DIGEST_WORDS, value, DIGEST_SIZE);
	return buf;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * SHA-256 by a libcrypto that fails.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <openssl/evp.h>
#include <cmocka.h>

#include "base/sha256.h"

/* The calls of libcrypto, from the first one of a digest to the last one. */
enum call { NEW, INIT, UPDATE, FINAL, NONE };
static enum call fails;

EVP_MD_CTX *__real_EVP_MD_CTX_new(void);
EVP_MD_CTX *__wrap_EVP_MD_CTX_new(void);
EVP_MD_CTX *__wrap_EVP_MD_CTX_new(void)
{
	return fails == NEW ? NULL : __real_EVP_MD_CTX_new();
}

int __real_EVP_DigestInit_ex(EVP_MD_CTX *ctx, const EVP_MD *md, ENGINE *engine);
int __wrap_EVP_DigestInit_ex(EVP_MD_CTX *ctx, const EVP_MD *md, ENGINE *engine);
int __wrap_EVP_DigestInit_ex(EVP_MD_CTX *ctx, const EVP_MD *md, ENGINE *engine)
{
	return fails == INIT ? 0 : __real_EVP_DigestInit_ex(ctx, md, engine);
}

int __real_EVP_DigestUpdate(EVP_MD_CTX *ctx, const void *bytes, size_t len);
int __wrap_EVP_DigestUpdate(EVP_MD_CTX *ctx, const void *bytes, size_t len);
int __wrap_EVP_DigestUpdate(EVP_MD_CTX *ctx, const void *bytes, size_t len)
{
	return fails == UPDATE ? 0 : __real_EVP_DigestUpdate(ctx, bytes, len);
}

int __real_EVP_DigestFinal_ex(EVP_MD_CTX *ctx, unsigned char *md,
			      unsigned int *len);
int __wrap_EVP_DigestFinal_ex(EVP_MD_CTX *ctx, unsigned char *md,
			      unsigned int *len);
int __wrap_EVP_DigestFinal_ex(EVP_MD_CTX *ctx, unsigned char *md,
			      unsigned int *len)
{
	return fails == FINAL ? 0 : __real_EVP_DigestFinal_ex(ctx, md, len);
}

/* FIPS 180-2, appendix B.1: the digest of "abc". */
static const uint8_t abc[32] = {
	0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
	0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
	0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
	0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad,
};

static void each_call_of_libcrypto_can_fail(void **state)
{
	struct digest *digest;
	uint8_t value[32];

	(void)state;
	for (fails = NEW; fails <= NONE; fails++) {
		memset(value, 0, sizeof(value));
		digest = digest_begin();
		assert_int_equal(!digest, fails <= INIT);
		if (digest) {
			assert_int_equal(digest_add(digest, "ab", 2),
					 fails == UPDATE ? -EIO : 0);
			assert_int_equal(digest_add(digest, "c", 1),
					 fails == UPDATE ? -EIO : 0);
			assert_int_equal(digest_finish(digest, value),
					 fails == FINAL ? -EIO : 0);
		}
		digest_free(digest);
		assert_int_equal(!memcmp(value, abc, sizeof(abc)),
				 fails == NONE);
	}
}

static void words_of_a_digest(void **state)
{
	char words[DIGEST_WORDS];

	(void)state;
	assert_ptr_equal(digest_words(words, abc), words);
	assert_string_equal(words, "ba7816bf8f01cfea414140de5dae2223"
			    "b00361a396177a9cb410ff61f20015ad");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_call_of_libcrypto_can_fail),
		cmocka_unit_test(words_of_a_digest),
	};

	return cmocka_run_group_tests_name("sha256", tests, NULL, NULL);
}

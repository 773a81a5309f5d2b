// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <string.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>

#include "attest/ecdsa-p384.h"
#include "base/crypto-error.h"

static ECDSA_SIG *make_signature(const uint8_t *numbers)
{
	ECDSA_SIG *signature = ECDSA_SIG_new();
	BIGNUM *r = BN_lebin2bn(numbers, ECDSA_NUMBER, NULL);
	BIGNUM *s = BN_lebin2bn(numbers + ECDSA_NUMBER, ECDSA_NUMBER, NULL);

	/* After ECDSA_SIG_set0(), the signature owns both numbers. */
	if (signature && r && s && ECDSA_SIG_set0(signature, r, s))
		return signature;
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(signature);
	return NULL;
}

static int split_signature(const uint8_t *der, size_t len, uint8_t *numbers)
{
	ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, len);
	int err = -EIO;

	if (signature &&
	    BN_bn2lebinpad(ECDSA_SIG_get0_r(signature), numbers,
			   ECDSA_NUMBER) > 0 &&
	    BN_bn2lebinpad(ECDSA_SIG_get0_s(signature), numbers + ECDSA_NUMBER,
			   ECDSA_NUMBER) > 0)
		err = 0;
	ECDSA_SIG_free(signature);
	return err;
}

/**
 * ecdsa_is_p384() - is this a key on P-384?
 * @key: the key
 */
bool ecdsa_is_p384(const EVP_PKEY *key)
{
	char group[32];

	return EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME,
					      group, sizeof(group), NULL) &&
	       !strcmp(group, "secp384r1");
}

/**
 * ecdsa_sign() - sign bytes
 * @key: a private key on P-384
 * @bytes: the bytes to sign
 * @len: number of bytes
 * @numbers: receives the signature: r and s, little-endian, ECDSA_NUMBER bytes
 *	each
 *
 * Return: 0; -EIO: an error of libcrypto; -ENOMEM.
 */
int ecdsa_sign(EVP_PKEY *key, const uint8_t *bytes, size_t len,
	       uint8_t *numbers)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	/* Enough for two numbers of 48 bytes and the bytes that DER adds. */
	uint8_t der[2 * ECDSA_NUMBER];
	size_t der_len = sizeof(der);
	int err = ctx ? -EIO : -ENOMEM;

	if (ctx && EVP_DigestSignInit_ex(ctx, NULL, "SHA384", NULL, NULL, key,
					 NULL) == 1 &&
	    EVP_DigestSign(ctx, der, &der_len, bytes, len) == 1)
		err = split_signature(der, der_len, numbers);
	EVP_MD_CTX_free(ctx);
	return err;
}

/**
 * ecdsa_verify() - verify a signature
 * @key: the key of the alleged signer; if the key cannot verify, the signature
 *	counts as wrong
 * @numbers: the signature, see ecdsa_sign()
 * @bytes: the signed bytes
 * @len: number of bytes
 * @right: receives whether the signature is right
 *
 * Return: 0; -EIO: libcrypto could not verify it; -ENOMEM.
 */
int ecdsa_verify(EVP_PKEY *key, const uint8_t *numbers, const uint8_t *bytes,
		 size_t len, bool *right)
{
	ECDSA_SIG *signature = make_signature(numbers);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t *der = NULL;
	int err = -ENOMEM, der_len;

	*right = false;
	if (!signature || !ctx)
		goto out;
	der_len = i2d_ECDSA_SIG(signature, &der);
	if (der_len <= 0)
		goto out;
	ERR_clear_error();
	*right = EVP_DigestVerifyInit_ex(ctx, NULL, "SHA384", NULL, NULL, key,
					 NULL) == 1 &&
		 EVP_DigestVerify(ctx, der, der_len, bytes, len) == 1;
	err = *right ? 0 : crypto_error_take();
out:
	OPENSSL_free(der);
	EVP_MD_CTX_free(ctx);
	ECDSA_SIG_free(signature);
	return err;
}

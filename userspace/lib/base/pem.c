// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/crypto-error.h"
#include "base/pem.h"

/* Give no passphrase: the tool must not stop to ask for one. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

/*
 * Find out why there is no certificate. An error of PEM is the last one that
 * libcrypto records.
 */
static int find_errno(void)
{
	unsigned long error = ERR_peek_last_error();

	if (crypto_error_take() == -ENOMEM)
		return -ENOMEM;
	if (ERR_GET_LIB(error) != ERR_LIB_PEM)
		return -EBADMSG;
	switch (ERR_GET_REASON(error)) {
	case PEM_R_NO_START_LINE:
		return -ENODATA;
	case PEM_R_BAD_PASSWORD_READ:
	case PEM_R_UNSUPPORTED_ENCRYPTION:
		return -ENOTSUP;
	default:
		return -EBADMSG;
	}
}

/**
 * pem_read_certificate() - read the next certificate
 * @file: the file; the function skips text, and PEM blocks of other types
 * @certificate: receives the certificate, or NULL; the caller frees it with
 *	X509_free()
 *
 * Return: 0; -ENODATA: the file has no more certificates; -ENOTSUP: the next
 * one is encrypted; -EBADMSG: it is malformed; -ENOMEM.
 */
int pem_read_certificate(BIO *file, X509 **certificate)
{
	ERR_clear_error();
	*certificate = PEM_read_bio_X509(file, NULL, no_passphrase, NULL);
	return *certificate ? 0 : find_errno();
}

/**
 * pem_read_private_key() - read a private key
 * @file: the file
 *
 * Return: the key, which the caller frees with EVP_PKEY_free(); NULL: there is
 * no key, it is encrypted, or it is malformed.
 */
EVP_PKEY *pem_read_private_key(BIO *file)
{
	EVP_PKEY *key = PEM_read_bio_PrivateKey(file, NULL, no_passphrase,
						NULL);

	ERR_clear_error();
	return key;
}

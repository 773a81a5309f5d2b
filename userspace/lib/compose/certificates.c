// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <string.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "base/crypto-error.h"
#include "base/pem.h"
#include "compose/certificates.h"

#define PEM_BEGIN	"-----BEGIN "
/*
 * A certificate in DER is a SEQUENCE with more than 255 bytes, so its length
 * takes two bytes.
 */
#define DER_SEQUENCE	0x30
#define DER_TWO_BYTES	0x82

/**
 * certificates_look() - do bytes look like certificates, or like other PEM?
 * @bytes: the file
 * @len: number of bytes
 *
 * Return: false: they could be lists of signatures.
 */
bool certificates_look(const uint8_t *bytes, size_t len)
{
	if (len > 2 && bytes[0] == DER_SEQUENCE && bytes[1] == DER_TWO_BYTES)
		return true;
	/* PEM is text, which contains no zero byte. */
	return len && !memchr(bytes, 0, len) &&
	       memmem(bytes, len, PEM_BEGIN, strlen(PEM_BEGIN));
}

static int see_one(X509 *certificate,
		   int (*see)(void *arg, const uint8_t *der, size_t len),
		   void *arg)
{
	unsigned char *der = NULL;
	int len = i2d_X509(certificate, &der);
	int err = len < 0 ? -ENOMEM : see(arg, der, len);

	OPENSSL_free(der);
	return err;
}

static int each_pem(BIO *file, int (*see)(void *arg, const uint8_t *der,
					  size_t len), void *arg)
{
	X509 *certificate;
	int err, nr = 0;

	while (!(err = pem_read_certificate(file, &certificate))) {
		err = see_one(certificate, see, arg);
		X509_free(certificate);
		if (err)
			return err;
		nr++;
	}
	if (err != -ENODATA)
		return err;
	return nr ? 0 : -ENOKEY;
}

/**
 * certificates_each() - read all certificates of a file
 * @bytes: the file, not empty: one certificate in DER, or any number in PEM
 * @len: number of bytes
 * @see: called for each certificate, as DER; a result other than 0 ends the
 *	function
 * @arg: for @see
 *
 * Return: 0; -ENOKEY: there is no certificate; -ENOTSUP: one is encrypted;
 * -EBADMSG: one is malformed; -ENOMEM; or the result of @see.
 */
int certificates_each(const uint8_t *bytes, size_t len,
		      int (*see)(void *arg, const uint8_t *der, size_t len),
		      void *arg)
{
	const uint8_t *p = bytes;
	X509 *certificate;
	BIO *file;
	int err;

	if (bytes[0] == DER_SEQUENCE) {
		ERR_clear_error();
		certificate = d2i_X509(NULL, &p, len);
		if (certificate && p == bytes + len)
			err = see_one(certificate, see, arg);
		else
			err = crypto_error_take() == -ENOMEM ? -ENOMEM :
							       -EBADMSG;
		X509_free(certificate);
		return err;
	}
	file = BIO_new_mem_buf(bytes, len);
	err = file ? each_pem(file, see, arg) : -ENOMEM;
	BIO_free(file);
	return err;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "compose/certificates.h"

#define PEM_BEGIN	"-----BEGIN "
/* A SEQUENCE whose length has two bytes: any certificate is that long. */
#define DER_SEQUENCE	0x30
#define DER_TWO_BYTES	0x82

/**
 * certificates_look() - whether bytes look like certificates, or like other PEM
 * @bytes: the file
 * @len: its bytes
 */
bool certificates_look(const uint8_t *bytes, size_t len)
{
	if (len > 2 && bytes[0] == DER_SEQUENCE && bytes[1] == DER_TWO_BYTES)
		return true;
	/* PEM is text. */
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
	int err = 0, nr = 0;

	ERR_clear_error();
	while (!err && (certificate = PEM_read_bio_X509(file, NULL, NULL,
							NULL))) {
		err = see_one(certificate, see, arg);
		X509_free(certificate);
		nr++;
	}
	/* The end of the file looks like this. */
	if (!err && ERR_GET_REASON(ERR_peek_last_error()) !=
	    PEM_R_NO_START_LINE)
		err = -EBADMSG;
	ERR_clear_error();
	return err ? err : nr ? 0 : -ENOKEY;
}

/**
 * certificates_each() - read all certificates of a file
 * @bytes: the file: one in DER, or any number in PEM
 * @len: its bytes
 * @see: called for each, as DER; what it returns, if not 0, ends it
 * @arg: for @see
 *
 * Return: 0; -ENOKEY: there is no certificate; -EBADMSG: one is malformed; -ENOMEM;
 * or what @see returned.
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
		certificate = d2i_X509(NULL, &p, len);
		err = certificate && p == bytes + len ?
		      see_one(certificate, see, arg) : -EBADMSG;
		X509_free(certificate);
		ERR_clear_error();
		return err;
	}
	file = BIO_new_mem_buf(bytes, len);
	err = file ? each_pem(file, see, arg) : -ENOMEM;
	BIO_free(file);
	return err;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * AMD's root key (ARK) signs an intermediate one (ASK, ASVK), that one the key of
 * a processor (VCEK) or of a provider (VLEK), and that one reports.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "attest/ecdsa-p384.h"
#include "attest/report.h"
#include "attest/snp-signature.h"
#include "attest/vcek.h"
#include "base/rootdir.h"
#include "shared/bytes.h"

/* ATTESTATION_REPORT: what is signed ends where the signature begins. */
#define ALGORITHM_AT		0x34
#define SIGNATURE_AT		0x2a0
#define ECDSA_P384_SHA384	1

/* The host's table of certificates (GHCB): ends with a GUID of zeroes. */
#define ENTRY_SIZE	24
#define ENTRY_GUID	16
#define ENTRY_OFFSET_AT	16
#define ENTRY_LENGTH_AT	20

#define P384_BITS	384
/* Of OpenSSL: 112 bits of strength; AMD's have more. */
#define STRENGTH	2

/**
 * struct bundle - certificates of a file, and of the host
 * @trusted: roots
 * @others: the rest
 * @nr_trusted: how many roots
 * @nr_signers: how many of the rest could have signed a report
 */
struct bundle {
	X509_STORE *trusted;
	STACK_OF(X509) *others;
	unsigned int nr_trusted;
	unsigned int nr_signers;
};

static bool could_sign(X509 *certificate)
{
	EVP_PKEY *key = X509_get0_pubkey(certificate);

	return key && EVP_PKEY_is_a(key, "EC") &&
	       EVP_PKEY_get_bits(key) == P384_BITS;
}

static bool is_root(X509 *certificate)
{
	return X509_get_extension_flags(certificate) & EXFLAG_SS;
}

static int add_root(struct bundle *bundle, X509 *certificate)
{
	bundle->nr_trusted++;
	return X509_STORE_add_cert(bundle->trusted, certificate) ? 0 : -ENOMEM;
}

static int add_other(struct bundle *bundle, X509 *certificate)
{
	bundle->nr_signers += could_sign(certificate);
	if (!X509_up_ref(certificate))
		return -ENOMEM;
	if (sk_X509_push(bundle->others, certificate))
		return 0;
	X509_free(certificate);
	return -ENOMEM;
}

static int read_all(struct bundle *bundle, FILE *file)
{
	X509 *certificate;
	int err;

	ERR_clear_error();
	while ((certificate = PEM_read_X509(file, NULL, NULL, NULL))) {
		err = is_root(certificate) ? add_root(bundle, certificate) :
					     add_other(bundle, certificate);
		X509_free(certificate);
		if (err)
			return err;
	}
	/* The end of the file looks like this. */
	err = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE ?
	      0 : -EBADMSG;
	ERR_clear_error();
	return ferror(file) ? -EIO : err;
}

/*
 * The host's certificates, none of them trusted; what is not one is passed over,
 * as is one that does not lie in the table.
 */
static int read_table(struct bundle *bundle, const uint8_t *table, size_t len)
{
	static const uint8_t last[ENTRY_GUID];
	size_t at;
	int err = 0;

	for (at = 0; !err && len - at >= ENTRY_SIZE; at += ENTRY_SIZE) {
		uint32_t offset = get_le32(table + at + ENTRY_OFFSET_AT);
		uint32_t length = get_le32(table + at + ENTRY_LENGTH_AT);
		const uint8_t *der;
		X509 *certificate;

		if (!memcmp(table + at, last, ENTRY_GUID))
			break;
		if (offset > len || length > len - offset)
			continue;
		der = table + offset;
		certificate = d2i_X509(NULL, &der, length);
		if (certificate && !is_root(certificate))
			err = add_other(bundle, certificate);
		X509_free(certificate);
	}
	return err;
}

static int bundle_read(struct bundle *bundle, const uint8_t *table,
		       size_t table_len, const char *path, const char **why)
{
	FILE *file;
	int err = -ENOMEM;

	memset(bundle, 0, sizeof(*bundle));
	bundle->trusted = X509_STORE_new();
	bundle->others = sk_X509_new_null();
	if (bundle->trusted && bundle->others) {
		err = root_open_stream(NULL, path, &file);
		if (!err) {
			err = read_all(bundle, file);
			fclose(file);
		}
	}
	/* Behind those of the file, which are to be found first. */
	if (!err)
		err = read_table(bundle, table, table_len);
	*why = strerror(-err);
	if (err == -EBADMSG)
		*why = "a certificate is malformed";
	if (err)
		return err;
	*why = bundle->nr_trusted ?
	       "there is no certificate of a key that signs reports" :
	       "there is no root certificate";
	return bundle->nr_trusted && bundle->nr_signers ? 0 : -ENOKEY;
}

static void bundle_free(struct bundle *bundle)
{
	sk_X509_pop_free(bundle->others, X509_free);
	X509_STORE_free(bundle->trusted);
}

/* The clock may be wrong, so nothing depends on it. */
static int is_trusted(const struct bundle *bundle, X509 *certificate,
		      bool *trusted)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	int err = -ENOMEM;

	*trusted = false;
	if (!ctx || !X509_STORE_CTX_init(ctx, bundle->trusted, certificate,
					 bundle->others))
		goto out;
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_NO_CHECK_TIME);
	X509_VERIFY_PARAM_set_auth_level(param, STRENGTH);
	err = 0;
	*trusted = X509_verify_cert(ctx) == 1;
out:
	X509_STORE_CTX_free(ctx);
	return err;
}

static int check_report(const struct bundle *bundle, const uint8_t *report,
			const char **why)
{
	bool right, trusted;
	const char *fault;
	int i, err;

	*why = "the report's signature is wrong, or by another key than those "
	       "of the certificates";
	for (i = 0; i < sk_X509_num(bundle->others); i++) {
		X509 *certificate = sk_X509_value(bundle->others, i);

		if (!could_sign(certificate))
			continue;
		err = ecdsa_verify(X509_get0_pubkey(certificate),
				   report + SIGNATURE_AT, report, SIGNATURE_AT,
				   &right);
		if (!err && right)
			err = is_trusted(bundle, certificate, &trusted);
		if (err) {
			*why = strerror(-err);
			return err;
		}
		if (!right)
			continue;
		if (!trusted) {
			*why = "the report is signed by a key that no root "
			       "certificate vouches for";
			continue;
		}
		fault = vcek_fault(certificate, report);
		*why = fault ? fault : "the report's signature is right";
		if (!fault)
			return 0;
	}
	return -EKEYREJECTED;
}

/**
 * signature_check() - check who signed a report of SEV-SNP
 * @report: the report, REPORT_SNP_SIZE bytes
 * @table: certificates that the host gave: what roots vouch for, and the key that
 *	signs, where the file does not have them
 * @table_len: its bytes, or 0
 * @path: file with certificates in PEM, in any order: roots that are trusted
 *	since they are in it, what they vouch for, and the key that signs
 * @why: receives the answer in words
 *
 * Neither dates nor revocations are looked at.
 *
 * Return: 0: the signature is right; -EKEYREJECTED: it is wrong, or by a key
 * that is not to be trusted; or another negative errno value: the certificates
 * do not tell.
 */
int signature_check(const uint8_t *report, const uint8_t *table,
		    size_t table_len, const char *path, const char **why)
{
	struct bundle bundle;
	int err;

	err = bundle_read(&bundle, table, table_len, path, why);
	if (!err && get_le32(report + ALGORITHM_AT) != ECDSA_P384_SHA384) {
		*why = "the report is not signed by ECDSA on P-384";
		err = -EKEYREJECTED;
	} else if (!err) {
		err = check_report(&bundle, report, why);
	}
	bundle_free(&bundle);
	ERR_clear_error();
	return err;
}

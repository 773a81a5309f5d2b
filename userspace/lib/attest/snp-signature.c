// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The chain of keys from AMD to a report. AMD's root key (ARK) signs an
 * intermediate key (ASK, ASVK). The intermediate key signs the key of a processor
 * (VCEK) or of a provider (VLEK). That key signs reports.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "attest/ecdsa-p384.h"
#include "attest/report.h"
#include "attest/snp-signature.h"
#include "attest/vcek.h"
#include "base/crypto-error.h"
#include "base/infile.h"
#include "base/pem.h"
#include "base/rootdir.h"
#include "shared/bytes.h"

/* Offsets in ATTESTATION_REPORT. The signature follows the signed bytes. */
#define ALGORITHM_AT		0x34
#define SIGNATURE_AT		0x2a0
#define ECDSA_P384_SHA384	1

/* The table of certificates from the host (GHCB) ends with a GUID of zeroes. */
#define ENTRY_SIZE	24
#define ENTRY_GUID	16
#define ENTRY_OFFSET_AT	16
#define ENTRY_LENGTH_AT	20

/* The first byte of a certificate in DER. */
#define DER_SEQUENCE	0x30
/* A security level of OpenSSL: 112 bits of strength. AMD's keys have more. */
#define STRENGTH	2

/**
 * struct bundle - certificates from files and from the host
 * @trusted: roots
 * @others: all other certificates
 * @nr_trusted: number of roots
 * @nr_signers: number of @others that could have signed a report
 */
struct bundle {
	X509_STORE *trusted;
	STACK_OF(X509) *others;
	unsigned int nr_trusted;
	unsigned int nr_signers;
};

/*
 * libcrypto decodes a part of a certificate at the first access. If it has no
 * memory for that, the part seems to be absent.
 */
static int check_memory(void)
{
	return crypto_error_take() == -ENOMEM ? -ENOMEM : 0;
}

static bool could_sign(X509 *certificate)
{
	EVP_PKEY *key = X509_get0_pubkey(certificate);

	return key && ecdsa_is_p384(key);
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

static int add_certificate(struct bundle *bundle, X509 *certificate)
{
	int err;

	ERR_clear_error();
	err = is_root(certificate) ? add_root(bundle, certificate) :
				     add_other(bundle, certificate);
	X509_free(certificate);
	return err ? err : check_memory();
}

/*
 * AMD's key server (KDS) sends the certificate of a VCEK in DER. snpguest can write
 * DER, too. A file may contain several certificates in a row.
 */
static int read_der(struct bundle *bundle, FILE *file)
{
	X509 *certificate;
	int c, err = 0;

	ERR_clear_error();
	while (!err && (c = fgetc(file)) != EOF) {
		ungetc(c, file);
		certificate = d2i_X509_fp(file, NULL);
		if (certificate)
			err = add_certificate(bundle, certificate);
		else if (crypto_error_take() == -ENOMEM)
			err = -ENOMEM;
		else
			err = -EBADMSG;
	}
	ERR_clear_error();
	return ferror(file) ? -EIO : err;
}

static int read_pem(struct bundle *bundle, FILE *file)
{
	BIO *bio = BIO_new_fp(file, BIO_NOCLOSE);
	X509 *certificate;
	int err;

	if (!bio)
		return -ENOMEM;
	do {
		err = pem_read_certificate(bio, &certificate);
		if (!err)
			err = add_certificate(bundle, certificate);
	} while (!err);
	BIO_free(bio);
	if (ferror(file))
		return -EIO;
	return err == -ENODATA ? 0 : err;
}

static int read_all(struct bundle *bundle, FILE *file)
{
	int first = fgetc(file);

	ungetc(first, file);
	return first == DER_SEQUENCE ? read_der(bundle, file) :
				       read_pem(bundle, file);
}

/*
 * Read the host's certificates, and trust none of them as a root. Skip an entry
 * that is a root, that is not a certificate, or that is not within the table.
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
		ERR_clear_error();
		certificate = d2i_X509(NULL, &der, length);
		if (certificate && !is_root(certificate))
			err = add_other(bundle, certificate);
		X509_free(certificate);
		if (!err)
			err = check_memory();
	}
	return err;
}

static int open_stdin(FILE **ret_file)
{
	int fd = infile_stdin(), err;

	if (fd < 0)
		return fd;
	/* If standard input is a file, its position may be anywhere. */
	err = lseek(fd, 0, SEEK_SET) < 0 ? -errno : 0;
	if (!err) {
		*ret_file = fdopen(fd, "r");
		if (*ret_file)
			return 0;
		err = -errno;
	}
	close(fd);
	return err;
}

static int read_path(struct bundle *bundle, const char *path)
{
	FILE *file;
	int err = strcmp(path, INFILE_STDIN) ?
		  root_open_stream(NULL, path, &file) : open_stdin(&file);

	if (err)
		return err;
	err = read_all(bundle, file);
	fclose(file);
	return err;
}

static int bundle_read(struct bundle *bundle, const uint8_t *table,
		       size_t table_len, const struct signature_files *files,
		       const char **bad_file, const char **why)
{
	size_t i;
	int err = -ENOMEM;

	memset(bundle, 0, sizeof(*bundle));
	bundle->trusted = X509_STORE_new();
	bundle->others = sk_X509_new_null();
	if (bundle->trusted && bundle->others)
		err = 0;
	for (i = 0; !err && i < files->nr; i++)
		err = read_path(bundle, files->paths[i]);
	*bad_file = err && i ? files->paths[i - 1] : NULL;
	/*
	 * Add the host's certificates after those of files, so that OpenSSL
	 * finds those of files first.
	 */
	if (!err)
		err = read_table(bundle, table, table_len);
	*why = strerror(-err);
	if (err == -EBADMSG)
		*why = "a certificate is malformed";
	if (err == -ENOTSUP)
		*why = "a certificate is encrypted; remove its passphrase";
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

/* Hash the root, which is the last certificate of the chain. */
static int hash_root(X509_STORE_CTX *ctx, uint8_t *root)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
	X509 *last = sk_X509_value(chain, sk_X509_num(chain) - 1);
	unsigned int len = SIGNER_ROOT;

	return X509_digest(last, EVP_sha256(), root, &len) ? 0 : -ENOMEM;
}

/*
 * Does a chain of certificates lead to a trusted root? The clock may be wrong,
 * so dates do not count. OpenSSL checks a trusted root's own signature only on
 * request. Request this check, because a damaged root is not AMD's. @root receives
 * the digest of the root.
 */
static int is_trusted(const struct bundle *bundle, X509 *certificate,
		      bool *trusted, uint8_t *root)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	int err = -ENOMEM;

	*trusted = false;
	if (!ctx || !X509_STORE_CTX_init(ctx, bundle->trusted, certificate,
					 bundle->others))
		goto out;
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_NO_CHECK_TIME |
					   X509_V_FLAG_CHECK_SS_SIGNATURE);
	X509_VERIFY_PARAM_set_auth_level(param, STRENGTH);
	ERR_clear_error();
	*trusted = X509_verify_cert(ctx) == 1;
	if (*trusted)
		err = hash_root(ctx, root);
	else if (X509_STORE_CTX_get_error(ctx) != X509_V_ERR_OUT_OF_MEM &&
		 crypto_error_take() != -ENOMEM)
		err = 0;
out:
	X509_STORE_CTX_free(ctx);
	return err;
}

static int check_report(const struct bundle *bundle, const uint8_t *report,
			struct signer *signer, const char **why)
{
	bool right, trusted;
	const char *fault;
	int i, err;

	*why = "the report's signature is wrong, or another key than those of the certificates made it";
	for (i = 0; i < sk_X509_num(bundle->others); i++) {
		X509 *certificate = sk_X509_value(bundle->others, i);

		if (!could_sign(certificate))
			continue;
		err = ecdsa_verify(X509_get0_pubkey(certificate),
				   report + SIGNATURE_AT, report, SIGNATURE_AT,
				   &right);
		if (!err && right)
			err = is_trusted(bundle, certificate, &trusted,
					 signer->root);
		if (err) {
			*why = strerror(-err);
			return err;
		}
		if (!right)
			continue;
		if (!trusted) {
			*why = "no root certificate vouches for the key that signed the report";
			continue;
		}
		ERR_clear_error();
		fault = vcek_fault(certificate, report);
		*why = fault ? fault : "the report's signature is right";
		signer->turin = vcek_is_turin(certificate);
		signer->provider = vcek_is_provider(certificate);
		err = check_memory();
		if (err) {
			*why = strerror(-err);
			return err;
		}
		if (!fault)
			return 0;
	}
	return -EKEYREJECTED;
}

/*
 * Verify the signature with the certificates in files, and in a table of the host
 * if there is one.
 */
static int check_signature(const uint8_t *report, const uint8_t *table,
			   size_t table_len,
			   const struct signature_files *files,
			   struct signer *signer, const char **why)
{
	struct bundle bundle;
	int err;

	err = bundle_read(&bundle, table, table_len, files, &signer->bad_file,
			  why);
	if (!err && get_le32(report + ALGORITHM_AT) != ECDSA_P384_SHA384) {
		*why = "the report's signature is not by ECDSA on P-384";
		err = -EKEYREJECTED;
	} else if (!err) {
		err = check_report(&bundle, report, signer, why);
	}
	bundle_free(&bundle);
	ERR_clear_error();
	return err;
}

/**
 * signature_check_files() - check the signer of a report, with certificates in
 *	files
 * @report: the report, REPORT_SNP_SIZE bytes
 * @files: certificates in any order: roots, intermediate ones, and that of the
 *	signing key. The function trusts each root among them
 * @signer: receives the signer; after an error only @signer->bad_file is valid
 * @why: receives the reason for the result, a constant text
 *
 * Return: as signature_check().
 */
int signature_check_files(const uint8_t *report,
			  const struct signature_files *files,
			  struct signer *signer, const char **why)
{
	return check_signature(report, NULL, 0, files, signer, why);
}

/**
 * signature_check() - check the signer of a report of SEV-SNP
 * @report: the report, REPORT_SNP_SIZE bytes
 * @table: certificates from the host: intermediate ones, and that of the
 *	signing key, if the file does not have them
 * @table_len: its size in bytes, or 0
 * @path: name of a file with certificates in PEM or DER, see
 *	signature_check_files()
 * @why: receives the reason for the result, a constant text
 *
 * The function checks neither dates nor revocations.
 *
 * Return: 0: the signature is right; -EKEYREJECTED: it is wrong, the report
 * does not match the certificate, or no root vouches for the key; -ENOKEY: there
 * is no root, or no certificate of a key that signs reports; -EBADMSG: a
 * certificate is malformed; -ENOTSUP: it is encrypted; or another negative errno
 * value: the function cannot read a file, or the system or libcrypto fails.
 */
int signature_check(const uint8_t *report, const uint8_t *table,
		    size_t table_len, const char *path, const char **why)
{
	const struct signature_files files = { &path, 1 };
	struct signer signer;

	return check_signature(report, table, table_len, &files, &signer, why);
}

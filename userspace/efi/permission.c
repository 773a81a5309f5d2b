// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The decision of Secure Boot about a program. Firmware decides by db and dbx
 * (edk2: DxeImageVerificationLib), shim by these and by its own lists (shim.c:
 * verify_buffer()). Together they load a program that either of them allows.
 *
 * This code is stricter. It refuses a program if a list revokes its digest, by
 * SHA-256 or by the algorithm of one of its signatures. For each signature that
 * fits, it also refuses a revoked key, and a certificate with a revoked digest. It
 * does not compare the time stamp of a signature with the time of a revocation.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "efi/authenticode.h"
#include "efi/permission.h"
#include "efi/siglist.h"
#include "efi/signature.h"
#include "efi/starved.h"
#include "shared/macro.h"

/*
 * The extended key usage of a key for kernel modules. For programs, shim ignores
 * such a key.
 */
#define MODULES_ONLY	"1.3.6.1.4.1.2312.16.1.2"

/* Hash functions, and the types of entries that contain their digests. */
static const struct {
	enum siglist_type digest, certificate;
	const EVP_MD *(*md)(void);
} algorithms[] = {
	{ SIGLIST_SHA256_DIGEST, SIGLIST_X509_SHA256, EVP_sha256 },
	{ SIGLIST_SHA384_DIGEST, SIGLIST_X509_SHA384, EVP_sha384 },
	{ SIGLIST_SHA512_DIGEST, SIGLIST_X509_SHA512, EVP_sha512 },
};
#define ALGORITHMS	ARRAY_SIZE(algorithms)

/**
 * struct subject - the program to judge
 * @pe: its file
 * @keys: see struct permission_keys
 * @fault: see permission_check()
 * @digest: its digests, in the order of algorithms
 * @known: @digest has this digest
 */
struct subject {
	const struct pe *pe;
	const struct permission_keys *keys;
	struct pe_fault *fault;
	uint8_t digest[ALGORITHMS][EVP_MAX_MD_SIZE];
	bool known[ALGORITHMS];
};

static int compute_digest(struct subject *subject, size_t i)
{
	int err;

	if (subject->known[i])
		return 0;
	err = authenticode_digest(subject->pe, algorithms[i].md(),
				  subject->digest[i], subject->fault);
	subject->known[i] = !err;
	return err;
}

/* Does a list have one of the known digests? */
static int has_digest(const struct subject *subject,
		      const struct permission_list *list)
{
	struct siglist_entry entry;
	struct siglist_walk walk;
	size_t i;
	int more;

	siglist_walk(&walk, list->bytes, list->len);
	while ((more = siglist_next(&walk, &entry)) > 0)
		for (i = 0; i < ALGORITHMS; i++)
			if (subject->known[i] &&
			    entry.type == algorithms[i].digest &&
			    !memcmp(entry.data, subject->digest[i], entry.len))
				return 1;
	return more;
}

/* @certificate receives NULL if the entry has no certificate, or a malformed one. */
static int read_certificate(X509 **certificate,
			    const struct siglist_entry *entry)
{
	const uint8_t *der = entry->data;

	*certificate = NULL;
	if (entry->type != SIGLIST_X509 || entry->len > LONG_MAX)
		return 0;
	ERR_clear_error();
	*certificate = d2i_X509(NULL, &der, (long)entry->len);
	return *certificate || !crypto_starved() ? 0 : -ENOMEM;
}

/* Return: 1: the key is for modules only; 0: it is not; -ENOMEM. */
static int is_for_modules(X509 *certificate)
{
	EXTENDED_KEY_USAGE *usage;
	char name[sizeof(MODULES_ONLY) + 1];
	bool found = false;
	int i;

	ERR_clear_error();
	usage = X509_get_ext_d2i(certificate, NID_ext_key_usage, NULL, NULL);
	if (!usage)
		return crypto_starved() ? -ENOMEM : 0;
	for (i = 0; i < sk_ASN1_OBJECT_num(usage); i++)
		found |= OBJ_obj2txt(name, sizeof(name),
				     sk_ASN1_OBJECT_value(usage, i), 1) > 0 &&
			 !strcmp(name, MODULES_ONLY);
	EXTENDED_KEY_USAGE_free(usage);
	return found;
}

/*
 * Do the chains of all signers lead to the certificate of an entry? As firmware does,
 * skip malformed certificates.
 */
static int leads_to(const struct signature *signature,
		    const struct siglist_entry *entry, bool of_shim)
{
	X509 *certificate;
	int result = read_certificate(&certificate, entry);

	if (!certificate)
		return result;
	if (of_shim)
		result = is_for_modules(certificate);
	if (result > 0)
		result = 0;
	else if (!result)
		result = signature_chain(signature, certificate);
	X509_free(certificate);
	return result;
}

/* Do the chains of all signers lead to one certificate of a list? */
static int has_key(const struct signature *signature,
		   const struct permission_list *list, bool of_shim)
{
	struct siglist_entry entry;
	struct siglist_walk walk;
	int more, result = 0;

	siglist_walk(&walk, list->bytes, list->len);
	while (!result && (more = siglist_next(&walk, &entry))) {
		if (more < 0)
			return more;
		result = leads_to(signature, &entry, of_shim);
	}
	return result;
}

/* Find TBSCertificate, the part of a certificate that its issuer signed. */
static bool find_signed_part(const uint8_t *der, long len, const uint8_t **part,
			     size_t *size)
{
	int tag, class, form;
	long inner;

	form = ASN1_get_object(&der, &inner, &tag, &class, len);
	if (form & 0x81)
		return false;
	*part = der;
	form = ASN1_get_object(&der, &inner, &tag, &class, inner);
	if (form & 0x81)
		return false;
	*size = der + inner - *part;
	return true;
}

static int is_digest_of(const struct siglist_entry *entry, const EVP_MD *md,
			const X509 *certificate)
{
	uint8_t digest[EVP_MAX_MD_SIZE], *der = NULL;
	const uint8_t *part;
	int result = -EIO, len;
	size_t size;

	len = i2d_X509(certificate, &der);
	if (len > 0 && find_signed_part(der, len, &part, &size) &&
	    EVP_Digest(part, size, digest, NULL, md, NULL))
		result = !memcmp(digest, entry->data, EVP_MD_size(md));
	OPENSSL_free(der);
	return result;
}

static int is_digest_of_any(const struct siglist_entry *entry,
			    const STACK_OF(X509) *certificates)
{
	size_t algorithm = 0;
	int i, result = 0;

	while (algorithm < ALGORITHMS &&
	       entry->type != algorithms[algorithm].certificate)
		algorithm++;
	if (algorithm == ALGORITHMS)
		return 0;
	for (i = 0; !result && i < sk_X509_num(certificates); i++)
		result = is_digest_of(entry, algorithms[algorithm].md(),
				      sk_X509_value(certificates, i));
	return result;
}

/* Does a list have the digest of any certificate in the signature? */
static int has_key_digest(const struct signature *signature,
			  const struct permission_list *list)
{
	struct siglist_entry entry;
	struct siglist_walk walk;
	int more, result = 0;

	siglist_walk(&walk, list->bytes, list->len);
	while (!result && (more = siglist_next(&walk, &entry))) {
		if (more < 0)
			return more;
		result = is_digest_of_any(&entry,
					  signature->pkcs7->d.sign->cert);
	}
	return result;
}

static int find_revoked_digest(const struct subject *subject,
			       enum permission *permission)
{
	int found = has_digest(subject, &subject->keys->dbx);

	*permission = PERMISSION_DBX_DIGEST;
	if (found)
		return found;
	*permission = PERMISSION_MOKX_DIGEST;
	return has_digest(subject, &subject->keys->mokx);
}

static int is_revoked_by(const struct signature *signature,
			 const struct permission_list *list)
{
	int found = has_key_digest(signature, list);

	return found ? found : has_key(signature, list, false);
}

static int find_revoked_key(const struct subject *subject,
			    const struct signature *signature,
			    enum permission *permission)
{
	int found = is_revoked_by(signature, &subject->keys->dbx);

	*permission = PERMISSION_DBX_KEY;
	if (found)
		return found;
	*permission = PERMISSION_MOKX_KEY;
	return is_revoked_by(signature, &subject->keys->mokx);
}

static int find_allowed_digest(const struct subject *subject)
{
	int found = has_digest(subject, &subject->keys->db);

	return found ? found : has_digest(subject, &subject->keys->mok);
}

static int find_allowed_key(const struct subject *subject,
			    const struct signature *signature)
{
	int found = has_key(signature, &subject->keys->db, false);

	return found ? found : has_key(signature, &subject->keys->mok, true);
}

/* Is this a genuine signature of the program? */
static int fits(struct subject *subject, const struct signature *signature)
{
	size_t i;
	int err;

	for (i = 0; i < ALGORITHMS; i++)
		if (signature->md == algorithms[i].md())
			break;
	if (i == ALGORITHMS)
		return 0;
	err = compute_digest(subject, i);
	if (err)
		return err;
	if (memcmp(subject->digest[i], signature->digest,
		   EVP_MD_size(signature->md)))
		return 0;
	return signature_is_genuine(signature);
}

/*
 * Judge one signature. A permission that another signature gave stays, unless this
 * signature is revoked.
 *
 * Return: 1: the signature is revoked; 0: it is not; a negative errno value.
 */
static int judge_signature(struct subject *subject,
			   const struct signature *signature,
			   enum permission *permission)
{
	enum permission revoked;
	int found = fits(subject, signature);

	if (found < 0)
		return found;
	if (!found) {
		if (*permission == PERMISSION_UNSIGNED)
			*permission = PERMISSION_CHANGED;
		return 0;
	}
	found = find_revoked_key(subject, signature, &revoked);
	if (found > 0)
		*permission = revoked;
	if (found || *permission == PERMISSION_GIVEN)
		return found;
	found = find_allowed_key(subject, signature);
	if (found < 0)
		return found;
	*permission = found ? PERMISSION_GIVEN : PERMISSION_STRANGER;
	return 0;
}

static int judge(struct subject *subject, const struct signatures *signatures,
		 enum permission *permission)
{
	enum permission revoked;
	unsigned int i;
	int found = 0;

	*permission = PERMISSION_UNSIGNED;
	for (i = 0; !found && i < signatures->nr; i++)
		found = judge_signature(subject, &signatures->v[i], permission);
	if (found)
		return found < 0 ? found : 0;
	/* Only now does @subject have the digests of all algorithms in the signatures. */
	found = find_revoked_digest(subject, &revoked);
	if (found > 0)
		*permission = revoked;
	if (found || *permission == PERMISSION_GIVEN)
		return found < 0 ? found : 0;
	found = find_allowed_digest(subject);
	if (found > 0)
		*permission = PERMISSION_GIVEN;
	return found < 0 ? found : 0;
}

/**
 * permission_check() - would Secure Boot load a program?
 * @permission: receives the answer
 * @pe: the program, from pe_open()
 * @keys: the lists of allowed and revoked keys and digests
 * @fault: receives the fault; it has a text only if the file's contents are at
 *	fault
 *
 * Return: 0; -EINVAL with a fault: the program is malformed; -EINVAL without a
 * fault: @keys are malformed; -ENOMEM; -EIO: an error of libcrypto; or the error
 * of @pe->read.
 */
int permission_check(enum permission *permission, const struct pe *pe,
		     const struct permission_keys *keys, struct pe_fault *fault)
{
	struct subject subject = { .pe = pe, .keys = keys, .fault = fault };
	struct signatures signatures;
	int err;

	err = signatures_open(&signatures, pe, fault);
	if (err)
		return err;
	err = compute_digest(&subject, 0);
	if (!err)
		err = judge(&subject, &signatures, permission);
	signatures_close(&signatures);
	return err;
}

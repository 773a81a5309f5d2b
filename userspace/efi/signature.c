// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The signatures of "Windows Authenticode Portable Executable Signature Format",
 * as edk2 reads them (DxeImageVerificationLib and BaseCryptLib). This code walks
 * over the table and reads PKCS#7 as edk2 does. Chains may end at any trusted
 * certificate, at any date. This code refuses the whole file if edk2 could not read
 * an entry.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "efi/signature.h"
#include "efi/starved.h"
#include "shared/bytes.h"

/* Entry of the table: WIN_CERTIFICATE. */
#define ENTRY_HEAD	8
#define TYPE_AT		6
#define TYPE_PKCS7	2
#define TYPE_GUID	0x0ef1
#define ENTRY_ALIGN	8
#define ENTRIES_MOST	64

/* EFI_CERT_TYPE_PKCS7_GUID. */
static const uint8_t guid_pkcs7[GUID_SIZE] = {
	0x9d, 0xd2, 0xaf, 0x4a, 0xdf, 0x68, 0xee, 0x49,
	0x8a, 0xa9, 0x34, 0x7d, 0x37, 0x56, 0x65, 0xa7,
};

/* SPC_INDIRECT_DATA_OBJID, 1.3.6.1.4.1.311.2.1.4. */
static const uint8_t indirect_data[] = {
	0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x01, 0x04,
};

/* Forget the errors of libcrypto in any case. */
static int crypto_result(bool good)
{
	bool starved = crypto_starved();

	return good ? 1 : starved ? -ENOMEM : 0;
}

/* Enter a SEQUENCE of DER; false: there is none, or it is cut short. */
static bool enter_sequence(const uint8_t **p, long *len)
{
	const uint8_t *at = *p;
	int tag, class, form;
	long inner;

	form = ASN1_get_object(&at, &inner, &tag, &class, *len);
	if (form & 0x81 || !(form & V_ASN1_CONSTRUCTED) ||
	    tag != V_ASN1_SEQUENCE || class != V_ASN1_UNIVERSAL)
		return false;
	*p = at;
	*len = inner;
	return true;
}

/* Return NULL for an algorithm that Secure Boot does not use. */
static const EVP_MD *used_algorithm(int algorithm)
{
	switch (algorithm) {
	case NID_sha256:
		return EVP_sha256();
	case NID_sha384:
		return EVP_sha384();
	case NID_sha512:
		return EVP_sha512();
	default:
		return NULL;
	}
}

/* Read DigestInfo: the algorithm and the digest. */
static bool read_digest(struct signature *signature, const uint8_t *p, long len)
{
	const uint8_t *end = p + len;
	const ASN1_OCTET_STRING *digest;
	const X509_ALGOR *algorithm;
	const ASN1_OBJECT *name;
	X509_SIG *info = d2i_X509_SIG(NULL, &p, len);
	bool good = false;

	if (info && p == end) {
		X509_SIG_get0(info, &algorithm, &digest);
		X509_ALGOR_get0(&name, NULL, NULL, algorithm);
		len = ASN1_STRING_length(digest);
		signature->md = used_algorithm(OBJ_obj2nid(name));
		good = len <= EVP_MAX_MD_SIZE &&
		       (!signature->md || len == EVP_MD_size(signature->md));
		if (good)
			memcpy(signature->digest, ASN1_STRING_get0_data(digest),
			       len);
	}
	X509_SIG_free(info);
	return good;
}

/* Read SpcIndirectDataContent: the kind of the signed file, and its digest. */
static bool read_content(struct signature *signature)
{
	const PKCS7 *contents = signature->pkcs7->d.sign->contents;
	const uint8_t *p, *end;
	long len;

	if (!contents || OBJ_length(contents->type) != sizeof(indirect_data) ||
	    memcmp(OBJ_get0_data(contents->type), indirect_data,
		   sizeof(indirect_data)) ||
	    !contents->d.other || contents->d.other->type != V_ASN1_SEQUENCE)
		return false;
	p = ASN1_STRING_get0_data(contents->d.other->value.sequence);
	len = ASN1_STRING_length(contents->d.other->value.sequence);
	if (!enter_sequence(&p, &len))
		return false;
	/* The signers sign the bytes after the tag and the length. */
	signature->content = p;
	signature->content_len = len;
	end = p + len;
	if (!enter_sequence(&p, &len))
		return false;
	p += len;
	return read_digest(signature, p, end - p);
}

static bool read_pkcs7(struct signature *signature, const uint8_t *p, long len)
{
	signature->pkcs7 = d2i_PKCS7(NULL, &p, len);
	if (!signature->pkcs7 || !PKCS7_type_is_signed(signature->pkcs7) ||
	    !signature->pkcs7->d.sign)
		return false;
	signature->signers = PKCS7_get0_signers(signature->pkcs7, NULL, 0);
	return signature->signers && sk_X509_num(signature->signers) > 0 &&
	       read_content(signature);
}

static void close_signature(struct signature *signature)
{
	sk_X509_free(signature->signers);
	PKCS7_free(signature->pkcs7);
}

static int add_signature(struct signatures *signatures, const uint8_t *p,
			 size_t len)
{
	struct signature *signature = &signatures->v[signatures->nr];
	int result;

	*signature = (struct signature) { 0 };
	ERR_clear_error();
	result = crypto_result(read_pkcs7(signature, p, len));
	if (result == 1) {
		signatures->nr++;
		return 0;
	}
	close_signature(signature);
	return result ? result : -EINVAL;
}

/* Read an entry with PKCS#7. Skip all others, as firmware does. */
static int read_entry(struct signatures *signatures, const uint8_t *p,
		      size_t len, uint64_t at, struct pe_fault *fault)
{
	uint16_t type = get_le16(p + TYPE_AT);
	size_t head = ENTRY_HEAD;
	int err;

	if (type == TYPE_GUID) {
		head += GUID_SIZE;
		if (len > head && memcmp(p + ENTRY_HEAD, guid_pkcs7, GUID_SIZE))
			return 0;
	} else if (type != TYPE_PKCS7) {
		return 0;
	}
	if (len <= head)
		return pe_fail(fault, "an entry of the certificate table ends before its signature begins",
			       at, len);
	if (signatures->nr == SIGNATURES_MOST)
		return pe_fail(fault, "there are more than 16 signatures", at,
			       signatures->nr);
	err = add_signature(signatures, p + head, len - head);
	return err == -EINVAL ?
	       pe_fail(fault, "an entry of the certificate table is not a signature of a program", at, len) :
	       err;
}

static int read_entries(struct signatures *signatures, const struct pe *pe,
			uint8_t *entry, struct pe_fault *fault)
{
	uint64_t at = pe->security_offset, end = at + pe->security_size;
	unsigned int nr;
	uint64_t len;
	int err;

	for (nr = 0; at < end; nr++) {
		if (nr == ENTRIES_MOST)
			return pe_fail(fault, "the certificate table has more than 64 entries",
				       at, nr);
		if (end - at <= ENTRY_HEAD)
			return pe_fail(fault, "the certificate table ends within an entry",
				       at, end - at);
		err = pe->read(pe->arg, at, entry, ENTRY_HEAD);
		if (err)
			return err;
		len = get_le32(entry);
		if (len < ENTRY_HEAD || len > end - at ||
		    (len + ENTRY_ALIGN - 1) / ENTRY_ALIGN * ENTRY_ALIGN >
		    end - at)
			return pe_fail(fault, "an entry of the certificate table must have at least 8 bytes, and end within the table",
				       at, len);
		if (len > SIGNATURE_MOST_BYTES)
			return pe_fail(fault, "an entry of the certificate table has more than 64 KiB",
				       at, len);
		err = pe->read(pe->arg, at, entry, len);
		if (!err)
			err = read_entry(signatures, entry, len, at, fault);
		if (err)
			return err;
		at += (len + ENTRY_ALIGN - 1) / ENTRY_ALIGN * ENTRY_ALIGN;
	}
	return 0;
}

/**
 * signatures_open() - read the signatures of a file
 * @signatures: receives the signatures; close them if 0 is returned
 * @pe: the file, from pe_open()
 * @fault: receives the fault; it has a text only if the file's contents are at
 *	fault
 *
 * Return: 0, also for a file without signatures; -EINVAL with a fault: the table
 * or a signature is malformed; -ENOMEM; or the error of @pe->read.
 */
int signatures_open(struct signatures *signatures, const struct pe *pe,
		    struct pe_fault *fault)
{
	uint8_t *entry;
	int err;

	signatures->nr = 0;
	*fault = (struct pe_fault) { 0 };
	if (!pe->security_size)
		return 0;
	entry = malloc(SIGNATURE_MOST_BYTES);
	if (!entry)
		return -ENOMEM;
	err = read_entries(signatures, pe, entry, fault);
	free(entry);
	if (err)
		signatures_close(signatures);
	return err;
}

/**
 * signatures_close() - free the memory that signatures_open() allocated
 * @signatures: from signatures_open()
 */
void signatures_close(struct signatures *signatures)
{
	while (signatures->nr)
		close_signature(&signatures->v[--signatures->nr]);
}

/*
 * Can libcrypto compute all digests that the signature names? If it cannot,
 * PKCS7_verify() of libcrypto 3.0 fails too, but leaks its copy of the content.
 */
static bool knows_digests(const struct signature *signature)
{
	const STACK_OF(X509_ALGOR) *algorithms =
		signature->pkcs7->d.sign->md_algs;
	char name[80];
	EVP_MD *md;
	int i;

	for (i = 0; i < sk_X509_ALGOR_num(algorithms); i++) {
		OBJ_obj2txt(name, sizeof(name),
			    sk_X509_ALGOR_value(algorithms, i)->algorithm, 0);
		md = EVP_MD_fetch(NULL, name, NULL);
		if (!md)
			return false;
		EVP_MD_free(md);
	}
	return true;
}

/**
 * signature_is_genuine() - did its signers make this signature?
 * @signature: from signatures_open()
 *
 * The function trusts any signer: see signature_chain().
 *
 * Return: 1: yes; 0: no; -ENOMEM.
 */
int signature_is_genuine(const struct signature *signature)
{
	BIO *content;
	int result;

	ERR_clear_error();
	if (!knows_digests(signature))
		return crypto_result(false);
	content = BIO_new_mem_buf(signature->content,
				  (int)signature->content_len);
	if (!content)
		return -ENOMEM;
	result = crypto_result(PKCS7_verify(signature->pkcs7, NULL, NULL,
					    content, NULL, PKCS7_BINARY |
					    PKCS7_NOVERIFY) == 1);
	BIO_free(content);
	return result;
}

/* The other certificates of a signature may lead from a signer to the anchor. */
static int chain_one(const struct signature *signature, X509_STORE *store,
		     X509 *signer)
{
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	int result = -ENOMEM;

	if (context && X509_STORE_CTX_init(context, store, signer,
					   signature->pkcs7->d.sign->cert)) {
		ERR_clear_error();
		result = X509_verify_cert(context);
		if (X509_STORE_CTX_get_error(context) ==
		    X509_V_ERR_OUT_OF_MEM)
			result = -ENOMEM;
		else
			result = crypto_result(result == 1);
	}
	X509_STORE_CTX_free(context);
	return result;
}

/**
 * signature_chain() - do the certificates of all signers lead to @anchor?
 * @signature: from signatures_open()
 * @anchor: a certificate, which need not be that of a root
 *
 * Validity times do not count: firmware may not know the time. Nor does the own
 * signature of @anchor count: firmware trusts a certificate in db as it is, and
 * revokes one in dbx as it is. edk2's Pkcs7Verify() sets the same flags as this
 * function, without X509_V_FLAG_CHECK_SS_SIGNATURE.
 *
 * Return: 1: yes; 0: no; -ENOMEM.
 */
int signature_chain(const struct signature *signature, X509 *anchor)
{
	X509_STORE *store = X509_STORE_new();
	int result = -ENOMEM, i;

	if (store && X509_STORE_add_cert(store, anchor) &&
	    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN |
				 X509_V_FLAG_NO_CHECK_TIME) &&
	    X509_STORE_set_purpose(store, X509_PURPOSE_ANY))
		result = 1;
	for (i = 0; result == 1 && i < sk_X509_num(signature->signers); i++)
		result = chain_one(signature, store,
				   sk_X509_value(signature->signers, i));
	X509_STORE_free(store);
	return result;
}

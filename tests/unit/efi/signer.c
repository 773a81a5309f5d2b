// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Keys, certificates and signatures, made with libcrypto.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/pkcs7.h>
#include <openssl/x509v3.h>
#include <cmocka.h>

#include "efi/authenticode.h"
#include "shared/bytes.h"
#include "signer.h"

#define ENTRY_HEAD	8

/* The OID SPC_INDIRECT_DATA_OBJID, and an SpcPeImageData without content. */
#define INDIRECT_DATA	"1.3.6.1.4.1.311.2.1.4"
static const uint8_t pe_image_data[] = {
	0x30, 0x0e, 0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04,
	0x01, 0x82, 0x37, 0x02, 0x01, 0x0f, 0x30, 0x00,
};

struct signer root, middle, leaf, other;

static void add_extension(X509 *certificate, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(extension);
	assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

/**
 * signer_make() - make a key and an expired certificate
 * @signer: receives them
 * @name: common name
 * @issuer: signs the certificate; NULL: the key itself
 * @usage: extended key usage, or NULL: none, and the key may sign certificates
 */
void signer_make(struct signer *signer, const char *name,
		 const struct signer *issuer, const char *usage)
{
	X509 *certificate = X509_new();
	X509_NAME *subject;
	static long serial;

	signer->key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	assert_non_null(signer->key);
	signer->certificate = certificate;
	if (!issuer)
		issuer = signer;
	assert_int_equal(X509_set_version(certificate, 2), 1);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
	ASN1_TIME_set(X509_getm_notBefore(certificate), 1000000000);
	ASN1_TIME_set(X509_getm_notAfter(certificate), 1000000001);
	subject = X509_get_subject_name(certificate);
	assert_int_equal(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
						    (const uint8_t *)name, -1,
						    -1, 0), 1);
	X509_set_issuer_name(certificate,
			     X509_get_subject_name(issuer->certificate));
	X509_set_pubkey(certificate, signer->key);
	if (usage)
		add_extension(certificate, NID_ext_key_usage, usage);
	else
		add_extension(certificate, NID_basic_constraints,
			      "critical,CA:TRUE");
	assert_true(X509_sign(certificate, issuer->key, EVP_sha256()) > 0);
	signer->der = NULL;
	signer->len = i2d_X509(certificate, &signer->der);
	assert_true(signer->len > 0);
}

/**
 * signer_free() - free the objects that signer_make() made
 * @signer: the signer
 */
void signer_free(struct signer *signer)
{
	EVP_PKEY_free(signer->key);
	X509_free(signer->certificate);
	OPENSSL_free(signer->der);
}

/**
 * signer_make_all() - make the chain and the other signer, for a group of tests
 * @state: not used
 *
 * The leaf may not sign certificates.
 *
 * Return: 0.
 */
int signer_make_all(void **state)
{
	(void)state;
	signer_make(&root, "root", NULL, NULL);
	signer_make(&middle, "middle", &root, NULL);
	signer_make(&leaf, "leaf", &middle, "codeSigning");
	signer_make(&other, "other", NULL, NULL);
	return 0;
}

/**
 * signer_free_all() - free the signers of signer_make_all()
 * @state: not used
 *
 * Return: 0.
 */
int signer_free_all(void **state)
{
	(void)state;
	signer_free(&root);
	signer_free(&middle);
	signer_free(&leaf);
	signer_free(&other);
	return 0;
}

/**
 * signer_tbs_digest() - the digest of the bytes that the issuer signed
 * @signer: the signer
 * @md: the algorithm
 * @digest: receives it
 */
void signer_tbs_digest(const struct signer *signer, const EVP_MD *md,
		       uint8_t *digest)
{
	uint8_t *der = NULL;
	int len = i2d_re_X509_tbs(signer->certificate, &der);

	assert_true(len > 0);
	assert_int_equal(EVP_Digest(der, len, digest, NULL, md, NULL), 1);
	OPENSSL_free(der);
}

/* Make an SpcIndirectDataContent with a digest. Return its length. */
static int make_content(uint8_t **der, const EVP_MD *md, const uint8_t *digest)
{
	uint8_t inner[256], *p = inner;
	ASN1_OCTET_STRING *octets;
	X509_SIG *info = X509_SIG_new();
	X509_ALGOR *algorithm;
	int len;

	memcpy(p, pe_image_data, sizeof(pe_image_data));
	p += sizeof(pe_image_data);
	X509_SIG_getm(info, &algorithm, &octets);
	X509_ALGOR_set0(algorithm, OBJ_nid2obj(EVP_MD_type(md)), V_ASN1_NULL,
			NULL);
	ASN1_OCTET_STRING_set(octets, digest, EVP_MD_size(md));
	i2d_X509_SIG(info, &p);
	len = p - inner;
	X509_SIG_free(info);
	/* DER writes a length below 128 in one byte. */
	assert_true(len < 128);
	*der = malloc(len + 2);
	assert_non_null(*der);
	(*der)[0] = 0x30;
	(*der)[1] = len;
	memcpy(*der + 2, inner, len);
	return len + 2;
}

/* Let libcrypto sign the content as plain data, then set the content's own type. */
static void set_content(PKCS7 *pkcs7, const char *type, const uint8_t *der,
			int len)
{
	PKCS7 *content = PKCS7_new();
	BIO *bio;

	assert_int_equal(PKCS7_content_new(pkcs7, NID_pkcs7_data), 1);
	bio = PKCS7_dataInit(pkcs7, NULL);
	if (len)
		assert_int_equal(BIO_write(bio, der + 2, len - 2), len - 2);
	assert_int_equal(PKCS7_dataFinal(pkcs7, bio), 1);
	BIO_free_all(bio);
	content->type = OBJ_txt2obj(type ? type : INDIRECT_DATA, 1);
	if (len) {
		content->d.other = ASN1_TYPE_new();
		content->d.other->type = V_ASN1_SEQUENCE;
		content->d.other->value.sequence = ASN1_STRING_new();
		ASN1_STRING_set(content->d.other->value.sequence, der, len);
	}
	assert_int_equal(PKCS7_set_content(pkcs7, content), 1);
}

static void add_signer(PKCS7 *pkcs7, const struct signer *signer)
{
	PKCS7_SIGNER_INFO *info;

	info = PKCS7_sign_add_signer(pkcs7, signer->certificate, signer->key,
				     EVP_sha256(),
				     PKCS7_BINARY | PKCS7_NOSMIMECAP);
	assert_non_null(info);
	assert_int_equal(PKCS7_add_signed_attribute(info, NID_pkcs9_contentType,
						    V_ASN1_OBJECT,
						    OBJ_txt2obj(INDIRECT_DATA,
								1)), 1);
}

static PKCS7 *make_pkcs7(const struct signing *signing, const EVP_MD *md,
			 const uint8_t *digest)
{
	PKCS7 *pkcs7 = PKCS7_new();
	uint8_t *der;
	int len;

	PKCS7_set_type(pkcs7, NID_pkcs7_signed);
	add_signer(pkcs7, signing->by);
	if (signing->also)
		add_signer(pkcs7, signing->also);
	if (signing->with)
		assert_int_equal(PKCS7_add_certificate(pkcs7,
						       signing->with->certificate),
				 1);
	if (signing->content) {
		set_content(pkcs7, signing->type, signing->content,
			    signing->content_len);
		return pkcs7;
	}
	len = make_content(&der, md, digest);
	set_content(pkcs7, signing->type, der, len);
	free(der);
	return pkcs7;
}

/**
 * signer_add_entry() - add an entry to the certificate table
 * @image: the file
 * @type: the entry's type
 * @bytes: the entry's bytes after its head
 * @len: bytes of @bytes
 */
void signer_add_entry(struct image *image, uint16_t type, const uint8_t *bytes,
		      size_t len)
{
	uint8_t *directory = image->bytes + IMAGE_SECURITY;
	uint8_t *entry = image->bytes + image->size;
	size_t size = (ENTRY_HEAD + len + 7) / 8 * 8;

	assert_true(size <= IMAGE_MAX - image->size);
	put_le32(entry, ENTRY_HEAD + len);
	put_le16(entry + 4, 0x200);
	put_le16(entry + 6, type);
	memcpy(entry + ENTRY_HEAD, bytes, len);
	if (!get_le32(directory))
		put_le32(directory, image->size);
	put_le32(directory + 4, get_le32(directory + 4) + size);
	image->size += size;
}

/**
 * signer_sign() - add a signature
 * @image: the file, with all its sections
 * @signing: the signer, and the kind of signature
 */
void signer_sign(struct image *image, const struct signing *signing)
{
	static const uint8_t guid[16] = {
		0x9d, 0xd2, 0xaf, 0x4a, 0xdf, 0x68, 0xee, 0x49,
		0x8a, 0xa9, 0x34, 0x7d, 0x37, 0x56, 0x65, 0xa7,
	};
	const EVP_MD *md = signing->md ? signing->md : EVP_sha256();
	uint8_t digest[EVP_MAX_MD_SIZE], *der = NULL, *entry;
	struct pe_fault fault;
	struct pe pe;
	PKCS7 *pkcs7;
	int len;

	assert_int_equal(image_parse(image, &pe, &fault), 0);
	assert_int_equal(authenticode_digest(&pe, md, digest, &fault), 0);
	pe_close(&pe);
	pkcs7 = make_pkcs7(signing, md, signing->digest ? signing->digest :
			   digest);
	if (signing->kind)
		pkcs7->d.sign->contents->d.other->type = signing->kind;
	if (signing->hash)
		X509_ALGOR_set0(sk_X509_ALGOR_value(pkcs7->d.sign->md_algs, 0),
				OBJ_txt2obj(signing->hash, 1), V_ASN1_NULL,
				NULL);
	if (signing->no_signers) {
		PKCS7_SIGNER_INFO_free(
			sk_PKCS7_SIGNER_INFO_pop(pkcs7->d.sign->signer_info));
		assert_int_equal(sk_PKCS7_SIGNER_INFO_num(
					 pkcs7->d.sign->signer_info), 0);
	}
	if (signing->damage) {
		ASN1_STRING *content;

		content = pkcs7->d.sign->contents->d.other->value.sequence;
		content->data[signing->damage] ^= 1;
	}
	len = i2d_PKCS7(pkcs7, &der);
	assert_true(len > 0);
	PKCS7_free(pkcs7);
	entry = calloc(1, sizeof(guid) + len);
	assert_non_null(entry);
	memcpy(entry, guid, sizeof(guid));
	memcpy(entry + (signing->guid ? sizeof(guid) : 0), der, len);
	signer_add_entry(image, signing->guid ? 0x0ef1 : 2, entry,
			 len + (signing->guid ? sizeof(guid) : 0));
	free(entry);
	OPENSSL_free(der);
}

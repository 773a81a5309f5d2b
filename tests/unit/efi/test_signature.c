// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The certificate table and its signatures: those that firmware would read, the
 * bytes that they sign, and their chains of certificates.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <cmocka.h>

#include "efi/signature.h"
#include "shared/bytes.h"
#include "shared/macro.h"
#include "signer.h"

static struct image image;
static long allocations_left = -1;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
	return allocations_left ? __real_malloc(size) : NULL;
}

/* The byte after each object that libcrypto allocates; -1: any byte. */
static int byte_after = -1;
/* Number of libcrypto's allocations before one fails; -1: none fails. */
static long crypto_left = -1;
/* Only one allocation fails; false: all later ones do, too. */
static bool crypto_recovers;

static bool starves_crypto(void)
{
	bool starves = !crypto_left;

	if (crypto_left > 0 || (starves && crypto_recovers))
		crypto_left--;
	return starves;
}

static void *allocate_for_crypto(size_t size, const char *file, int line)
{
	uint8_t *p;

	(void)file;
	(void)line;
	if (!size || starves_crypto())
		return NULL;
	p = __real_malloc(size + (byte_after >= 0));
	if (p && byte_after >= 0)
		p[size] = byte_after;
	return p;
}

static void *resize_for_crypto(void *p, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return starves_crypto() ? NULL : realloc(p, size);
}

static void free_for_crypto(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

/* libcrypto has no memory for its next checks of a chain. */
static bool no_chain;

int __real_X509_verify_cert(X509_STORE_CTX *context);
int __wrap_X509_verify_cert(X509_STORE_CTX *context);
int __wrap_X509_verify_cert(X509_STORE_CTX *context)
{
	if (!no_chain)
		return __real_X509_verify_cert(context);
	ERR_raise(ERR_LIB_X509, ERR_R_MALLOC_FAILURE);
	X509_STORE_CTX_set_error(context, X509_V_ERR_UNSPECIFIED);
	return 0;
}

static int begin(void **state)
{
	(void)state;
	image_begin(&image, true);
	image_add(&image, ".text", "code", 4);
	return 0;
}

static int read_table(struct signatures *signatures, struct pe_fault *fault)
{
	struct pe pe;
	int err;

	assert_int_equal(image_parse(&image, &pe, fault), 0);
	fault->text = "an earlier fault";
	err = signatures_open(signatures, &pe, fault);
	pe_close(&pe);
	return err;
}

static void refused(const char *text)
{
	struct signatures signatures;
	struct pe_fault fault;

	assert_int_equal(read_table(&signatures, &fault), -EINVAL);
	if (!fault.text || !strstr(fault.text, text))
		fail_msg("'%s' instead of '%s'", fault.text, text);
	/* No signature remains for the caller to close. */
	assert_int_equal(signatures.nr, 0);
}

static void accepted(unsigned int nr)
{
	struct signatures signatures;
	struct pe_fault fault;

	assert_int_equal(read_table(&signatures, &fault), 0);
	assert_int_equal(signatures.nr, nr);
	signatures_close(&signatures);
}

static uint8_t *table(void)
{
	return image.bytes + get_le32(image.bytes + IMAGE_SECURITY);
}

static void test_none(void **state)
{
	struct signatures signatures;
	struct pe_fault fault;

	(void)state;
	assert_int_equal(read_table(&signatures, &fault), 0);
	assert_int_equal(signatures.nr, 0);
	/* Entries of other types do not count. */
	signer_add_entry(&image, 1, (const uint8_t *)"X.509", 5);
	signer_add_entry(&image, 0x0ef1, (const uint8_t *)
			 "another GUID of 16, and what it names", 36);
	signer_add_entry(&image, 0x0ef0, (const uint8_t *)"1", 1);
	assert_int_equal(read_table(&signatures, &fault), 0);
	assert_int_equal(signatures.nr, 0);
}

static void test_kinds(void **state)
{
	const EVP_MD *mds[] = { EVP_sha256(), EVP_sha384(), EVP_sha512() };
	struct signing signing = { .by = &root };
	struct signatures signatures;
	struct pe_fault fault;
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		signing.md = mds[i];
		signing.guid = i == 1;
		signer_sign(&image, &signing);
	}
	/* Firmware no longer accepts SHA-1. */
	signer_sign(&image, &(struct signing) { .by = &root,
						.md = EVP_sha1() });
	assert_int_equal(read_table(&signatures, &fault), 0);
	assert_int_equal(signatures.nr, 4);
	for (i = 0; i < 3; i++) {
		assert_ptr_equal(signatures.v[i].md, mds[i]);
		assert_int_equal(signature_is_genuine(&signatures.v[i]), 1);
	}
	assert_null(signatures.v[3].md);
	signatures_close(&signatures);
}

static void test_chain(void **state)
{
	struct signatures signatures;
	const struct signature *long_one = &signatures.v[0];
	const struct signature *bare = &signatures.v[1];
	struct pe_fault fault;

	(void)state;
	signer_sign(&image, &(struct signing) { .by = &leaf,
						.with = &middle });
	signer_sign(&image, &(struct signing) { .by = &leaf });
	assert_int_equal(read_table(&signatures, &fault), 0);
	assert_int_equal(signatures.nr, 2);
	assert_int_equal(signature_chain(long_one, leaf.certificate), 1);
	assert_int_equal(signature_chain(long_one, middle.certificate), 1);
	assert_int_equal(signature_chain(long_one, root.certificate), 1);
	assert_int_equal(signature_chain(long_one, other.certificate), 0);
	/* Without the certificate of "middle", no chain leads to the root. */
	assert_int_equal(signature_chain(bare, middle.certificate), 1);
	assert_int_equal(signature_chain(bare, root.certificate), 0);
	signatures_close(&signatures);
}

/* The certificates of all signers must lead to the anchor, in any order. */
static void test_two_signers(void **state)
{
	struct signatures signatures;
	const struct signature *strangers = &signatures.v[0];
	const struct signature *related = &signatures.v[1];
	struct pe_fault fault;

	(void)state;
	signer_sign(&image, &(struct signing) { .by = &middle, .also = &other });
	signer_sign(&image, &(struct signing) { .by = &leaf, .also = &middle });
	assert_int_equal(read_table(&signatures, &fault), 0);
	assert_int_equal(signatures.nr, 2);
	assert_int_equal(signature_is_genuine(strangers), 1);
	assert_int_equal(signature_is_genuine(related), 1);
	/* DER sorts the signers, so the first of them may be either. */
	assert_int_equal(signature_chain(strangers, root.certificate), 0);
	assert_int_equal(signature_chain(strangers, other.certificate), 0);
	assert_int_equal(signature_chain(related, root.certificate), 1);
	signatures_close(&signatures);
}

/* Another call of libcrypto has left an error. Only errors of this check count. */
static void test_errors_of_libcrypto(void **state)
{
	struct signatures signatures;
	const struct signature *one = &signatures.v[0];
	struct pe_fault fault;

	(void)state;
	signer_sign(&image, &(struct signing) { .by = &leaf,
						.with = &middle });
	assert_int_equal(read_table(&signatures, &fault), 0);
	ERR_raise(ERR_LIB_X509, ERR_R_MALLOC_FAILURE);
	assert_int_equal(signature_chain(one, other.certificate), 0);
	ERR_raise(ERR_LIB_X509, ERR_R_MALLOC_FAILURE);
	assert_int_equal(signature_chain(one, root.certificate), 1);
	ERR_raise(ERR_LIB_X509, ERR_R_MALLOC_FAILURE);
	assert_int_equal(signature_is_genuine(one), 1);
	no_chain = true;
	assert_int_equal(signature_chain(one, root.certificate), -ENOMEM);
	no_chain = false;
	assert_int_equal(signature_chain(one, root.certificate), 1);
	signatures_close(&signatures);
}

/* Firmware does not check the own signature of a certificate that it trusts. */
static void test_anchor_as_it_is(void **state)
{
	struct signatures signatures;
	struct pe_fault fault;
	const uint8_t *p = root.der;
	X509 *anchor;

	(void)state;
	signer_sign(&image, &(struct signing) { .by = &leaf, .with = &middle });
	assert_int_equal(read_table(&signatures, &fault), 0);
	/* The signature is at the end. */
	root.der[root.len - 1] ^= 1;
	anchor = d2i_X509(NULL, &p, root.len);
	root.der[root.len - 1] ^= 1;
	assert_non_null(anchor);
	assert_int_equal(X509_verify(anchor, root.key), 0);
	assert_int_equal(signature_chain(&signatures.v[0], anchor), 1);
	X509_free(anchor);
	signatures_close(&signatures);
}

/* No chain leads through a certificate that may not sign others. */
static void test_no_authority(void **state)
{
	struct signatures signatures;
	struct signer below;
	struct pe_fault fault;

	(void)state;
	signer_make(&below, "below", &leaf, NULL);
	signer_sign(&image, &(struct signing) { .by = &below, .with = &leaf });
	assert_int_equal(read_table(&signatures, &fault), 0);
	assert_int_equal(signature_is_genuine(&signatures.v[0]), 1);
	assert_int_equal(signature_chain(&signatures.v[0], leaf.certificate), 0);
	signatures_close(&signatures);
	signer_free(&below);
}

/* A signature of changed content is not genuine. */
static void test_damaged(void **state)
{
	struct signatures signatures;
	struct pe_fault fault;

	(void)state;
	/* Change the last byte of the first OID, then the last byte of the digest. */
	signer_sign(&image, &(struct signing) { .by = &root, .damage = 15 });
	signer_sign(&image, &(struct signing) { .by = &root, .damage = 68 });
	assert_int_equal(read_table(&signatures, &fault), 0);
	assert_int_equal(signatures.nr, 2);
	assert_int_equal(signature_is_genuine(&signatures.v[0]), 0);
	assert_int_equal(signature_is_genuine(&signatures.v[1]), 0);
	signatures_close(&signatures);
}

/* An error that an earlier call left says nothing about this signature. */
static void test_earlier_errors(void **state)
{
	struct signatures signatures;
	struct pe_fault fault;
	unsigned int i;

	(void)state;
	/* No hash function has this OID. */
	signer_sign(&image, &(struct signing) { .by = &root,
						.hash = "1.2.3.4" });
	signer_sign(&image, &(struct signing) { .by = &root, .damage = 68 });
	ERR_raise(ERR_LIB_X509, ERR_R_MALLOC_FAILURE);
	assert_int_equal(read_table(&signatures, &fault), 0);
	assert_int_equal(signatures.nr, 2);
	for (i = 0; i < 2; i++) {
		ERR_raise(ERR_LIB_X509, ERR_R_MALLOC_FAILURE);
		assert_int_equal(signature_is_genuine(&signatures.v[i]), 0);
		ERR_raise(ERR_LIB_X509, ERR_R_MALLOC_FAILURE);
		assert_int_equal(signature_chain(&signatures.v[i],
						 other.certificate), 0);
	}
	signatures_close(&signatures);
}

/*
 * If libcrypto has no memory, a signature looks neither forged nor foreign. The
 * test lets only early allocations fail: after later ones, libcrypto 3.0 leaks.
 */
static void test_starved(void **state)
{
	struct signatures signatures, others;
	struct pe_fault fault;
	int opened, genuine, chain;
	unsigned int i;

	(void)state;
	signer_sign(&image, &(struct signing) { .by = &root });
	assert_int_equal(read_table(&signatures, &fault), 0);
	for (i = 0; i < 6; i++) {
		crypto_recovers = i % 2;
		crypto_left = i / 2;
		opened = read_table(&others, &fault);
		crypto_left = i / 2;
		genuine = signature_is_genuine(&signatures.v[0]);
		crypto_left = i / 2;
		chain = signature_chain(&signatures.v[0], root.certificate);
		crypto_left = -1;
		if (!opened)
			signatures_close(&others);
		/* libcrypto can do without some allocations. */
		assert_true(opened == -ENOMEM || (!opened && crypto_recovers));
		assert_null(fault.text);
		assert_true(genuine == -ENOMEM ||
			    (genuine == 1 && crypto_recovers));
		assert_true(chain == -ENOMEM ||
			    (chain == 1 && crypto_recovers));
	}
	signatures_close(&signatures);
}

/* Add a signature of data instead of a program. */
static void sign_data(void)
{
	BIO *data = BIO_new_mem_buf("data", 4);
	uint8_t *der = NULL;
	PKCS7 *pkcs7;
	int len;

	pkcs7 = PKCS7_sign(root.certificate, root.key, NULL, data,
			   PKCS7_BINARY);
	assert_non_null(pkcs7);
	len = i2d_PKCS7(pkcs7, &der);
	assert_true(len > 0);
	signer_add_entry(&image, 2, der, len);
	OPENSSL_free(der);
	PKCS7_free(pkcs7);
	BIO_free(data);
}

/* Entries without the structure of a program's signature. */
static void test_no_signature(void **state)
{
	/*
	 * Offsets of the content's length, of the tag and the length of
	 * SpcPeImageData, and of the tag and the length of the DigestInfo.
	 */
	static const size_t damages[] = { 1, 2, 3, 18, 19 };
	uint8_t *entry;
	size_t i, size;

	(void)state;
	signer_add_entry(&image, 2, (const uint8_t *)"no DER", 6);
	refused("table is not a signature of a program");
	begin(NULL);
	sign_data();
	refused("table is not a signature of a program");
	for (i = 0; i < ARRAY_SIZE(damages); i++) {
		begin(NULL);
		signer_sign(&image, &(struct signing) { .by = &root,
							.damage = damages[i] });
		refused("table is not a signature of a program");
	}
	/* An entry that is cut within its DER. */
	begin(NULL);
	signer_sign(&image, &(struct signing) { .by = &root });
	entry = table();
	size = get_le32(entry);
	put_le32(entry, size - 8);
	put_le32(image.bytes + IMAGE_SECURITY + 4, (size - 8 + 7) / 8 * 8);
	refused("table is not a signature of a program");
}

/* An SpcPeImageData without content. */
static const uint8_t pe_image_data[] = {
	0x30, 0x0e, 0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04,
	0x01, 0x82, 0x37, 0x02, 0x01, 0x0f, 0x30, 0x00,
};
/* The head of a DigestInfo, with SHA-256 as its algorithm. */
static const uint8_t digest_info[] = {
	0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
	0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20,
};
/* Offsets in the content, which begins with the two bytes of its own head. */
#define IMAGE_DATA	2
#define INFO		(IMAGE_DATA + sizeof(pe_image_data))
#define ALGORITHM	(INFO + 14)
#define DIGEST_LENGTH	(INFO + sizeof(digest_info) - 1)
#define DIGEST		(INFO + sizeof(digest_info))

/* Make a content with a digest of @len bytes, and @more bytes after it. */
static size_t make_content(uint8_t *p, size_t len, size_t more)
{
	memset(p, 0, DIGEST + len + more);
	p[0] = 0x30;
	p[1] = DIGEST - IMAGE_DATA + len + more;
	memcpy(p + IMAGE_DATA, pe_image_data, sizeof(pe_image_data));
	memcpy(p + INFO, digest_info, sizeof(digest_info));
	p[INFO + 1] += len - 32;
	p[DIGEST_LENGTH] = len;
	memset(p + DIGEST, 0xd1, len);
	return DIGEST + len + more;
}

/* Signed contents that are well-formed DER, but not as firmware reads them. */
static void test_content(void **state)
{
	static const struct {
		size_t len, more, at;
		uint8_t byte;
		bool good;
	} all[] = {
		{ 32, 0, 0, 0x30, true },
		/* Bytes after the DigestInfo; a digest of another length. */
		{ 32, 1, 0, 0x30, false },
		{ 31, 0, 0, 0x30, false },
		{ 33, 0, 0, 0x30, false },
		/* A digest by an unknown algorithm has at most 64 bytes. */
		{ 1, 0, ALGORITHM, 0x7f, true },
		{ 64, 0, ALGORITHM, 0x7f, true },
		{ 65, 0, ALGORITHM, 0x7f, false },
		/* SpcPeImageData has another tag, form or class. */
		{ 32, 0, IMAGE_DATA, 0x28, false },
		{ 32, 0, IMAGE_DATA, 0x31, false },
		{ 32, 0, IMAGE_DATA, 0x10, false },
		{ 32, 0, IMAGE_DATA, 0x70, false },
	};
	/* The types are not SPC_INDIRECT_DATA_OBJID. */
	static const char *const types[] = {
		"1.3.6.1.4.1.311.2.1.5", "1.3.6.1.4.1.311.2.1",
		"1.3.6.1.4.1.311.2.1.4.1",
	};
	/* The content is a string with the bytes of a SEQUENCE. */
	static const int kinds[] = { V_ASN1_OCTET_STRING, V_ASN1_IA5STRING };
	struct signing signing = { .by = &root };
	uint8_t content[256];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all); i++) {
		begin(state);
		signing.content = content;
		signing.content_len = make_content(content, all[i].len,
						   all[i].more);
		content[all[i].at] = all[i].byte;
		signer_sign(&image, &signing);
		if (all[i].good)
			accepted(1);
		else
			refused("table is not a signature of a program");
	}
	/* The content ends before the DigestInfo. */
	begin(state);
	content[1] = INFO - IMAGE_DATA;
	memcpy(content + IMAGE_DATA, pe_image_data, sizeof(pe_image_data));
	signing.content_len = INFO;
	signer_sign(&image, &signing);
	refused("table is not a signature of a program");
	/* The content is elsewhere. */
	begin(state);
	signing.content_len = 0;
	signer_sign(&image, &signing);
	refused("table is not a signature of a program");
	signing.content = NULL;
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		begin(state);
		signing.type = types[i];
		signer_sign(&image, &signing);
		/* This byte would complete the OID that lacks the last one. */
		byte_after = 4;
		refused("table is not a signature of a program");
		byte_after = -1;
	}
	signing.type = NULL;
	/* Nobody has signed the content. */
	begin(state);
	signing.no_signers = true;
	signer_sign(&image, &signing);
	refused("table is not a signature of a program");
	signing.no_signers = false;
	/* SpcPeImageData has no definite length, and the DigestInfo follows its head. */
	begin(state);
	signing.content_len = make_content(content, 32, 0);
	memmove(content + IMAGE_DATA + 2, content + INFO,
		signing.content_len - INFO);
	signing.content_len -= INFO - IMAGE_DATA - 2;
	content[1] = signing.content_len - IMAGE_DATA;
	content[IMAGE_DATA + 1] = 0x80;
	signing.content = content;
	signer_sign(&image, &signing);
	refused("table is not a signature of a program");
	signing.content = NULL;
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		begin(state);
		signing.kind = kinds[i];
		signer_sign(&image, &signing);
		refused("table is not a signature of a program");
	}
}

static void test_table(void **state)
{
	uint32_t size;
	unsigned int i;

	(void)state;
	signer_sign(&image, &(struct signing) { .by = &root });
	size = get_le32(image.bytes + IMAGE_SECURITY + 4);
	/* A table that is cut short. */
	put_le32(image.bytes + IMAGE_SECURITY + 4, size - 8);
	refused("at least 8 bytes");
	put_le32(image.bytes + IMAGE_SECURITY + 4, 8);
	refused("ends within an entry");
	/* Bytes after the last entry. */
	put_le32(image.bytes + IMAGE_SECURITY + 4, size + 8);
	image.size += 8;
	refused("ends within an entry");
	put_le32(image.bytes + IMAGE_SECURITY + 4, size);
	image.size -= 8;
	/* Invalid lengths of entries. */
	put_le32(table(), 7);
	refused("at least 8 bytes");
	put_le32(table(), size + 1);
	refused("at least 8 bytes");
	put_le32(table(), 0xffffffff);
	refused("at least 8 bytes");
	put_le32(table(), 8);
	refused("ends before its signature begins");
	put_le16(table() + 6, 0x0ef1);
	put_le32(table(), 24);
	refused("ends before its signature begins");
	/* Even an entry of another type must not be empty at the end of the table. */
	begin(NULL);
	signer_add_entry(&image, 1, (const uint8_t *)"", 0);
	refused("ends within an entry");
	/* The padding after an entry belongs to the table. */
	begin(NULL);
	signer_add_entry(&image, 1, (const uint8_t *)"12345678", 9);
	put_le32(image.bytes + IMAGE_SECURITY + 4, 17);
	refused("at least 8 bytes");
	begin(NULL);
	for (i = 0; i < 64; i++)
		signer_add_entry(&image, 1, (const uint8_t *)"1", 1);
	accepted(0);
	signer_add_entry(&image, 1, (const uint8_t *)"1", 1);
	refused("more than 64 entries");
	begin(NULL);
	for (i = 0; i < SIGNATURES_MOST; i++)
		signer_sign(&image, &(struct signing) { .by = &root });
	accepted(SIGNATURES_MOST);
	signer_sign(&image, &(struct signing) { .by = &root });
	refused("more than 16 signatures");
}

/* Read an entry whose head has the size at @arg. */
static int read_huge(void *arg, uint64_t offset, void *buf, size_t len)
{
	const uint32_t *size = arg;

	(void)offset;
	assert_true(len <= SIGNATURE_MOST_BYTES);
	memset(buf, 0, len);
	put_le32(buf, *size);
	return 0;
}

static void test_large(void **state)
{
	uint32_t size = SIGNATURE_MOST_BYTES;
	struct signatures signatures;
	struct pe_fault fault;
	struct pe pe = {
		.read = read_huge,
		.arg = &size,
		.size = 1u << 20,
		.security_offset = 4096,
		.security_size = SIGNATURE_MOST_BYTES,
	};

	(void)state;
	assert_int_equal(signatures_open(&signatures, &pe, &fault), 0);
	assert_int_equal(signatures.nr, 0);
	size++;
	pe.security_size += 8;
	assert_int_equal(signatures_open(&signatures, &pe, &fault), -EINVAL);
	assert_non_null(strstr(fault.text, "more than 64 KiB"));
}

static void test_errors(void **state)
{
	struct signatures signatures;
	struct pe_fault fault;

	(void)state;
	/* A file without signatures needs no memory for them. */
	allocations_left = 0;
	accepted(0);
	allocations_left = -1;
	signer_sign(&image, &(struct signing) { .by = &root });
	image.err = -EIO;
	image.bad = get_le32(image.bytes + IMAGE_SECURITY);
	assert_int_equal(read_table(&signatures, &fault), -EIO);
	assert_null(fault.text);
	/* Now the bytes after the head of the entry are unreadable. */
	image.bad += 8;
	assert_int_equal(read_table(&signatures, &fault), -EIO);
	image.bad = SIZE_MAX;
	allocations_left = 0;
	assert_int_equal(read_table(&signatures, &fault), -ENOMEM);
	allocations_left = -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_none, begin),
		cmocka_unit_test_setup(test_kinds, begin),
		cmocka_unit_test_setup(test_chain, begin),
		cmocka_unit_test_setup(test_two_signers, begin),
		cmocka_unit_test_setup(test_errors_of_libcrypto, begin),
		cmocka_unit_test_setup(test_anchor_as_it_is, begin),
		cmocka_unit_test_setup(test_no_authority, begin),
		cmocka_unit_test_setup(test_damaged, begin),
		cmocka_unit_test_setup(test_earlier_errors, begin),
		cmocka_unit_test_setup(test_starved, begin),
		cmocka_unit_test_setup(test_no_signature, begin),
		cmocka_unit_test(test_content),
		cmocka_unit_test_setup(test_table, begin),
		cmocka_unit_test_setup(test_large, begin),
		cmocka_unit_test_setup(test_errors, begin),
	};

	/* Later, libcrypto would refuse other functions. */
	if (!CRYPTO_set_mem_functions(allocate_for_crypto, resize_for_crypto,
				      free_for_crypto))
		return 1;
	return cmocka_run_group_tests_name("efi signature", tests,
					   signer_make_all, signer_free_all);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Secure Boot's answer about a program, by each list and for each signature.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <cmocka.h>

#include "efi/authenticode.h"
#include "efi/permission.h"
#include "shared/bytes.h"
#include "shared/macro.h"
#include "signer.h"

#define MODULES		"1.3.6.1.4.1.2312.16.1.2"
#define LISTS		8192

static const uint8_t x509[] =
	"\xa1\x59\xc0\xa5\xe4\x94\xa7\x4a\x87\xb5\xab\x15\x5c\x2b\xf0\x72";
/* The types of lists with digests, by SHA-256, SHA-384 and SHA-512. */
static const uint8_t *const digests[] = {
	(const uint8_t *)
	"\x26\x16\xc4\xc1\x4c\x50\x92\x40\xac\xa9\x41\xf9\x36\x93\x43\x28",
	(const uint8_t *)
	"\x07\x53\x3e\xff\xd0\x9f\xc9\x48\x85\xf1\x8a\xd5\x6c\x70\x1e\x01",
	(const uint8_t *)
	"\xae\x0f\x3e\x09\xc4\xa6\x50\x4f\x9f\x1b\xd4\x1e\x2b\x89\xc1\x9a",
};
static const uint8_t *const certificate_digests[] = {
	(const uint8_t *)
	"\x92\xa4\xd2\x3b\xc0\x96\x79\x40\xb4\x20\xfc\xf9\x8e\xf1\x03\xed",
	(const uint8_t *)
	"\x6e\x87\x76\x70\xc2\x80\xe6\x4e\xaa\xd2\x28\xb3\x49\xa6\x86\x5b",
	(const uint8_t *)
	"\x63\xbf\x6d\x44\x02\x25\xda\x4c\xbc\xfa\x24\x65\xd2\xb0\xfe\x9d",
};

static struct image image;
static const EVP_MD *mds[3];

/* Lists of one test. */
enum { DB, DBX, MOK, MOKX, NR_LISTS };
static uint8_t lists[NR_LISTS][LISTS];
static size_t used[NR_LISTS];

/* Certificates, and extensions, that libcrypto reads before it fails once. */
static unsigned int certificates_left = UINT_MAX, extensions_left = UINT_MAX;

static bool starves(unsigned int *left)
{
	if ((*left)--)
		return false;
	ERR_raise(ERR_LIB_X509, ERR_R_MALLOC_FAILURE);
	/* An effect of the failure. */
	ERR_raise(ERR_LIB_X509, ERR_R_NESTED_ASN1_ERROR);
	return true;
}

X509 *__real_d2i_X509(X509 **certificate, const uint8_t **der, long len);
X509 *__wrap_d2i_X509(X509 **certificate, const uint8_t **der, long len);
X509 *__wrap_d2i_X509(X509 **certificate, const uint8_t **der, long len)
{
	return starves(&certificates_left) ? NULL :
					     __real_d2i_X509(certificate, der, len);
}

void *__real_X509_get_ext_d2i(const X509 *certificate, int nid, int *critical,
			      int *index);
void *__wrap_X509_get_ext_d2i(const X509 *certificate, int nid, int *critical,
			      int *index);
void *__wrap_X509_get_ext_d2i(const X509 *certificate, int nid, int *critical,
			      int *index)
{
	return starves(&extensions_left) ? NULL :
	       __real_X509_get_ext_d2i(certificate, nid, critical, index);
}

static int make_signers(void **state)
{
	mds[0] = EVP_sha256();
	mds[1] = EVP_sha384();
	mds[2] = EVP_sha512();
	return signer_make_all(state);
}

static void no_lists(void)
{
	memset(used, 0, sizeof(used));
}

static void no_signatures(void)
{
	image_begin(&image, true);
	image_add(&image, ".efifw", "firmware", 8);
}

static int begin(void **state)
{
	(void)state;
	no_lists();
	no_signatures();
	return 0;
}

static void add(unsigned int list, const uint8_t *type, const uint8_t *data,
		size_t len)
{
	uint8_t *p = lists[list] + used[list];

	assert_true(len + 44 <= LISTS - used[list]);
	memcpy(p, type, 16);
	put_le32(p + 16, 44 + len);
	put_le32(p + 20, 0);
	put_le32(p + 24, 16 + len);
	memset(p + 28, 0, 16);
	memcpy(p + 44, data, len);
	used[list] += 44 + len;
}

static void add_key(unsigned int list, const struct signer *signer)
{
	add(list, x509, signer->der, signer->len);
}

static void add_key_digest(unsigned int list, const struct signer *signer,
			   unsigned int algorithm)
{
	uint8_t bytes[EVP_MAX_MD_SIZE + 16] = { 0 };

	signer_tbs_digest(signer, mds[algorithm], bytes);
	add(list, certificate_digests[algorithm], bytes,
	    EVP_MD_size(mds[algorithm]) + 16);
}

/* Compute a digest of the program. */
static void compute(uint8_t *digest, unsigned int algorithm)
{
	struct pe_fault fault;
	struct pe pe;

	assert_int_equal(image_parse(&image, &pe, &fault), 0);
	assert_int_equal(authenticode_digest(&pe, mds[algorithm], digest,
					     &fault), 0);
	pe_close(&pe);
}

static void add_digest(unsigned int list, unsigned int algorithm)
{
	uint8_t digest[EVP_MAX_MD_SIZE];

	compute(digest, algorithm);
	add(list, digests[algorithm], digest, EVP_MD_size(mds[algorithm]));
}

static int ask(enum permission *permission, struct pe_fault *fault)
{
	const struct permission_keys keys = {
		.db = { lists[DB], used[DB] },
		.dbx = { lists[DBX], used[DBX] },
		.mok = { lists[MOK], used[MOK] },
		.mokx = { lists[MOKX], used[MOKX] },
	};
	struct pe pe;
	int err;

	assert_int_equal(image_parse(&image, &pe, fault), 0);
	err = permission_check(permission, &pe, &keys, fault);
	pe_close(&pe);
	return err;
}

static void answer_is(enum permission expected)
{
	enum permission permission;
	struct pe_fault fault;

	assert_int_equal(ask(&permission, &fault), 0);
	assert_int_equal(permission, expected);
}

static void sign(const struct signer *signer)
{
	signer_sign(&image, &(struct signing) { .by = signer });
}

static void test_unsigned(void **state)
{
	static const uint8_t none[EVP_MAX_MD_SIZE];

	(void)state;
	answer_is(PERMISSION_UNSIGNED);
	add_key(DB, &root);
	add_key(MOK, &other);
	answer_is(PERMISSION_UNSIGNED);
	/* The digest of another program counts in no list. */
	add(DB, digests[0], none, 32);
	add(DBX, digests[0], none, 32);
	add(MOK, digests[0], none, 32);
	add(MOKX, digests[0], none, 32);
	answer_is(PERMISSION_UNSIGNED);
	/* If a file has no signatures, only its SHA-256 digest counts. */
	add_digest(DB, 1);
	answer_is(PERMISSION_UNSIGNED);
	add_digest(DB, 0);
	answer_is(PERMISSION_GIVEN);
	add_digest(MOKX, 0);
	answer_is(PERMISSION_MOKX_DIGEST);
	add_digest(DBX, 0);
	answer_is(PERMISSION_DBX_DIGEST);
	no_lists();
	add_digest(MOK, 0);
	answer_is(PERMISSION_GIVEN);
	/* The tool has not computed the other digests. They must not count as zeroes. */
	add(DBX, digests[1], none, 48);
	add(DBX, digests[2], none, 64);
	answer_is(PERMISSION_GIVEN);
}

static void test_signed(void **state)
{
	(void)state;
	sign(&root);
	answer_is(PERMISSION_STRANGER);
	add_key(DB, &other);
	answer_is(PERMISSION_STRANGER);
	add_key(DB, &root);
	answer_is(PERMISSION_GIVEN);
	add_key(DBX, &other);
	add_key(MOKX, &other);
	answer_is(PERMISSION_GIVEN);
	add_key(MOKX, &root);
	answer_is(PERMISSION_MOKX_KEY);
	add_key(DBX, &root);
	answer_is(PERMISSION_DBX_KEY);
	no_lists();
	add_key(MOK, &root);
	answer_is(PERMISSION_GIVEN);
	/* Change a byte of the firmware, then a byte of the headers. */
	image.bytes[IMAGE_HEADERS] ^= 1;
	answer_is(PERMISSION_CHANGED);
	image.bytes[IMAGE_HEADERS] ^= 1;
	image.bytes[70] ^= 1;
	answer_is(PERMISSION_CHANGED);
}

static void test_chain(void **state)
{
	const struct signer *revoked[] = { &leaf, &middle, &root };
	uint8_t bytes[EVP_MAX_MD_SIZE];
	unsigned int i, algorithm;

	(void)state;
	signer_sign(&image, &(struct signing) { .by = &leaf,
						.with = &middle });
	add_key(DB, &root);
	answer_is(PERMISSION_GIVEN);
	for (i = 0; i < 3; i++) {
		no_lists();
		add_key(DB, &root);
		add_key(DBX, revoked[i]);
		answer_is(PERMISSION_DBX_KEY);
	}
	/* Revoke a certificate in the signature by its digest. */
	for (i = 0; i < 2; i++) {
		for (algorithm = 0; algorithm < 3; algorithm++) {
			no_lists();
			add_key(DB, &root);
			add_key_digest(DBX, &other, algorithm);
			answer_is(PERMISSION_GIVEN);
			add_key_digest(MOKX, revoked[i], algorithm);
			answer_is(PERMISSION_MOKX_KEY);
			add_key_digest(DBX, revoked[i], algorithm);
			answer_is(PERMISSION_DBX_KEY);
		}
	}
	/* Among digests of programs, the digest of a certificate does not count. */
	no_lists();
	add_key(DB, &root);
	signer_tbs_digest(&leaf, mds[0], bytes);
	add(DBX, digests[0], bytes, 32);
	answer_is(PERMISSION_GIVEN);
	/* The digest of a certificate in db allows nothing. */
	no_lists();
	add_key_digest(DB, &leaf, 0);
	answer_is(PERMISSION_STRANGER);
}

/* An entry counts at any place in its list. */
static void test_order_of_entries(void **state)
{
	static const struct {
		unsigned int list;
		enum permission by_digest, by_key;
	} all[] = {
		{ DBX, PERMISSION_DBX_DIGEST, PERMISSION_DBX_KEY },
		{ MOKX, PERMISSION_MOKX_DIGEST, PERMISSION_MOKX_KEY },
		{ DB, PERMISSION_GIVEN, PERMISSION_GIVEN },
		{ MOK, PERMISSION_GIVEN, PERMISSION_GIVEN },
	};
	static const uint8_t none[EVP_MAX_MD_SIZE];
	unsigned int i, list;

	(void)state;
	sign(&root);
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		list = all[i].list;
		no_lists();
		add_digest(list, 0);
		add(list, digests[0], none, 32);
		answer_is(all[i].by_digest);
		no_lists();
		add_key(list, &root);
		add_key(list, &other);
		answer_is(all[i].by_key);
		if (list == DB || list == MOK)
			continue;
		no_lists();
		add_key_digest(list, &root, 0);
		add_key_digest(list, &other, 0);
		answer_is(all[i].by_key);
	}
}

/* Lists revoke a program by the digest in its signature, or by its SHA-256 digest. */
static void test_algorithms(void **state)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		no_signatures();
		no_lists();
		/* The last byte of a digest counts, too. */
		compute(digest, i);
		digest[EVP_MD_size(mds[i]) - 1] ^= 1;
		signer_sign(&image, &(struct signing) { .by = &root,
							.md = mds[i],
							.digest = digest });
		answer_is(PERMISSION_CHANGED);
		no_signatures();
		signer_sign(&image, &(struct signing) { .by = &root,
							.md = mds[i] });
		add_key(DB, &root);
		answer_is(PERMISSION_GIVEN);
		add_digest(MOKX, 0);
		answer_is(PERMISSION_MOKX_DIGEST);
		add_digest(DBX, i);
		answer_is(PERMISSION_DBX_DIGEST);
	}
	no_signatures();
	no_lists();
	signer_sign(&image, &(struct signing) { .by = &root,
						.md = EVP_sha1() });
	add_key(DB, &root);
	answer_is(PERMISSION_CHANGED);
}

static void test_several(void **state)
{
	const struct signing changed = {
		.by = &root,
		.digest = (const uint8_t *)"a digest of another program, 32b",
	};

	(void)state;
	sign(&other);
	sign(&root);
	answer_is(PERMISSION_STRANGER);
	add_key(DB, &root);
	answer_is(PERMISSION_GIVEN);
	/* A revoked signature, before or after a good one, revokes the program. */
	add_key(DBX, &other);
	answer_is(PERMISSION_DBX_KEY);
	no_lists();
	add_key(DB, &other);
	add_key(MOKX, &root);
	answer_is(PERMISSION_MOKX_KEY);
	/* A signature with a wrong digest does not affect a good signature. */
	no_lists();
	no_signatures();
	add_key(DB, &root);
	signer_sign(&image, &changed);
	answer_is(PERMISSION_CHANGED);
	sign(&root);
	answer_is(PERMISSION_GIVEN);
	sign(&other);
	answer_is(PERMISSION_GIVEN);
	/* The same holds if it comes last. */
	signer_sign(&image, &changed);
	answer_is(PERMISSION_GIVEN);
	no_lists();
	answer_is(PERMISSION_STRANGER);
	/* db contains only the digest of the program. */
	no_lists();
	add_digest(DB, 0);
	answer_is(PERMISSION_GIVEN);
}

/* The digest in the signed content is right, but the signature is forged. */
static void test_forged(void **state)
{
	uint8_t digest[EVP_MAX_MD_SIZE];

	(void)state;
	compute(digest, 0);
	digest[31] ^= 1;
	/* Sign a digest with a wrong last byte, then correct that byte. */
	signer_sign(&image, &(struct signing) { .by = &root, .digest = digest,
						.damage = 68 });
	add_key(DB, &root);
	answer_is(PERMISSION_CHANGED);
}

/* shim accepts no program by a key for kernel modules, but firmware does. */
static void test_modules(void **state)
{
	static const struct {
		const char *usage;
		enum permission by_shim;
	} all[] = {
		{ MODULES, PERMISSION_STRANGER },
		{ "codeSigning," MODULES, PERMISSION_STRANGER },
		{ MODULES ",codeSigning", PERMISSION_STRANGER },
		{ "codeSigning", PERMISSION_GIVEN },
		/* Usages with names that begin alike. */
		{ MODULES "0", PERMISSION_GIVEN },
		{ MODULES ".1", PERMISSION_GIVEN },
	};
	struct signer signer;
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		no_lists();
		no_signatures();
		signer_make(&signer, "signer", NULL, all[i].usage);
		sign(&signer);
		add_key(MOK, &signer);
		answer_is(all[i].by_shim);
		add_key(DB, &signer);
		answer_is(PERMISSION_GIVEN);
		add_key(MOKX, &signer);
		answer_is(PERMISSION_MOKX_KEY);
		signer_free(&signer);
	}
}

/* Without memory, a certificate of a list must not look like a malformed one. */
static void test_no_memory(void **state)
{
	enum permission permission;
	struct pe_fault fault;
	unsigned int i;

	(void)state;
	sign(&leaf);
	add_key(DB, &leaf);
	add_key(DBX, &other);
	add_key(DBX, &leaf);
	for (i = 0; i < 2; i++) {
		certificates_left = i;
		assert_int_equal(ask(&permission, &fault), -ENOMEM);
		assert_null(fault.text);
	}
	/* The error is gone with the check that reported it. */
	answer_is(PERMISSION_DBX_KEY);
	no_lists();
	add_key(MOK, &leaf);
	extensions_left = 0;
	assert_int_equal(ask(&permission, &fault), -ENOMEM);
	answer_is(PERMISSION_GIVEN);
}

/* Entries of unknown types, and malformed certificates, neither allow nor revoke. */
static void test_odd_lists(void **state)
{
	uint8_t odd[16] = { 0xff }, digest[EVP_MAX_MD_SIZE];
	unsigned int list;

	(void)state;
	compute(digest, 0);
	/* The digest of the program, but as a certificate and as another type. */
	for (list = DB; list < NR_LISTS; list++) {
		add(list, x509, digest, AUTHENTICODE_SIZE);
		add(list, odd, digest, AUTHENTICODE_SIZE);
	}
	answer_is(PERMISSION_UNSIGNED);
	no_lists();
	sign(&root);
	for (list = DB; list < NR_LISTS; list++) {
		add(list, odd, root.der, root.len);
		add(list, x509, (const uint8_t *)"no certificate", 14);
		add(list, x509, root.der, root.len - 1);
	}
	answer_is(PERMISSION_STRANGER);
	add_key(DB, &root);
	answer_is(PERMISSION_GIVEN);
}

static void test_errors(void **state)
{
	enum permission permission;
	struct pe_fault fault;
	unsigned int list;

	(void)state;
	/* If a list is cut short, the check fails, but names no fault of the program. */
	for (list = DB; list < NR_LISTS; list++) {
		no_lists();
		no_signatures();
		sign(&leaf);
		add_key(list, &other);
		used[list]--;
		assert_int_equal(ask(&permission, &fault), -EINVAL);
		assert_null(fault.text);
		/* The same holds for an unsigned program. */
		no_signatures();
		assert_int_equal(ask(&permission, &fault), -EINVAL);
		assert_null(fault.text);
	}
	no_lists();
	no_signatures();
	image.err = -EIO;
	image.bad = IMAGE_HEADERS;
	assert_int_equal(ask(&permission, &fault), -EIO);
	no_signatures();
	sign(&leaf);
	add_key(DB, &leaf);
	image.err = -EIO;
	image.bad = IMAGE_HEADERS;
	assert_int_equal(ask(&permission, &fault), -EIO);
	image.bad = SIZE_MAX;
	/* The certificate table is cut short. */
	put_le32(image.bytes + IMAGE_SECURITY + 4,
		 get_le32(image.bytes + IMAGE_SECURITY + 4) - 8);
	assert_int_equal(ask(&permission, &fault), -EINVAL);
	assert_non_null(strstr(fault.text, "certificate table"));
	/* A cut table is an error even if db has the digest of the program. */
	add_digest(DB, 0);
	assert_int_equal(ask(&permission, &fault), -EINVAL);
}

/* Number of reads that begin at the first byte of the file. */
static unsigned int readings;

static int read_once(void *arg, uint64_t offset, void *buf, size_t len)
{
	if (!offset && readings++)
		return -EIO;
	return image_read(arg, offset, buf, len);
}

/* Sign by an algorithm, then judge the program, of which a second reading fails. */
static int check_with_one_reading(const EVP_MD *md)
{
	const struct permission_keys keys = { .db = { lists[DB], 0 } };
	enum permission permission;
	struct pe_fault fault;
	struct pe pe;
	int err;

	signer_sign(&image, &(struct signing) { .by = &root, .md = md });
	assert_int_equal(image_parse(&image, &pe, &fault), 0);
	pe.read = read_once;
	readings = 0;
	err = permission_check(&permission, &pe, &keys, &fault);
	pe_close(&pe);
	return err;
}

/* The check reads a program once for each algorithm, not for each signature. */
static void test_readings(void **state)
{
	(void)state;
	assert_int_equal(check_with_one_reading(mds[0]), 0);
	assert_int_equal(readings, 1);
	assert_int_equal(check_with_one_reading(mds[0]), 0);
	assert_int_equal(readings, 1);
	/* The second reading, for the digest by SHA-384, fails. */
	assert_int_equal(check_with_one_reading(mds[1]), -EIO);
	assert_int_equal(readings, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_unsigned, begin),
		cmocka_unit_test_setup(test_signed, begin),
		cmocka_unit_test_setup(test_chain, begin),
		cmocka_unit_test_setup(test_order_of_entries, begin),
		cmocka_unit_test_setup(test_algorithms, begin),
		cmocka_unit_test_setup(test_several, begin),
		cmocka_unit_test_setup(test_forged, begin),
		cmocka_unit_test_setup(test_modules, begin),
		cmocka_unit_test_setup(test_no_memory, begin),
		cmocka_unit_test_setup(test_odd_lists, begin),
		cmocka_unit_test_setup(test_errors, begin),
		cmocka_unit_test_setup(test_readings, begin),
	};

	return cmocka_run_group_tests_name("efi permission", tests,
					   make_signers, signer_free_all);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ID blocks: the signed bytes and their key. A signature is wrong after a
 * change of any byte. The test also reads files that have no suitable key.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <cmocka.h>

#include "attest/ecdsa-p384.h"
#include "attest/idblock.h"
#include "attest/launch-digest.h"
#include "base/exit.h"
#include "igvm/vmfw-igvm.h"
#include "file.h"
#include "shared/bytes.h"
#include "shared/macro.h"
#include "tree.h"

#define MASK		2u
#define OTHER		1u
#define POLICY		0x30000ull
#define NUMBER		72

/* Offsets in the content of the header. */
#define DIGEST_AT	8
#define VERSION_AT	88
#define ALGORITHM_AT	96
#define SIGNATURE_AT	104
#define KEY_AT		248
#define AUTHOR_SIGNATURE_AT	400
#define AUTHOR_KEY_AT	544

static struct file file;
static struct vmfw_igvm igvm;
static EVP_PKEY *keys[2];
static uint8_t digest[VMFW_IGVM_MAX_DIGEST];
static struct messages messages;
static char path[32];
static int fd;
static unsigned int descriptors;

/*
 * The calls of ecdsa_verify() and of EVP_PKEY_get_bn_param() that fail, counted
 * from 1; 0: none.
 */
static unsigned int verify_fails, number_fails;
/* The error of libcrypto if it makes no key; 0: it makes keys. */
static int key_fails;

int __real_ecdsa_verify(EVP_PKEY *key, const uint8_t *numbers,
			const uint8_t *bytes, size_t len, bool *right);
int __wrap_ecdsa_verify(EVP_PKEY *key, const uint8_t *numbers,
			const uint8_t *bytes, size_t len, bool *right);
int __wrap_ecdsa_verify(EVP_PKEY *key, const uint8_t *numbers,
			const uint8_t *bytes, size_t len, bool *right)
{
	assert_non_null(key);
	if (verify_fails && !--verify_fails)
		return -ENOMEM;
	return __real_ecdsa_verify(key, numbers, bytes, len, right);
}

int __real_EVP_PKEY_fromdata(EVP_PKEY_CTX *ctx, EVP_PKEY **key, int selection,
			     OSSL_PARAM *params);
int __wrap_EVP_PKEY_fromdata(EVP_PKEY_CTX *ctx, EVP_PKEY **key, int selection,
			     OSSL_PARAM *params);
int __wrap_EVP_PKEY_fromdata(EVP_PKEY_CTX *ctx, EVP_PKEY **key, int selection,
			     OSSL_PARAM *params)
{
	if (!key_fails)
		return __real_EVP_PKEY_fromdata(ctx, key, selection, params);
	/* libcrypto reports the cause first, and then its effect. */
	ERR_raise(ERR_LIB_EC, key_fails);
	ERR_raise(ERR_LIB_EC, ERR_R_BN_LIB);
	return 0;
}

int __real_EVP_PKEY_get_bn_param(const EVP_PKEY *key, const char *name,
				 BIGNUM **number);
int __wrap_EVP_PKEY_get_bn_param(const EVP_PKEY *key, const char *name,
				 BIGNUM **number);
int __wrap_EVP_PKEY_get_bn_param(const EVP_PKEY *key, const char *name,
				 BIGNUM **number)
{
	if (number_fails && !--number_fails)
		return 0;
	return __real_EVP_PKEY_get_bn_param(key, name, number);
}

/* Name of a function of libcrypto that fails without an error code, or NULL. */
static const char *failing;

static bool fails(const char *function)
{
	return failing && !strcmp(function, failing);
}

EVP_PKEY_CTX *__real_EVP_PKEY_CTX_new_from_name(OSSL_LIB_CTX *library,
						const char *name,
						const char *properties);
EVP_PKEY_CTX *__wrap_EVP_PKEY_CTX_new_from_name(OSSL_LIB_CTX *library,
						const char *name,
						const char *properties);
EVP_PKEY_CTX *__wrap_EVP_PKEY_CTX_new_from_name(OSSL_LIB_CTX *library,
						const char *name,
						const char *properties)
{
	return fails("EVP_PKEY_CTX_new_from_name") ? NULL :
	       __real_EVP_PKEY_CTX_new_from_name(library, name, properties);
}

int __real_EVP_PKEY_fromdata_init(EVP_PKEY_CTX *ctx);
int __wrap_EVP_PKEY_fromdata_init(EVP_PKEY_CTX *ctx);
int __wrap_EVP_PKEY_fromdata_init(EVP_PKEY_CTX *ctx)
{
	int result = __real_EVP_PKEY_fromdata_init(ctx);

	return fails("EVP_PKEY_fromdata_init") ? 0 : result;
}

EVP_MD_CTX *__real_EVP_MD_CTX_new(void);
EVP_MD_CTX *__wrap_EVP_MD_CTX_new(void);
EVP_MD_CTX *__wrap_EVP_MD_CTX_new(void)
{
	return fails("EVP_MD_CTX_new") ? NULL : __real_EVP_MD_CTX_new();
}

ECDSA_SIG *__real_ECDSA_SIG_new(void);
ECDSA_SIG *__wrap_ECDSA_SIG_new(void);
ECDSA_SIG *__wrap_ECDSA_SIG_new(void)
{
	return fails("ECDSA_SIG_new") ? NULL : __real_ECDSA_SIG_new();
}

int __real_ECDSA_SIG_set0(ECDSA_SIG *signature, BIGNUM *r, BIGNUM *s);
int __wrap_ECDSA_SIG_set0(ECDSA_SIG *signature, BIGNUM *r, BIGNUM *s);
int __wrap_ECDSA_SIG_set0(ECDSA_SIG *signature, BIGNUM *r, BIGNUM *s)
{
	return fails("ECDSA_SIG_set0") ? 0 :
	       __real_ECDSA_SIG_set0(signature, r, s);
}

ECDSA_SIG *__real_d2i_ECDSA_SIG(ECDSA_SIG **signature, const uint8_t **der,
				long len);
ECDSA_SIG *__wrap_d2i_ECDSA_SIG(ECDSA_SIG **signature, const uint8_t **der,
				long len);
ECDSA_SIG *__wrap_d2i_ECDSA_SIG(ECDSA_SIG **signature, const uint8_t **der,
				long len)
{
	return fails("d2i_ECDSA_SIG") ? NULL :
	       __real_d2i_ECDSA_SIG(signature, der, len);
}

int __real_i2d_ECDSA_SIG(const ECDSA_SIG *signature, uint8_t **der);
int __wrap_i2d_ECDSA_SIG(const ECDSA_SIG *signature, uint8_t **der);
int __wrap_i2d_ECDSA_SIG(const ECDSA_SIG *signature, uint8_t **der)
{
	return fails("i2d_ECDSA_SIG") ? -1 :
	       __real_i2d_ECDSA_SIG(signature, der);
}

/* Number of private keys that the tool has wiped from its buffers. */
static unsigned int wiped;

void __real_OPENSSL_cleanse(void *bytes, size_t len);
void __wrap_OPENSSL_cleanse(void *bytes, size_t len);
void __wrap_OPENSSL_cleanse(void *bytes, size_t len)
{
	static const char end[] = "-----END PRIVATE KEY-----";

	wiped += !!memmem(bytes, len, end, strlen(end));
	__real_OPENSSL_cleanse(bytes, len);
}

static int make_keys(void **state)
{
	(void)state;
	keys[0] = EVP_EC_gen("P-384");
	keys[1] = EVP_EC_gen("P-384");
	return keys[0] && keys[1] ? 0 : -1;
}

static int free_keys(void **state)
{
	(void)state;
	EVP_PKEY_free(keys[0]);
	EVP_PKEY_free(keys[1]);
	return 0;
}

static void parse(void)
{
	const struct vmfw_igvm_input input = {
		.head = file.bytes, .head_len = file.size, .size = file.size,
	};

	file_seal(&file);
	vmfw_igvm_check(&igvm, &input, NULL, NULL);
}

static int set_up(void **state)
{
	(void)state;
	memset(digest, 0xd1, sizeof(digest));
	digest[47] = 0xd2;
	messages_keep(&messages);
	fd = memfd_create("key", 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	descriptors = tree_count_descriptors();
	return 0;
}

/* No file may stay open. */
static int tear_down(void **state)
{
	(void)state;
	messages_free(&messages);
	assert_int_equal(tree_count_descriptors(), descriptors);
	return close(fd);
}

/*
 * Make a file for two platforms, each with its policy. If @content is not NULL,
 * the last header is the ID block.
 */
static uint8_t *begin(const uint8_t *content)
{
	unsigned int header;

	file_begin(&file, 1, 0);
	HEADER(&file, 0x001, 16, { 0, 4, OTHER }, { 6, 2, 1 },);
	/*
	 * This header has MASK where a policy has its mask, but is no policy.
	 */
	HEADER(&file, 0x001, 16, { 0, 4, MASK }, { 5, 1, 2 }, { 6, 2, 1 },
	       { 8, 8, MASK },);
	HEADER(&file, 0x101, 16, { 0, 8, 0x70000 }, { 8, 4, OTHER },);
	HEADER(&file, 0x101, 16, { 0, 8, POLICY }, { 8, 4, MASK },);
	HEADER(&file, 0x302, 24, { 8, 4, MASK | OTHER },);
	/* A VBS measurement has a higher number than an ID block. */
	HEADER(&file, 0x311, 864, { 0, 4, OTHER },);
	if (!content) {
		parse();
		return NULL;
	}
	header = HEADER(&file, 0x30b, VMFW_IGVM_ID_BLOCK_SIZE,);
	memcpy(file_content(&file, header), content, VMFW_IGVM_ID_BLOCK_SIZE);
	parse();
	return file_content(&file, header);
}

static uint8_t *begin_signed(void)
{
	uint8_t content[VMFW_IGVM_ID_BLOCK_SIZE];

	begin(NULL);
	assert_int_equal(id_block_make(&igvm, MASK, digest, keys[0], content),
			 0);
	return begin(content);
}

/* Add an author key, which signs the ID key. */
static void add_author(uint8_t *p)
{
	uint8_t content[VMFW_IGVM_ID_BLOCK_SIZE], vouched[0x404] = { 0 };

	assert_int_equal(id_block_make(&igvm, MASK, digest, keys[1], content),
			 0);
	memcpy(p + AUTHOR_KEY_AT, content + KEY_AT, 8 + 2 * NUMBER);
	memcpy(vouched, p + KEY_AT, 4);
	memcpy(vouched + 4, p + KEY_AT + 8, 2 * NUMBER);
	assert_int_equal(ecdsa_sign(keys[1], vouched, sizeof(vouched),
				    p + AUTHOR_SIGNATURE_AT), 0);
	p[4] = 1;
	put_le32(p + 100, 1);
	parse();
}

static void find(bool id_key, bool author_key)
{
	struct id_block block;

	memset(&block, 0x5a, sizeof(block));
	assert_int_equal(id_block_find(&igvm, &block), 0);
	assert_int_equal(block.header, 6);
	assert_int_equal(block.id_key, id_key);
	assert_int_equal(block.author_key, author_key);
}

static void written_bytes(void **state)
{
	uint8_t expected[VMFW_IGVM_ID_BLOCK_SIZE] = { 0 }, *p = begin_signed();
	struct id_block block;

	(void)state;
	put_le32(expected, MASK);
	memcpy(expected + DIGEST_AT, digest, sizeof(digest));
	put_le32(expected + VERSION_AT, 1);
	put_le32(expected + ALGORITHM_AT, 1);
	assert_memory_equal(p, expected, SIGNATURE_AT);
	/* The curve, a reserved word, two numbers of 48 bytes each. */
	assert_int_equal(get_le32(p + KEY_AT), 2);
	assert_int_equal(get_le32(p + KEY_AT + 4), 0);
	assert_memory_equal(p + KEY_AT + 8 + 48, expected + 200, 24);
	assert_memory_equal(p + KEY_AT + 8 + NUMBER + 48, expected + 200, 24);
	assert_memory_equal(p + KEY_AT + 8 + 2 * NUMBER, expected + 200,
			    VMFW_IGVM_ID_BLOCK_SIZE - KEY_AT - 8 - 2 * NUMBER);
	assert_int_equal(id_block_find(&igvm, &block), 0);
	assert_memory_equal(block.expected, digest, sizeof(digest));
	assert_false(block.has_author);
	find(true, false);
}

/*
 * Verify the signature as the specification describes, by libcrypto alone:
 * SHA-384 over 96 bytes.
 */
static void signed_bytes(void **state)
{
	uint8_t *p = begin_signed(), bytes[96], der[160], *end = der;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	ECDSA_SIG *signature = ECDSA_SIG_new();
	int len;

	(void)state;
	memcpy(bytes, p + DIGEST_AT, 88);
	put_le64(bytes + 88, POLICY);
	assert_int_equal(ECDSA_SIG_set0(signature,
		BN_lebin2bn(p + SIGNATURE_AT, NUMBER, NULL),
		BN_lebin2bn(p + SIGNATURE_AT + NUMBER, NUMBER, NULL)), 1);
	len = i2d_ECDSA_SIG(signature, &end);
	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, EVP_sha384(), NULL,
					      keys[0]), 1);
	assert_int_equal(EVP_DigestVerify(ctx, der, len, bytes, sizeof(bytes)),
			 1);
	ECDSA_SIG_free(signature);
	EVP_MD_CTX_free(ctx);
}

/* Change one bit of the signed bytes, of the signature or of the key. */
static void any_other_byte(void **state)
{
	static const unsigned int at[] = {
		DIGEST_AT, DIGEST_AT + 47, DIGEST_AT + 48, VERSION_AT,
		VERSION_AT + 7, SIGNATURE_AT, SIGNATURE_AT + 47,
		SIGNATURE_AT + NUMBER, SIGNATURE_AT + NUMBER + 47, KEY_AT,
		KEY_AT + 8, KEY_AT + 8 + 47, KEY_AT + 8 + 48, KEY_AT + 8 + 71,
		KEY_AT + 8 + NUMBER, KEY_AT + 8 + NUMBER + 71,
	};
	uint8_t *p = begin_signed();
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(at); i++) {
		p[at[i]] ^= 1;
		parse();
		find(false, false);
		p[at[i]] ^= 1;
	}
	parse();
	find(true, false);
	/* The signature covers only the policy of its own platform. */
	file_put(file_content(&file, 2), 8, 0x70001);
	parse();
	find(true, false);
	file_put(file_content(&file, 3), 8, POLICY + 1);
	parse();
	find(false, false);
}

static void a_key_on_another_curve_verifies_nothing(void **state)
{
	uint8_t *p = begin_signed();
	uint32_t curve;

	(void)state;
	for (curve = 0; curve <= 3; curve++) {
		put_le32(p + KEY_AT, curve);
		parse();
		find(curve == 2, false);
	}
}

static void authors(void **state)
{
	static const unsigned int at[] = {
		AUTHOR_SIGNATURE_AT, AUTHOR_SIGNATURE_AT + NUMBER,
		AUTHOR_KEY_AT, AUTHOR_KEY_AT + 8, AUTHOR_KEY_AT + 8 + NUMBER,
	};
	uint8_t *p = begin_signed();
	struct id_block block;
	size_t i;

	(void)state;
	add_author(p);
	assert_int_equal(id_block_find(&igvm, &block), 0);
	assert_true(block.has_author);
	find(true, true);
	for (i = 0; i < ARRAY_SIZE(at); i++) {
		p[at[i]] ^= 1;
		parse();
		find(true, false);
		p[at[i]] ^= 1;
	}
	/* The author signed another ID key. */
	p[KEY_AT + 8] ^= 1;
	parse();
	find(false, false);
}

static void no_block(void **state)
{
	struct id_block block;

	(void)state;
	begin(NULL);
	assert_int_equal(id_block_find(&igvm, &block), -ENOENT);
}

static void library_that_fails(void **state)
{
	uint8_t content[VMFW_IGVM_ID_BLOCK_SIZE], *p = begin_signed();
	struct id_block block;

	(void)state;
	add_author(p);
	for (verify_fails = 1; verify_fails <= 2; verify_fails++) {
		unsigned int call = verify_fails;

		assert_int_equal(id_block_find(&igvm, &block), -ENOMEM);
		assert_false(block.author_key);
		verify_fails = call;
	}
	verify_fails = 0;
	key_fails = ERR_R_MALLOC_FAILURE;
	assert_int_equal(id_block_find(&igvm, &block), -ENOMEM);
	key_fails = ERR_R_INTERNAL_ERROR;
	assert_int_equal(id_block_find(&igvm, &block), -EIO);
	key_fails = ERR_R_UNSUPPORTED;
	assert_int_equal(id_block_find(&igvm, &block), -EIO);
	key_fails = EC_R_POINT_IS_NOT_ON_CURVE;
	find(false, false);
	key_fails = 0;
	find(true, true);
	number_fails = 1;
	assert_int_equal(id_block_make(&igvm, MASK, digest, keys[0], content),
			 -EIO);
	number_fails = 2;
	assert_int_equal(id_block_make(&igvm, MASK, digest, keys[0], content),
			 -EIO);
}

/* No function of libcrypto that fails makes a right signature look wrong. */
static void functions_that_fail(void **state)
{
	static const struct {
		const char *function;
		int find, make;
	} cases[] = {
		{ "EVP_PKEY_CTX_new_from_name", -EIO, 0 },
		{ "EVP_PKEY_fromdata_init", -EIO, 0 },
		{ "EVP_MD_CTX_new", -ENOMEM, -ENOMEM },
		{ "ECDSA_SIG_new", -ENOMEM, 0 },
		{ "ECDSA_SIG_set0", -ENOMEM, 0 },
		{ "i2d_ECDSA_SIG", -ENOMEM, 0 },
		{ "d2i_ECDSA_SIG", 0, -EIO },
	};
	uint8_t content[VMFW_IGVM_ID_BLOCK_SIZE];
	struct id_block block;
	size_t i;

	(void)state;
	begin_signed();
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		failing = cases[i].function;
		assert_int_equal(id_block_find(&igvm, &block), cases[i].find);
		assert_int_equal(block.id_key, !cases[i].find);
		assert_int_equal(id_block_make(&igvm, MASK, digest, keys[0],
					       content), cases[i].make);
	}
	failing = NULL;
	find(true, false);
}

/*
 * Another call of libcrypto has left an error. Only errors of this call count.
 */
static void earlier_errors_do_not_count(void **state)
{
	static const uint8_t bytes[1];
	uint8_t numbers[2 * NUMBER];
	bool right = true;

	(void)state;
	assert_int_equal(ecdsa_sign(keys[0], bytes, sizeof(bytes), numbers), 0);
	ERR_raise(ERR_LIB_EC, ERR_R_MALLOC_FAILURE);
	assert_int_equal(ecdsa_verify(keys[1], numbers, bytes, sizeof(bytes),
				      &right), 0);
	assert_false(right);
	begin_signed();
	key_fails = EC_R_POINT_IS_NOT_ON_CURVE;
	ERR_raise(ERR_LIB_EC, ERR_R_MALLOC_FAILURE);
	find(false, false);
	key_fails = 0;
}

static void put_key(EVP_PKEY *key, const EVP_CIPHER *cipher)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long len;

	assert_int_equal(PEM_write_bio_PrivateKey(bio, key, cipher,
		cipher ? (unsigned char *)"secret" : NULL, cipher ? 6 : 0,
		NULL, NULL), 1);
	len = BIO_get_mem_data(bio, &text);
	assert_false(ftruncate(fd, 0));
	assert_int_equal(pwrite(fd, text, len, 0), len);
	BIO_free(bio);
}

static void refused(const char *name, const char *words)
{
	EVP_PKEY *key = keys[0];
	const char *error;

	assert_int_equal(id_block_key(&messages, name, &key),
			 VMFW_EXIT_SYSTEM);
	assert_null(key);
	assert_int_equal(messages.nr, 1);
	error = messages_first_error(&messages);
	assert_non_null(error);
	assert_non_null(strstr(error, name));
	assert_non_null(strstr(error, words));
	messages_free(&messages);
}

static void keys_to_sign_with(void **state)
{
	EVP_PKEY *other = EVP_EC_gen("P-256"), *key;

	(void)state;
	put_key(keys[0], NULL);
	wiped = 0;
	assert_int_equal(id_block_key(&messages, path, &key), VMFW_EXIT_OK);
	assert_int_equal(EVP_PKEY_eq(key, keys[0]), 1);
	assert_int_equal(wiped, 1);
	EVP_PKEY_free(key);
	/*
	 * The file may have zeroes after the key, up to the most bytes that
	 * the tool reads.
	 */
	assert_false(ftruncate(fd, 4096));
	assert_int_equal(id_block_key(&messages, path, &key), VMFW_EXIT_OK);
	EVP_PKEY_free(key);
	assert_int_equal(messages.nr, 0);
	assert_false(ftruncate(fd, 4097));
	refused(path, "P-384");
	put_key(keys[0], EVP_aes_128_cbc());
	refused(path, "P-384");
	put_key(other, NULL);
	refused(path, "P-384");
	EVP_PKEY_free(other);
	assert_false(ftruncate(fd, 0));
	refused(path, "P-384");
	refused("/none", "No such file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(written_bytes),
		TEST(signed_bytes),
		TEST(any_other_byte),
		TEST(a_key_on_another_curve_verifies_nothing),
		TEST(authors),
		TEST(no_block),
		TEST(library_that_fails),
		TEST(functions_that_fail),
		TEST(earlier_errors_do_not_count),
		TEST(keys_to_sign_with),
	};

	return cmocka_run_group_tests_name("idblock", tests, make_keys,
					   free_keys);
}

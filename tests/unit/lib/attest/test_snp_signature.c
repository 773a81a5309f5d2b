// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Signatures of reports, with the chain of tests/lib/attest/snp-chain and another chain
 * like it. The certificate of the processor has expired. The tool must accept it.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ui.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <cmocka.h>

#include "attest/report.h"
#include "attest/snp-signature.h"
#include "base/infile.h"
#include "shared/bytes.h"
#include "shared/macro.h"
#include "tree.h"

#define ALGORITHM_AT	0x34
#define SIGNATURE_AT	0x2a0
#define NUMBER		72
/* The size of an entry in the table, and offsets in it. */
#define ENTRY		24
#define OFFSET_AT	16
#define LENGTH_AT	20

/* A file of this process alone, with the certificates of a test. */
static char bundle[] = "/tmp/test_snp_signature.XXXXXX";
static uint8_t report[REPORT_SNP_SIZE];
static uint8_t table[16384];
static size_t table_len;
static const char *why;

static size_t read_file(const char *name, void *bytes, size_t size)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", VECTORS, name);
	file = fopen(path, "rb");
	assert_non_null(file);
	size = fread(bytes, 1, size, file);
	assert_int_equal(fgetc(file), EOF);
	fclose(file);
	return size;
}

static int set_up(void **state)
{
	int fd = mkstemp(bundle);

	(void)state;
	assert_int_equal(read_file("signed.bin", report, sizeof(report)),
			 sizeof(report));
	return close(fd);
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(bundle);
}

/* A check leaves neither open files nor errors of libcrypto. */
static int check_file(const char *path)
{
	unsigned int files = tree_count_descriptors();
	int err;

	why = NULL;
	err = signature_check(report, table, table_len, path, &why);
	assert_int_equal(ERR_peek_error(), 0);
	assert_int_equal(tree_count_descriptors(), files);
	return err;
}

/* Put certificates into one file, and check the report with it. */
static int check(const char *const *names)
{
	static char bytes[65536];
	FILE *file = fopen(bundle, "wb");
	size_t len;

	assert_non_null(file);
	for (; *names; names++) {
		len = read_file(*names, bytes, sizeof(bytes));
		assert_int_equal(fwrite(bytes, 1, len, file), len);
	}
	assert_int_equal(fclose(file), 0);
	return check_file(bundle);
}
#define CHECK(...)	check((const char *const []) { __VA_ARGS__, NULL })

static void says(const char *words)
{
	assert_non_null(why);
	assert_non_null(strstr(why, words));
}

static void test_right(void **state)
{
	(void)state;
	assert_int_equal(CHECK("chain/chain.pem"), 0);
	says("is right");
	assert_int_equal(CHECK("chain/vcek.pem", "chain/ask.pem",
			       "chain/ark.pem"), 0);
	/* Additional certificates do no harm. */
	assert_int_equal(CHECK("other/vcek.pem", "chain/chain.pem",
			       "chain/chain.pem"), 0);
}

static void test_every_bit_is_signed(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < SIGNATURE_AT; i += 7) {
		if (i >= ALGORITHM_AT && i < ALGORITHM_AT + 4)
			continue;
		report[i] ^= 1 << i % 8;
		assert_int_equal(CHECK("chain/chain.pem"), -EKEYREJECTED);
		says("signature is wrong");
		report[i] ^= 1 << i % 8;
	}
	for (i = SIGNATURE_AT; i < SIGNATURE_AT + 2 * NUMBER; i++) {
		report[i] ^= 0x10;
		assert_int_equal(CHECK("chain/chain.pem"), -EKEYREJECTED);
		report[i] ^= 0x10;
	}
	/* The signature does not cover the bytes after it. */
	report[SIGNATURE_AT + 2 * NUMBER] ^= 1;
	assert_int_equal(CHECK("chain/chain.pem"), 0);
	report[SIGNATURE_AT + 2 * NUMBER] ^= 1;
	report[ALGORITHM_AT] = 2;
	assert_int_equal(CHECK("chain/chain.pem"), -EKEYREJECTED);
	says("is not by ECDSA");
	report[ALGORITHM_AT] = 0;
	assert_int_equal(CHECK("chain/chain.pem"), -EKEYREJECTED);
	says("is not by ECDSA");
	report[ALGORITHM_AT] = 1;
}

static void test_no_signature(void **state)
{
	uint8_t kept[2 * NUMBER];

	(void)state;
	memcpy(kept, report + SIGNATURE_AT, sizeof(kept));
	memset(report + SIGNATURE_AT, 0, sizeof(kept));
	assert_int_equal(CHECK("chain/chain.pem"), -EKEYREJECTED);
	memset(report + SIGNATURE_AT, 0xff, sizeof(kept));
	assert_int_equal(CHECK("chain/chain.pem"), -EKEYREJECTED);
	memcpy(report + SIGNATURE_AT, kept, sizeof(kept));
}

static void test_other_chain(void **state)
{
	(void)state;
	assert_int_equal(CHECK("other/chain.pem"), -EKEYREJECTED);
	says("another key");
	/*
	 * The key is right, but the root and the intermediate key belong to
	 * another chain.
	 */
	assert_int_equal(CHECK("other/ark.pem", "other/ask.pem",
			       "chain/vcek.pem"), -EKEYREJECTED);
	says("no root certificate vouches for");
	/*
	 * The intermediate key belongs to the right chain, and the names of the
	 * roots are the same.
	 */
	assert_int_equal(CHECK("other/ark.pem", "chain/ask.pem",
			       "chain/vcek.pem"), -EKEYREJECTED);
	says("no root certificate vouches for");
	/* The intermediate certificate is missing. */
	assert_int_equal(CHECK("chain/ark.pem", "chain/vcek.pem"),
			 -EKEYREJECTED);
	says("no root certificate vouches for");
}

static void test_missing_certificates(void **state)
{
	(void)state;
	assert_int_equal(CHECK("chain/ask.pem", "chain/vcek.pem"), -ENOKEY);
	says("no root certificate");
	assert_int_equal(CHECK("chain/ark.pem", "chain/ask.pem"), -ENOKEY);
	says("key that signs reports");
	assert_int_equal(CHECK("snp.bin"), -ENOKEY);
	says("no root certificate");
	assert_int_equal(check_file(VECTORS "/missing.pem"), -ENOENT);
	says("No such file");
	/* An unknown algorithm does not hide this error. */
	report[ALGORITHM_AT] = 2;
	assert_int_equal(check_file(VECTORS "/missing.pem"), -ENOENT);
	says("No such file");
	report[ALGORITHM_AT] = 1;
	assert_int_equal(check_file(VECTORS), -EISDIR);
}

static void set_name(X509_NAME *name, const char *text)
{
	assert_int_equal(X509_NAME_add_entry_by_txt(
		name, "CN", MBSTRING_ASC, (const unsigned char *)text, -1, -1,
		0), 1);
}

/* Append a new certificate of a key, from an issuer with this name and key. */
static void put_certificate(FILE *file, EVP_PKEY *key, const char *issuer,
			    EVP_PKEY *issuer_key)
{
	X509 *certificate = X509_new();

	assert_non_null(certificate);
	set_name(X509_get_subject_name(certificate),
		 key == issuer_key ? issuer : "key");
	set_name(X509_get_issuer_name(certificate), issuer);
	X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 1000);
	X509_set_pubkey(certificate, key);
	assert_true(X509_sign(certificate, issuer_key, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_X509(file, certificate), 1);
	X509_free(certificate);
}

/* Make a public RSA key with as many bits as the key of a report. */
static EVP_PKEY *make_rsa_key(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	unsigned int exponent = 65537;
	uint8_t modulus[48];
	OSSL_PARAM parameters[] = {
		OSSL_PARAM_BN("n", modulus, sizeof(modulus)),
		OSSL_PARAM_uint("e", &exponent),
		OSSL_PARAM_END,
	};
	EVP_PKEY *key = NULL;

	memset(modulus, 0xff, sizeof(modulus));
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY,
					   parameters), 1);
	EVP_PKEY_CTX_free(ctx);
	assert_int_equal(EVP_PKEY_get_bits(key), 384);
	return key;
}

/* A key on another curve, or of another kind, cannot have signed the report. */
static void test_other_keys(void **state)
{
	EVP_PKEY *keys[] = {
		EVP_EC_gen("P-256"), EVP_EC_gen("brainpoolP384r1"),
		make_rsa_key(),
	};
	EVP_PKEY *root = EVP_EC_gen("P-384");
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		FILE *file = fopen(bundle, "wb");

		assert_non_null(file);
		put_certificate(file, root, "root", root);
		put_certificate(file, keys[i], "root", root);
		assert_int_equal(fclose(file), 0);
		assert_int_equal(check_file(bundle), -ENOKEY);
		says("key that signs reports");
		EVP_PKEY_free(keys[i]);
	}
	EVP_PKEY_free(root);
}

/*
 * Check the report with a new root, which certifies the key that signed the report. The
 * certificate lacks AMD's extensions. The function frees the key of the root.
 */
static void check_with_root(EVP_PKEY *root, const char *words)
{
	FILE *file = fopen(VECTORS "/chain/vcek.pem", "r");
	X509 *vcek;

	assert_non_null(file);
	vcek = PEM_read_X509(file, NULL, NULL, NULL);
	assert_non_null(vcek);
	fclose(file);
	file = fopen(bundle, "wb");
	assert_non_null(file);
	put_certificate(file, root, "root", root);
	put_certificate(file, X509_get0_pubkey(vcek), "root", root);
	X509_free(vcek);
	EVP_PKEY_free(root);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(check_file(bundle), -EKEYREJECTED);
	says(words);
}

static void a_weak_root_vouches_for_no_key(void **state)
{
	(void)state;
	check_with_root(EVP_EC_gen("P-256"), "TCB");
	check_with_root(EVP_RSA_gen(1024), "no root certificate vouches for");
}

/* A certificate that is cut off is an error, even after a complete chain. */
static void test_cut_off(void **state)
{
	char bytes[65536];
	FILE *file;
	size_t len;

	(void)state;
	len = read_file("chain/chain.pem", bytes, sizeof(bytes));
	file = fopen(bundle, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fwrite(bytes, 1, 200, file), 200);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(check_file(bundle), -EBADMSG);
	says("malformed");
}

/* Write bytes, and the table's three certificates after them. */
static void put_der(const void *bytes, size_t len)
{
	FILE *file = fopen(bundle, "wb");
	const uint8_t *entry;

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	read_file("table.bin", table, sizeof(table));
	for (entry = table; entry < table + 3 * ENTRY; entry += ENTRY) {
		len = get_le32(entry + LENGTH_AT);
		assert_int_equal(fwrite(table + get_le32(entry + OFFSET_AT), 1,
					len, file), len);
	}
	assert_int_equal(fclose(file), 0);
}

static void test_several_certificates_in_der(void **state)
{
	/* A SEQUENCE that is not a certificate. */
	static const uint8_t malformed[] = { 0x30, 2, 5, 0 };

	(void)state;
	put_der(malformed, 0);
	assert_int_equal(check_file(bundle), 0);
	put_der(malformed, sizeof(malformed));
	assert_int_equal(check_file(bundle), -EBADMSG);
	says("malformed");
}

/* The first file that the tool cannot use is the one in the message. */
static void test_several_files(void **state)
{
	static const char *const paths[] = {
		VECTORS "/chain/ark.pem", VECTORS "/missing.pem",
		VECTORS "/chain/chain.pem",
	};
	const struct signature_files files = { paths, 3 };
	const struct signature_files last = { paths + 2, 1 };
	struct signer signer;

	(void)state;
	assert_int_equal(signature_check_files(report, &files, &signer, &why),
			 -ENOENT);
	says("No such file");
	assert_string_equal(signer.bad_file, paths[1]);
	assert_int_equal(signature_check_files(report, &last, &signer, &why), 0);
	/* If the tool can use all files, the message names none. */
	report[0] ^= 1;
	assert_int_equal(signature_check_files(report, &last, &signer, &why),
			 -EKEYREJECTED);
	assert_null(signer.bad_file);
	report[0] ^= 1;
}

/*
 * libcrypto has no memory to verify a signature, to begin with a chain, to hash its
 * root, to read a certificate, or to keep it.
 */
static bool no_digest, no_context, no_chain, no_root, no_pem, no_reference, no_push;
static bool no_stack, no_store, no_trust, no_bio;
/* libcrypto has no memory to read a certificate of the host. */
static bool no_der;
/*
 * The key that libcrypto has no memory to decode, and the extension that it has no
 * memory to find, counted from 1; 0: none.
 */
static unsigned int no_key, no_object;
/* The error of the check of a chain, or X509_V_OK. */
static int chain_error;
/* Success of libcrypto leaves an error of libcrypto, nevertheless. */
static bool leaves_error;

int __real_EVP_DigestVerify(EVP_MD_CTX *ctx, const unsigned char *signature,
			    size_t len, const unsigned char *bytes,
			    size_t bytes_len);
int __wrap_EVP_DigestVerify(EVP_MD_CTX *ctx, const unsigned char *signature,
			    size_t len, const unsigned char *bytes,
			    size_t bytes_len);
int __wrap_EVP_DigestVerify(EVP_MD_CTX *ctx, const unsigned char *signature,
			    size_t len, const unsigned char *bytes,
			    size_t bytes_len)
{
	int result = -1;

	if (!no_digest)
		result = __real_EVP_DigestVerify(ctx, signature, len, bytes,
						 bytes_len);
	if (no_digest || leaves_error)
		ERR_raise(ERR_LIB_EC, ERR_R_MALLOC_FAILURE);
	return result;
}

X509_STORE_CTX *__real_X509_STORE_CTX_new(void);
X509_STORE_CTX *__wrap_X509_STORE_CTX_new(void);
X509_STORE_CTX *__wrap_X509_STORE_CTX_new(void)
{
	return no_context ? NULL : __real_X509_STORE_CTX_new();
}

int __real_X509_STORE_CTX_init(X509_STORE_CTX *ctx, X509_STORE *trusted,
			       X509 *certificate, STACK_OF(X509) *others);
int __wrap_X509_STORE_CTX_init(X509_STORE_CTX *ctx, X509_STORE *trusted,
			       X509 *certificate, STACK_OF(X509) *others);
int __wrap_X509_STORE_CTX_init(X509_STORE_CTX *ctx, X509_STORE *trusted,
			       X509 *certificate, STACK_OF(X509) *others)
{
	return no_chain ? 0 : __real_X509_STORE_CTX_init(ctx, trusted,
							 certificate, others);
}

int __real_X509_verify_cert(X509_STORE_CTX *ctx);
int __wrap_X509_verify_cert(X509_STORE_CTX *ctx);
int __wrap_X509_verify_cert(X509_STORE_CTX *ctx)
{
	int result = chain_error ? -1 : __real_X509_verify_cert(ctx);

	if (chain_error)
		X509_STORE_CTX_set_error(ctx, chain_error);
	if ((result == 1 && leaves_error) ||
	    (chain_error && chain_error != X509_V_ERR_OUT_OF_MEM))
		ERR_raise(ERR_LIB_X509, ERR_R_MALLOC_FAILURE);
	return result;
}

int __real_X509_digest(const X509 *certificate, const EVP_MD *type,
		       unsigned char *digest, unsigned int *len);
int __wrap_X509_digest(const X509 *certificate, const EVP_MD *type,
		       unsigned char *digest, unsigned int *len);
int __wrap_X509_digest(const X509 *certificate, const EVP_MD *type,
		       unsigned char *digest, unsigned int *len)
{
	if (!no_root)
		return __real_X509_digest(certificate, type, digest, len);
	ERR_raise(ERR_LIB_X509, ERR_R_MALLOC_FAILURE);
	return 0;
}

EVP_PKEY *__real_X509_get0_pubkey(const X509 *certificate);
EVP_PKEY *__wrap_X509_get0_pubkey(const X509 *certificate);
EVP_PKEY *__wrap_X509_get0_pubkey(const X509 *certificate)
{
	if (!no_key || --no_key)
		return __real_X509_get0_pubkey(certificate);
	ERR_raise(ERR_LIB_X509, ERR_R_MALLOC_FAILURE);
	return NULL;
}

ASN1_OBJECT *__real_OBJ_txt2obj(const char *name, int numbers);
ASN1_OBJECT *__wrap_OBJ_txt2obj(const char *name, int numbers);
ASN1_OBJECT *__wrap_OBJ_txt2obj(const char *name, int numbers)
{
	if (!no_object || --no_object)
		return __real_OBJ_txt2obj(name, numbers);
	ERR_raise(ERR_LIB_OBJ, ERR_R_MALLOC_FAILURE);
	return NULL;
}

X509 *__real_PEM_read_bio_X509(BIO *bio, X509 **certificate,
			       pem_password_cb *callback, void *arg);
X509 *__wrap_PEM_read_bio_X509(BIO *bio, X509 **certificate,
			       pem_password_cb *callback, void *arg);
X509 *__wrap_PEM_read_bio_X509(BIO *bio, X509 **certificate,
			       pem_password_cb *callback, void *arg)
{
	X509 *result = NULL;

	if (!no_pem)
		result = __real_PEM_read_bio_X509(bio, certificate, callback,
						  arg);
	if (result && leaves_error)
		ERR_raise(ERR_LIB_PEM, ERR_R_MALLOC_FAILURE);
	if (!no_pem)
		return result;
	/* The last error is not the cause. */
	ERR_raise(ERR_LIB_PEM, ERR_R_MALLOC_FAILURE);
	ERR_raise(ERR_LIB_PEM, PEM_R_NO_START_LINE);
	return NULL;
}

int __real_X509_up_ref(X509 *certificate);
int __wrap_X509_up_ref(X509 *certificate);
int __wrap_X509_up_ref(X509 *certificate)
{
	return no_reference ? 0 : __real_X509_up_ref(certificate);
}

int __real_OPENSSL_sk_push(OPENSSL_STACK *stack, const void *data);
int __wrap_OPENSSL_sk_push(OPENSSL_STACK *stack, const void *data);
int __wrap_OPENSSL_sk_push(OPENSSL_STACK *stack, const void *data)
{
	return no_push ? 0 : __real_OPENSSL_sk_push(stack, data);
}

OPENSSL_STACK *__real_OPENSSL_sk_new_null(void);
OPENSSL_STACK *__wrap_OPENSSL_sk_new_null(void);
OPENSSL_STACK *__wrap_OPENSSL_sk_new_null(void)
{
	return no_stack ? NULL : __real_OPENSSL_sk_new_null();
}

int __real_X509_STORE_add_cert(X509_STORE *store, X509 *certificate);
int __wrap_X509_STORE_add_cert(X509_STORE *store, X509 *certificate);
int __wrap_X509_STORE_add_cert(X509_STORE *store, X509 *certificate)
{
	return no_trust ? 0 : __real_X509_STORE_add_cert(store, certificate);
}

BIO *__real_BIO_new_fp(FILE *file, int flags);
BIO *__wrap_BIO_new_fp(FILE *file, int flags);
BIO *__wrap_BIO_new_fp(FILE *file, int flags)
{
	return no_bio ? NULL : __real_BIO_new_fp(file, flags);
}

X509 *__real_d2i_X509(X509 **certificate, const unsigned char **der, long len);
X509 *__wrap_d2i_X509(X509 **certificate, const unsigned char **der, long len);
X509 *__wrap_d2i_X509(X509 **certificate, const unsigned char **der, long len)
{
	if (!no_der)
		return __real_d2i_X509(certificate, der, len);
	ERR_raise(ERR_LIB_X509, ERR_R_MALLOC_FAILURE);
	return NULL;
}

X509_STORE *__real_X509_STORE_new(void);
X509_STORE *__wrap_X509_STORE_new(void);
X509_STORE *__wrap_X509_STORE_new(void)
{
	return no_store ? NULL : __real_X509_STORE_new();
}

static void lacks_memory(int err)
{
	assert_int_equal(err, -ENOMEM);
	says("Cannot allocate memory");
}

/* Without memory, the tool cannot know whether a signature is right. */
static void test_no_memory(void **state)
{
	static bool *const all[] = {
		&no_digest, &no_context, &no_chain, &no_root, &no_pem,
		&no_reference, &no_push, &no_stack, &no_store, &no_trust,
		&no_bio,
	};
	/* libcrypto says so in the context, or only in its queue of errors. */
	static const int chain_errors[] = {
		X509_V_ERR_OUT_OF_MEM, X509_V_ERR_UNSPECIFIED,
	};
	unsigned int nth;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		*all[i] = true;
		lacks_memory(CHECK("chain/chain.pem"));
		*all[i] = false;
	}
	for (i = 0; i < ARRAY_SIZE(chain_errors); i++) {
		chain_error = chain_errors[i];
		lacks_memory(CHECK("chain/chain.pem"));
		/* The tool checks no chain of a key that did not sign. */
		assert_int_equal(CHECK("other/chain.pem"), -EKEYREJECTED);
		says("another key");
		chain_error = X509_V_OK;
	}
	/* The file and the table have two keys besides that of the root. */
	for (nth = 1; nth <= 2; nth++) {
		no_key = nth;
		lacks_memory(CHECK("chain/chain.pem"));
		table_len = read_file("table.bin", table, sizeof(table));
		no_key = nth;
		lacks_memory(CHECK("chain/ark.pem"));
		table_len = 0;
		assert_int_equal(no_key, 0);
	}
	table_len = read_file("table.bin", table, sizeof(table));
	no_der = true;
	lacks_memory(CHECK("chain/chain.pem"));
	no_der = false;
	table_len = 0;
	for (nth = 1; no_object = nth, CHECK("chain/chain.pem"); nth++) {
		says("Cannot allocate memory");
		assert_int_equal(no_object, 0);
	}
	assert_true(nth > 2 && no_object == 1);
	no_object = 0;
}

static void no_file_is_the_cause_of_a_lack_of_memory(void **state)
{
	static const char *const path = bundle;
	const struct signature_files files = { &path, 1 };
	struct signer signer;

	(void)state;
	no_stack = true;
	assert_int_equal(signature_check_files(report, &files, &signer, &why),
			 -ENOMEM);
	assert_null(signer.bad_file);
	no_stack = false;
}

/*
 * Another call of libcrypto has left an error. Only errors of this check count.
 */
static void test_earlier_errors(void **state)
{
	FILE *file = fopen(bundle, "wb");

	(void)state;
	assert_non_null(file);
	/* The start of a certificate in DER. */
	assert_true(fputs("\x30\x82\x03", file) >= 0);
	assert_int_equal(fclose(file), 0);
	ERR_raise(ERR_LIB_X509, ERR_R_MALLOC_FAILURE);
	assert_int_equal(check_file(bundle), -EBADMSG);
	ERR_raise(ERR_LIB_X509, ERR_R_MALLOC_FAILURE);
	assert_int_equal(CHECK("snp.bin"), -ENOKEY);
	ERR_raise(ERR_LIB_X509, ERR_R_MALLOC_FAILURE);
	assert_int_equal(CHECK("chain/chain.pem"), 0);
	leaves_error = true;
	assert_int_equal(CHECK("chain/chain.pem"), 0);
	assert_int_equal(CHECK("other/ark.pem", "chain/ask.pem",
			       "chain/vcek.pem"), -EKEYREJECTED);
	says("no root certificate vouches for");
	leaves_error = false;
}

/* Standard input as a file: a descriptor, or a negative errno value. */
static int standard_input;

int __wrap_infile_stdin(void);
int __wrap_infile_stdin(void)
{
	return standard_input;
}

/* Check the report with standard input. The check closes the descriptor. */
static int check_stdin(int fd)
{
	unsigned int files = tree_count_descriptors();
	const char *path = INFILE_STDIN;
	int err;

	standard_input = fd;
	err = signature_check(report, NULL, 0, path, &why);
	assert_int_equal(tree_count_descriptors(), fd < 0 ? files : files - 1);
	return err;
}

static void certificates_from_standard_input(void **state)
{
	int fd = open(VECTORS "/chain/chain.pem", O_RDONLY), ends[2];

	(void)state;
	/* Another program has already read the file. */
	assert_true(lseek(fd, 0, SEEK_END) > 0);
	assert_int_equal(check_stdin(fd), 0);
	assert_int_equal(check_stdin(-EFBIG), -EFBIG);
	says(strerror(EFBIG));
	assert_int_equal(check_stdin(open(bundle, O_WRONLY)), -EINVAL);
	/* Reads of a directory fail. */
	assert_int_equal(check_stdin(open(VECTORS, O_RDONLY)), -EIO);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(check_stdin(ends[0]), -ESPIPE);
	close(ends[1]);
}

static bool asked;

/* Replace libcrypto's terminal, and note that libcrypto opens it. */
static int open_terminal(UI *ui)
{
	(void)ui;
	asked = true;
	return 0;
}

/* Write an encrypted certificate, and the chain after it. */
static void put_encrypted(const char *cipher)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----\n";
	char bytes[65536];
	size_t len = read_file("chain/vcek.pem", bytes, sizeof(bytes));
	size_t chain;
	FILE *file = fopen(bundle, "wb");

	assert_non_null(file);
	assert_memory_equal(bytes, begin, strlen(begin));
	assert_true(fprintf(file, "%sProc-Type: 4,ENCRYPTED\nDEK-Info: %s,%032d\n\n%.*s",
			    begin, cipher, 7, (int)(len - strlen(begin)),
			    bytes + strlen(begin)) > 0);
	chain = read_file("chain/chain.pem", bytes, sizeof(bytes));
	assert_int_equal(fwrite(bytes, 1, chain, file), chain);
	assert_int_equal(fclose(file), 0);
}

/* An encrypted certificate is an error. The tool must not ask for its passphrase. */
static void test_encrypted(void **state)
{
	UI_METHOD *method = UI_create_method("test");

	(void)state;
	assert_non_null(method);
	UI_method_set_opener(method, open_terminal);
	UI_set_default_method(method);
	put_encrypted("AES-128-CBC");
	assert_int_equal(check_file(bundle), -ENOTSUP);
	says("a certificate is encrypted");
	/* The cipher may be one that libcrypto does not have. */
	put_encrypted("NONE-128-CBC");
	assert_int_equal(check_file(bundle), -ENOTSUP);
	says("a certificate is encrypted");
	assert_false(asked);
	UI_set_default_method(NULL);
	UI_destroy_method(method);
}

/* The file has only the root. The host sends the other certificates. */
static void test_table(void **state)
{
	size_t len, i;

	(void)state;
	len = read_file("table.bin", table, sizeof(table));
	assert_int_equal(CHECK("chain/ark.pem"), -ENOKEY);
	table_len = len;
	assert_int_equal(CHECK("chain/ark.pem"), 0);
	assert_int_equal(CHECK("chain/chain.pem"), 0);
	/* A root from the host does not count. */
	assert_int_equal(CHECK("other/ark.pem"), -EKEYREJECTED);
	says("no root certificate vouches for");
	assert_int_equal(CHECK("chain/vcek.pem"), -ENOKEY);
	says("no root certificate");

	/* The table ends with the intermediate certificate, the second one. */
	table_len = get_le32(table + 2 * ENTRY + OFFSET_AT);
	assert_int_equal(CHECK("chain/ark.pem"), 0);
	table_len--;
	assert_int_equal(CHECK("chain/ark.pem"), -EKEYREJECTED);
	table_len = len;

	/* Entries have wrong offsets or lengths, or the table ends early. */
	table[19] = 0x80;
	assert_int_equal(CHECK("chain/ark.pem"), -ENOKEY);
	table[19] = 0;
	table[23] = 0xff;
	assert_int_equal(CHECK("chain/ark.pem"), -ENOKEY);
	table[23] = 0;
	for (i = 0; i < 120; i++) {
		table_len = i;
		assert_int_equal(CHECK("chain/ark.pem"), -ENOKEY);
		assert_int_equal(CHECK("chain/chain.pem"), 0);
	}
	table_len = len;
	memset(table, 0, 16);
	assert_int_equal(CHECK("chain/ark.pem"), -ENOKEY);
	table_len = 0;
}

/* An entry may be the last bytes of the table, after its certificate. */
static void test_entry_at_the_end_of_the_table(void **state)
{
	uint8_t entry[ENTRY];
	size_t end;

	(void)state;
	end = read_file("table.bin", table, sizeof(table));
	memcpy(entry, table, ENTRY);
	/* The four entries at the start now point outside of the table. */
	memset(table, 0xff, 4 * ENTRY);
	for (; end % ENTRY; end++)
		table[end] = 0xff;
	memcpy(table + end, entry, ENTRY);
	table_len = end + ENTRY;
	assert_int_equal(CHECK("chain/ark.pem", "chain/ask.pem"), 0);
	table_len--;
	assert_int_equal(CHECK("chain/ark.pem", "chain/ask.pem"), -ENOKEY);
	table_len = 0;
}

/* The host sends the root of the file, whose key could sign a report. */
static void test_root_of_the_host(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-384");
	uint8_t *der = table + 2 * ENTRY;
	FILE *file = fopen(bundle, "w+b");
	X509 *root;
	int len;

	(void)state;
	assert_non_null(file);
	put_certificate(file, key, "root", key);
	rewind(file);
	root = PEM_read_X509(file, NULL, NULL, NULL);
	assert_non_null(root);
	fclose(file);
	memset(table, 0, 2 * ENTRY);
	table[0] = 1;
	put_le32(table + OFFSET_AT, 2 * ENTRY);
	len = i2d_X509(root, &der);
	put_le32(table + LENGTH_AT, len);
	table_len = 2 * ENTRY + len;
	assert_int_equal(check_file(bundle), -ENOKEY);
	says("key that signs reports");
	table_len = 0;
	X509_free(root);
	EVP_PKEY_free(key);
}

static void read_kind(const char *name)
{
	assert_int_equal(read_file(name, report, sizeof(report)),
			 sizeof(report));
}

/* The certificate and the report must name the same processor. */
static void test_processor(void **state)
{
	(void)state;
	read_kind("signed.bin");
	assert_int_equal(CHECK("chain/ark.pem", "chain/ask.pem",
			       "chain/plain.pem"), -EKEYREJECTED);
	says("TCB");
	assert_int_equal(CHECK("chain/ark.pem", "chain/ask.pem",
			       "chain/tcb.pem"), -EKEYREJECTED);
	says("TCB");
	assert_int_equal(CHECK("chain/ark.pem", "chain/ask.pem",
			       "chain/chip.pem"), -EKEYREJECTED);
	says("another processor");
	assert_int_equal(CHECK("chain/ark.pem", "chain/ask.pem",
			       "chain/turin.pem"), -EKEYREJECTED);
	/*
	 * If several certificates have the same key, the matching one counts.
	 */
	assert_int_equal(CHECK("chain/plain.pem", "chain/chip.pem",
			       "chain/chain.pem"), 0);
	read_kind("signed-turin.bin");
	assert_int_equal(CHECK("chain/ark.pem", "chain/ask.pem",
			       "chain/turin.pem"), 0);
	assert_int_equal(CHECK("chain/chain.pem"), -EKEYREJECTED);
	/* The host masks the chip ID. */
	read_kind("signed-masked.bin");
	assert_int_equal(CHECK("chain/chain.pem"), 0);
	assert_int_equal(CHECK("chain/ark.pem", "chain/ask.pem",
			       "chain/nochip.pem"), -EKEYREJECTED);
	says("names no processor");
	read_kind("signed.bin");
}

static int check_with(const char *certificate)
{
	return CHECK("chain/ark.pem", "chain/ask.pem", certificate);
}

/* A certificate has the bare chip ID, or an OCTET STRING of it. */
static void test_forms_of_the_chip_id(void **state)
{
	(void)state;
	read_kind("signed.bin");
	assert_int_equal(check_with("chain/octets.pem"), 0);
	assert_int_equal(check_with("chain/tag.pem"), -EKEYREJECTED);
	says("another processor");
	assert_int_equal(check_with("chain/length.pem"), -EKEYREJECTED);
	says("another processor");
	assert_int_equal(check_with("chain/header.pem"), -EKEYREJECTED);
	/* Bare bytes may begin like an OCTET STRING. */
	read_kind("signed-header.bin");
	assert_int_equal(check_with("chain/header.pem"), 0);
	assert_int_equal(check_with("chain/octets.pem"), -EKEYREJECTED);
	read_kind("signed.bin");
}

static void test_kind_of_key(void **state)
{
	(void)state;
	read_kind("signed-vlek.bin");
	assert_int_equal(CHECK("chain/ark.pem", "chain/ask.pem",
			       "chain/vlek.pem"), 0);
	assert_int_equal(CHECK("chain/ark.pem", "chain/ask.pem",
			       "chain/both.pem"), -EKEYREJECTED);
	says("for a provider and for a processor");
	assert_int_equal(CHECK("chain/chain.pem"), -EKEYREJECTED);
	says("VLEK");
	read_kind("signed.bin");
	assert_int_equal(CHECK("chain/ark.pem", "chain/ask.pem",
			       "chain/vlek.pem"), -EKEYREJECTED);
	says("VCEK");
	read_kind("signed-none.bin");
	assert_int_equal(CHECK("chain/chain.pem"), -EKEYREJECTED);
	says("neither a VCEK nor a VLEK");
	read_kind("signed.bin");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_every_bit_is_signed),
		cmocka_unit_test(test_no_signature),
		cmocka_unit_test(test_other_chain),
		cmocka_unit_test(test_missing_certificates),
		cmocka_unit_test(test_other_keys),
		cmocka_unit_test(a_weak_root_vouches_for_no_key),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_several_certificates_in_der),
		cmocka_unit_test(test_several_files),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(no_file_is_the_cause_of_a_lack_of_memory),
		cmocka_unit_test(test_earlier_errors),
		cmocka_unit_test(certificates_from_standard_input),
		cmocka_unit_test(test_encrypted),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_entry_at_the_end_of_the_table),
		cmocka_unit_test(test_root_of_the_host),
		cmocka_unit_test(test_processor),
		cmocka_unit_test(test_forms_of_the_chip_id),
		cmocka_unit_test(test_kind_of_key),
	};

	return cmocka_run_group_tests_name("signature", tests, set_up,
					   tear_down);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The digest of a program: the bytes that it covers, and their order.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include <cmocka.h>

#include "crypto.h"
#include "efi/authenticode.h"
#include "image.h"
#include "shared/bytes.h"

#define CHECKSUM_AT	(IMAGE_OPTIONAL + 64)

static struct image image;
static long allocations_left = -1;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
	return allocations_left ? __real_malloc(size) : NULL;
}

/* Bytes of the file that the digest covers. A list of pieces ends with zeroes. */
struct piece {
	size_t start;
	size_t end;
};

static void expect(const struct piece *pieces, const EVP_MD *algorithm,
		   uint8_t *digest)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	assert_true(EVP_DigestInit_ex(ctx, algorithm, NULL));
	for (; pieces->end; pieces++)
		assert_true(EVP_DigestUpdate(ctx, image.bytes + pieces->start,
					     pieces->end - pieces->start));
	assert_true(EVP_DigestFinal_ex(ctx, digest, NULL));
	EVP_MD_CTX_free(ctx);
}

static void agree(const struct piece *pieces)
{
	uint8_t is[AUTHENTICODE_SIZE], expected[AUTHENTICODE_SHA384];
	uint8_t longer[AUTHENTICODE_SHA384];
	struct pe_fault fault;
	struct pe pe;

	assert_int_equal(image_parse(&image, &pe, &fault), 0);
	assert_int_equal(authenticode_sha256(&pe, is, &fault), 0);
	assert_int_equal(authenticode_sha384(&pe, longer, &fault), 0);
	pe_close(&pe);
	expect(pieces, EVP_sha256(), expected);
	assert_memory_equal(is, expected, sizeof(is));
	expect(pieces, EVP_sha384(), expected);
	assert_memory_equal(longer, expected, sizeof(longer));
}

/* The digest covers all but the checksum and the entry of the certificate table. */
static void test_unsigned(void **state)
{
	(void)state;
	image_begin(&image, true);
	image_add(&image, ".text", "code", 4);
	image_add(&image, ".data", "data", 4);
	agree((const struct piece[]) {
		{ 0, CHECKSUM_AT }, { CHECKSUM_AT + 4, IMAGE_SECURITY },
		{ IMAGE_SECURITY + 8, image.size }, { 0, 0 } });
	put_le32(image.bytes + CHECKSUM_AT, 0x12345678);
	agree((const struct piece[]) {
		{ 0, CHECKSUM_AT }, { CHECKSUM_AT + 4, IMAGE_SECURITY },
		{ IMAGE_SECURITY + 8, image.size }, { 0, 0 } });
}

static void test_narrow(void **state)
{
	(void)state;
	image_begin(&image, false);
	image_add(&image, ".text", "code", 4);
	agree((const struct piece[]) {
		{ 0, CHECKSUM_AT }, { CHECKSUM_AT + 4, IMAGE_SECURITY32 },
		{ IMAGE_SECURITY32 + 8, image.size }, { 0, 0 } });
}

/* The file has data directories, but none for certificates. */
static void test_no_directory(void **state)
{
	(void)state;
	image_begin(&image, true);
	put_le32(image.bytes + IMAGE_OPTIONAL + 108, 4);
	image_add(&image, ".text", "code", 4);
	agree((const struct piece[]) {
		{ 0, CHECKSUM_AT }, { CHECKSUM_AT + 4, image.size },
		{ 0, 0 } });
}

/*
 * The digest covers sections in the order of their bytes in the file, not of
 * their headers. It does not cover sections without bytes.
 */
static void test_order(void **state)
{
	uint8_t swap[40], *first, *second;

	(void)state;
	image_begin(&image, true);
	image_add(&image, ".b", "2", 1);
	image_add(&image, ".a", "1", 1);
	image_add(&image, ".bss", "", 0);
	first = image.bytes + IMAGE_TABLE;
	second = first + 40;
	memcpy(swap, first, 40);
	memcpy(first, second, 40);
	memcpy(second, swap, 40);
	agree((const struct piece[]) {
		{ 0, CHECKSUM_AT }, { CHECKSUM_AT + 4, IMAGE_SECURITY },
		{ IMAGE_SECURITY + 8, image.size }, { 0, 0 } });
}

/*
 * The digest covers neither the certificates nor their data directory. It covers bytes
 * in front of the certificates.
 */
static void test_signed(void **state)
{
	size_t end;

	(void)state;
	image_begin(&image, true);
	image_add(&image, ".text", "code", 4);
	memset(image.bytes + image.size, 0x77, 5);
	image.size += 5;
	end = image.size;
	put_le32(image.bytes + IMAGE_SECURITY, image.size);
	put_le32(image.bytes + IMAGE_SECURITY + 4, 24);
	memset(image.bytes + image.size, 0xce, 24);
	image.size += 24;
	agree((const struct piece[]) {
		{ 0, CHECKSUM_AT }, { CHECKSUM_AT + 4, IMAGE_SECURITY },
		{ IMAGE_SECURITY + 8, end }, { 0, 0 } });
}

/*
 * A hole between sections. After the sections, UEFI continues the digest at the offset
 * that equals the number of bytes so far. Because the last section begins there, its
 * bytes count twice.
 */
static void test_hole(void **state)
{
	size_t hole, last;

	(void)state;
	image_begin(&image, true);
	image_add(&image, ".text", "code", 4);
	hole = image.size;
	memset(image.bytes + hole, 0x33, 512);
	image.size += 512;
	last = image.size;
	image_add(&image, ".data", "data", 4);
	agree((const struct piece[]) {
		{ 0, CHECKSUM_AT }, { CHECKSUM_AT + 4, IMAGE_SECURITY },
		{ IMAGE_SECURITY + 8, hole }, { last, image.size },
		{ last, image.size }, { 0, 0 } });
}

static void test_certificates_in_front(void **state)
{
	uint8_t digest[AUTHENTICODE_SIZE];
	struct pe_fault fault;
	struct pe pe;

	(void)state;
	image_begin(&image, true);
	put_le32(image.bytes + IMAGE_SECURITY, image.size);
	put_le32(image.bytes + IMAGE_SECURITY + 4, 512);
	image.size += 512;
	image_add(&image, ".text", "code", 4);
	put_le32(image.bytes + IMAGE_SECURITY + 4, 512 + 8);
	/* A file whose certificates overlap a section is invalid. */
	assert_int_equal(image_parse(&image, &pe, &fault), -EINVAL);
	put_le32(image.bytes + IMAGE_SECURITY + 4, 512);
	assert_int_equal(image_parse(&image, &pe, &fault), 0);
	assert_int_equal(authenticode_sha256(&pe, digest, &fault), 0);
	/* There are fewer bytes after the sections than the table claims. */
	pe.security_size = 1024 + 1;
	assert_int_equal(authenticode_sha256(&pe, digest, &fault), -EINVAL);
	assert_non_null(strstr(fault.text, "certificates"));
	pe_close(&pe);
}

static void test_ends(void **state)
{
	uint8_t digest[AUTHENTICODE_SIZE];
	struct pe_fault fault;
	struct pe pe;
	size_t at;

	(void)state;
	image_begin(&image, true);
	image_add(&image, ".text", "code", 4);
	memset(image.bytes + image.size, 0x77, 5);
	image.size += 5;
	assert_int_equal(image_parse(&image, &pe, &fault), 0);
	image.err = -EIO;
	for (at = 0; at < image.size; at += 256) {
		image.bad = at;
		assert_int_equal(authenticode_sha256(&pe, digest, &fault),
				 -EIO);
		assert_null(fault.text);
	}
	image.bad = SIZE_MAX;
	allocations_left = 0;
	assert_int_equal(authenticode_sha256(&pe, digest, &fault), -ENOMEM);
	allocations_left = -1;
	pe_close(&pe);
}

/* If any one call of libcrypto fails, there is no digest. */
static void test_failures(void **state)
{
	uint8_t digest[AUTHENTICODE_SIZE];
	struct pe_fault fault;
	bool failed = true;
	struct pe pe;
	long n;
	int err;

	(void)state;
	image_begin(&image, true);
	image_add(&image, ".text", "code", 4);
	assert_int_equal(image_parse(&image, &pe, &fault), 0);
	for (n = 0; failed; n++) {
		crypto_calls_left = n;
		err = authenticode_sha256(&pe, digest, &fault);
		/* After a failure, there is no other call. */
		assert_true(crypto_calls_left >= -1);
		failed = crypto_calls_left < 0;
		crypto_calls_left = CRYPTO_NEVER_FAILS;
		/* The first call is that of EVP_MD_CTX_new(). */
		assert_int_equal(err, !failed ? 0 : n ? -EIO : -ENOMEM);
		assert_null(fault.text);
	}
	/* DigestInit, three pieces of the headers, a section, DigestFinal. */
	assert_int_equal(n, 1 + 6 + 1);
	pe_close(&pe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unsigned),
		cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_no_directory),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_signed),
		cmocka_unit_test(test_hole),
		cmocka_unit_test(test_certificates_in_front),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests_name("efi authenticode", tests, NULL,
					   NULL);
}

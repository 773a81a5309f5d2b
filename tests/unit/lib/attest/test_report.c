// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Attestation reports from tests/lib/attest/attestation.py, whole and damaged.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <errno.h>
#include <cmocka.h>

#include "attest/report.h"
#include "shared/bytes.h"
#include "shared/macro.h"

#define RESPONSE	4000
#define QUOTE		1706
#define ATTRIBUTES	UINT64_C(0x1122334455667788)

static const uint8_t no_nonce[REPORT_NONCE];
static uint8_t snp[REPORT_SNP_SIZE], td[REPORT_TD_SIZE];

static size_t read_file(const char *name, uint8_t *bytes, size_t size)
{
	char path[4096];
	FILE *file;
	size_t len;

	snprintf(path, sizeof(path), "%s/%s", VECTORS, name);
	file = fopen(path, "rb");
	assert_non_null(file);
	len = fread(bytes, 1, size, file);
	assert_int_equal(fgetc(file), EOF);
	fclose(file);
	return len;
}

static int read_vectors(void **state)
{
	(void)state;
	assert_int_equal(read_file("snp.bin", snp, sizeof(snp)), sizeof(snp));
	assert_int_equal(read_file("td.bin", td, sizeof(td)), sizeof(td));
	return 0;
}

/* Check the digest of a report: 48 bytes of one value. */
static void expect_digest(const uint8_t *digest, uint8_t value)
{
	uint8_t wanted[REPORT_DIGEST];

	memset(wanted, value, sizeof(wanted));
	assert_memory_equal(digest, wanted, sizeof(wanted));
}

static void test_snp(void **state)
{
	uint8_t digest[REPORT_DIGEST], nonce[REPORT_NONCE] = { 1 };
	unsigned int i;

	(void)state;
	assert_int_equal(report_snp(snp, sizeof(snp), no_nonce, digest), 0);
	expect_digest(digest, 0x5e);
	assert_int_equal(report_snp(snp, sizeof(snp), nonce, digest), -ESTALE);
	for (i = 0; i < REPORT_NONCE; i++) {
		snp[0x50 + i] ^= 0x80;
		assert_int_equal(report_snp(snp, sizeof(snp), no_nonce,
					    digest), -ESTALE);
		snp[0x50 + i] ^= 0x80;
	}
	snp[3] = 0xff;
	assert_int_equal(report_snp(snp, sizeof(snp), no_nonce, digest),
			 -EPROTONOSUPPORT);
	snp[3] = 0;
	assert_int_equal(report_snp(snp, sizeof(snp) - 1, no_nonce, digest),
			 -EBADMSG);
	assert_int_equal(report_snp(snp, sizeof(snp) + 1, no_nonce, digest),
			 -EBADMSG);
	assert_int_equal(report_snp(snp, 0, no_nonce, digest), -EBADMSG);
	snp[0] = 1;
	assert_int_equal(report_snp(snp, sizeof(snp), no_nonce, digest),
			 -EBADMSG);
	snp[0] = 5;
	assert_int_equal(report_snp(snp, sizeof(snp), no_nonce, digest), 0);
	snp[0] = 6;
	assert_int_equal(report_snp(snp, sizeof(snp), no_nonce, digest),
			 -EPROTONOSUPPORT);
}

static void test_snp_response(void **state)
{
	uint8_t digest[REPORT_DIGEST], response[RESPONSE] = { 0 };
	static const uint8_t nonce[REPORT_NONCE] = { 1 };

	(void)state;
	snp[0] = 2;
	memcpy(response + 32, snp, sizeof(snp));
	response[4] = sizeof(snp) & 0xff;
	response[5] = sizeof(snp) >> 8;
	assert_int_equal(report_snp_response(response, sizeof(response),
					     no_nonce, digest), 0);
	expect_digest(digest, 0x5e);
	assert_int_equal(report_snp_response(response, sizeof(response), nonce,
					     digest), -ESTALE);
	/*
	 * The length of the report in the response must not exceed the
	 * response.
	 */
	assert_int_equal(report_snp_response(response, 32 + sizeof(snp),
					     no_nonce, digest), 0);
	assert_int_equal(report_snp_response(response, 32 + sizeof(snp) - 1,
					     no_nonce, digest), -EBADMSG);
	assert_int_equal(report_snp_response(response, 31, no_nonce, digest),
			 -EBADMSG);
	response[7] = 0xff;
	assert_int_equal(report_snp_response(response, sizeof(response),
					     no_nonce, digest), -EBADMSG);
	response[7] = 0;
	response[0] = 0x16;
	assert_int_equal(report_snp_response(response, sizeof(response),
					     no_nonce, digest), -EIO);
	/* A response without a report may tell of an error, too. */
	assert_int_equal(report_snp_response(response, 32, no_nonce, digest),
			 -EIO);
}

static void test_td(void **state)
{
	uint8_t digest[REPORT_DIGEST], nonce[REPORT_NONCE] = { 1 };

	(void)state;
	assert_int_equal(report_td(td, sizeof(td), no_nonce, digest), 0);
	expect_digest(digest, 0x7d);
	put_le64(td + 512, ATTRIBUTES);
	assert_int_equal(report_td_attributes(td), ATTRIBUTES);
	assert_int_equal(report_td(td, sizeof(td), nonce, digest), -ESTALE);
	assert_int_equal(report_td(td, sizeof(td) - 1, no_nonce, digest),
			 -EBADMSG);
	assert_int_equal(report_td(td, sizeof(td) + 1, no_nonce, digest),
			 -EBADMSG);
	td[0] = 0;
	assert_int_equal(report_td(td, sizeof(td), no_nonce, digest),
			 -EBADMSG);
	td[0] = 0x82;
	assert_int_equal(report_td(td, sizeof(td), no_nonce, digest),
			 -EBADMSG);
}

/* Check that another byte at this offset makes the quote invalid. */
static void expect_broken(uint8_t *quote, size_t len, size_t at, uint8_t byte)
{
	uint8_t digest[REPORT_DIGEST], kept = quote[at];

	quote[at] = byte;
	assert_int_equal(report_quote(quote, len, no_nonce, digest), -EBADMSG);
	quote[at] = kept;
}

static void check_quote(const char *name, size_t body, size_t body_size)
{
	uint8_t digest[REPORT_DIGEST], nonce[REPORT_NONCE] = { 1 };
	uint8_t quote[QUOTE];
	size_t len = read_file(name, quote, sizeof(quote)), i;

	assert_int_equal(report_quote(quote, len, no_nonce, digest), 0);
	expect_digest(digest, 0x9c);
	put_le64(quote + body + 120, ATTRIBUTES);
	assert_int_equal(report_quote_attributes(quote, len), ATTRIBUTES);
	assert_int_equal(report_quote(quote, len, nonce, digest), -ESTALE);
	for (i = 0; i < REPORT_NONCE; i++) {
		quote[body + 520 + i] ^= 0x80;
		assert_int_equal(report_quote(quote, len, no_nonce, digest),
				 -ESTALE);
		quote[body + 520 + i] ^= 0x80;
	}
	/* A quote without its last bytes is invalid. The body has the nonce. */
	for (i = 0; i < len; i++) {
		assert_int_equal(report_quote(quote, i, no_nonce, digest),
				 -EBADMSG);
		assert_ptr_equal(report_quote_nonce(quote, i),
				 i < body + body_size ? NULL :
							quote + body + 520);
	}
	/* A quote of another version has no nonce that the tool knows. */
	quote[0] ^= 7;
	assert_null(report_quote_nonce(quote, len));
	quote[0] ^= 7;
	expect_broken(quote, len, 0, 3);
	expect_broken(quote, len, 0, 6);
	expect_broken(quote, len, 1, 1);
	expect_broken(quote, len, 4, 0);
	expect_broken(quote, len, 7, 0x80);
	/*
	 * The length of the signature exceeds the quote, by a little and by
	 * much.
	 */
	expect_broken(quote, len, body + body_size, 0xe9);
	expect_broken(quote, len, body + body_size + 3, 0xff);
	/* A signature may have no bytes. */
	put_le32(quote + body + body_size, 0);
	assert_int_equal(report_quote(quote, body + body_size + 4, no_nonce,
				      digest), 0);
}

static void test_quote(void **state)
{
	uint8_t quote[QUOTE];
	size_t len, i;

	(void)state;
	check_quote("quote4.bin", 48, 584);
	check_quote("quote5.bin", 54, 584);
	check_quote("quote5-1.5.bin", 54, 648);
	len = read_file("quote5.bin", quote, sizeof(quote));
	/*
	 * Invalid types of the body: that of an enclave, that of TDX 1.5 with
	 * the size of 1.0, and an unknown one.
	 */
	expect_broken(quote, len, 48, 1);
	expect_broken(quote, len, 48, 3);
	expect_broken(quote, len, 48, 4);
	expect_broken(quote, len, 49, 1);
	for (i = 50; i < 54; i++)
		expect_broken(quote, len, i, quote[i] ^ 1);
}

#define BIT(nr)	(UINT64_C(1) << (nr))

/*
 * Bits of the policy of a guest on SEV-SNP, and attributes of a TD. Each other bit
 * leaves the digest meaningful.
 */
static void test_weaknesses(void **state)
{
	static const struct report_allowed none, all = {
		.debug = true, .migration = true, .vmpl = 3,
	}, debug = { .debug = true }, migration = { .migration = true };
	enum report_fault fault;
	unsigned int bit;

	(void)state;
	put_le32(snp + 0x30, 0);
	for (bit = 0; bit < 64; bit++) {
		fault = bit == 19 ? REPORT_FAULT_DEBUG :
			bit == 18 ? REPORT_FAULT_MIGRATION : REPORT_FAULT_NONE;
		put_le64(snp + 8, BIT(17) | BIT(bit));
		assert_int_equal(report_snp_judge(snp, &none), fault);
		assert_int_equal(report_snp_judge(snp, &all), REPORT_FAULT_NONE);
		put_le64(snp + 8, UINT64_MAX & ~BIT(17));
		assert_int_equal(report_snp_judge(snp, &all),
				 REPORT_FAULT_POLICY);
		fault = bit < 8 ? REPORT_FAULT_DEBUG :
			bit == 29 ? REPORT_FAULT_MIGRATION : REPORT_FAULT_NONE;
		assert_int_equal(report_td_judge(BIT(bit), &none), fault);
		assert_int_equal(report_td_judge(BIT(bit), &all),
				 REPORT_FAULT_NONE);
		if (bit != 29)
			assert_int_equal(report_td_judge(BIT(bit), &debug),
					 REPORT_FAULT_NONE);
	}
	assert_int_equal(report_td_judge(UINT64_MAX, &debug),
			 REPORT_FAULT_MIGRATION);
	assert_int_equal(report_td_judge(UINT64_MAX, &migration),
			 REPORT_FAULT_DEBUG);
	put_le64(snp + 8, UINT64_MAX);
	put_le32(snp + 0x30, 3);
	assert_int_equal(report_snp_judge(snp, &all), REPORT_FAULT_NONE);
	assert_int_equal(report_snp_judge(snp, &debug), REPORT_FAULT_VMPL);
	put_le32(snp + 0x30, 4);
	assert_int_equal(report_snp_judge(snp, &all), REPORT_FAULT_VMPL);
}

static void expect_words(const char *words, const char *description,
			 const char *remedy)
{
	assert_non_null(words);
	assert_non_null(strstr(words, description));
	if (remedy)
		assert_non_null(strstr(words, remedy));
	else
		assert_null(strstr(words, "vmfwupdate.conf"));
}

/* For this machine, the description names the configuration that allows it. */
static void test_words(void **state)
{
	static const struct report_allowed none;
	static const struct {
		uint64_t policy, attributes;
		uint32_t vmpl;
		enum report_fault fault;
		const char *description, *remedy;
	} cases[] = {
		{ 0, 0, 0, REPORT_FAULT_POLICY, "policy is malformed", NULL },
		{ BIT(17), 0, 1, REPORT_FAULT_VMPL, "less privileged level",
		  "; see allow-vmpl in" },
		{ BIT(17) | BIT(19), 1, 0, REPORT_FAULT_DEBUG, "may debug",
		  "; see allow-debug in" },
		{ BIT(17) | BIT(18), BIT(29), 0, REPORT_FAULT_MIGRATION,
		  "may move this guest", "; see allow-migration in" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		put_le64(snp + 8, cases[i].policy);
		put_le32(snp + 0x30, cases[i].vmpl);
		expect_words(report_fault_words(cases[i].fault),
			     cases[i].description, NULL);
		expect_words(report_snp_fault(snp, &none), cases[i].description,
			     cases[i].remedy);
		if (cases[i].attributes)
			expect_words(report_td_fault(cases[i].attributes, &none),
				     cases[i].description, cases[i].remedy);
	}
	put_le64(snp + 8, BIT(17));
	put_le32(snp + 0x30, 0);
	assert_null(report_snp_fault(snp, &none));
	assert_null(report_td_fault(0, &none));
	assert_null(report_fault_words(REPORT_FAULT_NONE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_snp),
		cmocka_unit_test(test_snp_response),
		cmocka_unit_test(test_td),
		cmocka_unit_test(test_quote),
		cmocka_unit_test(test_weaknesses),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests_name("report", tests, read_vectors,
					   NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The appraisal of a report: the result, its reason, and errors that leave the
 * result open.
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
#include <cmocka.h>

#include "attest/appraise.h"
#include "igvm/vmfw-igvm.h"
#include "shared/bytes.h"
#include "shared/macro.h"

#define POLICY_AT	0x08
/* The bit of the policy that permits debugging, in its third byte. */
#define POLICY_DEBUG	8
#define VMPL_AT		0x30
#define MICROCODE_AT	0x187
#define NONCE_AT	0x50
/* The length of a quote's signature, in 4 bytes in front of the signature. */
#define QUOTE_SIGNATURE_AT 632
#define QUOTE_ATTRIBUTES_AT 168

static uint8_t report[REPORT_SNP_SIZE];
static uint8_t quote[32u << 10];
static size_t quote_len;
static struct appraise_rules rules;
static struct appraisal appraisal;

/**
 * struct check - the check of the signature
 * @err: its result
 * @bad_file: the file that it could not read, or NULL
 * @asked: number of checks
 */
static struct check {
	int err;
	const char *bad_file;
	unsigned int asked;
} check;

static const char *const paths[] = { "/a.pem", "/b.pem" };

int __wrap_signature_check_files(const uint8_t *bytes,
				 const struct signature_files *files,
				 struct signer *signer, const char **why);
int __wrap_signature_check_files(const uint8_t *bytes,
				 const struct signature_files *files,
				 struct signer *signer, const char **why)
{
	assert_ptr_equal(bytes, report);
	assert_ptr_equal(files->paths, paths);
	assert_int_equal(files->nr, ARRAY_SIZE(paths));
	check.asked++;
	*why = "a reason";
	signer->provider = true;
	signer->bad_file = check.bad_file;
	return check.err;
}

static size_t read_file(const char *path, uint8_t *bytes, size_t size)
{
	FILE *file = fopen(path, "rb");
	size_t len;

	assert_non_null(file);
	len = fread(bytes, 1, size, file);
	assert_int_equal(fgetc(file), EOF);
	fclose(file);
	return len;
}

static int set_up(void **state)
{
	(void)state;
	assert_int_equal(read_file(VECTORS "/signed.bin", report,
				   sizeof(report)), sizeof(report));
	quote_len = read_file(VECTORS "/quote4.bin", quote, sizeof(quote));
	rules = (struct appraise_rules) {
		.certificates = paths,
		.nr_certificates = ARRAY_SIZE(paths),
	};
	check = (struct check) { 0 };
	return 0;
}

static int judge(const uint8_t *bytes, size_t len)
{
	memset(&appraisal, 0xa5, sizeof(appraisal));
	return appraise_report(&appraisal, bytes, len, &rules);
}

static void good(void)
{
	assert_int_equal(judge(report, sizeof(report)), 0);
	assert_int_equal(appraisal.result, APPRAISE_GOOD);
	assert_string_equal(appraisal.why, "");
}

static void bad(const uint8_t *bytes, size_t len, const char *why)
{
	assert_int_equal(judge(bytes, len), 0);
	assert_int_equal(appraisal.result, APPRAISE_BAD);
	if (!strstr(appraisal.why, why))
		fail_msg("no \"%s\" in: %s", why, appraisal.why);
}

static void test_good(void **state)
{
	uint8_t digest[REPORT_DIGEST];

	(void)state;
	good();
	memset(digest, 0x5e, sizeof(digest));
	assert_memory_equal(appraisal.digest, digest, sizeof(digest));
	assert_int_equal(appraisal.platform, VMFW_IGVM_SEV_SNP);
	assert_true(appraisal.readable);
	assert_true(appraisal.signed_right);
	assert_true(appraisal.signer.provider);
	assert_int_equal(check.asked, 1);
	assert_int_equal(appraisal.version, 2);
	assert_int_equal(appraisal.policy, 0x30000);
	assert_int_equal(appraisal.vmpl, 0);
	assert_int_equal(appraisal.tcb.version[TCB_MICROCODE],
			 report[MICROCODE_AT]);
	memset(report + NONCE_AT, 0x77, REPORT_NONCE);
	report[NONCE_AT + REPORT_NONCE - 1] = 0x78;
	put_le32(report + VMPL_AT, 2);
	rules.nonce = report + NONCE_AT;
	rules.allowed.vmpl = 2;
	good();
	assert_memory_equal(appraisal.nonce, report + NONCE_AT, REPORT_NONCE);
	assert_int_equal(appraisal.vmpl, 2);
	assert_int_equal(appraisal.policy, 0x30000);
}

/* The certificates do not confirm the signature. */
static void test_not_signed(void **state)
{
	static const int errors[] = {
		-EKEYREJECTED, -ENOKEY, -EBADMSG, -ENOTSUP,
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		check.err = errors[i];
		bad(report, sizeof(report), "a reason");
		assert_true(appraisal.readable);
		assert_false(appraisal.signed_right);
	}
	check.bad_file = "/b.pem";
	bad(report, sizeof(report), "/b.pem: a reason");
}

/* After other errors, the tool cannot know whether the signature is right. */
static void test_errors(void **state)
{
	static const int errors[] = {
		-ENOMEM, -EIO, -EINTR, -EACCES, -ENOENT, -EMFILE, -ELOOP,
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		check.err = errors[i];
		assert_int_equal(judge(report, sizeof(report)), errors[i]);
		assert_string_equal(appraisal.why, "a reason");
		assert_int_equal(appraisal.result, APPRAISE_BAD);
		assert_true(appraisal.readable);
		assert_false(appraisal.signed_right);
	}
}

/* The tool checks format and nonce before the signature, and the rest after it. */
static void test_rules(void **state)
{
	uint8_t nonce[REPORT_NONCE], *few = calloc(1, 3);

	(void)state;
	bad(report, sizeof(report) - 1, "neither a report of SEV-SNP nor");
	assert_false(appraisal.readable);
	/* A sanitizer sees a read after the last byte. */
	assert_non_null(few);
	bad(few, 3, "neither a report of SEV-SNP nor");
	free(few);
	/* A larger number of 4 bytes begins a quote. */
	put_le32(report, 0x10000);
	bad(report, sizeof(report), "neither a report of SEV-SNP nor");
	put_le32(report, 0xffff);
	bad(report, sizeof(report), "unknown version");
	assert_false(appraisal.readable);
	set_up(NULL);
	memset(nonce, 0x77, sizeof(nonce));
	rules.nonce = nonce;
	check.err = -EIO;
	bad(report, sizeof(report), "expected nonce");
	assert_int_equal(check.asked, 0);
	set_up(NULL);
	report[POLICY_AT + 2] |= POLICY_DEBUG;
	bad(report, sizeof(report), "debug");
	assert_true(appraisal.signed_right);
	rules.allowed.debug = true;
	good();
	set_up(NULL);
	rules.least.known[TCB_MICROCODE] = true;
	rules.least.version[TCB_MICROCODE] = report[MICROCODE_AT];
	good();
	rules.least.version[TCB_MICROCODE]++;
	report[MICROCODE_AT] = 210;
	rules.least.version[TCB_MICROCODE] = 212;
	bad(report, sizeof(report), "too old: microcode is 210, and 212 is the oldest");
	assert_true(appraisal.signed_right);
	set_up(NULL);
	rules.least.known[TCB_FMC] = true;
	bad(report, sizeof(report), "has no part fmc");
}

/* The tool does not verify the signature of a quote. */
static void test_quote(void **state)
{
	uint8_t nonce[REPORT_NONCE] = { 0x77 };

	(void)state;
	check.err = -EIO;
	assert_int_equal(judge(quote, quote_len), 0);
	assert_int_equal(appraisal.result, APPRAISE_UNSIGNED);
	assert_non_null(strstr(appraisal.why, "does not verify the signature"));
	assert_int_equal(appraisal.platform, VMFW_IGVM_TDX);
	assert_true(appraisal.readable);
	assert_false(appraisal.signed_right);
	/* A shorter signature makes the quote as long as a report of SEV-SNP. */
	put_le32(quote + QUOTE_SIGNATURE_AT,
		 REPORT_SNP_SIZE - QUOTE_SIGNATURE_AT - 4);
	assert_int_equal(judge(quote, REPORT_SNP_SIZE), 0);
	assert_int_equal(appraisal.platform, VMFW_IGVM_TDX);
	assert_int_equal(appraisal.version, 4);
	/* The host may debug the TD. */
	put_le64(quote + QUOTE_ATTRIBUTES_AT, 1);
	bad(quote, REPORT_SNP_SIZE, "may debug");
	assert_int_equal(appraisal.policy, 1);
	rules.allowed.debug = true;
	assert_int_equal(judge(quote, REPORT_SNP_SIZE), 0);
	assert_int_equal(appraisal.result, APPRAISE_UNSIGNED);
	rules.nonce = nonce;
	bad(quote, REPORT_SNP_SIZE, "expected nonce");
	assert_int_equal(check.asked, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_good, set_up),
		cmocka_unit_test_setup(test_not_signed, set_up),
		cmocka_unit_test_setup(test_errors, set_up),
		cmocka_unit_test_setup(test_rules, set_up),
		cmocka_unit_test_setup(test_quote, set_up),
	};

	return cmocka_run_group_tests_name("appraise", tests, NULL, NULL);
}

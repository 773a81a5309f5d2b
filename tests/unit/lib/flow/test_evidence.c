// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a machine attests, and what a signature adds to it.
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

#include "flow/evidence.h"

#define CHAIN	VECTORS "/chain/chain.pem"
#define OTHER	VECTORS "/other/chain.pem"

/* What the vectors were made with: 48 bytes of it. */
#define DIGEST	0x5e

static struct attest machine;
static int machine_err;
static struct config config;

int __wrap_attest_machine(struct attest *attest, bool table);

int __wrap_attest_machine(struct attest *attest, bool table)
{
	assert_int_equal(table, config.certificates[0] != '\0');
	*attest = machine;
	return machine_err;
}

int __wrap_launch_digest(const struct vmfw_igvm *igvm,
			 struct vmfw_igvm_measure_options *options,
			 uint8_t *digest);

/* Another one for each convention. */
int __wrap_launch_digest(const struct vmfw_igvm *igvm,
			 struct vmfw_igvm_measure_options *options,
			 uint8_t *digest)
{
	(void)igvm;
	memset(digest, 0xa0 + options->vmm, REPORT_DIGEST);
	return 0;
}

static int set_up(void **state)
{
	static const char path[] = VECTORS "/signed.bin";
	FILE *file = fopen(path, "rb");

	(void)state;
	assert_non_null(file);
	machine = (struct attest) {
		.platform = VMFW_IGVM_SEV_SNP,
		.source = "test",
		.has_report = true,
	};
	machine_err = 0;
	assert_int_equal(fread(machine.report, 1, REPORT_SNP_SIZE, file),
			 REPORT_SNP_SIZE);
	fclose(file);
	memset(machine.digest, DIGEST, REPORT_DIGEST);
	config_default(&config);
	config.has_expected[VMFW_IGVM_SEV_SNP] = true;
	memset(config.expected[VMFW_IGVM_SEV_SNP], DIGEST, REPORT_DIGEST);
	return 0;
}

static void expect(enum verdict verdict, enum rung rung, const char *why)
{
	struct evidence evidence;

	evidence_attest(&evidence, &config, NULL);
	assert_int_equal(evidence.verdict, verdict);
	assert_int_equal(evidence.rung, rung);
	assert_non_null(strstr(evidence.why, why));
	assert_int_equal(evidence.unverified, verdict == VERDICT_UNKNOWN &&
			 config.certificates[0]);
}

static void test_digest(void **state)
{
	(void)state;
	expect(VERDICT_RUNNING, RUNG_ATTESTED, "expected one");
	machine.digest[47] ^= 1;
	expect(VERDICT_NOT_RUNNING, RUNG_ATTESTED, "another one");
	config.has_expected[VMFW_IGVM_SEV_SNP] = false;
	expect(VERDICT_UNKNOWN, RUNG_NONE, "not known which");
	machine_err = -ENOENT;
	strcpy(machine.why, "nobody to ask");
	expect(VERDICT_UNKNOWN, RUNG_NONE, "nobody to ask");
}

/* The digest that one VMM makes of an image, on a machine of another one. */
static void test_whose_digest(void **state)
{
	static const enum vmfw_igvm_vmm all[] = {
		VMFW_IGVM_VMM_QEMU, VMFW_IGVM_VMM_GENERIC,
		VMFW_IGVM_VMM_NATIVE_ZERO,
	};
	const struct vmfw_igvm igvm = {
		.platforms = { { .type = VMFW_IGVM_SEV_SNP, .mask = 1 } },
		.nr_platforms = 1,
	};
	struct evidence evidence;
	size_t i, k;

	(void)state;
	config.has_expected[VMFW_IGVM_SEV_SNP] = false;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		memset(machine.digest, 0xa0 + all[i], REPORT_DIGEST);
		config.vmm.known = false;
		evidence_attest(&evidence, &config, &igvm);
		assert_int_equal(evidence.verdict, VERDICT_RUNNING);
		for (k = 0; k < sizeof(all) / sizeof(all[0]); k++) {
			config.vmm = (struct vmm_choice) { true, all[k] };
			evidence_attest(&evidence, &config, &igvm);
			assert_int_equal(evidence.verdict, i == k ?
					 VERDICT_RUNNING :
					 VERDICT_NOT_RUNNING);
		}
	}
}

static void test_signed(void **state)
{
	(void)state;
	strcpy(config.certificates, CHAIN);
	expect(VERDICT_RUNNING, RUNG_SIGNED, "expected one");
	config.expected[VMFW_IGVM_SEV_SNP][0] ^= 1;
	expect(VERDICT_NOT_RUNNING, RUNG_SIGNED, "another one");
}

/* Whatever the digest is. */
static void test_wrong_signature(void **state)
{
	(void)state;
	strcpy(config.certificates, OTHER);
	expect(VERDICT_NOT_RUNNING, RUNG_ATTESTED, "another key");
	strcpy(config.certificates, CHAIN);
	machine.report[0x90] ^= 1;
	expect(VERDICT_NOT_RUNNING, RUNG_ATTESTED, "signature is wrong");
}

static void test_certificates_missing(void **state)
{
	(void)state;
	strcpy(config.certificates, VECTORS "/missing.pem");
	expect(VERDICT_UNKNOWN, RUNG_NONE, "No such file");
}

/* TDX has no report that is signed and does not pass through the host. */
static void test_nothing_signed(void **state)
{
	(void)state;
	strcpy(config.certificates, OTHER);
	machine.has_report = false;
	expect(VERDICT_RUNNING, RUNG_ATTESTED, "expected one");
}

/* A quote stands on a rung of its own, whatever is configured for others. */
static void test_quoted(void **state)
{
	const uint8_t boot[BOOT_ID_SIZE] = { 1 }, image[DIGEST_SIZE] = { 2 };
	struct evidence evidence;
	struct record record = { 0 };
	struct firmware firmware = { .known = true };

	(void)state;
	machine.platform = VMFW_IGVM_TDX;
	machine.has_report = false;
	machine.quoted = true;
	config.has_expected[VMFW_IGVM_TDX] = true;
	memset(config.expected[VMFW_IGVM_TDX], DIGEST, REPORT_DIGEST);
	expect(VERDICT_RUNNING, RUNG_QUOTED, "expected one");
	machine.digest[0] ^= 1;
	expect(VERDICT_NOT_RUNNING, RUNG_QUOTED, "another one");
	evidence_attest(&evidence, &config, NULL);
	evidence_claim(&evidence, &config, &record, boot, image, &firmware,
		       false);
	assert_int_equal(evidence.verdict, VERDICT_NOT_RUNNING);

	/* The host could say so. */
	config.evidence = RUNG_ATTESTED;
	expect(VERDICT_NOT_RUNNING, RUNG_QUOTED, "another one");
	machine.digest[0] ^= 1;
	expect(VERDICT_UNKNOWN, RUNG_NONE, "evidence=attested");
	evidence_attest(&evidence, &config, NULL);
	evidence_claim(&evidence, &config, &record, boot, image, &firmware,
		       false);
	assert_int_equal(evidence.verdict, VERDICT_UNKNOWN);
}

/* A name cannot outweigh a report that is wrong, or that is right. */
static void test_claims_do_not_count(void **state)
{
	static const char *const paths[] = { "", CHAIN, OTHER };
	const uint8_t boot[BOOT_ID_SIZE] = { 1 }, image[DIGEST_SIZE] = { 2 };
	struct evidence evidence, before;
	struct record record = { 0 };
	struct firmware firmware = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		strcpy(config.certificates, paths[i]);
		evidence_attest(&evidence, &config, NULL);
		before = evidence;
		evidence_claim(&evidence, &config, &record, boot, image,
			       &firmware, false);
		assert_int_equal(evidence.verdict, before.verdict);
		assert_int_equal(evidence.rung, before.rung);
		assert_string_equal(evidence.why, before.why);
	}
}

/* A guest that the host can change: no digest speaks for it. */
static void test_guests_that_do_not_count(void **state)
{
	(void)state;
	machine.report[0x0a] |= 1 << 3;
	expect(VERDICT_NOT_RUNNING, RUNG_ATTESTED, "allow-debug");
	config.allowed.debug = true;
	expect(VERDICT_RUNNING, RUNG_ATTESTED, "expected one");
	machine.report[0x0a] |= 1 << 2;
	expect(VERDICT_NOT_RUNNING, RUNG_ATTESTED, "allow-migration");
	config.allowed.migration = true;
	expect(VERDICT_RUNNING, RUNG_ATTESTED, "expected one");
	machine.report[0x0a] &= ~(1 << 1);
	expect(VERDICT_NOT_RUNNING, RUNG_ATTESTED, "policy is malformed");
	machine.report[0x0a] |= 1 << 1;
	machine.report[0x30] = 3;
	expect(VERDICT_NOT_RUNNING, RUNG_ATTESTED, "allow-vmpl");
	config.allowed.vmpl = 2;
	expect(VERDICT_NOT_RUNNING, RUNG_ATTESTED, "allow-vmpl");
	config.allowed.vmpl = 3;
	expect(VERDICT_RUNNING, RUNG_ATTESTED, "expected one");
	/* Below an SVSM the kernel asks at its own level. */
	config.allowed.vmpl = 0;
	machine.vmpl = 3;
	expect(VERDICT_RUNNING, RUNG_ATTESTED, "expected one");
}

static void test_tds_that_do_not_count(void **state)
{
	(void)state;
	machine.platform = VMFW_IGVM_TDX;
	machine.has_report = false;
	config.has_expected[VMFW_IGVM_TDX] = true;
	memset(config.expected[VMFW_IGVM_TDX], DIGEST, REPORT_DIGEST);
	machine.has_attributes = true;
	machine.attributes = 1u << 28;
	expect(VERDICT_RUNNING, RUNG_ATTESTED, "expected one");
	machine.attributes |= 1;
	expect(VERDICT_NOT_RUNNING, RUNG_ATTESTED, "allow-debug");
	machine.quoted = true;
	expect(VERDICT_NOT_RUNNING, RUNG_QUOTED, "allow-debug");
	config.allowed.debug = true;
	expect(VERDICT_RUNNING, RUNG_QUOTED, "expected one");
	machine.attributes |= 1u << 29;
	expect(VERDICT_NOT_RUNNING, RUNG_QUOTED, "allow-migration");
}

static void test_weak(void **state)
{
	struct evidence evidence;

	(void)state;
	config.evidence = RUNG_SIGNED;
	evidence_attest(&evidence, &config, NULL);
	assert_int_equal(evidence.verdict, VERDICT_UNKNOWN);
	assert_non_null(strstr(evidence.why, "(attested), and evidence=signed"));
	strcpy(config.certificates, CHAIN);
	expect(VERDICT_RUNNING, RUNG_SIGNED, "expected one");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_digest, set_up),
		cmocka_unit_test_setup(test_whose_digest, set_up),
		cmocka_unit_test_setup(test_signed, set_up),
		cmocka_unit_test_setup(test_wrong_signature, set_up),
		cmocka_unit_test_setup(test_certificates_missing, set_up),
		cmocka_unit_test_setup(test_nothing_signed, set_up),
		cmocka_unit_test_setup(test_quoted, set_up),
		cmocka_unit_test_setup(test_guests_that_do_not_count, set_up),
		cmocka_unit_test_setup(test_tds_that_do_not_count, set_up),
		cmocka_unit_test_setup(test_weak, set_up),
		cmocka_unit_test_setup(test_claims_do_not_count, set_up),
	};

	return cmocka_run_group_tests_name("evidence", tests, NULL, NULL);
}

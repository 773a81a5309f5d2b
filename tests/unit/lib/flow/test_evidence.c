// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Evidence from the attestation of a machine, with and without a signature, and
 * from the record.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <errno.h>
#include <unistd.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif
#include <cmocka.h>

#include "flow/evidence.h"
#include "shared/macro.h"

#define CHAIN	VECTORS "/chain/chain.pem"
#define OTHER	VECTORS "/other/chain.pem"

/* The value of all 48 bytes of the digest in the reports. */
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

#define QUESTIONS	8

/* The options of each call of launch_digest(), their number, and its result. */
static struct vmfw_igvm_measure_options questions[QUESTIONS];
static unsigned int nr_questions;
static int digest_err;

/* Make a different digest for each VMM and each number of processors. */
int __wrap_launch_digest(const struct vmfw_igvm *igvm,
			 struct vmfw_igvm_measure_options *options,
			 uint8_t *digest)
{
	(void)igvm;
	assert_true(nr_questions < QUESTIONS);
	questions[nr_questions++] = *options;
	memset(digest, 0xa0 + options->vmm, REPORT_DIGEST);
	digest[0] = options->vcpus;
	return digest_err;
}

static long processors;

long __wrap_sysconf(int name);

long __wrap_sysconf(int name)
{
	assert_int_equal(name, _SC_NPROCESSORS_CONF);
	return processors;
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
	digest_err = 0;
	nr_questions = 0;
	processors = 1;
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
	expect(VERDICT_NOT_RUNNING, RUNG_ATTESTED, "not the expected one");
	config.has_expected[VMFW_IGVM_SEV_SNP] = false;
	expect(VERDICT_UNKNOWN, RUNG_NONE, "cannot compute the expected");
	machine_err = -ENOENT;
	strcpy(machine.why, "nobody to ask");
	expect(VERDICT_UNKNOWN, RUNG_NONE, "nobody to ask");
}

/* The unused rest of the list of expected digests has zeroes. */
static void a_digest_of_zeroes_is_not_expected(void **state)
{
	(void)state;
	memset(machine.digest, 0, REPORT_DIGEST);
	expect(VERDICT_NOT_RUNNING, RUNG_ATTESTED, "not the expected one");
}

/* The machine has the digest of one VMM, although the configuration may name another. */
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
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		memset(machine.digest, 0xa0 + all[i], REPORT_DIGEST);
		machine.digest[0] = 0;
		config.vmm.known = false;
		nr_questions = 0;
		evidence_attest(&evidence, &config, &igvm);
		assert_int_equal(evidence.verdict, VERDICT_RUNNING);
		for (k = 0; k < ARRAY_SIZE(all); k++) {
			config.vmm = (struct vmm_choice) { true, all[k] };
			nr_questions = 0;
			evidence_attest(&evidence, &config, &igvm);
			assert_int_equal(evidence.verdict, i == k ?
					 VERDICT_RUNNING :
					 VERDICT_NOT_RUNNING);
		}
	}
}

static const struct vmfw_igvm for_snp = {
	.platforms = { { .type = VMFW_IGVM_SEV_SNP, .mask = 1 } },
	.nr_platforms = 1,
};

static void running_with(unsigned int vmm, unsigned int vcpus,
			 enum verdict verdict)
{
	struct evidence evidence;

	memset(machine.digest, 0xa0 + vmm, REPORT_DIGEST);
	machine.digest[0] = vcpus;
	nr_questions = 0;
	evidence_attest(&evidence, &config, &for_snp);
	assert_int_equal(evidence.verdict, verdict);
	assert_int_equal(evidence.nr_expected, nr_questions);
}

/*
 * A VMM measures all processors, or only those in the file.
 * VMFW_IGVM_VMM_GENERIC measures only those in the file.
 */
static void test_processors(void **state)
{
	unsigned int i;
#if defined(__x86_64__) || defined(__i386__)
	unsigned int signature, ebx, ecx, edx;

	__cpuid(1, signature, ebx, ecx, edx);
#endif

	(void)state;
	config.has_expected[VMFW_IGVM_SEV_SNP] = false;
	for (processors = 1; processors <= 2; processors++) {
		enum verdict many = processors == 2 ? VERDICT_RUNNING :
						      VERDICT_NOT_RUNNING;

		running_with(VMFW_IGVM_VMM_QEMU, 0, VERDICT_RUNNING);
		running_with(VMFW_IGVM_VMM_QEMU, 1, VERDICT_NOT_RUNNING);
		running_with(VMFW_IGVM_VMM_QEMU, 2, many);
		running_with(VMFW_IGVM_VMM_QEMU, 3, VERDICT_NOT_RUNNING);
		running_with(VMFW_IGVM_VMM_NATIVE_ZERO, 2, many);
		running_with(VMFW_IGVM_VMM_GENERIC, 0, VERDICT_RUNNING);
		running_with(VMFW_IGVM_VMM_GENERIC, 2, VERDICT_NOT_RUNNING);
		assert_int_equal(nr_questions, processors == 2 ? 5 : 3);
		for (i = 0; i < nr_questions; i++) {
			assert_int_equal(questions[i].platform,
					 VMFW_IGVM_SEV_SNP);
			/*
			 * The signature of the CPU (CPUID) matters only for
			 * processors that are not in the file.
			 */
			if (!questions[i].vcpus)
				assert_int_equal(questions[i].cpu_signature, 0);
#if defined(__x86_64__) || defined(__i386__)
			else
				assert_int_equal(questions[i].cpu_signature,
						 signature);
#endif
		}
	}
}

/*
 * There is no digest to expect: the configured digest and the image are for
 * another platform.
 */
static void test_no_digest_to_expect(void **state)
{
	const struct vmfw_igvm for_tdx = {
		.platforms = { { .type = VMFW_IGVM_TDX, .mask = 1 } },
		.nr_platforms = 1,
	};
	struct evidence evidence;

	(void)state;
	config.has_expected[VMFW_IGVM_SEV_SNP] = false;
	config.has_expected[VMFW_IGVM_TDX] = true;
	evidence_attest(&evidence, &config, &for_tdx);
	assert_int_equal(nr_questions, 0);
	assert_int_equal(evidence.verdict, VERDICT_UNKNOWN);
	assert_int_equal(evidence.rung, RUNG_NONE);
	assert_true(evidence.attested);

	/* The tool ignores the bytes of a digest that it could not compute. */
	digest_err = -EINVAL;
	evidence_attest(&evidence, &config, &for_snp);
	assert_true(nr_questions > 0);
	assert_int_equal(evidence.nr_expected, 0);
	assert_int_equal(evidence.verdict, VERDICT_UNKNOWN);
}

static void claim_is(bool ends_with_machine, const struct record *record,
		     const struct firmware *now, enum verdict verdict,
		     enum rung rung, const char *why)
{
	const uint8_t boot[BOOT_ID_SIZE] = { 2 }, image[DIGEST_SIZE] = { 2 };
	struct evidence evidence;

	machine_err = -ENOENT;
	evidence_attest(&evidence, &config, NULL);
	assert_false(evidence.attested);
	evidence_claim(&evidence, &config, record, boot, image, now,
		       ends_with_machine);
	assert_int_equal(evidence.verdict, verdict);
	assert_int_equal(evidence.rung, rung);
	assert_non_null(strstr(evidence.why, why));
}

/* A claim from a record in the VMM's page counts as RUNG_OPAQUE. */
static void test_claims(void **state)
{
	const uint8_t boots[2][BOOT_ID_SIZE] = { { 1 }, { 2 } };
	const uint8_t image[DIGEST_SIZE] = { 2 };
	const struct firmware old = { .known = true, .vendor = "P" };
	const struct firmware new = { .known = true, .vendor = "T" };
	struct record record = { 0 };

	(void)state;
	record_begin(&record, image, boots[0], 0, &old);
	claim_is(false, &record, &new, VERDICT_RUNNING, RUNG_CLAIMED,
		 "the attempt changed");
	claim_is(true, &record, &new, VERDICT_RUNNING, RUNG_OPAQUE,
		 "the attempt changed");
	claim_is(true, &record, &old, VERDICT_UNKNOWN, RUNG_NONE,
		 "did not change");
	config.evidence = RUNG_OPAQUE;
	claim_is(false, &record, &new, VERDICT_UNKNOWN, RUNG_NONE,
		 "only claimed");
	claim_is(true, &record, &new, VERDICT_RUNNING, RUNG_OPAQUE,
		 "the attempt changed");
	config.evidence = RUNG_QUOTED;
	claim_is(true, &record, &new, VERDICT_UNKNOWN, RUNG_NONE,
		 "evidence=quoted");

	/* Any evidence suffices for the verdict that the image is not running. */
	record_end(&record, OUTCOME_RUNNING, RUNG_CLAIMED, boots[1], 0, &new);
	claim_is(false, &record, &old, VERDICT_NOT_RUNNING, RUNG_CLAIMED,
		 "another name");
	claim_is(true, &record, &old, VERDICT_NOT_RUNNING, RUNG_OPAQUE,
		 "another name");
}

static void test_elsewhere(void **state)
{
	struct evidence evidence;

	(void)state;
	memset(&evidence, 0xee, sizeof(evidence));
	evidence_elsewhere(&evidence);
	assert_int_equal(evidence.verdict, VERDICT_UNKNOWN);
	assert_int_equal(evidence.rung, RUNG_NONE);
	assert_false(evidence.attested);
	assert_int_equal(evidence.nr_expected, 0);
	assert_non_null(strstr(evidence.why, "another root"));
}

static void test_signed(void **state)
{
	(void)state;
	strcpy(config.certificates, CHAIN);
	expect(VERDICT_RUNNING, RUNG_SIGNED, "expected one");
	config.expected[VMFW_IGVM_SEV_SNP][0] ^= 1;
	expect(VERDICT_NOT_RUNNING, RUNG_SIGNED, "not the expected one");
}

/* With a wrong signature, the digest does not matter. */
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

/* Without a signed report, as on TDX, the certificates do not matter. */
static void test_nothing_signed(void **state)
{
	(void)state;
	strcpy(config.certificates, OTHER);
	machine.has_report = false;
	expect(VERDICT_RUNNING, RUNG_ATTESTED, "expected one");
}

/* An empty value of "certificates" clears only the first byte of the path. */
static void an_emptied_path_names_no_certificates(void **state)
{
	(void)state;
	strcpy(config.certificates, OTHER);
	config.certificates[0] = '\0';
	expect(VERDICT_RUNNING, RUNG_ATTESTED, "expected one");
}

/* A quote counts as RUNG_QUOTED. */
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
	expect(VERDICT_NOT_RUNNING, RUNG_QUOTED, "not the expected one");
	evidence_attest(&evidence, &config, NULL);
	evidence_claim(&evidence, &config, &record, boot, image, &firmware,
		       false);
	assert_int_equal(evidence.verdict, VERDICT_NOT_RUNNING);

	/* The host could have made this quote. */
	config.evidence = RUNG_ATTESTED;
	expect(VERDICT_NOT_RUNNING, RUNG_QUOTED, "not the expected one");
	machine.digest[0] ^= 1;
	expect(VERDICT_UNKNOWN, RUNG_NONE, "evidence=attested");
	evidence_attest(&evidence, &config, NULL);
	evidence_claim(&evidence, &config, &record, boot, image, &firmware,
		       false);
	assert_int_equal(evidence.verdict, VERDICT_UNKNOWN);
}

/* If there is a report, right or wrong, the firmware's name does not count. */
static void test_claims_do_not_count(void **state)
{
	static const char *const paths[] = { "", CHAIN, OTHER };
	const uint8_t boot[BOOT_ID_SIZE] = { 1 }, image[DIGEST_SIZE] = { 2 };
	struct evidence evidence, before;
	struct record record = { 0 };
	struct firmware firmware = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(paths); i++) {
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

/* If the host can change the guest, its digest proves nothing. */
static void test_guests_that_do_not_count(void **state)
{
	(void)state;
	machine.report[0x0a] |= 1 << 3;
	expect(VERDICT_NOT_RUNNING, RUNG_ATTESTED, "allow-debug");
	/* Harmless attributes of a TD do not cure the report. */
	machine.has_attributes = true;
	machine.attributes = 1u << 28;
	expect(VERDICT_NOT_RUNNING, RUNG_ATTESTED, "allow-debug");
	machine.has_attributes = false;
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
	/* Below an SVSM, the kernel requests its report at its own VMPL. */
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

static void unknown_attributes_do_not_count(void **state)
{
	(void)state;
	machine.attributes = 1;
	expect(VERDICT_RUNNING, RUNG_ATTESTED, "expected one");
}

static void test_weak(void **state)
{
	struct evidence evidence;

	(void)state;
	config.evidence = RUNG_SIGNED;
	evidence_attest(&evidence, &config, NULL);
	assert_int_equal(evidence.verdict, VERDICT_UNKNOWN);
	assert_non_null(strstr(evidence.why, "only attested, but the configuration demands evidence=signed"));
	strcpy(config.certificates, CHAIN);
	expect(VERDICT_RUNNING, RUNG_SIGNED, "expected one");
}

/* A claim that decides nothing does not replace the reason of a report. */
static void test_reason_of_report(void **state)
{
	const uint8_t boots[2][BOOT_ID_SIZE] = { { 1 }, { 2 } };
	const uint8_t image[DIGEST_SIZE] = { 2 };
	const struct firmware old = { .known = true, .vendor = "P" };
	const struct firmware new = { .known = true, .vendor = "T" };
	struct evidence evidence;
	struct record record = { 0 };

	(void)state;
	record_begin(&record, image, boots[0], 0, &old);
	config.evidence = RUNG_SIGNED;
	evidence_attest(&evidence, &config, NULL);
	evidence_claim(&evidence, &config, &record, boots[1], image, &new, false);
	assert_int_equal(evidence.verdict, VERDICT_UNKNOWN);
	assert_non_null(strstr(evidence.why, "only attested, but the configuration demands evidence=signed"));
	evidence_claim(&evidence, &config, &record, boots[1], image, &old, false);
	assert_non_null(strstr(evidence.why, "only attested, but the configuration demands evidence=signed"));

	/* The claim decides, so its reason counts. */
	config.evidence = RUNG_CLAIMED;
	config.has_expected[VMFW_IGVM_SEV_SNP] = false;
	evidence_attest(&evidence, &config, NULL);
	evidence_claim(&evidence, &config, &record, boots[1], image, &old,
		       false);
	assert_int_equal(evidence.verdict, VERDICT_UNKNOWN);
	assert_non_null(strstr(evidence.why, "launch digest"));
	evidence_claim(&evidence, &config, &record, boots[1], image, &new, false);
	assert_int_equal(evidence.verdict, VERDICT_RUNNING);
	assert_null(strstr(evidence.why, "launch digest"));

	config.evidence = RUNG_SIGNED;
	record_end(&record, OUTCOME_RUNNING, RUNG_CLAIMED, boots[1], 0, &new);
	evidence_attest(&evidence, &config, NULL);
	evidence_claim(&evidence, &config, &record, boots[1], image, &old,
		       false);
	assert_int_equal(evidence.verdict, VERDICT_NOT_RUNNING);
	assert_int_equal(evidence.rung, RUNG_CLAIMED);
	assert_non_null(strstr(evidence.why, "another name"));
}

/* The digest is that of the image, although the firmware has another name. */
static void test_digest_outweighs_a_claim(void **state)
{
	const uint8_t boots[2][BOOT_ID_SIZE] = { { 1 }, { 2 } };
	const uint8_t image[DIGEST_SIZE] = { 2 };
	const struct firmware old = { .known = true, .vendor = "P" };
	const struct firmware new = { .known = true, .vendor = "T" };
	struct record record = { 0 };
	struct evidence evidence;
	unsigned int quoted;

	(void)state;
	record_begin(&record, image, boots[0], 0, &old);
	record_end(&record, OUTCOME_RUNNING, RUNG_CLAIMED, boots[1], 0, &new);
	for (quoted = 0; quoted < 2; quoted++) {
		machine.quoted = quoted;
		evidence_attest(&evidence, &config, NULL);
		evidence_claim(&evidence, &config, &record, boots[1], image,
			       &old, false);
		assert_int_equal(evidence.verdict, VERDICT_RUNNING);
		assert_int_equal(evidence.rung, quoted ? RUNG_QUOTED :
							 RUNG_ATTESTED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_digest, set_up),
		cmocka_unit_test_setup(a_digest_of_zeroes_is_not_expected,
				       set_up),
		cmocka_unit_test_setup(test_whose_digest, set_up),
		cmocka_unit_test_setup(test_signed, set_up),
		cmocka_unit_test_setup(test_wrong_signature, set_up),
		cmocka_unit_test_setup(test_certificates_missing, set_up),
		cmocka_unit_test_setup(test_nothing_signed, set_up),
		cmocka_unit_test_setup(an_emptied_path_names_no_certificates,
				       set_up),
		cmocka_unit_test_setup(test_quoted, set_up),
		cmocka_unit_test_setup(test_guests_that_do_not_count, set_up),
		cmocka_unit_test_setup(test_tds_that_do_not_count, set_up),
		cmocka_unit_test_setup(unknown_attributes_do_not_count, set_up),
		cmocka_unit_test_setup(test_weak, set_up),
		cmocka_unit_test_setup(test_reason_of_report, set_up),
		cmocka_unit_test_setup(test_digest_outweighs_a_claim, set_up),
		cmocka_unit_test_setup(test_claims_do_not_count, set_up),
		cmocka_unit_test_setup(test_processors, set_up),
		cmocka_unit_test_setup(test_no_digest_to_expect, set_up),
		cmocka_unit_test_setup(test_claims, set_up),
		cmocka_unit_test_setup(test_elsewhere, set_up),
	};

	return cmocka_run_group_tests_name("evidence", tests, NULL, NULL);
}

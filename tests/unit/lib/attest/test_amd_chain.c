// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reports that real processors signed, with AMD's certificates: see
 * tests/lib/attest/amd/README.md. Only AMD has the keys. So the tests compare the tool
 * with AMD's reports, not with this project's reading of the format. The certificates
 * expire from 2027 on. The tests must pass after that, too.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <errno.h>
#include <sys/mman.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <cmocka.h>

#include "attest/report.h"
#include "attest/snp-signature.h"
#include "attest/vcek.h"
#include "shared/bytes.h"
#include "shared/macro.h"

#define FLAGS_AT	0x48
#define DATA_AT		0x50
#define DIGEST_AT	0x90
#define TCB_AT		0x180
#define CHIP_AT		0x1a0
#define SIGNATURE_AT	0x2a0
#define NUMBER		72
#define NUMBER_USED	48

/* SHA-256 of AMD's root certificates, see tests/lib/attest/amd/README.md. */
static const char ark_milan[] =
	"69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd";
static const char ark_genoa[] =
	"4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1";
static const char ark_turin[] =
	"1f084161a44bb6d93778a904877d4819cafa5d05ef4193b2ded9dd9c73dd3f6a";

/**
 * struct sample - a report, and the certificates for it
 * @name: names the report and the certificate of its key
 * @intermediate: name of the intermediate certificate
 * @root: name of the root certificate
 * @root_digest: SHA-256 of the root certificate
 * @version: of the report
 * @turin: the processor is a Turin
 * @provider: the key is that of a provider
 */
static const struct sample {
	const char *name;
	const char *intermediate;
	const char *root;
	const char *root_digest;
	unsigned int version;
	bool turin;
	bool provider;
} samples[] = {
	{ "milan-v2", "milan-ask", "milan-ark", ark_milan, 2, false, false },
	{ "milan-v3", "milan-ask", "milan-ark", ark_milan, 3, false, false },
	{ "milan-vlek", "milan-asvk", "milan-ark", ark_milan, 5, false, true },
	{ "genoa", "genoa-ask", "genoa-ark", ark_genoa, 3, false, false },
	{ "turin", "turin-ask", "turin-ark", ark_turin, 5, true, false },
};

/* The certificate to damage, in the order of the arguments of check(). */
enum damage { NONE, LEAF, INTERMEDIATE, ROOT };

static uint8_t report[REPORT_SNP_SIZE];
static struct signer signer;
static const char *why;

static FILE *open_data(const char *name, const char *suffix)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.%s", AMD_DATA, name, suffix);
	file = fopen(path, "r");
	assert_non_null(file);
	return file;
}

static void read_report(const char *name)
{
	FILE *file = open_data(name, "hex");
	unsigned int byte;
	size_t i;

	for (i = 0; i < sizeof(report); i++) {
		assert_int_equal(fscanf(file, "%2x", &byte), 1);
		report[i] = byte;
	}
	assert_int_equal(fscanf(file, "%2x", &byte), EOF);
	fclose(file);
}

static X509 *read_certificate(const char *name)
{
	FILE *file = open_data(name, "pem");
	X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);

	assert_non_null(certificate);
	fclose(file);
	return certificate;
}

/* Write a certificate. Its last byte belongs to its signature. */
static void put_certificate(FILE *file, const char *name, bool damaged)
{
	X509 *certificate = read_certificate(name);
	uint8_t *der = NULL;
	int len = i2d_X509(certificate, &der);

	assert_true(len > 0);
	der[len - 1] ^= damaged;
	assert_int_equal(fwrite(der, 1, len, file), len);
	OPENSSL_free(der);
	X509_free(certificate);
}

/* Check the report with three certificates in one file. */
static int check(const char *leaf, const char *intermediate, const char *root,
		 enum damage damage)
{
	int fd = memfd_create("certificates", 0), err;
	FILE *file = fdopen(fd, "wb");
	char path[32];
	const char *paths[] = { path };
	const struct signature_files files = { paths, 1 };

	assert_non_null(file);
	put_certificate(file, leaf, damage == LEAF);
	put_certificate(file, intermediate, damage == INTERMEDIATE);
	put_certificate(file, root, damage == ROOT);
	assert_int_equal(fflush(file), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	why = NULL;
	err = signature_check_files(report, &files, &signer, &why);
	fclose(file);
	return err;
}

static int check_sample(const struct sample *sample, enum damage damage)
{
	return check(sample->name, sample->intermediate, sample->root, damage);
}

static void says(const char *words)
{
	assert_non_null(why);
	assert_non_null(strstr(why, words));
}

static void test_right(void **state)
{
	char hex[2 * SIGNER_ROOT + 1];
	uint8_t digest[REPORT_DIGEST];
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(samples); i++) {
		const struct sample *sample = &samples[i];

		read_report(sample->name);
		assert_int_equal(get_le32(report), sample->version);
		assert_int_equal(check_sample(sample, NONE), 0);
		says("is right");
		assert_int_equal(signer.turin, sample->turin);
		assert_int_equal(signer.provider, sample->provider);
		for (j = 0; j < SIGNER_ROOT; j++)
			sprintf(hex + 2 * j, "%02x", signer.root[j]);
		assert_string_equal(hex, sample->root_digest);
		assert_int_equal(report_snp(report, sizeof(report),
					    report + DATA_AT, digest), 0);
		assert_memory_equal(digest, report + DIGEST_AT,
				    sizeof(digest));
	}
}

static void test_damaged_certificate(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(samples); i++) {
		read_report(samples[i].name);
		assert_int_equal(check_sample(&samples[i], LEAF), -EKEYREJECTED);
		says("no root certificate vouches for");
		assert_int_equal(check_sample(&samples[i], INTERMEDIATE),
				 -EKEYREJECTED);
		says("no root certificate vouches for");
		/*
		 * Without X509_V_FLAG_CHECK_SS_SIGNATURE, OpenSSL would trust
		 * this root.
		 */
		assert_int_equal(check_sample(&samples[i], ROOT),
				 -EKEYREJECTED);
		says("no root certificate vouches for");
	}
}

static void check_damaged_byte(const struct sample *sample, size_t at)
{
	report[at] ^= 0x10;
	assert_int_equal(check_sample(sample, NONE), -EKEYREJECTED);
	says("signature is wrong");
	report[at] ^= 0x10;
}

/* Damage a byte of the signed fields, or of the signature. */
static void test_damaged_report(void **state)
{
	static const size_t fields[] = {
		0, 8, 0x30, FLAGS_AT, DATA_AT, DATA_AT + 63, DIGEST_AT,
		DIGEST_AT + 47, TCB_AT, TCB_AT + 7, CHIP_AT, CHIP_AT + 63,
		SIGNATURE_AT - 1, SIGNATURE_AT, SIGNATURE_AT + NUMBER_USED - 1,
		SIGNATURE_AT + NUMBER_USED, SIGNATURE_AT + NUMBER,
		SIGNATURE_AT + NUMBER + NUMBER_USED - 1,
		SIGNATURE_AT + 2 * NUMBER - 1,
	};
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(samples); i++) {
		read_report(samples[i].name);
		for (j = 0; j < ARRAY_SIZE(fields); j++)
			check_damaged_byte(&samples[i], fields[j]);
	}
}

static void test_other_certificates(void **state)
{
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(samples); i++) {
		const struct sample *own = &samples[i];

		read_report(own->name);
		for (j = 0; j < ARRAY_SIZE(samples); j++) {
			const struct sample *other = &samples[j];

			if (strcmp(own->root, other->root)) {
				assert_int_equal(check(own->name,
						       own->intermediate,
						       other->root, NONE),
						 -EKEYREJECTED);
				says("no root certificate vouches for");
			}
			/*
			 * The VLEK and VCEK of a root have different
			 * intermediate certificates.
			 */
			if (strcmp(own->intermediate, other->intermediate)) {
				assert_int_equal(check(own->name,
						       other->intermediate,
						       own->root, NONE),
						 -EKEYREJECTED);
				says("no root certificate vouches for");
			}
			if (i != j) {
				assert_int_equal(check_sample(other, NONE),
						 -EKEYREJECTED);
				says("another key");
			}
		}
	}
}

static void assert_fault(X509 *certificate, size_t at, const char *words)
{
	const char *fault;

	report[at] ^= 1;
	fault = vcek_fault(certificate, report);
	assert_non_null(fault);
	assert_non_null(strstr(fault, words));
	report[at] ^= 1;
}

/*
 * Without AMD's keys, the test cannot sign a report that differs from its certificate.
 * So compare them without the signature.
 */
static void test_processor(void **state)
{
	static const size_t parts[] = { 0, 1, 6, 7 };
	static const size_t turin_parts[] = { 0, 1, 2, 3, 7 };
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(samples); i++) {
		const struct sample *sample = &samples[i];
		X509 *certificate = read_certificate(sample->name);

		read_report(sample->name);
		assert_null(vcek_fault(certificate, report));
		assert_int_equal(vcek_is_turin(certificate), sample->turin);
		assert_int_equal(vcek_is_provider(certificate),
				 sample->provider);
		for (j = 0; !sample->turin && j < ARRAY_SIZE(parts); j++)
			assert_fault(certificate, TCB_AT + parts[j], "(TCB)");
		for (j = 0; sample->turin && j < ARRAY_SIZE(turin_parts); j++)
			assert_fault(certificate, TCB_AT + turin_parts[j],
				     "(TCB)");
		for (j = 0; !sample->provider && j < (sample->turin ? 8 : 64); j++)
			assert_fault(certificate, CHIP_AT + j,
				     "another processor");
		/* The report names the other kind of key. */
		report[FLAGS_AT] ^= 4;
		assert_non_null(strstr(vcek_fault(certificate, report),
				       sample->provider ? "a VCEK signed it" :
				       "a VLEK signed it"));
		report[FLAGS_AT] ^= 4;
		X509_free(certificate);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_damaged_certificate),
		cmocka_unit_test(test_damaged_report),
		cmocka_unit_test(test_other_certificates),
		cmocka_unit_test(test_processor),
	};

	return cmocka_run_group_tests_name("amd_chain", tests, NULL, NULL);
}

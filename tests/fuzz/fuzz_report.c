// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libFuzzer target: attestation reports, and the certificates that come with them. A
 * digest comes only from a report with the nonce of the request. A signature is right
 * only for a report that the owner of the key signed.
 *
 * The first byte selects the kind of the rest, and whether the user has only the root
 * certificate. seeds_report.py puts genuine reports and certificates into GENUINE.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "attest/appraise.h"
#include "attest/report.h"
#include "attest/snp-signature.h"
#include "attest/vcek.h"
#include "compose/certificates.h"
#include "shared/bytes.h"
#include "must.h"

#define GENUINE		"genuine/"
#define ROOT		GENUINE "ark.pem"
#define CHAIN		GENUINE "chain.pem"
/* The size that a signature covers, and the offset of the flags that name the key. */
#define SIGNED_SIZE	0x2a0
#define FLAGS_AT	0x48
#define SIGNING_KEY(flags)	((flags) >> 2 & 7)
#define LAST_SIGNING_KEY	1

#define DIGEST_AT_SNP	0x90
#define DIGEST_AT_TD	528

enum kind {
	KIND_SNP,
	KIND_RESPONSE,
	KIND_TD,
	KIND_QUOTE,
	KIND_TABLE,		/* a report and the host's table */
	KIND_FILE,		/* a report and the user's certificates */
	KIND_SIGNER,		/* a report and the certificate of its key */
	KIND_CERTIFICATES,
	NR_KINDS,
	ROOT_ALONE = NR_KINDS,
};

static const char *const genuine[] = {
	GENUINE "signed.bin", GENUINE "signed-vlek.bin",
	GENUINE "signed-turin.bin", GENUINE "signed-masked.bin",
	GENUINE "signed-none.bin",
};
#define NR_GENUINE	(sizeof(genuine) / sizeof(genuine[0]))

static uint8_t reports[NR_GENUINE][REPORT_SNP_SIZE];
static const uint8_t nonce[REPORT_NONCE], other_nonce[REPORT_NONCE] = { 1 };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	size_t i;

	(void)argc;
	(void)argv;
	for (i = 0; i < NR_GENUINE; i++) {
		FILE *file = fopen(genuine[i], "rb");

		must(file && fread(reports[i], REPORT_SNP_SIZE, 1, file) == 1,
		     "a genuine report is beside the target");
		fclose(file);
	}
	return 0;
}

/* Copy the bytes, so that the sanitizer notices a read past their end. */
static uint8_t *copy_bytes(const uint8_t *data, size_t size)
{
	uint8_t *bytes = malloc(size ? size : 1);

	if (!bytes)
		abort();
	if (size)
		memcpy(bytes, data, size);
	return bytes;
}

/* A permission never adds a fault. */
static void ask_snp_faults(const uint8_t *report)
{
	const struct report_allowed strict = { 0 };
	const struct report_allowed lax = { true, true, UINT32_MAX };
	const char *fault = report_snp_fault(report, &strict);

	must(!report_snp_fault(report, &lax) || fault,
	     "a permission adds no fault");
}

static void ask_td_faults(uint64_t attributes)
{
	const struct report_allowed strict = { 0 };
	const struct report_allowed lax = { true, true, 0 };

	must(!report_td_fault(attributes, &lax), "a TD can be allowed");
	must(!(attributes & 1) || report_td_fault(attributes, &strict),
	     "a TD that the host may debug has a fault");
}

static void see_answer(int err, int other, const uint8_t *digest,
		       const uint8_t *expected)
{
	if (!err) {
		must(!memcmp(digest, expected, REPORT_DIGEST),
		     "the digest is the report's");
		must(other == -ESTALE, "a report answers only one nonce");
		return;
	}
	must(err == -EBADMSG || err == -EPROTONOSUPPORT || err == -ESTALE ||
	     err == -EIO, "a refusal of a report has a reason");
	must(err == -ESTALE ? !other || other == -ESTALE : other == err,
	     "only -ESTALE depends on the nonce");
}

static bool is_genuine(const uint8_t *report)
{
	size_t i;

	for (i = 0; i < NR_GENUINE; i++)
		if (!memcmp(report, reports[i], SIGNED_SIZE))
			return true;
	return false;
}

/* Appraise a report as a relying party does. */
static void appraise(const uint8_t *bytes, size_t size)
{
	static const char *const certificates[] = { CHAIN };
	const struct appraise_rules rules = {
		.certificates = certificates,
		.nr_certificates = 1,
	};
	struct appraisal appraisal;
	enum appraise_result result;

	must(!appraise_report(&appraisal, bytes, size, &rules),
	     "there is a result");
	result = appraisal.result;
	must(result == APPRAISE_GOOD || appraisal.why[0],
	     "each other result has words");
	must(result != APPRAISE_GOOD ||
	     (size == REPORT_SNP_SIZE && is_genuine(bytes)),
	     "a good report is a genuine one");
	must(result == APPRAISE_BAD || appraisal.readable,
	     "a report that is not bad is readable");
}

static void use_snp(const uint8_t *bytes, size_t size)
{
	uint8_t digest[REPORT_DIGEST];
	int other = report_snp(bytes, size, other_nonce, digest);
	int err = report_snp(bytes, size, nonce, digest);

	see_answer(err, other, digest, bytes + DIGEST_AT_SNP);
	if (!err)
		ask_snp_faults(bytes);
	appraise(bytes, size);
}

static void use_response(const uint8_t *bytes, size_t size)
{
	uint8_t digest[REPORT_DIGEST];
	int other = report_snp_response(bytes, size, other_nonce, digest);
	int err = report_snp_response(bytes, size, nonce, digest);

	see_answer(err, other, digest,
		   bytes + REPORT_RESPONSE_AT + DIGEST_AT_SNP);
	if (!err)
		ask_snp_faults(bytes + REPORT_RESPONSE_AT);
}

static void use_td(const uint8_t *bytes, size_t size)
{
	uint8_t digest[REPORT_DIGEST];
	int other = report_td(bytes, size, other_nonce, digest);
	int err = report_td(bytes, size, nonce, digest);

	see_answer(err, other, digest, bytes + DIGEST_AT_TD);
	if (!err)
		ask_td_faults(report_td_attributes(bytes));
}

static void use_quote(const uint8_t *bytes, size_t size)
{
	uint8_t digest[REPORT_DIGEST];
	int other = report_quote(bytes, size, other_nonce, digest);
	int err = report_quote(bytes, size, nonce, digest);

	see_answer(err, other, digest, digest);
	must(err || memmem(bytes, size, digest, REPORT_DIGEST),
	     "the digest is the quote's");
	if (!err)
		ask_td_faults(report_quote_attributes(bytes, size));
	appraise(bytes, size);
}

static void check_signature(const uint8_t *report, const uint8_t *table,
			    size_t table_len, const char *path)
{
	const char *why = NULL;
	int err;

	err = signature_check(report, table, table_len, path, &why);
	must(why && *why, "an answer has words");
	if (err)
		return;
	must(is_genuine(report), "a right signature is that of a genuine report");
	must(SIGNING_KEY(get_le32(report + FLAGS_AT)) <= LAST_SIGNING_KEY,
	     "a key of AMD's has signed");
}

static void use_file(const uint8_t *report, const uint8_t *bytes, size_t size)
{
	int fd = memfd_create("certificates", MFD_CLOEXEC);
	char path[64];

	must(fd >= 0 && write(fd, bytes, size) == (ssize_t)size,
	     "memory is available");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	check_signature(report, NULL, 0, path);
	close(fd);
}

static void use_signer(const uint8_t *report, const uint8_t *bytes, size_t size)
{
	const uint8_t *der = bytes;
	X509 *certificate = d2i_X509(NULL, &der, size);

	if (certificate)
		must(vcek_fault(certificate, report) ||
		     SIGNING_KEY(get_le32(report + FLAGS_AT)) <=
		     LAST_SIGNING_KEY, "a key of AMD's has signed");
	X509_free(certificate);
	ERR_clear_error();
}

/* Check a report with the table or the certificates that follow it in the input. */
static void use_signed(uint8_t first, const uint8_t *data, size_t size)
{
	enum kind kind = first % NR_KINDS;
	uint8_t *report, *rest;

	if (size < REPORT_SNP_SIZE)
		return;
	size -= REPORT_SNP_SIZE;
	report = copy_bytes(data, REPORT_SNP_SIZE);
	rest = copy_bytes(data + REPORT_SNP_SIZE, size);
	if (kind == KIND_TABLE) {
		check_signature(report, rest, size,
				first & ROOT_ALONE ? ROOT : CHAIN);
	} else if (kind == KIND_FILE) {
		use_file(report, rest, size);
	} else {
		use_signer(report, rest, size);
	}
	free(rest);
	free(report);
}

static int see_certificate(void *arg, const uint8_t *der, size_t len)
{
	must(len && der[0] == 0x30, "a certificate is a SEQUENCE");
	++*(unsigned int *)arg;
	return 0;
}

static void use_certificates(const uint8_t *bytes, size_t size)
{
	unsigned int nr = 0;
	int err;

	if (!certificates_look(bytes, size))
		return;
	err = certificates_each(bytes, size, see_certificate, &nr);
	must(!err ? nr : err == -ENOKEY || err == -ENOTSUP || err == -EBADMSG,
	     "certificates are read or refused");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *bytes, first;

	if (!size)
		return 0;
	first = *data++;
	size--;
	bytes = copy_bytes(data, size);
	switch ((enum kind)(first % NR_KINDS)) {
	case KIND_SNP:
		use_snp(bytes, size);
		break;
	case KIND_RESPONSE:
		use_response(bytes, size);
		break;
	case KIND_TD:
		use_td(bytes, size);
		break;
	case KIND_QUOTE:
		use_quote(bytes, size);
		break;
	case KIND_CERTIFICATES:
		use_certificates(bytes, size);
		break;
	default:
		use_signed(first, bytes, size);
	}
	free(bytes);
	return 0;
}

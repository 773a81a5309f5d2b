// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The rules for a report, in their order. Is it well-formed? Does it contain the
 * nonce? Do certificates vouch for its signature? Does its policy make the digest
 * meaningful? Is the firmware of the processor new enough? For the quote of a TD,
 * this code checks neither certificates nor firmware. The caller compares the
 * digest.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "attest/appraise.h"
#include "igvm/vmfw-igvm.h"
#include "shared/bytes.h"

/* Offsets in ATTESTATION_REPORT (SEV-SNP firmware ABI). */
#define SNP_POLICY_AT		0x08
#define SNP_VMPL_AT		0x30
#define SNP_REPORTED_TCB_AT	0x180
/*
 * The first 4 bytes of an SNP report are its version, a number below
 * SNP_VERSIONS. The first 4 bytes of a quote are its version and the type of its
 * key, together a larger number.
 */
#define SNP_VERSIONS		0x10000

/* Set only the reason: appraise_report() has set the result to APPRAISE_BAD. */
static int refuse(struct appraisal *appraisal, const char *why)
{
	snprintf(appraisal->why, sizeof(appraisal->why), "%s", why);
	return 0;
}

static bool is_snp(const uint8_t *report, size_t len)
{
	return len == REPORT_SNP_SIZE && get_le32(report) < SNP_VERSIONS;
}

/*
 * Read a report with any nonce: the caller compares the nonce. report_snp() and
 * report_quote() compare it, too. So pass them the nonce of the report itself.
 */
static int read_report(struct appraisal *appraisal, const uint8_t *report,
		       size_t len)
{
	const uint8_t *nonce;
	int err;

	if (is_snp(report, len)) {
		appraisal->platform = VMFW_IGVM_SEV_SNP;
		nonce = report_snp_nonce(report);
		err = report_snp(report, len, nonce, appraisal->digest);
		if (err)
			return err;
		appraisal->version = get_le32(report);
		appraisal->policy = get_le64(report + SNP_POLICY_AT);
		appraisal->vmpl = get_le32(report + SNP_VMPL_AT);
	} else {
		appraisal->platform = VMFW_IGVM_TDX;
		nonce = report_quote_nonce(report, len);
		if (!nonce)
			return -EBADMSG;
		err = report_quote(report, len, nonce, appraisal->digest);
		if (err)
			return err;
		appraisal->version = get_le16(report);
		appraisal->policy = report_quote_attributes(report, len);
	}
	memcpy(appraisal->nonce, nonce, REPORT_NONCE);
	appraisal->readable = true;
	return 0;
}

static void judge_tcb(struct appraisal *appraisal, const struct tcb *least)
{
	int part = tcb_find_older(&appraisal->tcb, least);

	if (part == NR_TCB_PARTS)
		appraisal->result = APPRAISE_GOOD;
	else if (!appraisal->tcb.known[part])
		snprintf(appraisal->why, sizeof(appraisal->why),
			 "the processor's firmware (TCB) has no part %s",
			 tcb_word(part));
	else
		snprintf(appraisal->why, sizeof(appraisal->why),
			 "the processor's firmware (TCB) is too old: %s is %u, and %u is the oldest that is allowed",
			 tcb_word(part), appraisal->tcb.version[part],
			 least->version[part]);
}

/*
 * Does the error mean that the certificates do not vouch for the signature? Any
 * other error gives no answer: this code could not read a file, or the system
 * failed.
 */
static bool is_unsigned(int err)
{
	return err == -EKEYREJECTED || err == -ENOKEY || err == -EBADMSG ||
	       err == -ENOTSUP;
}

static int judge_snp(struct appraisal *appraisal, const uint8_t *report,
		     const struct appraise_rules *rules)
{
	const struct signature_files files = {
		.paths = rules->certificates,
		.nr = rules->nr_certificates,
	};
	enum report_fault fault;
	const char *why;
	int err;

	err = signature_check_files(report, &files, &appraisal->signer, &why);
	if (err) {
		refuse(appraisal, why);
		if (appraisal->signer.bad_file)
			snprintf(appraisal->why, sizeof(appraisal->why),
				 "%.100s: %s", appraisal->signer.bad_file, why);
		return is_unsigned(err) ? 0 : err;
	}
	appraisal->signed_right = true;
	tcb_read(&appraisal->tcb, report + SNP_REPORTED_TCB_AT,
		 appraisal->signer.turin);
	fault = report_snp_judge(report, &rules->allowed);
	if (fault)
		return refuse(appraisal, report_fault_words(fault));
	judge_tcb(appraisal, &rules->least);
	return 0;
}

static int judge_quote(struct appraisal *appraisal,
		       const struct appraise_rules *rules)
{
	enum report_fault fault = report_td_judge(appraisal->policy,
						  &rules->allowed);

	if (fault)
		return refuse(appraisal, report_fault_words(fault));
	appraisal->result = APPRAISE_UNSIGNED;
	snprintf(appraisal->why, sizeof(appraisal->why),
		 "this tool does not verify the signature of a TD's quote; verify it with Intel's library for quotes (DCAP)");
	return 0;
}

/**
 * appraise_report() - judge a report of SEV-SNP or the quote of a TD
 * @appraisal: receives the contents of the report, and the result
 * @report: ATTESTATION_REPORT, or a quote of version 4 or 5
 * @len: its size in bytes
 * @rules: the rules for the report
 *
 * The caller still has to compare the digest. The function does not verify the
 * signature of a quote, because that needs Intel's collateral.
 *
 * Return: 0, with the result in @appraisal; a negative errno value: the function
 * could not verify the signature, for the reason in @appraisal->why.
 */
int appraise_report(struct appraisal *appraisal, const uint8_t *report,
		    size_t len, const struct appraise_rules *rules)
{
	int err;

	*appraisal = (struct appraisal) { .result = APPRAISE_BAD };
	err = read_report(appraisal, report, len);
	if (err == -EPROTONOSUPPORT)
		return refuse(appraisal, "the report has an unknown version");
	if (err)
		return refuse(appraisal, "this is neither a report of SEV-SNP nor a quote of a TD");
	if (rules->nonce && memcmp(appraisal->nonce, rules->nonce,
				   REPORT_NONCE))
		return refuse(appraisal, "the report does not contain the expected nonce");
	return appraisal->platform == VMFW_IGVM_SEV_SNP ?
	       judge_snp(appraisal, report, rules) :
	       judge_quote(appraisal, rules);
}

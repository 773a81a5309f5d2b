/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules that decide whether to rely on the report of another machine.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_APPRAISE_H
#define VMFW_APPRAISE_H

#include "attest/report.h"
#include "attest/snp-signature.h"
#include "attest/tcb.h"

/**
 * struct appraise_rules - rules for a report
 * @certificates: files with certificates, see signature_check_files(); valid as
 *	long as the rules
 * @nr_certificates: number of files
 * @nonce: REPORT_NONCE bytes that the report must contain; NULL: accept any
 * @allowed: weaknesses to accept in the guest, although they weaken its digest
 * @least: the oldest firmware of the processor to accept
 */
struct appraise_rules {
	const char *const *certificates;
	size_t nr_certificates;
	const uint8_t *nonce;
	struct report_allowed allowed;
	struct tcb least;
};

enum appraise_result {
	APPRAISE_GOOD,		/* every rule holds, and the signature is right */
	APPRAISE_UNSIGNED,	/* a quote: this code verifies neither signature nor TCB */
	APPRAISE_BAD,
};

/**
 * struct appraisal - contents of a report, and the result
 * @platform: enum vmfw_igvm_platform_type
 * @readable: the input is a report; without it, only @result and @why are valid
 * @version: of the report, or of the quote
 * @digest: the launch digest in the report
 * @nonce: the nonce in the report
 * @policy: policy of a guest on SEV-SNP, or ATTRIBUTES of a TD
 * @vmpl: privilege level that requested the report, on SEV-SNP
 * @signed_right: the certificates vouch for the report's signature
 * @signer: the signer, if @signed_right
 * @tcb: REPORTED_TCB, if @signed_right: certificates determine its layout
 * @result: the result; APPRAISE_BAD after an error
 * @why: reason for the result or the error, as text; empty if the result is
 *	APPRAISE_GOOD
 */
struct appraisal {
	unsigned int platform;
	bool readable;
	uint32_t version;
	uint8_t digest[REPORT_DIGEST];
	uint8_t nonce[REPORT_NONCE];
	uint64_t policy;
	uint32_t vmpl;
	bool signed_right;
	struct signer signer;
	struct tcb tcb;
	enum appraise_result result;
	char why[160];
};

int appraise_report(struct appraisal *appraisal, const uint8_t *report,
		    size_t len, const struct appraise_rules *rules);

#endif /* VMFW_APPRAISE_H */

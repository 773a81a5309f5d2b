/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Attestation reports: their launch digest, and whether it is meaningful. The
 * functions do no input or output.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_REPORT_H
#define VMFW_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The size of a nonce. The caller chooses a nonce. The report must contain it.
 */
#define REPORT_NONCE	64
/* Launch digests of SEV-SNP and TDX: SHA-384. */
#define REPORT_DIGEST	48

#define REPORT_SNP_SIZE	1184	/* ATTESTATION_REPORT */
#define REPORT_RESPONSE_AT	32	/* offset of the report in MSG_REPORT_RSP */
#define REPORT_TD_SIZE	1024	/* TDREPORT_STRUCT */

/**
 * struct report_allowed - weaknesses to accept in a guest, although they weaken
 *	its digest
 * @debug: the host may debug the guest: read and change the guest's memory
 * @migration: a migration agent may move the guest, with all its memory
 * @vmpl: the least privileged level of a request on SEV-SNP, from 0 to 3
 */
struct report_allowed {
	bool debug;
	bool migration;
	unsigned int vmpl;
};

/* Reasons why the digest of a guest is not meaningful. */
enum report_fault {
	REPORT_FAULT_NONE,
	REPORT_FAULT_POLICY,
	REPORT_FAULT_VMPL,
	REPORT_FAULT_DEBUG,
	REPORT_FAULT_MIGRATION,
};

enum report_fault report_snp_judge(const uint8_t *report,
				   const struct report_allowed *allowed);
enum report_fault report_td_judge(uint64_t attributes,
				  const struct report_allowed *allowed);
const char *report_fault_words(enum report_fault fault);
const uint8_t *report_snp_nonce(const uint8_t *report);
const uint8_t *report_quote_nonce(const uint8_t *quote, size_t len);
const char *report_snp_fault(const uint8_t *report,
			     const struct report_allowed *allowed);
const char *report_td_fault(uint64_t attributes,
			    const struct report_allowed *allowed);
uint64_t report_td_attributes(const uint8_t *report);
uint64_t report_quote_attributes(const uint8_t *quote, size_t len);
int report_snp(const uint8_t *report, size_t len, const uint8_t *nonce,
	       uint8_t *digest);
int report_snp_response(const uint8_t *response, size_t len,
			const uint8_t *nonce, uint8_t *digest);
int report_td(const uint8_t *report, size_t len, const uint8_t *nonce,
	      uint8_t *digest);
int report_quote(const uint8_t *quote, size_t len, const uint8_t *nonce,
		 uint8_t *digest);

#endif /* VMFW_REPORT_H */

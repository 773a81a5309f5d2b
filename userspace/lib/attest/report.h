/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Attestation reports, as far as the launch digest is concerned. Pure.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_REPORT_H
#define VMFW_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a caller gives to find it in the report again. */
#define REPORT_NONCE	64
/* Launch digests of SEV-SNP and TDX: SHA-384. */
#define REPORT_DIGEST	48

#define REPORT_SNP_SIZE	1184	/* ATTESTATION_REPORT */
#define REPORT_RESPONSE_AT	32	/* where it lies in MSG_REPORT_RSP */
#define REPORT_TD_SIZE	1024	/* TDREPORT_STRUCT */

/**
 * struct report_allowed - guests whose reports count all the same
 * @debug: those that the host may debug: it reads and writes their memory
 * @migration: those that a migration agent may move, with what they hold
 * @vmpl: the least privileged level of SEV-SNP, from 0 to 3
 */
struct report_allowed {
	bool debug;
	bool migration;
	unsigned int vmpl;
};

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

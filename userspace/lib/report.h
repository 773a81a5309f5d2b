/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Attestation reports, as far as the launch digest is concerned. Pure.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_REPORT_H
#define VMFW_REPORT_H

#include <stddef.h>
#include <stdint.h>

/* What a caller gives to find it in the report again. */
#define REPORT_NONCE	64
/* Launch digests of SEV-SNP and TDX: SHA-384. */
#define REPORT_DIGEST	48

#define REPORT_SNP_SIZE	1184	/* ATTESTATION_REPORT */
#define REPORT_RESPONSE_AT	32	/* where it lies in MSG_REPORT_RSP */
#define REPORT_TD_SIZE	1024	/* TDREPORT_STRUCT */

int report_snp(const uint8_t *report, size_t len, const uint8_t *nonce,
	       uint8_t *digest);
int report_snp_response(const uint8_t *response, size_t len,
			const uint8_t *nonce, uint8_t *digest);
int report_td(const uint8_t *report, size_t len, const uint8_t *nonce,
	      uint8_t *digest);
int report_quote(const uint8_t *quote, size_t len, const uint8_t *nonce,
		 uint8_t *digest);

#endif /* VMFW_REPORT_H */

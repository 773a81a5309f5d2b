// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "../bytes.h"
#include "report.h"

/* ATTESTATION_REPORT (SEV-SNP firmware ABI). */
#define SNP_OLDEST		2
#define SNP_DATA_AT		0x50
#define SNP_MEASUREMENT_AT	0x90

/* MSG_REPORT_RSP. */
#define RESPONSE_STATUS_AT	0
#define RESPONSE_SIZE_AT	4

/* REPORTMACSTRUCT and TDINFO_STRUCT (TDX module ABI). */
#define TD_TYPE			0x81
#define TD_DATA_AT		128
#define TD_MRTD_AT		528

static int take(const uint8_t *report, size_t data_at, const uint8_t *nonce,
		size_t digest_at, uint8_t *digest)
{
	if (memcmp(report + data_at, nonce, REPORT_NONCE))
		return -ESTALE;
	memcpy(digest, report + digest_at, REPORT_DIGEST);
	return 0;
}

/**
 * report_snp() - take the launch digest out of a report of SEV-SNP
 * @report: the report
 * @len: its bytes
 * @nonce: REPORT_NONCE bytes that it was asked for with
 * @digest: receives REPORT_DIGEST bytes
 *
 * Return: 0; -EBADMSG: this is no such report; -ESTALE: it is an answer to
 * another question.
 */
int report_snp(const uint8_t *report, size_t len, const uint8_t *nonce,
	       uint8_t *digest)
{
	if (len != REPORT_SNP_SIZE || get_le32(report) < SNP_OLDEST)
		return -EBADMSG;
	return take(report, SNP_DATA_AT, nonce, SNP_MEASUREMENT_AT, digest);
}

/**
 * report_snp_response() - the same for the response that has the report
 * @response: MSG_REPORT_RSP
 * @len: its bytes
 * @nonce: see report_snp()
 * @digest: see report_snp()
 *
 * Return: as report_snp(); -EIO: the firmware of the processor reports an
 * error.
 */
int report_snp_response(const uint8_t *response, size_t len,
			const uint8_t *nonce, uint8_t *digest)
{
	uint32_t size;

	if (len < REPORT_RESPONSE_AT)
		return -EBADMSG;
	if (get_le32(response + RESPONSE_STATUS_AT))
		return -EIO;
	size = get_le32(response + RESPONSE_SIZE_AT);
	if (size > len - REPORT_RESPONSE_AT)
		return -EBADMSG;
	return report_snp(response + REPORT_RESPONSE_AT, size, nonce, digest);
}

/**
 * report_td() - take MRTD out of a TDREPORT
 * @report: the report
 * @len: its bytes
 * @nonce: see report_snp()
 * @digest: see report_snp()
 *
 * Return: as report_snp().
 */
int report_td(const uint8_t *report, size_t len, const uint8_t *nonce,
	      uint8_t *digest)
{
	if (len != REPORT_TD_SIZE || report[0] != TD_TYPE)
		return -EBADMSG;
	return take(report, TD_DATA_AT, nonce, TD_MRTD_AT, digest);
}

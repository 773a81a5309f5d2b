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

/* A quote (TDX DCAP quoting library): header, body, signature. */
#define QUOTE_HEADER		48
#define QUOTE_TEE_AT		4
#define QUOTE_TEE_TDX		0x81
#define QUOTE_BODY_SIZE_AT	50	/* version 5; the type is before it */
#define QUOTE_BODY_AT		54
#define QUOTE_BODY_TD_1_0	2
#define QUOTE_BODY_TD_1_5	3

/* Its body: TD report, of which that of 1.5 is a longer one. */
#define TD_BODY_SIZE		584
#define TD_BODY_SIZE_1_5	648
#define TD_BODY_MRTD_AT		136
#define TD_BODY_DATA_AT		520

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

/* Where the body is, and how long it is to be; 0: this is no quote of a TD. */
static size_t find_body(const uint8_t *quote, size_t len, size_t *size)
{
	if (len < QUOTE_BODY_AT ||
	    get_le32(quote + QUOTE_TEE_AT) != QUOTE_TEE_TDX)
		return 0;
	*size = TD_BODY_SIZE;
	if (get_le16(quote) == 4)
		return QUOTE_HEADER;
	if (get_le16(quote) != 5)
		return 0;
	switch (get_le16(quote + QUOTE_HEADER)) {
	case QUOTE_BODY_TD_1_5:
		*size = TD_BODY_SIZE_1_5;
		break;
	case QUOTE_BODY_TD_1_0:
		break;
	default:
		return 0;
	}
	return get_le32(quote + QUOTE_BODY_SIZE_AT) == *size ? QUOTE_BODY_AT : 0;
}

/**
 * report_quote() - take MRTD out of a quote of a TD
 * @quote: the quote, version 4 or 5
 * @len: its bytes
 * @nonce: see report_snp()
 * @digest: see report_snp()
 *
 * The signature has to be there, and is not looked at.
 *
 * Return: as report_snp().
 */
int report_quote(const uint8_t *quote, size_t len, const uint8_t *nonce,
		 uint8_t *digest)
{
	size_t size, at = find_body(quote, len, &size);

	if (!at || len - at < size + 4 ||
	    get_le32(quote + at + size) > len - at - size - 4)
		return -EBADMSG;
	return take(quote + at, TD_BODY_DATA_AT, nonce, TD_BODY_MRTD_AT,
		    digest);
}

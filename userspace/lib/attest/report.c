// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "attest/report.h"
#include "shared/bytes.h"

/* Versions of ATTESTATION_REPORT, and offsets in it (SEV-SNP firmware ABI). */
#define SNP_OLDEST		2
#define SNP_NEWEST		5
#define SNP_POLICY_AT		0x08
#define SNP_VMPL_AT		0x30
#define SNP_DATA_AT		0x50
#define SNP_MEASUREMENT_AT	0x90

/* Bits of the guest's policy. POLICY_RESERVED is always set. */
#define POLICY_RESERVED		(UINT64_C(1) << 17)
#define POLICY_MIGRATE_MA	(UINT64_C(1) << 18)
#define POLICY_DEBUG		(UINT64_C(1) << 19)

/* ATTRIBUTES of a TD: group TUD, "TD under debug", of which DEBUG is bit 0. */
#define TD_UNDER_DEBUG		UINT64_C(0xff)
#define TD_MIGRATABLE		(UINT64_C(1) << 29)

/* Offsets in MSG_REPORT_RSP (SEV-SNP firmware ABI). */
#define RESPONSE_STATUS_AT	0
#define RESPONSE_SIZE_AT	4

/* The type of a TDREPORT, and offsets in it (TDX module ABI). */
#define TD_TYPE			0x81
#define TD_DATA_AT		128
#define TD_ATTRIBUTES_AT	512
#define TD_MRTD_AT		528

/*
 * Sizes, offsets and values of a quote (TDX DCAP quoting library): header,
 * body, signature.
 */
#define QUOTE_HEADER		48
#define QUOTE_TEE_AT		4
#define QUOTE_TEE_TDX		0x81
#define QUOTE_BODY_SIZE_AT	50	/* in version 5, after the body's type */
#define QUOTE_BODY_AT		54
#define QUOTE_BODY_TD_1_0	2
#define QUOTE_BODY_TD_1_5	3

/*
 * Sizes of the body of a quote, a TD report, in TDX 1.0 and 1.5, and offsets in
 * the body.
 */
#define TD_BODY_SIZE		584
#define TD_BODY_SIZE_1_5	648
#define TD_BODY_ATTRIBUTES_AT	120
#define TD_BODY_MRTD_AT		136
#define TD_BODY_DATA_AT		520

static int take_digest(const uint8_t *report, size_t data_at,
		       const uint8_t *nonce, size_t digest_at, uint8_t *digest)
{
	if (memcmp(report + data_at, nonce, REPORT_NONCE))
		return -ESTALE;
	memcpy(digest, report + digest_at, REPORT_DIGEST);
	return 0;
}

/**
 * report_snp() - extract the launch digest from a report of SEV-SNP
 * @report: the report
 * @len: its size in bytes
 * @nonce: REPORT_NONCE bytes of the request
 * @digest: receives REPORT_DIGEST bytes
 *
 * Return: 0; -EBADMSG: this is not a report of SEV-SNP; -EPROTONOSUPPORT: its
 * version is unknown; -ESTALE: it has another nonce.
 */
int report_snp(const uint8_t *report, size_t len, const uint8_t *nonce,
	       uint8_t *digest)
{
	if (len != REPORT_SNP_SIZE || get_le32(report) < SNP_OLDEST)
		return -EBADMSG;
	if (get_le32(report) > SNP_NEWEST)
		return -EPROTONOSUPPORT;
	return take_digest(report, SNP_DATA_AT, nonce, SNP_MEASUREMENT_AT,
			   digest);
}

/**
 * report_snp_response() - extract the launch digest from a response that
 *	contains the report
 * @response: MSG_REPORT_RSP
 * @len: its size in bytes
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
 * report_td() - extract MRTD from a TDREPORT
 * @report: the report
 * @len: its size in bytes
 * @nonce: see report_snp()
 * @digest: see report_snp()
 *
 * Return: 0; -EBADMSG: this is not a TDREPORT; -ESTALE: it has another nonce.
 */
int report_td(const uint8_t *report, size_t len, const uint8_t *nonce,
	      uint8_t *digest)
{
	if (len != REPORT_TD_SIZE || report[0] != TD_TYPE)
		return -EBADMSG;
	return take_digest(report, TD_DATA_AT, nonce, TD_MRTD_AT, digest);
}

/*
 * Return the offset of a quote's body, and set @size to the size of the body.
 * Return 0 if this is not the quote of a TD, in version 4 or 5.
 */
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
 * report_quote() - extract MRTD from the quote of a TD
 * @quote: the quote, version 4 or 5
 * @len: its size in bytes
 * @nonce: see report_snp()
 * @digest: see report_snp()
 *
 * The quote must contain as many bytes of signature as its length field says. The
 * function does not verify the signature.
 *
 * Return: as report_td(); -EBADMSG also means a quote of another version.
 */
int report_quote(const uint8_t *quote, size_t len, const uint8_t *nonce,
		 uint8_t *digest)
{
	size_t size, at = find_body(quote, len, &size);

	if (!at || len - at < size + 4 ||
	    get_le32(quote + at + size) > len - at - size - 4)
		return -EBADMSG;
	return take_digest(quote + at, TD_BODY_DATA_AT, nonce, TD_BODY_MRTD_AT,
			   digest);
}

static enum report_fault check_guest(bool debug, bool migration,
				     const struct report_allowed *allowed)
{
	if (debug && !allowed->debug)
		return REPORT_FAULT_DEBUG;
	if (migration && !allowed->migration)
		return REPORT_FAULT_MIGRATION;
	return REPORT_FAULT_NONE;
}

/**
 * report_snp_judge() - find out whether the digest of a guest on SEV-SNP is
 *	meaningful
 * @report: checked by report_snp()
 * @allowed: weaknesses to accept
 *
 * Return: the first weakness that @allowed does not accept, or
 * REPORT_FAULT_NONE.
 */
enum report_fault report_snp_judge(const uint8_t *report,
				   const struct report_allowed *allowed)
{
	uint64_t policy = get_le64(report + SNP_POLICY_AT);

	if (!(policy & POLICY_RESERVED))
		return REPORT_FAULT_POLICY;
	if (get_le32(report + SNP_VMPL_AT) > allowed->vmpl)
		return REPORT_FAULT_VMPL;
	return check_guest(policy & POLICY_DEBUG, policy & POLICY_MIGRATE_MA,
			   allowed);
}

/**
 * report_td_judge() - find out whether the digest of a TD is meaningful
 * @attributes: ATTRIBUTES
 * @allowed: weaknesses to accept
 *
 * Return: the first weakness that @allowed does not accept, or
 * REPORT_FAULT_NONE.
 */
enum report_fault report_td_judge(uint64_t attributes,
				  const struct report_allowed *allowed)
{
	return check_guest(attributes & TD_UNDER_DEBUG,
			   attributes & TD_MIGRATABLE, allowed);
}

/**
 * report_fault_words() - describe a weakness of a guest
 * @fault: the weakness
 *
 * Return: the text, or NULL for REPORT_FAULT_NONE.
 */
const char *report_fault_words(enum report_fault fault)
{
	static const char *const words[] = {
		[REPORT_FAULT_POLICY] = "the report's policy is malformed",
		[REPORT_FAULT_VMPL] = "the guest requested the report at a less privileged level (VMPL) than is allowed",
		[REPORT_FAULT_DEBUG] = "the host may debug this guest and change its memory",
		[REPORT_FAULT_MIGRATION] = "a migration agent may move this guest with its memory",
	};

	return words[fault];
}

/*
 * Describe a weakness of this machine, with the key of vmfwupdate.conf(5) that
 * allows it.
 */
static const char *own_words(enum report_fault fault)
{
	switch (fault) {
	case REPORT_FAULT_VMPL:
		return "the guest requested the report at a less privileged level (VMPL) than this kernel's; see allow-vmpl in vmfwupdate.conf(5)";
	case REPORT_FAULT_DEBUG:
		return "the host may debug this guest and change its memory; see allow-debug in vmfwupdate.conf(5)";
	case REPORT_FAULT_MIGRATION:
		return "a migration agent may move this guest with its memory; see allow-migration in vmfwupdate.conf(5)";
	default:
		return report_fault_words(fault);
	}
}

/**
 * report_snp_fault() - describe the result of report_snp_judge() for this machine
 * @report: checked by report_snp()
 * @allowed: weaknesses to accept
 *
 * Return: the reason why the digest is not meaningful, with a remedy if there is
 * one; or NULL.
 */
const char *report_snp_fault(const uint8_t *report,
			     const struct report_allowed *allowed)
{
	return own_words(report_snp_judge(report, allowed));
}

/**
 * report_td_fault() - describe the result of report_td_judge() for this machine
 * @attributes: ATTRIBUTES
 * @allowed: weaknesses to accept
 *
 * Return: the reason why the digest is not meaningful, and the remedy. NULL: it
 * is meaningful.
 */
const char *report_td_fault(uint64_t attributes,
			    const struct report_allowed *allowed)
{
	return own_words(report_td_judge(attributes, allowed));
}

/**
 * report_snp_nonce() - the nonce in a report of SEV-SNP
 * @report: REPORT_SNP_SIZE bytes
 *
 * Return: REPORT_NONCE bytes within @report.
 */
const uint8_t *report_snp_nonce(const uint8_t *report)
{
	return report + SNP_DATA_AT;
}

/**
 * report_quote_nonce() - the nonce in a quote
 * @quote: the quote
 * @len: its size in bytes
 *
 * Return: REPORT_NONCE bytes within @quote; NULL: this is not the quote of a
 * TD.
 */
const uint8_t *report_quote_nonce(const uint8_t *quote, size_t len)
{
	size_t size, at = find_body(quote, len, &size);

	return at && len - at >= size ? quote + at + TD_BODY_DATA_AT : NULL;
}

/**
 * report_td_attributes() - ATTRIBUTES of a TDREPORT
 * @report: checked by report_td()
 */
uint64_t report_td_attributes(const uint8_t *report)
{
	return get_le64(report + TD_ATTRIBUTES_AT);
}

/**
 * report_quote_attributes() - ATTRIBUTES of a quote
 * @quote: checked by report_quote() or report_quote_nonce()
 * @len: its size in bytes
 */
uint64_t report_quote_attributes(const uint8_t *quote, size_t len)
{
	size_t size, at = find_body(quote, len, &size);

	return get_le64(quote + at + TD_BODY_ATTRIBUTES_AT);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The launch digest of this machine, from the processor.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_ATTEST_H
#define VMFW_ATTEST_H

#include <stdbool.h>

#include "attest/report.h"
#include "attest/tsm.h"

#define ATTEST_WHY	160

/**
 * struct attest - the processor's answer
 * @platform: enum vmfw_igvm_platform_type
 * @source: the interface that the tool asked last, a constant text
 * @digest: the launch digest
 * @quoted: the digest is from a quote, see attest.c
 * @has_attributes: @attributes is known
 * @attributes: ATTRIBUTES of a TD
 * @vmpl: privilege level of the request, on SEV-SNP
 * @has_report: @report is known
 * @report: ATTESTATION_REPORT, of SEV-SNP
 * @table: certificates that the host sent with the report, see snp-signature.h
 * @table_len: bytes of @table, or 0
 * @why: reason why there is no digest, as text
 */
struct attest {
	unsigned int platform;
	const char *source;
	uint8_t digest[REPORT_DIGEST];
	bool quoted;
	bool has_attributes;
	uint64_t attributes;
	unsigned int vmpl;
	bool has_report;
	uint8_t report[REPORT_SNP_SIZE];
	uint8_t table[TSM_AUXBLOB];
	size_t table_len;
	char why[ATTEST_WHY];
};

int attest_machine(struct attest *attest, bool table);

#endif /* VMFW_ATTEST_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The digest that this machine was launched with, as the processor has it.
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
 * struct attest - what the processor said
 * @platform: enum vmfw_igvm_platform_type
 * @source: who was asked
 * @digest: the launch digest
 * @quoted: it is from a quote, see attest.c
 * @has_attributes: of a TD: they are known
 * @attributes: ATTRIBUTES of a TD
 * @vmpl: the level of SEV-SNP that was asked for
 * @has_report: there is a report that is signed
 * @report: the report, of SEV-SNP
 * @table: certificates that came with it from the host, see signature.h
 * @table_len: bytes of them, or 0
 * @why: why there is none
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

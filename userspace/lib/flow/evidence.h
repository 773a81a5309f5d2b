/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The strongest evidence on whether an image is running.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_EVIDENCE_H
#define VMFW_EVIDENCE_H

#include "attest/attest.h"
#include "flow/config.h"
#include "record/record.h"
#include "source/source.h"

/*
 * The largest number of expected digests: two for QEMU and two for
 * "native-zero", without and with the number of processors, and one for
 * "generic".
 */
#define EVIDENCE_EXPECTED	5

/**
 * struct evidence - evidence, and the verdict
 * @verdict: whether the image is running
 * @rung: strength of the evidence
 * @why: the reason, as text
 * @attested: the machine attested, and @attest has its launch digest
 * @attest: the answer of the processor
 * @unverified: certificates are configured, but are not sufficient to verify
 *	the signature
 * @expected: the expected launch digests
 * @nr_expected: number of digests
 */
struct evidence {
	enum verdict verdict;
	enum rung rung;
	char why[ATTEST_WHY];
	bool attested;
	struct attest attest;
	bool unverified;
	uint8_t expected[EVIDENCE_EXPECTED][REPORT_DIGEST];
	unsigned int nr_expected;
};

void evidence_attest(struct evidence *evidence, const struct config *config,
		     const struct vmfw_igvm *igvm);
void evidence_elsewhere(struct evidence *evidence);
void evidence_claim(struct evidence *evidence, const struct config *config,
		    const struct record *record, const uint8_t *boot,
		    const uint8_t *image, const struct firmware *now,
		    bool ends_with_machine);

#endif /* VMFW_EVIDENCE_H */

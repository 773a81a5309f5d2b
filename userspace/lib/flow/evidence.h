/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether an image is running: the strongest evidence that there is.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_EVIDENCE_H
#define VMFW_EVIDENCE_H

#include "attest/attest.h"
#include "flow/config.h"
#include "record/record.h"
#include "source/source.h"

#define EVIDENCE_EXPECTED	5

/**
 * struct evidence - what was found
 * @verdict: the answer
 * @rung: how well it is known
 * @why: in words
 * @attested: the machine attested to @attest
 * @attest: its launch digest
 * @unverified: certificates are configured, and do not tell whether the
 *	signature is right
 * @expected: the digests that are right
 * @nr_expected: how many
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

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The verdict on whether the wanted firmware is running, and the strength of
 * the evidence.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_VERDICT_H
#define VMFW_VERDICT_H

/* The verdict: is the wanted firmware running? */
enum verdict {
	VERDICT_UNKNOWN = 0,
	VERDICT_RUNNING = 1,
	VERDICT_NOT_RUNNING = 2,
};

/**
 * enum rung - strength of evidence; records contain these numbers
 * @RUNG_NONE: there is no evidence
 * @RUNG_CLAIMED: the firmware's own name, compared with names in the record
 * @RUNG_OPAQUE: the same comparison, with a record in the page that the VMM
 *	keeps until the next cold start. So the machine made the attempt after
 *	its last cold start
 * @RUNG_QUOTED: the processor's measurement at the launch, from a quote that
 *	passed through the host. The tool does not verify its signature
 * @RUNG_ATTESTED: the same measurement, over a channel that protects it from
 *	changes by the host
 * @RUNG_SIGNED: the same measurement, from a report with a verified signature
 */
enum rung {
	RUNG_NONE = 0,
	RUNG_CLAIMED = 1,
	RUNG_OPAQUE = 2,
	RUNG_QUOTED = 3,
	RUNG_ATTESTED = 4,
	RUNG_SIGNED = 5,
};

const char *verdict_word(enum verdict verdict);
const char *rung_word(enum rung rung);

#endif /* VMFW_VERDICT_H */

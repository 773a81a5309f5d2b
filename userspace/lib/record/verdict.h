/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether the wanted firmware is running, and how well that is known.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_VERDICT_H
#define VMFW_VERDICT_H

/* The numbers stand in records. */
enum verdict {
	VERDICT_UNKNOWN = 0,
	VERDICT_RUNNING = 1,
	VERDICT_NOT_RUNNING = 2,
};

/**
 * enum rung - how strong evidence is; the numbers stand in records
 * @RUNG_NONE: there is none
 * @RUNG_CLAIMED: the firmware's own name, and what it was at the last attempt
 * @RUNG_OPAQUE: the same, from a page that ends with the machine: the attempt
 *	was in this life of it
 * @RUNG_QUOTED: measured by the processor when the machine was launched, as a
 *	quote says that passed through the host and whose signature is not
 *	verified
 * @RUNG_ATTESTED: measured likewise, and asked for where no host is between
 * @RUNG_SIGNED: the same, in a report with a signature that is right
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

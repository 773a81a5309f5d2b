/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Attestation reports by way of configfs, Linux 6.7 and later.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_TSM_H
#define VMFW_TSM_H

#include <stddef.h>
#include <stdint.h>

#define TSM_PROVIDER	32
/* The kernel's own limit. */
#define TSM_OUTBLOB	(32u << 10)
/* Certificates of SEV-SNP: the most that the kernel asks the host for. */
#define TSM_AUXBLOB	(16u << 10)

/**
 * struct tsm_report - what the kernel's provider answered
 * @provider: its name
 * @level: the privilege level that was asked for, of SEV-SNP
 * @blob: the report
 * @len: its bytes
 * @aux: what the host adds to it: certificates
 * @aux_len: its bytes; 0 if it adds nothing
 */
struct tsm_report {
	char provider[TSM_PROVIDER];
	unsigned int level;
	uint8_t blob[TSM_OUTBLOB];
	size_t len;
	uint8_t aux[TSM_AUXBLOB];
	size_t aux_len;
};

int tsm_get_report(struct tsm_report *report, const uint8_t *nonce,
		   size_t nonce_len);

#endif /* VMFW_TSM_H */

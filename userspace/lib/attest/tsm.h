/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Attestation reports through configfs, Linux 6.7 and later.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_TSM_H
#define VMFW_TSM_H

#include <stddef.h>
#include <stdint.h>

#define TSM_PROVIDER	32
/*
 * The longest report to read: TSM_REPORT_OUTBLOB_MAX of the kernel. Older
 * kernels allow 32 KiB.
 */
#define TSM_OUTBLOB	(16u << 20)
/* The kernel's limit for the certificates that an SEV-SNP host provides. */
#define TSM_AUXBLOB	(16u << 10)

/**
 * struct tsm_report - the answer of the kernel's provider
 * @provider: the provider's name
 * @level: privilege level of the request, on SEV-SNP
 * @blob: the report, or NULL; tsm_free_report() frees it
 * @len: its size in bytes
 * @aux: additions of the host: certificates
 * @aux_len: bytes of @aux; 0: there are none
 */
struct tsm_report {
	char provider[TSM_PROVIDER];
	unsigned int level;
	uint8_t *blob;
	size_t len;
	uint8_t aux[TSM_AUXBLOB];
	size_t aux_len;
};

int tsm_get_report(struct tsm_report *report, const uint8_t *nonce,
		   size_t nonce_len);
void tsm_free_report(struct tsm_report *report);

#endif /* VMFW_TSM_H */

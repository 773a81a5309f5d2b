/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The signature of a report of SEV-SNP, and the certificates that vouch for it.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_SNP_SIGNATURE_H
#define VMFW_SNP_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIGNER_ROOT	32

/**
 * struct signature_files - files with certificates, in PEM or DER
 * @paths: their names; INFILE_STDIN is standard input
 * @nr: number of files
 */
struct signature_files {
	const char *const *paths;
	size_t nr;
};

/**
 * struct signer - the signer of a report
 * @turin: TCB_VERSION has the layout of Turin processors
 * @provider: the key is that of a provider (VLEK)
 * @root: SHA-256 of the root certificate
 * @bad_file: after an error, the file that the tool cannot read, or that has a
 *	malformed or encrypted certificate; NULL: there is no such file
 */
struct signer {
	bool turin;
	bool provider;
	uint8_t root[SIGNER_ROOT];
	const char *bad_file;
};

int signature_check_files(const uint8_t *report,
			  const struct signature_files *files,
			  struct signer *signer, const char **why);
int signature_check(const uint8_t *report, const uint8_t *table,
		    size_t table_len, const char *path, const char **why);

#endif /* VMFW_SNP_SIGNATURE_H */

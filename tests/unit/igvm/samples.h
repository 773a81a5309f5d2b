/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sound files with most types of headers.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef TEST_SAMPLES_H
#define TEST_SAMPLES_H

#include "file.h"

/* Masks of the platforms in the x64 sample. */
#define NATIVE	0x01u
#define SNP	0x02u
#define VBS	0x04u
#define TDX	0x08u
#define SEV	0x10u
#define SEV_ES	0x20u
#define ALL_X64	0x3fu
/* Masks of the platforms in the AArch64 sample. */
#define A_VBS	0x01u
#define A_CCA	0x02u

/* Headers of the x64 sample, in their order. */
enum {
	H_NATIVE, H_SNP, H_VBS, H_TDX, H_SEV, H_SEV_ES,
	H_POLICY, H_RELOC, H_PAGE_TABLE, H_CORIM, H_CORIM_SIGNATURE,
	H_PAGE0, H_PAGE1, H_PAGE_ZERO, H_PAGE_SNP, H_PAGE_PT,
	H_AREA0, H_AREA1, H_VP_COUNT, H_MEMORY_MAP, H_INSERT0, H_INSERT1,
	H_REQUIRED, H_ERROR,
	H_CTX_NATIVE, H_CTX_SNP, H_CTX_VBS, H_ID_BLOCK, H_VBS_MEASUREMENT,
	NR_X64
};

/* Headers of the AArch64 sample. */
enum {
	A_PLATFORM_VBS, A_PLATFORM_CCA, A_CCA_POLICY, A_PAGE, A_CTX_VBS,
	A_CTX_CCA, NR_AARCH64
};

void sample_x64(struct file *file);
void sample_aarch64(struct file *file);

#endif /* TEST_SAMPLES_H */

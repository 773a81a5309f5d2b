/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Between the walk over directives and what a platform makes of them.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_IGVM_MEASURE_H
#define VMFW_IGVM_MEASURE_H

#include "format/internal.h"

/* The longest digest, that of SHA-384. */
#define SHA384_SIZE	48
#define SHA256_SIZE	32

/* KVM measures every VMSA at this address, wherever the file wants it. */
#define KVM_VMSA_GPA	0xfffffffff000ull

/* In a save area: what SEV offers this processor. */
#define SEV_FEATURES_AT	0x3b0
#define SEV_FEATURES_SNP	1ull

/* Where a PC's processors start. */
#define RESET_VECTOR	0xfffffff0u

/**
 * struct measure - one run of vmfw_igvm_measure()
 * @igvm: the file
 * @options: the caller's
 * @ops: what the platform makes of it
 * @digest: running digest of platforms that chain digests
 * @step: what is told to the caller next; its header, kind and address are set
 * @page: 4 KiB of the file
 * @run: where the loader holds back page data: the first header of a run
 * @last: the last header of it
 * @run_length: headers in the run; 0: nothing is held back
 */
struct measure {
	const struct vmfw_igvm *igvm;
	const struct vmfw_igvm_measure_options *options;
	const struct measure_ops *ops;
	uint8_t digest[SHA384_SIZE];
	struct vmfw_igvm_step step;
	uint8_t page[VMFW_IGVM_PAGE_SIZE];
	struct vmfw_igvm_header run;
	struct vmfw_igvm_header last;
	uint32_t run_length;
};

/**
 * struct measure_ops - how a platform measures
 * @algorithm: of its digest
 * @running: one hash from the first page to the last is begun and ended for
 *	the platform; others chain digests in struct measure.digest
 * @bytes_only: pages whose bytes do not count do not count at all
 * @contexts_last: whatever the VMM, contexts follow all pages
 * @page: measure the page that struct measure.step is about; NULL for bytes
 *	that do not count
 * @context: measure the VP context at a file offset; NULL: this platform
 *	measures none
 */
struct measure_ops {
	enum vmfw_igvm_hash_algorithm algorithm;
	bool running;
	bool bytes_only;
	bool contexts_last;
	int (*page)(struct measure *measure, const uint8_t *bytes);
	int (*context)(struct measure *measure, uint32_t file_offset);
};

extern const struct measure_ops measure_snp, measure_sev, measure_sev_es,
	measure_tdx, measure_vbs;

extern const uint8_t zero_page[VMFW_IGVM_PAGE_SIZE];

const struct measure_ops *measure_ops_of(unsigned int platform);
int hash_begin(struct measure *measure);
int hash_add(struct measure *measure, const void *bytes, size_t len);
int hash_end(struct measure *measure, uint8_t *digest);
int read_vmsa(struct measure *measure, uint32_t file_offset);
void vmsa_reset(uint8_t *page, uint32_t start, uint64_t features,
		uint32_t signature);
int measure_reset(struct measure *measure, uint32_t start, uint64_t features);
int step_told(struct measure *measure, const uint8_t *contents,
	      const uint8_t *digest);
bool qemu_page_continues(const uint8_t *last, const uint8_t *next);

#endif /* VMFW_IGVM_MEASURE_H */

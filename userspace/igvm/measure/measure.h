/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The interface between the walk over directives and the measurement of each
 * platform.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_IGVM_MEASURE_H
#define VMFW_IGVM_MEASURE_H

#include "format/internal.h"

/* Bytes of the longest digest, that of SHA-384. */
#define SHA384_SIZE	48
#define SHA256_SIZE	32

/* KVM measures every VMSA at this address, even if the file names another one. */
#define KVM_VMSA_GPA	0xfffffffff000ull

/* Offset in a save area: the SEV features of this processor. */
#define SEV_FEATURES_AT	0x3b0
#define SEV_FEATURES_SNP	1ull

/* The processors of a PC start here. */
#define RESET_VECTOR	0xfffffff0u

/* Types of sections in SEV's list of memory. */
enum sev_section {
	SEV_MEMORY = 1,
	SEV_SECRETS = 2,
	SEV_CPUID = 3,
	SEV_SVSM_CALLING_AREA = 4,
	SEV_KERNEL_HASHES = 0x10,
};

/* Bytes of the table of a kernel's hashes, with padding to a multiple of 16. */
#define KERNEL_TABLE_SIZE	176

/*
 * The two operations of TDX: add pages, and extend the digest by their bytes.
 */
enum measure_pass {
	MEASURE_ADD_AND_EXTEND,
	MEASURE_ADD,
	MEASURE_EXTEND,
};

/**
 * struct measure - one run of vmfw_igvm_measure() or vmfw_igvm_measure_launch()
 * @igvm: the file; NULL: the launch has none
 * @options: the caller's options
 * @ops: the measurement of the platform
 * @digest: running digest of platforms that chain digests
 * @step: the next step to report; its header, kind and address are set
 * @pass: on TDX: the operations for the next pages
 * @page: space for one page: of the file, of registers, of hashes
 * @run: the first header of the page data that QEMU collects for one step
 * @last: the last header of this page data
 * @run_length: headers of this page data; 0: there is none
 * @ahead: pages whose contents another thread hashes; NULL: there is none
 */
struct measure {
	const struct vmfw_igvm *igvm;
	const struct vmfw_igvm_measure_options *options;
	const struct measure_ops *ops;
	uint8_t digest[SHA384_SIZE];
	struct vmfw_igvm_step step;
	enum measure_pass pass;
	uint8_t page[VMFW_IGVM_PAGE_SIZE];
	struct vmfw_igvm_header run;
	struct vmfw_igvm_header last;
	uint32_t run_length;
	struct ahead *ahead;
};

/**
 * struct measure_ops - the measurement of a platform
 * @algorithm: algorithm of its digest
 * @running: one hash covers all pages and registers, and the caller of these
 *	functions begins and ends it; other platforms chain digests in struct
 *	measure.digest
 * @bytes_only: the platform measures only bytes, and no page without them
 * @contexts_last: with any VMM, contexts follow all pages
 * @page: measure the page of struct measure.step; if @bytes is NULL, without its
 *	bytes
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
void vmsa_set_launcher(uint8_t *page, enum vmfw_igvm_launcher launcher);
void kernel_table_put(uint8_t *table,
		      const struct vmfw_igvm_kernel_hashes *hashes);
uint32_t rom_sev_type(const struct vmfw_igvm_rom *rom, uint32_t index);
int measure_reset(struct measure *measure, uint32_t start, uint64_t features,
		  enum vmfw_igvm_launcher launcher);
int report_step(struct measure *measure, const uint8_t *contents,
		const uint8_t *digest);
int ahead_begin(struct measure *measure);
uint8_t *ahead_space(struct measure *measure);
int ahead_add(struct measure *measure, const uint8_t *bytes);
int ahead_drain(struct measure *measure);
void ahead_end(struct measure *measure);
int snp_extend(struct measure *measure, const uint8_t *contents);
bool qemu_page_continues(const uint8_t *last, const uint8_t *next);

#endif /* VMFW_IGVM_MEASURE_H */

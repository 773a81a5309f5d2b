// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The launch digest of a flat firmware that a VMM launches without an IGVM
 * file: the firmware, its sections, the registers of every processor.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>

#include "measure/measure.h"
#include "shared/macro.h"

/**
 * struct launch - a launch of a flat firmware
 * @rom: the firmware
 * @how: the caller's options
 * @table: place of the hashes of a kernel, if there are any
 */
struct launch {
	const struct vmfw_igvm_rom *rom;
	const struct vmfw_igvm_launch *how;
	struct vmfw_igvm_range table;
};

static int measure_pages(struct measure *measure,
			 enum vmfw_igvm_step_kind kind, uint64_t gpa,
			 uint64_t size, const uint8_t *bytes)
{
	uint64_t at;
	int err = 0;

	for (at = 0; !err && at < size; at += VMFW_IGVM_PAGE_SIZE) {
		measure->step = (struct vmfw_igvm_step) {
			.header = VMFW_IGVM_NO_HEADER,
			.kind = kind,
			.gpa = gpa + at,
		};
		if (kind != VMFW_IGVM_STEP_NORMAL)
			err = measure->ops->page(measure, NULL);
		else
			err = measure->ops->page(measure,
						 bytes ? bytes + at : zero_page);
	}
	return err;
}

static const uint8_t *section_bytes(const struct vmfw_igvm_rom *rom,
				    const struct vmfw_igvm_rom_section *section)
{
	return section->has_data ?
	       (const uint8_t *)rom->bytes + section->offset : NULL;
}

static int measure_tdx_section(struct measure *measure,
			       const struct vmfw_igvm_rom *rom,
			       const struct vmfw_igvm_rom_section *section,
			       bool add_first)
{
	const uint8_t *bytes = section_bytes(rom, section);
	int err = 0;

	if (add_first) {
		measure->pass = MEASURE_ADD;
		err = measure_pages(measure, section->kind, section->gpa,
				    section->size, bytes);
		measure->pass = MEASURE_EXTEND;
		if (section->kind != VMFW_IGVM_STEP_NORMAL)
			return err;
	}
	return err ? err : measure_pages(measure, section->kind, section->gpa,
					 section->size, bytes);
}

/* The VMM writes the table to the first page, and zeroes to the rest. */
static int measure_hashes(struct measure *measure, const struct launch *launch,
			  const struct vmfw_igvm_rom_section *section)
{
	int err;

	memset(measure->page, 0, sizeof(measure->page));
	kernel_table_put(measure->page +
			 launch->table.start % VMFW_IGVM_PAGE_SIZE,
			 launch->how->kernel_hashes);
	err = measure_pages(measure, VMFW_IGVM_STEP_NORMAL, section->gpa,
			    VMFW_IGVM_PAGE_SIZE, measure->page);
	if (err)
		return err;
	return measure_pages(measure, VMFW_IGVM_STEP_NORMAL,
			     section->gpa + VMFW_IGVM_PAGE_SIZE,
			     section->size - VMFW_IGVM_PAGE_SIZE, NULL);
}

static int measure_snp_section(struct measure *measure,
			       const struct launch *launch,
			       const struct vmfw_igvm_rom_section *section,
			       uint32_t type)
{
	enum vmfw_igvm_step_kind kind = section->kind;

	if (type == SEV_KERNEL_HASHES && launch->how->kernel_hashes)
		return measure_hashes(measure, launch, section);
	if (type == SEV_MEMORY &&
	    launch->how->launcher == VMFW_IGVM_LAUNCHER_GCE)
		kind = VMFW_IGVM_STEP_UNMEASURED;
	return measure_pages(measure, kind, section->gpa, section->size, NULL);
}

/* EC2 loads the page of CPUID after all others. */
static bool comes_late(const struct launch *launch, uint32_t type)
{
	return type == SEV_CPUID &&
	       launch->how->launcher == VMFW_IGVM_LAUNCHER_EC2;
}

static int measure_snp_sections(struct measure *measure,
				const struct launch *launch, bool late)
{
	struct vmfw_igvm_rom_section section;
	uint32_t i;
	int err = 0;

	for (i = 0; !err && vmfw_igvm_rom_section(launch->rom, i, &section);
	     i++) {
		uint32_t type = rom_sev_type(launch->rom, i);

		if (comes_late(launch, type) == late)
			err = measure_snp_section(measure, launch, &section,
						  type);
	}
	return err;
}

/* On SEV and SEV-ES, QEMU encrypts only the table of hashes, not its whole page. */
static int measure_table(struct measure *measure, const struct launch *launch)
{
	uint8_t table[KERNEL_TABLE_SIZE];
	int err;

	kernel_table_put(table, launch->how->kernel_hashes);
	measure->step = (struct vmfw_igvm_step) {
		.header = VMFW_IGVM_NO_HEADER,
		.kind = VMFW_IGVM_STEP_NORMAL,
		.gpa = launch->table.start,
	};
	err = hash_add(measure, table, sizeof(table));
	return err ? err : report_step(measure, NULL, NULL);
}

static int measure_sections(struct measure *measure,
			    const struct launch *launch)
{
	const struct vmfw_igvm_rom *rom = launch->rom;
	struct vmfw_igvm_rom_section section;
	uint32_t i;
	int err = 0;

	switch (rom->platform) {
	case VMFW_IGVM_SEV_SNP:
		err = measure_snp_sections(measure, launch, false);
		return err ? err : measure_snp_sections(measure, launch, true);
	case VMFW_IGVM_TDX:
		for (i = 0; !err && vmfw_igvm_rom_section(rom, i, &section);
		     i++)
			err = measure_tdx_section(measure, rom, &section,
						  launch->how->add_first);
		return err;
	default:
		return launch->how->kernel_hashes ?
		       measure_table(measure, launch) : 0;
	}
}

/*
 * The first processor starts at the reset vector, the others at the address that the
 * firmware requests.
 */
static int measure_processors(struct measure *measure,
			      const struct launch *launch)
{
	uint32_t vcpus = measure->options->vcpus;
	uint64_t features = launch->how->sev_features;
	uint32_t i;
	int err = 0;

	if (!features && launch->rom->platform == VMFW_IGVM_SEV_SNP)
		features = SEV_FEATURES_SNP;
	for (i = 0; !err && (!i || i < vcpus); i++) {
		err = measure_reset(measure, i ? launch->rom->ap_reset :
				    RESET_VECTOR, features,
				    launch->how->launcher);
	}
	return err;
}

static int measure_firmware(struct measure *measure,
			    const struct launch *launch)
{
	const struct vmfw_igvm_rom *rom = launch->rom;

	if (rom->platform == VMFW_IGVM_TDX)
		return 0;
	if (launch->how->firmware_digest) {
		memcpy(measure->digest, launch->how->firmware_digest,
		       SHA384_SIZE);
		return 0;
	}
	return measure_pages(measure, VMFW_IGVM_STEP_NORMAL, 4 * GIB - rom->size,
			     rom->size, rom->bytes);
}

static int measure_rom(struct measure *measure, const struct launch *launch)
{
	int err = 0;

	if (measure->ops->running)
		err = hash_begin(measure);
	if (!err)
		err = measure_firmware(measure, launch);
	if (!err)
		err = measure_sections(measure, launch);
	if (!err && measure->ops->context)
		err = measure_processors(measure, launch);
	if (!err && measure->ops->running)
		err = hash_end(measure, measure->digest);
	return err;
}

/* Refuse options without effect on the platform, and options that no VMM has. */
static bool is_possible(const struct vmfw_igvm_rom *rom,
			const struct vmfw_igvm_measure_options *options,
			const struct vmfw_igvm_launch *launch)
{
	bool snp = rom->platform == VMFW_IGVM_SEV_SNP;
	bool snp_active = launch->sev_features & SEV_FEATURES_SNP;

	if (options->platform != rom->platform ||
	    options->vmm == VMFW_IGVM_VMM_GENERIC)
		return false;
	if (!snp && (launch->launcher != VMFW_IGVM_LAUNCHER_KVM ||
		     launch->firmware_digest || snp_active))
		return false;
	if (launch->sev_features && snp && !snp_active)
		return false;
	if (launch->sev_features && !measure_ops_of(rom->platform)->context)
		return false;
	return rom->platform == VMFW_IGVM_TDX ? !launch->kernel_hashes :
						!launch->add_first;
}

/**
 * vmfw_igvm_measure_launch() - compute the launch digest of a flat firmware
 *	with details of its launch
 * @rom: from vmfw_igvm_rom_open()
 * @options: the options: @options->platform is that of @rom, @options->vmm is
 *	not VMFW_IGVM_VMM_GENERIC; @options->vcpus 0 means one processor
 * @launch: the details of the launch
 * @digest: receives vmfw_igvm_digest_size() bytes
 *
 * EC2 and GCE do not put @options->cpu_signature into registers.
 *
 * Return: 0; -EINVAL: the options or @launch do not fit the platform; -ENOENT:
 * the firmware expects no hashes of a kernel; -EBADMSG: it expects them at an
 * invalid place, see vmfw_igvm_rom_hashes(); -ECANCELED: the caller's trace
 * ended the measurement; or the error of the caller's functions.
 */
int vmfw_igvm_measure_launch(const struct vmfw_igvm_rom *rom,
			     const struct vmfw_igvm_measure_options *options,
			     const struct vmfw_igvm_launch *launch,
			     uint8_t *digest)
{
	struct measure measure = {
		.options = options,
		.ops = measure_ops_of(rom->platform),
	};
	struct launch how = { .rom = rom, .how = launch };
	struct vmfw_igvm_rom_fault where;
	int err = 0;

	if (!is_possible(rom, options, launch))
		return -EINVAL;
	if (launch->kernel_hashes)
		err = vmfw_igvm_rom_hashes(rom, &how.table, &where);
	if (err)
		return err == -EINVAL ? -EBADMSG : err;
	err = measure_rom(&measure, &how);
	if (!err)
		memcpy(digest, measure.digest,
		       vmfw_igvm_digest_size(rom->platform));
	return err;
}

/**
 * vmfw_igvm_measure_rom() - compute the launch digest of a flat firmware
 * @rom: from vmfw_igvm_rom_open()
 * @options: the options: @options->platform is that of @rom, @options->vmm is
 *	not VMFW_IGVM_VMM_GENERIC; @options->vcpus 0 means one processor
 * @digest: receives vmfw_igvm_digest_size() bytes
 *
 * The VMM has no kernel for the firmware, so the place for its hashes contains
 * zeroes.
 *
 * Return: 0; -EINVAL: the options do not fit the platform; -ECANCELED: the
 * caller's trace ended the measurement; or the error of the caller's functions.
 */
int vmfw_igvm_measure_rom(const struct vmfw_igvm_rom *rom,
			  const struct vmfw_igvm_measure_options *options,
			  uint8_t *digest)
{
	const struct vmfw_igvm_launch launch = { 0 };

	return vmfw_igvm_measure_launch(rom, options, &launch, digest);
}

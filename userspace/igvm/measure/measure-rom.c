// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The launch digest of a flat firmware, as QEMU launches it without an IGVM
 * file: the firmware, what it wants besides, the registers of every processor.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>

#include "measure/measure.h"

#define GIB4		(1ull << 32)

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

static int measure_sections(struct measure *measure,
			    const struct vmfw_igvm_rom *rom)
{
	struct vmfw_igvm_rom_section section;
	uint32_t i;
	int err = 0;

	for (i = 0; !err && vmfw_igvm_rom_section(rom, i, &section); i++)
		err = measure_pages(measure, section.kind, section.gpa,
				    section.size, section.has_data ?
				    (const uint8_t *)rom->bytes +
				    section.offset : NULL);
	return err;
}

/* The first processor starts at the reset vector, others where it says. */
static int measure_processors(struct measure *measure,
			      const struct vmfw_igvm_rom *rom)
{
	uint32_t vcpus = measure->options->vcpus;
	uint64_t features = rom->platform == VMFW_IGVM_SEV_SNP ?
			    SEV_FEATURES_SNP : 0;
	uint32_t i;
	int err = 0;

	for (i = 0; !err && (!i || i < vcpus); i++) {
		err = measure_reset(measure, i ? rom->ap_reset : RESET_VECTOR,
				    features);
	}
	return err;
}

static int measure_rom(struct measure *measure,
		       const struct vmfw_igvm_rom *rom)
{
	int err = 0;

	if (measure->ops->running)
		err = hash_begin(measure);
	if (!err && rom->platform != VMFW_IGVM_TDX)
		err = measure_pages(measure, VMFW_IGVM_STEP_NORMAL,
				    GIB4 - rom->size, rom->size, rom->bytes);
	if (!err)
		err = measure_sections(measure, rom);
	if (!err && measure->ops->context)
		err = measure_processors(measure, rom);
	if (!err && measure->ops->running)
		err = hash_end(measure, measure->digest);
	return err;
}

/**
 * vmfw_igvm_measure_rom() - compute the launch digest of a flat firmware
 * @rom: from vmfw_igvm_rom_open()
 * @options: how: @options->platform is that of @rom, @options->vmm is not
 *	VMFW_IGVM_VMM_GENERIC; @options->vcpus 0 is one processor
 * @digest: receives vmfw_igvm_digest_size() bytes
 *
 * No kernel comes with the firmware: where it wants hashes of one are zeroes.
 *
 * Return: 0; -EINVAL: the options are for something else; -ECANCELED: the
 * caller's trace wanted no more; or what the caller's functions said.
 */
int vmfw_igvm_measure_rom(const struct vmfw_igvm_rom *rom,
			  const struct vmfw_igvm_measure_options *options,
			  uint8_t *digest)
{
	struct measure measure = {
		.options = options,
		.ops = measure_ops_of(rom->platform),
	};
	int err;

	if (options->platform != rom->platform ||
	    options->vmm == VMFW_IGVM_VMM_GENERIC)
		return -EINVAL;
	err = measure_rom(&measure, rom);
	if (!err)
		memcpy(digest, measure.digest,
		       vmfw_igvm_digest_size(rom->platform));
	return err;
}

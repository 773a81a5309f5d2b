/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Between the parts that build a file from a flat firmware.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_IGVM_WRAP_H
#define VMFW_IGVM_WRAP_H

#include "format/internal.h"

/* Native, SEV-SNP, SEV-ES, TDX. */
#define WRAP_PLATFORMS	4

/**
 * struct wrap_platform - one platform of the file
 * @type: enum vmfw_igvm_platform_type
 * @mask: its bit
 * @rom: what the firmware wants there; NULL: nothing but to be loaded
 * @nr_directives: directives that are for this platform alone
 * @nr_contexts: VPs that start with registers of the file
 * @registers: number of the first page with registers among all that are
 *	stored: that of the first VP, then one for all others
 * @nr_registers: how many such pages
 */
struct wrap_platform {
	uint8_t type;
	uint32_t mask;
	const struct vmfw_igvm_rom *rom;
	uint32_t nr_directives;
	uint32_t nr_contexts;
	uint32_t registers;
	uint32_t nr_registers;
};

/**
 * struct wrap_layout - what the file will have, and where
 * @rom: the firmware
 * @nr: pages of the firmware
 * @nr_low: how many of them, the last ones, are there below 1 MiB, too
 * @parameters: where the firmware reads parameters that nobody gives it; on native
 *	these are pages of zeroes
 * @data: by page, number of the page's data among all that are stored, or
 *	WRAP_NO_DATA for a page of zeroes
 * @nr_data: pages of the firmware that are stored
 * @options: the caller's
 * @platforms: platforms, in the order of their bits
 * @nr_platforms: how many
 * @rom_mask: platforms that load all of the firmware, in ascending order
 * @version: of the format
 * @headers_start: offset of the variable headers in the file
 * @headers_end: offset of the data in the file
 * @size: of the file
 */
struct wrap_layout {
	const uint8_t *rom;
	uint32_t nr;
	uint32_t nr_low;
	struct vmfw_igvm_range parameters;
	uint32_t *data;
	uint32_t nr_data;
	const struct vmfw_igvm_wrap_options *options;
	struct wrap_platform platforms[WRAP_PLATFORMS];
	unsigned int nr_platforms;
	uint32_t rom_mask;
	uint32_t version;
	uint32_t headers_start;
	uint32_t headers_end;
	size_t size;
};

#define WRAP_NO_DATA	UINT32_MAX

int wrap_lay_out(struct wrap_layout *layout, const void *rom, size_t rom_len,
		 const struct vmfw_igvm_wrap_options *options);
const uint8_t *wrap_rom_page(const struct wrap_layout *layout, uint32_t page);
void wrap_put_headers(const struct wrap_layout *layout, uint8_t *file);
void wrap_put_registers(const struct wrap_layout *layout,
			const struct wrap_platform *platform, bool first,
			uint8_t *page);

#endif /* VMFW_IGVM_WRAP_H */

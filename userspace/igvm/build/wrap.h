/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Declarations that the files of wrap share.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_IGVM_WRAP_H
#define VMFW_IGVM_WRAP_H

#include "format/internal.h"

/* The most platforms of a file: native, SEV-SNP, SEV-ES, TDX. */
#define WRAP_PLATFORMS	4

/**
 * struct wrap_platform - one platform of the file
 * @type: enum vmfw_igvm_platform_type
 * @mask: its bit
 * @rom: the firmware's metadata for this platform; NULL: it has none
 * @nr_directives: directives that are only for this platform
 * @nr_contexts: VPs that start with registers of the file
 * @registers: number of the first page of registers among all stored pages:
 *	that page is for the first VP, the next one for all others
 * @nr_registers: number of pages of registers
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
 * struct wrap_layout - the layout of the file
 * @rom: the firmware
 * @nr: pages of the firmware
 * @nr_low: number of its last pages that are also below 1 MiB
 * @parameters: area where the firmware expects parameters. The file has none,
 *	but for native it has pages of zeroes there
 * @data: by page: number of the page's data among all stored pages, or
 *	WRAP_NO_DATA for a page of zeroes
 * @nr_data: number of stored pages of the firmware
 * @options: the caller's options
 * @platforms: platforms, in the order of their bits
 * @nr_platforms: number of platforms
 * @rom_mask: platforms that load all of the firmware, by ascending address
 * @version: version of the format
 * @headers_start: offset of the variable headers in the file
 * @headers_end: offset of the data in the file
 * @size: bytes of the file
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

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The layout of a file made from a flat firmware.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdlib.h>

#include "build/wrap.h"

/* Bytes of the firmware's end that are also below 1 MiB: of UEFI, of a BIOS. */
#define LOW_ALIAS	(128u << 10)
#define LOW_BIOS	(256u << 10)
#define LOWEST_PARAMETERS	(1u << 20)
/* Offset of the signature in the header of a firmware volume (UEFI). */
#define VOLUME_SIGNATURE_AT	40
/* The APIC and the HPET are below 0xff000000. Above it, there is only firmware. */
#define ROM_MAX		(16u << 20)
/* A VP index has 16 bits. */
#define MAX_VPS		65536

/* Type and length, then the content with its padding. */
#define PLATFORM_SIZE	(VMFW_IGVM_PREFIX_SIZE + 16)
#define POLICY_SIZE	(VMFW_IGVM_PREFIX_SIZE + 16)
#define DIRECTIVE_SIZE	(VMFW_IGVM_PREFIX_SIZE + 24)

/**
 * wrap_rom_page() - find a page of the firmware
 * @layout: the layout
 * @page: its number, from 0
 *
 * Return: its bytes.
 */
const uint8_t *wrap_rom_page(const struct wrap_layout *layout, uint32_t page)
{
	return layout->rom + (size_t)page * VMFW_IGVM_PAGE_SIZE;
}

struct sorted_page {
	const uint8_t *bytes;
	uint32_t page;
};

static int compare_pages(const void *a, const void *b)
{
	const struct sorted_page *x = a, *y = b;
	int order = memcmp(x->bytes, y->bytes, VMFW_IGVM_PAGE_SIZE);

	if (order)
		return order;
	return x->page < y->page ? -1 : 1;
}

/*
 * Find equal pages by sorting. For each page, @first receives the number of the first
 * page with the same bytes.
 */
static int find_twins(const struct wrap_layout *layout, uint32_t *first)
{
	struct sorted_page *pages;
	uint32_t i;

	pages = calloc(layout->nr, sizeof(*pages));
	if (!pages)
		return -ENOMEM;
	for (i = 0; i < layout->nr; i++) {
		pages[i].bytes = wrap_rom_page(layout, i);
		pages[i].page = i;
	}
	qsort(pages, layout->nr, sizeof(*pages), compare_pages);
	for (i = 0; i < layout->nr; i++) {
		uint32_t page = pages[i].page;

		first[page] = page;
		if (i && !memcmp(pages[i].bytes, pages[i - 1].bytes,
				 VMFW_IGVM_PAGE_SIZE))
			first[page] = first[pages[i - 1].page];
	}
	free(pages);
	return 0;
}

/*
 * A page of zeroes needs no data. But on SEV-SNP some VMMs measure a page
 * without data as another kind of page, so a file for SEV-SNP stores zeroes.
 */
static bool takes_no_room(const struct wrap_layout *layout, uint32_t page)
{
	return !layout->options->snp &&
	       all_zero(wrap_rom_page(layout, page), VMFW_IGVM_PAGE_SIZE);
}

static int number_data(struct wrap_layout *layout)
{
	uint32_t i;
	int err;

	layout->data = calloc(layout->nr, sizeof(*layout->data));
	if (!layout->data)
		return -ENOMEM;
	err = find_twins(layout, layout->data);
	if (err) {
		free(layout->data);
		return err;
	}

	/*
	 * In ascending order, the first of equal pages already has its number.
	 */
	for (i = 0; i < layout->nr; i++) {
		if (takes_no_room(layout, i))
			layout->data[i] = WRAP_NO_DATA;
		else if (layout->data[i] == i)
			layout->data[i] = layout->nr_data++;
		else
			layout->data[i] = layout->data[layout->data[i]];
	}
	return 0;
}

/* The sections are below 4 GiB and do not overlap, so they have at most 2^20 pages. */
static uint32_t section_pages(const struct vmfw_igvm_rom *rom)
{
	struct vmfw_igvm_rom_section section;
	uint32_t i, nr = 0;

	for (i = 0; vmfw_igvm_rom_section(rom, i, &section); i++)
		nr += section.size / VMFW_IGVM_PAGE_SIZE;
	return nr;
}

static struct wrap_platform *add_platform(struct wrap_layout *layout,
					  unsigned int type,
					  const struct vmfw_igvm_rom *rom)
{
	struct wrap_platform *platform =
		&layout->platforms[layout->nr_platforms];

	platform->type = type;
	platform->mask = 1u << layout->nr_platforms++;
	platform->rom = rom;
	if (rom)
		platform->nr_directives = section_pages(rom);
	/*
	 * TDX does not load the whole firmware, but its sections, in their
	 * order.
	 */
	if (type != VMFW_IGVM_TDX)
		layout->rom_mask |= platform->mask;
	return platform;
}

static void add_contexts(const struct wrap_layout *layout,
			 struct wrap_platform *platform)
{
	/* On native, only VP 0 starts. Other VPs wait, as after any reset. */
	uint32_t vcpus = platform->type == VMFW_IGVM_NATIVE ?
			 1 : layout->options->vcpus;

	platform->nr_contexts = vcpus ? vcpus : 1;
	platform->nr_registers = vcpus > 1 ? 2 : 1;
	platform->nr_directives += platform->nr_contexts;
}

static uint32_t count_parameters(const struct wrap_layout *layout)
{
	return (layout->parameters.end - layout->parameters.start) /
	       VMFW_IGVM_PAGE_SIZE;
}

static void add_platforms(struct wrap_layout *layout)
{
	const struct vmfw_igvm_wrap_options *options = layout->options;
	struct wrap_platform *platform;

	if (options->native) {
		platform = add_platform(layout, VMFW_IGVM_NATIVE, NULL);
		platform->nr_directives = layout->nr_low +
					  count_parameters(layout);
		if (options->native_registers)
			add_contexts(layout, platform);
	}
	if (options->snp)
		add_contexts(layout, add_platform(layout, VMFW_IGVM_SEV_SNP,
						  options->snp));
	if (options->sev_es)
		add_contexts(layout, add_platform(layout, VMFW_IGVM_SEV_ES,
						  options->sev_es));
	if (options->tdx)
		add_platform(layout, VMFW_IGVM_TDX, options->tdx);
}

static void add_up(struct wrap_layout *layout)
{
	uint32_t directives = layout->rom_mask ? layout->nr : 0;
	uint32_t data = layout->nr_data;
	unsigned int i;

	for (i = 0; i < layout->nr_platforms; i++) {
		struct wrap_platform *platform = &layout->platforms[i];

		directives += platform->nr_directives;
		platform->registers = data;
		data += platform->nr_registers;
	}
	layout->headers_end = layout->headers_start +
			      layout->nr_platforms * PLATFORM_SIZE +
			      (layout->options->snp ? POLICY_SIZE : 0) +
			      directives * DIRECTIVE_SIZE;
	layout->size = layout->headers_end +
		       (size_t)data * VMFW_IGVM_PAGE_SIZE;
}

/* Version 1 has no registers for native, but every loader reads it. */
static void choose_version(struct wrap_layout *layout)
{
	const struct vmfw_igvm_wrap_options *options = layout->options;

	layout->version = options->native && options->native_registers ? 2 : 1;
	layout->headers_start = layout->version == 1 ?
				VMFW_IGVM_FIXED_HEADER_SIZE :
				VMFW_IGVM_FIXED_HEADER_V2_SIZE;
}

/* Check that the metadata is that of this firmware for this platform. */
static bool rom_fits(const struct wrap_layout *layout,
		     const struct vmfw_igvm_rom *rom, unsigned int platform)
{
	return !rom || (rom->bytes == layout->rom &&
			rom->size / VMFW_IGVM_PAGE_SIZE == layout->nr &&
			rom->platform == platform);
}

static bool options_fit(const struct wrap_layout *layout)
{
	const struct vmfw_igvm_wrap_options *options = layout->options;

	return (options->native || options->snp || options->sev_es ||
		options->tdx) &&
	       rom_fits(layout, options->snp, VMFW_IGVM_SEV_SNP) &&
	       rom_fits(layout, options->sev_es, VMFW_IGVM_SEV_ES) &&
	       rom_fits(layout, options->tdx, VMFW_IGVM_TDX) &&
	       options->vcpus <= MAX_VPS;
}

/*
 * A BIOS runs in the memory below 1 MiB, and needs all of its bytes there, from
 * 0xc0000 on. A PC shows the last 128 KiB of the BIOS there. A larger BIOS such as
 * SeaBIOS copies itself to this memory when it finds ROM there. After a reset it
 * finds RAM, and does not copy itself. UEFI runs elsewhere and does not use this
 * memory.
 */
static uint32_t count_low_pages(const uint8_t *rom, size_t rom_len)
{
	bool volume = rom_len >= VMFW_IGVM_PAGE_SIZE &&
		      !memcmp(rom + VOLUME_SIGNATURE_AT, "_FVH", 4);
	size_t low = volume ? LOW_ALIAS : LOW_BIOS;

	return (rom_len < low ? rom_len : low) / VMFW_IGVM_PAGE_SIZE;
}

/*
 * OVMF of edk2 stable 202511 or later reads a memory map and the number of
 * processors where its table says, unless it finds zeroes there. Find this
 * memory, so that a file for native fills it with zeroes. Otherwise OVMF could
 * read data of the last kernel there.
 */
static void find_parameters(struct wrap_layout *layout, size_t rom_len)
{
	struct vmfw_igvm_rom_areas areas;
	struct vmfw_igvm_rom_fault ignored;

	if (!vmfw_igvm_rom_areas(layout->rom, rom_len, &areas, &ignored) &&
	    areas.parameters.start >= LOWEST_PARAMETERS)
		layout->parameters = areas.parameters;
}

/**
 * wrap_lay_out() - plan the layout of the file
 * @layout: receives the layout; the caller frees @layout->data
 * @rom: the firmware
 * @rom_len: its size in bytes
 * @options: the platforms
 *
 * Return: 0; -EINVAL: the size of the firmware is 0 or not a multiple of 4 KiB,
 * or @options are not possible for it; -EFBIG: the firmware has more than 16
 * MiB; -ENOMEM.
 */
int wrap_lay_out(struct wrap_layout *layout, const void *rom, size_t rom_len,
		 const struct vmfw_igvm_wrap_options *options)
{
	int err;

	if (!rom_len || rom_len % VMFW_IGVM_PAGE_SIZE)
		return -EINVAL;
	if (rom_len > ROM_MAX)
		return -EFBIG;
	*layout = (struct wrap_layout) {
		.rom = rom,
		.nr = rom_len / VMFW_IGVM_PAGE_SIZE,
		.options = options,
	};
	if (!options_fit(layout))
		return -EINVAL;
	layout->nr_low = count_low_pages(rom, rom_len);
	find_parameters(layout, rom_len);
	err = number_data(layout);
	if (err)
		return err;
	choose_version(layout);
	add_platforms(layout);
	add_up(layout);
	return 0;
}

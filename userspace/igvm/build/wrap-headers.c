// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The headers of a file made from a flat firmware: platforms, a policy, pages,
 * registers. Pages are in the order in which QEMU loads the flat firmware.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "build/wrap.h"
#include "measure/measure.h"
#include "shared/macro.h"

/* Offsets in the format's context of x64 registers (IgvmNativeVpContextX64). */
#define NATIVE_RDX		16
#define NATIVE_RIP		128
#define NATIVE_RFLAGS		136
#define NATIVE_IDTR_LIMIT	152
#define NATIVE_GDTR_LIMIT	158
#define NATIVE_CODE		168	/* code segment, then data segment */
#define NATIVE_CR0		200

static uint8_t *put_platform(uint8_t *p, const struct wrap_platform *platform)
{
	p = header_put_prefix(p, VMFW_IGVM_T_SUPPORTED_PLATFORM, 16);
	put_le32(p, platform->mask);
	p[4] = 0;			/* highest VTL */
	p[5] = platform->type;
	put_le16(p + 6, 1);		/* platform version */
	put_le64(p + 8, 0);		/* no shared GPA boundary */
	return p + 16;
}

static uint8_t *put_policy(uint8_t *p, const struct wrap_layout *layout)
{
	unsigned int i;

	for (i = 0; i < layout->nr_platforms; i++) {
		if (layout->platforms[i].type != VMFW_IGVM_SEV_SNP)
			continue;
		p = header_put_prefix(p, VMFW_IGVM_T_GUEST_POLICY, 16);
		put_le64(p, layout->options->policy);
		put_le32(p + 8, layout->platforms[i].mask);
		put_le32(p + 12, 0);
		p += 16;
	}
	return p;
}

static uint32_t data_offset(const struct wrap_layout *layout, uint32_t data)
{
	if (data == WRAP_NO_DATA)
		return 0;
	return layout->headers_end + data * VMFW_IGVM_PAGE_SIZE;
}

/* Write the header of a page, for a copy of the firmware that ends at @end. */
static uint8_t *put_rom_page(uint8_t *p, const struct wrap_layout *layout,
			     uint32_t mask, uint32_t page, uint64_t end)
{
	uint64_t gpa = end - (uint64_t)(layout->nr - page) *
			     VMFW_IGVM_PAGE_SIZE;

	return header_put_page(p, mask, gpa,
			       data_offset(layout, layout->data[page]),
			       VMFW_IGVM_STEP_NORMAL);
}

static uint8_t *put_rom(uint8_t *p, const struct wrap_layout *layout,
			uint32_t mask)
{
	uint32_t i;

	for (i = 0; i < layout->nr; i++)
		p = put_rom_page(p, layout, mask, i, 4 * GIB);
	return p;
}

/*
 * Below 1 MiB, a chipset has RAM in some segments and ROM in others (PAM). The
 * earlier firmware has chosen these segments. QEMU loads pages in ascending order
 * in one step, which must not cross a border between segments. In descending order
 * each page is a step of its own.
 */
static uint8_t *put_low(uint8_t *p, const struct wrap_layout *layout,
			uint32_t mask)
{
	uint32_t i;

	for (i = layout->nr; i > layout->nr - layout->nr_low; i--)
		p = put_rom_page(p, layout, mask, i - 1, MIB);
	return p;
}

static uint8_t *put_parameters(uint8_t *p, const struct wrap_layout *layout,
			       uint32_t mask)
{
	uint64_t gpa;

	for (gpa = layout->parameters.start; gpa < layout->parameters.end;
	     gpa += VMFW_IGVM_PAGE_SIZE)
		p = header_put_page(p, mask, gpa, 0, VMFW_IGVM_STEP_NORMAL);
	return p;
}

static uint8_t *put_section(uint8_t *p, const struct wrap_layout *layout,
			    uint32_t mask,
			    const struct vmfw_igvm_rom_section *section)
{
	uint32_t page = section->offset / VMFW_IGVM_PAGE_SIZE;
	uint64_t at;

	for (at = 0; at < section->size; at += VMFW_IGVM_PAGE_SIZE) {
		uint32_t data = section->has_data ? layout->data[page++] :
						    WRAP_NO_DATA;

		p = header_put_page(p, mask, section->gpa + at,
			     data_offset(layout, data), section->kind);
	}
	return p;
}

/*
 * Write the headers of the pages that one platform has in addition to the
 * firmware.
 */
static uint8_t *put_own(uint8_t *p, const struct wrap_layout *layout,
			const struct wrap_platform *platform)
{
	struct vmfw_igvm_rom_section section;
	uint32_t i;

	/*
	 * The parameters must not come last: decompose would take them for
	 * pages that compose added.
	 */
	if (platform->type == VMFW_IGVM_NATIVE) {
		p = put_parameters(p, layout, platform->mask);
		return put_low(p, layout, platform->mask);
	}
	for (i = 0; vmfw_igvm_rom_section(platform->rom, i, &section); i++)
		p = put_section(p, layout, platform->mask, &section);
	return p;
}

static uint8_t *put_contexts(uint8_t *p, const struct wrap_layout *layout,
			     const struct wrap_platform *platform)
{
	uint32_t vp;

	for (vp = 0; vp < platform->nr_contexts; vp++) {
		p = header_put_prefix(p, VMFW_IGVM_T_VP_CONTEXT, 20);
		/* Registers of the native platform are not in memory. */
		put_le64(p, platform->type == VMFW_IGVM_NATIVE ?
			    0 : KVM_VMSA_GPA);
		put_le32(p + 8, platform->mask);
		put_le32(p + 12, data_offset(layout, platform->registers +
						     (vp ? 1 : 0)));
		put_le16(p + 16, vp);
		put_le16(p + 18, 0);
		put_le32(p + 20, 0);	/* padding */
		p += 24;
	}
	return p;
}

static void put_fixed_header(const struct wrap_layout *layout, uint8_t *file)
{
	put_le32(file, VMFW_IGVM_MAGIC);
	put_le32(file + 4, layout->version);
	if (layout->version > 1) {
		put_le32(file + 24, VMFW_IGVM_X64);
		put_le32(file + 28, VMFW_IGVM_PAGE_SIZE);
	}
	fixed_header_update(file, layout->headers_start, layout->headers_end,
			    layout->size);
}

/**
 * wrap_put_headers() - write all headers
 * @layout: the layout
 * @file: receives @layout->headers_end bytes
 */
void wrap_put_headers(const struct wrap_layout *layout, uint8_t *file)
{
	const struct wrap_platform *platforms = layout->platforms;
	uint8_t *p = file + layout->headers_start;
	unsigned int i;

	for (i = 0; i < layout->nr_platforms; i++)
		p = put_platform(p, &platforms[i]);
	p = put_policy(p, layout);
	if (layout->rom_mask)
		p = put_rom(p, layout, layout->rom_mask);
	for (i = 0; i < layout->nr_platforms; i++)
		p = put_own(p, layout, &platforms[i]);
	for (i = 0; i < layout->nr_platforms; i++)
		p = put_contexts(p, layout, &platforms[i]);
	put_fixed_header(layout, file);
}

static uint8_t *put_segment(uint8_t *p, uint16_t selector, uint16_t attributes,
			    uint32_t base)
{
	put_le16(p, selector);
	put_le16(p + 2, attributes);
	put_le32(p + 4, base);
	put_le32(p + 8, 0xffff);	/* limit */
	return p + 12;
}

/*
 * The format's context of x64 with the values of a reset (Intel SDM, volume 3,
 * "Processor State After Reset").
 */
static void put_native_registers(uint8_t *page, uint32_t signature)
{
	uint8_t *p = page + NATIVE_CODE;

	memset(page, 0, VMFW_IGVM_PAGE_SIZE);
	put_le64(page + NATIVE_RDX, signature);
	put_le64(page + NATIVE_RIP, RESET_VECTOR & 0xffff);
	put_le64(page + NATIVE_RFLAGS, 0x2);
	put_le16(page + NATIVE_IDTR_LIMIT, 0xffff);
	put_le16(page + NATIVE_GDTR_LIMIT, 0xffff);
	p = put_segment(p, 0xf000, 0x9b, RESET_VECTOR & 0xffff0000);
	put_segment(p, 0, 0x93, 0);
	put_le64(page + NATIVE_CR0, 0x60000010);	/* CD, NW, ET */
}

/**
 * wrap_put_registers() - make the registers of a platform's VP
 * @layout: the layout
 * @platform: native, SEV-SNP or SEV-ES
 * @first: make the registers of VP 0, which starts at the reset vector; false: those
 *	of all other VPs, which start at the address that the firmware requests
 * @page: receives 4 KiB
 */
void wrap_put_registers(const struct wrap_layout *layout,
			const struct wrap_platform *platform, bool first,
			uint8_t *page)
{
	if (platform->type == VMFW_IGVM_NATIVE) {
		put_native_registers(page, layout->options->cpu_signature);
		return;
	}
	vmsa_reset(page, first ? RESET_VECTOR : platform->rom->ap_reset,
		   platform->type == VMFW_IGVM_SEV_SNP ? SEV_FEATURES_SNP : 0,
		   layout->options->cpu_signature);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The save area of a processor after a reset under KVM. The platform measures
 * it for each processor without a context in the file. The builder of a file
 * from a flat firmware (wrap.c) writes such save areas to the file.
 *
 * Offsets are those of the SEV-ES save area (AMD64 Architecture Programmer's
 * Manual, volume 2, appendix B). Values are those of a reset, with the changes
 * of KVM.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "measure/measure.h"
#include "shared/macro.h"

#define SEGMENT_ATTRIBUTES	2
#define SEGMENT_LIMIT		4
#define CS_ATTRIBUTES		0x12
#define CS_BASE			0x18
#define SS_ATTRIBUTES		0x22
#define TR_ATTRIBUTES		0x92
#define RIP			0x178
#define PAT			0x268
#define RDX			0x310
#define MXCSR			0x408	/* and x87 tag and status words */
#define X87_CONTROL		0x410

/* EDX after a reset, if the VMM puts no CPUID signature there. */
#define RDX_RESET		0x600

static const struct {
	uint16_t at;
	uint16_t selector;
	uint16_t attributes;
} segments[] = {
	{ 0x00, 0x0000, 0x93 },		/* ES */
	{ 0x10, 0xf000, 0x9b },		/* CS; vmsa_reset() sets its base */
	{ 0x20, 0x0000, 0x93 },		/* SS */
	{ 0x30, 0x0000, 0x93 },		/* DS */
	{ 0x40, 0x0000, 0x93 },		/* FS */
	{ 0x50, 0x0000, 0x93 },		/* GS */
	{ 0x60, 0x0000, 0x00 },		/* GDTR */
	{ 0x70, 0x0000, 0x82 },		/* LDTR */
	{ 0x80, 0x0000, 0x00 },		/* IDTR */
	{ 0x90, 0x0000, 0x8b },		/* TR */
};

static const struct {
	uint16_t at;
	uint64_t value;
} registers[] = {
	{ 0x0d0, 0x1000 },		/* EFER: SVME */
	{ 0x148, 0x40 },		/* CR4: MCE */
	{ 0x158, 0x10 },		/* CR0: ET */
	{ 0x160, 0x400 },		/* DR7 */
	{ 0x168, 0xffff0ff0 },		/* DR6 */
	{ 0x170, 0x2 },			/* RFLAGS */
	{ PAT, 0x0007040600070406 },
	{ 0x3e8, 0x1 },			/* XCR0 */
	{ MXCSR, 0x1f80 },
	{ X87_CONTROL, 0x37f },
};

/**
 * vmsa_reset() - make the save area of a processor after reset
 * @page: receives 4 KiB
 * @start: address of its first instruction
 * @features: SEV features that the VMM offers
 * @signature: EAX of CPUID leaf 1, which a reset leaves in EDX
 */
void vmsa_reset(uint8_t *page, uint32_t start, uint64_t features,
		uint32_t signature)
{
	size_t i;

	memset(page, 0, VMFW_IGVM_PAGE_SIZE);
	for (i = 0; i < ARRAY_SIZE(segments); i++) {
		uint8_t *p = page + segments[i].at;

		put_le16(p, segments[i].selector);
		put_le16(p + SEGMENT_ATTRIBUTES, segments[i].attributes);
		put_le32(p + SEGMENT_LIMIT, 0xffff);
	}
	for (i = 0; i < ARRAY_SIZE(registers); i++)
		put_le64(page + registers[i].at, registers[i].value);
	put_le64(page + RDX, signature);
	put_le64(page + CS_BASE, start & 0xffff0000);
	put_le64(page + RIP, start & 0xffff);
	put_le64(page + SEV_FEATURES_AT, features);
}

/**
 * vmsa_set_launcher() - change a save area as a launcher does
 * @page: from vmsa_reset()
 * @launcher: the launcher
 *
 * With these values, launch digests are those in attestation reports of machines on
 * EC2 and GCE. The tool sev-snp-measure has the same values.
 */
void vmsa_set_launcher(uint8_t *page, enum vmfw_igvm_launcher launcher)
{
	if (launcher == VMFW_IGVM_LAUNCHER_KVM)
		return;
	put_le64(page + RDX, RDX_RESET);
	put_le64(page + MXCSR, 0);
	put_le64(page + X87_CONTROL, 0);
	if (launcher == VMFW_IGVM_LAUNCHER_GCE) {
		put_le64(page + PAT, 0x70106);
		return;
	}
	/* On EC2, the first processor has not accessed its code segment yet. */
	if (get_le64(page + CS_BASE) == (RESET_VECTOR & 0xffff0000) &&
	    get_le64(page + RIP) == (RESET_VECTOR & 0xffff))
		put_le16(page + CS_ATTRIBUTES, 0x9a);
	put_le16(page + SS_ATTRIBUTES, 0x92);
	put_le16(page + TR_ATTRIBUTES, 0x83);
}

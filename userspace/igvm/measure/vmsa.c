// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The save area of a processor that comes out of reset under KVM: what is
 * measured for processors that a file has no context for, and what a wrapped
 * firmware starts from. Offsets are those of the SEV-ES save area (AMD64
 * Architecture Programmer's Manual, volume 2, appendix B), values those of a
 * reset with what KVM adds.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "measure/measure.h"

#define SEGMENT_ATTRIBUTES	2
#define SEGMENT_LIMIT		4
#define CS_BASE			0x18
#define RIP			0x178
#define RDX			0x310

static const struct {
	uint16_t at;
	uint16_t selector;
	uint16_t attributes;
} segments[] = {
	{ 0x00, 0x0000, 0x93 },		/* ES */
	{ 0x10, 0xf000, 0x9b },		/* CS; its base is set below */
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
	{ 0x268, 0x0007040600070406 },	/* PAT */
	{ 0x3e8, 0x1 },			/* XCR0 */
	{ 0x408, 0x1f80 },		/* MXCSR, and x87 tag and status words */
	{ 0x410, 0x37f },		/* x87 control word */
};

/**
 * vmsa_reset() - make the save area of a processor after reset
 * @page: receives 4 KiB
 * @start: address of its first instruction
 * @features: what SEV offers it
 * @signature: EAX of CPUID leaf 1, which a reset leaves in EDX
 */
void vmsa_reset(uint8_t *page, uint32_t start, uint64_t features,
		uint32_t signature)
{
	size_t i;

	memset(page, 0, VMFW_IGVM_PAGE_SIZE);
	for (i = 0; i < sizeof(segments) / sizeof(segments[0]); i++) {
		uint8_t *p = page + segments[i].at;

		put_le16(p, segments[i].selector);
		put_le16(p + SEGMENT_ATTRIBUTES, segments[i].attributes);
		put_le32(p + SEGMENT_LIMIT, 0xffff);
	}
	for (i = 0; i < sizeof(registers) / sizeof(registers[0]); i++)
		put_le64(page + registers[i].at, registers[i].value);
	put_le64(page + RDX, signature);
	put_le64(page + CS_BASE, start & 0xffff0000);
	put_le64(page + RIP, start & 0xffff);
	put_le64(page + SEV_FEATURES_AT, features);
}

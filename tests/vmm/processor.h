/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The registers with which the boot processor starts.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMM_PROCESSOR_H
#define VMM_PROCESSOR_H

#include <stdbool.h>
#include <stdint.h>

/* Segment attributes and register bits that select the processor's mode. */
#define ATTRIBUTE_DPL_SHIFT 5
#define ATTRIBUTE_DPL (3u << ATTRIBUTE_DPL_SHIFT)
#define ATTRIBUTE_LONG (1u << 13)
#define ATTRIBUTE_BIG (1u << 14)
#define CR0_PE (UINT64_C(1) << 0)
#define CR0_MP_EM_TS (UINT64_C(7) << 1)
#define CR0_PG (UINT64_C(1) << 31)
#define CR4_PAE (UINT64_C(1) << 5)
#define CR4_OSFXSR (UINT64_C(1) << 9)
#define CR4_UMIP (UINT64_C(1) << 11)
#define CR4_SMAP (UINT64_C(1) << 21)
#define EFER_LME (UINT64_C(1) << 8)
#define EFER_LMA (UINT64_C(1) << 10)
#define EFER_SVME (UINT64_C(1) << 12)
#define RFLAGS_VM (UINT64_C(1) << 17)

/**
 * struct vp_segment - a segment register with its hidden part
 * @selector: as the register shows it
 * @attributes: as in bits 40 to 55 of a descriptor, the limit's bits ignored
 * @base: linear address
 * @limit: the last byte's offset
 */
struct vp_segment {
	uint16_t selector;
	uint16_t attributes;
	uint32_t base;
	uint32_t limit;
};

/**
 * struct vp_context - values for the boot processor's registers
 * @registers: RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 to R15
 * @code: CS
 * @data: the other segments; GS has a base of its own
 *
 * The other members have the processor's own names.
 */
struct vp_context {
	uint64_t registers[16];
	uint64_t rip;
	uint64_t rflags;
	uint64_t idtr_base;
	uint16_t idtr_limit;
	uint64_t gdtr_base;
	uint16_t gdtr_limit;
	struct vp_segment code;
	struct vp_segment data;
	uint64_t gs_base;
	uint64_t cr0;
	uint64_t cr3;
	uint64_t cr4;
	uint64_t efer;
};

/**
 * processor_is_known - Can the model set the boot processor's registers?
 *
 * Call it in a reset, before processor_start().
 *
 * Return: true when this is an x86 processor in the state after a reset.
 */
bool processor_is_known(void);

/**
 * processor_start - Set the registers of the boot processor
 * @context: the values; other registers stay as the reset left them
 *
 * Call it after the processor's own reset and before it runs. Ends QEMU when it cannot
 * set the registers.
 */
void processor_start(const struct vp_context *context);

#endif

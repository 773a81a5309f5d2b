// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The check of VP contexts for values that KVM refuses or changes.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "check/check.h"
#include "measure/measure.h"

#define CR0_PE		(1ull << 0)
#define CR0_NW		(1ull << 29)
#define CR0_CD		(1ull << 30)
#define CR0_PG		(1ull << 31)
#define CR4_PAE		(1ull << 5)
#define EFER_LME	(1ull << 8)
#define EFER_LMA	(1ull << 10)

/*
 * Values of CR0 that KVM measures without a change. All have ET, which KVM sets, and
 * neither CD nor NW. The first one is that of a launch without IGVM.
 */
#define CR0_RESET	0x10
#define CR0_REAL_MODE	0x30
#define CR0_PROTECTED	0x31

/**
 * struct kvm_layout - offsets of some registers in a page of registers
 * @cr0: offset
 * @cr3: offset
 * @cr4: offset
 * @efer: offset
 * @cs_attributes: offset of CS's attributes
 * @cs_long: the bit for 64-bit code in @cs_attributes
 */
struct kvm_layout {
	uint16_t cr0;
	uint16_t cr3;
	uint16_t cr4;
	uint16_t efer;
	uint16_t cs_attributes;
	uint16_t cs_long;
};

static const struct kvm_layout vmsa_layout = {
	.cr0 = 0x158,
	.cr3 = 0x150,
	.cr4 = 0x148,
	.efer = 0xd0,
	.cs_attributes = 0x12,
	.cs_long = 1 << 9,
};

static const struct kvm_layout native_layout = {
	.cr0 = 200,
	.cr3 = 208,
	.cr4 = 216,
	.efer = 224,
	.cs_attributes = 170,
	.cs_long = 1 << 13,
};

/* The rules of KVM_SET_SREGS, except those that depend on the processor. */
static void check_registers(struct check *check, const uint8_t *page,
			    const struct kvm_layout *layout)
{
	uint64_t cr0 = get_le64(page + layout->cr0);
	uint64_t cr3 = get_le64(page + layout->cr3);
	uint64_t cr4 = get_le64(page + layout->cr4);
	uint64_t efer = get_le64(page + layout->efer);
	uint16_t attributes = get_le16(page + layout->cs_attributes);

	if (cr0 >> 32 || (cr0 & CR0_PG && !(cr0 & CR0_PE)) ||
	    (cr0 & CR0_NW && !(cr0 & CR0_CD)))
		report_rule(check, VMFW_IGVM_RULE_KVM_REGISTERS, "cr0", cr0);
	if (efer & EFER_LME && cr0 & CR0_PG) {
		if (!(cr4 & CR4_PAE))
			report_rule(check, VMFW_IGVM_RULE_KVM_REGISTERS, "cr4",
				    cr4);
		if (!(efer & EFER_LMA))
			report_rule(check, VMFW_IGVM_RULE_KVM_REGISTERS, "efer",
				    efer);
		if (cr3 >> MAX_ADDRESS_BITS)
			report_rule(check, VMFW_IGVM_RULE_KVM_REGISTERS, "cr3",
				    cr3);
		return;
	}
	if (efer & EFER_LMA)
		report_rule(check, VMFW_IGVM_RULE_KVM_REGISTERS, "efer", efer);
	if (attributes & layout->cs_long)
		report_rule(check, VMFW_IGVM_RULE_KVM_REGISTERS,
			    "cs_attributes", attributes);
}

static void check_vmsa(struct check *check, const uint8_t *page)
{
	uint64_t gpa = get_le64(check->header->content);
	uint64_t cr0 = get_le64(page + vmsa_layout.cr0);

	if (gpa != KVM_VMSA_GPA)
		report_rule_bound(check, VMFW_IGVM_RULE_KVM_VMSA_GPA, "gpa",
				  gpa, KVM_VMSA_GPA);
	if (cr0 != CR0_RESET && cr0 != CR0_REAL_MODE && cr0 != CR0_PROTECTED)
		report_rule_bound(check, VMFW_IGVM_RULE_KVM_VMSA_CR0, "cr0",
				  cr0, CR0_PROTECTED);
	check_registers(check, page, &vmsa_layout);
}

/**
 * check_kvm_context() - check the current header, a VP context, against KVM
 * @check: the check of a sound file
 */
void check_kvm_context(struct check *check)
{
	const uint8_t *p = check->header->content;
	uint32_t mask = get_le32(p + 8);
	uint8_t page[VMFW_IGVM_PAGE_SIZE];
	bool vmsa, native;

	vmsa = mask & platforms_of_type(check->igvm, 1u << VMFW_IGVM_SEV_SNP |
						     1u << VMFW_IGVM_SEV_ES);
	native = mask & platforms_of_type(check->igvm, 1u << VMFW_IGVM_NATIVE |
						       1u << VMFW_IGVM_SEV);
	if (!vmsa && !native)
		return;
	check->err = input_read(&check->igvm->input, get_le32(p + 12), page,
				sizeof(page));
	if (check->err)
		return;
	if (vmsa)
		check_vmsa(check, page);
	else
		check_registers(check, page, &native_layout);
}

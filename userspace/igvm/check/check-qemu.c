// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Features of a sound file that QEMU's loader refuses, or does not load as the
 * format defines (QEMU: backends/igvm.c, target/i386/igvm.c and sev.c).
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>

#include "check/check-qemu.h"
#include "measure/measure.h"
#include "shared/macro.h"

#define QEMU_PLATFORMS	(1u << VMFW_IGVM_NATIVE | 1u << VMFW_IGVM_SEV |	\
			 1u << VMFW_IGVM_SEV_ES | 1u << VMFW_IGVM_SEV_SNP)
#define SEV_PLATFORMS	(QEMU_PLATFORMS & ~(1u << VMFW_IGVM_NATIVE))

/* Offsets in an ID block: the flag for an author key, and the key. */
#define AUTHOR_ENABLED	4
#define AUTHOR_KEY	544

/*
 * Does QEMU know a header type? QEMU gives up at the first header of an unknown
 * type, even if the mask of the header names no platform of the machine.
 */
static bool qemu_handles(uint32_t type)
{
	switch (type & ~VMFW_IGVM_OPTIONAL) {
	case VMFW_IGVM_T_SUPPORTED_PLATFORM:
	case VMFW_IGVM_T_GUEST_POLICY:
	case VMFW_IGVM_T_PAGE_DATA:
	case VMFW_IGVM_T_VP_CONTEXT:
	case VMFW_IGVM_T_PARAMETER_AREA:
	case VMFW_IGVM_T_PARAMETER_INSERT:
	case VMFW_IGVM_T_MEMORY_MAP:
	case VMFW_IGVM_T_MADT:
	case VMFW_IGVM_T_VP_COUNT_PARAMETER:
	case VMFW_IGVM_T_ENVIRONMENT_INFO_PARAMETER:
	case VMFW_IGVM_T_REQUIRED_MEMORY:
	case VMFW_IGVM_T_SNP_ID_BLOCK:
		return true;
	default:
		return false;
	}
}

/* Return the mask of the checked platforms that have one of some types. */
static uint32_t mask_of(const struct qemu *qemu, unsigned int types)
{
	return qemu->mask & platforms_of_type(qemu->check->igvm, types);
}

static void check_page(const struct qemu *qemu, const uint8_t *p)
{
	uint32_t mask = get_le32(p + 8) & qemu->mask;
	uint32_t flags = get_le32(p + 16);
	uint16_t type = get_le16(p + 20);

	if (type != VMFW_IGVM_DATA_NORMAL &&
	    mask & mask_of(qemu, 1u << VMFW_IGVM_SEV | 1u << VMFW_IGVM_SEV_ES))
		report_rule(qemu->check, VMFW_IGVM_RULE_QEMU_DATA_TYPE,
			    "data_type", type);
	if (flags & VMFW_IGVM_PAGE_2MB && get_le32(p + 12) && mask)
		report_rule(qemu->check, VMFW_IGVM_RULE_QEMU_LARGE_PAGE,
			    "flags", flags);
	if (flags & VMFW_IGVM_PAGE_SHARED &&
	    mask & mask_of(qemu, SEV_PLATFORMS))
		report_rule(qemu->check, VMFW_IGVM_RULE_QEMU_SHARED, "flags",
			    flags);
}

/* Bytes of a save area that need not be zero: QEMU uses them, or never reads them. */
static const struct {
	uint16_t start;
	uint16_t end;
} vmsa_fields[] = {
	{ 0x000, 0x0a0 },	/* segments and tables */
	{ 0x0d0, 0x0d8 },	/* EFER */
	{ 0x148, 0x180 },	/* CR4, CR3, CR0, DR7, DR6, RFLAGS, RIP */
	{ 0x1d8, 0x1e0 },	/* RSP */
	{ 0x1f8, 0x200 },	/* RAX */
	{ 0x268, 0x270 },	/* PAT */
	{ 0x308, 0x320 },	/* RCX, RDX, RBX */
	{ 0x328, 0x380 },	/* RBP, RSI, RDI, R8 to R15 */
	{ 0x3b0, 0x3b8 },	/* features of SEV: check_vmsa() checks them */
	{ 0x3e8, 0x3f0 },	/* XCR0 */
	{ 0x408, 0x40c },	/* MXCSR */
	{ 0x410, 0x412 },	/* x87 control word */
	{ 0x670, VMFW_IGVM_PAGE_SIZE },	/* QEMU does not read these */
};

static void check_vmsa_fields(struct check *check, const uint8_t *page)
{
	size_t i;
	unsigned int at = 0;

	for (i = 0; i < ARRAY_SIZE(vmsa_fields); i++) {
		for (; at < vmsa_fields[i].start; at++) {
			if (!page[at])
				continue;
			report_rule(check, VMFW_IGVM_RULE_QEMU_VMSA,
				    "vmsa_offset", at);
			return;
		}
		at = vmsa_fields[i].end;
	}
}

static void check_vmsa(const struct qemu *qemu, const uint8_t *p, uint32_t snp)
{
	uint8_t page[VMFW_IGVM_PAGE_SIZE];
	struct check *check = qemu->check;
	uint64_t features;

	check->err = input_read(&check->igvm->input, get_le32(p + 12), page,
				sizeof(page));
	if (check->err)
		return;
	check_vmsa_fields(check, page);
	features = get_le64(page + SEV_FEATURES_AT);
	if (!(features & SEV_FEATURES_SNP) != !snp)
		report_rule(check, VMFW_IGVM_RULE_QEMU_VMSA_FEATURES,
			    "sev_features", features);
}

static void check_context(struct qemu *qemu, const uint8_t *p)
{
	uint32_t mask = get_le32(p + 8) & qemu->mask;
	uint32_t snp = mask & mask_of(qemu, 1u << VMFW_IGVM_SEV_SNP);
	uint32_t es = mask & mask_of(qemu, 1u << VMFW_IGVM_SEV_ES);
	uint16_t vp = get_le16(p + 16);

	if (mask & mask_of(qemu, 1u << VMFW_IGVM_NATIVE)) {
		qemu->has_native_context = true;
		if (vp)
			report_rule(qemu->check, VMFW_IGVM_RULE_QEMU_CONTEXT_VP,
				    "vp_index", vp);
	}
	/* libigvm aborts on this context, though QEMU has no such platform. */
	if (vp && get_le32(p + 8) &
	    platforms_of_type(qemu->check->igvm, 1u << VMFW_IGVM_VSM_ISOLATION))
		report_rule(qemu->check, VMFW_IGVM_RULE_QEMU_CONTEXT_VP,
			    "vp_index", vp);
	if (mask & mask_of(qemu, 1u << VMFW_IGVM_SEV))
		report_rule(qemu->check, VMFW_IGVM_RULE_QEMU_CONTEXT_SEV,
			    "compatibility_mask", get_le32(p + 8));
	if (mask && (snp || es || !qemu->machine || qemu->machine->kvm))
		check_kvm_context(qemu->check);
	if (qemu->check->err || (!snp && !es))
		return;
	if (qemu->machine && qemu->machine->vcpus &&
	    vp >= qemu->machine->vcpus)
		report_rule_bound(qemu->check, VMFW_IGVM_RULE_QEMU_VP_ABSENT,
				  "vp_index", vp, qemu->machine->vcpus);
	check_vmsa(qemu, p, snp);
}

static void check_header(struct qemu *qemu)
{
	const struct vmfw_igvm_header *header = qemu->check->header;
	struct check *check = qemu->check;
	const uint8_t *p = header->content;

	if (!type_info(header->type & ~VMFW_IGVM_OPTIONAL)) {
		report_rule(check, VMFW_IGVM_RULE_QEMU_UNKNOWN, "type",
			    header->type);
		return;
	}
	if (!qemu_handles(header->type)) {
		report_rule(check, VMFW_IGVM_RULE_QEMU_TYPE, "type",
			    header->type);
		return;
	}
	switch (header->type) {
	case VMFW_IGVM_T_MEMORY_MAP:
		if (get_le32(p + 4))
			report_rule(check, VMFW_IGVM_RULE_QEMU_MEMORY_MAP,
				    "byte_offset", get_le32(p + 4));
		break;
	case VMFW_IGVM_T_MADT:
		if (get_le32(p + 4))
			report_rule(check, VMFW_IGVM_RULE_QEMU_MADT,
				    "byte_offset", get_le32(p + 4));
		break;
	case VMFW_IGVM_T_PARAMETER_AREA:
		if (get_le32(p + 12))
			report_rule(check, VMFW_IGVM_RULE_QEMU_AREA_DATA,
				    "file_offset", get_le32(p + 12));
		break;
	case VMFW_IGVM_T_PAGE_DATA:
		check_page(qemu, p);
		break;
	case VMFW_IGVM_T_SNP_ID_BLOCK:
		if (get_le32(p) & qemu->mask &&
		    !p[AUTHOR_ENABLED] != !p[AUTHOR_KEY])
			report_rule(check, VMFW_IGVM_RULE_QEMU_ID_AUTHOR,
				    "author_key_enabled", p[AUTHOR_ENABLED]);
		break;
	case VMFW_IGVM_T_VP_CONTEXT:
		check_context(qemu, p);
		break;
	}
}

/*
 * QEMU chooses the strongest platform that both the machine and the file have.
 * Without a machine, check all platforms that QEMU could choose on some machine.
 */
static uint32_t choose_platforms(const struct vmfw_igvm *igvm,
				 const struct vmfw_igvm_machine *machine)
{
	static const unsigned int strongest_first[] = {
		VMFW_IGVM_SEV_SNP, VMFW_IGVM_SEV_ES, VMFW_IGVM_SEV,
		VMFW_IGVM_NATIVE,
	};
	const struct vmfw_igvm_platform *platform;
	bool reached = false;
	size_t i;

	if (!machine || machine->platform == VMFW_IGVM_ANY_PLATFORM)
		return platforms_of_type(igvm, QEMU_PLATFORMS);
	for (i = 0; i < ARRAY_SIZE(strongest_first); i++) {
		reached |= machine->platform == strongest_first[i];
		platform = vmfw_igvm_platform(igvm, strongest_first[i]);
		if (reached && platform)
			return platform->mask;
	}
	return 0;
}

/* Check rules about the file as a whole. */
static void check_file(struct qemu *qemu)
{
	const struct vmfw_igvm *igvm = qemu->check->igvm;

	if (!qemu->mask)
		report_rule(qemu->check, VMFW_IGVM_RULE_QEMU_PLATFORM,
			    "platform_type", igvm->platforms[0].type);
	if (igvm->headers_end >= igvm->input.size)
		report_rule(qemu->check, VMFW_IGVM_RULE_QEMU_NO_DATA,
			    "total_file_size", igvm->input.size);
	if (qemu->mask & platforms_of_type(igvm, 1u << VMFW_IGVM_NATIVE) &&
	    !qemu->has_native_context)
		report_rule(qemu->check, VMFW_IGVM_RULE_QEMU_REGISTERS,
			    "compatibility_mask",
			    platforms_of_type(igvm, 1u << VMFW_IGVM_NATIVE));
}

/**
 * vmfw_igvm_check_qemu() - check whether QEMU's loader can load a file
 * @igvm: a file that vmfw_igvm_check() found sound
 * @machine: the machine that will start from it, or NULL: any machine. Rules
 *	about memory, VGA, firmware or processors that are unknown (zero) do not
 *	apply, or give a warning
 * @report: called for each finding; may be NULL
 * @arg: argument for @report
 *
 * These are the rules of QEMU's loader for a sound file. Without a machine, the
 * check assumes KVM. With the device vm-launch-update, QEMU ends at a reset if
 * it cannot load the image. So a guest must check the image first.
 *
 * An error means that QEMU does not load the image. A warning means that QEMU does
 * not load it as the format defines, or that @machine has too few facts to decide.
 *
 * Return: 0: there are no errors; -EINVAL: QEMU does not load the image;
 * -ECANCELED: @report or the input's @stop ended the check; -ENOMEM; or the
 * error of the input's @read.
 */
int vmfw_igvm_check_qemu(const struct vmfw_igvm *igvm,
			 const struct vmfw_igvm_machine *machine,
			 vmfw_igvm_report *report, void *arg)
{
	struct vmfw_igvm copy = *igvm;
	struct vmfw_igvm_header header = { 0 };
	struct check check = {
		.igvm = &copy,
		.report = report,
		.arg = arg,
	};
	struct qemu qemu = {
		.check = &check,
		.machine = machine,
		.mask = choose_platforms(igvm, machine),
	};

	while (!check.stopped && !check.err &&
	       vmfw_igvm_next(igvm, &header)) {
		check.header = &header;
		check_header(&qemu);
	}
	check.header = NULL;
	/* After a stop, the rest of the file is unknown. */
	if (!check_stops(&check) && !check.err)
		check_file(&qemu);
	if (!check.stopped && !check.err)
		qemu_check_memory(&qemu);
	if (check.err)
		return check.err;
	if (check_stops(&check))
		return -ECANCELED;
	return check.failed ? -EINVAL : 0;
}

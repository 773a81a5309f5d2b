// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Texts for findings, and for steps of a measurement.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <inttypes.h>
#include <stdio.h>

#include "format/internal.h"

enum severity { WARNING, ERROR };

static const struct {
	const char *name;
	const char *text;
	enum severity severity;
} rules[] = {
#define X(id, severity, name, text) \
	[VMFW_IGVM_RULE_##id] = { name, text, severity },
	VMFW_IGVM_RULES(X)
#undef X
};

/**
 * vmfw_igvm_rule_name() - name of a rule for scripts
 * @rule: rule of a finding
 */
const char *vmfw_igvm_rule_name(enum vmfw_igvm_rule rule)
{
	return rules[rule].name;
}

/**
 * vmfw_igvm_rule_text() - text of a rule
 * @rule: rule of a finding
 */
const char *vmfw_igvm_rule_text(enum vmfw_igvm_rule rule)
{
	return rules[rule].text;
}

/**
 * vmfw_igvm_rule_is_error() - is a finding an error, not only a warning?
 * @rule: rule of a finding
 */
bool vmfw_igvm_rule_is_error(enum vmfw_igvm_rule rule)
{
	return rules[rule].severity == ERROR;
}

/* Is the bound of a rule the index of another header? */
static bool bound_is_header(enum vmfw_igvm_rule rule)
{
	switch (rule) {
	case VMFW_IGVM_RULE_TWICE:
	case VMFW_IGVM_RULE_OVERLAP:
	case VMFW_IGVM_RULE_RELOCATION_OVERLAP:
	case VMFW_IGVM_RULE_PARAMETER_IN_PAGE_TABLE:
	case VMFW_IGVM_RULE_AREA_TWICE:
	case VMFW_IGVM_RULE_AREA_INSERTED:
	case VMFW_IGVM_RULE_CONTEXT_TWICE:
		return true;
	default:
		return false;
	}
}

/* Is the text of a rule complete only with the bound after it? */
static bool bound_ends_text(enum vmfw_igvm_rule rule)
{
	switch (rule) {
	case VMFW_IGVM_RULE_LENGTH:
	case VMFW_IGVM_RULE_UNALIGNED:
	case VMFW_IGVM_RULE_DATA_IN_HEADERS:
	case VMFW_IGVM_RULE_RELOCATION_WINDOW:
	case VMFW_IGVM_RULE_PARAMETER_PAST_END:
	case VMFW_IGVM_RULE_MACHINE_ARCHITECTURE:
	case VMFW_IGVM_RULE_MACHINE_MEMORY:
	case VMFW_IGVM_RULE_MACHINE_RESERVED:
	case VMFW_IGVM_RULE_KVM_VMSA_CR0:
	case VMFW_IGVM_RULE_QEMU_MMIO:
	case VMFW_IGVM_RULE_QEMU_MEMORY:
	case VMFW_IGVM_RULE_QEMU_VGA:
	case VMFW_IGVM_RULE_QEMU_VGA_UNKNOWN:
	case VMFW_IGVM_RULE_QEMU_PAM:
	case VMFW_IGVM_RULE_QEMU_PAM_BIOS:
	case VMFW_IGVM_RULE_QEMU_PAM_UNKNOWN:
		return true;
	default:
		return bound_is_header(rule);
	}
}

static void print_place(const struct vmfw_igvm_finding *finding, char *buf,
			size_t len)
{
	const char *name = vmfw_igvm_type_name(finding->type);

	if (finding->header == VMFW_IGVM_NO_HEADER)
		snprintf(buf, len, "file");
	else if (name)
		snprintf(buf, len, "header %" PRIu32 " (%s at 0x%" PRIx64 ")",
			 finding->header, name, finding->offset);
	else
		snprintf(buf, len,
			 "header %" PRIu32 " (type 0x%" PRIx32 " at 0x%" PRIx64
			 ")",
			 finding->header, finding->type, finding->offset);
}

/**
 * vmfw_igvm_describe() - describe a finding in one line
 * @finding: the finding
 * @buf: receives the line, terminated; may be NULL if @len is 0
 * @len: bytes at @buf
 *
 * Return: bytes of the whole line, without terminator, as snprintf().
 */
int vmfw_igvm_describe(const struct vmfw_igvm_finding *finding, char *buf,
		       size_t len)
{
	const char *text = vmfw_igvm_rule_text(finding->rule);
	const char *name = vmfw_igvm_rule_name(finding->rule);
	char place[96], bound[32] = "";

	print_place(finding, place, sizeof(place));
	if (finding->has_bound && bound_is_header(finding->rule))
		snprintf(bound, sizeof(bound), " %" PRIu64, finding->bound);
	else if (finding->has_bound && bound_ends_text(finding->rule))
		snprintf(bound, sizeof(bound), " 0x%" PRIx64, finding->bound);
	else if (finding->has_bound)
		snprintf(bound, sizeof(bound), " (0x%" PRIx64 ")",
			 finding->bound);
	return snprintf(buf, len, "%s: %s 0x%" PRIx64 ": %s%s [%s]", place,
			finding->field, finding->value, text, bound, name);
}

/**
 * vmfw_igvm_step_word() - word for the kind of a step
 * @kind: kind of the step
 */
const char *vmfw_igvm_step_word(enum vmfw_igvm_step_kind kind)
{
	static const char *const words[] = {
		[VMFW_IGVM_STEP_NORMAL] = "normal",
		[VMFW_IGVM_STEP_ZERO] = "zero",
		[VMFW_IGVM_STEP_UNMEASURED] = "unmeasured",
		[VMFW_IGVM_STEP_SECRETS] = "secrets",
		[VMFW_IGVM_STEP_CPUID] = "cpuid",
		[VMFW_IGVM_STEP_VMSA] = "vmsa",
		[VMFW_IGVM_STEP_ERROR_RANGE] = "error-range",
		[VMFW_IGVM_STEP_REGISTER] = "register",
	};

	return words[kind];
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The check that one machine can start from a sound file. The file must be for
 * the machine's platform, and the machine must have memory at the file's
 * addresses. With KVM, the registers must suit KVM.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>

#include "check/check.h"
#include "shared/macro.h"

#define NOWHERE		UINT64_MAX

/*
 * The places of a PC's firmware. A VMM has ROM or RAM there, even if the memory
 * map shows no memory.
 */
static const struct vmfw_igvm_range firmware[] = {
	{ 0xc0000, 0x100000 },
	{ 4 * GIB - 16 * MIB, 4 * GIB },
};

/* Return the first address from @start on that is outside of the ranges. */
static uint64_t end_of(const struct vmfw_igvm_range *ranges, size_t nr,
		       uint64_t start)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (start >= ranges[i].start && start < ranges[i].end)
			start = ranges[i].end;
	return start;
}

static void check_span(struct check *check,
		       const struct vmfw_igvm_machine *machine,
		       const struct span *span)
{
	bool required = span->kind == VMFW_IGVM_REQUIRED_MEMORY;
	uint64_t at = span->range.start, next, reserved = NOWHERE;

	while (at < span->range.end) {
		next = end_of(machine->memory, machine->nr_memory, at);
		if (!required && machine->architecture == VMFW_IGVM_X64)
			next = end_of(firmware, ARRAY_SIZE(firmware), next);
		if (next == at) {
			next = end_of(machine->reserved, machine->nr_reserved,
				      at);
			if (next == at)
				break;
			if (reserved == NOWHERE)
				reserved = at;
		}
		at = next;
	}
	if (at < span->range.end)
		report_rule_bound(check, VMFW_IGVM_RULE_MACHINE_MEMORY, "gpa",
				  span->range.start, at);
	else if (required && reserved != NOWHERE)
		report_rule_bound(check, VMFW_IGVM_RULE_MACHINE_RESERVED, "gpa",
				  span->range.start, reserved);
}

/* A VMSA need not be in the machine's memory, and error ranges belong to the host. */
#define MEMORY_KINDS	(VMFW_IGVM_PAGE_DATA | VMFW_IGVM_PARAMETER_INSERT | \
			 VMFW_IGVM_REQUIRED_MEMORY)

static void check_memory(struct check *check,
			 const struct vmfw_igvm_machine *machine,
			 uint32_t mask)
{
	struct memory memory;
	size_t i;

	check->err = memory_collect(check->igvm, &memory);
	if (check->err)
		return;
	for (i = 0; i < memory.spans.nr && !check->stopped; i++) {
		const struct span span = span_get(&memory.spans, i);
		struct vmfw_igvm_header header;

		if (!(span.mask & mask) || !(span.kind & MEMORY_KINDS))
			continue;
		header = span_header(&memory.spans, &span);
		check->header = &header;
		check_span(check, machine, &span);
		check->header = NULL;
	}
	memory_free(&memory);
}

static void check_contexts_kvm(struct check *check, uint32_t mask)
{
	struct vmfw_igvm_header header = { 0 };

	check->header = &header;
	while (!check->stopped && !check->err &&
	       vmfw_igvm_next(check->igvm, &header))
		if (header.type == VMFW_IGVM_T_VP_CONTEXT &&
		    get_le32(header.content + 8) & mask)
			check_kvm_context(check);
	check->header = NULL;
}

/**
 * vmfw_igvm_check_machine() - check that a machine can start from a file
 * @igvm: a file that vmfw_igvm_check() found sound
 * @machine: the known facts about the machine
 * @report: called for each finding; may be NULL
 * @arg: argument for @report
 *
 * The check includes that of vmfw_igvm_check_for().
 *
 * Return: 0: it can, but there may be warnings; -EINVAL: it cannot; -ECANCELED:
 * @report or the input's @stop ended the check; -ENOMEM; or the error of the
 * input's @read.
 */
int vmfw_igvm_check_machine(const struct vmfw_igvm *igvm,
			    const struct vmfw_igvm_machine *machine,
			    vmfw_igvm_report *report, void *arg)
{
	const struct vmfw_igvm_platform *platform;
	struct vmfw_igvm copy = *igvm;
	struct check check = {
		.igvm = &copy,
		.report = report,
		.arg = arg,
	};
	int err;

	if (igvm->architecture != machine->architecture)
		report_rule_bound(&check, VMFW_IGVM_RULE_MACHINE_ARCHITECTURE,
				  "architecture", igvm->architecture,
				  machine->architecture);
	if (check.stopped)
		return -ECANCELED;
	err = vmfw_igvm_check_for(igvm, machine->platform, report, arg);
	if (err && err != -EINVAL)
		return err;
	platform = vmfw_igvm_platform(igvm, machine->platform);
	if (platform && machine->nr_memory)
		check_memory(&check, machine, platform->mask);
	if (platform && machine->kvm && !check.stopped && !check.err)
		check_contexts_kvm(&check, platform->mask);
	if (check.err)
		return check.err;
	if (check_stops(&check))
		return -ECANCELED;
	return err || check.failed ? -EINVAL : 0;
}

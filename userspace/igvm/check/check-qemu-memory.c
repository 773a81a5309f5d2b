// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Memory, as QEMU's loader needs it. Each range that it takes in one step must
 * lie in one piece of the machine's memory, or where there is no memory at all.
 * In the second case QEMU puts memory there (QEMU: qigvm_prepare_memory()).
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdlib.h>

#include "check/check-qemu.h"
#include "measure/measure.h"
#include "shared/macro.h"

/* Devices of a PC whose registers keep their addresses across a reset. */
static const struct vmfw_igvm_range mmio[] = {
	{ 0xfec00000, 0xfec01000 },	/* I/O APIC */
	{ 0xfed00000, 0xfed01000 },	/* HPET */
	{ 0xfee00000, 0xfef00000 },	/* local APIC, MSIs */
};

static const struct vmfw_igvm_range vga = { 0xa0000, 0xc0000 };

/*
 * Firmware turns each segment from 0xc0000 to 0xfffff into RAM or ROM (PAM). A
 * segment has 16 KiB, but the last one has 64 KiB.
 */
#define PAM_START	0xc0000ull
#define PAM_LARGE	0xf0000ull
#define PAM_SIZE	(16 * KIB)

/* The first bytes of a firmware volume. Its signature is at their end. */
#define VOLUME_SIGNATURE_AT	40
#define VOLUME_HEAD		44
/* The smallest BIOS fills the last segment. */
#define BIOS_LEAST		(64 * KIB)

/**
 * struct memory_step - memory that QEMU takes in one step
 * @range: its memory
 * @nr: its number in QEMU's order
 * @header: index, offset and type of its first header
 */
struct memory_step {
	struct vmfw_igvm_range range;
	size_t nr;
	struct vmfw_igvm_header header;
};

struct steps {
	struct memory_step *v;
	size_t nr;
};

/**
 * struct walk - one walk over the directives of a platform
 * @qemu: the check
 * @steps: receives the steps
 * @areas: parameter areas of the file
 * @run: consecutive pages so far, which QEMU loads in one step
 * @last: content of the last header of the run
 * @last_index: index of that header
 */
struct walk {
	struct qemu *qemu;
	struct steps *steps;
	struct areas areas;
	struct memory_step run;
	const uint8_t *last;
	uint32_t last_index;
};

static void add_step(struct walk *walk, const struct memory_step *step)
{
	struct steps *steps = walk->steps;

	steps->v[steps->nr] = *step;
	steps->v[steps->nr].nr = steps->nr;
	steps->nr++;
}

static void end_run(struct walk *walk)
{
	if (walk->last)
		add_step(walk, &walk->run);
	walk->last = NULL;
}

static void add_page(struct walk *walk, const struct vmfw_igvm_header *header)
{
	const uint8_t *p = header->content;
	uint64_t size = get_le32(p + 16) & VMFW_IGVM_PAGE_2MB ?
			VMFW_IGVM_LARGE_PAGE_SIZE : VMFW_IGVM_PAGE_SIZE;

	if (!walk->last || walk->last_index + 1 != header->index ||
	    !qemu_page_continues(walk->last, p)) {
		end_run(walk);
		walk->run = (struct memory_step) {
			.range = { get_le64(p), get_le64(p) },
			.header = *header,
		};
	}
	walk->run.range.end += size;
	walk->last = p;
	walk->last_index = header->index;
}

static void add_range(struct walk *walk, const struct vmfw_igvm_header *header,
		      uint64_t size)
{
	uint64_t start = get_le64(header->content);
	const struct memory_step step = {
		.range = { start, start + size },
		.header = *header,
	};

	add_step(walk, &step);
}

static void add_header(struct walk *walk,
		       const struct vmfw_igvm_header *header)
{
	const struct area *area;

	switch (header->type) {
	case VMFW_IGVM_T_PAGE_DATA:
		add_page(walk, header);
		break;
	case VMFW_IGVM_T_PARAMETER_INSERT:
		area = area_find(&walk->areas,
				 get_le32(header->content + 12));
		add_range(walk, header, area_size(&walk->areas, area));
		break;
	case VMFW_IGVM_T_REQUIRED_MEMORY:
		add_range(walk, header, get_le32(header->content + 12));
		break;
	}
}

static bool takes_memory(const struct vmfw_igvm_header *header, uint32_t mask)
{
	switch (header->type) {
	case VMFW_IGVM_T_PAGE_DATA:
	case VMFW_IGVM_T_PARAMETER_INSERT:
	case VMFW_IGVM_T_REQUIRED_MEMORY:
		return get_le32(header->content + 8) & mask;
	default:
		return false;
	}
}

static void walk_directives(struct walk *walk, uint32_t mask)
{
	struct vmfw_igvm_header header = { 0 };

	while (vmfw_igvm_next(walk->qemu->check->igvm, &header))
		if (takes_memory(&header, mask))
			add_header(walk, &header);
	end_run(walk);
}

/*
 * Find the end of RAM below 4 GiB. Firmware reserves some RAM at its end and
 * below 1 MiB, so count reserved ranges as RAM. 0: the end is unknown.
 */
static uint64_t low_ram_end(const struct vmfw_igvm_machine *machine)
{
	uint64_t end = MIB, before;
	size_t i;

	if (!machine || !machine->nr_memory || machine->memory[0].start)
		return 0;
	do {
		before = end;
		for (i = 0; i < machine->nr_memory; i++)
			if (machine->memory[i].start <= end &&
			    machine->memory[i].end > end)
				end = machine->memory[i].end;
		for (i = 0; i < machine->nr_reserved; i++)
			if (machine->reserved[i].start <= end &&
			    machine->reserved[i].end > end)
				end = machine->reserved[i].end;
	} while (end != before);
	return end;
}

/*
 * Shorten @piece if @other begins in it. If @other contains the start of
 * @piece, let @piece end where @other ends.
 */
static void cut_piece(struct vmfw_igvm_range *piece,
		      struct vmfw_igvm_range other)
{
	if (piece->start >= other.start && piece->start < other.end)
		piece->end = other.end;
	else if (other.start > piece->start && other.start < piece->end)
		piece->end = other.start;
}

/*
 * Find the piece of RAM, or the gap, that contains @piece->start, and set
 * @piece->end to its end. Ignore the VGA memory and MMIO.
 */
static void find_piece(const struct qemu *qemu, struct vmfw_igvm_range *piece)
{
	const struct vmfw_igvm_machine *machine = qemu->machine;
	size_t i;

	piece->end = UINT64_MAX;
	if (!qemu->low_end)
		return;
	cut_piece(piece, (struct vmfw_igvm_range) { 0, qemu->low_end });
	for (i = 0; i < machine->nr_memory; i++)
		if (machine->memory[i].start >= 4 * GIB)
			cut_piece(piece, machine->memory[i]);
}

static bool ranges_overlap(struct vmfw_igvm_range a, struct vmfw_igvm_range b)
{
	return a.start < b.end && b.start < a.end;
}

/* Return the first border of a segment that a range crosses, or 0. */
static uint64_t pam_border(struct vmfw_igvm_range range)
{
	uint64_t border;

	for (border = PAM_START; border <= PAM_LARGE; border += PAM_SIZE)
		if (range.start < border && border < range.end)
			return border;
	return range.start < MIB && MIB < range.end ? MIB : 0;
}

/*
 * Firmware that ends at 4 GiB and is not a firmware volume (UEFI) is a BIOS.
 * QEMU loads the image at later resets too. Then the image's BIOS has changed
 * the segments.
 */
static void find_bios(struct qemu *qemu)
{
	const struct vmfw_igvm *igvm = qemu->check->igvm;
	const struct vmfw_igvm_platform *native =
		vmfw_igvm_platform(igvm, VMFW_IGVM_NATIVE);
	struct vmfw_igvm_range rom;
	uint8_t head[VOLUME_HEAD];
	int err;

	if (!native || !(native->mask & qemu->mask))
		return;
	err = vmfw_igvm_rom_range(igvm, native->mask, &rom);
	if (!err && rom.end - rom.start >= BIOS_LEAST) {
		err = vmfw_igvm_read(igvm, native->mask, rom.start, head,
				     sizeof(head));
		qemu->brings_bios = !err && memcmp(head + VOLUME_SIGNATURE_AT,
						   "_FVH", 4);
	}
	if (err != -ENOENT)
		qemu->check->err = err;
}

static void check_pam(struct qemu *qemu, struct vmfw_igvm_range range)
{
	const struct vmfw_igvm_machine *machine = qemu->machine;
	enum vmfw_igvm_rule rule = VMFW_IGVM_RULE_QEMU_PAM_UNKNOWN;
	uint64_t border = pam_border(range);

	if (!border)
		return;
	/* Only warn if perhaps no BIOS runs before QEMU loads the image. */
	if (machine && machine->firmware == VMFW_IGVM_FIRMWARE_BIOS)
		rule = VMFW_IGVM_RULE_QEMU_PAM;
	else if (machine && machine->firmware == VMFW_IGVM_FIRMWARE_UEFI &&
		 qemu->brings_bios)
		rule = VMFW_IGVM_RULE_QEMU_PAM_BIOS;
	report_rule_bound(qemu->check, rule, "gpa", range.start, border);
}

/* Return true if the step cannot succeed because of the VGA memory. */
static bool check_vga(struct qemu *qemu, struct vmfw_igvm_range range)
{
	const struct vmfw_igvm_machine *machine = qemu->machine;
	enum vmfw_igvm_known has = machine ? machine->vga :
					     VMFW_IGVM_UNKNOWN;

	if (!ranges_overlap(range, vga) || has == VMFW_IGVM_NO)
		return false;
	report_rule_bound(qemu->check,
			  has == VMFW_IGVM_YES ?
				  VMFW_IGVM_RULE_QEMU_VGA :
				  VMFW_IGVM_RULE_QEMU_VGA_UNKNOWN,
			  "gpa", range.start, vga.start);
	return has == VMFW_IGVM_YES;
}

static void check_step(struct qemu *qemu, const struct memory_step *step)
{
	struct vmfw_igvm_range piece = { .start = step->range.start };
	bool hits_vga;
	size_t i;

	qemu->check->header = &step->header;
	for (i = 0; i < ARRAY_SIZE(mmio); i++) {
		if (!ranges_overlap(step->range, mmio[i]))
			continue;
		report_rule_bound(qemu->check, VMFW_IGVM_RULE_QEMU_MMIO, "gpa",
				  step->range.start, mmio[i].start);
		return;
	}
	hits_vga = check_vga(qemu, step->range);
	check_pam(qemu, step->range);
	find_piece(qemu, &piece);
	if (step->range.end > piece.end && !hits_vga)
		report_rule_bound(qemu->check, VMFW_IGVM_RULE_QEMU_MEMORY,
				  "gpa", step->range.start, piece.end);
}

static int compare_steps(const void *a, const void *b,
			 const struct vmfw_igvm *igvm)
{
	const struct memory_step *x = a, *y = b;

	(void)igvm;
	if (x->range.start != y->range.start)
		return x->range.start < y->range.start ? -1 : 1;
	if (x->range.end != y->range.end)
		return x->range.end > y->range.end ? -1 : 1;
	return x->nr < y->nr ? -1 : 1;
}

/* Is there no memory at an address, so that QEMU puts some there? */
static bool is_hole(const struct qemu *qemu, uint64_t address)
{
	const struct vmfw_igvm_machine *machine = qemu->machine;
	size_t i;

	if (address < qemu->low_end)
		return false;
	for (i = 0; machine && i < machine->nr_memory; i++)
		if (address >= machine->memory[i].start &&
		    address < machine->memory[i].end)
			return false;
	return qemu->low_end;
}

/*
 * Each range where QEMU puts memory becomes one piece of memory. A later directive
 * must lie within one piece. In a sound file, only required memory can overlap
 * other ranges.
 */
static void check_new_pieces(struct qemu *qemu, struct steps *steps)
{
	const struct memory_step *farthest = NULL;
	size_t i;

	if (!qemu->check->err)
		qemu->check->err = igvm_sort(qemu->check->igvm, steps->v, steps->nr,
					     sizeof(*steps->v), compare_steps);
	if (qemu->check->err)
		return;
	for (i = 0; i < steps->nr && !qemu->check->stopped; i++) {
		const struct memory_step *step = &steps->v[i], *later;

		if (!is_hole(qemu, step->range.start))
			continue;
		if (farthest && ranges_overlap(farthest->range, step->range)) {
			later = farthest->nr > step->nr ? farthest : step;
			qemu->check->header = &later->header;
			if (later == farthest ?
			    farthest->range.start < step->range.start ||
			    farthest->range.end > step->range.end :
			    step->range.end > farthest->range.end)
				report_rule_bound(qemu->check,
						  VMFW_IGVM_RULE_QEMU_MEMORY,
						  "gpa", later->range.start,
						  later == step ?
							  farthest->range.end :
							  step->range.start);
		}
		if (!farthest || step->range.end > farthest->range.end)
			farthest = step;
	}
}

/* Check each step, but no header twice: that would repeat findings. */
static void check_steps(struct qemu *qemu, struct steps *steps, bool *checked)
{
	size_t i;

	for (i = 0; i < steps->nr && !qemu->check->stopped; i++) {
		bool *seen = &checked[steps->v[i].header.index];

		if (!*seen)
			check_step(qemu, &steps->v[i]);
		*seen = true;
	}
}

static void check_platform_memory(struct qemu *qemu, uint32_t mask,
				  struct steps *steps, bool *checked)
{
	struct walk walk = { .qemu = qemu, .steps = steps };

	qemu->check->err = areas_collect(qemu->check->igvm, &walk.areas);
	if (qemu->check->err)
		return;
	steps->nr = 0;
	walk_directives(&walk, mask);
	free(walk.areas.v);
	check_steps(qemu, steps, checked);
	check_new_pieces(qemu, steps);
	qemu->check->header = NULL;
}

/**
 * qemu_check_memory() - check that QEMU finds all memory that a file needs
 * @qemu: the check
 */
void qemu_check_memory(struct qemu *qemu)
{
	const struct vmfw_igvm *igvm = qemu->check->igvm;
	struct steps steps = { NULL, 0 };
	uint32_t left = qemu->mask;
	bool *checked;

	find_bios(qemu);
	if (qemu->check->err)
		return;
	qemu->low_end = low_ram_end(qemu->machine);
	steps.v = calloc(igvm->nr_headers, sizeof(*steps.v));
	checked = calloc(igvm->nr_headers, sizeof(*checked));
	if (!steps.v || !checked)
		qemu->check->err = -ENOMEM;
	for (; left && !qemu->check->err && !qemu->check->stopped;
	     left &= left - 1)
		check_platform_memory(qemu, left & -left, &steps, checked);
	free(steps.v);
	free(checked);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/interrupt.h"
#include "source/flat.h"
#include "stage/flatten.h"

/* The value of flash memory that was never written. */
#define ERASED		0xff

/* The largest firmware that vmfw_igvm_wrap() takes. */
#define WRAPPED_MAX	(16u << 20)

/* Replace -ECANCELED, which libvmfw-igvm returns after a signal, by -EINTR. */
static int said_by_signal(int err)
{
	return err == -ECANCELED && interrupt_seen() ? -EINTR : err;
}

static bool range_contains(struct vmfw_igvm_range outer,
			   struct vmfw_igvm_range inner)
{
	return inner.start >= outer.start && inner.end <= outer.end;
}

static int set_obstacle(struct flatten_obstacle *obstacle,
			enum flatten_obstacle_kind kind, uint64_t gpa)
{
	*obstacle = (struct flatten_obstacle) { .kind = kind, .gpa = gpa };
	return -ENOTSUP;
}

static uint32_t header_mask(const struct vmfw_igvm_header *header)
{
	const struct vmfw_igvm_field *fields;
	size_t i, nr;

	fields = vmfw_igvm_fields(header, &nr);
	for (i = 0; i < nr; i++)
		if (!strcmp(fields[i].name, "compatibility_mask"))
			return vmfw_igvm_field_value(header, &fields[i]);
	return 0;
}

/*
 * Find a header that sets registers of a processor. vmfw_igvm_map() does not
 * show it, because registers are not in memory.
 */
static int find_registers(const struct flatten *flat,
			  struct flatten_obstacle *obstacle)
{
	struct vmfw_igvm_header header = { 0 };

	while (vmfw_igvm_next(flat->igvm, &header)) {
		if (header.type != VMFW_IGVM_T_VP_CONTEXT ||
		    !(header_mask(&header) & flat->mask))
			continue;
		obstacle->header = header.index;
		obstacle->kind = FLATTEN_REGISTERS;
		return -ENOTSUP;
	}
	return 0;
}

static int find_relocation(const struct flatten *flat,
			   struct flatten_obstacle *obstacle)
{
	struct vmfw_igvm_range *ranges;
	size_t nr;
	int err;

	err = vmfw_igvm_ranges(flat->igvm, flat->mask, VMFW_IGVM_RELOCATABLE |
			       VMFW_IGVM_PAGE_TABLE_REGION, &ranges, &nr);
	if (!err && nr)
		err = set_obstacle(obstacle, FLATTEN_RELOCATION,
				   ranges[0].start);
	free(ranges);
	return err;
}

/* Compare pages below 1 MiB with the firmware's end, which a PC shows there. */
static int compare_alias(const struct flatten *flat,
			 struct vmfw_igvm_range range,
			 struct flatten_obstacle *obstacle)
{
	uint8_t low[VMFW_IGVM_PAGE_SIZE], high[VMFW_IGVM_PAGE_SIZE];
	uint64_t gpa;
	int err;

	for (gpa = range.start; gpa < range.end; gpa += sizeof(low)) {
		err = vmfw_igvm_read(flat->igvm, flat->mask, gpa, low,
				     sizeof(low));
		if (!err)
			err = flatten_read(flat, flat->size -
					   (FLAT_ALIAS_END - gpa), high,
					   sizeof(high));
		if (!err && memcmp(low, high, sizeof(low)))
			err = set_obstacle(obstacle, FLATTEN_ALIAS, gpa);
		if (err)
			return err;
	}
	return 0;
}

static int find_parameters(const struct flatten *flat,
			   struct vmfw_igvm_range *parameters)
{
	uint64_t size = flat->size - flat->padding;
	struct vmfw_igvm_rom_areas areas = { 0 };
	struct vmfw_igvm_rom_fault ignored;
	uint8_t *rom;
	int err;

	*parameters = areas.parameters;
	if (size > WRAPPED_MAX)
		return 0;
	rom = malloc(size);
	if (!rom)
		return -ENOMEM;
	err = vmfw_igvm_read(flat->igvm, flat->mask, FLAT_END - size, rom, size);
	if (!err && !vmfw_igvm_rom_areas(rom, size, &areas, &ignored))
		*parameters = areas.parameters;
	free(rom);
	return err;
}

/*
 * Accept pages outside the firmware and its copy below 1 MiB only if they are
 * zero pages for the firmware's parameters, which vmfw_igvm_wrap() adds.
 */
static int check_elsewhere(const struct flatten *flat,
			   struct vmfw_igvm_range range,
			   struct flatten_obstacle *obstacle)
{
	static const uint8_t zeroes[VMFW_IGVM_PAGE_SIZE];
	struct vmfw_igvm_range parameters;
	uint8_t page[VMFW_IGVM_PAGE_SIZE];
	uint64_t gpa;
	int err;

	err = find_parameters(flat, &parameters);
	if (!err && !range_contains(parameters, range))
		err = set_obstacle(obstacle, FLATTEN_PAGES, range.start);
	for (gpa = range.start; !err && gpa < range.end; gpa += sizeof(page)) {
		err = vmfw_igvm_read(flat->igvm, flat->mask, gpa, page,
				     sizeof(page));
		if (!err && memcmp(page, zeroes, sizeof(page)))
			err = set_obstacle(obstacle, FLATTEN_PAGES, gpa);
	}
	return err;
}

static int check_piece(const struct flatten *flat,
		       const struct vmfw_igvm_piece *piece,
		       struct flatten_obstacle *obstacle)
{
	bool high = range_contains(flat_range(flat->size), piece->range);
	bool low = range_contains(flat_alias(flat->size), piece->range);

	switch (piece->kind) {
	case VMFW_IGVM_PAGE_DATA:
		if (low)
			return compare_alias(flat, piece->range, obstacle);
		return high ? 0 : check_elsewhere(flat, piece->range, obstacle);
	case VMFW_IGVM_REQUIRED_MEMORY:
		return high || low ?
			       0 :
			       set_obstacle(obstacle, FLATTEN_REQUIRED_MEMORY,
					    piece->range.start);
	case VMFW_IGVM_ERROR_RANGE:
		return set_obstacle(obstacle, FLATTEN_ERROR_RANGE,
				    piece->range.start);
	default:
		return set_obstacle(obstacle, FLATTEN_PARAMETERS,
				    piece->range.start);
	}
}

static int check_memory(const struct flatten *flat,
			struct flatten_obstacle *obstacle)
{
	struct vmfw_igvm_piece *pieces;
	size_t i, nr;
	int err;

	err = vmfw_igvm_map(flat->igvm, flat->mask, &pieces, &nr);
	for (i = 0; !err && i < nr && !interrupt_seen(); i++)
		err = check_piece(flat, &pieces[i], obstacle);
	free(pieces);
	/* After a signal, walks over headers end early without an error. */
	return !err && interrupt_seen() ? -EINTR : err;
}

/**
 * flatten_plan() - find out whether an image contains only a flat firmware
 * @flat: to be filled in; refers to @igvm, which must stay valid as long as
 *	@flat
 * @igvm: an image that vmfw_igvm_check() found sound
 * @mask: compatibility mask of the platform native
 * @multiple: the size must be a multiple of this, a power of two up to 2^31
 * @obstacle: receives the first obstacle, if -ENOTSUP is returned
 *
 * All pages must be in one piece that ends at 4 GiB. Exceptions are pages below
 * 1 MiB that repeat its end, and zero pages for the firmware's parameters.
 * Padding comes in front of the piece, so that no page moves.
 *
 * Return: 0; -ENOTSUP: see @obstacle; -EINTR: a signal asks to stop; -ENOMEM;
 * or an error of reading the image.
 */
int flatten_plan(struct flatten *flat, const struct vmfw_igvm *igvm,
		 uint32_t mask, uint64_t multiple,
		 struct flatten_obstacle *obstacle)
{
	struct vmfw_igvm_range rom;
	uint64_t size;
	int err;

	*flat = (struct flatten) { .igvm = igvm, .mask = mask };
	*obstacle = (struct flatten_obstacle) { .kind = FLATTEN_NO_ROM };
	err = vmfw_igvm_rom_range(igvm, mask, &rom);
	if (err)
		return err == -ENOENT ? -ENOTSUP : said_by_signal(err);
	size = rom.end - rom.start;
	flat->size = (size + multiple - 1) & ~(multiple - 1);
	flat->padding = flat->size - size;

	/*
	 * An image with a relocation also sets registers, but a message about
	 * the relocation is clearer.
	 */
	err = find_relocation(flat, obstacle);
	if (!err)
		err = find_registers(flat, obstacle);
	if (!err)
		err = check_memory(flat, obstacle);
	return said_by_signal(err);
}

/**
 * flatten_read() - read a part of the flat firmware
 * @flat: from flatten_plan()
 * @offset: of the first byte
 * @buf: receives the bytes
 * @len: number of bytes; @offset + @len is at most @flat->size
 *
 * Return: 0; -EINTR: a signal asks to stop; -ENOMEM; or an error of reading the
 * image.
 */
int flatten_read(const struct flatten *flat, uint64_t offset, void *buf,
		 size_t len)
{
	uint8_t *p = buf;
	size_t padding = 0;

	if (offset < flat->padding)
		padding = flat->padding - offset;
	if (padding > len)
		padding = len;
	memset(p, ERASED, padding);
	return said_by_signal(vmfw_igvm_read(flat->igvm, flat->mask,
					     FLAT_END - flat->size + offset +
					     padding, p + padding,
					     len - padding));
}

/**
 * flatten_describe() - describe an obstacle
 * @obstacle: from flatten_plan()
 * @buf: receives the text
 * @len: size of @buf
 */
void flatten_describe(const struct flatten_obstacle *obstacle, char *buf,
		      size_t len)
{
	uint64_t gpa = obstacle->gpa;

	switch (obstacle->kind) {
	case FLATTEN_NO_ROM:
		snprintf(buf, len, "no pages end at 4 GiB, where a PC has its firmware");
		break;
	case FLATTEN_REGISTERS:
		snprintf(buf, len, "header %" PRIu32 " sets the registers of a processor",
			 obstacle->header);
		break;
	case FLATTEN_RELOCATION:
		snprintf(buf, len, "the region at 0x%" PRIx64 " may be relocated",
			 gpa);
		break;
	case FLATTEN_PARAMETERS:
		snprintf(buf, len, "the VMM is to put parameters at 0x%" PRIx64,
			 gpa);
		break;
	case FLATTEN_PAGES:
		snprintf(buf, len, "the pages at 0x%" PRIx64 " are outside the firmware and its copy below 1 MiB",
			 gpa);
		break;
	case FLATTEN_ALIAS:
		snprintf(buf, len, "the pages at 0x%" PRIx64 " and 0x%" PRIx64 " differ, but a PC shows one page at both addresses", gpa,
			 (uint64_t)(FLAT_END - (FLAT_ALIAS_END - gpa)));
		break;
	case FLATTEN_REQUIRED_MEMORY:
		snprintf(buf, len, "it requires memory at 0x%" PRIx64, gpa);
		break;
	case FLATTEN_ERROR_RANGE:
		snprintf(buf, len, "the VMM is to report errors at 0x%" PRIx64,
			 gpa);
		break;
	}
}

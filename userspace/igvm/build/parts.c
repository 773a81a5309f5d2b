// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The parts of a file's firmware, and the areas where the firmware expects
 * them.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdlib.h>

#include "build/hobs.h"

/* Bytes at a firmware's end, enough for its table and the table's lists. */
#define ROM_MAX		(16u << 20)

/* Find the areas of one platform's firmware. -ENOENT: see find_areas(). */
static int platform_areas(const struct vmfw_igvm *igvm, uint32_t mask,
			  struct vmfw_igvm_rom_areas *areas,
			  struct vmfw_igvm_obstacle *why)
{
	struct vmfw_igvm_rom_fault fault;
	struct vmfw_igvm_range range;
	size_t size;
	uint8_t *rom;
	int err;

	err = vmfw_igvm_rom_range(igvm, mask, &range);
	if (err)
		return err;
	if (range.end - range.start > ROM_MAX)
		range.start = range.end - ROM_MAX;
	size = range.end - range.start;
	rom = malloc(size);
	if (!rom)
		return -ENOMEM;
	err = vmfw_igvm_read(igvm, mask, range.start, rom, size);
	if (!err)
		err = vmfw_igvm_rom_areas(rom, size, areas, &fault);
	if (err == -EINVAL)
		err = set_obstacle_at(why, fault.text,
				      range.start + fault.offset);
	free(rom);
	return err;
}

/**
 * find_areas() - find the areas where the firmware of a file expects its parts
 * @igvm: a file that vmfw_igvm_check() found sound
 * @areas: receives the areas, the same for all platforms
 * @why: receives the fault, if -EINVAL is returned
 *
 * Return: 0; -ENOENT: a platform has no flat firmware, or its firmware expects
 * no parts; -EINVAL: the firmware's table is invalid, or differs between
 * platforms; -ENOMEM; -ECANCELED: the input's @stop returned true; or the error
 * of the input's @read.
 */
int find_areas(const struct vmfw_igvm *igvm, struct vmfw_igvm_rom_areas *areas,
	       struct vmfw_igvm_obstacle *why)
{
	struct vmfw_igvm_rom_areas other = { 0 };
	unsigned int i;
	int err;

	*areas = other;
	for (i = 0; i < igvm->nr_platforms; i++) {
		const struct vmfw_igvm_platform *platform =
			&igvm->platforms[i];

		err = platform_areas(igvm, platform->mask, &other, why);
		if (err)
			return err;
		if (!i)
			*areas = other;
		if (memcmp(areas, &other, sizeof(other)))
			return set_obstacle_at(why, "the platforms' firmware expects parts or parameters at different places",
					       other.hobs.start);
	}
	return areas->hobs.end ? 0 : -ENOENT;
}

/* Check that the file has all parts of the list. */
static int check_populated(const struct vmfw_igvm *igvm, uint32_t mask,
			   const struct vmfw_igvm_part *parts, size_t nr,
			   struct vmfw_igvm_obstacle *why)
{
	struct vmfw_igvm_range *ranges;
	size_t i, k, nr_ranges;
	int err;

	err = vmfw_igvm_ranges(igvm, mask, VMFW_IGVM_PAGE_DATA, &ranges,
			       &nr_ranges);
	for (i = 0; !err && i < nr; i++) {
		for (k = 0; k < nr_ranges; k++)
			if (parts[i].gpa >= ranges[k].start &&
			    parts[i].gpa + parts[i].size <= ranges[k].end)
				break;
		if (k == nr_ranges)
			err = set_obstacle_at(why, "the list names a part that is not in the file",
					      parts[i].gpa);
	}
	free(ranges);
	return err;
}

static int platform_parts(const struct vmfw_igvm *igvm, uint32_t mask,
			  uint64_t hobs, struct vmfw_igvm_part *parts,
			  size_t *nr, struct vmfw_igvm_obstacle *why)
{
	uint8_t page[VMFW_IGVM_PAGE_SIZE];
	int err;

	*nr = 0;
	err = vmfw_igvm_read(igvm, mask, hobs, page, sizeof(page));
	if (err)
		return err == -EFAULT ? 0 : err;
	err = hobs_get(page, parts, nr, why);
	return err ? err : check_populated(igvm, mask, parts, *nr, why);
}

static bool same_part(const struct vmfw_igvm_part *a,
		      const struct vmfw_igvm_part *b)
{
	return a->type == b->type && a->gpa == b->gpa && a->size == b->size;
}

/**
 * vmfw_igvm_parts() - list the parts of a file's firmware
 * @igvm: a file that vmfw_igvm_check() found sound
 * @parts: receives at most VMFW_IGVM_MAX_PARTS parts, whose @read is NULL
 * @nr: receives the number of parts; 0 if there are none, or if the firmware
 *	expects none
 * @why: receives the fault, if -EINVAL is returned
 *
 * All platforms have the same parts. vmfw_igvm_read() reads the bytes of a
 * part.
 *
 * Return: 0; -EINVAL: the firmware's table or the list of parts is invalid, or
 * platforms differ in them; -ENOMEM; -ECANCELED: the input's @stop returned
 * true; or the error of the input's @read.
 */
int vmfw_igvm_parts(const struct vmfw_igvm *igvm,
		    struct vmfw_igvm_part *parts, size_t *nr,
		    struct vmfw_igvm_obstacle *why)
{
	struct vmfw_igvm_part other[VMFW_IGVM_MAX_PARTS];
	struct vmfw_igvm_rom_areas areas;
	unsigned int i;
	size_t n, k;
	int err;

	*nr = 0;
	err = find_areas(igvm, &areas, why);
	if (err)
		return err == -ENOENT ? 0 : err;
	for (i = 0; i < igvm->nr_platforms; i++) {
		err = platform_parts(igvm, igvm->platforms[i].mask,
				     areas.hobs.start, other, &n, why);
		if (err)
			return err;
		if (!i) {
			memcpy(parts, other, n * sizeof(*parts));
			*nr = n;
		}
		for (k = 0; n == *nr && k < n; k++)
			if (!same_part(&parts[k], &other[k]))
				n = 0;
		if (n != *nr)
			return set_obstacle_at(why, "platforms have different parts",
					       areas.hobs.start);
	}
	return input_stops(igvm) ? -ECANCELED : 0;
}

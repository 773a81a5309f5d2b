// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What travels with the firmware of a file: where it expects it, what is there.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdlib.h>

#include "build/hobs.h"

/* Its table and what that points to are at its end. */
#define ROM_MAX		(16u << 20)

/* -ENOENT: this platform's firmware expects nothing. */
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
		err = obstacle_at(why, fault.text, range.start + fault.offset);
	free(rom);
	return err;
}

/**
 * find_areas() - where the firmware of a file expects what travels with it
 * @igvm: a file that was found sound
 * @areas: receives the areas, the same for all platforms
 * @why: receives what is wrong, if -EINVAL is returned
 *
 * Return: 0; -ENOENT: it expects nothing; -EINVAL: what it tells cannot be, or
 * platforms have firmware that differs in it; -ENOMEM; or what the input's
 * function said.
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
			return obstacle_at(why, "the platforms' firmware "
					   "differs in where it expects parts",
					   other.hobs.start);
	}
	return areas->hobs.end ? 0 : -ENOENT;
}

/* All that is in the list is in the file. */
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
			err = obstacle_at(why, "a part is not in the file",
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
 * vmfw_igvm_parts() - what travels with the firmware of a file
 * @igvm: a file that vmfw_igvm_check() found sound
 * @parts: receives the parts, without functions; VMFW_IGVM_MAX_PARTS at most
 * @nr: receives how many; 0 if there are none, or none are expected
 * @why: receives what is wrong, if -EINVAL is returned
 *
 * All platforms have the same. vmfw_igvm_read() reads the bytes of a part.
 *
 * Return: 0; -EINVAL: the list of parts cannot be; -ENOMEM; or what the input's
 * function said.
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
			return obstacle_at(why, "platforms have different "
					   "parts", areas.hobs.start);
	}
	return input_stops(igvm) ? -ECANCELED : 0;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "source/flat.h"

/* All that a BIOS uses; a VMM may show 128 KiB of it and no more. */
#define ALIAS_MAX	(256u << 10)

/**
 * flat_range() - where a flat firmware lies
 * @size: its bytes, at most 4 GiB
 */
struct vmfw_igvm_range flat_range(uint64_t size)
{
	return (struct vmfw_igvm_range) { FLAT_END - size, FLAT_END };
}

/**
 * flat_alias() - where the end of a flat firmware is seen a second time
 * @size: bytes of the firmware
 */
struct vmfw_igvm_range flat_alias(uint64_t size)
{
	if (size > ALIAS_MAX)
		size = ALIAS_MAX;
	return (struct vmfw_igvm_range) { FLAT_ALIAS_END - size,
					  FLAT_ALIAS_END };
}

/**
 * flat_starts_nowhere() - whether there is no code at the reset vector
 * @vector: the last FLAT_VECTOR bytes of a flat firmware
 *
 * A variable store has a firmware volume, but nothing that could start.
 */
bool flat_starts_nowhere(const uint8_t *vector)
{
	unsigned int i;

	for (i = 1; i < FLAT_VECTOR; i++)
		if (vector[i] != vector[0])
			return false;
	return vector[0] == 0 || vector[0] == 0xff;
}

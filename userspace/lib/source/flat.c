// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <string.h>

#include "shared/bytes.h"
#include "source/flat.h"

/*
 * A BIOS uses no more than this below 1 MiB. A VMM may show only 128 KiB there.
 */
#define ALIAS_MAX	(256u << 10)

/*
 * EFI_FIRMWARE_VOLUME_HEADER, from the UEFI Platform Initialization
 * specification: offsets of the GUID of the contents, of the length in bytes,
 * and of the signature.
 */
#define VOLUME_GUID	16
#define VOLUME_LENGTH	32
#define VOLUME_SIGNATURE	40

/* EFI_SYSTEM_NV_DATA_FV_GUID of edk2: a volume of variables. */
static const uint8_t variables_guid[] = {
	0x8d, 0x2b, 0xf1, 0xff, 0x96, 0x76, 0x8b, 0x4c,
	0xa9, 0x85, 0x27, 0x47, 0x07, 0x5b, 0x4f, 0x50,
};

/**
 * flat_range() - addresses of a flat firmware
 * @size: its size in bytes, at most 4 GiB
 */
struct vmfw_igvm_range flat_range(uint64_t size)
{
	return (struct vmfw_igvm_range) { FLAT_END - size, FLAT_END };
}

/**
 * flat_alias() - addresses of the second copy of a flat firmware's end
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
 * flat_starts_nowhere() - is there no code at the reset vector?
 * @vector: the last FLAT_VECTOR bytes of a flat firmware
 *
 * A variable store begins like firmware, but has no code to start.
 *
 * Return: true if all bytes are 0x00, or all are 0xff.
 */
bool flat_starts_nowhere(const uint8_t *vector)
{
	unsigned int i;

	for (i = 1; i < FLAT_VECTOR; i++)
		if (vector[i] != vector[0])
			return false;
	return vector[0] == 0 || vector[0] == 0xff;
}

/**
 * flat_is_volume() - does a file begin with a firmware volume?
 * @start: the first FLAT_VOLUME bytes
 */
bool flat_is_volume(const uint8_t *start)
{
	return !memcmp(start + VOLUME_SIGNATURE, "_FVH", 4);
}

/**
 * flat_is_variable_store() - does a file begin with a complete firmware volume
 *	of variables?
 * @start: the first FLAT_VOLUME bytes
 * @size: bytes of the file
 */
bool flat_is_variable_store(const uint8_t *start, uint64_t size)
{
	uint64_t length = get_le64(start + VOLUME_LENGTH);

	return flat_is_volume(start) && length && length <= size &&
	       !memcmp(start + VOLUME_GUID, variables_guid,
		       sizeof(variables_guid));
}

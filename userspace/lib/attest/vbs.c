// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <string.h>

#include "attest/launch-digest.h"
#include "shared/bytes.h"

/* Offsets in the content of the header VBS_MEASUREMENT of an IGVM file. */
#define ALGORITHM_AT	24
#define DIGEST_AT	32

/**
 * vbs_measurement_find() - find the VBS measurement of a file
 * @igvm: a file that vmfw_igvm_check() found sound
 * @measurement: receives the contents of the measurement
 *
 * Return: false if the file has no VBS measurement.
 */
bool vbs_measurement_find(const struct vmfw_igvm *igvm,
			  struct vbs_measurement *measurement)
{
	struct vmfw_igvm_header header = { 0 };

	while (vmfw_igvm_next(igvm, &header)) {
		if (header.type != VMFW_IGVM_T_VBS_MEASUREMENT)
			continue;
		measurement->header = header.index;
		measurement->algorithm = get_le32(header.content +
						  ALGORITHM_AT);
		memcpy(measurement->digest, header.content + DIGEST_AT,
		       sizeof(measurement->digest));
		return true;
	}
	return false;
}

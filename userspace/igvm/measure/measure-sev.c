// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The launch digest of SEV and SEV-ES: one SHA-256 over all memory that is
 * encrypted in place (SEV API, LAUNCH_UPDATE_DATA and LAUNCH_UPDATE_VMSA).
 * Addresses are not part of it.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "measure/measure.h"

static int measure_page(struct measure *measure, const uint8_t *bytes)
{
	int err;

	if (!bytes)
		return 0;
	err = hash_add(measure, bytes, VMFW_IGVM_PAGE_SIZE);
	return err ? err : report_step(measure, NULL, NULL);
}

static int measure_context(struct measure *measure, uint32_t file_offset)
{
	int err = read_vmsa(measure, file_offset);

	return err ? err : measure_page(measure, measure->page);
}

/* SEV does not encrypt registers, so it does not measure them. SEV-ES does both. */
const struct measure_ops measure_sev = {
	.algorithm = VMFW_IGVM_SHA256,
	.running = true,
	.bytes_only = true,
	.page = measure_page,
};

const struct measure_ops measure_sev_es = {
	.algorithm = VMFW_IGVM_SHA256,
	.running = true,
	.bytes_only = true,
	.page = measure_page,
	.context = measure_context,
};

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * MRTD of TDX (TDX module, MEM.PAGE.ADD and MR.EXTEND). It is one SHA-384 over a
 * record for each added page of 4 KiB. For each 256 bytes of a measured page, a
 * record and these bytes follow.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "measure/measure.h"

#define RECORD_SIZE	128
#define RECORD_GPA	16
#define EXTEND_SIZE	256

static int add_record(struct measure *measure, const char *operation,
		      uint64_t gpa)
{
	uint8_t record[RECORD_SIZE] = { 0 };

	memcpy(record, operation, strlen(operation));
	put_le64(record + RECORD_GPA, gpa);
	return hash_add(measure, record, sizeof(record));
}

static int measure_page(struct measure *measure, const uint8_t *bytes)
{
	uint64_t gpa = measure->step.gpa;
	bool extend = bytes && measure->pass != MEASURE_ADD;
	size_t at;
	int err = 0;

	if (measure->step.kind == VMFW_IGVM_STEP_ERROR_RANGE)
		return 0;
	if (measure->pass != MEASURE_EXTEND)
		err = add_record(measure, "MEM.PAGE.ADD", gpa);
	for (at = 0; !err && extend && at < VMFW_IGVM_PAGE_SIZE;
	     at += EXTEND_SIZE) {
		err = add_record(measure, "MR.EXTEND", gpa + at);
		if (!err)
			err = hash_add(measure, bytes + at, EXTEND_SIZE);
	}
	return err ? err : report_step(measure, NULL, NULL);
}

const struct measure_ops measure_tdx = {
	.algorithm = VMFW_IGVM_SHA384,
	.running = true,
	.page = measure_page,
};

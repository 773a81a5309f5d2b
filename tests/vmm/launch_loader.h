/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QEMU's loader of IGVM files, as it works for a machine without isolation.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMM_LAUNCH_LOADER_H
#define VMM_LAUNCH_LOADER_H

#include "launch_file.h"
#include "vmm.h"

/**
 * struct launch_amount - the amount that a load has put into memory
 * @pages: page-data headers and parameter areas
 * @bytes: total size of these pages and areas
 */
struct launch_amount {
	unsigned int pages;
	uint64_t bytes;
};

/**
 * enum launch_part - the part of a file to load
 * @LAUNCH_ALL: all of it
 * @LAUNCH_HIGH: only contents that begin at 1 MiB or above
 */
enum launch_part {
	LAUNCH_ALL,
	LAUNCH_HIGH,
};

/**
 * launch_load - Load a file, header by header
 * @options: the machine's options
 * @file: the parsed file
 * @part: the part of @file to load
 * @amount: out: the loaded amount
 * @reason: out, on failure: why QEMU ends
 *
 * First removes memory that an earlier load added. A failed load may leave a part of the
 * file in memory.
 */
bool launch_load(const struct vmm_options *options,
		 const struct launch_file *file, enum launch_part part,
		 struct launch_amount *amount,
		 char reason[IMAGE_REASON_SIZE]);

/**
 * launch_start_processor - Set the boot processor's registers
 *
 * Call it last in a reset. A context applies to every later reset, even if the next file
 * has none.
 */
void launch_start_processor(void);

#endif

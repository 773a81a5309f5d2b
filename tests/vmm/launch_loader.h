/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QEMU's loader of IGVM files, as far as a machine without isolation shows it.
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
 * @bytes: of all of them
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
 * launch_load - Execute a file, header by header
 * @options: the machine
 * @file: parsed
 * @part: of it
 * @amount: out: the loaded amount
 * @reason: out, on failure: why QEMU ends
 *
 * Memory that an earlier load had added is taken away first. A failure leaves
 * memory as far as the load had come.
 */
bool launch_load(const struct vmm_options *options,
		 const struct launch_file *file, enum launch_part part,
		 struct launch_amount *amount,
		 char reason[IMAGE_REASON_SIZE]);

/**
 * launch_start_processor - Set the boot processor's registers
 *
 * To be called last in a reset. A context stays for every later reset, also when
 * the file that follows has none.
 */
void launch_start_processor(void);

#endif

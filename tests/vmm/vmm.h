/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the model are told at the start.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMM_VMM_H
#define VMM_VMM_H

#include <stdbool.h>
#include <stdint.h>

#include "faults.h"
#include "igvm.h"

struct vmm_interface;

/**
 * struct vmm_options - what was asked for on the command line, and the target
 * @interface: the revision to offer
 * @faults: what to get wrong
 * @max_size: bytes of the largest image to accept
 * @pam_reset: reset the PAM registers with the machine
 * @trace: log selections of the file too
 * @architecture: of the machine
 * @vp_count: processors it starts with
 */
struct vmm_options {
	const struct vmm_interface *interface;
	struct vmm_faults faults;
	uint64_t max_size;
	bool pam_reset;
	bool trace;
	enum igvm_architecture architecture;
	uint32_t vp_count;
};

#endif

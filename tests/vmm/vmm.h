/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options that all parts of the model share.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMM_VMM_H
#define VMM_VMM_H

#include <stdbool.h>
#include <stdint.h>

#include "faults.h"
#include "image.h"

/**
 * struct vmm_options - the arguments of the plugin, and the target
 * @faults: faults to simulate
 * @max_size: bytes of the largest image to accept
 * @pam_reset: reset the PAM registers with the machine
 * @ram_clear: an update leaves nothing in RAM but the image
 * @reload: put the image's RAM contents back at every later reset
 * @bios_resize: let the firmware area of revision v6 grow
 * @host_igvm: the IGVM file that the machine starts from, or NULL
 * @trace: log selections of a file too
 * @architecture: architecture of the machine
 * @vp_count: number of processors when the machine starts
 */
struct vmm_options {
	struct vmm_faults faults;
	uint64_t max_size;
	bool pam_reset;
	bool ram_clear;
	bool reload;
	bool bios_resize;
	const char *host_igvm;
	bool trace;
	enum architecture architecture;
	uint32_t vp_count;
};

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Functions that the files of the verb measure share.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_CTL_MEASURE_H
#define VMFW_CTL_MEASURE_H

#include "ctl/ctl.h"

/**
 * struct measure_launch - a flat firmware, and how a VMM launches it
 * @rom: the firmware
 * @how: the launch; it points to @hashes, so do not copy the struct
 * @hashes: hashes of a kernel, if the launch has one
 */
struct measure_launch {
	struct vmfw_igvm_rom rom;
	struct vmfw_igvm_launch how;
	struct vmfw_igvm_kernel_hashes hashes;
};

const char *measure_vmm_word(const struct options *options);
int measure_check_launch(struct output *out, const struct options *options);
int measure_refuse_launch(struct output *out, const struct options *options,
			  const char *path);
int measure_make_launch(struct output *out, const struct options *options,
			const char *path, struct measure_launch *launch);
void measure_print_launch(struct output *out,
			  const struct measure_launch *launch);
int measure_check_log(struct output *out, const struct options *options,
		      unsigned int platform);
int measure_log(struct output *out, const struct options *options,
		const char *path, const struct vmfw_igvm *igvm);
int measure_any(struct output *out, const struct options *options,
		struct source *source);
int measure_check_options(struct output *out, const struct options *options);
int measure_verify(struct output *out, const char *path,
		   const struct vmfw_igvm *igvm,
		   const struct vmfw_igvm_measure_options *measure,
		   const uint8_t *digest);

#endif /* VMFW_CTL_MEASURE_H */

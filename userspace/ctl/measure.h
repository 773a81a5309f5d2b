/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Between the parts of the verb measure.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_CTL_MEASURE_H
#define VMFW_CTL_MEASURE_H

#include "ctl/ctl.h"

int measure_check_options(struct output *out, const struct options *options);
int measure_verify(struct output *out, const char *path,
		   const struct vmfw_igvm *igvm,
		   const struct vmfw_igvm_measure_options *measure,
		   const uint8_t *digest);

#endif /* VMFW_CTL_MEASURE_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Differences between the measurements of two boots of a TD. The second boot
 * starts another UKI, or an image with other Secure Boot variables, or both.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_PREDICT_H
#define VMFW_PREDICT_H

#include "attest/rtmr.h"
#include "compose/secureboot.h"
#include "igvm/vmfw-igvm.h"

/**
 * struct prediction - the differences from a recorded boot
 * @changes: the differences, for rtmr_log_replay(); its variables point to @parts
 * @parts: the variables of the image, as it contains them
 * @nr_parts: number of variables
 * @has_kernel: the image contains the kernel that its firmware starts
 */
struct prediction {
	struct rtmr_changes changes;
	uint8_t *parts[DATABASES];
	size_t nr_parts;
	bool has_kernel;
};

enum vmfw_exit predict_uki(struct prediction *prediction,
			   struct messages *messages, const char *recorded,
			   const char *path);
enum vmfw_exit predict_variables(struct prediction *prediction,
				 struct messages *messages, const char *path,
				 const struct vmfw_igvm *igvm);
void predict_free(struct prediction *prediction);

#endif /* VMFW_PREDICT_H */

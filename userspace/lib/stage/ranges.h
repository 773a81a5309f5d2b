/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ranges of GPAs where a staged image must not be, and the platform that
 * this machine will start from.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_RANGES_H
#define VMFW_RANGES_H

#include <linux/vmfwupdate.h>

#include "base/messages.h"
#include "igvm/vmfw-igvm.h"

enum vmfw_exit plan_machine(struct messages *messages, const char *path,
			    uint32_t architecture);
enum vmfw_exit plan_platform(struct messages *messages, const char *path,
			     const struct vmfw_igvm *igvm, __u32 isolation,
			     const struct vmfw_igvm_platform **platform);
enum vmfw_exit plan_ranges(struct messages *messages,
			   const struct vmfw_igvm *igvm,
			   const struct vmfw_igvm_platform *platform,
			   size_t max, struct vmfwupdate_range **ranges,
			   size_t *nr);
enum vmfw_exit plan_flat_ranges(struct messages *messages, uint64_t size,
				struct vmfwupdate_range **ranges, size_t *nr);

#endif /* VMFW_RANGES_H */

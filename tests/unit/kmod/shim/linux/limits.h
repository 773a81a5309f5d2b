/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SHIM_LINUX_LIMITS_H
#define SHIM_LINUX_LIMITS_H

#include_next <linux/limits.h>
#include <stdint.h>

#define U32_MAX	UINT32_MAX
#define U64_MAX	UINT64_MAX

#endif

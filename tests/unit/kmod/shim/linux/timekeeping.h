/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SHIM_LINUX_TIMEKEEPING_H
#define SHIM_LINUX_TIMEKEEPING_H

#include <linux/types.h>

/* A test that needs this function defines it. */
u64 ktime_get_boottime_ns(void);

#endif

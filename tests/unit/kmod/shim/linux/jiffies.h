/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The driver computes time limits with HZ, but waits in none of these tests. */
#ifndef SHIM_LINUX_JIFFIES_H
#define SHIM_LINUX_JIFFIES_H

#define HZ	250

#endif

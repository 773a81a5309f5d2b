/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits are in its unit; nothing that these tests run waits. */
#ifndef SHIM_LINUX_JIFFIES_H
#define SHIM_LINUX_JIFFIES_H

#define HZ	250

#endif

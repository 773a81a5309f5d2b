/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SHIM_LINUX_MUTEX_H
#define SHIM_LINUX_MUTEX_H

struct mutex {
	int unused;
};

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SHIM_LINUX_NOTIFIER_H
#define SHIM_LINUX_NOTIFIER_H

struct notifier_block {
	int unused;
};

#endif

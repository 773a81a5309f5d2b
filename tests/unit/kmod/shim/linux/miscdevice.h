/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SHIM_LINUX_MISCDEVICE_H
#define SHIM_LINUX_MISCDEVICE_H

#include <linux/kobject.h>

struct device {
	struct kobject kobj;
};

struct miscdevice {
	struct device *this_device;
};

#endif

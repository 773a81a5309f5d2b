/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SHIM_LINUX_IO_H
#define SHIM_LINUX_IO_H

#include <linux/mm.h>

#endif

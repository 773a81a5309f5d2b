/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SHIM_LINUX_BITS_H
#define SHIM_LINUX_BITS_H

#define BIT_ULL(nr)	(1ULL << (nr))

#endif

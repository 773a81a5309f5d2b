/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SHIM_LINUX_SIZES_H
#define SHIM_LINUX_SIZES_H

#define SZ_4K	0x00001000
#define SZ_64K	0x00010000
#define SZ_2M	0x00200000
#define SZ_16M	0x01000000
#define SZ_4G	0x100000000ULL

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SHIM_ASM_BYTEORDER_H
#define SHIM_ASM_BYTEORDER_H

#include <endian.h>

#define cpu_to_le64(x)	htole64(x)
#define le64_to_cpu(x)	le64toh(x)
#define le16_to_cpu(x)	le16toh(x)

#endif

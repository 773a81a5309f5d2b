/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One page structure stands for a whole image. */
#ifndef SHIM_LINUX_MM_H
#define SHIM_LINUX_MM_H

#include <linux/types.h>

struct page {
	u64 phys;
	void *memory;
};

#define page_to_phys(page)	((page)->phys)
#define page_address(page)	((page)->memory)

#define READ_ONCE(x)		(x)
#define WRITE_ONCE(x, value)	((x) = (value))

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SHIM_ASM_PAGE_H
#define SHIM_ASM_PAGE_H

#define PAGE_SIZE	4096UL

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between the kernels that this driver builds for, 6.1 and later.
 * The kernel tree does not need this file.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFWUPDATE_COMPAT_H
#define VMFWUPDATE_COMPAT_H

#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/version.h>

/*
 * alloc_contig_range() of older kernels takes the migrate type that isolated page
 * blocks fall back to. Later kernels find that type themselves and take flags.
 */
#ifdef ACR_FLAGS_NONE
#define VMFW_CONTIG_FLAGS	ACR_FLAGS_NONE
#else
#define VMFW_CONTIG_FLAGS	MIGRATE_MOVABLE
#endif

/* reserve_mem= on the command line came with 6.12. */
#define VMFW_HAS_RESERVE_MEM	(LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0))

#if !VMFW_HAS_RESERVE_MEM
static inline int reserve_mem_find_by_name(const char *name, phys_addr_t *start,
					   phys_addr_t *size)
{
	return 0;
}
#endif

#endif /* VMFWUPDATE_COMPAT_H */

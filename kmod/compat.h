/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels this driver builds for, 6.1 and later.
 * In the kernel tree this file goes away.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFWUPDATE_COMPAT_H
#define VMFWUPDATE_COMPAT_H

#include <linux/gfp.h>
#include <linux/mmzone.h>

/*
 * alloc_contig_range() used to take the migrate type that isolated page blocks
 * fall back to; later kernels find it themselves and take flags in its place.
 */
#ifdef ACR_FLAGS_NONE
#define VMFW_CONTIG_FLAGS	ACR_FLAGS_NONE
#else
#define VMFW_CONTIG_FLAGS	MIGRATE_MOVABLE
#endif

#endif /* VMFWUPDATE_COMPAT_H */

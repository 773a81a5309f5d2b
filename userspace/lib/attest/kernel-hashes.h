/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hashes of a kernel, its initial RAM disk and its arguments, as QEMU hands them
 * to a firmware.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_KERNEL_HASHES_H
#define VMFW_KERNEL_HASHES_H

#include "base/messages.h"
#include "igvm/vmfw-igvm.h"

/**
 * struct kernel_files - a kernel as QEMU's -kernel, -initrd and -append name it
 * @kernel: name of its file; NULL: the user named no kernel
 * @initrd: name of the file of its initial RAM disk, or NULL
 * @append: its arguments, or NULL
 */
struct kernel_files {
	const char *kernel;
	const char *initrd;
	const char *append;
};

enum vmfw_exit kernel_hashes_read(struct vmfw_igvm_kernel_hashes *hashes,
				  struct messages *messages,
				  const struct kernel_files *files);

#endif /* VMFW_KERNEL_HASHES_H */

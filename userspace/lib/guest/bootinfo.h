/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Facts about this boot: its identity, whether it is in an initramfs or a crash
 * kernel, and whether the user has switched auto off.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_BOOTINFO_H
#define VMFW_BOOTINFO_H

#include <stdbool.h>
#include <stdint.h>

#define BOOT_ID_SIZE	16

/**
 * struct boot - facts about this boot
 * @id: the kernel's boot_id
 * @initramfs: the root file system is the initramfs
 * @switched_off: the word on the kernel command line that switches auto off, a
 *	constant text, or NULL
 * @crash_kernel: this is a crash (kdump) kernel
 */
struct boot {
	uint8_t id[BOOT_ID_SIZE];
	bool initramfs;
	const char *switched_off;
	bool crash_kernel;
};

int boot_read(struct boot *boot, const char *root);
int boot_settle(const char *root);
const char *boot_switch(const char *cmdline, bool initramfs);
int boot_parse_id(uint8_t *id, const char *words);

#endif /* VMFW_BOOTINFO_H */

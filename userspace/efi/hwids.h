/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The firmware for each machine, from a section ".hwids", as systemd defines it.
 * This code does no I/O.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_HWIDS_H
#define VMFW_HWIDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "efi/chid.h"
#include "efi/pe.h"

#define HWIDS_SECTION	".hwids"

/**
 * struct hwids - an open section
 * @bytes: all bytes of the section
 * @size: number of bytes
 * @next: offset of the record at which hwids_next() continues
 */
struct hwids {
	uint8_t *bytes;
	size_t size;
	size_t next;
};

/**
 * struct hwid - a machine and its firmware
 * @chid: CHID of the machine
 * @fwid: name of its firmware, in printable ASCII
 */
struct hwid {
	uint8_t chid[CHID_SIZE];
	const char *fwid;
};

int hwids_open(struct hwids *hwids, const struct pe *pe,
	       const struct pe_section *section, struct pe_fault *fault);
bool hwids_next(struct hwids *hwids, struct hwid *hwid);
void hwids_close(struct hwids *hwids);

#endif /* VMFW_HWIDS_H */

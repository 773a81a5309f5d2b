/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sections with firmware, ".efifw", as systemd defines them. This code does no
 * I/O.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_EFIFW_H
#define VMFW_EFIFW_H

#include <stdbool.h>
#include <stdint.h>

#include "efi/chid.h"
#include "efi/pe.h"

#define EFIFW_SECTION	".efifw"
/* Bytes of the longest name of a firmware, without the zero after it. */
#define EFIFW_ID	255

/**
 * struct efifw - one firmware
 * @fwid: its name: printable, not empty
 * @offset: offset of its first byte in the file
 * @size: its size in bytes
 * @has_chid: the section names the machines that the firmware suits
 * @chid: the CHID of these machines
 * @capsule: it is a UEFI capsule
 */
struct efifw {
	char fwid[EFIFW_ID + 1];
	uint64_t offset;
	uint64_t size;
	bool has_chid;
	uint8_t chid[CHID_SIZE];
	bool capsule;
};

int efifw_read(struct efifw *efifw, const struct pe *pe,
	       const struct pe_section *section, struct pe_fault *fault);

#endif /* VMFW_EFIFW_H */

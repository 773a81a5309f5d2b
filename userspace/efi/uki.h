/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The firmware in UKIs and their add-ons: by profile, and by machine. This code
 * does no I/O.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_EFI_UKI_H
#define VMFW_EFI_UKI_H

#include "efi/chid.h"
#include "efi/efifw.h"
#include "efi/hwids.h"
#include "efi/pe.h"

/* Sections in front of the first profile belong to all profiles. */
#define UKI_BASE	(-1)

/**
 * struct uki_firmware - one firmware in a file
 * @section: number of the section, from 1 as tools count
 * @profile: number of the profile from 0, or UKI_BASE
 * @efifw: its content
 */
struct uki_firmware {
	unsigned int section;
	int profile;
	struct efifw efifw;
};

/**
 * struct uki_machines - the firmware for each machine
 * @profile: see struct uki_firmware
 * @hwids: the section
 */
struct uki_machines {
	int profile;
	struct hwids hwids;
};

/**
 * struct uki - the firmware sections of a file
 * @firmware: in the order of sections
 * @nr_firmware: number of firmware sections
 * @machines: at most one for each profile
 * @nr_machines: number of machine sections
 */
struct uki {
	struct uki_firmware *firmware;
	unsigned int nr_firmware;
	struct uki_machines *machines;
	unsigned int nr_machines;
};

/**
 * struct uki_wish - the firmware to choose
 * @profile: number of the booted profile
 * @fwid: the firmware's name, in any profile; NULL: choose by @chids
 * @chids: CHIDs of the machine
 */
struct uki_wish {
	int profile;
	const char *fwid;
	const struct chids *chids;
};

/**
 * enum uki_result - result of uki_choose()
 * @UKI_FOUND: exactly one section matches
 * @UKI_EMPTY: there is no firmware in the file
 * @UKI_NO_SUCH: no firmware has that name
 * @UKI_NO_MATCH: no firmware is for this machine, or in this profile
 * @UKI_AMBIGUOUS: several sections match equally
 */
enum uki_result {
	UKI_FOUND,
	UKI_EMPTY,
	UKI_NO_SUCH,
	UKI_NO_MATCH,
	UKI_AMBIGUOUS,
};

int uki_open(struct uki *uki, const struct pe *pe, struct pe_fault *fault);
void uki_close(struct uki *uki);
enum uki_result uki_choose(const struct uki *uki, const struct uki_wish *wish,
			   const struct uki_firmware **firmware);

#endif /* VMFW_EFI_UKI_H */

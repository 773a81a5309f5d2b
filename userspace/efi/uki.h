/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * UKIs and their add-ons, as far as firmware is concerned: what there is of it, in
 * which profile, and which one a machine wants. Pure.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_EFI_UKI_H
#define VMFW_EFI_UKI_H

#include "efi/chid.h"
#include "efi/efifw.h"
#include "efi/hwids.h"
#include "efi/pe.h"

/* What stands before the first profile belongs to all of them. */
#define UKI_BASE	(-1)

/**
 * struct uki_firmware - one of the firmware
 * @section: number of the section, from 1 on as tools count them
 * @profile: number of the profile from 0 on, or UKI_BASE
 * @efifw: what is in it
 */
struct uki_firmware {
	unsigned int section;
	int profile;
	struct efifw efifw;
};

/**
 * struct uki_machines - which machine wants what
 * @profile: see struct uki_firmware
 * @hwids: the section
 */
struct uki_machines {
	int profile;
	struct hwids hwids;
};

/**
 * struct uki - the file
 * @firmware: in the order of sections
 * @nr_firmware: how many
 * @machines: one for each profile at most
 * @nr_machines: how many
 */
struct uki {
	struct uki_firmware *firmware;
	unsigned int nr_firmware;
	struct uki_machines *machines;
	unsigned int nr_machines;
};

/**
 * struct uki_wish - what is looked for
 * @profile: number of the profile that counts
 * @fwid: the firmware's name, in whatever profile; NULL: as the file says
 * @chids: of the machine
 */
struct uki_wish {
	int profile;
	const char *fwid;
	const struct chids *chids;
};

/**
 * enum uki_result - what was found
 * @UKI_FOUND: the one
 * @UKI_EMPTY: there is no firmware in the file
 * @UKI_NO_SUCH: none has that name
 * @UKI_NO_MATCH: none is for this machine, or in this profile
 * @UKI_AMBIGUOUS: there are several, and nothing says which one
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

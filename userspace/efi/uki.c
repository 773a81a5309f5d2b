// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The choice of firmware in a UKI (UAPI.5 Unified Kernel Image, systemd-stub(7)).
 * Sections of a profile replace sections of the same name in front of the first
 * profile.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "efi/uki.h"

#define PROFILE_SECTION	".profile"

static int add_firmware(struct uki *uki, const struct pe *pe, unsigned int i,
			int profile, struct pe_fault *fault)
{
	struct uki_firmware *firmware = &uki->firmware[uki->nr_firmware];
	int err = efifw_read(&firmware->efifw, pe, &pe->sections[i], fault);

	if (err)
		return err;
	firmware->section = i + 1;
	firmware->profile = profile;
	uki->nr_firmware++;
	return 0;
}

static int add_machines(struct uki *uki, const struct pe *pe, unsigned int i,
			int profile, struct pe_fault *fault)
{
	struct uki_machines *machines = &uki->machines[uki->nr_machines];
	const struct pe_section *section = &pe->sections[i];
	int err;

	if (uki->nr_machines && machines[-1].profile == profile)
		return pe_fail(fault, ".hwids: two sections of this name are in one profile, or in front of the first profile",
			       section->offset, i + 1);
	err = hwids_open(&machines->hwids, pe, section, fault);
	if (err)
		return err;
	machines->profile = profile;
	uki->nr_machines++;
	return 0;
}

static int read_sections(struct uki *uki, const struct pe *pe,
			 struct pe_fault *fault)
{
	int profile = UKI_BASE;
	unsigned int i;
	int err = 0;

	for (i = 0; i < pe->nr_sections && !err; i++) {
		const char *name = pe->sections[i].name;

		if (!strcmp(name, PROFILE_SECTION))
			profile++;
		else if (!strcmp(name, EFIFW_SECTION))
			err = add_firmware(uki, pe, i, profile, fault);
		else if (!strcmp(name, HWIDS_SECTION))
			err = add_machines(uki, pe, i, profile, fault);
	}
	return err;
}

/**
 * uki_open() - read the firmware sections of a file
 * @uki: receives the sections; close it if 0 is returned
 * @pe: the file
 * @fault: see pe_open()
 *
 * Return: 0; -EINVAL with a fault; -ENOMEM; or the error of @pe->read.
 */
int uki_open(struct uki *uki, const struct pe *pe, struct pe_fault *fault)
{
	int err = -ENOMEM;

	*fault = (struct pe_fault) { 0 };
	*uki = (struct uki) {
		.firmware = calloc(pe->nr_sections, sizeof(*uki->firmware)),
		.machines = calloc(pe->nr_sections, sizeof(*uki->machines)),
	};
	if (uki->firmware && uki->machines)
		err = read_sections(uki, pe, fault);
	if (err)
		uki_close(uki);
	return err;
}

/**
 * uki_close() - free the memory of the firmware sections
 * @uki: from uki_open()
 */
void uki_close(struct uki *uki)
{
	while (uki->nr_machines)
		hwids_close(&uki->machines[--uki->nr_machines].hwids);
	free(uki->machines);
	free(uki->firmware);
	*uki = (struct uki) { 0 };
}

/* Return the profile whose firmware applies after a boot of @profile. */
static int firmware_profile(const struct uki *uki, int profile)
{
	unsigned int i;

	for (i = 0; i < uki->nr_firmware; i++)
		if (uki->firmware[i].profile == profile)
			return profile;
	return UKI_BASE;
}

static struct hwids *find_machines(const struct uki *uki, int profile)
{
	struct hwids *base = NULL;
	unsigned int i;

	for (i = 0; i < uki->nr_machines; i++) {
		if (uki->machines[i].profile == profile)
			return &uki->machines[i].hwids;
		if (uki->machines[i].profile == UKI_BASE)
			base = &uki->machines[i].hwids;
	}
	return base;
}

/**
 * struct uki_search - a search for firmware
 * @uki: the file
 * @profile: search only this profile, unless @any_profile is set
 * @any_profile: search all profiles
 * @fwid: name, or NULL
 * @chid: CHID that the firmware itself must name, or NULL
 * @found: the first match
 * @nr: number of matches
 */
struct uki_search {
	const struct uki *uki;
	int profile;
	bool any_profile;
	const char *fwid;
	const uint8_t *chid;
	const struct uki_firmware *found;
	unsigned int nr;
};

static bool is_for_machine(const struct uki_search *search,
			   const struct uki_firmware *firmware)
{
	const struct efifw *efifw = &firmware->efifw;

	if (!search->any_profile && firmware->profile != search->profile)
		return false;
	if (search->fwid && strcmp(efifw->fwid, search->fwid))
		return false;
	return !search->chid || (efifw->has_chid &&
				 !memcmp(efifw->chid, search->chid, CHID_SIZE));
}

static void choose_firmware(struct uki_search *search)
{
	const struct uki *uki = search->uki;
	unsigned int i;

	search->found = NULL;
	search->nr = 0;
	for (i = 0; i < uki->nr_firmware; i++) {
		if (!is_for_machine(search, &uki->firmware[i]))
			continue;
		if (!search->nr++)
			search->found = &uki->firmware[i];
	}
}

/* Several profiles may have firmware of one name: search the booted profile first. */
static enum uki_result choose_name(const struct uki *uki,
				   const struct uki_wish *wish,
				   const struct uki_firmware **firmware)
{
	struct uki_search by_name = {
		.uki = uki,
		.profile = firmware_profile(uki, wish->profile),
		.fwid = wish->fwid,
	};

	choose_firmware(&by_name);
	if (!by_name.nr) {
		by_name.any_profile = true;
		choose_firmware(&by_name);
	}
	*firmware = by_name.found;
	return by_name.nr == 1 ? UKI_FOUND :
	       by_name.nr ? UKI_AMBIGUOUS : UKI_NO_SUCH;
}

/* Find the firmware for machines with a CHID in a section ".hwids". */
static void search_machines(struct uki_search *by_name, struct hwids *hwids,
			    const uint8_t *chid)
{
	struct hwid hwid;
	bool found = false;

	/* Go to the end: only then does the next search begin at the start. */
	while (hwids_next(hwids, &hwid)) {
		if (found || memcmp(hwid.chid, chid, CHID_SIZE))
			continue;
		by_name->fwid = hwid.fwid;
		choose_firmware(by_name);
		found = by_name->nr;
	}
}

/*
 * Find the firmware for this machine, by the first CHID with a match in the order
 * of chid_priority.
 */
static void search_chids(struct uki_search *found, struct hwids *hwids,
			 const struct chids *chids)
{
	unsigned int i, number;

	for (i = 0; i < CHID_PRIORITIES && !found->nr; i++) {
		number = chid_priority[i];
		if (!chids->known[number])
			continue;
		if (hwids)
			search_machines(found, hwids, chids->chid[number]);
		if (found->nr)
			return;
		found->fwid = NULL;
		found->chid = chids->chid[number];
		choose_firmware(found);
		found->chid = NULL;
	}
}

static bool says_machines(const struct uki_search *all, struct hwids *hwids)
{
	const struct uki *uki = all->uki;
	struct hwid hwid;
	bool says = false;
	unsigned int i;

	while (hwids && hwids_next(hwids, &hwid))
		says = true;
	for (i = 0; i < uki->nr_firmware; i++)
		if (is_for_machine(all, &uki->firmware[i]) &&
		    uki->firmware[i].efifw.has_chid)
			says = true;
	return says;
}

/**
 * uki_choose() - choose firmware
 * @uki: the file
 * @wish: the firmware to choose
 * @firmware: receives the firmware, valid as long as @uki is open; with
 *	UKI_AMBIGUOUS the first of several matches; NULL if there is none
 *
 * If the booted profile names no machines, its only firmware is for all machines.
 *
 * Return: enum uki_result.
 */
enum uki_result uki_choose(const struct uki *uki, const struct uki_wish *wish,
			   const struct uki_firmware **firmware)
{
	struct uki_search found = {
		.uki = uki,
		.profile = firmware_profile(uki, wish->profile),
	};
	struct hwids *hwids = find_machines(uki, wish->profile);

	*firmware = NULL;
	if (!uki->nr_firmware)
		return UKI_EMPTY;
	if (wish->fwid)
		return choose_name(uki, wish, firmware);
	if (says_machines(&found, hwids))
		search_chids(&found, hwids, wish->chids);
	else
		choose_firmware(&found);
	*firmware = found.found;
	return found.nr == 1 ? UKI_FOUND :
	       found.nr ? UKI_AMBIGUOUS : UKI_NO_MATCH;
}

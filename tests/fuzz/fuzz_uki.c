// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libFuzzer target: a PE file. The reader does not read past the end of the input.
 * Accepted firmware is within the file. Its name is printable.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <string.h>

#include "efi/authenticode.h"
#include "efi/uki.h"
#include "input.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use_pe(const struct pe *pe)
{
	const struct pe_section *section = pe->sections;
	unsigned int i;

	must(pe->headers_size <= pe->size, "headers lie within the file");
	must(pe->checksum_at + 4 <= pe->headers_size &&
	     (!pe->security_at || pe->security_at + 8 <= pe->headers_size),
	     "fields lie within the headers");
	must(!pe->security_size ||
	     (pe->security_offset >= pe->headers_size &&
	      pe->security_size <= pe->size - pe->security_offset),
	     "certificates lie after the headers, within the file");
	for (i = 0; i < pe->nr_sections; i++, section++)
		must(!section->size ||
		     (section->offset >= pe->headers_size &&
		      section->offset <= pe->size &&
		      section->size <= pe->size - section->offset),
		     "sections lie after the headers, within the file");
}

static void use_text(const char *text)
{
	must(*text != '\0', "names are not empty");
	for (; *text; text++)
		must(*text >= ' ' && *text <= '~', "names can be printed");
}

static void choose(const struct uki *uki, int profile, const char *fwid)
{
	static const struct chids chids = { .known = { [3] = true } };
	const struct uki_wish wish = { profile, fwid, &chids };
	const struct uki_firmware *firmware;
	enum uki_result result = uki_choose(uki, &wish, &firmware);

	must((result == UKI_FOUND || result == UKI_AMBIGUOUS) == !!firmware,
	     "uki_choose() returns firmware if and only if it finds some");
	must(!fwid || (firmware && !strcmp(firmware->efifw.fwid, fwid)),
	     "uki_choose() finds each name in the file");
}

static void use(const struct pe *pe, struct uki *uki)
{
	const struct efifw *efifw;
	struct hwid hwid;
	unsigned int i;
	int profile;

	for (i = 0; i < uki->nr_machines; i++)
		while (hwids_next(&uki->machines[i].hwids, &hwid))
			use_text(hwid.fwid);
	for (profile = UKI_BASE; profile < 3; profile++)
		choose(uki, profile, NULL);
	for (i = 0; i < uki->nr_firmware; i++) {
		efifw = &uki->firmware[i].efifw;
		use_text(efifw->fwid);
		must(efifw->size && efifw->offset > pe->headers_size &&
		     efifw->offset <= pe->size &&
		     efifw->size <= pe->size - efifw->offset,
		     "firmware lies within the file");
		choose(uki, uki->firmware[i].profile, efifw->fwid);
	}
}

static void hash(const struct pe *pe)
{
	uint8_t digest[AUTHENTICODE_SIZE];
	struct pe_fault fault;

	must(!authenticode_sha256(pe, digest, &fault) || fault.text != NULL,
	     "a refusal has a reason");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes bytes = { data, size };
	struct pe_fault fault;
	struct uki uki;
	struct pe pe;

	if (pe_open(&pe, read_bytes, &bytes, size, &fault)) {
		must(fault.text != NULL, "a refusal has a reason");
		return 0;
	}
	use_pe(&pe);
	hash(&pe);
	if (uki_open(&uki, &pe, &fault)) {
		must(fault.text != NULL, "a refusal has a reason");
	} else {
		use(&pe, &uki);
		uki_close(&uki);
	}
	pe_close(&pe);
	return 0;
}

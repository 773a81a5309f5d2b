// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <stdio.h>
#include <string.h>

#include "base/rootdir.h"
#include "guest/smbios.h"

#define DMI	"/sys/class/dmi/id/"
#define EFI	"/sys/firmware/efi"

/**
 * firmware_clean() - make text fit for a terminal and for a record
 * @text: changed in place: a character that is not printable ASCII becomes "?"
 */
void firmware_clean(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

static bool read_text(const char *root, const char *path, char *buf,
		      size_t size)
{
	bool found = !root_read_line(root, path, buf, size);

	if (!found)
		buf[0] = '\0';
	firmware_clean(buf);
	return found;
}

/**
 * firmware_read() - read the identity of the running firmware
 * @firmware: to be filled in
 * @root: see root_path()
 *
 * On a machine without SMBIOS the identity stays unknown.
 */
void firmware_read(struct firmware *firmware, const char *root)
{
	bool vendor, version;

	memset(firmware, 0, sizeof(*firmware));
	vendor = read_text(root, DMI "bios_vendor", firmware->vendor,
			   sizeof(firmware->vendor));
	version = read_text(root, DMI "bios_version", firmware->version,
			    sizeof(firmware->version));
	read_text(root, DMI "bios_date", firmware->date,
		  sizeof(firmware->date));
	firmware->known = vendor || version;
	firmware->uefi = root_has(root, EFI);
}

/**
 * firmware_same() - do two firmwares claim the same identity?
 * @a: one
 * @b: the other
 *
 * Return: false also if one of them is unknown.
 */
bool firmware_same(const struct firmware *a, const struct firmware *b)
{
	return a->known && b->known && a->uefi == b->uefi &&
	       !strcmp(a->vendor, b->vendor) &&
	       !strcmp(a->version, b->version) && !strcmp(a->date, b->date);
}

/**
 * firmware_words() - an identity, as text for people
 * @buf: receives the text, FIRMWARE_WORDS bytes
 * @firmware: the identity
 *
 * Return: @buf.
 */
const char *firmware_words(char *buf, const struct firmware *firmware)
{
	if (!firmware->known)
		snprintf(buf, FIRMWARE_WORDS, "unknown");
	else
		snprintf(buf, FIRMWARE_WORDS, "%s %s%s%s (%s)",
			 firmware->vendor, firmware->version,
			 firmware->date[0] ? ", " : "", firmware->date,
			 firmware->uefi ? "UEFI" : "BIOS");
	return buf;
}

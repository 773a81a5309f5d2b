// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The bytes of sections .efifw and .hwids.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <string.h>

#include "section.h"
#include "shared/bytes.h"

static void put(struct section *section, const void *bytes, size_t len)
{
	memcpy(section->bytes + section->len, bytes, len);
	section->len += len;
}

static void put_number(struct section *section, uint32_t number)
{
	uint8_t bytes[4];

	put_le32(bytes, number);
	put(section, bytes, sizeof(bytes));
}

static void put_machine(struct section *section, unsigned int machine)
{
	memset(section->bytes + section->len, machine, 16);
	section->len += 16;
}

/**
 * section_firmware() - make the content of a section ".efifw"
 * @section: receives it
 * @fwid: the firmware's name
 * @machine: the machine that the section names, or 0: none
 * @payload: the firmware
 * @len: bytes of it
 */
void section_firmware(struct section *section, const char *fwid,
		      unsigned int machine, const void *payload, size_t len)
{
	memset(section, 0, sizeof(*section));
	put_number(section, 0xfeeddead);
	put_number(section, machine ? 32 : 16);
	put_number(section, strlen(fwid) + 1);
	put_number(section, len);
	if (machine)
		put_machine(section, machine);
	put(section, fwid, strlen(fwid) + 1);
	put(section, payload, len);
}

/**
 * section_machines() - make the content of a section ".hwids"
 * @section: receives it
 * @nr: number of records
 * @fwids: the name of the firmware in each record
 * @machines: the machine in each record
 */
void section_machines(struct section *section, size_t nr,
		      const char *const *fwids, const unsigned int *machines)
{
	size_t i, text = (nr + 1) * 28;

	memset(section, 0, sizeof(*section));
	for (i = 0; i < nr; i++) {
		put_number(section, 0x2000001c);
		put_machine(section, machines[i]);
		put_number(section, text);
		put_number(section, text);
		text += strlen(fwids[i]) + 1;
	}
	section->len += 28;
	for (i = 0; i < nr; i++)
		put(section, fwids[i], strlen(fwids[i]) + 1);
}

/**
 * section_add() - add a section to a file
 * @image: the file
 * @name: of the section
 * @section: its content
 *
 * Return: the section's bytes in the file.
 */
uint8_t *section_add(struct image *image, const char *name,
		     const struct section *section)
{
	return image_add(image, name, section->bytes, section->len);
}

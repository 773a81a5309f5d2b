// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/rootdir.h"
#include "guest/hwid.h"
#include "shared/macro.h"

#define DMI	"/sys/class/dmi/id/"

static const struct {
	enum chid_field field;
	const char *file;
} files[] = {
	{ CHID_MANUFACTURER, DMI "sys_vendor" },
	{ CHID_FAMILY, DMI "product_family" },
	{ CHID_PRODUCT_NAME, DMI "product_name" },
	{ CHID_PRODUCT_SKU, DMI "product_sku" },
	{ CHID_BASEBOARD_MANUFACTURER, DMI "board_vendor" },
	{ CHID_BASEBOARD_PRODUCT, DMI "board_name" },
	{ CHID_BIOS_VENDOR, DMI "bios_vendor" },
	{ CHID_BIOS_VERSION, DMI "bios_version" },
};

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

/*
 * A field that is not ASCII counts as unknown, because its character set is
 * unknown.
 */
static void read_text(char *text, const char *root, const char *file)
{
	if (root_read_line(root, file, text, CHID_FIELD) || !is_ascii(text))
		text[0] = '\0';
	chid_trim(text);
}

/* The kernel writes numbers in decimal, but CHIDs have them in hexadecimal. */
static void read_numbers(struct chid_fields *fields, const char *root)
{
	unsigned int major, minor, enclosure;
	char line[CHID_FIELD];

	if (!root_read_line(root, DMI "bios_release", line, sizeof(line)) &&
	    sscanf(line, "%3u.%3u", &major, &minor) == 2) {
		snprintf(fields->text[CHID_BIOS_MAJOR], CHID_FIELD, "%02x",
			 major);
		snprintf(fields->text[CHID_BIOS_MINOR], CHID_FIELD, "%02x",
			 minor);
	}
	if (!root_read_line(root, DMI "chassis_type", line, sizeof(line)) &&
	    sscanf(line, "%3u", &enclosure) == 1 && enclosure)
		snprintf(fields->text[CHID_ENCLOSURE], CHID_FIELD, "%x",
			 enclosure);
}

/**
 * hwid_read_fields() - read the fields of SMBIOS for this machine
 * @fields: to be filled in; an unknown field is empty
 * @root: see root_path()
 */
void hwid_read_fields(struct chid_fields *fields, const char *root)
{
	size_t i;

	memset(fields, 0, sizeof(*fields));
	for (i = 0; i < ARRAY_SIZE(files); i++)
		read_text(fields->text[files[i].field], root, files[i].file);
	read_numbers(fields, root);
}

/**
 * hwid_read() - compute the CHIDs of this machine
 * @chids: receives them
 * @root: see root_path()
 *
 * A machine without SMBIOS has no CHIDs. That is not an error.
 *
 * Return: 0 or -ENOMEM.
 */
int hwid_read(struct chids *chids, const char *root)
{
	struct chid_fields fields;

	hwid_read_fields(&fields, root);
	return chid_compute(chids, &fields);
}

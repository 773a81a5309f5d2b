/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CHIDs: names for machines, made from what their SMBIOS says of them. Pure.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_CHID_H
#define VMFW_CHID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHID_SIZE	16
/* HardwareID-0 to HardwareID-14. */
#define CHIDS		15

/* In the order in which they are hashed. */
enum chid_field {
	CHID_MANUFACTURER,
	CHID_FAMILY,
	CHID_PRODUCT_NAME,
	CHID_PRODUCT_SKU,
	CHID_BASEBOARD_MANUFACTURER,
	CHID_BASEBOARD_PRODUCT,
	CHID_BIOS_VENDOR,
	CHID_BIOS_VERSION,
	CHID_BIOS_MAJOR,	/* two hexadecimal digits, in small letters */
	CHID_BIOS_MINOR,	/* likewise */
	CHID_ENCLOSURE,		/* hexadecimal, as short as it can be */
	CHID_FIELDS
};

/* Bytes of a field, with the zero at its end. */
#define CHID_FIELD	256

/**
 * struct chid_fields - what is known of a machine
 * @text: printable ASCII; empty: not known
 */
struct chid_fields {
	char text[CHID_FIELDS][CHID_FIELD];
};

/**
 * struct chids - all CHIDs of a machine
 * @known: whether all is known that one is made of
 * @chid: in the order of their digits in text
 */
struct chids {
	bool known[CHIDS];
	uint8_t chid[CHIDS][CHID_SIZE];
};

/* Those that firmware is chosen by, the most specific one first. */
#define CHID_PRIORITIES	9
extern const unsigned int chid_priority[CHID_PRIORITIES];

void chid_trim(char *text);
int chid_compute(struct chids *chids, const struct chid_fields *fields);
const char *chid_field_word(enum chid_field field);
bool chid_has_field(unsigned int number, enum chid_field field);
void chid_from_guid(uint8_t *chid, const uint8_t *guid);

#endif /* VMFW_CHID_H */

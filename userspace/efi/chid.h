/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CHIDs: identifiers of machine models, computed from their SMBIOS. This code
 * does no I/O.
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

/* The fields, in the order in which chid_compute() hashes them. */
enum chid_field {
	CHID_MANUFACTURER,
	CHID_FAMILY,
	CHID_PRODUCT_NAME,
	CHID_PRODUCT_SKU,
	CHID_BASEBOARD_MANUFACTURER,
	CHID_BASEBOARD_PRODUCT,
	CHID_BIOS_VENDOR,
	CHID_BIOS_VERSION,
	CHID_BIOS_MAJOR,	/* two hexadecimal digits, in lower case */
	CHID_BIOS_MINOR,	/* two hexadecimal digits, in lower case */
	CHID_ENCLOSURE,		/* hexadecimal, without leading zeroes */
	CHID_FIELDS
};

/* Bytes of a field, with the zero at its end. */
#define CHID_FIELD	256

/**
 * struct chid_fields - the known fields of a machine
 * @text: printable ASCII; empty: unknown
 */
struct chid_fields {
	char text[CHID_FIELDS][CHID_FIELD];
};

/**
 * struct chids - all CHIDs of a machine
 * @known: for each CHID: all its fields are known
 * @chid: each CHID, in the byte order of its text
 */
struct chids {
	bool known[CHIDS];
	uint8_t chid[CHIDS][CHID_SIZE];
};

/* Numbers of the CHIDs by which uki_choose() chooses, in the order of preference. */
#define CHID_PRIORITIES	9
extern const unsigned int chid_priority[CHID_PRIORITIES];

void chid_trim(char *text);
int chid_compute(struct chids *chids, const struct chid_fields *fields);
const char *chid_field_word(enum chid_field field);
bool chid_has_field(unsigned int number, enum chid_field field);

#endif /* VMFW_CHID_H */

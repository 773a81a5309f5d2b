// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * CHIDs: "Specifying hardware IDs for a computer", Microsoft. A CHID is a UUID of
 * version 5, computed from some fields of SMBIOS in UTF-16LE, with an ampersand
 * between them. The details follow fwupd and systemd.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <string.h>
#include <openssl/evp.h>

#include "efi/chid.h"

#define BIT(field)	(1u << CHID_##field)
#define BOARD		(BIT(BASEBOARD_MANUFACTURER) | BIT(BASEBOARD_PRODUCT))
#define BIOS		(BIT(BIOS_VENDOR) | BIT(BIOS_VERSION) | \
			 BIT(BIOS_MAJOR) | BIT(BIOS_MINOR))

static const uint8_t name_space[CHID_SIZE] = {
	0x70, 0xff, 0xd8, 0x12, 0x4c, 0x7f, 0x4c, 0x7d,
};

/* The fields of each CHID. */
static const uint16_t masks[CHIDS] = {
	BIT(MANUFACTURER) | BIT(FAMILY) | BIT(PRODUCT_NAME) |
		BIT(PRODUCT_SKU) | BIOS,
	BIT(MANUFACTURER) | BIT(FAMILY) | BIT(PRODUCT_NAME) | BIOS,
	BIT(MANUFACTURER) | BIT(PRODUCT_NAME) | BIOS,
	BIT(MANUFACTURER) | BIT(FAMILY) | BIT(PRODUCT_NAME) |
		BIT(PRODUCT_SKU) | BOARD,
	BIT(MANUFACTURER) | BIT(FAMILY) | BIT(PRODUCT_NAME) |
		BIT(PRODUCT_SKU),
	BIT(MANUFACTURER) | BIT(FAMILY) | BIT(PRODUCT_NAME),
	BIT(MANUFACTURER) | BIT(PRODUCT_SKU) | BOARD,
	BIT(MANUFACTURER) | BIT(PRODUCT_SKU),
	BIT(MANUFACTURER) | BIT(PRODUCT_NAME) | BOARD,
	BIT(MANUFACTURER) | BIT(PRODUCT_NAME),
	BIT(MANUFACTURER) | BIT(FAMILY) | BOARD,
	BIT(MANUFACTURER) | BIT(FAMILY),
	BIT(MANUFACTURER) | BIT(ENCLOSURE),
	BIT(MANUFACTURER) | BOARD,
	BIT(MANUFACTURER),
};

static const char *const field_words[CHID_FIELDS] = {
	[CHID_MANUFACTURER] = "manufacturer",
	[CHID_FAMILY] = "family",
	[CHID_PRODUCT_NAME] = "product-name",
	[CHID_PRODUCT_SKU] = "product-sku",
	[CHID_BASEBOARD_MANUFACTURER] = "baseboard-manufacturer",
	[CHID_BASEBOARD_PRODUCT] = "baseboard-product",
	[CHID_BIOS_VENDOR] = "bios-vendor",
	[CHID_BIOS_VERSION] = "bios-version",
	[CHID_BIOS_MAJOR] = "bios-major",
	[CHID_BIOS_MINOR] = "bios-minor",
	[CHID_ENCLOSURE] = "enclosure-type",
};

/*
 * The order of systemd-stub (src/boot/chid.c).
 *
 * It has no CHID with the firmware's version, which would no longer match once
 * the chosen firmware is running. It has no CHID of the manufacturer alone, or of
 * only the manufacturer and the case or the board. The stub begins with CHIDs 17,
 * 16 and 15, which systemd has added. They contain the EDID of a panel. The
 * firmware reads the EDID from the display, and a virtual machine has no display.
 */
const unsigned int chid_priority[CHID_PRIORITIES] = {
	3, 6, 8, 10, 4, 5, 7, 9, 11
};

/**
 * chid_trim() - make a field of SMBIOS ready for hashing
 * @text: loses spaces at both ends, and zeroes at the start
 */
void chid_trim(char *text)
{
	const char *start = text + strspn(text, " ");
	size_t len;

	start += strspn(start, "0");
	len = strlen(start);
	while (len && start[len - 1] == ' ')
		len--;
	memmove(text, start, len);
	text[len] = '\0';
}

static bool hash_text(EVP_MD_CTX *hash, const char *text)
{
	uint8_t wide[2] = { 0 };

	for (; *text; text++) {
		wide[0] = *text;
		if (EVP_DigestUpdate(hash, wide, sizeof(wide)) != 1)
			return false;
	}
	return true;
}

static bool hash_fields(EVP_MD_CTX *hash, const struct chid_fields *fields,
			unsigned int mask, uint8_t *digest)
{
	unsigned int field;

	if (EVP_DigestInit_ex(hash, EVP_sha1(), NULL) != 1 ||
	    EVP_DigestUpdate(hash, name_space, sizeof(name_space)) != 1)
		return false;
	/* All CHIDs begin with field 0, the manufacturer. */
	for (field = 0; field < CHID_FIELDS; field++)
		if (mask & 1u << field &&
		    ((field && !hash_text(hash, "&")) ||
		     !hash_text(hash, fields->text[field])))
			return false;
	return EVP_DigestFinal_ex(hash, digest, NULL) == 1;
}

/* Make a UUID of version 5 (RFC 9562) from the hash of the fields. */
static bool compute_chid(EVP_MD_CTX *hash, const struct chid_fields *fields,
			 unsigned int mask, uint8_t *chid)
{
	uint8_t digest[EVP_MAX_MD_SIZE];

	if (!hash_fields(hash, fields, mask, digest))
		return false;
	digest[6] = (digest[6] & 0x0f) | 0x50;
	digest[8] = (digest[8] & 0x3f) | 0x80;
	memcpy(chid, digest, CHID_SIZE);
	return true;
}

static bool has_fields(const struct chid_fields *fields, unsigned int mask)
{
	unsigned int field;

	for (field = 0; field < CHID_FIELDS; field++)
		if (mask & 1u << field && !fields->text[field][0])
			return false;
	return true;
}

/**
 * chid_compute() - compute the CHIDs of a machine
 * @chids: receives each CHID of which all fields are known; none if this fails
 * @fields: the known fields of the machine
 *
 * Return: 0, or -ENOMEM: libcrypto failed.
 */
int chid_compute(struct chids *chids, const struct chid_fields *fields)
{
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	bool failed = !hash;
	unsigned int i;

	memset(chids, 0, sizeof(*chids));
	for (i = 0; i < CHIDS && !failed; i++) {
		if (!has_fields(fields, masks[i]))
			continue;
		chids->known[i] = compute_chid(hash, fields, masks[i],
					       chids->chid[i]);
		failed = !chids->known[i];
	}
	EVP_MD_CTX_free(hash);
	if (!failed)
		return 0;
	memset(chids, 0, sizeof(*chids));
	return -ENOMEM;
}

/**
 * chid_field_word() - return the name of a field, for output
 * @field: the field
 */
const char *chid_field_word(enum chid_field field)
{
	return field_words[field];
}

/**
 * chid_has_field() - does a CHID contain a field?
 * @number: number of the CHID
 * @field: the field
 */
bool chid_has_field(unsigned int number, enum chid_field field)
{
	return masks[number] & 1u << field;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The bytes of a section ".efifw": a header, the firmware's name, the firmware. The
 * bytes after the firmware are reserved. All numbers are little-endian.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>

#include "efi/efifw.h"
#include "efi/words.h"
#include "shared/bytes.h"

#define MAGIC		0xfeeddeadu
#define HEADER_SIZE	16
/* A header of at least this size has a CHID, as a GUID, after its numbers. */
#define HEADER_WITH_CHID 32
#define HEADER_SIZE_AT	4
#define FWID_SIZE_AT	8
#define SIZE_AT		12

/* UEFI specification, EFI_CAPSULE_HEADER. */
#define CAPSULE_SIZE	28
#define CAPSULE_HEADER_AT 16
#define CAPSULE_IMAGE_AT 24
#define MAX_CAPSULE_HEADER 4096

/* EFI_FIRMWARE_MANAGEMENT_CAPSULE_ID_GUID */
static const uint8_t fmp_capsule[] = {
	0xed, 0xd5, 0xcb, 0x6d, 0x2d, 0xe8, 0x44, 0x4c,
	0xbd, 0xa1, 0x71, 0x94, 0x19, 0x9a, 0xd9, 0x2a,
};

/*
 * Some versions of ukify packed the magic as an empty Pascal string. Such a section
 * begins with one zero byte instead of the four bytes of the magic.
 */
static bool has_short_magic(const uint8_t *header)
{
	return !header[0] && get_le32(header + 1) == HEADER_SIZE;
}

/*
 * A capsule begins with the GUID of its purpose. Recognise firmware management
 * (FMP) by its GUID, and other purposes by the sizes in the header.
 */
static bool is_capsule(const uint8_t *p, uint64_t size)
{
	uint32_t header = get_le32(p + CAPSULE_HEADER_AT);

	return !memcmp(p, fmp_capsule, sizeof(fmp_capsule)) ||
	       (header >= CAPSULE_SIZE && header <= MAX_CAPSULE_HEADER &&
		get_le32(p + CAPSULE_IMAGE_AT) == size);
}

static int check_header(const uint8_t *header, uint64_t size, uint64_t at,
			struct pe_fault *fault)
{
	uint32_t header_size = get_le32(header + HEADER_SIZE_AT);
	uint32_t fwid_size = get_le32(header + FWID_SIZE_AT);
	uint32_t payload = get_le32(header + SIZE_AT);

	if (has_short_magic(header))
		return pe_fail(fault, ".efifw: the magic is one byte long, from a faulty version of ukify; use another version",
			       at, header[0]);
	if (get_le32(header) != MAGIC)
		return pe_fail(fault, ".efifw: the section does not begin with its magic number, 0xfeeddead", at,
			       get_le32(header));
	if (header_size != HEADER_SIZE && header_size < HEADER_WITH_CHID)
		return pe_fail(fault, ".efifw: the header must have 16 bytes, or 32 and more",
			       at + HEADER_SIZE_AT, header_size);
	/* fwid_size includes the zero after the name. */
	if (fwid_size < 2 || fwid_size > EFIFW_ID + 1)
		return pe_fail(fault, ".efifw: the fwid is empty, or longer than 255 bytes",
			       at + FWID_SIZE_AT, fwid_size);
	if (!payload)
		return pe_fail(fault, ".efifw: the section contains no firmware",
			       at + SIZE_AT, payload);
	/* The sum of three 32-bit numbers fits in 64 bits. */
	if ((uint64_t)header_size + fwid_size + payload > size)
		return pe_fail(fault, ".efifw: the firmware ends after the section",
			       at + SIZE_AT, payload);
	return 0;
}

static int read_chid(struct efifw *efifw, const struct pe *pe, uint64_t at)
{
	uint8_t guid[CHID_SIZE];
	int err = pe->read(pe->arg, at, guid, sizeof(guid));

	if (err)
		return err;
	efifw->has_chid = !all_zero(guid, sizeof(guid));
	get_guid(efifw->chid, guid);
	return 0;
}

static int read_fwid(struct efifw *efifw, const struct pe *pe, uint64_t at,
		     uint32_t size, struct pe_fault *fault)
{
	int err = pe->read(pe->arg, at, efifw->fwid, size);

	if (err)
		return err;
	if (words_len(efifw->fwid, size) != size - 1)
		return pe_fail(fault, ".efifw: the fwid is not printable ASCII that ends with one zero",
			       at, size);
	return 0;
}

static int read_payload(struct efifw *efifw, const struct pe *pe)
{
	uint8_t start[CAPSULE_SIZE];
	int err;

	if (efifw->size < sizeof(start))
		return 0;
	err = pe->read(pe->arg, efifw->offset, start, sizeof(start));
	if (!err)
		efifw->capsule = is_capsule(start, efifw->size);
	return err;
}

/**
 * efifw_read() - read a section with firmware
 * @efifw: receives the firmware
 * @pe: the file
 * @section: the section
 * @fault: see pe_open()
 *
 * Return: 0; -EINVAL with a fault; or the error of @pe->read.
 */
int efifw_read(struct efifw *efifw, const struct pe *pe,
	       const struct pe_section *section, struct pe_fault *fault)
{
	uint64_t at = section->offset;
	uint8_t header[HEADER_SIZE];
	uint32_t header_size, fwid_size;
	int err;

	memset(efifw, 0, sizeof(*efifw));
	if (section->size < sizeof(header))
		return pe_fail(fault, ".efifw: the section is too short for its header",
			       at, section->size);
	err = pe->read(pe->arg, at, header, sizeof(header));
	if (!err)
		err = check_header(header, section->size, at, fault);
	if (err)
		return err;
	header_size = get_le32(header + HEADER_SIZE_AT);
	fwid_size = get_le32(header + FWID_SIZE_AT);
	efifw->offset = at + header_size + fwid_size;
	efifw->size = get_le32(header + SIZE_AT);
	if (header_size >= HEADER_WITH_CHID)
		err = read_chid(efifw, pe, at + HEADER_SIZE);
	if (!err)
		err = read_fwid(efifw, pe, at + header_size, fwid_size, fault);
	return err ? err : read_payload(efifw, pe);
}

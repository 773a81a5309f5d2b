// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The bytes of a section ".hwids": records, a record of zeroes, and text. Records
 * refer to text by its offset in the section. A record starts with 32 bits: its
 * kind in the four highest bits, and its size in the others. This code skips
 * records that are not about firmware.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdlib.h>

#include "efi/hwids.h"
#include "efi/words.h"
#include "shared/bytes.h"

#define DESCRIPTOR	4
#define KIND_FIRMWARE	2u
#define RECORD_SIZE	28
#define GUID_AT		4
#define NAME_AT		20
#define FWID_AT		24

#define MAX_SIZE	(1u << 20)

static bool is_firmware(uint32_t descriptor)
{
	return descriptor >> 28 == KIND_FIRMWARE;
}

static size_t record_size(uint32_t descriptor)
{
	return descriptor & 0x0fffffff;
}

/* Is there text at an offset? An offset of 0 means that the record has none. */
static bool is_text(const struct hwids *hwids, uint32_t at)
{
	return !at || (at < hwids->size &&
		       words_len((char *)hwids->bytes + at, hwids->size - at) <
		       hwids->size - at);
}

static int check_record(const struct hwids *hwids, size_t next, uint64_t at,
			struct pe_fault *fault)
{
	const uint8_t *p = hwids->bytes + next;
	uint32_t descriptor = get_le32(p);
	size_t size = record_size(descriptor);

	if (size < DESCRIPTOR || size > hwids->size - next ||
	    (is_firmware(descriptor) && size != RECORD_SIZE))
		return pe_fail(fault, ".hwids: the size of a record does not fit its type or the section",
			       at, descriptor);
	if (!is_firmware(descriptor))
		return 0;
	if (!is_text(hwids, get_le32(p + NAME_AT)))
		return pe_fail(fault, ".hwids: a name is not printable ASCII that ends within the section",
			       at + NAME_AT, get_le32(p + NAME_AT));
	if (!is_text(hwids, get_le32(p + FWID_AT)))
		return pe_fail(fault, ".hwids: a fwid is not printable ASCII that ends within the section",
			       at + FWID_AT, get_le32(p + FWID_AT));
	if (!get_le32(p + FWID_AT) || !hwids->bytes[get_le32(p + FWID_AT)])
		return pe_fail(fault, ".hwids: a record of firmware has no fwid",
			       at + FWID_AT, get_le32(p + FWID_AT));
	return 0;
}

static int check_records(const struct hwids *hwids, uint64_t at,
			 struct pe_fault *fault)
{
	size_t next = 0;
	int err;

	for (;;) {
		if (hwids->size - next < DESCRIPTOR)
			return pe_fail(fault, ".hwids: no record of zeroes ends the list",
				       at + next, hwids->size);
		if (!get_le32(hwids->bytes + next))
			return 0;
		err = check_record(hwids, next, at + next, fault);
		if (err)
			return err;
		next += record_size(get_le32(hwids->bytes + next));
	}
}

/**
 * hwids_open() - read a section with machines, and check it
 * @hwids: receives the section; close it if 0 is returned
 * @pe: the file
 * @section: the section
 * @fault: see pe_open()
 *
 * Return: 0; -EINVAL with a fault; -ENOMEM; or the error of @pe->read.
 */
int hwids_open(struct hwids *hwids, const struct pe *pe,
	       const struct pe_section *section, struct pe_fault *fault)
{
	int err;

	*hwids = (struct hwids) { .size = section->size };
	if (section->size < DESCRIPTOR || section->size > MAX_SIZE)
		return pe_fail(fault, ".hwids: the section must have from 4 bytes to 1 MiB",
			       section->offset, section->size);
	hwids->bytes = malloc(section->size);
	if (!hwids->bytes)
		return -ENOMEM;
	err = pe->read(pe->arg, section->offset, hwids->bytes, section->size);
	if (!err)
		err = check_records(hwids, section->offset, fault);
	if (err)
		hwids_close(hwids);
	return err;
}

/**
 * hwids_next() - find the next record that is about firmware
 * @hwids: the section
 * @hwid: receives the record; its text is valid as long as @hwids is open
 *
 * Return: false: there are no more records. The next call then begins at the first
 * one.
 */
bool hwids_next(struct hwids *hwids, struct hwid *hwid)
{
	const uint8_t *p;
	uint32_t descriptor;

	/* hwids_open() has checked that a record of zeroes ends the list. */
	for (;;) {
		p = hwids->bytes + hwids->next;
		descriptor = get_le32(p);
		hwids->next += record_size(descriptor);
		if (!descriptor || is_firmware(descriptor))
			break;
	}
	if (!descriptor) {
		hwids->next = 0;
		return false;
	}
	get_guid(hwid->chid, p + GUID_AT);
	hwid->fwid = (const char *)hwids->bytes + get_le32(p + FWID_AT);
	return true;
}

/**
 * hwids_close() - free the memory of a section with machines
 * @hwids: from hwids_open()
 */
void hwids_close(struct hwids *hwids)
{
	free(hwids->bytes);
	hwids->bytes = NULL;
}

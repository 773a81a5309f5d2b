// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The header of "1FILE FS"; onefile.h describes the format.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <stdbool.h>
#include <string.h>

#include "efi/onefile.h"
#include "shared/bytes.h"

#define MAGIC		"1FILE FS"
#define MAGIC_SIZE	8
#define IGVM_MAGIC	"IGVM"
#define IGVM_MAGIC_SIZE	4

static bool is_image(const uint8_t *head, size_t len, size_t at)
{
	return len >= at + IGVM_MAGIC_SIZE &&
	       !memcmp(head + at, IGVM_MAGIC, IGVM_MAGIC_SIZE);
}

/**
 * onefile_read() - read the header of a partition
 * @file: receives the place of the file if the result is ONEFILE_OK or
 *	ONEFILE_TOO_LARGE
 * @head: first bytes of the partition
 * @len: number of bytes, at least ONEFILE_PEEK if the partition has them
 * @room: bytes of the partition
 *
 * Return: enum onefile_state.
 */
enum onefile_state onefile_read(struct onefile *file, const uint8_t *head,
				size_t len, uint64_t room)
{
	if (len < MAGIC_SIZE || memcmp(head, MAGIC, MAGIC_SIZE))
		return ONEFILE_NONE;
	if (is_image(head, len, MAGIC_SIZE + sizeof(uint32_t))) {
		file->width = 32;
		file->start = MAGIC_SIZE + sizeof(uint32_t);
		file->size = get_le32(head + MAGIC_SIZE);
	} else if (is_image(head, len, MAGIC_SIZE + sizeof(uint64_t))) {
		file->width = 64;
		file->start = MAGIC_SIZE + sizeof(uint64_t);
		file->size = get_le64(head + MAGIC_SIZE);
	} else {
		return ONEFILE_UNKNOWN;
	}
	if (room < file->start || file->size > room - file->start)
		return ONEFILE_TOO_LARGE;
	return ONEFILE_OK;
}

/**
 * onefile_write() - make the header of a partition
 * @head: receives ONEFILE_HEADER bytes
 * @size: bytes of the file that follows
 */
void onefile_write(uint8_t *head, uint64_t size)
{
	memcpy(head, MAGIC, MAGIC_SIZE);
	put_le64(head + MAGIC_SIZE, size);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * "1FILE FS": a partition that holds one file and nothing else. This code does
 * no I/O.
 *
 *	0	the eight bytes "1FILE FS"
 *	8	size of the file, little-endian, 32 or 64 bits wide
 *	12, 16	the file
 *
 * The first proposal of this format has a size of 32 bits, a reply to it a size of
 * 64 bits. Nothing in the header says which size it has, but the file shows it,
 * because its first bytes are "IGVM". In a 64-bit size, these bytes at offset 12
 * would mean 5 EiB. At offset 16, they would be the version of a file that begins
 * at 12, and no such version exists. So the first place with these bytes counts. A
 * file that is not an IGVM image has no known place.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_ONEFILE_H
#define VMFW_ONEFILE_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the header that onefile_write() makes: its size has 64 bits. */
#define ONEFILE_HEADER	16
/* First bytes of a partition that onefile_read() needs. */
#define ONEFILE_PEEK	20

enum onefile_state {
	ONEFILE_OK,
	ONEFILE_NONE,		/* the header is not "1FILE FS" */
	ONEFILE_UNKNOWN,	/* the file is not an IGVM image */
	ONEFILE_TOO_LARGE,	/* the file ends after the partition */
};

/**
 * struct onefile - the place of the file
 * @width: bits of the size in the header
 * @start: offset of the file within the partition
 * @size: bytes of the file
 */
struct onefile {
	unsigned int width;
	uint64_t start;
	uint64_t size;
};

enum onefile_state onefile_read(struct onefile *file, const uint8_t *head,
				size_t len, uint64_t room);
void onefile_write(uint8_t *head, uint64_t size);

#endif /* VMFW_ONEFILE_H */

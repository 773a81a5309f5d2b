/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * "1FILE FS": a partition that holds one file and nothing else. Pure: bytes in,
 * numbers out.
 *
 *	0	the eight bytes "1FILE FS"
 *	8	size of the file, little-endian, 32 or 64 bits wide
 *	12, 16	the file
 *
 * The first proposal has 32 bits, the answer to it 64, and nothing in the
 * header says which: the file does, whose first bytes are "IGVM". At 12 they
 * would be the upper half of a 64-bit size, of 5 EiB; at 16 they would be the
 * version of a file that begins at 12, and there is no such version. So the
 * first place that has them counts, and a file that is no IGVM image cannot be
 * told.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_ONEFILE_H
#define VMFW_ONEFILE_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the header that is written: its size has 64 bits. */
#define ONEFILE_HEADER	16
/* Bytes that tell all. */
#define ONEFILE_PEEK	20

enum onefile_state {
	ONEFILE_OK,
	ONEFILE_NONE,		/* no such header */
	ONEFILE_UNKNOWN,	/* the file is no IGVM image */
	ONEFILE_TOO_LARGE,	/* the file ends behind the partition */
};

/**
 * struct onefile - where the file is
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

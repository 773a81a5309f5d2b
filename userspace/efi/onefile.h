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
 * 64 bits. The header does not say how wide its size is. The file shows the width,
 * because an IGVM file begins with the bytes "IGVM". A size of 64 bits with these
 * bytes at offset 12 would be about 5 EiB. If the file began at offset 12, the
 * bytes at offset 16 would be its version, and no version has these bytes. So the
 * first place with these bytes counts. A file that is not an IGVM image has no
 * known place.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_ONEFILE_H
#define VMFW_ONEFILE_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the header that onefile_write() makes, with a size of 64 bits. */
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

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Little-endian numbers at any alignment, GUIDs, and sums that report an
 * overflow.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_BYTES_H
#define VMFW_BYTES_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t get_le16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return le16toh(v);
}

static inline uint32_t get_le32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

static inline uint64_t get_le64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

static inline void put_le16(uint8_t *p, uint16_t v)
{
	v = htole16(v);
	memcpy(p, &v, sizeof(v));
}

static inline void put_le32(uint8_t *p, uint32_t v)
{
	v = htole32(v);
	memcpy(p, &v, sizeof(v));
}

static inline void put_le64(uint8_t *p, uint64_t v)
{
	v = htole64(v);
	memcpy(p, &v, sizeof(v));
}

/* Bytes of a GUID. */
#define GUID_SIZE	16

/*
 * Copy a GUID into the byte order of its text. The first three numbers of a GUID
 * are little-endian. In its text, all numbers are big-endian.
 */
static inline void get_guid(uint8_t *uuid, const uint8_t *p)
{
	static const uint8_t order[GUID_SIZE] = {
		3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15
	};
	unsigned int i;

	for (i = 0; i < GUID_SIZE; i++)
		uuid[i] = p[order[i]];
}

/* Store a + b modulo 2^64. Return true if the sum does not fit. */
static inline bool add_wraps(uint64_t a, uint64_t b, uint64_t *sum)
{
	return __builtin_add_overflow(a, b, sum);
}

static inline bool all_zero(const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i])
			return false;
	return true;
}

#endif /* VMFW_BYTES_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The contents of sections .efifw (firmware) and .hwids (machines), in memory.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef TEST_SECTION_H
#define TEST_SECTION_H

#include <stddef.h>
#include <stdint.h>

#include "image.h"

#define SECTION_MAX	1024

/**
 * struct section - the content of a section that a test makes
 * @bytes: the content
 * @len: number of bytes
 */
struct section {
	uint8_t bytes[SECTION_MAX];
	size_t len;
};

/* CHID n of the tests' machine repeats this byte. */
#define MACHINE(n)	(0xa0 + (n))

void section_firmware(struct section *section, const char *fwid,
		      unsigned int machine, const void *payload, size_t len);
void section_machines(struct section *section, size_t nr,
		      const char *const *fwids, const unsigned int *machines);
uint8_t *section_add(struct image *image, const char *name,
		     const struct section *section);

#endif /* TEST_SECTION_H */

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libFuzzer target: whatever the bytes of a PE file, nothing is read past them,
 * and what is accepted lies within them.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bytes {
	const uint8_t *p;
	size_t size;
};

static void must(int condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "contradiction: %s\n", what);
	abort();
}

static int read_bytes(void *arg, uint64_t offset, void *buf, size_t len)
{
	const struct bytes *bytes = arg;

	must(offset <= bytes->size && len <= bytes->size - offset,
	     "reads within the file");
	memcpy(buf, bytes->p + offset, len);
	return 0;
}

static void use(const struct pe *pe)
{
	const struct pe_section *section = pe->sections;
	unsigned int i;

	must(pe->headers_size <= pe->size, "headers lie within the file");
	must(pe->checksum_at + 4 <= pe->headers_size &&
	     (!pe->security_at || pe->security_at + 8 <= pe->headers_size),
	     "fields lie within the headers");
	must(!pe->security_size ||
	     (pe->security_offset >= pe->headers_size &&
	      pe->security_size <= pe->size - pe->security_offset),
	     "certificates lie behind the headers, within the file");
	for (i = 0; i < pe->nr_sections; i++, section++)
		must(!section->size ||
		     (section->offset >= pe->headers_size &&
		      section->offset <= pe->size &&
		      section->size <= pe->size - section->offset),
		     "sections lie behind the headers, within the file");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes bytes = { data, size };
	struct pe_fault fault;
	struct pe pe;

	if (pe_open(&pe, read_bytes, &bytes, size, &fault)) {
		must(fault.text != NULL, "a refusal has a reason");
		return 0;
	}
	use(&pe);
	pe_close(&pe);
	return 0;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The memory of a machine, from --memory.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/exit.h"
#include "ctl/ctl.h"
#include "shared/macro.h"

/*
 * QEMU's machine q35 has all its memory below 4 GiB if it has less than
 * Q35_SPLIT. Otherwise it has Q35_LOW there, and the rest above 4 GiB.
 */
#define Q35_SPLIT	(2816 * MIB)
#define Q35_LOW		(2048 * MIB)
/* Physical addresses on x86 have at most 52 bits. */
#define MAX_SIZE	(1ull << 52)

static int say_wrong(struct output *out, const char *word)
{
	message_error(out->messages, "--memory=%s: invalid value; expected a size of 1M or more, such as 1G, or up to %u ascending ranges such as 0-0x80000000,0x100000000-0x180000000",
		      word, MAX_MEMORY);
	return VMFW_EXIT_USAGE;
}

/* Parse a number, which K, M, G or T may follow. False: it is not valid. */
static bool take_number(const char **word, uint64_t *number)
{
	static const char units[] = "KMGT";
	const char *unit;
	char *end;

	if (**word < '0' || **word > '9')
		return false;
	errno = 0;
	*number = strtoull(*word, &end, 0);
	if (errno)
		return false;
	unit = *end ? strchr(units, *end) : NULL;
	if (unit) {
		unsigned int shift = 10 * (unit - units + 1);

		if (*number > UINT64_MAX >> shift)
			return false;
		*number <<= shift;
		end++;
	}
	*word = end;
	return *number <= MAX_SIZE;
}

static void lay_out_q35(uint64_t size, struct vmfw_igvm_range *ranges,
			size_t *nr)
{
	uint64_t low = size < Q35_SPLIT ? size : Q35_LOW;

	ranges[0] = (struct vmfw_igvm_range) { 0, low };
	*nr = 1;
	if (size > low)
		ranges[(*nr)++] = (struct vmfw_igvm_range) {
			4 * GIB, 4 * GIB + size - low
		};
}

/**
 * memory_parse() - read a machine's memory
 * @out: for errors
 * @word: a size, for memory as on QEMU's machine q35; or ranges
 * @ranges: receives at most MAX_MEMORY ranges
 * @nr: receives their number
 *
 * Return: an exit code.
 */
int memory_parse(struct output *out, const char *word,
		 struct vmfw_igvm_range *ranges, size_t *nr)
{
	const char *p = word;
	uint64_t start, end, before = 0;

	if (!take_number(&p, &start))
		return say_wrong(out, word);
	if (!*p) {
		if (start < MIB)
			return say_wrong(out, word);
		lay_out_q35(start, ranges, nr);
		return VMFW_EXIT_OK;
	}
	for (*nr = 0;; p++) {
		if (*p++ != '-' || !take_number(&p, &end) || start < before ||
		    end <= start || *nr == MAX_MEMORY)
			return say_wrong(out, word);
		ranges[(*nr)++] = (struct vmfw_igvm_range) { start, end };
		before = end;
		if (!*p)
			return VMFW_EXIT_OK;
		p++;
		if (p[-1] != ',' || !take_number(&p, &start))
			return say_wrong(out, word);
		p--;
	}
}

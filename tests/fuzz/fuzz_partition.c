// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libFuzzer target: the first bytes of a partition, and the header of a partition
 * table. No reader reads past the end of the input. Accepted values are within bounds.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <stdlib.h>
#include <string.h>

#include "efi/gpt.h"
#include "efi/onefile.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_file(const uint8_t *data, size_t size, uint64_t room)
{
	struct onefile file;

	switch (onefile_read(&file, data, size, room)) {
	case ONEFILE_OK:
		must(file.start <= room && file.size <= room - file.start,
		     "the file is within the partition");
		must(file.start + 4 <= size &&
		     !memcmp(data + file.start, "IGVM", 4),
		     "the file is an image");
		must(file.width == 8 * (file.start - 8),
		     "the file follows its size");
		break;
	case ONEFILE_TOO_LARGE:
		must(file.start > room || file.size > room - file.start,
		     "the file ends after the partition");
		break;
	default:
		break;
	}
}

static void try_table(uint8_t *block, size_t size)
{
	struct gpt_header header, again;

	if (!gpt_read(&header, block, size))
		return;
	must(header.entries_size, "there are entries");
	gpt_move_entries(block, ~header.entries);
	must(gpt_read(&again, block, size), "entries can be moved");
	must(again.entries == ~header.entries && again.at == header.at &&
	     again.other == header.other &&
	     again.entries_size == header.entries_size &&
	     again.entries_sum == header.entries_sum,
	     "nothing but the entries is moved");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *block = malloc(size ? size : 1);

	must(block != NULL, "memory");
	try_file(data, size, size);
	try_file(data, size, UINT64_MAX);
	memcpy(block, data, size);
	try_table(block, size);
	free(block);
	return 0;
}

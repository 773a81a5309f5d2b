// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libFuzzer target: the two blocks of a record of attempts. A boot reads the attempt
 * that the previous boot saved. Of two successive boots, at most one makes an attempt.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <string.h>
#include <zlib.h>

#include "record/slots.h"
#include "shared/bytes.h"
#include "must.h"

#define BOOTS		12
#define CHECKSUM_AT	12

/* Flags in the first byte of the input. */
#define SEAL_FIRST	1u
#define SEAL_SECOND	2u
#define ONE_SLOT	4u
#define CLEAR		8u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t blocks[SLOTS][RECORD_SIZE];

static int read_block(void *arg, unsigned int slot, uint8_t *block)
{
	(void)arg;
	memcpy(block, blocks[slot], RECORD_SIZE);
	return 0;
}

static int prepare(void *arg)
{
	(void)arg;
	return 0;
}

static int write_block(void *arg, unsigned int slot, const uint8_t *block)
{
	struct record record;

	(void)arg;
	must(all_zero(block, RECORD_SIZE) || !record_decode(&record, block),
	     "a written block can be read");
	memcpy(blocks[slot], block, RECORD_SIZE);
	return 0;
}

static void fill(unsigned int slot, const uint8_t *data, size_t size,
		 int seal)
{
	uint8_t *block = blocks[slot];

	memset(block, 0, RECORD_SIZE);
	memcpy(block, data, size < RECORD_SIZE ? size : RECORD_SIZE);
	if (!seal)
		return;
	memcpy(block, "VMFWREC\0\1\0\0", 12);
	put_le32(block + CHECKSUM_AT, 0);
	put_le32(block + CHECKSUM_AT, crc32(0, block, RECORD_SIZE));
}

static void load(struct slots *slots, unsigned int nr)
{
	const struct slots_medium medium = {
		.nr = nr,
		.read = read_block,
		.prepare = prepare,
		.write = write_block,
	};

	must(!slots_load(slots, &medium), "the blocks can be read");
	must(slots->record.nr <= RECORD_ATTEMPTS, "attempts fit");
}

/*
 * Close an open attempt as the boot flow does, or else make one. Return 1 for a new
 * attempt.
 */
static int boot(unsigned int nr, unsigned int number)
{
	static const uint8_t image[DIGEST_SIZE] = { 7 };
	static const struct firmware firmware = { .known = true };
	uint8_t id[BOOT_ID_SIZE] = { 0xff, number };
	const struct attempt *last;
	struct slots slots;

	load(&slots, nr);
	last = record_last(&slots.record);
	if (slots.state != SLOTS_SOUND && slots.state != SLOTS_FRESH) {
		if (slots.state == SLOTS_TORN)
			slots_save(&slots);
		return 0;
	}
	if (last && last->outcome == OUTCOME_OPEN) {
		record_end(&slots.record, OUTCOME_UNKNOWN, RUNG_NONE, id, 0,
			   &firmware);
		slots_save(&slots);
		return 0;
	}
	record_begin(&slots.record, image, id, 0, &firmware);
	if (slots_save(&slots))
		return 0;
	load(&slots, nr);
	last = record_last(&slots.record);
	must(slots.state == SLOTS_SOUND && last &&
	     last->outcome == OUTCOME_OPEN &&
	     !memcmp(last->boot, id, BOOT_ID_SIZE),
	     "the next boot reads the attempt that was saved");
	return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int nr, number, flags;
	int before = 0, now;
	struct slots slots;

	if (!size)
		return 0;
	flags = *data++;
	size--;
	nr = flags & ONE_SLOT ? 1 : SLOTS;
	fill(0, data, size / nr, flags & SEAL_FIRST);
	fill(1, data + size / 2, size - size / 2, flags & SEAL_SECOND);
	for (number = 0; number < BOOTS; number++) {
		now = boot(nr, number);
		must(!now || !before, "no two attempts in a row");
		before = now;
	}
	load(&slots, nr);
	if (flags & CLEAR && !slots_clear(&slots)) {
		load(&slots, nr);
		must(!slots.record.nr, "a cleared record is empty");
	}
	return 0;
}

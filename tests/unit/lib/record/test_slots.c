// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The slots of the record, and power that fails at every byte of a write.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <cmocka.h>
#include <zlib.h>

#include "record/slots.h"
#include "shared/bytes.h"

#define NEVER	UINT32_MAX

/**
 * struct medium - a medium whose machine may lose power
 * @bytes: contents of the slots
 * @exists: whether there is space for each slot
 * @budget: number of bytes that reach the medium before the power fails
 * @dead: the power has failed
 * @read_err: result of each read
 * @ignore: slot whose writes the medium acknowledges but loses, or SLOTS: none
 * @spoil: the unwritten rest of a torn sector becomes noise
 * @full: number of times that allocating space fails
 */
struct medium {
	uint8_t bytes[SLOTS][RECORD_SIZE];
	bool exists[SLOTS];
	uint32_t budget;
	bool dead;
	int read_err;
	unsigned int ignore;
	bool spoil;
	unsigned int full;
};

static const uint8_t boots[4][BOOT_ID_SIZE] = { { 1 }, { 2 }, { 3 }, { 4 } };
static const uint8_t image[DIGEST_SIZE] = { 7 };
static const struct firmware firmware = { .known = true, .vendor = "a" };

static int medium_read(void *arg, unsigned int slot, uint8_t *block)
{
	struct medium *medium = arg;

	if (medium->dead)
		return -EIO;
	memcpy(block, medium->bytes[slot], RECORD_SIZE);
	return medium->read_err;
}

static int medium_prepare(void *arg)
{
	struct medium *medium = arg;
	unsigned int i;

	if (medium->full) {
		medium->full--;
		return -ENOSPC;
	}
	for (i = 0; i < SLOTS && !medium->dead; i++) {
		if (!medium->budget)
			medium->dead = true;
		else
			medium->exists[i] = true;
		if (medium->budget != NEVER)
			medium->budget--;
	}
	return medium->dead ? -EIO : 0;
}

static int medium_write(void *arg, unsigned int slot, const uint8_t *block)
{
	struct medium *medium = arg;
	uint32_t len = RECORD_SIZE;

	if (medium->dead)
		return -EIO;
	assert_true(medium->exists[slot]);
	if (slot == medium->ignore)
		return 0;
	if (len > medium->budget) {
		len = medium->budget;
		medium->dead = true;
		if (medium->spoil && len)
			memset(medium->bytes[slot] + len, 0xa5,
			       (512 - len % 512) % 512);
	} else if (medium->budget != NEVER) {
		medium->budget -= len;
	}
	memcpy(medium->bytes[slot], block, len);
	return medium->dead ? -EIO : 0;
}

static struct slots_medium medium_of(struct medium *medium, unsigned int nr)
{
	return (struct slots_medium) {
		.nr = nr,
		.read = medium_read,
		.prepare = medium_prepare,
		.write = medium_write,
		.arg = medium,
	};
}

static void load(struct slots *slots, struct medium *medium, unsigned int nr)
{
	struct slots_medium ops = medium_of(medium, nr);

	medium->budget = NEVER;
	medium->dead = false;
	assert_int_equal(slots_load(slots, &ops), 0);
}

static void attempt(struct record *record, unsigned int boot)
{
	record_begin(record, image, boots[boot], boot, &firmware);
}

static void finish(struct record *record, unsigned int boot)
{
	record_end(record, OUTCOME_RUNNING, RUNG_CLAIMED, boots[boot], boot,
		   &firmware);
}

/* Load the record, and add an attempt. */
static void save_attempt(struct slots *slots, struct medium *medium,
			 unsigned int nr)
{
	load(slots, medium, nr);
	attempt(&slots->record, 0);
	assert_int_equal(slots_save(slots), 0);
}

/* If the medium is not readable, the record is empty, and no save succeeds. */
static void test_unreadable(void **state)
{
	struct medium medium = { .ignore = SLOTS };
	struct slots_medium ops = medium_of(&medium, SLOTS);
	struct slots slots;

	(void)state;
	save_attempt(&slots, &medium, SLOTS);
	medium.read_err = -EACCES;
	assert_int_equal(slots_save(&slots), -EACCES);
	memset(&slots, 0xff, sizeof(slots));
	assert_int_equal(slots_load(&slots, &ops), -EACCES);
	assert_int_equal(slots.record.nr, 0);
	assert_int_equal(slots.record.sequence, 0);
}

static void test_attempts_in_order(void **state)
{
	struct medium medium = { .ignore = SLOTS };
	struct slots slots;
	unsigned int nr, i;

	(void)state;
	for (nr = 1; nr <= SLOTS; nr++) {
		memset(medium.bytes, 0, sizeof(medium.bytes));
		load(&slots, &medium, nr);
		assert_int_equal(slots.state, SLOTS_FRESH);
		for (i = 0; i < 20; i++) {
			attempt(&slots.record, 0);
			assert_int_equal(slots_save(&slots), 0);
			assert_int_equal(slots.state, SLOTS_SOUND);
			load(&slots, &medium, nr);
			assert_int_equal(slots.state, SLOTS_SOUND);
			assert_int_equal(record_last(&slots.record)->outcome,
					 OUTCOME_OPEN);
			assert_int_equal(record_last(&slots.record)->number,
					 i + 1);
			finish(&slots.record, 1);
			assert_int_equal(slots_save(&slots), 0);
			load(&slots, &medium, nr);
			assert_int_equal(record_last(&slots.record)->outcome,
					 OUTCOME_RUNNING);
		}
		slots.state = SLOTS_DAMAGED;
		assert_int_equal(slots_clear(&slots), 0);
		assert_int_equal(slots.state, SLOTS_SOUND);
		load(&slots, &medium, nr);
		assert_int_equal(slots.state, SLOTS_SOUND);
		assert_int_equal(slots.record.nr, 0);
	}
}

/*
 * The power fails at each byte of the writes that record an attempt. If slots_save()
 * fails, the tool arms no image. The next boot must be able to go on, and must read
 * either the earlier record or the new one.
 */
static void cut_everywhere(unsigned int before, bool spoil)
{
	struct medium start = { .ignore = SLOTS, .spoil = spoil }, medium;
	struct slots slots, after;
	unsigned int i, cut, saved = 0;
	int err;

	load(&slots, &start, SLOTS);
	for (i = 0; i < before; i++) {
		attempt(&slots.record, 0);
		assert_int_equal(slots_save(&slots), 0);
		finish(&slots.record, 1);
		assert_int_equal(slots_save(&slots), 0);
	}
	for (cut = 0; cut <= 3 * RECORD_SIZE + 4; cut++) {
		medium = start;
		load(&slots, &medium, SLOTS);
		attempt(&slots.record, 2);
		medium.budget = cut;
		err = slots_save(&slots);
		saved += !err;

		load(&after, &medium, SLOTS);
		if (!err) {
			assert_int_equal(after.state, SLOTS_SOUND);
			assert_int_equal(after.record.nr,
					 slots.record.nr);
			continue;
		}
		assert_true(after.state == SLOTS_SOUND ||
			    after.state == SLOTS_FRESH ||
			    after.state == SLOTS_TORN);
		assert_true(after.record.nr == before ||
			    after.record.nr == before + 1);
		/* The record may be fresh only before the first attempt. */
		if (after.state == SLOTS_FRESH)
			assert_int_equal(before, 0);
		assert_int_equal(slots_save(&after), 0);
		load(&after, &medium, SLOTS);
		assert_int_equal(after.state, SLOTS_SOUND);
	}
	assert_true(saved > 0 && saved <= 3 * RECORD_SIZE);
}

static void test_cut(void **state)
{
	unsigned int before;

	(void)state;
	for (before = 0; before < 4; before++) {
		cut_everywhere(before, false);
		cut_everywhere(before, true);
	}
}

/*
 * The power fails after the first empty block, or during the second one. There was
 * no attempt then.
 */
static void test_cut_between_empty_blocks(void **state)
{
	struct medium medium;
	struct slots slots;
	unsigned int cut;

	(void)state;
	for (cut = 0; cut < 2; cut++) {
		medium = (struct medium) { .ignore = SLOTS };
		load(&slots, &medium, SLOTS);
		medium.budget = SLOTS + RECORD_SIZE + cut;
		assert_int_equal(slots_save(&slots), -EIO);
		load(&slots, &medium, SLOTS);
		assert_int_equal(slots.state, SLOTS_FRESH);
	}
}

/* The power fails again, during the repair of a torn record. */
static void test_cut_during_repair(void **state)
{
	struct medium torn = { .ignore = SLOTS }, medium;
	struct slots slots;
	unsigned int cut;

	(void)state;
	save_attempt(&slots, &torn, SLOTS);
	torn.bytes[!slots.newest][77] ^= 1;
	for (cut = 0; cut < RECORD_SIZE; cut++) {
		medium = torn;
		load(&slots, &medium, SLOTS);
		assert_int_equal(slots.state, SLOTS_TORN);
		memcpy(slots.record.barred, boots[1], BOOT_ID_SIZE);
		medium.budget = cut;
		assert_int_equal(slots_save(&slots), -EIO);
		load(&slots, &medium, SLOTS);
		assert_int_equal(record_last(&slots.record)->outcome,
				 OUTCOME_OPEN);
		/*
		 * The slot and the new block both end with zeroes. So the block
		 * may be complete although the power failed before its end.
		 */
		if (slots.state == SLOTS_SOUND)
			assert_memory_equal(slots.record.barred, boots[1],
					    BOOT_ID_SIZE);
		else
			assert_int_equal(slots.state, SLOTS_TORN);
	}
	load(&slots, &torn, SLOTS);
	memcpy(slots.record.barred, boots[1], BOOT_ID_SIZE);
	assert_int_equal(slots_save(&slots), 0);
	load(&slots, &torn, SLOTS);
	assert_int_equal(slots.state, SLOTS_SOUND);
	assert_memory_equal(slots.record.barred, boots[1], BOOT_ID_SIZE);
}

static void test_both_damaged(void **state)
{
	struct medium medium = { .ignore = SLOTS };
	struct slots slots;
	unsigned int cut;

	(void)state;
	save_attempt(&slots, &medium, SLOTS);
	medium.bytes[0][100] ^= 1;
	medium.bytes[1][100] ^= 1;
	load(&slots, &medium, SLOTS);
	assert_int_equal(slots.state, SLOTS_DAMAGED);
	assert_int_equal(slots.record.nr, 0);
	assert_int_equal(slots_save(&slots), -EBADMSG);

	/* The user can repeat the clearing until it succeeds. */
	for (cut = 0; cut < 4 * RECORD_SIZE; cut += 37) {
		load(&slots, &medium, SLOTS);
		medium.budget = cut;
		assert_int_equal(slots_clear(&slots), -EIO);
	}
	load(&slots, &medium, SLOTS);
	assert_int_equal(slots_clear(&slots), 0);
	load(&slots, &medium, SLOTS);
	assert_int_equal(slots.state, SLOTS_SOUND);
	assert_int_equal(slots.record.nr, 0);
}

/*
 * If either slot is all zeroes, as after an interrupted clearing, the other slot
 * does not matter.
 */
static void test_zeroes_beside_damage(void **state)
{
	struct medium medium = { .ignore = SLOTS };
	struct slots slots;
	unsigned int slot;

	(void)state;
	for (slot = 0; slot < SLOTS; slot++) {
		memset(medium.bytes[slot], 0, RECORD_SIZE);
		memset(medium.bytes[!slot], 0x5a, RECORD_SIZE);
		load(&slots, &medium, SLOTS);
		assert_int_equal(slots.state, SLOTS_FRESH);
		assert_int_equal(slots.record.nr, 0);
	}
	memset(medium.bytes, 0x5a, sizeof(medium.bytes));
	load(&slots, &medium, SLOTS);
	assert_int_equal(slots.state, SLOTS_DAMAGED);
}

/*
 * A record without attempts also counts once it is complete. If one slot is
 * damaged then, an attempt may have been there.
 */
static void test_damage_beside_an_empty_record(void **state)
{
	struct medium start = { .ignore = SLOTS }, medium;
	struct slots slots;
	unsigned int slot;

	(void)state;
	load(&slots, &start, SLOTS);
	assert_int_equal(slots_save(&slots), 0);
	for (slot = 0; slot < SLOTS; slot++) {
		medium = start;
		memset(medium.bytes[slot], 0x5a, RECORD_SIZE);
		load(&slots, &medium, SLOTS);
		assert_int_equal(slots.state, SLOTS_TORN);
		assert_int_equal(slots.record.nr, 0);
	}
}

static void test_two_of_one_number(void **state)
{
	struct medium medium = { .ignore = SLOTS };
	struct slots slots;

	(void)state;
	save_attempt(&slots, &medium, SLOTS);
	memcpy(medium.bytes[!slots.newest], medium.bytes[slots.newest],
	       RECORD_SIZE);
	load(&slots, &medium, SLOTS);
	assert_int_equal(slots.state, SLOTS_DAMAGED);
	/* Neither slot counts. */
	assert_int_equal(slots.record.nr, 0);
	assert_int_equal(slots.record.sequence, 0);
}

/* If one of two slots is damaged, the other slot counts, but the record is torn. */
static void test_either_damaged(void **state)
{
	struct medium start = { .ignore = SLOTS }, medium;
	unsigned int newest, damaged, saves;
	struct slots slots;

	(void)state;
	load(&slots, &start, SLOTS);
	attempt(&slots.record, 0);
	for (saves = 0; saves < 2; saves++) {
		assert_int_equal(slots_save(&slots), 0);
		newest = slots.newest;
		for (damaged = 0; damaged < SLOTS; damaged++) {
			struct slots after;

			medium = start;
			medium.bytes[damaged][77] ^= 1;
			load(&after, &medium, SLOTS);
			assert_int_equal(after.state, SLOTS_TORN);
			assert_int_equal(after.newest, !damaged);
			assert_int_equal(after.record.sequence,
					 slots.record.sequence -
					 (damaged == newest));
		}
	}
}

/* The medium loses acknowledged writes to a damaged slot. No boot may make an attempt. */
static void test_lossy(void **state)
{
	unsigned int lossy, boot, attempts;
	struct medium medium;
	struct slots slots;
	uint8_t id[BOOT_ID_SIZE] = { 0 };

	(void)state;
	for (lossy = 0; lossy < SLOTS; lossy++) {
		memset(&medium, 0, sizeof(medium));
		medium.ignore = SLOTS;
		load(&slots, &medium, SLOTS);
		assert_int_equal(slots_save(&slots), 0);
		medium.ignore = lossy;
		memset(medium.bytes[lossy], 0x5a, RECORD_SIZE);
		for (boot = 0, attempts = 0; boot < 50; boot++) {
			id[0] = boot + 1;
			load(&slots, &medium, SLOTS);
			if (slots.state != SLOTS_SOUND)
				continue;
			record_begin(&slots.record, image, id, 0, &firmware);
			if (!slots_save(&slots))
				attempts++;
		}
		assert_int_equal(attempts, 0);
	}
}

/*
 * After a write, the tool reads the record as the next boot will. If the medium has
 * lost the block, the tool makes no attempt. A record that is still there does not
 * count as cleared.
 */
static void test_saved_and_not_there(void **state)
{
	struct medium medium;
	struct slots slots;
	unsigned int nr;

	(void)state;
	for (nr = 1; nr <= SLOTS; nr++) {
		memset(&medium, 0, sizeof(medium));
		medium.ignore = SLOTS;
		save_attempt(&slots, &medium, nr);
		finish(&slots.record, 1);
		assert_int_equal(slots_save(&slots), 0);
		/* The medium loses a block with as many attempts, and later one with one more. */
		medium.ignore = nr == 1 ? 0 : !slots.newest;
		finish(&slots.record, 2);
		assert_int_equal(slots_save(&slots), -EIO);
		load(&slots, &medium, nr);
		medium.ignore = nr == 1 ? 0 : !slots.newest;
		attempt(&slots.record, 2);
		assert_int_equal(slots_save(&slots), -EIO);
		load(&slots, &medium, nr);
		assert_int_equal(slots.state, SLOTS_SOUND);
		assert_int_equal(slots.record.nr, 1);
		medium.ignore = slots.newest;
		assert_int_equal(slots_clear(&slots), -EIO);
	}
}

static void test_one_slot(void **state)
{
	struct medium medium = { .ignore = SLOTS };
	struct slots slots;

	(void)state;
	save_attempt(&slots, &medium, 1);
	medium.bytes[0][9] = 1;
	load(&slots, &medium, 1);
	assert_int_equal(slots.state, SLOTS_DAMAGED);
	memset(medium.bytes, 0, sizeof(medium.bytes));
	load(&slots, &medium, 1);
	assert_int_equal(slots.state, SLOTS_FRESH);
}

/* If the medium has no space, the code fails and writes nothing. */
static void test_no_room(void **state)
{
	static const uint8_t zeroes[SLOTS][RECORD_SIZE];
	struct medium medium = { .ignore = SLOTS };
	struct slots slots;

	(void)state;
	load(&slots, &medium, SLOTS);
	attempt(&slots.record, 0);
	medium.full = 1;
	assert_int_equal(slots_save(&slots), -ENOSPC);
	assert_memory_equal(medium.bytes, zeroes, sizeof(zeroes));
	assert_int_equal(slots_save(&slots), 0);
	load(&slots, &medium, SLOTS);
	assert_int_equal(slots.state, SLOTS_SOUND);
	assert_int_equal(slots.record.nr, 1);
	medium.full = 1;
	assert_int_equal(slots_clear(&slots), -ENOSPC);
	load(&slots, &medium, SLOTS);
	assert_int_equal(slots.record.nr, 1);
}

/* Forge a block, as anyone with access to the medium can. */
static void forge(struct medium *medium, unsigned int slot,
		  const struct record *record)
{
	record_encode(record, medium->bytes[slot]);
	medium->exists[slot] = true;
}

/*
 * The medium loses a block, but has a forged one with the same number. The
 * forged block contains an attempt, so the tool must not report the record as
 * cleared.
 */
static void test_forged_and_not_cleared(void **state)
{
	struct medium medium;
	struct slots slots;
	unsigned int nr;

	(void)state;
	for (nr = 1; nr <= SLOTS; nr++) {
		memset(&medium, 0, sizeof(medium));
		load(&slots, &medium, nr);
		attempt(&slots.record, 0);
		/* A cleared record has block 1 in slot 0, block 2 in slot 1. */
		slots.record.sequence = nr;
		forge(&medium, nr - 1, &slots.record);
		medium.ignore = nr - 1;
		assert_int_equal(slots_clear(&slots), -EIO);
		load(&slots, &medium, nr);
		assert_int_equal(slots.state, SLOTS_SOUND);
		assert_int_equal(slots.record.nr, 1);
		medium.ignore = SLOTS;
		assert_int_equal(slots_clear(&slots), 0);
	}
}

/*
 * The first block normally has no attempt. One with an attempt counts, although
 * the second block is damaged.
 */
static void test_forged_first_block(void **state)
{
	struct medium medium = { .ignore = SLOTS };
	struct slots slots;

	(void)state;
	save_attempt(&slots, &medium, SLOTS);
	slots.record.sequence = 1;
	forge(&medium, 0, &slots.record);
	memset(medium.bytes[1], 0x5a, RECORD_SIZE);
	load(&slots, &medium, SLOTS);
	assert_int_equal(slots.state, SLOTS_TORN);
	assert_int_equal(slots.record.nr, 1);
}

/*
 * A block with a right checksum, but with an impossible attempt, does not
 * count, however high its number is. The sound block in the other slot counts.
 */
static void test_forged_beside_a_sound_block(void **state)
{
	struct medium medium;
	struct record record;
	struct slots slots;
	unsigned int slot;

	(void)state;
	for (slot = 0; slot < SLOTS; slot++) {
		memset(&medium, 0, sizeof(medium));
		medium.ignore = SLOTS;
		save_attempt(&slots, &medium, SLOTS);
		record = slots.record;
		forge(&medium, !slot, &record);
		record.sequence += 100;
		record.attempts[0].number = 0;
		forge(&medium, slot, &record);
		load(&slots, &medium, SLOTS);
		assert_int_equal(slots.state, SLOTS_TORN);
		assert_int_equal(slots.newest, !slot);
		assert_int_equal(slots.record.sequence, record.sequence - 100);
		assert_int_equal(record_last(&slots.record)->number, 1);
		/* The next write replaces the forged block. */
		assert_int_equal(slots_save(&slots), 0);
		load(&slots, &medium, SLOTS);
		assert_int_equal(slots.state, SLOTS_SOUND);
		assert_int_equal(slots.newest, slot);
	}
}

/* Another program changes the other slot during the write of an attempt. */
static void test_other_slot_changes(void **state)
{
	struct medium medium = { .ignore = SLOTS };
	struct record record;
	struct slots slots;

	(void)state;
	save_attempt(&slots, &medium, SLOTS);
	memset(medium.bytes[slots.newest], 0x5a, RECORD_SIZE);
	assert_int_equal(slots_save(&slots), -EIO);
	load(&slots, &medium, SLOTS);
	assert_int_equal(slots.state, SLOTS_TORN);
	assert_int_equal(slots_save(&slots), 0);
	/* The medium has the expected number, but in the wrong slot. */
	record = slots.record;
	record.sequence++;
	forge(&medium, slots.newest, &record);
	medium.ignore = !slots.newest;
	assert_int_equal(slots_save(&slots), -EIO);
}

/* Give a block a version that the tool does not know. */
static void make_newer(uint8_t *block)
{
	put_le32(block + 8, 2);
	put_le32(block + 12, 0);
	put_le32(block + 12, crc32(0, block, RECORD_SIZE));
}

/*
 * If either slot has a newer version, the tool does not use the record. It
 * changes the record only if the user clears it.
 */
static void test_newer(void **state)
{
	struct medium medium, before;
	struct slots slots;
	unsigned int i, nr, slot;

	(void)state;
	for (i = 0; i < 2 * (1 + SLOTS); i++) {
		nr = i / 2 ? SLOTS : 1;
		slot = i / 2 == 2;
		memset(&medium, 0, sizeof(medium));
		medium.ignore = SLOTS;
		save_attempt(&slots, &medium, nr);
		make_newer(medium.bytes[slot]);
		/* The contents of the other slot do not matter. */
		if (i % 2)
			memset(medium.bytes[!slot], 0x5a, RECORD_SIZE);
		before = medium;
		load(&slots, &medium, nr);
		assert_int_equal(slots.state, SLOTS_NEWER);
		assert_int_equal(slots.record.nr, 0);
		assert_int_equal(slots.record.sequence, 0);
		assert_int_equal(slots_save(&slots), -EBADMSG);
		assert_memory_equal(medium.bytes, before.bytes,
				    sizeof(before.bytes));
		assert_int_equal(slots_clear(&slots), 0);
		load(&slots, &medium, nr);
		assert_int_equal(slots.state, SLOTS_SOUND);
	}
}

/* The tool writes no block that it would refuse to read. */
static void test_numbers_used_up(void **state)
{
	struct medium medium, before;
	struct record record;
	struct slots slots;
	unsigned int nr;

	(void)state;
	for (nr = 1; nr <= SLOTS; nr++) {
		memset(&medium, 0, sizeof(medium));
		medium.ignore = SLOTS;
		load(&slots, &medium, nr);
		assert_int_equal(slots_save(&slots), 0);
		record = slots.record;
		record.sequence = RECORD_MOST - 1;
		forge(&medium, slots.newest, &record);
		load(&slots, &medium, nr);
		assert_int_equal(slots_save(&slots), 0);
		before = medium;
		assert_int_equal(slots_save(&slots), -EOVERFLOW);
		assert_memory_equal(medium.bytes, before.bytes,
				    sizeof(before.bytes));
	}
}

/*
 * Forged blocks have the highest numbers, in one slot or in both. The number of
 * attempts must stay limited. The next boot must read each saved attempt.
 */
static void test_last_numbers(void **state)
{
	static const uint64_t numbers[] = {
		UINT64_MAX, UINT64_MAX - 1, INT64_MAX, RECORD_MOST + 1,
		RECORD_MOST, RECORD_MOST - 1, RECORD_MOST - 2,
	};
	uint8_t id[BOOT_ID_SIZE] = { 0 };
	unsigned int i, where, boot, nr, attempts;
	struct medium medium;
	struct record record;
	struct slots slots;

	(void)state;
	for (i = 0; i < 7 * 2 * 3 * 2; i++) {
		memset(&medium, 0, sizeof(medium));
		medium.ignore = SLOTS;
		nr = 1 + i / 7 % 2;
		where = i / 14 % 3;
		load(&slots, &medium, nr);
		attempt(&slots.record, 1);
		assert_int_equal(slots_save(&slots), 0);
		record = slots.record;
		if (i / 42)
			record.attempts[0].number = numbers[i % 7];
		else
			record.sequence = numbers[i % 7];
		if (where != 1)
			forge(&medium, 0, &record);
		record.sequence--;
		if (where)
			forge(&medium, 1, &record);
		for (boot = 0, attempts = 0; boot < 50; boot++) {
			const struct attempt *last;

			id[0] = boot + 10;
			load(&slots, &medium, nr);
			last = record_last(&slots.record);
			if (slots.state != SLOTS_SOUND)
				continue;
			if (last && last->outcome == OUTCOME_OPEN) {
				record_end(&slots.record, OUTCOME_UNKNOWN,
					   RUNG_NONE, id, 0, &firmware);
				slots_save(&slots);
				continue;
			}
			record_begin(&slots.record, image, id, 0, &firmware);
			if (slots_save(&slots))
				continue;
			attempts++;
			load(&slots, &medium, nr);
			assert_int_equal(slots.state, SLOTS_SOUND);
			assert_memory_equal(record_last(&slots.record)->boot,
					    id, BOOT_ID_SIZE);
		}
		/* At most every other boot makes an attempt. */
		assert_true(attempts <= 25);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_attempts_in_order),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_cut_between_empty_blocks),
		cmocka_unit_test(test_cut_during_repair),
		cmocka_unit_test(test_both_damaged),
		cmocka_unit_test(test_zeroes_beside_damage),
		cmocka_unit_test(test_damage_beside_an_empty_record),
		cmocka_unit_test(test_two_of_one_number),
		cmocka_unit_test(test_either_damaged),
		cmocka_unit_test(test_lossy),
		cmocka_unit_test(test_saved_and_not_there),
		cmocka_unit_test(test_one_slot),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_forged_and_not_cleared),
		cmocka_unit_test(test_forged_first_block),
		cmocka_unit_test(test_forged_beside_a_sound_block),
		cmocka_unit_test(test_other_slot_changes),
		cmocka_unit_test(test_newer),
		cmocka_unit_test(test_numbers_used_up),
		cmocka_unit_test(test_last_numbers),
	};

	return cmocka_run_group_tests_name("slots", tests, NULL, NULL);
}

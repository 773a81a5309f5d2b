// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Two slots and power that goes at every byte of every write.
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

#include "record/slots.h"

#define NEVER	UINT32_MAX

/**
 * struct medium - a medium that a machine loses power over
 * @bytes: of the slots, as they are after the power is back
 * @exists: a slot was made room for
 * @budget: bytes that are still written before the power goes
 * @dead: it went
 * @ignore: slot whose writes are acknowledged and lost, or SLOTS
 * @spoil: what was not written of a torn sector is noise, too
 */
struct medium {
	uint8_t bytes[SLOTS][RECORD_SIZE];
	bool exists[SLOTS];
	uint32_t budget;
	bool dead;
	unsigned int ignore;
	bool spoil;
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
	return 0;
}

static int medium_prepare(void *arg)
{
	struct medium *medium = arg;
	unsigned int i;

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

static void test_life(void **state)
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
		assert_int_equal(slots_clear(&slots), 0);
		load(&slots, &medium, nr);
		assert_int_equal(slots.state, SLOTS_SOUND);
		assert_int_equal(slots.record.nr, 0);
	}
}

/*
 * From the very first write on, the power goes at each byte of an attempt's
 * record. If slots_save() did not succeed, nothing was armed; whatever the next
 * boot reads, it must be able to go on, and never read anything but the record
 * before or the one that was written.
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
		/* Before the first attempt nothing is to be guarded. */
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

/* The power goes while the record of a torn write is mended, and again. */
static void test_cut_while_mending(void **state)
{
	struct medium torn = { .ignore = SLOTS }, medium;
	struct slots slots;
	unsigned int cut;

	(void)state;
	load(&slots, &torn, SLOTS);
	attempt(&slots.record, 0);
	assert_int_equal(slots_save(&slots), 0);
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
		/* The block ends in zeroes, that need not be written. */
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
	load(&slots, &medium, SLOTS);
	attempt(&slots.record, 0);
	assert_int_equal(slots_save(&slots), 0);
	medium.bytes[0][100] ^= 1;
	medium.bytes[1][100] ^= 1;
	load(&slots, &medium, SLOTS);
	assert_int_equal(slots.state, SLOTS_DAMAGED);
	assert_int_equal(slots.record.nr, 0);
	assert_int_equal(slots_save(&slots), -EBADMSG);

	/* To clear it can be repeated until it succeeds. */
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

static void test_two_of_one_number(void **state)
{
	struct medium medium = { .ignore = SLOTS };
	struct slots slots;

	(void)state;
	load(&slots, &medium, SLOTS);
	assert_int_equal(slots_save(&slots), 0);
	memcpy(medium.bytes[0], medium.bytes[1], RECORD_SIZE);
	load(&slots, &medium, SLOTS);
	assert_int_equal(slots.state, SLOTS_DAMAGED);
}

/*
 * A medium that loses what it acknowledged, in either slot: attempts that the
 * next boot does not know of do not go on forever.
 */
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
 * What was saved is looked for where the next boot does: a medium that
 * acknowledged the block and does not have it makes no attempt, and no record is
 * called cleared that is still there.
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
		load(&slots, &medium, nr);
		attempt(&slots.record, 0);
		assert_int_equal(slots_save(&slots), 0);
		finish(&slots.record, 1);
		assert_int_equal(slots_save(&slots), 0);
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
	load(&slots, &medium, 1);
	attempt(&slots.record, 0);
	assert_int_equal(slots_save(&slots), 0);
	medium.bytes[0][9] = 1;
	load(&slots, &medium, 1);
	assert_int_equal(slots.state, SLOTS_DAMAGED);
	memset(medium.bytes, 0, sizeof(medium.bytes));
	load(&slots, &medium, 1);
	assert_int_equal(slots.state, SLOTS_FRESH);
}

/* A block as whoever can write to the medium can make one. */
static void forge(struct medium *medium, unsigned int slot,
		  const struct record *record)
{
	record_encode(record, medium->bytes[slot]);
	medium->exists[slot] = true;
}

/*
 * Numbers from outside that nothing can follow, in a slot or in both: attempts
 * that the next boot does not know of do not go on forever, and an attempt that
 * was saved is what the next boot reads.
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
		/* Every other boot, or none once the numbers have ended. */
		assert_true(attempts <= 25);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_cut_while_mending),
		cmocka_unit_test(test_both_damaged),
		cmocka_unit_test(test_two_of_one_number),
		cmocka_unit_test(test_lossy),
		cmocka_unit_test(test_saved_and_not_there),
		cmocka_unit_test(test_one_slot),
		cmocka_unit_test(test_last_numbers),
	};

	return cmocka_run_group_tests_name("slots", tests, NULL, NULL);
}

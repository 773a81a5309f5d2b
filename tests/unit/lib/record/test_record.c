// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The block of the record: record_decode() returns the encoded record, and finds
 * any damage.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <errno.h>
#include <stdlib.h>
#include <cmocka.h>
#include <zlib.h>

#include "record/record.h"
#include "shared/macro.h"

static const uint8_t boots[3][BOOT_ID_SIZE] = { { 1 }, { 2 }, { 3 } };
static const uint8_t image[DIGEST_SIZE] = { 7 };
static const struct firmware old = {
	.known = true, .vendor = "SeaBIOS", .version = "1.16", .date = "2014",
};
static const struct firmware new = {
	.known = true, .uefi = true, .vendor = "EDK II", .version = "2022",
};

/* Correct the checksum of a block that the test has changed. */
static void seal(uint8_t *block)
{
	uint32_t crc, i;

	memset(block + 12, 0, 4);
	crc = crc32(0, block, RECORD_SIZE);
	for (i = 0; i < 4; i++)
		block[12 + i] = crc >> 8 * i;
}

static void sample(struct record *record)
{
	memset(record, 0, sizeof(*record));
	record->sequence = 0x1122334455667788;
	record->barred[3] = 9;
	record_begin(record, image, boots[0], 1000, &old);
	record_end(record, OUTCOME_RUNNING, RUNG_CLAIMED, boots[1], -5, &new);
	record_begin(record, image, boots[2], 3000, &new);
}

static void test_round_trip(void **state)
{
	struct record record, back;
	uint8_t block[RECORD_SIZE];

	(void)state;
	sample(&record);
	record_encode(&record, block);
	assert_int_equal(record_decode(&back, block), 0);
	assert_int_equal(back.sequence, record.sequence);
	assert_memory_equal(back.barred, record.barred, BOOT_ID_SIZE);
	assert_int_equal(back.nr, 2);
	assert_int_equal(back.attempts[0].outcome, OUTCOME_RUNNING);
	assert_int_equal(back.attempts[0].rung, RUNG_CLAIMED);
	assert_int_equal(back.attempts[0].number, 1);
	assert_true(back.attempts[0].begun == 1000);
	assert_true(back.attempts[0].ended == -5);
	assert_memory_equal(back.attempts[0].image, image, DIGEST_SIZE);
	assert_memory_equal(back.attempts[0].boot, boots[0], BOOT_ID_SIZE);
	assert_memory_equal(back.attempts[0].end_boot, boots[1], BOOT_ID_SIZE);
	assert_true(firmware_same(&back.attempts[0].before, &old));
	assert_true(firmware_same(&back.attempts[0].after, &new));
	assert_int_equal(back.attempts[1].outcome, OUTCOME_OPEN);
	assert_false(back.attempts[1].after.known);
	assert_ptr_equal(record_last(&back), &back.attempts[1]);
}

/* Other programs read the block, too. They depend on its offsets and values. */
static void test_layout(void **state)
{
	struct record record;
	uint8_t block[RECORD_SIZE];

	(void)state;
	sample(&record);
	record_encode(&record, block);
	assert_memory_equal(block, "VMFWREC\0\1\0\0\0", 12);
	assert_memory_equal(block + 16, "\x88\x77\x66\x55\x44\x33\x22\x11", 8);
	assert_memory_equal(block + 24, "\2\0\0\0", 4);
	assert_int_equal(block[35], 9);
	assert_int_equal(block[64], 7);
	assert_int_equal(block[64 + 32], OUTCOME_RUNNING);
	assert_int_equal(block[64 + 33], RUNG_CLAIMED);
	assert_int_equal(block[64 + 34], 0xd);
	assert_int_equal(block[64 + 40], 1);
	assert_memory_equal(block + 64 + 48, "\xe8\3", 2);
	assert_int_equal(block[64 + 64], 1);
	assert_int_equal(block[64 + 80], 2);
	assert_string_equal((char *)block + 64 + 96, "SeaBIOS");
	assert_string_equal((char *)block + 64 + 176, "1.16");
	assert_string_equal((char *)block + 64 + 272, "2014");
	assert_string_equal((char *)block + 64 + 296, "EDK II");
	assert_int_equal(block[64 + 504 + 40], 2);
}

static void is_zero(const uint8_t *block, unsigned int from, unsigned int to)
{
	for (; from < to; from++)
		assert_int_equal(block[from], 0);
}

/*
 * Reserved bytes become zero, even if the block had other bytes before, and whatever
 * follows the last member in memory.
 */
static void test_reserved(void **state)
{
	const size_t end = offsetof(struct attempt, after) +
			   sizeof(struct firmware);
	const struct record empty = { .sequence = 1 };
	struct record record;
	uint8_t block[RECORD_SIZE];

	(void)state;
	sample(&record);
	memset((uint8_t *)&record.attempts[0] + end, 0xff,
	       sizeof(struct attempt) - end);
	memset(block, 0xee, sizeof(block));
	record_encode(&record, block);
	is_zero(block, 28, 32);
	is_zero(block, 48, 64);
	is_zero(block, 64 + 35, 64 + 40);
	is_zero(block, 64 + 496, 64 + 504);
	is_zero(block, 64 + 2 * 504, RECORD_SIZE);
	/* In an open attempt, the members about its end are zero. */
	is_zero(block, 64 + 504 + 80, 64 + 504 + 96);
	is_zero(block, 64 + 504 + 296, 64 + 504 + 496);
	memset(block, 0xee, sizeof(block));
	record_encode(&empty, block);
	is_zero(block, 24, RECORD_SIZE);
}

/* Users and programs read these words, so they must not change. */
static void test_words(void **state)
{
	static const char *const words[] = {
		[OUTCOME_OPEN] = "open", [OUTCOME_RUNNING] = "running",
		[OUTCOME_NOT_RUNNING] = "not running",
		[OUTCOME_UNKNOWN] = "unknown", [OUTCOME_REFUSED] = "refused",
		[OUTCOME_FAILED] = "failed",
	};
	enum outcome outcome;

	(void)state;
	for (outcome = OUTCOME_OPEN; outcome <= OUTCOME_FAILED; outcome++)
		assert_string_equal(outcome_word(outcome), words[outcome]);
	assert_string_equal(verdict_word(VERDICT_UNKNOWN), "unknown");
	assert_string_equal(verdict_word(VERDICT_RUNNING), "running");
	assert_string_equal(verdict_word(VERDICT_NOT_RUNNING), "not running");
	assert_string_equal(rung_word(RUNG_NONE), "none");
	assert_string_equal(rung_word(RUNG_CLAIMED), "claimed");
	assert_string_equal(rung_word(RUNG_SIGNED), "signed");
}

/* A number above RECORD_MOST makes a block invalid. */
static void test_last_numbers(void **state)
{
	struct record record, back;
	uint8_t block[RECORD_SIZE];

	(void)state;
	sample(&record);
	record.sequence = RECORD_MOST;
	record_encode(&record, block);
	assert_int_equal(record_decode(&back, block), 0);
	record.sequence++;
	record_encode(&record, block);
	assert_int_equal(record_decode(&back, block), -EBADMSG);
	record.sequence = UINT64_MAX;
	record_encode(&record, block);
	assert_int_equal(record_decode(&back, block), -EBADMSG);

	record.sequence = 1;
	record.attempts[0].number = RECORD_MOST - 1;
	record.attempts[1].number = RECORD_MOST;
	record_encode(&record, block);
	assert_int_equal(record_decode(&back, block), 0);
	record.attempts[0].number++;
	record.attempts[1].number++;
	record_encode(&record, block);
	assert_int_equal(record_decode(&back, block), -EBADMSG);
	record.attempts[0].number = UINT64_MAX;
	record.attempts[1].number = 0;
	record_encode(&record, block);
	assert_int_equal(record_decode(&back, block), -EBADMSG);
	record.nr = 1;
	record.attempts[0].number = 0;
	record_encode(&record, block);
	assert_int_equal(record_decode(&back, block), -EBADMSG);
	record.attempts[0].number = 1;
	record_encode(&record, block);
	assert_int_equal(record_decode(&back, block), 0);
}

/* Changing any single bit damages the block. */
static void test_every_bit(void **state)
{
	struct record record, back;
	uint8_t block[RECORD_SIZE];
	unsigned int i;

	(void)state;
	sample(&record);
	record_encode(&record, block);
	for (i = 0; i < 8 * RECORD_SIZE; i++) {
		block[i / 8] ^= 1u << i % 8;
		assert_int_equal(record_decode(&back, block), -EBADMSG);
		block[i / 8] ^= 1u << i % 8;
	}
	assert_int_equal(record_decode(&back, block), 0);
}

static void test_empty(void **state)
{
	uint8_t block[RECORD_SIZE] = { 0 };
	struct record record;

	(void)state;
	assert_int_equal(record_decode(&record, block), -ENODATA);
	block[RECORD_SIZE - 1] = 1;
	assert_int_equal(record_decode(&record, block), -EBADMSG);
	memset(&record, 0, sizeof(record));
	record_encode(&record, block);
	assert_int_equal(record_decode(&record, block), 0);
	assert_null(record_last(&record));
}

/* The checksum is right, but the test changes one byte of the contents. */
static void test_forged(void **state)
{
	static const struct {
		unsigned int at;
		uint8_t value;
		int err;
	} forged[] = {
		{ 0, 'v', -EBADMSG },
		{ 7, 1, -EBADMSG },
		{ 8, 0, -EPROTONOSUPPORT },
		{ 8, 2, -EPROTONOSUPPORT },
		{ 24, RECORD_ATTEMPTS + 1, -EBADMSG },
		{ 27, 1, -EBADMSG },
		{ 64 + 32, 0, -EBADMSG },
		{ 64 + 32, OUTCOME_OPEN, -EBADMSG },
		{ 64 + 32, OUTCOME_FAILED + 1, -EBADMSG },
		{ 64 + 33, RUNG_SIGNED + 1, -EBADMSG },
		{ 64 + 34, 0x10, -EBADMSG },
		{ 64 + 40, 0, -EBADMSG },
		{ 64 + 40, 5, -EBADMSG },
		{ 64 + 96 + 79, 'x', -EBADMSG },
		{ 64 + 96 + 175, 'x', -EBADMSG },
		{ 64 + 295, 'x', -EBADMSG },
		{ 64 + 296 + 79, 'x', -EBADMSG },
		{ 64 + 296 + 175, 'x', -EBADMSG },
		{ 64 + 296 + 199, 'x', -EBADMSG },
		/*
		 * Valid values: the last byte of a text, a reserved byte, and
		 * the highest numbers.
		 */
		{ 64 + 96 + 78, 'x', 0 },
		{ 64 + 496, 'x', 0 },
		{ 64 + 32, OUTCOME_FAILED, 0 },
		{ 64 + 33, RUNG_SIGNED, 0 },
		{ 64 + 34, 0xf, 0 },
	};
	struct record record;
	uint8_t block[RECORD_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(forged); i++) {
		sample(&record);
		record_encode(&record, block);
		block[forged[i].at] = forged[i].value;
		seal(block);
		assert_int_equal(record_decode(&record, block), forged[i].err);
	}
}

/* A block has no room for another attempt, even if a sound one follows in memory. */
static void test_too_many_attempts(void **state)
{
	enum { SIZE = 504 };
	struct record record = { .sequence = 1 };
	struct {
		struct record record;
		struct attempt more;
	} back;
	uint8_t block[RECORD_SIZE + SIZE];
	unsigned int i;

	(void)state;
	for (i = 0; i < RECORD_ATTEMPTS; i++) {
		record_begin(&record, image, boots[0], i, &old);
		record_end(&record, OUTCOME_UNKNOWN, RUNG_NONE, boots[1], i,
			   &old);
	}
	record_encode(&record, block);
	assert_int_equal(record_decode(&back.record, block), 0);
	assert_int_equal(back.record.nr, RECORD_ATTEMPTS);
	memcpy(block + RECORD_SIZE, block + RECORD_SIZE - SIZE, SIZE);
	block[RECORD_SIZE + 40]++;
	block[24]++;
	seal(block);
	assert_int_equal(record_decode(&back.record, block), -EBADMSG);
}

/* Names come from firmware, so the code replaces control characters. */
static void test_text(void **state)
{
	struct record record;
	uint8_t block[RECORD_SIZE];

	(void)state;
	sample(&record);
	strcpy(record.attempts[0].before.vendor, "a\033[2Jb\xff");
	record_encode(&record, block);
	assert_int_equal(record_decode(&record, block), 0);
	assert_string_equal(record.attempts[0].before.vendor, "a?[2Jb?");
}

static void test_ring(void **state)
{
	struct record record = { 0 };
	uint8_t block[RECORD_SIZE];
	unsigned int i;

	(void)state;
	for (i = 1; i <= 3 * RECORD_ATTEMPTS; i++) {
		record_begin(&record, image, boots[0], i, &old);
		assert_int_equal(record_last(&record)->number, i);
		assert_int_equal(record_last(&record)->outcome, OUTCOME_OPEN);
		record_end(&record, OUTCOME_UNKNOWN, RUNG_NONE, boots[1], i,
			   &old);
		assert_int_equal(record.nr, i < RECORD_ATTEMPTS ? i :
				 RECORD_ATTEMPTS);
		record_encode(&record, block);
		assert_int_equal(record_decode(&record, block), 0);
	}
	assert_int_equal(record.attempts[0].number, 2 * RECORD_ATTEMPTS + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_last_numbers),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_too_many_attempts),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_ring),
		cmocka_unit_test(test_reserved),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}

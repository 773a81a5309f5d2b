// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <string.h>
#include <zlib.h>

#include "record/record.h"
#include "shared/bytes.h"

#define MAGIC		"VMFWREC"
#define MAGIC_SIZE	8
#define VERSION		1

#define VERSION_AT	8
#define CHECKSUM_AT	12
#define SEQUENCE_AT	16
#define NR_AT		24
#define BARRED_AT	32
#define ATTEMPTS_AT	64
#define ATTEMPT_SIZE	504

#define OUTCOME_AT	32
#define RUNG_AT		33
#define BITS_AT		34
#define NUMBER_AT	40
#define BEGUN_AT	48
#define ENDED_AT	56
#define BOOT_AT		64
#define END_BOOT_AT	80
#define BEFORE_AT	96
#define AFTER_AT	296

#define BIT_KNOWN	1u
#define BIT_UEFI	2u
#define BITS_AFTER	2
#define BITS_ALL	0xfu

_Static_assert(ATTEMPTS_AT + RECORD_ATTEMPTS * ATTEMPT_SIZE == RECORD_SIZE,
	       "attempts fill the block");
_Static_assert(AFTER_AT - BEFORE_AT ==
	       FIRMWARE_VENDOR + FIRMWARE_VERSION + FIRMWARE_DATE,
	       "an identity fills its place");

static const char *const outcomes[] = {
	[OUTCOME_OPEN] = "open",
	[OUTCOME_RUNNING] = "running",
	[OUTCOME_NOT_RUNNING] = "not running",
	[OUTCOME_UNKNOWN] = "unknown",
	[OUTCOME_REFUSED] = "refused",
	[OUTCOME_FAILED] = "failed",
};

/**
 * outcome_word() - word for an outcome
 * @outcome: one of enum outcome
 */
const char *outcome_word(enum outcome outcome)
{
	return outcomes[outcome];
}

static uint32_t block_checksum(const uint8_t *block)
{
	static const uint8_t zeroes[4];
	uint32_t crc = crc32(0, block, CHECKSUM_AT);

	crc = crc32(crc, zeroes, sizeof(zeroes));
	return crc32(crc, block + CHECKSUM_AT + 4,
		     RECORD_SIZE - CHECKSUM_AT - 4);
}

static void put_firmware(uint8_t *p, const struct firmware *firmware)
{
	memcpy(p, firmware->vendor, FIRMWARE_VENDOR);
	memcpy(p + FIRMWARE_VENDOR, firmware->version, FIRMWARE_VERSION);
	memcpy(p + FIRMWARE_VENDOR + FIRMWARE_VERSION, firmware->date,
	       FIRMWARE_DATE);
}

static unsigned int firmware_bits(const struct firmware *firmware)
{
	return (firmware->known ? BIT_KNOWN : 0) |
	       (firmware->uefi ? BIT_UEFI : 0);
}

static void put_attempt(uint8_t *p, const struct attempt *attempt)
{
	memcpy(p, attempt->image, DIGEST_SIZE);
	p[OUTCOME_AT] = attempt->outcome;
	p[RUNG_AT] = attempt->rung;
	p[BITS_AT] = firmware_bits(&attempt->before) |
		     firmware_bits(&attempt->after) << BITS_AFTER;
	put_le64(p + NUMBER_AT, attempt->number);
	put_le64(p + BEGUN_AT, attempt->begun);
	put_le64(p + ENDED_AT, attempt->ended);
	memcpy(p + BOOT_AT, attempt->boot, BOOT_ID_SIZE);
	memcpy(p + END_BOOT_AT, attempt->end_boot, BOOT_ID_SIZE);
	put_firmware(p + BEFORE_AT, &attempt->before);
	put_firmware(p + AFTER_AT, &attempt->after);
}

/**
 * record_encode() - make the block of a record
 * @record: the record; record_decode() refuses numbers above RECORD_MOST
 * @block: receives RECORD_SIZE bytes
 */
void record_encode(const struct record *record, uint8_t *block)
{
	unsigned int i;

	memset(block, 0, RECORD_SIZE);
	memcpy(block, MAGIC, MAGIC_SIZE);
	put_le32(block + VERSION_AT, VERSION);
	put_le64(block + SEQUENCE_AT, record->sequence);
	put_le32(block + NR_AT, record->nr);
	memcpy(block + BARRED_AT, record->barred, BOOT_ID_SIZE);
	for (i = 0; i < record->nr; i++)
		put_attempt(block + ATTEMPTS_AT + i * ATTEMPT_SIZE,
			    &record->attempts[i]);
	put_le32(block + CHECKSUM_AT, block_checksum(block));
}

/*
 * Anyone may have written the text in a block: check its end, and replace
 * characters that are not printable.
 */
static bool get_text(char *text, const uint8_t *p, size_t size)
{
	if (p[size - 1])
		return false;
	memcpy(text, p, size);
	firmware_clean(text);
	return true;
}

static bool get_firmware(struct firmware *firmware, const uint8_t *p,
			 unsigned int bits)
{
	firmware->known = bits & BIT_KNOWN;
	firmware->uefi = bits & BIT_UEFI;
	return get_text(firmware->vendor, p, FIRMWARE_VENDOR) &&
	       get_text(firmware->version, p + FIRMWARE_VENDOR,
			FIRMWARE_VERSION) &&
	       get_text(firmware->date, p + FIRMWARE_VENDOR + FIRMWARE_VERSION,
			FIRMWARE_DATE);
}

static bool get_attempt(struct attempt *attempt, const uint8_t *p)
{
	unsigned int bits = p[BITS_AT];

	memcpy(attempt->image, p, DIGEST_SIZE);
	attempt->outcome = p[OUTCOME_AT];
	attempt->rung = p[RUNG_AT];
	attempt->number = get_le64(p + NUMBER_AT);
	attempt->begun = get_le64(p + BEGUN_AT);
	attempt->ended = get_le64(p + ENDED_AT);
	memcpy(attempt->boot, p + BOOT_AT, BOOT_ID_SIZE);
	memcpy(attempt->end_boot, p + END_BOOT_AT, BOOT_ID_SIZE);
	return p[OUTCOME_AT] >= OUTCOME_OPEN &&
	       p[OUTCOME_AT] <= OUTCOME_FAILED &&
	       p[RUNG_AT] <= RUNG_SIGNED && !(bits & ~BITS_ALL) &&
	       get_firmware(&attempt->before, p + BEFORE_AT, bits) &&
	       get_firmware(&attempt->after, p + AFTER_AT, bits >> BITS_AFTER);
}

/*
 * Does attempt @i follow the attempt before it? Numbers ascend by one. Only the
 * last attempt can be open.
 */
static bool attempt_follows(const struct record *record, unsigned int i)
{
	const struct attempt *attempts = record->attempts;

	if (!attempts[i].number || attempts[i].number > RECORD_MOST)
		return false;
	return !i || (attempts[i].number == attempts[i - 1].number + 1 &&
		      attempts[i - 1].outcome != OUTCOME_OPEN);
}

/**
 * record_decode() - read a block
 * @record: receives its contents; undefined unless 0 is returned
 * @block: RECORD_SIZE bytes of any origin
 *
 * Return: 0; -ENODATA: the block is all zeroes; -EBADMSG: it is damaged;
 * -EPROTONOSUPPORT: it has another version.
 */
int record_decode(struct record *record, const uint8_t *block)
{
	unsigned int i;

	memset(record, 0, sizeof(*record));
	if (all_zero(block, RECORD_SIZE))
		return -ENODATA;
	if (memcmp(block, MAGIC, MAGIC_SIZE) ||
	    get_le32(block + CHECKSUM_AT) != block_checksum(block))
		return -EBADMSG;
	if (get_le32(block + VERSION_AT) != VERSION)
		return -EPROTONOSUPPORT;
	record->sequence = get_le64(block + SEQUENCE_AT);
	record->nr = get_le32(block + NR_AT);
	memcpy(record->barred, block + BARRED_AT, BOOT_ID_SIZE);
	if (record->nr > RECORD_ATTEMPTS || record->sequence > RECORD_MOST)
		return -EBADMSG;
	for (i = 0; i < record->nr; i++)
		if (!get_attempt(&record->attempts[i],
				 block + ATTEMPTS_AT + i * ATTEMPT_SIZE) ||
		    !attempt_follows(record, i))
			return -EBADMSG;
	return 0;
}

/**
 * record_last() - the last attempt
 * @record: the record
 *
 * Return: the attempt, valid as long as @record is unchanged, or NULL: there
 * was none.
 */
const struct attempt *record_last(const struct record *record)
{
	return record->nr ? &record->attempts[record->nr - 1] : NULL;
}

/**
 * record_begin() - record the start of an attempt
 * @record: the record, whose last attempt is not open; if it is full, the
 *	function drops the oldest attempt
 * @image: SHA-256 of the image, DIGEST_SIZE bytes
 * @boot: boot_id of this boot
 * @now: seconds since 1970; the clock may not be set
 * @firmware: identity of the running firmware
 */
void record_begin(struct record *record, const uint8_t *image,
		  const uint8_t *boot, int64_t now,
		  const struct firmware *firmware)
{
	const struct attempt *last = record_last(record);
	struct attempt attempt = {
		.outcome = OUTCOME_OPEN,
		.number = last ? last->number + 1 : 1,
		.begun = now,
		.before = *firmware,
	};

	memcpy(attempt.image, image, sizeof(attempt.image));
	memcpy(attempt.boot, boot, sizeof(attempt.boot));
	if (record->nr == RECORD_ATTEMPTS) {
		record->nr--;
		memmove(record->attempts, record->attempts + 1,
			record->nr * sizeof(attempt));
	}
	record->attempts[record->nr++] = attempt;
}

/**
 * record_end() - record the result of the last attempt
 * @record: the record, whose last attempt is open
 * @outcome: not OUTCOME_OPEN
 * @rung: strength of the evidence for it
 * @boot: boot_id of this boot
 * @now: seconds since 1970; the clock may not be set
 * @firmware: identity of the running firmware
 */
void record_end(struct record *record, enum outcome outcome, enum rung rung,
		const uint8_t *boot, int64_t now,
		const struct firmware *firmware)
{
	struct attempt *last = &record->attempts[record->nr - 1];

	last->outcome = outcome;
	last->rung = rung;
	last->ended = now;
	last->after = *firmware;
	memcpy(last->end_boot, boot, sizeof(last->end_boot));
}

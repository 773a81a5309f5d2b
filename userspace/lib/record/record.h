/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The record of attempts: one block of 4096 bytes, all numbers little-endian.
 *
 * A boot writes the record before an attempt. The next boot reads it, perhaps on
 * another firmware. The functions here only convert the record, and do no input
 * or output.
 *
 *	  0  "VMFWREC" and a zero
 *	  8  version, 4 bytes: 1
 *	 12  CRC-32 of the block, with zeroes here
 *	 16  sequence number, 8 bytes, at most 2^62: of two blocks, the one with
 *	     the higher number is newer
 *	 24  number of attempts in the block, 4 bytes
 *	 28  zero, 4 bytes
 *	 32  boot_id of a boot that must make no attempt, 16 bytes, or zeroes
 *	 48  zero, 16 bytes
 *	 64  attempts, 504 bytes each, the oldest first; zeroes after the last
 *
 * An attempt:
 *
 *	  0  SHA-256 of the image
 *	 32  outcome, enum outcome
 *	 33  rung of the evidence for it, enum rung
 *	 34  bits 0 and 1: the firmware before is known, and is UEFI; bits 2 and
 *	     3: likewise for the firmware after
 *	 35  zero, 5 bytes
 *	 40  number of the attempt, 8 bytes, counted from 1, at most 2^62
 *	 48  time of the attempt, 8 bytes, seconds since 1970; the clock may not
 *	     have been set
 *	 56  time when a boot recorded the outcome, likewise
 *	 64  boot_id of the boot that made the attempt
 *	 80  boot_id of the boot that recorded the outcome
 *	 96  firmware before: vendor (80), version (96), date (24), with zeroes
 *	     after the text
 *	296  firmware after, likewise
 *	496  zero, 8 bytes
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_RECORD_H
#define VMFW_RECORD_H

#include "base/sha256.h"
#include "guest/bootinfo.h"
#include "guest/smbios.h"
#include "record/verdict.h"

#define RECORD_SIZE	4096
#define RECORD_ATTEMPTS	8
/*
 * The highest number of a block or an attempt. Each write or attempt adds one,
 * so no machine reaches it. A block with a higher number is damaged.
 */
#define RECORD_MOST	(1ull << 62)

/**
 * enum outcome - the result of an attempt
 * @OUTCOME_OPEN: the next boot has not recorded the result yet
 * @OUTCOME_RUNNING: the wanted firmware was running
 * @OUTCOME_NOT_RUNNING: another firmware was running
 * @OUTCOME_UNKNOWN: there was not enough evidence
 * @OUTCOME_REFUSED: the VMM refused the image; there was no reset
 * @OUTCOME_FAILED: another error occurred before the reset
 */
enum outcome {
	OUTCOME_OPEN = 1,
	OUTCOME_RUNNING = 2,
	OUTCOME_NOT_RUNNING = 3,
	OUTCOME_UNKNOWN = 4,
	OUTCOME_REFUSED = 5,
	OUTCOME_FAILED = 6,
};

/**
 * struct attempt - one attempt
 * @image: SHA-256 of the image
 * @outcome: its result
 * @rung: strength of the evidence for @outcome
 * @number: counted from 1
 * @begun: time of the attempt, in seconds since 1970; the clock may not have
 *	been set
 * @ended: time when a boot recorded the outcome, likewise
 * @boot: boot_id of the boot that made it
 * @end_boot: boot_id of the boot that recorded the outcome
 * @before: the firmware of the boot that made it
 * @after: the firmware of the boot that recorded the outcome
 */
struct attempt {
	uint8_t image[DIGEST_SIZE];
	enum outcome outcome;
	enum rung rung;
	uint64_t number;
	int64_t begun;
	int64_t ended;
	uint8_t boot[BOOT_ID_SIZE];
	uint8_t end_boot[BOOT_ID_SIZE];
	struct firmware before;
	struct firmware after;
};

/**
 * struct record - the last attempts
 * @sequence: sequence number of the block
 * @barred: boot_id of a boot that must make no attempt, or zeroes
 * @nr: number of attempts in @attempts
 * @attempts: the last attempts, the oldest first
 */
struct record {
	uint64_t sequence;
	uint8_t barred[BOOT_ID_SIZE];
	unsigned int nr;
	struct attempt attempts[RECORD_ATTEMPTS];
};

int record_decode(struct record *record, const uint8_t *block);
void record_encode(const struct record *record, uint8_t *block);
const struct attempt *record_last(const struct record *record);
void record_begin(struct record *record, const uint8_t *image,
		  const uint8_t *boot, int64_t now,
		  const struct firmware *firmware);
void record_end(struct record *record, enum outcome outcome, enum rung rung,
		const uint8_t *boot, int64_t now,
		const struct firmware *firmware);
const char *outcome_word(enum outcome outcome);

#endif /* VMFW_RECORD_H */

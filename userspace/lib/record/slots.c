// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <string.h>

#include "record/slots.h"

static int read_slot(const struct slots_medium *medium, unsigned int slot,
		     struct record *record, int *what)
{
	uint8_t block[RECORD_SIZE];
	int err = medium->read(medium->arg, slot, block);

	if (!err)
		*what = record_decode(record, block);
	return err;
}

/*
 * Did the tool never complete the record? A new record gets two empty blocks:
 * the first in slot 0, the second in slot 1. The first attempt then goes to slot
 * 0. So if slot 0 still has the first empty block and slot 1 is unusable, there
 * was no attempt.
 */
static bool never_used(const struct record *records, const int *what)
{
	return !what[0] && records[0].sequence == 1 && !records[0].nr &&
	       what[1];
}

static enum slots_state
choose_slot(struct slots *slots, const struct record *records, const int *what)
{
	unsigned int nr = slots->medium.nr, i;

	for (i = 0; i < nr; i++)
		if (what[i] == -EPROTONOSUPPORT)
			return SLOTS_NEWER;
	if (nr == 1) {
		slots->newest = 0;
		slots->record = records[0];
		return !what[0] ? SLOTS_SOUND :
		       what[0] == -ENODATA ? SLOTS_FRESH : SLOTS_DAMAGED;
	}
	if (never_used(records, what))
		return SLOTS_FRESH;
	if (what[0] && what[1])
		return what[0] == -ENODATA || what[1] == -ENODATA ?
		       SLOTS_FRESH : SLOTS_DAMAGED;

	slots->newest = what[0] || (!what[1] && records[1].sequence >
				    records[0].sequence);
	slots->record = records[slots->newest];
	if (what[0] || what[1])
		return SLOTS_TORN;
	/*
	 * The tool never writes equal sequence numbers: a slot is a copy or a
	 * forgery.
	 */
	return records[0].sequence == records[1].sequence ? SLOTS_DAMAGED :
							    SLOTS_SOUND;
}

/**
 * slots_load() - read a record
 * @slots: to be filled in
 * @medium: the medium, which the function copies; its @arg must stay as long as
 *	@slots
 *
 * Return: 0, see @slots->state; or a negative errno value: the medium is not
 * readable.
 */
int slots_load(struct slots *slots, const struct slots_medium *medium)
{
	struct record records[SLOTS];
	int what[SLOTS] = { -ENODATA, -ENODATA }, err;
	unsigned int i;

	memset(slots, 0, sizeof(*slots));
	memset(records, 0, sizeof(records));
	slots->medium = *medium;
	for (i = 0; i < medium->nr; i++) {
		err = read_slot(medium, i, &records[i], &what[i]);
		if (err)
			return err;
	}
	slots->state = choose_slot(slots, records, what);
	if (slots->state == SLOTS_FRESH || slots->state == SLOTS_DAMAGED ||
	    slots->state == SLOTS_NEWER)
		memset(&slots->record, 0, sizeof(slots->record));
	return 0;
}

/*
 * Write the record to the slot with the older block. Do not write a block that
 * a later read would refuse.
 */
static int write_next(struct slots *slots)
{
	unsigned int slot = slots->medium.nr == 1 ? 0 : !slots->newest;
	uint8_t block[RECORD_SIZE];
	struct record back;
	int err;

	slots->record.sequence++;
	record_encode(&slots->record, block);
	if (record_decode(&back, block))
		return -EOVERFLOW;
	err = slots->medium.write(slots->medium.arg, slot, block);
	if (!err)
		slots->newest = slot;
	return err;
}

/* Write an empty block to each slot. */
static int write_empty(struct slots *slots)
{
	unsigned int i;
	int err;

	memset(&slots->record, 0, sizeof(slots->record));
	err = slots->medium.prepare(slots->medium.arg);
	slots->newest = 1;
	for (i = 0; i < slots->medium.nr && !err; i++)
		err = write_next(slots);
	return err;
}

/*
 * Read the record as the next boot will. A block that does not count cannot
 * prevent another attempt.
 */
static int check_saved(const struct slots *slots)
{
	struct slots back;
	int err = slots_load(&back, &slots->medium);

	if (err)
		return err;
	return back.state == SLOTS_SOUND && back.newest == slots->newest &&
	       back.record.sequence == slots->record.sequence &&
	       back.record.nr == slots->record.nr ? 0 : -EIO;
}

/**
 * slots_save() - write a record
 * @slots: from slots_load(): sound, fresh or torn; the caller may have changed
 *	its record
 *
 * Return: 0: the medium has the record, which counts; -EBADMSG: @slots is
 * damaged or newer; -EOVERFLOW: the sequence numbers are used up; or another
 * negative errno value: the medium has the earlier record, or this one.
 */
int slots_save(struct slots *slots)
{
	struct record record = slots->record;
	int err;

	if (slots->state == SLOTS_DAMAGED || slots->state == SLOTS_NEWER)
		return -EBADMSG;
	if (slots->state == SLOTS_FRESH) {
		err = write_empty(slots);
		record.sequence = slots->record.sequence;
		slots->record = record;
		if (err)
			return err;
	}
	err = write_next(slots);
	if (!err)
		err = check_saved(slots);
	if (!err)
		slots->state = SLOTS_SOUND;
	return err;
}

/**
 * slots_clear() - forget all attempts
 * @slots: from slots_load(), in any state
 *
 * Return: 0 or a negative errno value.
 */
int slots_clear(struct slots *slots)
{
	static const uint8_t zeroes[RECORD_SIZE];
	unsigned int i;
	int err;

	/*
	 * Write zeroes first: if one slot has zeroes, the record does not count
	 * as damaged.
	 */
	err = slots->medium.prepare(slots->medium.arg);
	for (i = 0; i < slots->medium.nr && !err; i++)
		err = slots->medium.write(slots->medium.arg, i, zeroes);
	if (!err)
		err = write_empty(slots);
	if (!err)
		err = check_saved(slots);
	if (!err)
		slots->state = SLOTS_SOUND;
	return err;
}

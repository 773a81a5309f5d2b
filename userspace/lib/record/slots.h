/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A record in two slots. The tool writes to them in turn, so a torn write
 * damages only the slot with the older block. One slot suffices if a write is
 * either complete or lost together with the machine.
 *
 * A medium that loses acknowledged writes could cause a reset loop. So the tool
 * writes a block to both slots before the first attempt. A boot that finds a
 * damaged slot makes no attempt, because the medium may have lost the last
 * attempt.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_SLOTS_H
#define VMFW_SLOTS_H

#include "record/record.h"

#define SLOTS	2

/**
 * struct slots_medium - the medium of the slots
 * @nr: number of slots, 1 or 2
 * @read: reads a slot: RECORD_SIZE bytes, zeroes if there is no such slot;
 *	returns 0 or a negative errno value
 * @prepare: allocates space for all slots, so that later writes need none;
 *	keeps their contents; returns 0 or a negative errno value
 * @write: writes RECORD_SIZE bytes to a slot; returns 0 only if they are on the
 *	medium, otherwise a negative errno value
 * @arg: for these functions
 */
struct slots_medium {
	unsigned int nr;
	int (*read)(void *arg, unsigned int slot, uint8_t *block);
	int (*prepare)(void *arg);
	int (*write)(void *arg, unsigned int slot, const uint8_t *block);
	void *arg;
};

/**
 * enum slots_state - state of a record
 * @SLOTS_SOUND: there is a record, and no damaged slot
 * @SLOTS_FRESH: there is no record, or its creation did not finish
 * @SLOTS_TORN: there is a record, and a damaged or empty slot
 * @SLOTS_DAMAGED: all slots are damaged, or the slots contradict each other
 * @SLOTS_NEWER: a slot has an unknown version
 */
enum slots_state {
	SLOTS_SOUND,
	SLOTS_FRESH,
	SLOTS_TORN,
	SLOTS_DAMAGED,
	SLOTS_NEWER,
};

/**
 * struct slots - a record and its medium
 * @medium: its medium
 * @state: the state at slots_load(); SLOTS_SOUND after slots_save()
 * @newest: slot with the record, if there is one
 * @record: the record; empty if there is none
 */
struct slots {
	struct slots_medium medium;
	enum slots_state state;
	unsigned int newest;
	struct record record;
};

int slots_load(struct slots *slots, const struct slots_medium *medium);
int slots_save(struct slots *slots);
int slots_clear(struct slots *slots);

#endif /* VMFW_SLOTS_H */

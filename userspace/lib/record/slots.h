/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A record in two slots, written in turn: a write that is torn spoils the slot
 * that held the older block. Or in one slot, where a write is whole or lost
 * together with the machine.
 *
 * No attempt may be made unless the last boot's writes are known to have been
 * kept. So both slots hold a block before the first attempt, and a slot that is
 * damaged later bars the boot that finds it from an attempt: a medium that
 * loses what it acknowledged cannot make a loop.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_SLOTS_H
#define VMFW_SLOTS_H

#include "record/record.h"

#define SLOTS	2

/**
 * struct slots_medium - where slots lie
 * @nr: slots, 1 or 2
 * @read: fill RECORD_SIZE bytes, zeroes for what is not there; returns 0 or a
 *	negative errno value
 * @prepare: make room for both slots, so that later writes need none; keeps
 *	what is there
 * @write: write a slot; returns 0 only if it is on the medium
 * @arg: for all of them
 */
struct slots_medium {
	unsigned int nr;
	int (*read)(void *arg, unsigned int slot, uint8_t *block);
	int (*prepare)(void *arg);
	int (*write)(void *arg, unsigned int slot, const uint8_t *block);
	void *arg;
};

/**
 * enum slots_state - what was found
 * @SLOTS_SOUND: a record
 * @SLOTS_FRESH: none was ever finished
 * @SLOTS_TORN: a record, and a slot that is damaged
 * @SLOTS_DAMAGED: no slot is sound
 * @SLOTS_NEWER: a version that is not known here
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
 * @medium: where it lies
 * @state: what was found; SLOTS_SOUND once it was saved
 * @newest: slot that holds the record, where there is one
 * @record: the record; empty where there is none
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

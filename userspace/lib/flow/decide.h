/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The decision of a boot about its firmware: a pure function of the facts.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_DECIDE_H
#define VMFW_DECIDE_H

#include <stdbool.h>

#include "base/exit.h"
#include "record/record.h"
#include "record/verdict.h"

/**
 * enum device_fact - the interface of the VMM
 * @DEVICE_READY: it takes images
 * @DEVICE_ABSENT: there is no interface
 * @DEVICE_DISABLED: it is switched off
 * @DEVICE_STARTED_OTHERWISE: the host did not start this machine from an IGVM
 *	file, so the VMM takes no image
 * @DEVICE_UNREADABLE: the tool cannot read its state, for example for lack of
 *	permission
 * @DEVICE_REVERTING: at the next reset, the VMM restores the host's own image
 */
enum device_fact {
	DEVICE_READY,
	DEVICE_ABSENT,
	DEVICE_DISABLED,
	DEVICE_STARTED_OTHERWISE,
	DEVICE_UNREADABLE,
	DEVICE_REVERTING,
};

/**
 * enum image_fact - the wanted image
 * @IMAGE_READY: it exists and is sound; with DEVICE_READY, it is also for this
 *	machine
 * @IMAGE_MISSING: the tool cannot find or read it, or there is more than one
 * @IMAGE_UNSOUND: this machine cannot start from it
 */
enum image_fact {
	IMAGE_READY,
	IMAGE_MISSING,
	IMAGE_UNSOUND,
};

/**
 * enum record_fact - the record of attempts
 * @RECORD_READY: it is readable, and the tool has written all changes so far
 * @RECORD_MISSING: there is no place for it, or the tool cannot read or write
 *	it
 * @RECORD_DAMAGED: it is damaged, or of a newer version
 */
enum record_fact {
	RECORD_READY,
	RECORD_MISSING,
	RECORD_DAMAGED,
};

/**
 * struct facts - all facts for a decision
 * @switched_off: by the user, on the kernel command line
 * @crash_kernel: this is a crash (kdump) kernel
 * @configured: the configuration names an image
 * @required: the boot must not go on without the wanted firmware
 * @disable: switch the interface off if the wanted firmware is running
 * @device: the interface
 * @image: the image
 * @record: the record
 * @past: relation of this boot to earlier attempts
 * @verdict: whether the image is running
 */
struct facts {
	bool switched_off;
	bool crash_kernel;
	bool configured;
	bool required;
	bool disable;
	enum device_fact device;
	enum image_fact image;
	enum record_fact record;
	/**
	 * enum past - relation of a boot to earlier attempts
	 * @PAST_FREE: no earlier attempt prevents a new one
	 * @PAST_OPEN: it follows an attempt, and must record the result
	 * @PAST_FOLLOWED: it follows an attempt, and has recorded the result
	 * @PAST_MADE: it made an attempt, but no reset followed
	 * @PAST_BARRED: it found the record torn
	 * @PAST_SAME_LIFE: since its cold start, the machine has made an
	 *	attempt for this image; known only if the record is in the page
	 *	of the VMM
	 */
	enum past {
		PAST_FREE,
		PAST_OPEN,
		PAST_FOLLOWED,
		PAST_MADE,
		PAST_BARRED,
		PAST_SAME_LIFE,
	} past;
	enum verdict verdict;
};

enum reason {
	REASON_CRASH_KERNEL,
	REASON_SWITCHED_OFF,
	REASON_NOT_CONFIGURED,
	REASON_NO_DEVICE,
	REASON_UNREADABLE_DEVICE,
	REASON_STARTED_OTHERWISE,
	REASON_RUNNING,
	REASON_NO_IMAGE,
	REASON_UNSOUND_IMAGE,
	REASON_DISABLED,
	REASON_REVERTING,
	REASON_NO_RECORD,
	REASON_DAMAGED_RECORD,
	REASON_FOLLOWS,
	REASON_MADE,
	REASON_TORN_RECORD,
	REASON_SAME_LIFE,
	REASON_ATTEMPT,
};

/**
 * struct decision - the decision of a boot
 * @reason: the reason for it
 * @attempt: attempt to start from the image
 * @consume: first record the result of the last attempt
 * @disable: switch the interface off
 * @code: exit code; with @attempt or @disable, the exit code of success
 */
struct decision {
	enum reason reason;
	bool attempt;
	bool consume;
	bool disable;
	enum vmfw_exit code;
};

struct decision decide(const struct facts *facts);
enum past decide_past(const struct record *record, const uint8_t *boot,
		      const uint8_t *image, bool ends_with_machine);
enum vmfw_exit decide_code(const struct facts *facts, enum vmfw_exit code);
const char *reason_word(enum reason reason);
const char *reason_text(enum reason reason);

#endif /* VMFW_DECIDE_H */

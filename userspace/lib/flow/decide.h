/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a boot has to do about its firmware. Pure: facts in, decision out.
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
 * @DEVICE_ABSENT: there is none
 * @DEVICE_DISABLED: it is switched off
 * @DEVICE_STARTED_OTHERWISE: the host did not start this machine from an IGVM
 *	file, and so the VMM takes no image
 * @DEVICE_UNREADABLE: it cannot be asked, for want of permission for example
 * @DEVICE_REVERTING: the host's own image comes back at the next reset
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
 * @IMAGE_READY: it is there, sound, and for this machine
 * @IMAGE_MISSING: it is not there, or it is not clear which one it is
 * @IMAGE_UNSOUND: this machine cannot start from it
 */
enum image_fact {
	IMAGE_READY,
	IMAGE_MISSING,
	IMAGE_UNSOUND,
};

/**
 * enum record_fact - the record of attempts
 * @RECORD_READY: it was read, and what was to be written to it is written
 * @RECORD_MISSING: there is no place for it
 * @RECORD_DAMAGED: it cannot be trusted
 */
enum record_fact {
	RECORD_READY,
	RECORD_MISSING,
	RECORD_DAMAGED,
};

/**
 * struct facts - what is known
 * @switched_off: by the user, on the kernel command line
 * @crash_kernel: this kernel only saves the memory of another one
 * @configured: an image is wanted
 * @required: the boot must not go on without it
 * @disable: the interface is to be switched off when all is well
 * @device: the interface
 * @image: the image
 * @record: the record
 * @past: how this boot stands to attempts
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
	 * enum past - how this boot stands to attempts
	 * @PAST_FREE: nothing speaks against one
	 * @PAST_OPEN: it follows an attempt, and is to note what became of it
	 * @PAST_FOLLOWED: it followed one, and has noted that
	 * @PAST_MADE: it made one itself, and is still here
	 * @PAST_BARRED: it found the record torn
	 * @PAST_SAME_LIFE: this life of the machine has had its attempt for
	 *	this image; known only where the record ends with the machine
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
 * struct decision - what to do
 * @reason: why
 * @attempt: attempt to start from the image
 * @consume: note what became of the last attempt, before anything else
 * @disable: switch the interface off
 * @code: exit code of a boot that goes on, or of an attempt that works
 */
struct decision {
	enum reason reason;
	bool attempt;
	bool consume;
	bool disable;
	int code;
};

struct decision decide(const struct facts *facts);
enum past decide_past(const struct record *record, const uint8_t *boot,
		      const uint8_t *image, bool ends_with_machine);
enum vmfw_exit decide_code(const struct facts *facts, int code);
const char *reason_word(enum reason reason);
const char *reason_text(enum reason reason);

#endif /* VMFW_DECIDE_H */

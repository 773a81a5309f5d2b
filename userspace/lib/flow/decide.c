// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <stddef.h>
#include <string.h>

#include "base/exit.h"
#include "flow/decide.h"

static const struct {
	const char *word;
	const char *text;
	enum vmfw_exit code;
} reasons[] = {
	[REASON_CRASH_KERNEL] = {
		"crash-kernel", "this is a crash (kdump) kernel",
		VMFW_EXIT_NOTHING },
	[REASON_SWITCHED_OFF] = {
		"switched-off", "vmfwupdate is switched off on the kernel command line",
		VMFW_EXIT_NOTHING },
	[REASON_NOT_CONFIGURED] = {
		"not-configured", "no image is configured",
		VMFW_EXIT_NOTHING },
	[REASON_NO_DEVICE] = {
		"no-device",
		"this machine does not offer firmware updates or lacks the kernel module, or --root excludes its device",
		VMFW_EXIT_NOTHING },
	[REASON_UNREADABLE_DEVICE] = {
		"unreadable-device",
		"cannot find out whether this VMM offers firmware updates",
		VMFW_EXIT_SYSTEM },
	[REASON_STARTED_OTHERWISE] = {
		"not-started-from-igvm",
		"the host did not start this machine from an IGVM file, so the VMM takes no image", VMFW_EXIT_START },
	[REASON_RUNNING] = {
		"running", "the wanted firmware is running", VMFW_EXIT_OK },
	[REASON_NO_IMAGE] = {
		"no-image", "cannot find, read or check the wanted image",
		VMFW_EXIT_SOURCE },
	[REASON_UNSOUND_IMAGE] = {
		"unsound-image", "this machine cannot start from the image",
		VMFW_EXIT_IMAGE },
	[REASON_DISABLED] = {
		"disabled", "firmware updates are switched off",
		VMFW_EXIT_REFUSED },
	[REASON_REVERTING] = {
		"reverting",
		"the VMM drops any image until the next reset, which is to restore the host's image", VMFW_EXIT_REFUSED },
	[REASON_NO_RECORD] = {
		"no-record", "cannot keep a record of the attempt",
		VMFW_EXIT_GUARD },
	[REASON_DAMAGED_RECORD] = {
		"damaged-record", "the record of attempts is damaged, or of a newer version",
		VMFW_EXIT_GUARD },
	[REASON_FOLLOWS] = {
		"follows-attempt",
		"this boot follows an attempt, so it continues with the running firmware",
		VMFW_EXIT_GUARD },
	[REASON_MADE] = {
		"made-attempt", "this boot has already made its attempt",
		VMFW_EXIT_GUARD },
	[REASON_TORN_RECORD] = {
		"torn-record",
		"the record of attempts was torn, so this boot makes no attempt", VMFW_EXIT_GUARD },
	[REASON_SAME_LIFE] = {
		"had-attempt",
		"this machine has already made its attempt since its last cold start",
		VMFW_EXIT_GUARD },
	[REASON_ATTEMPT] = {
		"attempt", "no evidence that the wanted firmware is running",
		VMFW_EXIT_OK },
};

/**
 * reason_word() - word for a reason, for programs
 * @reason: one of enum reason
 */
const char *reason_word(enum reason reason)
{
	return reasons[reason].word;
}

/**
 * reason_text() - text for a reason, for people
 * @reason: one of enum reason
 */
const char *reason_text(enum reason reason)
{
	return reasons[reason].text;
}

/**
 * decide_past() - compare this boot with the attempts in the record
 * @record: the record of attempts
 * @boot: boot_id of this boot
 * @image: SHA-256 of the wanted image, or NULL: unknown
 * @ends_with_machine: the record does not outlive the machine
 *
 * Return: the relation; every value but PAST_FREE prevents an attempt.
 */
enum past decide_past(const struct record *record, const uint8_t *boot,
		      const uint8_t *image, bool ends_with_machine)
{
	const struct attempt *last = record_last(record);

	if (last && !memcmp(last->boot, boot, BOOT_ID_SIZE))
		return PAST_MADE;
	if (last && last->outcome == OUTCOME_OPEN)
		return PAST_OPEN;
	if (!memcmp(record->barred, boot, BOOT_ID_SIZE))
		return PAST_BARRED;
	if (!last)
		return PAST_FREE;
	if (!memcmp(last->end_boot, boot, BOOT_ID_SIZE))
		return PAST_FOLLOWED;
	/* Count only an attempt that reset the machine. */
	if (ends_with_machine && image &&
	    !memcmp(last->image, image, DIGEST_SIZE) &&
	    last->outcome != OUTCOME_REFUSED &&
	    last->outcome != OUTCOME_FAILED)
		return PAST_SAME_LIFE;
	return PAST_FREE;
}

/**
 * decide_code() - find the exit code for the caller
 * @facts: all known facts
 * @code: exit code if the firmware is not required
 *
 * Return: @code; or VMFW_EXIT_REQUIRED: the boot must not go on.
 */
enum vmfw_exit decide_code(const struct facts *facts, enum vmfw_exit code)
{
	if (facts->required && !facts->switched_off && !facts->crash_kernel &&
	    code != VMFW_EXIT_OK)
		return VMFW_EXIT_REQUIRED;
	return code;
}

/* Find the first reason that holds. The most important one comes first. */
static enum reason find_reason(const struct facts *facts)
{
	if (facts->crash_kernel)
		return REASON_CRASH_KERNEL;
	if (facts->switched_off)
		return REASON_SWITCHED_OFF;
	if (!facts->configured)
		return REASON_NOT_CONFIGURED;
	if (facts->verdict == VERDICT_RUNNING)
		return REASON_RUNNING;
	if (facts->device == DEVICE_ABSENT)
		return REASON_NO_DEVICE;
	if (facts->device == DEVICE_UNREADABLE)
		return REASON_UNREADABLE_DEVICE;
	if (facts->device == DEVICE_STARTED_OTHERWISE)
		return REASON_STARTED_OTHERWISE;
	if (facts->image == IMAGE_MISSING)
		return REASON_NO_IMAGE;
	if (facts->image == IMAGE_UNSOUND)
		return REASON_UNSOUND_IMAGE;
	if (facts->device == DEVICE_DISABLED)
		return REASON_DISABLED;
	if (facts->device == DEVICE_REVERTING)
		return REASON_REVERTING;
	if (facts->record == RECORD_MISSING)
		return REASON_NO_RECORD;
	if (facts->record == RECORD_DAMAGED)
		return REASON_DAMAGED_RECORD;
	switch (facts->past) {
	case PAST_OPEN:
	case PAST_FOLLOWED:
		return REASON_FOLLOWS;
	case PAST_MADE:
		return REASON_MADE;
	case PAST_BARRED:
		return REASON_TORN_RECORD;
	case PAST_SAME_LIFE:
		return REASON_SAME_LIFE;
	case PAST_FREE:
		break;
	}
	return REASON_ATTEMPT;
}

/**
 * decide() - decide about this boot
 * @facts: all known facts
 *
 * Every reason but REASON_ATTEMPT prevents an attempt. A boot that follows an
 * attempt records its result, unless the record is unusable, or the boot has
 * nothing to do at all.
 *
 * Return: the decision.
 */
struct decision decide(const struct facts *facts)
{
	enum reason reason = find_reason(facts);
	bool idle = reason == REASON_CRASH_KERNEL ||
		    reason == REASON_SWITCHED_OFF ||
		    reason == REASON_NOT_CONFIGURED;

	return (struct decision) {
		.reason = reason,
		.attempt = reason == REASON_ATTEMPT,
		.consume = !idle && facts->record == RECORD_READY &&
			   facts->past == PAST_OPEN,
		.disable = reason == REASON_RUNNING && facts->disable &&
			   facts->device == DEVICE_READY,
		.code = decide_code(facts, reasons[reason].code),
	};
}

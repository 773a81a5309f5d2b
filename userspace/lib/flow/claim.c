// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <stddef.h>
#include <string.h>

#include "flow/claim.h"

/* Reasons that both claim_judge() and claim_of_attempt() give. */
#define OTHER_NAME	"this image ran under another name"
#define SAME_AS_BEFORE	"the attempt did not change the firmware name"

/*
 * Find the newest successful attempt: of @image, or of any image if @image is
 * NULL.
 */
static const struct attempt *find_running(const struct record *record,
					  const uint8_t *image)
{
	const struct attempt *attempt;
	unsigned int i;

	for (i = record->nr; i--;) {
		attempt = &record->attempts[i];
		if (attempt->outcome == OUTCOME_RUNNING &&
		    (!image || !memcmp(attempt->image, image, DIGEST_SIZE)))
			return attempt;
	}
	return NULL;
}

/*
 * A name identifies firmware only if the firmware before the attempt had
 * another name.
 */
static bool has_own_name(const struct attempt *attempt)
{
	return attempt && attempt->before.known && attempt->after.known &&
	       !firmware_same(&attempt->before, &attempt->after);
}

/*
 * Does this firmware also run without an attempt, as the provider's firmware
 * does after a power cut? The answer is yes if an attempt began on this
 * firmware, and no successful attempt changed the name to that of this
 * firmware.
 */
static bool comes_by_itself(const struct record *record,
			    const struct firmware *now)
{
	const struct attempt *attempt;
	bool left = false;
	unsigned int i;

	for (i = 0; i < record->nr; i++) {
		attempt = &record->attempts[i];
		if (attempt->outcome == OUTCOME_RUNNING &&
		    has_own_name(attempt) &&
		    firmware_same(now, &attempt->after))
			return false;
		left |= attempt->before.known &&
			firmware_same(now, &attempt->before);
	}
	return left;
}

/*
 * The image has a name of its own: compare it with the name of the running
 * firmware.
 */
static enum verdict compare_name(const struct attempt *known,
				 const struct firmware *now, const char **why)
{
	if (firmware_same(now, &known->after)) {
		*why = "this image ran under the same name";
		return VERDICT_RUNNING;
	}
	*why = OTHER_NAME;
	return VERDICT_NOT_RUNNING;
}

/**
 * claim_of_attempt() - explain why an attempt did not succeed, as far as its
 *	record shows
 * @attempt: the attempt
 *
 * The record has names and the kind of evidence, but not the launch digest. Names
 * alone lead to OUTCOME_NOT_RUNNING only if the image has a name of its own.
 *
 * Return: a constant text, or NULL.
 */
const char *claim_of_attempt(const struct attempt *attempt)
{
	switch (attempt->outcome) {
	case OUTCOME_NOT_RUNNING:
		return attempt->rung >= RUNG_QUOTED ? NULL : OTHER_NAME;
	case OUTCOME_UNKNOWN:
		if (!attempt->after.known)
			return "the firmware had no name";
		return firmware_same(&attempt->before, &attempt->after) ?
		       SAME_AS_BEFORE : NULL;
	case OUTCOME_REFUSED:
		return "the VMM did not take the image";
	case OUTCOME_FAILED:
		return "an error prevented the reset";
	default:
		return NULL;
	}
}

/*
 * Judge a boot that follows an attempt of this image, and has to record the
 * outcome. @torn: this boot found the record torn.
 */
static enum verdict claim_after(const struct record *record,
				const struct attempt *last, bool torn,
				const struct firmware *now, const char **why)
{
	const struct attempt *known = find_running(record, last->image);

	if (has_own_name(known))
		return compare_name(known, now, why);
	/*
	 * The damaged block of the record may have had the outcome of the
	 * attempt.
	 */
	if (torn) {
		*why = "the record was torn, and may have lost the result of the attempt";
		return VERDICT_UNKNOWN;
	}
	if (!last->before.known) {
		*why = "the firmware before the attempt had no name";
		return VERDICT_UNKNOWN;
	}
	if (firmware_same(now, &last->before)) {
		*why = SAME_AS_BEFORE;
		return VERDICT_UNKNOWN;
	}
	if (comes_by_itself(record, now)) {
		*why = "firmware of this name ran without an attempt";
		return VERDICT_UNKNOWN;
	}
	*why = "the attempt changed the firmware name";
	return VERDICT_RUNNING;
}

/**
 * claim_judge() - judge by the record whether an image is running
 * @record: of attempts
 * @boot: boot_id of this boot
 * @image: SHA-256 of the image
 * @now: the running firmware
 * @why: receives the reason, a constant text
 *
 * Return: the verdict; VERDICT_UNKNOWN if the record and the firmware's name do
 * not suffice.
 */
enum verdict claim_judge(const struct record *record, const uint8_t *boot,
			 const uint8_t *image, const struct firmware *now,
			 const char **why)
{
	const struct attempt *last = record_last(record), *known;

	if (!now->known) {
		*why = "the running firmware has no name";
		return VERDICT_UNKNOWN;
	}
	if (last && last->outcome == OUTCOME_OPEN &&
	    memcmp(last->boot, boot, BOOT_ID_SIZE) &&
	    !memcmp(last->image, image, DIGEST_SIZE))
		return claim_after(record, last,
				   !memcmp(record->barred, boot, BOOT_ID_SIZE),
				   now, why);

	known = find_running(record, NULL);
	if (!known) {
		*why = "the record has no successful attempt";
		return VERDICT_UNKNOWN;
	}
	if (memcmp(known->image, image, DIGEST_SIZE)) {
		*why = "the last successful attempt had another image";
		return VERDICT_UNKNOWN;
	}
	if (!has_own_name(known)) {
		*why = "firmware names do not identify this image";
		return VERDICT_UNKNOWN;
	}
	return compare_name(known, now, why);
}

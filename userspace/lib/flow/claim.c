// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <stddef.h>
#include <string.h>

#include "flow/claim.h"

/* The newest attempt that brought its firmware; of one image, or of any. */
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

/* A name tells something only if the firmware before had another one. */
static bool has_own_name(const struct attempt *attempt)
{
	return attempt && attempt->before.known && attempt->after.known &&
	       !firmware_same(&attempt->before, &attempt->after);
}

/*
 * A firmware that is there without an attempt, as the provider's is after a power
 * cut: attempts were made from it, and none is known to have brought it.
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

/* This boot follows an attempt of this very image. */
static enum verdict claim_after(const struct record *record,
				const struct attempt *last, bool torn,
				const struct firmware *now, const char **why)
{
	const struct attempt *known = find_running(record, last->image);

	if (has_own_name(known)) {
		*why = "compared with the name that this image had before";
		return firmware_same(now, &known->after) ? VERDICT_RUNNING :
							   VERDICT_NOT_RUNNING;
	}
	/* What the spoilt block had noted of it is lost; see flow.c. */
	if (torn) {
		*why = "the record was torn, and may have known what came of the attempt";
		return VERDICT_UNKNOWN;
	}
	if (!last->before.known) {
		*why = "the firmware before the attempt had no name";
		return VERDICT_UNKNOWN;
	}
	if (firmware_same(now, &last->before)) {
		*why = "the firmware has the same name as before the attempt";
		return VERDICT_UNKNOWN;
	}
	if (comes_by_itself(record, now)) {
		*why = "the firmware has the name of one that is there without an attempt";
		return VERDICT_UNKNOWN;
	}
	*why = "the firmware has another name than before the attempt";
	return VERDICT_RUNNING;
}

/**
 * claim() - tell whether an image is running
 * @record: of attempts
 * @boot: boot_id of this boot
 * @image: SHA-256 of the image
 * @now: the running firmware
 * @why: receives the reason in words
 */
enum verdict claim(const struct record *record, const uint8_t *boot,
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
	if (!known || memcmp(known->image, image, DIGEST_SIZE)) {
		*why = "no attempt of this image is known to have worked";
		return VERDICT_UNKNOWN;
	}
	if (!has_own_name(known)) {
		*why = "the name of the firmware tells nothing";
		return VERDICT_UNKNOWN;
	}
	*why = "compared with the name that this image had before";
	return firmware_same(now, &known->after) ? VERDICT_RUNNING :
						   VERDICT_NOT_RUNNING;
}

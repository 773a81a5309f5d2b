// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <stdio.h>
#include <time.h>

#include "attest/launch-digest.h"
#include "base/uuid.h"
#include "ctl/print.h"

#define DATE	32

/**
 * tell_firmware() - tell what a firmware calls itself
 * @out: the output
 * @key: for JSON
 * @label: for text
 * @firmware: the firmware
 */
void tell_firmware(struct output *out, const char *key, const char *label,
		   const struct firmware *firmware)
{
	char words[FIRMWARE_WORDS];

	output_string(out, NULL, label, firmware_words(words, firmware));
	output_object(out, key);
	output_bool(out, "known", NULL, firmware->known);
	if (firmware->known) {
		output_string(out, "vendor", NULL, firmware->vendor);
		output_string(out, "version", NULL, firmware->version);
		output_string(out, "date", NULL, firmware->date);
		output_bool(out, "uefi", NULL, firmware->uefi);
	}
	output_end(out);
}

/**
 * tell_evidence() - tell whether the wanted firmware is running; for JSON
 * @out: the output
 * @evidence: what was found
 */
void tell_evidence(struct output *out, const struct evidence *evidence)
{
	char words[LAUNCH_WORDS];
	unsigned int i;

	output_string(out, "verdict", NULL, verdict_word(evidence->verdict));
	output_string(out, "rung", NULL, rung_word(evidence->rung));
	output_string(out, "why", NULL, evidence->why);
	if (!evidence->attested)
		return;
	output_object(out, "attestation");
	output_string(out, "source", NULL, evidence->attest.source);
	output_string(out, "platform", NULL,
		      vmfw_igvm_platform_word(evidence->attest.platform));
	output_string(out, "digest", NULL,
		      launch_words(words, evidence->attest.digest,
				   REPORT_DIGEST));
	output_array(out, "expected");
	for (i = 0; i < evidence->nr_expected; i++)
		output_string(out, NULL, NULL,
			      launch_words(words, evidence->expected[i],
					   REPORT_DIGEST));
	output_end(out);
	output_end(out);
}

/**
 * tell_resets() - tell what resets bring; for JSON
 * @out: the output
 * @info: of the device
 */
void tell_resets(struct output *out, const struct vmfwupdate_info *info)
{
	output_string(out, "held", NULL, device_held_word(info->held));
	output_string(out, "any_reset", NULL,
		      device_reset_word(device_any_reset(info)));
	output_string(out, "orderly_reboot", NULL,
		      device_reset_word(device_orderly_reboot(info)));
}

/* By a clock that may have been wrong. */
static const char *date_words(char *buf, int64_t seconds)
{
	time_t when = seconds;
	struct tm tm;

	if (!gmtime_r(&when, &tm) ||
	    !strftime(buf, DATE, "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(buf, DATE, "?");
	return buf;
}

/**
 * tell_attempt() - tell about an attempt
 * @out: the output; in JSON, within an array
 * @attempt: the attempt
 */
void tell_attempt(struct output *out, const struct attempt *attempt)
{
	char digest[DIGEST_WORDS], date[DATE], id[UUID_WORDS];
	char before[FIRMWARE_WORDS], after[FIRMWARE_WORDS];
	bool open = attempt->outcome == OUTCOME_OPEN;

	digest_words(digest, attempt->image);
	output_line(out, "#%ju  %s  %s%s%s%s", (uintmax_t)attempt->number,
		    date_words(date, attempt->begun),
		    outcome_word(attempt->outcome),
		    attempt->rung ? " (" : "",
		    attempt->rung ? rung_word(attempt->rung) : "",
		    attempt->rung ? ")" : "");
	output_line(out, "    image SHA-256 %s", digest);
	output_line(out, "    on %s%s%s",
		    firmware_words(before, &attempt->before),
		    open ? "" : ", then ",
		    open ? "" : firmware_words(after, &attempt->after));

	output_object(out, NULL);
	output_number(out, "number", NULL, attempt->number);
	output_string(out, "sha256", NULL, digest);
	output_string(out, "outcome", NULL, outcome_word(attempt->outcome));
	output_string(out, "rung", NULL, rung_word(attempt->rung));
	output_string(out, "time", NULL, date);
	output_string(out, "boot_id", NULL, uuid_words(id, attempt->boot));
	tell_firmware(out, "before", NULL, &attempt->before);
	if (!open) {
		output_string(out, "outcome_time", NULL,
			      date_words(date, attempt->ended));
		output_string(out, "outcome_boot_id", NULL,
			      uuid_words(id, attempt->end_boot));
		tell_firmware(out, "after", NULL, &attempt->after);
	}
	output_end(out);
}

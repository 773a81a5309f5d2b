// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "attest/launch-digest.h"
#include "base/size.h"
#include "base/uuid.h"
#include "ctl/print.h"
#include "flow/claim.h"

#define DATE	32

/* Write the name of a firmware, and the origin of that name. */
static const char *origin_words(char *buf, const struct firmware *firmware)
{
	size_t len = strlen(firmware_words(buf, firmware));

	if (firmware->known)
		snprintf(buf + len - 1, FIRMWARE_WORDS - len + 1,
			 ", by SMBIOS)");
	return buf;
}

/**
 * print_firmware() - print the name and version that a firmware reports
 * @out: the output
 * @key: for JSON
 * @label: for text
 * @firmware: the firmware
 */
void print_firmware(struct output *out, const char *key, const char *label,
		    const struct firmware *firmware)
{
	char words[FIRMWARE_WORDS];

	output_string(out, NULL, label, origin_words(words, firmware));
	output_object(out, key);
	output_bool(out, "known", NULL, firmware->known);
	if (firmware->known) {
		output_string(out, "vendor", NULL, firmware->vendor);
		output_string(out, "version", NULL, firmware->version);
		output_string(out, "date", NULL, firmware->date);
		output_bool(out, "uefi", NULL, firmware->uefi);
		output_string(out, "claimed_by", NULL, "smbios");
	}
	output_end(out);
}

static void print_attestation(struct output *out,
			      const struct evidence *evidence)
{
	char words[LAUNCH_WORDS];
	unsigned int i;

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
 * print_evidence() - print whether the wanted firmware is running
 * @out: the output
 * @label: for text, or NULL
 * @evidence: the evidence
 */
void print_evidence(struct output *out, const char *label,
		    const struct evidence *evidence)
{
	char words[ATTEST_WHY + 64];

	snprintf(words, sizeof(words), "%s (%s): %s",
		 verdict_word(evidence->verdict), rung_word(evidence->rung),
		 evidence->why);
	output_string(out, NULL, label, words);
	output_object(out, "evidence");
	output_string(out, "verdict", NULL, verdict_word(evidence->verdict));
	output_string(out, "rung", NULL, rung_word(evidence->rung));
	output_string(out, "why", NULL, evidence->why);
	if (evidence->attested)
		print_attestation(out, evidence);
	output_end(out);
}

/**
 * print_resets() - for JSON, print the image that the VMM holds, and the
 *	firmware that each kind of reset brings
 * @out: the output
 * @info: state of the device
 */
void print_resets(struct output *out, const struct vmfwupdate_info *info)
{
	output_string(out, "held", NULL, device_held_word(info->held));
	output_string(out, "any_reset", NULL,
		      device_reset_word(device_any_reset(info)));
	output_string(out, "orderly_reboot", NULL,
		      device_reset_word(device_orderly_reboot(info)));
}

static const char *const record_states[] = {
	[SLOTS_SOUND] = "sound",
	[SLOTS_FRESH] = "new",
	[SLOTS_TORN] = "torn",
	[SLOTS_DAMAGED] = "damaged",
	[SLOTS_NEWER] = "of a newer version",
};

/**
 * print_wanted() - print the configured image
 * @out: the output
 * @flow: the flow, after flow_open_image()
 * @all: in text, also print its place and its digest
 */
void print_wanted(struct output *out, const struct flow *flow, bool all)
{
	char words[LOCATION_WORDS], digest[DIGEST_WORDS];

	location_words(words, &flow->config.image);
	output_object(out, "wanted");
	output_string(out, "location", "Wanted image", words);
	if (flow->image_path[0])
		output_string(out, "path", all ? "Found at" : NULL,
			      flow->image_path);
	if (flow->image_path[0] && flow->source.container)
		output_string(out, "part", all ? "Part of it" : NULL,
			      flow->source.extent.words);
	if (flow->has_image)
		output_string(out, "sha256", all ? "Its SHA-256" : NULL,
			      digest_words(digest, flow->payload.digest));
	output_end(out);
}

static void print_last(struct output *out, const struct attempt *last)
{
	const char *why = claim_of_attempt(last);
	char words[160];

	snprintf(words, sizeof(words), "#%ju, %s%s%s%s%s%s",
		 (uintmax_t)last->number, outcome_word(last->outcome),
		 last->rung ? " (" : "",
		 last->rung ? rung_word(last->rung) : "",
		 last->rung ? ")" : "", why ? ": " : "", why ? why : "");
	output_string(out, NULL, "Last attempt", words);
	output_number(out, "last_number", NULL, last->number);
	output_string(out, "last_outcome", NULL, outcome_word(last->outcome));
	output_string(out, "last_rung", NULL, rung_word(last->rung));
	if (why)
		output_string(out, "last_why", NULL, why);
}

/**
 * print_record() - print the record of attempts
 * @out: the output
 * @flow: the flow, after flow_open_record() has found a record
 * @all: in text, also print its place and its state
 */
void print_record(struct output *out, const struct flow *flow, bool all)
{
	const struct attempt *last = record_last(&flow->slots.record);

	output_object(out, "record");
	output_string(out, "place", all ? "Record" : NULL, flow->store.top ?
		      flow->store.path : "page of the VMM");
	output_string(out, "state", all ? "State of record" : NULL,
		      record_states[flow->slots.state]);
	if (last)
		print_last(out, last);
	output_end(out);
}

/**
 * print_decision() - print the decision of a boot, for JSON
 * @out: the output
 * @decision: from decide()
 */
void print_decision(struct output *out, const struct decision *decision)
{
	output_object(out, "decision");
	output_bool(out, "attempt", NULL, decision->attempt);
	output_bool(out, "consume", NULL, decision->consume);
	output_bool(out, "disable", NULL, decision->disable);
	output_string(out, "reason", NULL, reason_word(decision->reason));
	output_string(out, "why", NULL, reason_text(decision->reason));
	output_number(out, "exit_code", NULL, decision->code);
	output_end(out);
}

/*
 * Write a time as text. The record may contain any number, because the clock may
 * have been wrong.
 */
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
 * print_attempt() - print an attempt
 * @out: the output; in JSON, within an array
 * @attempt: the attempt
 */
void print_attempt(struct output *out, const struct attempt *attempt)
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
	output_line(out, "    SHA-256 %s", digest);
	output_wrapped(out, "    on %s%s%s",
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
	print_firmware(out, "before", NULL, &attempt->before);
	if (!open) {
		output_string(out, "outcome_time", NULL,
			      date_words(date, attempt->ended));
		output_string(out, "outcome_boot_id", NULL,
			      uuid_words(id, attempt->end_boot));
		print_firmware(out, "after", NULL, &attempt->after);
	}
	output_end(out);
}

/**
 * print_container() - print which part of a file is the image
 * @out: the output
 * @source: from source_open(). If the image is the whole file, the function
 *	prints nothing
 */
void print_container(struct output *out, const struct source *source)
{
	const struct extent *extent = &source->extent;

	if (!source->container)
		return;
	output_object(out, "container");
	output_string(out, "kind", NULL, source->container->word);
	output_string(out, "part", NULL, extent->words);
	output_number(out, "offset", NULL, extent->start);
	output_number(out, "size", NULL, extent->size);
	output_end(out);
	message_note(out->messages, "%s: the image is %s", source->path,
		     extent->words);
}

/**
 * print_parts() - print the parts of an image beside its firmware, and their
 *	addresses
 * @out: the output
 * @parts: the parts
 * @nr: number of parts
 */
void print_parts(struct output *out, const struct vmfw_igvm_part *parts,
		 size_t nr)
{
	char words[SIZE_WORDS];
	size_t i;

	output_array(out, "parts");
	for (i = 0; i < nr; i++) {
		const char *name = vmfw_igvm_part_name(parts[i].type);

		output_object(out, NULL);
		output_string(out, "name", NULL, name);
		output_hex(out, "gpa", NULL, parts[i].gpa);
		output_size(out, "size", NULL, parts[i].size);
		output_end(out);
		output_line(out, "%s: %s at 0x%" PRIx64, name,
			    size_words(words, parts[i].size), parts[i].gpa);
	}
	output_end(out);
}

/**
 * print_composition() - print the parts of a composed image, and the memory
 *	that it needs
 * @out: the output
 * @composition: the image, from composition_make()
 */
void print_composition(struct output *out,
		       const struct composition *composition)
{
	uint64_t least = composition_least_memory(composition);
	const struct vmfw_igvm_part *parts;
	char words[SIZE_WORDS];
	size_t nr;

	parts = vmfw_igvm_draft_parts(composition->draft, &nr);
	print_parts(out, parts, nr);
	output_size(out, "memory_least", NULL, least);
	output_line(out, "the machine needs at least %s of memory",
		    size_words(words, least));
}

static void print_payload(struct output *out, const struct payload *payload)
{
	static const char *const conversions[] = {
		[PAYLOAD_AS_IT_IS] = "none",
		[PAYLOAD_WRAPPED] = "wrapped",
		[PAYLOAD_FLATTENED] = "flattened",
	};
	char words[SIZE_WORDS];

	output_string(out, "conversion", NULL, conversions[payload->way]);
	output_size(out, "image_size", NULL, payload->size);
	if (payload->platform)
		output_string(out, "platform", NULL, payload->platform);
	if (payload->way != PAYLOAD_AS_IT_IS)
		output_line(out, "%s: for this VMM %s%s", payload->source->path,
			    payload_prefix(payload),
			    size_words(words, payload->size));
}

/**
 * print_staged() - print the result of staging a file
 * @out: the output
 * @payload: the file
 * @staged: from staging_run(), which may have failed
 */
void print_staged(struct output *out, const struct payload *payload,
		  const struct staged *staged)
{
	const struct source *source = payload->source;
	char digest[DIGEST_WORDS], size[SIZE_WORDS];

	if (staged->opened)
		output_string(out, "vmm", NULL, vmm_choice_word(staged->vmm));
	if (staged->planned)
		print_payload(out, payload);
	if (!staged->done)
		return;
	digest_words(digest, payload->digest);
	output_bool(out, "already", NULL, staged->already);
	output_string(out, "state", NULL,
		      device_state_word(staged->info.state));
	output_hex(out, "address", NULL, staged->info.image_addr);
	output_string(out, "sha256", NULL, digest);
	output_bool(out, "once", NULL, staged->once);
	output_string(out, "any_reset", NULL,
		      device_reset_word(device_any_reset(&staged->info)));
	output_string(out, "orderly_reboot", NULL,
		      device_reset_word(device_orderly_reboot(&staged->info)));
	output_string(out, "outlook", NULL, staged->outlook);
	output_line(out, "%s: %s%s, %s, SHA-256 %s", source->path,
		    staged->already ? "already " : "",
		    device_state_word(staged->info.state),
		    size_words(size, source->size), digest);
	output_line(out, "%s", staged->outlook);
}

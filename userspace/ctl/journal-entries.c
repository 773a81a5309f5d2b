// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <string.h>

#include "base/exit.h"
#include "base/journal.h"
#include "ctl/ctl.h"
#include "ctl/journal-entries.h"

/* Identifiers never change. vmfwupdate.catalog explains each one. */
#define ID_ATTEMPT		"5cd30b472e0343109d04b6e93e7a97d9"
#define ID_RUNNING		"91a9e375036748478aaa32ba470aa822"
#define ID_FOLLOWS		"891f8884cdd4433ca1a1bc6e04f72166"
#define ID_GUARD		"1e641a9b12534b0a862da5000e823f2c"
#define ID_NO_RECORD		"6905f19b76eb4038b77533c8355ef3ab"
#define ID_DAMAGED_RECORD	"52aa0987497144ba9a34116249c2730a"
#define ID_NO_IMAGE		"a20abb1435d545d2af8ee4aad9f05200"
#define ID_UNSOUND_IMAGE	"5befb30d45224a35b213684174b61d36"
#define ID_DISABLED		"c2e0b40536af46168b2f03e8f7090e9b"
#define ID_NO_DEVICE		"100eaf3a32c244dcbe095a81b24514db"
#define ID_REFUSED		"10c8aae8e8d54b9ba796b3054c67caf6"
#define ID_FAILED		"94638ff0d5a146c39d20e866c9fced5b"
#define ID_NO_BEGIN		"d166f5fa846f49c68daed6f6904ba868"
#define ID_STAGED		"8432a1efe5e243719aba4749ff564149"
#define ID_NOT_STAGED		"2e894f5481cd401fba0f05a91e2f99f3"
#define ID_UNSTAGED		"7c94ec94f16e4acfa3ef972c36cce5fe"
#define ID_REVERTED		"c991742079954d538bb8d013dbf4e391"
#define ID_STARTED_OTHERWISE	"a8fb9e3c841f429a97d56db1479ffd3d"
#define ID_REVERTING		"1b85ca5fc4804ca98cdf34eeefbd7fe3"

/* The entry for each reason; NULL: no entry, because auto had nothing to do. */
static const struct {
	const char *id;
	enum journal_priority priority;
} reasons[] = {
	[REASON_CRASH_KERNEL] = { NULL, 0 },
	[REASON_SWITCHED_OFF] = { NULL, 0 },
	[REASON_NOT_CONFIGURED] = { NULL, 0 },
	[REASON_NO_DEVICE] = { ID_NO_DEVICE, JOURNAL_ERROR },
	[REASON_UNREADABLE_DEVICE] = { ID_NO_BEGIN, JOURNAL_ERROR },
	[REASON_STARTED_OTHERWISE] = { ID_STARTED_OTHERWISE, JOURNAL_ERROR },
	[REASON_RUNNING] = { ID_RUNNING, JOURNAL_INFO },
	[REASON_NO_IMAGE] = { ID_NO_IMAGE, JOURNAL_ERROR },
	[REASON_UNSOUND_IMAGE] = { ID_UNSOUND_IMAGE, JOURNAL_ERROR },
	[REASON_DISABLED] = { ID_DISABLED, JOURNAL_WARNING },
	[REASON_REVERTING] = { ID_REVERTING, JOURNAL_WARNING },
	[REASON_NO_RECORD] = { ID_NO_RECORD, JOURNAL_ERROR },
	[REASON_DAMAGED_RECORD] = { ID_DAMAGED_RECORD, JOURNAL_ERROR },
	[REASON_FOLLOWS] = { ID_FOLLOWS, JOURNAL_WARNING },
	[REASON_MADE] = { ID_GUARD, JOURNAL_WARNING },
	[REASON_TORN_RECORD] = { ID_GUARD, JOURNAL_WARNING },
	[REASON_SAME_LIFE] = { ID_GUARD, JOURNAL_WARNING },
	[REASON_ATTEMPT] = { ID_ATTEMPT, JOURNAL_INFO },
};

static void add_exit_code(struct journal *entry, int code)
{
	journal_field(entry, "VMFWUPDATE_EXIT_CODE", "%d", code);
}

static void add_flow(struct journal *entry, const struct flow *flow)
{
	char location[LOCATION_WORDS], digest[DIGEST_WORDS];

	journal_field(entry, "VMFWUPDATE_VERB", "auto");
	if (flow->facts.configured)
		journal_field(entry, "VMFWUPDATE_IMAGE", "%s",
			      location_words(location, &flow->config.image));
	if (flow->has_image)
		journal_field(entry, "VMFWUPDATE_IMAGE_SHA256", "%s",
			      digest_words(digest, flow->payload.digest));
	journal_field(entry, "VMFWUPDATE_VERDICT", "%s",
		      verdict_word(flow->evidence.verdict));
	journal_field(entry, "VMFWUPDATE_RUNG", "%s",
		      rung_word(flow->evidence.rung));
}

/*
 * Send an entry. True: the journal has it. A failure needs no message, because
 * the verbs also print the result.
 */
static bool send(const struct journal *entry, const char *root)
{
	return !journal_send(entry, root);
}

/**
 * log_decision() - write an entry about auto's decision, before it acts
 * @flow: all known facts
 * @decision: auto's decision
 *
 * Return: true if the journal has the entry.
 */
bool log_decision(const struct flow *flow, const struct decision *decision)
{
	const char *id = reasons[decision->reason].id;
	struct journal entry;

	/*
	 * The lack of the interface is an error only if the configuration
	 * requires the firmware.
	 */
	if (!id || decision->code == VMFW_EXIT_NOTHING ||
	    !journal_reads_stderr())
		return false;
	journal_begin(&entry, PROGRAM, id, reasons[decision->reason].priority);
	journal_field(&entry, "MESSAGE", "auto: %s (verdict: %s, evidence: %s, exit status: %d)",
		      reason_word(decision->reason),
		      verdict_word(flow->evidence.verdict),
		      rung_word(flow->evidence.rung), decision->code);
	add_flow(&entry, flow);
	journal_field(&entry, "VMFWUPDATE_REASON", "%s",
		      reason_word(decision->reason));
	add_exit_code(&entry, decision->code);
	return send(&entry, flow->options.root);
}

/**
 * log_attempt_failed() - write an entry about an attempt of auto that failed
 *	before the reset
 * @flow: all known facts
 * @code: exit code of the attempt
 */
void log_attempt_failed(const struct flow *flow, int code)
{
	const struct attempt *last = record_last(&flow->slots.record);
	bool refused = last && last->outcome == OUTCOME_REFUSED &&
		       !memcmp(last->boot, flow->boot.id, BOOT_ID_SIZE);
	struct journal entry;

	if (!journal_reads_stderr())
		return;
	journal_begin(&entry, PROGRAM, refused ? ID_REFUSED : ID_FAILED,
		      JOURNAL_ERROR);
	journal_field(&entry, "MESSAGE", "auto: %s (exit status: %d)",
		      refused ? "the VMM refused the image" :
		      "the attempt failed before the reset", code);
	add_flow(&entry, flow);
	add_exit_code(&entry, code);
	send(&entry, flow->options.root);
}

/**
 * log_no_begin() - write an entry that auto could not begin
 * @flow: the facts known so far
 * @code: exit code
 */
void log_no_begin(const struct flow *flow, int code)
{
	struct journal entry;

	if (!journal_reads_stderr())
		return;
	journal_begin(&entry, PROGRAM, ID_NO_BEGIN, JOURNAL_ERROR);
	journal_field(&entry, "MESSAGE", "auto: cannot begin (exit status: %d)",
		      code);
	add_flow(&entry, flow);
	add_exit_code(&entry, code);
	send(&entry, flow->options.root);
}

/**
 * log_staged() - write an entry about the success or failure of stage
 * @path: name of the file
 * @code: exit code
 */
void log_staged(const char *path, int code)
{
	struct journal entry;

	if (!journal_reads_stderr())
		return;
	journal_begin(&entry, PROGRAM, code ? ID_NOT_STAGED : ID_STAGED,
		      code ? JOURNAL_ERROR : JOURNAL_INFO);
	journal_field(&entry, "MESSAGE", "stage: %s: %s (exit status: %d)",
		      path, code ? "not staged" : "staged", code);
	journal_field(&entry, "VMFWUPDATE_VERB", "stage");
	journal_field(&entry, "VMFWUPDATE_IMAGE", "%s", path);
	add_exit_code(&entry, code);
	send(&entry, NULL);
}

/* Write an entry about a verb that succeeded. */
static void log_asked(const char *id, const char *verb, const char *message)
{
	struct journal entry;

	if (!journal_reads_stderr())
		return;
	journal_begin(&entry, PROGRAM, id, JOURNAL_INFO);
	journal_field(&entry, "MESSAGE", "%s: %s", verb, message);
	journal_field(&entry, "VMFWUPDATE_VERB", "%s", verb);
	add_exit_code(&entry, VMFW_EXIT_OK);
	send(&entry, NULL);
}

/**
 * log_unstaged() - write an entry about the success of unstage
 * @restored: unstage asked for the host's image, because the VMM keeps a copy
 *	of the staged image
 */
void log_unstaged(bool restored)
{
	if (restored)
		log_asked(ID_REVERTED, "unstage", "asked for the host's image");
	else
		log_asked(ID_UNSTAGED, "unstage", "withdrawn");
}

/**
 * log_reverted() - write an entry about the success of revert
 */
void log_reverted(void)
{
	log_asked(ID_REVERTED, "revert", "asked for the host's image");
}

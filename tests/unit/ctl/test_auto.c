// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of the verb auto: the order of its calls, and its journal entries. Entries of
 * other verbs are here, too.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/exit.h"
#include "base/interrupt.h"
#include "base/journal.h"
#include "ctl/journal-entries.h"
#include "flow/flow.h"
#include "guest/reboot.h"
#include "shared/bytes.h"
#include "shared/macro.h"
#include "verb.h"

/* Each byte of the ID of this boot, and of an earlier boot. */
static const int this_boot = 0x22, other_boot = 0x11;

/* The digest of the image: each byte is 0x44. */
#define SHA256		"4444444444444444444444444444444444444444444444444444444444444444"

/**
 * struct script - the results of the replaced functions, and a log of calls
 * @begin_code: result of flow_begin()
 * @act_code: result of flow_act()
 * @reset_code: result of flow_reset()
 * @initramfs: auto runs in the initramfs
 * @image: location of the image, if flow_begin() reads a configuration
 * @has_image: the image is readable
 * @has_record: there is a record
 * @state: state of the device, on which the VMM holds the host's image
 * @facts: facts that flow_begin() returns
 * @options: its options
 * @last: the last attempt on record, if it has a number
 * @decision: result of decide()
 * @no_journal: standard error does not go to the journal
 * @send_err: result of journal_send()
 * @entry: the last entry that journal_send() received
 * @timeout: timeout= of the configuration
 * @limit: argument of the last call of interrupt_after(); 0: no time limit
 * @printed: bytes that auto printed before the last call of flow_reset()
 * @calls: a word for each call so far
 */
static struct script {
	int begin_code;
	int act_code;
	int reset_code;
	bool initramfs;
	const char *image;
	bool has_image;
	bool has_record;
	__u32 state;
	struct facts facts;
	struct flow_options options;
	struct attempt last;
	struct decision decision;
	bool no_journal;
	int send_err;
	struct journal entry;
	unsigned int timeout;
	unsigned int limit;
	long printed;
	char calls[256];
} script;

static void note(const char *word)
{
	size_t len = strlen(script.calls);

	snprintf(script.calls + len, sizeof(script.calls) - len, "%s;", word);
}

enum vmfw_exit __wrap_flow_begin(struct flow *flow, struct messages *messages,
				 const struct flow_options *options);
enum vmfw_exit __wrap_flow_begin(struct flow *flow, struct messages *messages,
				 const struct flow_options *options)
{
	(void)messages;
	memset(flow, 0, sizeof(*flow));
	flow->options = *options;
	script.options = *options;
	flow->config.timeout = script.timeout;
	flow->facts = script.facts;
	flow->boot.initramfs = script.initramfs;
	if (script.image)
		assert_true(location_parse(&flow->config.image, script.image));
	flow->has_image = script.has_image;
	if (script.has_image)
		strcpy(flow->image_path, "/efi/fw.igvm");
	memset(flow->payload.digest, 0x44, sizeof(flow->payload.digest));
	flow->has_record = script.has_record;
	flow->device.path = "device";
	flow->device.info.state = script.state;
	flow->device.info.held = VMFWUPDATE_HELD_HOST;
	strcpy(flow->evidence.why, "the reason");
	memset(flow->boot.id, this_boot, BOOT_ID_SIZE);
	flow->slots.record.nr = script.last.number ? 1 : 0;
	flow->slots.record.attempts[0] = script.last;
	return script.begin_code;
}

void __wrap_interrupt_after(unsigned int seconds);
void __wrap_interrupt_after(unsigned int seconds)
{
	script.limit = seconds;
}

void __wrap_flow_look(struct flow *flow, struct messages *messages);
void __wrap_flow_look(struct flow *flow, struct messages *messages)
{
	(void)flow;
	(void)messages;
	assert_int_equal(script.limit, script.timeout);
	note("look");
}

struct decision __wrap_decide(const struct facts *facts);
struct decision __wrap_decide(const struct facts *facts)
{
	(void)facts;
	return script.decision;
}

enum vmfw_exit __wrap_flow_act(struct flow *flow, struct messages *messages,
			       const struct decision *decision);
enum vmfw_exit __wrap_flow_act(struct flow *flow, struct messages *messages,
			       const struct decision *decision)
{
	(void)messages;
	assert_true(flow->options.act);
	assert_int_equal(script.limit, script.timeout);
	assert_int_equal(decision->reason, script.decision.reason);
	note("act");
	flow->staged.opened = true;
	return script.act_code;
}

enum vmfw_exit __wrap_flow_reset(struct flow *flow, struct messages *messages);
enum vmfw_exit __wrap_flow_reset(struct flow *flow, struct messages *messages)
{
	(void)flow;
	(void)messages;
	note("reset");
	script.printed = ftell(stdout);
	return script.reset_code;
}

void __wrap_flow_end(struct flow *flow);
void __wrap_flow_end(struct flow *flow)
{
	(void)flow;
	assert_int_equal(script.limit, 0);
	note("end");
}

int __wrap_boot_settle(const char *root);
int __wrap_boot_settle(const char *root)
{
	(void)root;
	note("settle");
	return 0;
}

bool __wrap_journal_reads_stderr(void);
bool __wrap_journal_reads_stderr(void)
{
	return !script.no_journal;
}

static bool has(const struct journal *entry, const char *text)
{
	return memmem(entry->bytes, entry->len, text, strlen(text));
}

int __wrap_journal_send(const struct journal *entry, const char *root);
int __wrap_journal_send(const struct journal *entry, const char *root)
{
	(void)root;
	note(has(entry, "the attempt failed before the reset") ?
	     "log failure" : has(entry, "the VMM refused the image") ?
	     "log refusal" : has(entry, "auto: cannot begin") ?
	     "log no begin" : "log decision");
	script.entry = *entry;
	return script.send_err;
}

static int set_up(void **state)
{
	(void)state;
	memset(&script, 0, sizeof(script));
	script.initramfs = true;
	script.timeout = 30;
	script.facts.configured = true;
	script.decision.reason = REASON_RUNNING;
	return 0;
}

static void runs(enum option_id given, int code, const char *calls)
{
	struct options options = { 0 };
	struct messages messages;

	options.given[given] = true;
	script.calls[0] = '\0';
	assert_int_equal(verb_run(&verb_auto, &options, &messages), code);
	assert_string_equal(script.calls, calls);
	messages_free(&messages);
}

/* If the wanted firmware runs, auto need not run again later in this boot. */
static void test_settle(void **state)
{
	(void)state;
	runs(OPTION_NONE, 0, "look;log decision;act;settle;end;");
	/* auto failed to switch firmware updates off. */
	script.decision.disable = true;
	script.act_code = VMFW_EXIT_SYSTEM;
	runs(OPTION_NONE, VMFW_EXIT_SYSTEM, "look;log decision;act;end;");
	script.act_code = 0;
	script.facts.record = RECORD_MISSING;
	runs(OPTION_NONE, 0, "look;log decision;act;end;");
	script.facts.record = RECORD_READY;
	script.initramfs = false;
	runs(OPTION_NONE, 0, "look;log decision;act;end;");
	script.initramfs = true;
	/* Without a journal entry, auto must run again. */
	script.send_err = -ENOENT;
	runs(OPTION_NONE, 0, "look;log decision;act;end;");
	script.send_err = 0;
	script.decision.reason = REASON_FOLLOWS;
	script.decision.code = VMFW_EXIT_GUARD;
	runs(OPTION_NONE, 0, "look;log decision;act;end;");
}

static void test_attempt(void **state)
{
	(void)state;
	script.decision.reason = REASON_ATTEMPT;
	script.decision.attempt = true;
	runs(OPTION_NONE, 0, "look;log decision;act;reset;end;");
	script.reset_code = VMFW_EXIT_SYSTEM;
	runs(OPTION_NONE, VMFW_EXIT_SYSTEM,
	     "look;log decision;act;reset;log failure;end;");
	script.act_code = VMFW_EXIT_SYSTEM;
	runs(OPTION_NONE, VMFW_EXIT_SYSTEM, "look;log decision;act;log failure;end;");
	/* A failure without an attempt gets no entry about an attempt. */
	script.decision.reason = REASON_RUNNING;
	script.decision.attempt = false;
	runs(OPTION_NONE, VMFW_EXIT_SYSTEM, "look;log decision;act;end;");
}

/* Set the outcome of the last attempt, and the boot that made it. */
static void set_last(enum outcome outcome, int boot)
{
	script.last.number = 1;
	script.last.outcome = outcome;
	memset(script.last.boot, boot, BOOT_ID_SIZE);
}

/* Only a refusal in this boot explains why this attempt failed. */
static void test_refusal(void **state)
{
	static const char failed[] = "look;log decision;act;log failure;end;";
	enum outcome outcome;

	(void)state;
	script.decision.reason = REASON_ATTEMPT;
	script.decision.attempt = true;
	script.act_code = VMFW_EXIT_REFUSED;
	set_last(OUTCOME_REFUSED, this_boot);
	runs(OPTION_NONE, VMFW_EXIT_REFUSED,
	     "look;log decision;act;log refusal;end;");
	set_last(OUTCOME_REFUSED, other_boot);
	runs(OPTION_NONE, VMFW_EXIT_REFUSED, failed);
	for (outcome = OUTCOME_OPEN; outcome <= OUTCOME_FAILED; outcome++) {
		if (outcome == OUTCOME_REFUSED)
			continue;
		set_last(outcome, this_boot);
		runs(OPTION_NONE, VMFW_EXIT_REFUSED, failed);
	}
}

/*
 * A dry run, or an explanation, neither changes anything nor writes to the journal.
 */
static void test_look(void **state)
{
	(void)state;
	script.decision.code = VMFW_EXIT_GUARD;
	runs(OPTION_DRY_RUN, VMFW_EXIT_GUARD, "look;end;");
	runs(OPTION_EXPLAIN, VMFW_EXIT_GUARD, "look;end;");
	script.facts.device = DEVICE_ABSENT;
	runs(OPTION_DRY_RUN, VMFW_EXIT_GUARD, "look;end;");
	script.begin_code = VMFW_EXIT_USAGE;
	runs(OPTION_DRY_RUN, VMFW_EXIT_USAGE, "end;");
}

/* If the lack of the device is no error, the journal gets no entry. */
static void test_no_device(void **state)
{
	(void)state;
	script.decision.reason = REASON_NO_DEVICE;
	script.decision.code = VMFW_EXIT_NOTHING;
	script.facts.device = DEVICE_ABSENT;
	runs(OPTION_NONE, 0, "look;act;end;");
	script.facts.required = true;
	runs(OPTION_NONE, 0, "look;act;end;");
	script.facts.configured = false;
	runs(OPTION_NONE, 0, "look;act;end;");
}

/*
 * The time limit of the configuration covers the steps from flow_look() on. It
 * ends before flow_end(). These functions check it.
 */
static void test_time_limit(void **state)
{
	static const unsigned int limits[] = { 1, 30, 3600 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		script.timeout = limits[i];
		runs(OPTION_NONE, 0, "look;log decision;act;settle;end;");
		runs(OPTION_DRY_RUN, 0, "look;end;");
	}
}

static void test_no_begin(void **state)
{
	(void)state;
	script.begin_code = VMFW_EXIT_SYSTEM;
	runs(OPTION_NONE, VMFW_EXIT_SYSTEM, "log no begin;end;");
	script.facts.required = true;
	runs(OPTION_NONE, VMFW_EXIT_REQUIRED, "log no begin;end;");
}

/* Expect that the last entry has this field. See journal_field(). */
static void expect_field(const char *name, const char *value)
{
	uint8_t bytes[256];
	size_t name_len = strlen(name), len = strlen(value);

	assert_true(name_len + len + 10 <= sizeof(bytes));
	memcpy(bytes, name, name_len);
	bytes[name_len] = '\n';
	put_le64(bytes + name_len + 1, len);
	memcpy(bytes + name_len + 9, value, len);
	bytes[name_len + 9 + len] = '\n';
	if (!memmem(script.entry.bytes, script.entry.len, bytes,
		    name_len + len + 10))
		fail_msg("no field %s=%s", name, value);
}

static void expect_fields_of_auto(const char *exit_code)
{
	expect_field("VMFWUPDATE_VERB", "auto");
	expect_field("VMFWUPDATE_VERDICT", "unknown");
	expect_field("VMFWUPDATE_RUNG", "none");
	expect_field("VMFWUPDATE_EXIT_CODE", exit_code);
}

/* Errors need a person, and warnings tell why auto holds back. */
static void test_priorities(void **state)
{
	static const char none[] = "look;act;end;";
	static const struct {
		enum reason reason;
		const char *priority;
	} cases[] = {
		{ REASON_CRASH_KERNEL, NULL },
		{ REASON_SWITCHED_OFF, NULL },
		{ REASON_NOT_CONFIGURED, NULL },
		{ REASON_NO_DEVICE, "3" },
		{ REASON_UNREADABLE_DEVICE, "3" },
		{ REASON_STARTED_OTHERWISE, "3" },
		{ REASON_RUNNING, "6" },
		{ REASON_NO_IMAGE, "3" },
		{ REASON_UNSOUND_IMAGE, "3" },
		{ REASON_DISABLED, "4" },
		{ REASON_REVERTING, "4" },
		{ REASON_NO_RECORD, "3" },
		{ REASON_DAMAGED_RECORD, "3" },
		{ REASON_FOLLOWS, "4" },
		{ REASON_MADE, "4" },
		{ REASON_TORN_RECORD, "4" },
		{ REASON_SAME_LIFE, "4" },
		{ REASON_ATTEMPT, "6" },
	};
	size_t i;

	(void)state;
	/* Outside the initramfs, auto does not note that the firmware runs. */
	script.initramfs = false;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		script.decision.reason = cases[i].reason;
		if (!cases[i].priority) {
			runs(OPTION_NONE, 0, none);
			continue;
		}
		runs(OPTION_NONE, 0, "look;log decision;act;end;");
		expect_field("PRIORITY", cases[i].priority);
		expect_field("VMFWUPDATE_REASON", reason_word(cases[i].reason));
		expect_fields_of_auto("0");
	}
}

static void test_failure_fields(void **state)
{
	(void)state;
	script.decision.reason = REASON_ATTEMPT;
	script.decision.attempt = true;
	script.act_code = VMFW_EXIT_REFUSED;
	runs(OPTION_NONE, VMFW_EXIT_REFUSED,
	     "look;log decision;act;log failure;end;");
	expect_field("PRIORITY", "3");
	expect_field("MESSAGE",
		     "auto: the attempt failed before the reset (exit status: 6)");
	expect_fields_of_auto("6");
	script.begin_code = VMFW_EXIT_SYSTEM;
	runs(OPTION_NONE, VMFW_EXIT_SYSTEM, "log no begin;end;");
	expect_field("PRIORITY", "3");
	expect_field("MESSAGE", "auto: cannot begin (exit status: 1)");
	expect_fields_of_auto("1");
}

/* Without a journal, auto must run again later in this boot. */
static void auto_sends_entries_only_if_stderr_goes_to_the_journal(void **state)
{
	(void)state;
	script.no_journal = true;
	runs(OPTION_NONE, 0, "look;act;end;");
	script.decision.attempt = true;
	script.act_code = VMFW_EXIT_SYSTEM;
	runs(OPTION_NONE, VMFW_EXIT_SYSTEM, "look;act;end;");
	script.begin_code = VMFW_EXIT_SYSTEM;
	runs(OPTION_NONE, VMFW_EXIT_SYSTEM, "end;");
}

static void entries_name_the_image_that_auto_knows(void **state)
{
	static const char calls[] = "look;log decision;act;end;";

	(void)state;
	script.decision.reason = REASON_NO_IMAGE;
	script.decision.code = VMFW_EXIT_SOURCE;
	script.image = "ESP:/fw.igvm";
	runs(OPTION_NONE, 0, calls);
	expect_field("MESSAGE",
		     "auto: no-image (verdict: unknown, evidence: none, exit status: 8)");
	expect_field("VMFWUPDATE_IMAGE", "ESP:/fw.igvm");
	assert_false(has(&script.entry, "VMFWUPDATE_IMAGE_SHA256"));
	script.has_image = true;
	runs(OPTION_NONE, 0, calls);
	expect_field("VMFWUPDATE_IMAGE_SHA256", SHA256);
	script.facts.configured = false;
	script.has_image = false;
	runs(OPTION_NONE, 0, calls);
	assert_false(has(&script.entry, "VMFWUPDATE_IMAGE"));
}

static void entries_of_other_verbs(void **state)
{
	static const struct {
		const char *id, *verb, *message, *priority, *exit_code;
	} entries[] = {
		{ "7c94ec94f16e4acfa3ef972c36cce5fe", "unstage",
		  "unstage: withdrawn", "6", "0" },
		{ "c991742079954d538bb8d013dbf4e391", "unstage",
		  "unstage: asked for the host's image", "6", "0" },
		{ "c991742079954d538bb8d013dbf4e391", "revert",
		  "revert: asked for the host's image", "6", "0" },
		{ "8432a1efe5e243719aba4749ff564149", "stage",
		  "stage: fw.igvm: staged (exit status: 0)", "6", "0" },
		{ "2e894f5481cd401fba0f05a91e2f99f3", "stage",
		  "stage: fw.igvm: not staged (exit status: 6)", "3", "6" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(entries); i++) {
		if (i < 2)
			log_unstaged(i);
		else if (i == 2)
			log_reverted();
		else
			log_staged("fw.igvm", i == 3 ? VMFW_EXIT_OK :
						       VMFW_EXIT_REFUSED);
		expect_field("MESSAGE_ID", entries[i].id);
		expect_field("VMFWUPDATE_VERB", entries[i].verb);
		expect_field("MESSAGE", entries[i].message);
		expect_field("PRIORITY", entries[i].priority);
		expect_field("VMFWUPDATE_EXIT_CODE", entries[i].exit_code);
		if (i > 2)
			expect_field("VMFWUPDATE_IMAGE", "fw.igvm");
	}
}

static void other_verbs_send_entries_only_to_the_journal(void **state)
{
	(void)state;
	script.no_journal = true;
	log_unstaged(false);
	log_reverted();
	log_staged("fw.igvm", VMFW_EXIT_OK);
	assert_string_equal(script.calls, "");
}

/* Run auto with this option, and return its output. */
static const char *show(enum option_id given, bool json)
{
	struct options options = { 0 };
	const char *text;

	options.given[given] = true;
	script.calls[0] = '\0';
	verb_capture(&verb_auto, &options, json, &text);
	return text;
}

static void options_reach_the_flow(void **state)
{
	static const struct {
		unsigned int force, overridden;
	} table[] = {
		{ 0, 0 },
		{ FORCE_KEXEC, RESET_TRAP_KEXEC },
		{ FORCE_SOFT_REBOOT, RESET_TRAP_SOFT_REBOOT },
		{ FORCE_KEXEC | FORCE_SOFT_REBOOT,
		  RESET_TRAP_KEXEC | RESET_TRAP_SOFT_REBOOT },
	};
	struct options options = {
		.root = "root",
		.device = "device",
		.progress = PROGRESS_ALWAYS,
	};
	struct messages messages;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		options.force = table[i].force;
		assert_int_equal(verb_run(&verb_auto, &options, &messages), 0);
		messages_free(&messages);
		assert_string_equal(script.options.root, "root");
		assert_string_equal(script.options.device, "device");
		assert_int_equal(script.options.progress, PROGRESS_ALWAYS);
		assert_int_equal(script.options.overridden,
				 table[i].overridden);
	}
}

#define RUNNING		"Running            unknown\n"
#define WANTED		"Wanted image       ESP:/fw.igvm\n"
#define VERDICT		"Verdict            unknown (none): the reason\n" \
			"the wanted firmware is running\n"

static void an_explanation_in_text(void **state)
{
	static const struct {
		bool idle;
		enum device_fact device;
		__u32 state;
		bool has_image_and_record;
		const char *text;
	} table[] = {
		{ true, DEVICE_READY, VMFWUPDATE_STATE_IDLE, true,
		  RUNNING
		  "the wanted firmware is running\n" },
		{ false, DEVICE_ABSENT, VMFWUPDATE_STATE_IDLE, false,
		  RUNNING
		  "Device             none\n"
		  WANTED VERDICT },
		{ false, DEVICE_UNREADABLE, VMFWUPDATE_STATE_IDLE, false,
		  RUNNING
		  "Device             unreadable\n"
		  WANTED VERDICT },
		{ false, DEVICE_READY, VMFWUPDATE_STATE_IDLE, true,
		  RUNNING
		  "Device             idle\n"
		  "Any reset          the host's image\n"
		  WANTED
		  "Found at           /efi/fw.igvm\n"
		  "Its SHA-256     " SHA256 "\n"
		  "Record             page of the VMM\n"
		  "State of record    sound\n"
		  VERDICT },
		{ false, DEVICE_DISABLED, VMFWUPDATE_STATE_DISABLED, false,
		  RUNNING
		  "Device             disabled\n"
		  "Any reset          the host's image\n"
		  "Switched off       until the next reset\n"
		  WANTED VERDICT },
	};
	size_t i;

	(void)state;
	script.image = "ESP:/fw.igvm";
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script.facts.configured = !table[i].idle;
		script.facts.device = table[i].device;
		script.state = table[i].state;
		script.has_image = table[i].has_image_and_record;
		script.has_record = table[i].has_image_and_record;
		assert_string_equal(show(OPTION_EXPLAIN, false), table[i].text);
	}
}

static void an_explanation_in_json(void **state)
{
	(void)state;
	script.image = "ESP:/fw.igvm";
	script.state = VMFWUPDATE_STATE_DISABLED;
	assert_non_null(strstr(show(OPTION_EXPLAIN, true),
		"  \"firmware\": {\n"
		"    \"known\": false\n"
		"  },\n"
		"  \"initramfs\": true,\n"
		"  \"vmm\": \"unknown\",\n"
		"  \"device\": \"device\",\n"
		"  \"state\": \"disabled\",\n"
		"  \"start\": \"unknown\",\n"
		"  \"held\": \"host\",\n"
		"  \"any_reset\": \"host\",\n"
		"  \"orderly_reboot\": \"host\",\n"
		"  \"disabled_until\": \"until the next reset\",\n"
		"  \"wanted\": {\n"));
}

/* Without an explanation, the result is one line, and the steps of an attempt. */
static void the_result_of_auto(void **state)
{
	(void)state;
	assert_string_equal(show(OPTION_NONE, false),
			    "the wanted firmware is running\n");
	assert_non_null(strstr(show(OPTION_NONE, true),
			       "{\n  \"schema\": 1,\n  \"decision\": {\n"));
	script.decision.attempt = true;
	script.decision.reason = REASON_ATTEMPT;
	assert_string_equal(show(OPTION_DRY_RUN, false),
			    "auto would make an attempt: no evidence that the wanted firmware is running\n");
	assert_string_equal(show(OPTION_NONE, false),
			    "auto makes an attempt: no evidence that the wanted firmware is running\n"
			    "resetting the machine\n");
	/* The machine may not come back from the reset. */
	assert_int_equal(script.printed, strlen(show(OPTION_NONE, false)));
	assert_non_null(strstr(show(OPTION_NONE, true),
			       "  },\n  \"vmm\": \"unknown\",\n"));
	script.act_code = VMFW_EXIT_SYSTEM;
	assert_null(strstr(show(OPTION_NONE, false), "resetting"));
	script.decision.attempt = false;
	assert_null(strstr(show(OPTION_NONE, true), "\"vmm\""));
	script.decision.reason = REASON_SWITCHED_OFF;
	assert_non_null(strstr(show(OPTION_NONE, false), "; auto does nothing\n"));
}

static void an_error_explains_that_the_firmware_is_required(void **state)
{
	struct options options = { 0 };
	struct messages messages;

	(void)state;
	script.decision.reason = REASON_NO_RECORD;
	script.decision.code = VMFW_EXIT_REQUIRED;
	verb_run(&verb_auto, &options, &messages);
	assert_int_equal(messages.nr, 1);
	assert_string_equal(messages_first_error(&messages),
			    "cannot go on without the configured firmware (required=yes): cannot keep a record of the attempt");
	messages_free(&messages);
}

/* The help lists the exit codes. */
static void exit_codes(void **state)
{
	(void)state;
	assert_int_equal(verb_auto.codes,
			 CODES_COMMON | CODE(NOTHING) | CODE(IMAGE) |
			 CODE(DEVICE) | CODE(REFUSED) | CODE(GUARD) |
			 CODE(SOURCE) | CODE(REQUIRED) | CODE(START));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_settle, set_up),
		cmocka_unit_test_setup(test_attempt, set_up),
		cmocka_unit_test_setup(test_refusal, set_up),
		cmocka_unit_test_setup(test_look, set_up),
		cmocka_unit_test_setup(test_no_device, set_up),
		cmocka_unit_test_setup(test_time_limit, set_up),
		cmocka_unit_test_setup(test_no_begin, set_up),
		cmocka_unit_test_setup(test_priorities, set_up),
		cmocka_unit_test_setup(test_failure_fields, set_up),
		cmocka_unit_test_setup(auto_sends_entries_only_if_stderr_goes_to_the_journal, set_up),
		cmocka_unit_test_setup(entries_name_the_image_that_auto_knows,
				       set_up),
		cmocka_unit_test_setup(options_reach_the_flow, set_up),
		cmocka_unit_test_setup(an_explanation_in_text, set_up),
		cmocka_unit_test_setup(an_explanation_in_json, set_up),
		cmocka_unit_test_setup(the_result_of_auto, set_up),
		cmocka_unit_test_setup(an_error_explains_that_the_firmware_is_required, set_up),
		cmocka_unit_test_setup(entries_of_other_verbs, set_up),
		cmocka_unit_test_setup(other_verbs_send_entries_only_to_the_journal, set_up),
		cmocka_unit_test(exit_codes),
	};

	return cmocka_run_group_tests_name("auto", tests, NULL, NULL);
}

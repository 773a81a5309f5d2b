// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of history on a record that a test chooses, or without one.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/exit.h"
#include "flow/flow.h"
#include "shared/macro.h"
#include "verb.h"

/**
 * struct script - the results of the replaced functions
 * @state: state of the record
 * @clear_err: result of slots_clear()
 * @clears: number of its calls
 * @ends: number of calls of flow_end()
 * @writable: the file systems of the record are open for writing
 * @missing: there is no record
 * @absent: there is no EFI system partition
 * @record: record= of the configuration
 * @device: the interface of the VMM
 * @damaged: the record is damaged, about which flow_open_record() warns
 * @nr: number of attempts, which have numbers from 1
 */
static struct script {
	enum slots_state state;
	int clear_err;
	unsigned int clears;
	unsigned int ends;
	bool writable;
	bool missing;
	bool absent;
	enum config_record record;
	enum device_fact device;
	bool damaged;
	unsigned int nr;
} script;

enum vmfw_exit __wrap_flow_begin(struct flow *flow, struct messages *messages,
				 const struct flow_options *options);
enum vmfw_exit __wrap_flow_begin(struct flow *flow, struct messages *messages,
				 const struct flow_options *options)
{
	(void)messages;
	memset(flow, 0, sizeof(*flow));
	flow->options = *options;
	flow->config.record = script.record;
	return VMFW_EXIT_OK;
}

void __wrap_flow_open_device(struct flow *flow, struct messages *messages);
void __wrap_flow_open_device(struct flow *flow, struct messages *messages)
{
	(void)messages;
	flow->facts.device = script.device;
}

void __wrap_flow_open_record(struct flow *flow, struct messages *messages);
void __wrap_flow_open_record(struct flow *flow, struct messages *messages)
{
	unsigned int i;

	script.writable = flow->volumes.writable;
	flow->volumes.absent = script.absent;
	flow->has_record = !script.missing;
	if (script.missing)
		message_error(messages, "cannot find it");
	flow->slots.state = script.state;
	if (script.damaged)
		message_warning(messages, "it is damaged");
	flow->facts.record = script.damaged ? RECORD_DAMAGED : RECORD_READY;
	flow->slots.record.nr = script.nr;
	for (i = 0; i < script.nr; i++)
		flow->slots.record.attempts[i].number = i + 1;
}

void __wrap_flow_end(struct flow *flow);
void __wrap_flow_end(struct flow *flow)
{
	(void)flow;
	script.ends++;
}

int __wrap_slots_clear(struct slots *slots);
int __wrap_slots_clear(struct slots *slots)
{
	(void)slots;
	script.clears++;
	return script.clear_err;
}

/* Expect this exit code, and this error if it is not NULL. */
static void expect_clear(bool dry_run, int code, const char *error)
{
	struct options options = { .device = NULL };
	struct messages messages;

	options.given[OPTION_CLEAR] = true;
	options.given[OPTION_DRY_RUN] = dry_run;
	script.clears = 0;
	script.ends = 0;
	assert_int_equal(verb_run(&verb_history, &options, &messages), code);
	assert_int_equal(script.ends, 1);
	if (error)
		assert_string_equal(messages_first_error(&messages), error);
	else
		assert_null(messages_first_error(&messages));
	messages_free(&messages);
}

static void test_clear(void **state)
{
	(void)state;
	script = (struct script) { .state = SLOTS_SOUND };
	expect_clear(false, VMFW_EXIT_OK, NULL);
	assert_int_equal(script.clears, 1);
	assert_true(script.writable);
	script.clear_err = -EIO;
	expect_clear(false, VMFW_EXIT_SYSTEM,
		     "cannot write the record of attempts: Input/output error");
	assert_int_equal(script.clears, 1);
}

static void test_dry_run(void **state)
{
	(void)state;
	script = (struct script) { .state = SLOTS_SOUND };
	expect_clear(true, VMFW_EXIT_OK, NULL);
	assert_int_equal(script.clears, 0);
	assert_false(script.writable);
}

static void test_fresh(void **state)
{
	(void)state;
	script = (struct script) { .state = SLOTS_FRESH };
	expect_clear(false, VMFW_EXIT_NOTHING, NULL);
	expect_clear(true, VMFW_EXIT_NOTHING, NULL);
	assert_int_equal(script.clears, 0);
}

/*
 * A machine without an EFI system partition needs no record. But if the
 * configuration names a place, or the device is unreadable, the lack of a record
 * is an error.
 */
static void test_no_record(void **state)
{
	static const struct {
		bool absent;
		enum config_record record;
		enum device_fact device;
		int code;
	} table[] = {
		{ true, CONFIG_RECORD_AUTO, DEVICE_ABSENT, VMFW_EXIT_NOTHING },
		{ true, CONFIG_RECORD_AUTO, DEVICE_READY, VMFW_EXIT_NOTHING },
		{ true, CONFIG_RECORD_AUTO, DEVICE_REVERTING, VMFW_EXIT_NOTHING },
		{ true, CONFIG_RECORD_AUTO, DEVICE_UNREADABLE, VMFW_EXIT_SOURCE },
		{ true, CONFIG_RECORD_FILES, DEVICE_ABSENT, VMFW_EXIT_SOURCE },
		{ true, CONFIG_RECORD_OPAQUE, DEVICE_ABSENT, VMFW_EXIT_SOURCE },
		{ false, CONFIG_RECORD_AUTO, DEVICE_ABSENT, VMFW_EXIT_SOURCE },
	};
	const struct options options = { .device = NULL };
	struct messages messages;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script = (struct script) {
			.missing = true,
			.absent = table[i].absent,
			.record = table[i].record,
			.device = table[i].device,
		};
		assert_int_equal(verb_run(&verb_history, &options, &messages),
				 table[i].code);
		if (table[i].code == VMFW_EXIT_SOURCE)
			assert_string_equal(messages_first_error(&messages),
					    "cannot find it");
		else
			assert_null(messages_first_error(&messages));
		messages_free(&messages);
	}
}

/* Run history, and return its output. */
static const char *show(bool wants_clear, bool dry_run, bool json, int code)
{
	struct options options = { .device = NULL };
	const char *text;

	options.given[OPTION_CLEAR] = wants_clear;
	options.given[OPTION_DRY_RUN] = dry_run;
	assert_int_equal(verb_capture(&verb_history, &options, json, &text),
			 code);
	return text;
}

static void clear_reports_its_result(void **state)
{
	(void)state;
	script = (struct script) { .state = SLOTS_SOUND };
	assert_string_equal(show(true, false, false, VMFW_EXIT_OK),
			    "the record of attempts is empty now\n");
	assert_string_equal(show(true, true, false, VMFW_EXIT_OK),
			    "history --clear would forget all attempts\n");
	script.state = SLOTS_FRESH;
	assert_string_equal(show(true, false, false, VMFW_EXIT_NOTHING),
			    "there is nothing to forget\n");
}

static void history_prints_each_attempt(void **state)
{
	const struct options no_options = { .device = NULL };
	const char *text;

	(void)state;
	script = (struct script) { .state = SLOTS_SOUND };
	assert_string_equal(show(false, false, false, VMFW_EXIT_OK),
			    "no attempt is on record\n");
	assert_non_null(strstr(show(false, false, true, VMFW_EXIT_OK),
			       "\n  \"attempts\": [],\n  \"messages\""));
	script.nr = 2;
	text = show(false, false, false, VMFW_EXIT_OK);
	assert_memory_equal(text, "#1  ", 4);
	assert_non_null(strstr(text, "\n#2  "));
	assert_null(strstr(text, "no attempt"));
	assert_null(strstr(text, "#3"));
	/* A machine may need no record. */
	script.missing = true;
	script.absent = true;
	assert_non_null(strstr(show(false, false, true, VMFW_EXIT_NOTHING),
			       "\"level\": \"note\",\n      \"text\": \"there is no record of attempts, because the tool found no EFI system partition; "));
	/* Attempts of a damaged record may never have happened. */
	script.missing = false;
	script.damaged = true;
	verb_expect_text(&verb_history, &no_options, VMFW_EXIT_GUARD,
			 "warning: it is damaged\n");
}

/* Only a record to clear needs file systems that are open for writing. */
static void history_only_reads(void **state)
{
	(void)state;
	script = (struct script) { .state = SLOTS_SOUND };
	show(false, false, false, VMFW_EXIT_OK);
	assert_false(script.writable);
	show(true, false, false, VMFW_EXIT_OK);
	assert_true(script.writable);
}

/* The help lists the exit codes. */
static void exit_codes(void **state)
{
	(void)state;
	assert_int_equal(verb_history.codes,
			 CODE(OK) | CODE(SYSTEM) | CODE(USAGE) | CODE(NOTHING) |
			 CODE(GUARD) | CODE(SOURCE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_dry_run),
		cmocka_unit_test(test_fresh),
		cmocka_unit_test(test_no_record),
		cmocka_unit_test(clear_reports_its_result),
		cmocka_unit_test(history_prints_each_attempt),
		cmocka_unit_test(history_only_reads),
		cmocka_unit_test(exit_codes),
	};

	return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of the verbs that send one request to the device: unstage, revert, disable.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "calls.h"
#include "ctl/journal-entries.h"
#include "device/device.h"
#include "shared/macro.h"
#include "verb.h"

#define IDLE		VMFWUPDATE_STATE_IDLE
#define FILLING		VMFWUPDATE_STATE_FILLING
#define STAGED		VMFWUPDATE_STATE_STAGED
#define ARMED		VMFWUPDATE_STATE_ARMED
#define DISABLED	VMFWUPDATE_STATE_DISABLED
#define REVERTING	VMFWUPDATE_STATE_REVERTING

#define UNKNOWN		VMFWUPDATE_HELD_UNKNOWN
#define NOTHING		VMFWUPDATE_HELD_NOTHING
#define IMAGE		VMFWUPDATE_HELD_IMAGE
#define HOST		VMFWUPDATE_HELD_HOST

/* Interfaces where the VMM keeps images, and where it tries them. */
#define KEEPS	(VMFWUPDATE_PROPERTY_COPIES | VMFWUPDATE_PROPERTY_PERSISTS | \
		 VMFWUPDATE_PROPERTY_RESTORE | VMFWUPDATE_PROPERTY_DISABLE_STAYS)
#define TRIES	VMFWUPDATE_PROPERTY_TRIAL

#define STAYS	"until the VMM restores the host's image or the host powers the VM off and on"

/**
 * struct state - part of the state of the device
 * @state: enum vmfwupdate_state
 * @held: enum vmfwupdate_held
 */
struct state {
	__u32 state;
	__u32 held;
};

/**
 * struct run - a run of a verb, and its result
 * @properties: VMFWUPDATE_PROPERTY_*
 * @first: state of the device when the verb opens it
 * @session: its state when a session has begun
 * @last: its state after the request
 * @dry: with --dry-run
 * @failing: the call that fails, or NULL
 * @code: exit code
 * @calls: the calls
 * @text: the lines, then the messages
 */
struct run {
	__u32 properties;
	struct state first, session, last;
	bool dry;
	const char *failing;
	int code;
	const char *calls;
	const char *text;
};

static const struct run *run;

static enum vmfw_exit note_call(const char *word)
{
	calls_add(word);
	return run->failing && !strcmp(run->failing, word) ?
	       VMFW_EXIT_REFUSED : VMFW_EXIT_OK;
}

static enum vmfw_exit change(struct device *device, const char *word,
			     const struct state *state)
{
	device->info.state = state->state;
	device->info.held = state->held;
	return note_call(word);
}

int __wrap_act_on_device(struct output *out, const struct options *options,
			 int (*act)(struct output *out, struct device *device,
				    const struct options *options));
int __wrap_act_on_device(struct output *out, const struct options *options,
			 int (*act)(struct output *out, struct device *device,
				    const struct options *options))
{
	struct device device = {
		.fd = -1,
		.info = {
			.properties = run->properties,
			.state = run->first.state,
			.held = run->first.held,
		},
	};

	return act(out, &device, options);
}

enum vmfw_exit __wrap_device_open_session(struct device *device,
					  struct messages *messages);
enum vmfw_exit __wrap_device_open_session(struct device *device,
					  struct messages *messages)
{
	(void)messages;
	return change(device, "session", &run->session);
}

enum vmfw_exit __wrap_device_check(const struct device *device,
				   struct messages *messages);
enum vmfw_exit __wrap_device_check(const struct device *device,
				   struct messages *messages)
{
	(void)device;
	(void)messages;
	return note_call("check");
}

enum vmfw_exit __wrap_device_restore(struct device *device,
				     struct messages *messages);
enum vmfw_exit __wrap_device_restore(struct device *device,
				     struct messages *messages)
{
	(void)messages;
	return change(device, "restore", &run->last);
}

enum vmfw_exit __wrap_device_cancel(struct device *device,
				    struct messages *messages);
enum vmfw_exit __wrap_device_cancel(struct device *device,
				    struct messages *messages)
{
	(void)messages;
	return change(device, "cancel", &run->last);
}

enum vmfw_exit __wrap_device_disable(struct device *device,
				     struct messages *messages);
enum vmfw_exit __wrap_device_disable(struct device *device,
				     struct messages *messages)
{
	(void)messages;
	return change(device, "disable", &run->last);
}

void __wrap_log_unstaged(bool restored);
void __wrap_log_unstaged(bool restored)
{
	note_call(restored ? "log host" : "log unstaged");
}

void __wrap_log_reverted(void);
void __wrap_log_reverted(void)
{
	note_call("log reverted");
}

static void expect_runs(const struct verb *verb, const struct run *runs,
			size_t nr)
{
	struct options options = { .device = NULL };

	for (run = runs; run < runs + nr; run++) {
		calls_begin();
		options.given[OPTION_DRY_RUN] = run->dry;
		verb_expect_text(verb, &options, run->code, run->text);
		assert_string_equal(calls_words(), run->calls);
	}
}

/* Expect these members of the JSON object of a run. */
static void expect_json(const struct verb *verb, const struct run *one,
			const char *members)
{
	const struct options options = { .device = NULL };

	run = one;
	verb_expect_json(verb, &options, run->code, members);
}

static void unstage_withdraws_an_image(void **state)
{
	static const struct run runs[] = {
		{ TRIES, { STAGED, NOTHING }, { STAGED, NOTHING },
		  { IDLE, NOTHING }, false, NULL, VMFW_EXIT_OK,
		  "session;cancel;log unstaged;",
		  "unstage has withdrawn the image; the next reset starts the firmware that runs now\n" },
		{ TRIES, { ARMED, IMAGE }, { ARMED, IMAGE },
		  { IDLE, NOTHING }, false, NULL, VMFW_EXIT_OK,
		  "session;cancel;log unstaged;",
		  "unstage has withdrawn the image; the next reset starts the firmware that runs now\n" },
		{ KEEPS, { STAGED, UNKNOWN }, { STAGED, UNKNOWN },
		  { IDLE, UNKNOWN }, false, NULL, VMFW_EXIT_OK,
		  "session;cancel;log unstaged;",
		  "unstage has withdrawn the image, which the VMM has not seen\n" },
		{ KEEPS, { STAGED, IMAGE }, { STAGED, IMAGE },
		  { ARMED, IMAGE }, false, NULL, VMFW_EXIT_OK,
		  "session;cancel;log unstaged;",
		  "unstage has withdrawn the image, which the VMM has not seen\n"
		  "note: the VMM still applies an earlier image; run 'vmfwupdate-ctl unstage' again to ask for the host's image\n" },
		{ TRIES, { STAGED, NOTHING }, { STAGED, NOTHING },
		  { STAGED, NOTHING }, false, "cancel", VMFW_EXIT_REFUSED,
		  "session;cancel;", "" },
		{ TRIES, { STAGED, NOTHING }, { STAGED, NOTHING },
		  { STAGED, NOTHING }, false, "session", VMFW_EXIT_REFUSED,
		  "session;", "" },
		{ TRIES, { STAGED, NOTHING }, { STAGED, NOTHING },
		  { STAGED, NOTHING }, true, NULL, VMFW_EXIT_OK, "",
		  "unstage would withdraw the image that is staged\n" },
		{ TRIES, { ARMED, IMAGE }, { ARMED, IMAGE },
		  { ARMED, IMAGE }, true, NULL, VMFW_EXIT_OK, "",
		  "unstage would withdraw the image that is armed\n" },
	};

	(void)state;
	expect_runs(&verb_unstage, runs, ARRAY_SIZE(runs));
	expect_json(&verb_unstage, &runs[3],
		    "  \"held\": \"image\",\n"
		    "  \"any_reset\": \"image\",\n"
		    "  \"orderly_reboot\": \"image\",\n");
}

/* The state that counts is that of the session: no other program changes it. */
static void unstage_of_a_copied_image_asks_for_the_hosts(void **state)
{
	static const char restored[] =
		"the guest cannot take the image back; the next reset brings the host's image, which may differ from the running firmware\n";
	static const struct run runs[] = {
		{ KEEPS, { ARMED, IMAGE }, { ARMED, IMAGE },
		  { REVERTING, HOST }, false, NULL, VMFW_EXIT_OK,
		  "session;restore;log host;", restored },
		{ KEEPS, { STAGED, IMAGE }, { ARMED, IMAGE },
		  { REVERTING, HOST }, false, NULL, VMFW_EXIT_OK,
		  "session;restore;log host;", restored },
		{ KEEPS, { ARMED, IMAGE }, { STAGED, IMAGE },
		  { IDLE, NOTHING }, false, NULL, VMFW_EXIT_OK,
		  "session;cancel;log unstaged;",
		  "unstage has withdrawn the image, which the VMM has not seen\n" },
		{ KEEPS, { ARMED, IMAGE }, { ARMED, IMAGE },
		  { ARMED, IMAGE }, false, "restore", VMFW_EXIT_REFUSED,
		  "session;restore;", "" },
		{ KEEPS, { ARMED, IMAGE }, { ARMED, IMAGE },
		  { ARMED, IMAGE }, true, NULL, VMFW_EXIT_OK, "",
		  "unstage would ask the VMM for the host's image in place of the one that is armed\n" },
	};

	(void)state;
	expect_runs(&verb_unstage, runs, ARRAY_SIZE(runs));
	expect_json(&verb_unstage, &runs[0],
		    "  \"held\": \"host\",\n"
		    "  \"any_reset\": \"host\",\n"
		    "  \"orderly_reboot\": \"host\",\n");
}

static void unstage_tells_what_the_vmm_has_if_nothing_is_staged(void **state)
{
	static const struct {
		__u32 properties;
		struct state state;
		const char *note;
	} table[] = {
		{ TRIES, { IDLE, NOTHING }, NULL },
		{ TRIES, { FILLING, NOTHING }, NULL },
		/* Only a VMM that keeps images has one of an earlier boot. */
		{ TRIES, { IDLE, UNKNOWN }, NULL },
		{ KEEPS, { IDLE, NOTHING }, NULL },
		{ KEEPS, { IDLE, UNKNOWN },
		  "the VMM may have an earlier image; 'vmfwupdate-ctl revert' asks for the host's image" },
		{ KEEPS, { IDLE, IMAGE },
		  "the VMM may have an earlier image; 'vmfwupdate-ctl revert' asks for the host's image" },
		{ KEEPS, { REVERTING, HOST },
		  "the next reset restores the host's image" },
		{ KEEPS, { DISABLED, HOST },
		  "the next reset restores the host's image" },
		{ KEEPS, { DISABLED, IMAGE },
		  "the VMM still applies the image that it received before updates were switched off" },
		{ KEEPS, { DISABLED, UNKNOWN },
		  "firmware updates are switched off " STAYS },
		{ TRIES, { DISABLED, NOTHING },
		  "firmware updates are switched off until the next reset" },
	};
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		const struct run one = {
			.properties = table[i].properties,
			.first = table[i].state,
			.code = VMFW_EXIT_NOTHING,
			.calls = "",
			.text = text,
		};
		const char *note = table[i].note;

		snprintf(text, sizeof(text), "note: nothing is staged\n%s%s%s",
			 note ? "note: " : "", note ? note : "",
			 note ? "\n" : "");
		expect_runs(&verb_unstage, &one, 1);
	}
}

static void revert_asks_for_the_hosts_image(void **state)
{
	static const char would[] =
		"revert would ask the VMM to restore the host's image at the next reset\n";
	static const char reverted[] =
		"the next reset restores the host's image\n"
		"note: at the next reset the VMM reads the file of the host's image again; if the file is missing, the VM ends\n";
	static const struct run runs[] = {
		{ KEEPS, { IDLE, UNKNOWN }, { IDLE, UNKNOWN },
		  { REVERTING, HOST }, false, NULL, VMFW_EXIT_OK,
		  "check;session;restore;log reverted;", reverted },
		{ KEEPS, { IDLE, UNKNOWN }, { STAGED, UNKNOWN },
		  { REVERTING, HOST }, false, NULL, VMFW_EXIT_OK,
		  "check;session;restore;log reverted;",
		  "the next reset restores the host's image\n"
		  "note: the VMM no longer applies the image that was staged\n"
		  "note: at the next reset the VMM reads the file of the host's image again; if the file is missing, the VM ends\n" },
		{ KEEPS, { ARMED, IMAGE }, { IDLE, UNKNOWN },
		  { REVERTING, HOST }, false, NULL, VMFW_EXIT_OK,
		  "check;session;restore;log reverted;", reverted },
		/* The VMM has not confirmed an earlier request. */
		{ KEEPS, { REVERTING, UNKNOWN }, { REVERTING, UNKNOWN },
		  { REVERTING, HOST }, false, "check", VMFW_EXIT_OK,
		  "session;restore;log reverted;", reverted },
		{ KEEPS, { IDLE, UNKNOWN }, { IDLE, UNKNOWN },
		  { IDLE, UNKNOWN }, false, "check", VMFW_EXIT_REFUSED,
		  "check;", "" },
		{ KEEPS, { IDLE, UNKNOWN }, { IDLE, UNKNOWN },
		  { IDLE, UNKNOWN }, true, "check", VMFW_EXIT_REFUSED,
		  "check;", "" },
		{ KEEPS, { IDLE, UNKNOWN }, { IDLE, UNKNOWN },
		  { IDLE, UNKNOWN }, false, "session", VMFW_EXIT_REFUSED,
		  "check;session;", "" },
		{ KEEPS, { ARMED, IMAGE }, { ARMED, IMAGE },
		  { REVERTING, UNKNOWN }, false, "restore", VMFW_EXIT_REFUSED,
		  "check;session;restore;", "" },
		{ KEEPS, { IDLE, UNKNOWN }, { IDLE, UNKNOWN },
		  { IDLE, UNKNOWN }, true, NULL, VMFW_EXIT_OK, "check;", would },
		{ KEEPS, { REVERTING, UNKNOWN }, { REVERTING, UNKNOWN },
		  { REVERTING, UNKNOWN }, true, NULL, VMFW_EXIT_OK, "", would },
	};

	(void)state;
	expect_runs(&verb_revert, runs, ARRAY_SIZE(runs));
	expect_json(&verb_revert, &runs[0],
		    "  \"held\": \"host\",\n"
		    "  \"any_reset\": \"host\",\n"
		    "  \"orderly_reboot\": \"host\",\n");
}

static void revert_sends_no_request_in_vain(void **state)
{
	static const char needless[] =
		"note: revert is not needed: this VMM applies an image once and keeps none; a cold start runs the host's firmware\n";
	static const char already[] =
		"the VMM has this request already; the next reset restores the host's image\n";
	static const struct run runs[] = {
		{ .properties = TRIES, .first = { IDLE, NOTHING },
		  .code = VMFW_EXIT_NOTHING, .calls = "", .text = needless },
		{ .properties = TRIES, .first = { ARMED, IMAGE },
		  .code = VMFW_EXIT_NOTHING, .calls = "", .text =
		  "note: revert is not needed: this VMM applies an image once and keeps none; a cold start runs the host's firmware\n"
		  "note: an image is armed; 'vmfwupdate-ctl unstage' takes it back\n" },
		/* A dry run has the same result. */
		{ .properties = TRIES, .first = { IDLE, NOTHING }, .dry = true,
		  .code = VMFW_EXIT_NOTHING, .calls = "", .text = needless },
		{ .properties = KEEPS, .first = { REVERTING, HOST },
		  .calls = "", .text = already },
		{ .properties = KEEPS, .first = { DISABLED, HOST },
		  .calls = "", .text = already },
		{ .properties = KEEPS, .first = { DISABLED, HOST },
		  .dry = true, .calls = "", .text = already },
	};

	(void)state;
	expect_runs(&verb_revert, runs, ARRAY_SIZE(runs));
	expect_json(&verb_revert, &runs[3],
		    "  \"held\": \"host\",\n"
		    "  \"any_reset\": \"host\",\n"
		    "  \"orderly_reboot\": \"host\",\n");
}

static void disable_switches_updates_off(void **state)
{
	static const struct run runs[] = {
		{ TRIES, { IDLE, NOTHING }, { IDLE, NOTHING },
		  { DISABLED, NOTHING }, false, NULL, VMFW_EXIT_OK,
		  "session;disable;",
		  "firmware updates are switched off until the next reset\n" },
		/* An image that another program has staged since */
		{ TRIES, { IDLE, NOTHING }, { STAGED, NOTHING },
		  { DISABLED, NOTHING }, false, NULL, VMFW_EXIT_OK,
		  "session;disable;",
		  "firmware updates are switched off until the next reset\n"
		  "note: the VMM no longer applies the image that was staged\n" },
		{ TRIES, { ARMED, IMAGE }, { ARMED, IMAGE },
		  { DISABLED, NOTHING }, false, NULL, VMFW_EXIT_OK,
		  "session;disable;",
		  "firmware updates are switched off until the next reset\n"
		  "note: the VMM no longer applies the image that was armed\n" },
		{ KEEPS, { STAGED, UNKNOWN }, { STAGED, UNKNOWN },
		  { DISABLED, UNKNOWN }, false, NULL, VMFW_EXIT_OK,
		  "session;disable;",
		  "firmware updates are switched off " STAYS "\n"
		  "note: the VMM no longer applies the image that was staged\n" },
		{ KEEPS, { ARMED, IMAGE }, { ARMED, IMAGE },
		  { DISABLED, IMAGE }, false, NULL, VMFW_EXIT_OK,
		  "session;disable;",
		  "firmware updates are switched off " STAYS "\n"
		  "note: the VMM still applies the image that it has received\n" },
		{ TRIES, { IDLE, NOTHING }, { IDLE, NOTHING },
		  { IDLE, NOTHING }, false, "session", VMFW_EXIT_REFUSED,
		  "session;", "" },
		{ TRIES, { STAGED, NOTHING }, { STAGED, NOTHING },
		  { STAGED, NOTHING }, false, "disable", VMFW_EXIT_REFUSED,
		  "session;disable;", "" },
		{ TRIES, { IDLE, NOTHING }, { IDLE, NOTHING },
		  { IDLE, NOTHING }, true, NULL, VMFW_EXIT_OK, "",
		  "disable would switch firmware updates off until the next reset\n" },
	};

	(void)state;
	expect_runs(&verb_disable, runs, ARRAY_SIZE(runs));
	expect_json(&verb_disable, &runs[4],
		    "  \"held\": \"image\",\n"
		    "  \"any_reset\": \"image\",\n"
		    "  \"orderly_reboot\": \"image\",\n");
}

static void disable_does_nothing_if_updates_are_off(void **state)
{
	static const struct run runs[] = {
		{ .properties = KEEPS, .first = { DISABLED, HOST },
		  .calls = "", .text =
		  "firmware updates are already switched off until the next reset, which restores the host's image\n" },
		{ .properties = TRIES, .first = { DISABLED, NOTHING },
		  .dry = true, .calls = "", .text =
		  "firmware updates are already switched off until the next reset\n" },
	};

	(void)state;
	expect_runs(&verb_disable, runs, ARRAY_SIZE(runs));
	expect_json(&verb_disable, &runs[0],
		    "  \"held\": \"host\",\n"
		    "  \"any_reset\": \"host\",\n"
		    "  \"orderly_reboot\": \"host\",\n");
}

/* The help of a verb lists its exit codes. */
static void exit_codes(void **state)
{
	(void)state;
	assert_int_equal(verb_unstage.codes,
			 CODES_COMMON | CODE(NOTHING) | CODE(DEVICE) |
			 CODE(REFUSED));
	assert_int_equal(verb_revert.codes,
			 CODES_COMMON | CODE(NOTHING) | CODE(DEVICE) |
			 CODE(REFUSED) | CODE(START));
	assert_int_equal(verb_disable.codes,
			 CODES_COMMON | CODE(DEVICE) | CODE(REFUSED));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unstage_withdraws_an_image),
		cmocka_unit_test(unstage_of_a_copied_image_asks_for_the_hosts),
		cmocka_unit_test(unstage_tells_what_the_vmm_has_if_nothing_is_staged),
		cmocka_unit_test(revert_asks_for_the_hosts_image),
		cmocka_unit_test(revert_sends_no_request_in_vain),
		cmocka_unit_test(disable_switches_updates_off),
		cmocka_unit_test(disable_does_nothing_if_updates_are_off),
		cmocka_unit_test(exit_codes),
	};

	return cmocka_run_group_tests_name("requests", tests, NULL, NULL);
}

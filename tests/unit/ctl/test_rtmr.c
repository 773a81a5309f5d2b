// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of measure --event-log on events and predictions that a test chooses.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "attest/rtmr.h"
#include "calls.h"
#include "capture.h"
#include "compose/predict.h"
#include "ctl/measure.h"
#include "shared/macro.h"
#include "verb.h"

#define LOG	"ccel"

/* Each byte of a register in the recorded boot, and in the boot to come */
#define BEFORE	0x11
#define AFTER	0x22
#define BYTES(pair)	pair pair pair pair pair pair pair pair pair pair pair pair
#define DIGEST(pair)	BYTES(pair) BYTES(pair) BYTES(pair) BYTES(pair)

/* All four registers of a boot to come that is like the recorded one. */
#define REGISTERS	"RTMR 0: " DIGEST("22") "\n" \
			"RTMR 1: " DIGEST("22") "\n" \
			"RTMR 2: " DIGEST("22") "\n" \
			"RTMR 3: " DIGEST("22") "\n"

#define AUTHORITY	"warning: ccel: RTMR 0 keeps the recorded entry of db that accepted a program; the predicted boot may use another entry\n"

/**
 * struct script - the results of the replaced functions
 * @variables_code: result of predict_variables()
 * @has_kernel: the image has a kernel
 * @changes: the variables that it has
 * @uki_code: result of predict_uki()
 * @uki: the UKI of the recorded boot is in the log
 * @open_code: result of rtmr_log_open()
 * @replay_code: result of rtmr_log_replay()
 * @steps: events
 * @nr_steps: number of events
 * @values: values of the registers
 */
static struct script {
	enum vmfw_exit variables_code;
	bool has_kernel;
	struct rtmr_changes changes;
	enum vmfw_exit uki_code;
	struct rtmr_digest uki;
	enum vmfw_exit open_code;
	enum vmfw_exit replay_code;
	struct rtmr_step steps[2];
	size_t nr_steps;
	struct rtmr_values values;
} script;

static const struct vmfw_igvm igvm;
static const struct vmfw_igvm *image;

enum vmfw_exit __wrap_predict_variables(struct prediction *prediction,
					struct messages *messages,
					const char *path,
					const struct vmfw_igvm *file);
enum vmfw_exit __wrap_predict_variables(struct prediction *prediction,
					struct messages *messages,
					const char *path,
					const struct vmfw_igvm *file)
{
	(void)messages;
	(void)path;
	(void)file;
	calls_add(prediction->nr_parts ? "no variables" : "variables");
	prediction->changes = script.changes;
	prediction->has_kernel = script.has_kernel;
	return script.variables_code;
}

enum vmfw_exit __wrap_predict_uki(struct prediction *prediction,
				  struct messages *messages,
				  const char *recorded, const char *path);
enum vmfw_exit __wrap_predict_uki(struct prediction *prediction,
				  struct messages *messages,
				  const char *recorded, const char *path)
{
	(void)messages;
	calls_add(recorded);
	calls_add(path);
	prediction->changes.digests = &script.uki;
	prediction->changes.nr_digests = 1;
	return script.uki_code;
}

void __wrap_predict_free(struct prediction *prediction);
void __wrap_predict_free(struct prediction *prediction)
{
	(void)prediction;
	calls_add("free");
}

enum vmfw_exit __wrap_rtmr_log_open(struct rtmr_log *log,
				    struct messages *messages,
				    const char *path);
enum vmfw_exit __wrap_rtmr_log_open(struct rtmr_log *log,
				    struct messages *messages,
				    const char *path)
{
	(void)messages;
	(void)log;
	calls_add(path);
	return script.open_code;
}

enum vmfw_exit __wrap_rtmr_log_replay(const struct rtmr_log *log,
				      struct messages *messages,
				      const struct rtmr_replay *replay,
				      struct rtmr_values *values);
enum vmfw_exit __wrap_rtmr_log_replay(const struct rtmr_log *log,
				      struct messages *messages,
				      const struct rtmr_replay *replay,
				      struct rtmr_values *values)
{
	size_t i;

	(void)log;
	(void)messages;
	calls_add("replay");
	for (i = 0; i < script.nr_steps; i++)
		replay->step(replay->arg, &script.steps[i]);
	*values = script.values;
	return script.replay_code;
}

void __wrap_rtmr_log_close(struct rtmr_log *log);
void __wrap_rtmr_log_close(struct rtmr_log *log)
{
	(void)log;
	calls_add("close");
}

static int run_log(struct output *out, const struct options *options,
		   char **operands)
{
	int code = measure_log(out, options, operands[0], image);

	output_bool(out, "done", NULL, true);
	return code;
}

static const struct verb verb_log = { .run = run_log };

static int set_up(void **state)
{
	(void)state;
	memset(&script, 0, sizeof(script));
	memset(script.values.recorded, BEFORE, sizeof(script.values.recorded));
	memset(script.values.digest, AFTER, sizeof(script.values.digest));
	image = NULL;
	return 0;
}

static void expect_text(const struct options *options, int code,
			const char *calls, const char *text)
{
	calls_begin();
	verb_expect_text(&verb_log, options, code, text);
	assert_string_equal(calls_words(), calls);
}

/* Expect these members in the JSON object of a successful run. */
static void expect_json(const struct options *options, const char *members)
{
	verb_expect_json(&verb_log, options, VMFW_EXIT_OK, members);
}

static struct options uki_options(void)
{
	return (struct options) {
		.event_log = LOG,
		.uki = "new.efi",
		.recorded_uki = "old.efi",
	};
}

static unsigned int checked_platform;

static int run_check(struct output *out, const struct options *options,
		     char **operands)
{
	(void)operands;
	return measure_check_log(out, options, checked_platform);
}

static const struct verb verb_check_log = { .run = run_check };

/* A prediction needs a log and both UKIs, and only a TD has a log. */
static void options_that_need_each_other(void **state)
{
	static const char together[] =
		"error: --uki=FILE and --recorded-uki=FILE: each needs the other and --event-log=FILE; give all three\n";
	static const char no_td[] =
		"error: --event-log is only for the platform tdx: only a TD has RTMRs\n";
	const unsigned int td = VMFW_IGVM_TDX, snp = VMFW_IGVM_SEV_SNP;
	const struct {
		const char *log, *uki, *recorded;
		unsigned int platform;
		const char *text;
	} table[] = {
		{ NULL, NULL, NULL, td, "" },
		{ NULL, NULL, NULL, snp, "" },
		{ LOG, NULL, NULL, td, "" },
		{ LOG, NULL, NULL, snp, no_td },
		{ LOG, "new.efi", "old.efi", td, "" },
		{ LOG, "new.efi", "old.efi", snp, no_td },
		{ LOG, "new.efi", NULL, td, together },
		{ LOG, NULL, "old.efi", td, together },
		{ NULL, "new.efi", "old.efi", td, together },
		{ NULL, "new.efi", NULL, td, together },
		{ NULL, NULL, "old.efi", snp, together },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		const struct options options = {
			.event_log = table[i].log,
			.uki = table[i].uki,
			.recorded_uki = table[i].recorded,
		};

		checked_platform = table[i].platform;
		verb_expect_text(&verb_check_log, &options,
				 *table[i].text ? VMFW_EXIT_USAGE : VMFW_EXIT_OK,
				 table[i].text);
	}
}

static void without_a_log_there_are_no_registers(void **state)
{
	const struct options options = { .device = NULL };

	(void)state;
	image = &igvm;
	expect_text(&options, VMFW_EXIT_OK, "", "");
}

static void a_log_alone_has_the_recorded_registers(void **state)
{
	const struct options options = { .event_log = LOG };

	(void)state;
	expect_text(&options, VMFW_EXIT_OK, "ccel;replay;close;free;", REGISTERS);
	image = &igvm;
	expect_text(&options, VMFW_EXIT_OK,
		    "variables;ccel;replay;close;free;", REGISTERS);
}

/* The registers count also if a digest in the log does not match its data. */
static void errors_end_the_prediction(void **state)
{
	const struct options options = uki_options();

	(void)state;
	image = &igvm;
	script.uki.found = true;
	script.replay_code = VMFW_EXIT_VERIFY;
	expect_text(&options, VMFW_EXIT_VERIFY,
		    "variables;old.efi;new.efi;ccel;replay;close;free;",
		    REGISTERS);
	script.replay_code = VMFW_EXIT_IMAGE;
	expect_text(&options, VMFW_EXIT_IMAGE,
		    "variables;old.efi;new.efi;ccel;replay;close;free;", "");
	script.replay_code = 128 + SIGTERM;
	expect_text(&options, 128 + SIGTERM,
		    "variables;old.efi;new.efi;ccel;replay;close;free;", "");
	script.open_code = VMFW_EXIT_SYSTEM;
	expect_text(&options, VMFW_EXIT_SYSTEM,
		    "variables;old.efi;new.efi;ccel;close;free;", "");
	script.uki_code = VMFW_EXIT_VERIFY;
	expect_text(&options, VMFW_EXIT_VERIFY,
		    "variables;old.efi;new.efi;free;", "");
	script.variables_code = VMFW_EXIT_IMAGE;
	script.has_kernel = true;
	expect_text(&options, VMFW_EXIT_IMAGE, "variables;free;", "");
}

static void a_kernel_in_the_image_needs_its_uki(void **state)
{
	struct options options = { .event_log = LOG };

	(void)state;
	image = &igvm;
	script.has_kernel = true;
	expect_text(&options, VMFW_EXIT_OK, "variables;ccel;replay;close;free;",
		    REGISTERS
		    "warning: image.igvm: RTMR 1 and 2 are as recorded; for the kernel in this image, give --uki=FILE and --recorded-uki=FILE\n");
	script.variables_code = VMFW_EXIT_SYSTEM;
	expect_text(&options, VMFW_EXIT_SYSTEM, "variables;free;", "");
	script.variables_code = VMFW_EXIT_OK;
	script.uki.found = true;
	options = uki_options();
	expect_text(&options, VMFW_EXIT_OK,
		    "variables;old.efi;new.efi;ccel;replay;close;free;",
		    REGISTERS);
}

/* Differences that the recorded boot does not have predict nothing. */
static void the_log_must_have_what_changes(void **state)
{
	static const char no_uki[] =
		"error: ccel: cannot predict RTMR 1: the log has no event of old.efi; name the UKI of the recorded boot by --recorded-uki=FILE\n";
	static const char no_variable[] =
		"error: ccel: cannot predict RTMR 0: the log has no event of a db with contents; record a boot from an image with Secure Boot variables\n";
	static const char calls[] =
		"variables;old.efi;new.efi;ccel;replay;close;free;";
	const struct options options = uki_options();

	(void)state;
	image = &igvm;
	expect_text(&options, VMFW_EXIT_VERIFY, calls, no_uki);
	script.uki.found = true;
	script.changes.nr_variables = 2;
	script.changes.variables[0] = (struct rtmr_variable) {
		.name = "PK", .found = true,
	};
	script.changes.variables[1] = (struct rtmr_variable) { .name = "db" };
	expect_text(&options, VMFW_EXIT_VERIFY, calls, no_variable);
	script.changes.variables[1].found = true;
	script.changes.variables[0].found = false;
	expect_text(&options, VMFW_EXIT_VERIFY, calls,
		    "error: ccel: cannot predict RTMR 0: the log has no event of a PK with contents; record a boot from an image with Secure Boot variables\n");
	script.changes.variables[0].found = true;
	expect_text(&options, VMFW_EXIT_OK, calls, REGISTERS);
}

static void warnings_about_digests_that_stay(void **state)
{
	static const char unknown[] =
		REGISTERS
		"warning: ccel: RTMR 1 and 2 keep 5 of the recorded digests, because no known part of old.efi has them; see --trace\n";
	static const char calls[] = "old.efi;new.efi;ccel;replay;close;free;";
	struct options options = uki_options();

	(void)state;
	script.uki.found = true;
	script.values.authorities = 1;
	expect_text(&options, VMFW_EXIT_OK, calls, REGISTERS);
	script.values.unknown = 5;
	expect_text(&options, VMFW_EXIT_OK, calls, unknown);
	/* Without a UKI, all digests of the log stay. */
	options = (struct options) { .event_log = LOG };
	expect_text(&options, VMFW_EXIT_OK, "ccel;replay;close;free;", REGISTERS);
	script.values.replaced[3] = 1;
	expect_text(&options, VMFW_EXIT_OK, "ccel;replay;close;free;",
		    "RTMR 0: " DIGEST("22") "\n"
		    "RTMR 1: " DIGEST("22") "\n"
		    "RTMR 2: " DIGEST("22") "\n"
		    "RTMR 3 as recorded: " DIGEST("11") "\n"
		    "RTMR 3: " DIGEST("22") "\n"
		    AUTHORITY);
	script.values.replaced[3] = 0;
	script.values.replaced[0] = 1;
	expect_text(&options, VMFW_EXIT_OK, "ccel;replay;close;free;",
		    "RTMR 0 as recorded: " DIGEST("11") "\n" REGISTERS
		    AUTHORITY);
	script.values.authorities = 0;
	expect_text(&options, VMFW_EXIT_OK, "ccel;replay;close;free;",
		    "RTMR 0 as recorded: " DIGEST("11") "\n" REGISTERS);
}

static void json_has_the_registers(void **state)
{
	struct options options = { .event_log = LOG };

	(void)state;
	script.values.events[0] = 13;
	script.values.replaced[0] = 2;
	expect_json(&options,
		    "  \"event_log\": {\n"
		    "    \"file\": \"ccel\",\n"
		    "    \"rtmrs\": [\n"
		    "      {\n"
		    "        \"rtmr\": 0,\n"
		    "        \"events\": 13,\n"
		    "        \"replaced\": 2,\n"
		    "        \"recorded\": \"" DIGEST("11") "\",\n"
		    "        \"digest\": \"" DIGEST("22") "\"\n"
		    "      },\n"
		    "      {\n"
		    "        \"rtmr\": 1,\n");
	expect_json(&options,
		    "        \"digest\": \"" DIGEST("22") "\"\n"
		    "      }\n"
		    "    ]\n"
		    "  },\n"
		    "  \"done\": true,\n");
	options.given[OPTION_BASE64] = true;
	expect_json(&options,
		    "        \"digest\": \"" DIGEST("22") "\",\n"
		    "        \"digest_base64\": \"IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIi\"\n"
		    "      },\n");
}

/* Set up an event of a variable, and one whose digest changes. */
static void add_steps(void)
{
	static uint8_t before[RTMR_SIZE], after[RTMR_SIZE];

	memset(before, BEFORE, sizeof(before));
	memset(after, AFTER, sizeof(after));
	script.nr_steps = 2;
	script.steps[0] = (struct rtmr_step) {
		.event = 5,
		.rtmr = 0,
		.type = "EV_VARIABLE",
		.name = "PK",
		.match = EVENTLOG_MATCHES,
		.digest = before,
	};
	script.steps[1] = (struct rtmr_step) {
		.event = 16,
		.rtmr = 1,
		.type = "EV_PROGRAM",
		.match = EVENTLOG_UNKNOWN,
		.digest = before,
		.instead = after,
		.what = "the UKI",
	};
}

static void json_has_the_events_of_a_trace(void **state)
{
	struct options options = { .event_log = LOG };
	const char *text;
	int code;

	(void)state;
	add_steps();
	code = verb_capture(&verb_log, &options, true, &text);
	assert_null(strstr(text, "\"events\": ["));
	assert_int_equal(code, VMFW_EXIT_OK);
	options.given[OPTION_TRACE] = true;
	expect_json(&options,
		    "    \"events\": [\n"
		    "      {\n"
		    "        \"event\": 5,\n"
		    "        \"rtmr\": 0,\n"
		    "        \"type\": \"EV_VARIABLE\",\n"
		    "        \"name\": \"PK\",\n"
		    "        \"digest\": \"" DIGEST("11") "\",\n"
		    "        \"data\": \"matches\"\n"
		    "      },\n"
		    "      {\n"
		    "        \"event\": 16,\n"
		    "        \"rtmr\": 1,\n"
		    "        \"type\": \"EV_PROGRAM\",\n"
		    "        \"digest\": \"" DIGEST("11") "\",\n"
		    "        \"data\": \"unknown\",\n"
		    "        \"instead\": \"" DIGEST("22") "\",\n"
		    "        \"origin\": \"the UKI\"\n"
		    "      }\n"
		    "    ],\n"
		    "    \"rtmrs\": [\n");
	script.steps[0].match = EVENTLOG_DIFFERS;
	expect_json(&options, "        \"data\": \"differs\"\n");
}

static void a_note_tells_each_replaced_digest(void **state)
{
	const struct options options = { .event_log = LOG };

	(void)state;
	add_steps();
	expect_text(&options, VMFW_EXIT_OK, "ccel;replay;close;free;",
		    REGISTERS
		    "note: RTMR 1, event 16 (EV_PROGRAM): the digest of the UKI replaces the recorded one\n");
}

/* Return the lines of a trace, which go to standard error. */
static const char *capture_trace(bool trace)
{
	struct options options = { .event_log = LOG };
	struct messages messages;
	struct output out;

	options.given[OPTION_TRACE] = trace;
	capture_begin(stderr);
	output_begin(&out, "test", false, &messages);
	messages.program = NULL;
	messages.quiet = true;
	measure_log(&out, &options, "image.igvm", NULL);
	messages_free(&messages);
	return capture_end();
}

static void a_trace_has_a_line_for_each_event(void **state)
{
	(void)state;
	add_steps();
	assert_string_equal(capture_trace(false), "");
	assert_string_equal(capture_trace(true),
			    "event 5 RTMR 0 EV_VARIABLE PK " DIGEST("11") "\n"
			    "event 16 RTMR 1 EV_PROGRAM " DIGEST("11") "\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)	cmocka_unit_test_setup(name, set_up)
		TEST(options_that_need_each_other),
		TEST(without_a_log_there_are_no_registers),
		TEST(a_log_alone_has_the_recorded_registers),
		TEST(errors_end_the_prediction),
		TEST(a_kernel_in_the_image_needs_its_uki),
		TEST(the_log_must_have_what_changes),
		TEST(warnings_about_digests_that_stay),
		TEST(json_has_the_registers),
		TEST(json_has_the_events_of_a_trace),
		TEST(a_note_tells_each_replaced_digest),
		TEST(a_trace_has_a_line_for_each_event),
	};

	return cmocka_run_group_tests_name("rtmr", tests, NULL, NULL);
}

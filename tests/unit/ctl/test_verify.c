// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of the verb verify: the order of its calls, and its verdict.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "calls.h"
#include "ctl/verify.h"
#include "flow/flow.h"
#include "shared/macro.h"
#include "verb.h"

/* The result of verify_report(). No other function returns it. */
#define REPORTED	VMFW_EXIT_VERIFY

#define WITH_IMAGE	"begin;device;image;record;evidence;end;"
#define WITHOUT_IMAGE	"begin;device;evidence;end;"

/**
 * struct script - the results of the replaced functions
 * @begin_code: result of flow_begin()
 * @flow: facts, the configuration and the evidence
 * @options: options of the flow
 */
static struct script {
	enum vmfw_exit begin_code;
	struct flow flow;
	struct flow_options options;
} script;

enum vmfw_exit __wrap_flow_begin(struct flow *flow, struct messages *messages,
				 const struct flow_options *options);
enum vmfw_exit __wrap_flow_begin(struct flow *flow, struct messages *messages,
				 const struct flow_options *options)
{
	(void)messages;
	calls_add("begin");
	memcpy(flow, &script.flow, sizeof(*flow));
	script.options = *options;
	return script.begin_code;
}

void __wrap_flow_open_device(struct flow *flow, struct messages *messages);
void __wrap_flow_open_device(struct flow *flow, struct messages *messages)
{
	(void)flow;
	(void)messages;
	calls_add("device");
}

void __wrap_flow_open_image(struct flow *flow, struct messages *messages);
void __wrap_flow_open_image(struct flow *flow, struct messages *messages)
{
	(void)flow;
	(void)messages;
	calls_add("image");
}

void __wrap_flow_open_record(struct flow *flow, struct messages *messages);
void __wrap_flow_open_record(struct flow *flow, struct messages *messages)
{
	(void)flow;
	(void)messages;
	calls_add("record");
}

void __wrap_flow_find_evidence(struct flow *flow, struct messages *messages);
void __wrap_flow_find_evidence(struct flow *flow, struct messages *messages)
{
	(void)flow;
	(void)messages;
	calls_add("evidence");
}

void __wrap_flow_end(struct flow *flow);
void __wrap_flow_end(struct flow *flow)
{
	(void)flow;
	calls_add("end");
}

int __wrap_verify_report(struct output *out, const struct options *options);
int __wrap_verify_report(struct output *out, const struct options *options)
{
	(void)out;
	(void)options;
	calls_add("report");
	return REPORTED;
}

static int set_up(void **state)
{
	(void)state;
	memset(&script, 0, sizeof(script));
	strcpy(script.flow.evidence.why, "the reason");
	return 0;
}

static void expect_text(const struct options *options, int code,
			const char *calls, const char *text)
{
	calls_begin();
	verb_expect_text(&verb_verify, options, code, text);
	assert_string_equal(calls_words(), calls);
}

static void the_verdict_decides_the_exit_code(void **state)
{
	static const struct {
		enum verdict verdict;
		enum rung rung;
		int code;
		const char *text;
	} table[] = {
		{ VERDICT_RUNNING, RUNG_SIGNED, VMFW_EXIT_OK,
		  "running (signed): the reason\n" },
		{ VERDICT_NOT_RUNNING, RUNG_ATTESTED, VMFW_EXIT_VERIFY,
		  "not running (attested): the reason\n" },
		{ VERDICT_UNKNOWN, RUNG_NONE, VMFW_EXIT_UNKNOWN,
		  "unknown (none): the reason\n" },
	};
	const struct options options = { .device = "/dev/other", .root = "root" };
	size_t i;

	(void)state;
	script.flow.facts.configured = true;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script.flow.evidence.verdict = table[i].verdict;
		script.flow.evidence.rung = table[i].rung;
		expect_text(&options, table[i].code, WITH_IMAGE, table[i].text);
		assert_string_equal(script.options.device, "/dev/other");
		assert_string_equal(script.options.root, "root");
		assert_false(script.options.act);
	}
}

static void json_has_the_firmware_the_vmm_and_the_evidence(void **state)
{
	const struct options options = { .device = NULL };

	(void)state;
	script.flow.facts.configured = true;
	script.flow.config.vmm = (struct vmm_choice) {
		.known = true,
		.vmm = VMFW_IGVM_VMM_GENERIC,
	};
	verb_expect_json(&verb_verify, &options, VMFW_EXIT_UNKNOWN,
			 "  \"firmware\": {\n"
			 "    \"known\": false\n"
			 "  },\n"
			 "  \"vmm\": \"generic\",\n"
			 "  \"evidence\": {\n"
			 "    \"verdict\": \"unknown\",\n"
			 "    \"rung\": \"none\",\n"
			 "    \"why\": \"the reason\"\n"
			 "  },\n"
			 "  \"messages\": [],\n");
}

/* A configured digest needs no image, and so no record of attempts. */
static void verify_needs_an_image_or_a_digest(void **state)
{
	static const unsigned int platforms[] = {
		VMFW_IGVM_SEV_SNP, VMFW_IGVM_TDX
	};
	const struct options options = { .device = NULL };
	size_t i;

	(void)state;
	expect_text(&options, VMFW_EXIT_NOTHING, "begin;end;",
		    "error: cannot verify the running firmware: neither image= nor expected-digest= is configured; see vmfwupdate.conf(5)\n");
	for (i = 0; i < ARRAY_SIZE(platforms); i++) {
		bool *digest = &script.flow.config.has_expected[platforms[i]];

		*digest = true;
		expect_text(&options, VMFW_EXIT_UNKNOWN, WITHOUT_IMAGE,
			    "unknown (none): the reason\n");
		*digest = false;
	}
	script.begin_code = VMFW_EXIT_USAGE;
	expect_text(&options, VMFW_EXIT_USAGE, "begin;end;", "");
	script.flow.facts.configured = true;
	expect_text(&options, VMFW_EXIT_USAGE, "begin;end;", "");
}

/* Each option about a report means the report of another machine. */
static void options_of_a_report(void **state)
{
	static const enum option_id given[] = { OPTIONS_REPORT };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(given); i++) {
		struct options options = { .device = NULL };

		options.given[given[i]] = true;
		expect_text(&options, REPORTED, "report;", "");
	}
}

/* The help lists the exit codes. */
static void exit_codes(void **state)
{
	(void)state;
	assert_int_equal(verb_verify.codes,
			 CODES_IMAGE | CODE(NOTHING) | CODE(VERIFY) |
			 CODE(UNKNOWN));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)	cmocka_unit_test_setup(name, set_up)
		TEST(the_verdict_decides_the_exit_code),
		TEST(json_has_the_firmware_the_vmm_and_the_evidence),
		TEST(verify_needs_an_image_or_a_digest),
		TEST(options_of_a_report),
		TEST(exit_codes),
	};

	return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}

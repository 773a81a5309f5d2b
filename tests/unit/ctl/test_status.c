// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of the verb status on a device, a configuration and a clock that a test
 * chooses.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "../lib/tree.h"
#include "ctl/print.h"
#include "device/device.h"
#include "shared/macro.h"
#include "verb.h"

/* The lines about the firmware and the configuration, and a message of the flow */
#define FIRMWARE	"Firmware           unknown\n"
#define UNCONFIGURED	"auto               would make no attempt: no image is configured\n"
#define LOOK		"note: a look\n"

/* The digest of the image */
#define TAG_BYTE	0xab
#define TAG		"abababababababababababababababababababababababababababababababab"

/**
 * struct script - the results of the replaced functions
 * @device_code: result of device_open()
 * @opens: number of its calls
 * @info: state of the device
 * @begin_code: result of flow_begin()
 * @flow: the flow
 * @options: its options
 * @open: number of flows that have not ended yet
 * @decision: result of decide()
 * @clock_err: result of clock_gettime()
 * @now: the time
 */
static struct script {
	enum vmfw_exit device_code;
	unsigned int opens;
	struct vmfwupdate_info info;
	enum vmfw_exit begin_code;
	struct flow flow;
	struct flow_options options;
	int open;
	struct decision decision;
	int clock_err;
	struct timespec now;
} script;

enum vmfw_exit __wrap_device_open(struct device *device,
				  struct messages *messages, const char *path);
enum vmfw_exit __wrap_device_open(struct device *device,
				  struct messages *messages, const char *path)
{
	(void)messages;
	script.opens++;
	*device = (struct device) {
		.fd = open("/", O_RDONLY),
		.path = path ? path : DEVICE_DEFAULT,
		.info = script.info,
	};
	return script.device_code;
}

int __wrap_device_attribute(const char *name, char *buf, size_t size);
int __wrap_device_attribute(const char *name, char *buf, size_t size)
{
	if (!strcmp(name, "state"))
		return -ENOENT;
	snprintf(buf, size, "the %s", name);
	return 0;
}

enum vmfw_exit __wrap_flow_begin(struct flow *flow, struct messages *messages,
				 const struct flow_options *options);
enum vmfw_exit __wrap_flow_begin(struct flow *flow, struct messages *messages,
				 const struct flow_options *options)
{
	script.open++;
	script.options = *options;
	memcpy(flow, &script.flow, sizeof(*flow));
	if (script.begin_code)
		message_error(messages, "no flow");
	return script.begin_code;
}

void __wrap_flow_look(struct flow *flow, struct messages *messages);
void __wrap_flow_look(struct flow *flow, struct messages *messages)
{
	(void)flow;
	message_note(messages, "a look");
}

void __wrap_flow_end(struct flow *flow);
void __wrap_flow_end(struct flow *flow)
{
	(void)flow;
	script.open--;
}

struct decision __wrap_decide(const struct facts *facts);
struct decision __wrap_decide(const struct facts *facts)
{
	(void)facts;
	return script.decision;
}

void __wrap_print_wanted(struct output *out, const struct flow *flow, bool all);
void __wrap_print_wanted(struct output *out, const struct flow *flow, bool all)
{
	(void)flow;
	output_bool(out, "wanted", "the image, in full", all);
}

void __wrap_print_record(struct output *out, const struct flow *flow, bool all);
void __wrap_print_record(struct output *out, const struct flow *flow, bool all)
{
	(void)flow;
	output_bool(out, "record", "the record, in full", all);
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	if (clock == CLOCK_BOOTTIME)
		*now = script.now;
	return script.clock_err;
}

/* The state of an interface without an image. */
static const struct vmfwupdate_info idle = {
	.abi_version = 1,
	.interface = VMFWUPDATE_INTERFACE_VMLAUNCHUPDATE,
	.state = VMFWUPDATE_STATE_IDLE,
	.isolation = VMFWUPDATE_ISOLATION_NONE,
	.formats = VMFWUPDATE_FORMAT_IGVM,
	.vmm_capabilities = 0x3,
	.max_size = 64 << 20,
	.max_ranges = 4096,
	.size_multiple = 1,
	.properties = VMFWUPDATE_PROPERTY_TRIAL |
		      VMFWUPDATE_PROPERTY_DISABLE_STAYS,
	.held = VMFWUPDATE_HELD_NOTHING,
	.start = VMFWUPDATE_START_IGVM,
};

/* Add an image that was committed 90 s after the start of the machine. */
static void add_image(void)
{
	script.info.state = VMFWUPDATE_STATE_ARMED;
	script.info.held = VMFWUPDATE_HELD_IMAGE;
	script.info.image_size = 5000;
	script.info.image_written = 4000;
	script.info.image_addr = 0x200000;
	script.info.image_format = VMFWUPDATE_FORMAT_IGVM;
	script.info.commit_time = 90 * 1000000000ull;
	memset(script.info.tag, TAG_BYTE, sizeof(script.info.tag));
	script.now = (struct timespec) { .tv_sec = 100 };
}

static int set_up(void **state)
{
	(void)state;
	memset(&script, 0, sizeof(script));
	script.info = idle;
	script.decision.reason = REASON_NOT_CONFIGURED;
	return 0;
}

static struct options all_options(void)
{
	struct options options = { .device = NULL };

	options.given[OPTION_STATUS_ALL] = true;
	return options;
}

/*
 * Expect this exit code, and text that begins and ends so. In any case, status closes
 * all files and ends the flow.
 */
static void expect_text(const struct options *options, int code,
			const char *begin, const char *end)
{
	unsigned int open = tree_count_descriptors();
	char text[4096];

	snprintf(text, sizeof(text), "%s%s", begin, end);
	verb_expect_text(&verb_status, options, code, text);
	assert_int_equal(tree_count_descriptors(), open);
	assert_int_equal(script.open, 0);
}

/* Expect this exit code, and these members in the JSON object. */
static void expect_json(const struct options *options, int code,
			const char *members)
{
	verb_expect_json(&verb_status, options, code, members);
}

static void an_interface_without_an_image(void **state)
{
	static const char text[] =
		"Interface          vmlaunchupdate\n"
		"State              idle\n"
		"Any reset          no image\n"
		"Orderly reboot     no image\n"
		LOOK;
	static const char all_text[] =
		"Device             /dev/other\n"
		"Interface          vmlaunchupdate\n"
		"Properties         trial, disable-stays\n"
		"Started from       an IGVM file\n"
		"State              idle\n"
		"The VMM holds      nothing\n"
		"Any reset          no image\n"
		"Orderly reboot     no image\n"
		"Isolation          none\n"
		"Formats            IGVM\n"
		"VMM capabilities   0x3\n"
		"Largest image      64.0 MiB (67108864 bytes)\n"
		LOOK;
	struct options options = { .device = NULL };

	(void)state;
	expect_text(&options, VMFW_EXIT_OK, FIRMWARE UNCONFIGURED, text);
	options = all_options();
	options.device = "/dev/other";
	expect_text(&options, VMFW_EXIT_OK, FIRMWARE UNCONFIGURED, all_text);
	expect_json(&options, VMFW_EXIT_OK,
		    "{\n"
		    "  \"schema\": 1,\n"
		    "  \"firmware\": {\n"
		    "    \"known\": false\n"
		    "  },\n"
		    "  \"decision\": {\n");
	expect_json(&options, VMFW_EXIT_OK,
		    "    \"exit_code\": 0\n"
		    "  },\n"
		    "  \"device\": \"/dev/other\",\n"
		    "  \"abi_version\": 1,\n"
		    "  \"interface\": \"vmlaunchupdate\",\n"
		    "  \"properties\": [\n"
		    "    \"trial\",\n"
		    "    \"disable-stays\"\n"
		    "  ],\n"
		    "  \"start\": \"igvm\",\n"
		    "  \"takes_images\": true,\n"
		    "  \"state\": \"idle\",\n"
		    "  \"held\": \"nothing\",\n"
		    "  \"any_reset\": \"ordinary\",\n"
		    "  \"orderly_reboot\": \"ordinary\",\n"
		    "  \"isolation\": \"none\",\n"
		    "  \"formats\": [\n"
		    "    \"igvm\"\n"
		    "  ],\n"
		    "  \"vmm_capabilities\": \"0x3\",\n"
		    "  \"max_size\": 67108864,\n"
		    "  \"size_multiple\": 1,\n"
		    "  \"max_ranges\": 4096,\n"
		    "  \"leaked\": 0,\n"
		    "  \"messages\": [\n");
}

static void an_interface_that_takes_no_images(void **state)
{
	static const char text[] =
		"Interface          igvm\n"
		"Started from       no IGVM file, so the VMM takes no image\n"
		"State              disabled\n"
		"Any reset          the host's image\n"
		"Orderly reboot     the host's image\n"
		"Switched off       until the next reset\n"
		"Leaked memory      8.0 KiB (8192 bytes)\n"
		LOOK;
	static const char all_text[] =
		"Device             /dev/vmfwupdate\n"
		"Interface          igvm\n"
		"Properties         none\n"
		"Started from       no IGVM file, so the VMM takes no image\n"
		"State              disabled\n"
		"The VMM holds      the host's image\n"
		"Any reset          the host's image\n"
		"Orderly reboot     the host's image\n"
		"Switched off       until the next reset\n"
		"Isolation          SEV-SNP\n"
		"Formats            none that this tool knows\n"
		"VMM capabilities   0x3\n"
		"Largest image      64.0 MiB (67108864 bytes)\n"
		"In multiples of    2 bytes\n"
		"Leaked memory      8.0 KiB (8192 bytes)\n"
		LOOK;
	const struct options options = { .device = NULL }, all = all_options();

	(void)state;
	script.info.interface = VMFWUPDATE_INTERFACE_IGVM;
	script.info.properties = 0;
	script.info.start = VMFWUPDATE_START_OTHER;
	script.info.state = VMFWUPDATE_STATE_DISABLED;
	script.info.held = VMFWUPDATE_HELD_HOST;
	script.info.isolation = VMFWUPDATE_ISOLATION_SEV_SNP;
	script.info.formats = 0;
	script.info.size_multiple = 2;
	script.info.leaked = 8192;
	expect_text(&options, VMFW_EXIT_OK, FIRMWARE UNCONFIGURED, text);
	expect_text(&all, VMFW_EXIT_OK, FIRMWARE UNCONFIGURED, all_text);
	expect_json(&options, VMFW_EXIT_OK,
		    "  \"properties\": [],\n"
		    "  \"start\": \"other\",\n"
		    "  \"takes_images\": false,\n"
		    "  \"state\": \"disabled\",\n"
		    "  \"held\": \"host\",\n"
		    "  \"any_reset\": \"host\",\n"
		    "  \"orderly_reboot\": \"host\",\n"
		    "  \"disabled_until\": \"until the next reset\",\n"
		    "  \"isolation\": \"snp\",\n"
		    "  \"formats\": [],\n"
		    "  \"vmm_capabilities\": \"0x3\",\n"
		    "  \"max_size\": 67108864,\n"
		    "  \"size_multiple\": 2,\n"
		    "  \"max_ranges\": 4096,\n"
		    "  \"leaked\": 8192,\n");
}

static void an_image_that_waits_for_a_reset(void **state)
{
	static const char text[] =
		"Interface          vmlaunchupdate\n"
		"State              armed\n"
		"Any reset          the image\n"
		"Orderly reboot     the image\n"
		"Image              4.9 KiB, IGVM, SHA-256 abababababab..., staged 10 s ago\n"
		LOOK;
	static const char all_text[] =
		"Device             /dev/vmfwupdate\n"
		"Interface          vmlaunchupdate\n"
		"Properties         trial, disable-stays\n"
		"State              armed\n"
		"The VMM holds      an image of this guest\n"
		"Any reset          the image\n"
		"Orderly reboot     the image\n"
		"Isolation          none\n"
		"Formats            IGVM, flat\n"
		"VMM capabilities   0x3\n"
		"Largest image      64.0 MiB (67108864 bytes)\n"
		"Image              4.9 KiB, IGVM, SHA-256 abababababab..., staged 10 s ago\n"
		"Image size         4.9 KiB (5000 bytes)\n"
		"Image address      0x200000\n"
		"Image SHA-256   " TAG "\n"
		LOOK;
	const struct options options = { .device = NULL }, all = all_options();

	(void)state;
	add_image();
	script.info.start = VMFWUPDATE_START_UNKNOWN;
	script.info.formats |= VMFWUPDATE_FORMAT_FLAT;
	expect_text(&options, VMFW_EXIT_OK, FIRMWARE UNCONFIGURED, text);
	expect_text(&all, VMFW_EXIT_OK, FIRMWARE UNCONFIGURED, all_text);
	expect_json(&options, VMFW_EXIT_OK,
		    "  \"formats\": [\n"
		    "    \"igvm\",\n"
		    "    \"flat\"\n"
		    "  ],\n");
	expect_json(&options, VMFW_EXIT_OK,
		    "  \"leaked\": 0,\n"
		    "  \"image\": {\n"
		    "    \"size\": 5000,\n"
		    "    \"written\": 4000,\n"
		    "    \"address\": \"0x200000\",\n"
		    "    \"format\": \"igvm\",\n"
		    "    \"sha256\": \"" TAG "\",\n"
		    "    \"commit_time_ns\": 90000000000,\n"
		    "    \"seconds_ago\": 10\n"
		    "  },\n");
}

static void an_image_that_is_not_complete(void **state)
{
	static const char end[] =
		"Image              4.9 KiB, not complete\n"
		"Image size         4.9 KiB (5000 bytes)\n"
		LOOK;
	const struct options all = all_options();
	const char *text;

	(void)state;
	add_image();
	script.info.state = VMFWUPDATE_STATE_FILLING;
	script.info.commit_time = 0;
	script.info.image_addr = 0;
	assert_int_equal(verb_tell(&verb_status, &all, &text), VMFW_EXIT_OK);
	assert_string_equal(text + strlen(text) - strlen(end), end);
	expect_json(&all, VMFW_EXIT_OK,
		    "  \"image\": {\n"
		    "    \"size\": 5000,\n"
		    "    \"written\": 4000,\n"
		    "    \"address\": \"0x0\"\n"
		    "  },\n");
}

static void the_age_of_an_image_is_in_whole_seconds(void **state)
{
	static const struct {
		struct timespec now;
		int err;
		unsigned int age;
	} table[] = {
		{ { .tv_sec = 91, .tv_nsec = 0 }, 0, 1 },
		{ { .tv_sec = 90, .tv_nsec = 999999999 }, 0, 0 },
		{ { .tv_sec = 91, .tv_nsec = 999999999 }, 0, 1 },
		{ { .tv_sec = 3690, .tv_nsec = 0 }, 0, 3600 },
		/* The clock is before the commit, or fails. */
		{ { .tv_sec = 89, .tv_nsec = 0 }, 0, 0 },
		{ { .tv_sec = 3690, .tv_nsec = 0 }, -1, 0 },
	};
	const struct options options = { .device = NULL };
	char member[64];
	size_t i;

	(void)state;
	add_image();
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script.now = table[i].now;
		script.clock_err = table[i].err;
		snprintf(member, sizeof(member), "    \"seconds_ago\": %u\n",
			 table[i].age);
		expect_json(&options, VMFW_EXIT_OK, member);
	}
}

static void words_for_the_image_that_the_vmm_holds(void **state)
{
	static const struct {
		__u32 held;
		const char *line;
	} table[] = {
		{ VMFWUPDATE_HELD_UNKNOWN,
		  "\nThe VMM holds      unknown: the VMM may have an image\n" },
		{ VMFWUPDATE_HELD_NOTHING, "\nThe VMM holds      nothing\n" },
		{ VMFWUPDATE_HELD_IMAGE,
		  "\nThe VMM holds      an image of this guest\n" },
		{ VMFWUPDATE_HELD_HOST,
		  "\nThe VMM holds      the host's image\n" },
	};
	const struct options all = all_options();
	const char *text;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script.info.held = table[i].held;
		assert_int_equal(verb_tell(&verb_status, &all, &text),
				 VMFW_EXIT_OK);
		assert_non_null(strstr(text, table[i].line));
	}
}

/* JSON has the words of --for, where there is one. */
static void words_for_the_isolation(void **state)
{
	static const struct {
		__u32 isolation;
		const char *label, *member;
	} table[] = {
		{ VMFWUPDATE_ISOLATION_NONE, "none", "none" },
		{ VMFWUPDATE_ISOLATION_SEV, "SEV", "sev" },
		{ VMFWUPDATE_ISOLATION_SEV_ES, "SEV-ES", "sev-es" },
		{ VMFWUPDATE_ISOLATION_SEV_SNP, "SEV-SNP", "snp" },
		{ VMFWUPDATE_ISOLATION_TDX, "TDX", "tdx" },
		{ VMFWUPDATE_ISOLATION_OTHER, "other", "other" },
		{ VMFWUPDATE_ISOLATION_OTHER + 1, "unknown", "unknown" },
	};
	const struct options all = all_options();
	char line[64];
	const char *text;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script.info.isolation = table[i].isolation;
		assert_int_equal(verb_tell(&verb_status, &all, &text),
				 VMFW_EXIT_OK);
		snprintf(line, sizeof(line), "\nIsolation          %s\n",
			 table[i].label);
		assert_non_null(strstr(text, line));
		snprintf(line, sizeof(line), "  \"isolation\": \"%s\",\n",
			 table[i].member);
		expect_json(&all, VMFW_EXIT_OK, line);
	}
}

static void the_configured_image_and_the_plan(void **state)
{
	struct options options = { .device = NULL };

	(void)state;
	script.device_code = VMFW_EXIT_DEVICE;
	script.flow.facts.configured = true;
	script.decision.attempt = true;
	expect_text(&options, VMFW_EXIT_DEVICE, FIRMWARE,
		    "the image, in full no\n"
		    "Wanted firmware    unknown (none): \n"
		    "auto               would make an attempt: no evidence that the image is running\n");
	script.flow.has_record = true;
	options = all_options();
	expect_text(&options, VMFW_EXIT_DEVICE, FIRMWARE,
		    "the image, in full yes\n"
		    "Wanted firmware    unknown (none): \n"
		    "the record, in full yes\n"
		    "auto               would make an attempt: no evidence that the image is running\n");
	expect_json(&options, VMFW_EXIT_DEVICE,
		    "  \"record\": true,\n"
		    "  \"decision\": {\n"
		    "    \"attempt\": true,\n");
	/* Messages of the flow appear if the device is open. */
	script.device_code = VMFW_EXIT_OK;
	expect_json(&options, VMFW_EXIT_OK, "      \"text\": \"a look\"\n");
}

/* Another user may not read the image either, but sysfs. */
static void without_permission_status_shows_sysfs(void **state)
{
	static const char text[] =
		"Interface          the interface\n"
		"Properties         the properties\n"
		"Started from       the start\n"
		"The VMM holds      the held\n"
		"Formats            the formats\n"
		"Image size         the image_size\n";
	struct options options = { .device = NULL };

	(void)state;
	script.flow.facts.configured = true;
	script.device_code = VMFW_EXIT_SYSTEM;
	expect_text(&options, VMFW_EXIT_SYSTEM, FIRMWARE, text);
	expect_json(&options, VMFW_EXIT_SYSTEM,
		    "  \"sysfs\": {\n"
		    "    \"interface\": \"the interface\",\n"
		    "    \"properties\": \"the properties\",\n"
		    "    \"start\": \"the start\",\n"
		    "    \"held\": \"the held\",\n"
		    "    \"formats\": \"the formats\",\n"
		    "    \"image_size\": \"the image_size\"\n"
		    "  },\n");
	/* sysfs is about the usual device. */
	options.device = "/dev/other";
	expect_text(&options, VMFW_EXIT_SYSTEM, FIRMWARE, "");
	options.device = NULL;
	script.device_code = VMFW_EXIT_DEVICE;
	script.begin_code = VMFW_EXIT_USAGE;
	expect_text(&options, VMFW_EXIT_DEVICE, FIRMWARE, "error: no flow\n");
}

/* An error in the configuration hides no device. */
static void status_shows_the_device_without_a_flow(void **state)
{
	const struct options options = { .device = NULL };

	(void)state;
	script.begin_code = VMFW_EXIT_USAGE;
	expect_text(&options, VMFW_EXIT_OK, FIRMWARE,
		    "Interface          vmlaunchupdate\n"
		    "State              idle\n"
		    "Any reset          no image\n"
		    "Orderly reboot     no image\n"
		    "error: no flow\n");
}

static void another_root_has_no_device_unless_the_user_names_one(void **state)
{
	struct options options = { .root = "root" };

	(void)state;
	script.device_code = VMFW_EXIT_SYSTEM;
	expect_text(&options, VMFW_EXIT_OK, FIRMWARE UNCONFIGURED, LOOK);
	assert_int_equal(script.opens, 0);
	assert_string_equal(script.options.root, "root");
	assert_false(script.options.act);
	options.device = "/dev/other";
	expect_text(&options, VMFW_EXIT_SYSTEM, FIRMWARE, "");
	assert_int_equal(script.opens, 1);
	assert_string_equal(script.options.device, "/dev/other");
}

/* The help lists the exit codes. */
static void exit_codes(void **state)
{
	(void)state;
	assert_int_equal(verb_status.codes, CODES_COMMON | CODE(DEVICE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)	cmocka_unit_test_setup(name, set_up)
		TEST(an_interface_without_an_image),
		TEST(an_interface_that_takes_no_images),
		TEST(an_image_that_waits_for_a_reset),
		TEST(an_image_that_is_not_complete),
		TEST(the_age_of_an_image_is_in_whole_seconds),
		TEST(words_for_the_image_that_the_vmm_holds),
		TEST(words_for_the_isolation),
		TEST(the_configured_image_and_the_plan),
		TEST(without_permission_status_shows_sysfs),
		TEST(status_shows_the_device_without_a_flow),
		TEST(another_root_has_no_device_unless_the_user_names_one),
		TEST(exit_codes),
	};

	return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of check when memory is short, or the file is unreadable, and on a machine
 * with the device.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../lib/tree.h"
#include "base/exit.h"
#include "device.h"
#include "device/device.h"
#include "guest/machine.h"
#include "interrupt.h"
#include "shared/macro.h"
#include "source/smm.h"
#include "source/source.h"
#include "verb.h"

/**
 * struct script - the results of the replaced functions
 * @unsound: the image is unsound
 * @unreadable: it has no header that check can read
 * @warnings: number of warnings of source_check()
 * @no_header: they are about no header
 * @for_err: result of vmfw_igvm_check_for()
 * @qemu_err: result of vmfw_igvm_check_qemu()
 * @qemu_checks: number of its calls
 * @machine: argument of the last one
 * @ranges_err: result of vmfw_igvm_ranges(), if its mask is @mask, or if @mask is 0
 * @mask: see @ranges_err
 * @nr_ranges: number of ranges of each kind
 * @kinds: the end of each range is the sum of its kinds
 * @smm_err: result of smm_find_image()
 * @smm: the firmware is built for SMM
 * @has_device: this machine has the device
 * @access_err: otherwise the errno value of access() to it, or 0
 * @machine_code: result of machine_check(), which also reports an error if this is
 *	VMFW_EXIT_IMAGE
 * @machine_checks: number of its calls, and of those of machine_check_qemu()
 */
static struct script {
	bool unsound;
	bool unreadable;
	unsigned int warnings;
	bool no_header;
	int for_err;
	int qemu_err;
	unsigned int qemu_checks;
	struct vmfw_igvm_machine machine;
	int ranges_err;
	uint32_t mask;
	size_t nr_ranges;
	bool kinds;
	int smm_err;
	bool smm;
	bool has_device;
	int access_err;
	enum vmfw_exit machine_code;
	unsigned int machine_checks;
} script;

enum vmfw_exit __wrap_source_check(struct source *source,
				   struct messages *messages,
				   struct vmfw_igvm *igvm,
				   vmfw_igvm_report *report, void *arg);
enum vmfw_exit __wrap_source_check(struct source *source,
				   struct messages *messages,
				   struct vmfw_igvm *igvm,
				   vmfw_igvm_report *report, void *arg)
{
	const struct vmfw_igvm_finding finding = {
		.rule = VMFW_IGVM_RULE_TYPE_SKIPPED,
		.header = script.no_header ? VMFW_IGVM_NO_HEADER : 0,
		.type = 0x80000314,
		.field = "type",
	};
	unsigned int i;

	(void)source;
	(void)messages;
	for (i = 0; i < script.warnings; i++)
		report(arg, &finding);
	*igvm = (struct vmfw_igvm) {
		.version = script.unreadable ? 0 : 1,
		.page_size = 4096,
		.nr_headers = 25,
		.platforms = {
			{ .type = VMFW_IGVM_SEV_SNP, .mask = 1, .version = 2,
			  .highest_vtl = 3, .shared_gpa_boundary = 0x4000 },
			{ .type = VMFW_IGVM_TDX, .mask = 2 },
			{ .type = VMFW_IGVM_SEV, .mask = 4 },
		},
		.nr_platforms = 2,
	};
	return script.unsound ? VMFW_EXIT_IMAGE : VMFW_EXIT_OK;
}

int __wrap_vmfw_igvm_check_for(const struct vmfw_igvm *igvm,
			       unsigned int platform, vmfw_igvm_report *report,
			       void *arg);
int __wrap_vmfw_igvm_check_for(const struct vmfw_igvm *igvm,
			       unsigned int platform, vmfw_igvm_report *report,
			       void *arg)
{
	(void)igvm;
	(void)report;
	(void)arg;
	assert_int_equal(platform, VMFW_IGVM_SEV_SNP);
	return script.for_err;
}

int __wrap_vmfw_igvm_check_qemu(const struct vmfw_igvm *igvm,
				const struct vmfw_igvm_machine *machine,
				vmfw_igvm_report *report, void *arg);
int __wrap_vmfw_igvm_check_qemu(const struct vmfw_igvm *igvm,
				const struct vmfw_igvm_machine *machine,
				vmfw_igvm_report *report, void *arg)
{
	(void)igvm;
	(void)report;
	(void)arg;
	script.qemu_checks++;
	script.machine = *machine;
	return script.qemu_err;
}

int __wrap_vmfw_igvm_ranges(const struct vmfw_igvm *igvm, uint32_t mask,
			    unsigned int kinds, struct vmfw_igvm_range **ranges,
			    size_t *nr);
int __wrap_vmfw_igvm_ranges(const struct vmfw_igvm *igvm, uint32_t mask,
			    unsigned int kinds, struct vmfw_igvm_range **ranges,
			    size_t *nr)
{
	int err = !script.mask || mask == script.mask ? script.ranges_err : 0;
	size_t i;

	(void)igvm;
	/* AddressSanitizer checks that check frees the ranges. */
	*nr = err ? 0 : script.nr_ranges;
	*ranges = err ? NULL : malloc(*nr * sizeof(**ranges) + 1);
	for (i = 0; i < *nr; i++)
		(*ranges)[i] = (struct vmfw_igvm_range) {
			0x10000 * i,
			script.kinds ? kinds : 0x10000 * i + 0x1000,
		};
	return err;
}

int __wrap_smm_find_image(const struct vmfw_igvm *igvm, bool *ret_found);
int __wrap_smm_find_image(const struct vmfw_igvm *igvm, bool *ret_found)
{
	(void)igvm;
	*ret_found = script.smm;
	return script.smm_err;
}

int __real_access(const char *path, int mode);
int __wrap_access(const char *path, int mode);
int __wrap_access(const char *path, int mode)
{
	if (!strcmp(path, DEVICE_DEFAULT) && script.has_device)
		return 0;
	if (!strcmp(path, DEVICE_DEFAULT) && script.access_err) {
		errno = script.access_err;
		return -1;
	}
	return __real_access(path, mode);
}

enum vmfw_exit __wrap_machine_check(struct messages *messages,
				    const struct vmfw_igvm *igvm,
				    __u32 isolation, vmfw_igvm_report *report,
				    void *arg);
enum vmfw_exit __wrap_machine_check(struct messages *messages,
				    const struct vmfw_igvm *igvm,
				    __u32 isolation, vmfw_igvm_report *report,
				    void *arg)
{
	static const struct vmfw_igvm_finding finding = {
		.rule = VMFW_IGVM_RULE_UNALIGNED,
		.header = 5,
		.type = VMFW_IGVM_T_PAGE_DATA,
		.offset = 0xa0,
		.field = "gpa",
		.value = 0x1001,
		.bound = 0x1000,
		.has_bound = true,
	};

	(void)messages;
	(void)igvm;
	(void)isolation;
	script.machine_checks++;
	if (script.machine_code == VMFW_EXIT_IMAGE)
		report(arg, &finding);
	return script.machine_code;
}

enum vmfw_exit __wrap_machine_check_qemu(struct messages *messages,
					 const struct vmfw_igvm *igvm,
					 __u32 isolation,
					 vmfw_igvm_report *report, void *arg);
enum vmfw_exit __wrap_machine_check_qemu(struct messages *messages,
					 const struct vmfw_igvm *igvm,
					 __u32 isolation,
					 vmfw_igvm_report *report, void *arg)
{
	(void)messages;
	(void)igvm;
	(void)isolation;
	(void)report;
	(void)arg;
	script.machine_checks++;
	return VMFW_EXIT_OK;
}

static struct options json_options(void)
{
	struct options options = { .platform = VMFW_IGVM_SEV_SNP };

	options.given[OPTION_FOR] = true;
	return options;
}

/* Expect this exit code, and exactly these messages. */
static void expect_messages(const struct options *options, int code,
			    const char *text)
{
	const char *got;

	assert_int_equal(verb_tell(&verb_check, options, &got), code);
	got = strstr(got, "warnings: ");
	assert_non_null(got);
	assert_string_equal(strchr(got, '\n') + 1, text);
}

/* Expect this exit code, and exactly this error if it is not NULL. */
static void expect_result(int code, const char *error)
{
	struct options options = json_options();
	struct messages messages;

	options.vmm = VMFW_IGVM_VMM_QEMU;
	options.given[OPTION_VMM] = true;
	assert_int_equal(verb_run(&verb_check, &options, &messages), code);
	if (error)
		assert_string_equal(messages_first_error(&messages), error);
	else
		assert_null(messages_first_error(&messages));
	messages_free(&messages);
}

/* After a finding, check goes on with the rules of QEMU. An error ends it. */
static void test_platform(void **state)
{
	static const char error[] =
		"image.igvm: cannot check this image: Cannot allocate memory";
	static const struct {
		int for_err, qemu_err;
		int code;
		const char *error;
		unsigned int qemu_checks;
	} table[] = {
		{ 0, 0, VMFW_EXIT_OK, NULL, 1 },
		{ -EINVAL, 0, VMFW_EXIT_OK, NULL, 1 },
		{ -ENOMEM, 0, VMFW_EXIT_SYSTEM, error, 0 },
		{ 0, -EINVAL, VMFW_EXIT_OK, NULL, 1 },
		{ 0, -ENOMEM, VMFW_EXIT_SYSTEM, error, 1 },
		{ -EINVAL, -ENOMEM, VMFW_EXIT_SYSTEM, error, 1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script = (struct script) {
			.for_err = table[i].for_err,
			.qemu_err = table[i].qemu_err,
		};
		expect_result(table[i].code, table[i].error);
		assert_int_equal(script.qemu_checks, table[i].qemu_checks);
	}
}

/* QEMU's rules are for the machine of the options, and only for --vmm=qemu. */
static void the_options_describe_the_machine_of_qemu(void **state)
{
	static const struct {
		bool platform, vmm;
		enum vmfw_igvm_vmm named;
		unsigned int qemu_checks;
		unsigned int used;
	} table[] = {
		{ true, false, VMFW_IGVM_VMM_QEMU, 0, 0 },
		{ true, true, VMFW_IGVM_VMM_GENERIC, 0, 0 },
		{ false, true, VMFW_IGVM_VMM_QEMU, 1, VMFW_IGVM_ANY_PLATFORM },
		{ true, true, VMFW_IGVM_VMM_QEMU, 1, VMFW_IGVM_SEV_SNP },
	};
	struct options options = json_options();
	size_t i;

	(void)state;
	options.nr_memory = 2;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script = (struct script) { .access_err = ENOENT };
		options.given[OPTION_FOR] = table[i].platform;
		options.given[OPTION_VMM] = table[i].vmm;
		options.vmm = table[i].named;
		expect_messages(&options, VMFW_EXIT_OK, "");
		assert_int_equal(script.qemu_checks, table[i].qemu_checks);
		if (!table[i].qemu_checks)
			continue;
		assert_int_equal(script.machine.platform, table[i].used);
		assert_ptr_equal(script.machine.memory, options.memory);
		assert_int_equal(script.machine.nr_memory, 2);
		assert_true(script.machine.kvm);
	}
}

static void memory_is_for_qemu_only(void **state)
{
	static const char usage[] = "error: --memory needs --vmm=qemu\n";
	struct options options = { .vmm = VMFW_IGVM_VMM_QEMU };

	(void)state;
	script = (struct script) { .has_device = true };
	options.given[OPTION_MEMORY] = true;
	verb_expect_text(&verb_check, &options, VMFW_EXIT_USAGE, usage);
	options.given[OPTION_VMM] = true;
	options.vmm = VMFW_IGVM_VMM_GENERIC;
	verb_expect_text(&verb_check, &options, VMFW_EXIT_USAGE, usage);
	assert_int_equal(script.machine_checks, 0);
	options.vmm = VMFW_IGVM_VMM_QEMU;
	expect_messages(&options, VMFW_EXIT_OK, "");
	/* The options describe another machine than this one. */
	assert_int_equal(script.qemu_checks, 1);
	assert_int_equal(script.machine_checks, 0);
}

/* Without the device, this guest cannot replace its firmware, so it does not count. */
static void only_a_user_without_permission_learns_of_the_device(void **state)
{
	static const char note[] =
		"note: image.igvm: cannot check the image for this machine: /dev/vmfwupdate: Permission denied\n";
	static const struct {
		int access_err;
		bool platform;
		const char *note;
	} table[] = {
		{ EACCES, false, note },
		{ EACCES, true, "" },
		{ ENOENT, false, "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct options options = json_options();

		script = (struct script) { .access_err = table[i].access_err };
		options.given[OPTION_FOR] = table[i].platform;
		expect_messages(&options, VMFW_EXIT_OK, table[i].note);
		assert_int_equal(script.machine_checks, 0);
	}
}

/* A warning counts as an error only with --strict. */
static void strict_refuses_an_image_with_warnings(void **state)
{
	static const struct {
		unsigned int warnings;
		bool strict;
		int code;
		const char *members;
	} table[] = {
		{ 0, true, VMFW_EXIT_OK,
		  "  \"errors\": 0,\n  \"warnings\": 0,\n  \"sound\": true,\n  \"suitable\": true,\n" },
		{ 1, false, VMFW_EXIT_OK,
		  "  \"errors\": 0,\n  \"warnings\": 1,\n  \"sound\": true,\n  \"suitable\": true,\n" },
		{ 1, true, VMFW_EXIT_IMAGE,
		  "  \"errors\": 0,\n  \"warnings\": 1,\n  \"sound\": true,\n  \"suitable\": false,\n" },
	};
	struct options options = json_options();
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script = (struct script) { .warnings = table[i].warnings };
		options.given[OPTION_STRICT] = table[i].strict;
		verb_expect_json(&verb_check, &options, table[i].code,
				 table[i].members);
	}
}

static void check_tells_how_many_findings_it_does_not_print(void **state)
{
	const struct options options = json_options();

	(void)state;
	script = (struct script) { .warnings = 202 };
	expect_messages(&options, VMFW_EXIT_OK,
			"warning: image.igvm: there are 2 more findings\n");
}

/* Only of a sound image, check knows whether its firmware needs SMM. */
static void a_firmware_for_smm(void **state)
{
	static const char warning[] =
		"warning: image.igvm: this firmware is built for SMM and for variables in flash: loaded into memory, it stops before it boots; use a build without SMM\n";
	static const char note[] =
		"note: image.igvm: cannot check whether the firmware is built for SMM: Cannot allocate memory\n";
	static const struct {
		bool unsound, smm;
		int err;
		const char *text;
	} table[] = {
		{ false, true, 0, warning },
		{ false, false, -ENOMEM, note },
		{ true, true, 0, "" },
		{ true, false, -ENOMEM, "" },
	};
	const struct options options = json_options();
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script = (struct script) {
			.unsound = table[i].unsound,
			.smm = table[i].smm,
			.smm_err = table[i].err,
		};
		expect_messages(&options, table[i].unsound ? VMFW_EXIT_IMAGE :
							     VMFW_EXIT_OK,
				table[i].text);
	}
}

/* After such an error, nobody knows whether the image is sound. */
static void an_error_gives_no_verdict(void **state)
{
	static const enum vmfw_exit codes[] = {
		VMFW_EXIT_SYSTEM, VMFW_EXIT_DEVICE
	};
	const struct options options = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		script = (struct script) {
			.has_device = true,
			.machine_code = codes[i],
		};
		verb_expect_text(&verb_check, &options, codes[i], "");
	}
}

static void check_refuses_flat_firmware_without_a_verdict(void **state)
{
	const struct options options = json_options();
	const char *text;

	(void)state;
	script = (struct script) { .ranges_err = 0 };
	verb_source.kind = SOURCE_FLAT;
	assert_int_equal(verb_tell(&verb_check, &options, &text),
			 VMFW_EXIT_IMAGE);
	assert_memory_equal(text, "error: ", 7);
	verb_source.kind = SOURCE_UNKNOWN;
	expect_messages(&options, VMFW_EXIT_OK, "");
}

static int end_flat(void **state)
{
	(void)state;
	verb_source.kind = SOURCE_IGVM;
	return 0;
}

static void test_ranges(void **state)
{
	const struct options options = json_options();
	const char *text;

	(void)state;
	script = (struct script) { .ranges_err = -ENOMEM };
	expect_result(VMFW_EXIT_SYSTEM,
		     "image.igvm: cannot list the memory ranges of this image: Cannot allocate memory");
	assert_int_equal(verb_capture(&verb_check, &options, true, &text),
			 VMFW_EXIT_SYSTEM);
	assert_null(strstr(text, "page_data"));
	/* Success with another platform hides no error. */
	script.mask = 1;
	assert_int_equal(verb_capture(&verb_check, &options, true, &text),
			 VMFW_EXIT_SYSTEM);
	assert_null(strstr(text, "page_data"));
	/* Only the summary in text needs the sum for all platforms. */
	script.mask = UINT32_MAX;
	assert_int_equal(verb_capture(&verb_check, &options, true, &text),
			 VMFW_EXIT_OK);
	expect_result(VMFW_EXIT_SYSTEM,
		     "image.igvm: cannot list the memory ranges of this image: Cannot allocate memory");
}

/* Of a broken file, check prints what it could read. */
static void an_unsound_image(void **state)
{
	const struct options options = json_options();
	const char *text;

	(void)state;
	script = (struct script) { .unsound = true, .ranges_err = -ENOMEM };
	assert_int_equal(verb_capture(&verb_check, &options, false, &text),
			 VMFW_EXIT_IMAGE);
	assert_string_equal(text,
			    "image.igvm: unsound, errors: 0, warnings: 0\n");
	script.ranges_err = 0;
	assert_int_equal(verb_capture(&verb_check, &options, true, &text),
			 VMFW_EXIT_IMAGE);
	assert_non_null(strstr(text, "\"format_version\": 1,\n"));
	assert_null(strstr(text, "\"parts\""));
	script.unreadable = true;
	assert_int_equal(verb_capture(&verb_check, &options, true, &text),
			 VMFW_EXIT_IMAGE);
	assert_null(strstr(text, "\"format_version\""));
}

static void json_describes_the_image_and_its_memory(void **state)
{
	const struct options options = json_options();
	const char *text;

	(void)state;
	script = (struct script) { .nr_ranges = 2 };
	assert_int_equal(verb_capture(&verb_check, &options, true, &text),
			 VMFW_EXIT_OK);
	assert_non_null(strstr(text,
		"  \"format_version\": 1,\n"
		"  \"architecture\": \"x64\",\n"
		"  \"page_size\": 4096,\n"
		"  \"header_count\": 25,\n"
		"  \"platforms\": [\n"
		"    \"snp\",\n"
		"    \"tdx\"\n"
		"  ],\n"
		"  \"memory\": [\n"
		"    {\n"
		"      \"platform\": \"snp\",\n"
		"      \"compatibility_mask\": \"0x1\",\n"
		"      \"platform_version\": 2,\n"
		"      \"highest_vtl\": 3,\n"
		"      \"shared_gpa_boundary\": \"0x4000\",\n"
		"      \"ranges\": {\n"
		"        \"page_data\": [\n"
		"          [\n"
		"            \"0x0\",\n"
		"            \"0x1000\"\n"
		"          ],\n"
		"          [\n"
		"            \"0x10000\",\n"
		"            \"0x11000\"\n"
		"          ]\n"
		"        ],\n"
		"        \"parameter_insert\": [\n"));
	assert_null(strstr(text, "\"compatibility_mask\": \"0x4\""));
	assert_null(strstr(text, "\"ranges_left_out\""));
}

/* Each of the eleven lists has at most 256 ranges. */
static void json_has_a_limited_number_of_ranges(void **state)
{
	const struct options options = json_options();
	const char *text;

	(void)state;
	script = (struct script) { .nr_ranges = 256 };
	assert_int_equal(verb_capture(&verb_check, &options, true, &text),
			 VMFW_EXIT_OK);
	assert_non_null(strstr(text, "\"0xff0000\",\n"));
	assert_null(strstr(text, "\"ranges_left_out\""));
	script.nr_ranges = 257;
	assert_int_equal(verb_capture(&verb_check, &options, true, &text),
			 VMFW_EXIT_OK);
	assert_non_null(strstr(text, "\"0xff0000\",\n"));
	assert_null(strstr(text, "\"0x1000000\",\n"));
	assert_non_null(strstr(text, "      \"ranges_left_out\": 11\n"));
}

static void a_finding_on_this_machine(void **state)
{
	const struct options options = { .device = NULL };
	const char *text;

	(void)state;
	script = (struct script) {
		.has_device = true,
		.machine_code = VMFW_EXIT_IMAGE,
	};
	device_code = VMFW_EXIT_OK;
	assert_int_equal(verb_capture(&verb_check, &options, true, &text),
			 VMFW_EXIT_IMAGE);
	assert_non_null(strstr(text,
		"  \"findings\": [\n"
		"    {\n"
		"      \"severity\": \"error\",\n"
		"      \"rule\": \"unaligned\",\n"
		"      \"header\": 5,\n"
		"      \"type\": \"0x302\",\n"
		"      \"type_name\": \"PAGE_DATA\",\n"
		"      \"offset\": \"0xa0\",\n"
		"      \"field\": \"gpa\",\n"
		"      \"value\": \"0x1001\",\n"
		"      \"bound\": \"0x1000\",\n"
		"      \"text\": \"header 5 (PAGE_DATA at 0xa0): gpa 0x1001: must be a multiple of 0x1000 [unaligned]\"\n"
		"    }\n"
		"  ],\n"
		"  \"errors\": 1,\n"
		"  \"warnings\": 0,\n"
		"  \"sound\": true,\n"
		"  \"suitable\": false,\n"));
	assert_int_equal(verb_capture(&verb_check, &options, false, &text),
			 VMFW_EXIT_IMAGE);
	assert_string_equal(text,
		"image.igvm: error: header 5 (PAGE_DATA at 0xa0): gpa 0x1001: must be a multiple of 0x1000 [unaligned]\n"
		"image.igvm: sound, but not for the machine, platform or VMM in question, errors: 1, warnings: 0\n");
}

/* This type has no name, and the rule no bound. */
static void json_of_a_finding_has_only_what_it_is_about(void **state)
{
	const struct options options = json_options();

	(void)state;
	script = (struct script) { .warnings = 1 };
	verb_expect_json(&verb_check, &options, VMFW_EXIT_OK,
			 "      \"severity\": \"warning\",\n"
			 "      \"rule\": \"type-skipped\",\n"
			 "      \"header\": 0,\n"
			 "      \"type\": \"0x80000314\",\n"
			 "      \"offset\": \"0x0\",\n"
			 "      \"field\": \"type\",\n"
			 "      \"value\": \"0x0\",\n"
			 "      \"text\": ");
	script.no_header = true;
	verb_expect_json(&verb_check, &options, VMFW_EXIT_OK,
			 "      \"rule\": \"type-skipped\",\n"
			 "      \"offset\": \"0x0\",\n");
}

static void a_sound_image_in_text(void **state)
{
	const struct options options = json_options();
	const char *text;

	(void)state;
	script = (struct script) { .nr_ranges = 2 };
	assert_int_equal(verb_capture(&verb_check, &options, false, &text),
			 VMFW_EXIT_OK);
	assert_string_equal(text,
		"image.igvm: sound, IGVM format 1 for x64, platforms: snp, tdx, populates 8.0 KiB (8192 bytes), warnings: 0\n");
	script = (struct script) { .nr_ranges = 1, .kinds = true };
	assert_int_equal(verb_capture(&verb_check, &options, false, &text),
			 VMFW_EXIT_OK);
	/* The sum of the kinds that a loader writes */
	assert_non_null(strstr(text, " populates 7 bytes, "));
}

static void each_kind_of_range_is_in_json(void **state)
{
	static const unsigned int populated =
		VMFW_IGVM_PAGE_DATA | VMFW_IGVM_PARAMETER_INSERT |
		VMFW_IGVM_VMSA;
	static const struct {
		const char *key;
		unsigned int kinds;
	} table[] = {
		{ "page_data", VMFW_IGVM_PAGE_DATA },
		{ "parameter_insert", VMFW_IGVM_PARAMETER_INSERT },
		{ "vmsa", VMFW_IGVM_VMSA },
		{ "required_memory", VMFW_IGVM_REQUIRED_MEMORY },
		{ "error_range", VMFW_IGVM_ERROR_RANGE },
		{ "relocatable_region", VMFW_IGVM_RELOCATABLE },
		{ "relocation_window", VMFW_IGVM_RELOCATION_WINDOW },
		{ "page_table_region", VMFW_IGVM_PAGE_TABLE_REGION },
		{ "populated", populated },
		{ "populated_plus_required",
		  populated | VMFW_IGVM_REQUIRED_MEMORY },
		{ "stay_clear", VMFW_IGVM_ANY_KIND },
	};
	const struct options options = json_options();
	char members[160];
	const char *text;
	size_t i;

	(void)state;
	script = (struct script) { .nr_ranges = 1, .kinds = true };
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		snprintf(members, sizeof(members),
			 "        \"%s\": [\n"
			 "          [\n"
			 "            \"0x0\",\n"
			 "            \"0x%x\"\n"
			 "          ]\n", table[i].key, table[i].kinds);
		verb_expect_json(&verb_check, &options, VMFW_EXIT_OK, members);
	}
	script = (struct script) { .ranges_err = 0 };
	assert_int_equal(verb_capture(&verb_check, &options, true, &text),
			 VMFW_EXIT_OK);
	assert_non_null(strstr(text, "\"page_data\": [],\n"));
	assert_non_null(strstr(text, "\"stay_clear\": []\n"));
}

/* After a signal, the error of the library is no reason of its own. */
static void a_signal_during_the_list_of_ranges(void **state)
{
	static const char interrupted[] =
		"interrupted: the file was not read to its end";
	const struct options options = json_options();
	const char *text;

	(void)state;
	script = (struct script) { .ranges_err = -ECANCELED };
	interrupt_number = SIGTERM;
	assert_int_equal(verb_capture(&verb_check, &options, true, &text),
			 128 + SIGTERM);
	assert_null(strstr(text, "cannot list the memory ranges"));
	assert_null(strstr(text, "\"parts\""));
	text = strstr(text, interrupted);
	assert_non_null(text);
	assert_null(strstr(text + 1, interrupted));
}

static int end_signal(void **state)
{
	(void)state;
	interrupt_number = 0;
	return 0;
}

/* After a finding, check goes on with the rules of QEMU. An error ends it. */
static void this_machine_counts_if_it_has_the_device(void **state)
{
	static const struct {
		enum vmfw_exit device_code, machine_code;
		bool qemu;
		int code;
		unsigned int checks;
	} table[] = {
		{ VMFW_EXIT_OK, VMFW_EXIT_OK, false, VMFW_EXIT_OK, 1 },
		{ VMFW_EXIT_OK, VMFW_EXIT_OK, true, VMFW_EXIT_OK, 2 },
		{ VMFW_EXIT_OK, VMFW_EXIT_IMAGE, false, VMFW_EXIT_IMAGE, 1 },
		{ VMFW_EXIT_OK, VMFW_EXIT_IMAGE, true, VMFW_EXIT_IMAGE, 2 },
		{ VMFW_EXIT_OK, VMFW_EXIT_SYSTEM, true, VMFW_EXIT_SYSTEM, 1 },
		{ VMFW_EXIT_DEVICE, VMFW_EXIT_OK, true, VMFW_EXIT_DEVICE, 0 },
	};
	struct options options = { .vmm = VMFW_IGVM_VMM_QEMU };
	unsigned int open = tree_count_descriptors();
	struct messages messages;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script = (struct script) {
			.has_device = true,
			.machine_code = table[i].machine_code,
		};
		device_code = table[i].device_code;
		options.given[OPTION_VMM] = table[i].qemu;
		assert_int_equal(verb_run(&verb_check, &options, &messages),
				 table[i].code);
		messages_free(&messages);
		assert_int_equal(script.machine_checks, table[i].checks);
		assert_int_equal(script.qemu_checks, 0);
		assert_int_equal(tree_count_descriptors(), open);
	}
}

static void test_parts(void **state)
{
	const struct options options = json_options();
	const char *text;

	(void)state;
	script = (struct script) { .for_err = 0 };
	verb_parts_err = -EIO;
	expect_result(VMFW_EXIT_SYSTEM,
		     "image.igvm: cannot use this file: Input/output error");
	/* Other data of a firmware may look like a malformed list. */
	verb_parts_err = -EINVAL;
	expect_result(VMFW_EXIT_OK, NULL);
	assert_int_equal(verb_capture(&verb_check, &options, true, &text),
			 VMFW_EXIT_OK);
	assert_non_null(strstr(text, "\"level\": \"warning\",\n      \"text\": \"image.igvm: cannot list the parts of this image: an obstacle (value 0x7)\""));
	assert_null(strstr(text, "\"parts\""));
	verb_parts_err = 0;
	assert_int_equal(verb_capture(&verb_check, &options, true, &text),
			 VMFW_EXIT_OK);
	assert_non_null(strstr(text, "\"parts\": []"));
}

/* The help lists the exit codes. */
static void exit_codes(void **state)
{
	(void)state;
	assert_int_equal(verb_check.nr_operands, 1);
	assert_int_equal(verb_check.codes, CODES_IMAGE | CODE(DEVICE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_platform),
		cmocka_unit_test(the_options_describe_the_machine_of_qemu),
		cmocka_unit_test(memory_is_for_qemu_only),
		cmocka_unit_test(only_a_user_without_permission_learns_of_the_device),
		cmocka_unit_test(strict_refuses_an_image_with_warnings),
		cmocka_unit_test(check_tells_how_many_findings_it_does_not_print),
		cmocka_unit_test(a_firmware_for_smm),
		cmocka_unit_test(an_error_gives_no_verdict),
		cmocka_unit_test_teardown(check_refuses_flat_firmware_without_a_verdict,
					  end_flat),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(an_unsound_image),
		cmocka_unit_test(a_finding_on_this_machine),
		cmocka_unit_test(json_of_a_finding_has_only_what_it_is_about),
		cmocka_unit_test(a_sound_image_in_text),
		cmocka_unit_test(json_describes_the_image_and_its_memory),
		cmocka_unit_test(each_kind_of_range_is_in_json),
		cmocka_unit_test(json_has_a_limited_number_of_ranges),
		cmocka_unit_test_teardown(a_signal_during_the_list_of_ranges,
					  end_signal),
		cmocka_unit_test(this_machine_counts_if_it_has_the_device),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(exit_codes),
	};

	return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}

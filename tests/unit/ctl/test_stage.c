// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of the verb stage: the options that reach the library, and the reboot.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../lib/tree.h"
#include "base/exit.h"
#include "calls.h"
#include "compose/compose.h"
#include "ctl/journal-entries.h"
#include "ctl/print.h"
#include "device.h"
#include "flow/config.h"
#include "guest/reboot.h"
#include "shared/macro.h"
#include "stage/stage.h"
#include "verb.h"

/* A result of composition_make(). No other function returns it. */
#define COMPOSED	VMFW_EXIT_SOURCE

/**
 * struct script - the results of the replaced functions, and their calls
 * @code: result of staging_run()
 * @compose_code: result of composition_make()
 * @open_code: result of source_open_input()
 * @check_code: result of reset_check()
 * @config: configuration of the machine
 * @staging: options of staging_run()
 * @stagings: number of its calls
 * @checks: number of calls of reset_check()
 * @overridden: bits that the last of them overrides
 * @resets: number of calls of reset_machine()
 * @config_code: result of config_load()
 * @logged: exit code in the last entry of the journal
 */
static struct script {
	int code;
	enum vmfw_exit compose_code;
	enum vmfw_exit open_code;
	int check_code;
	struct config config;
	struct staging_options staging;
	unsigned int stagings;
	unsigned int checks;
	unsigned int overridden;
	unsigned int resets;
	enum vmfw_exit config_code;
	int logged;
} script;

enum vmfw_exit __wrap_payload_check(struct payload *payload,
				    struct messages *messages,
				    struct source *source);
enum vmfw_exit __wrap_payload_check(struct payload *payload,
				    struct messages *messages,
				    struct source *source)
{
	(void)messages;
	memset(payload, 0, sizeof(*payload));
	payload->source = source;
	/* AddressSanitizer checks that stage frees the payload. */
	payload->rom = malloc(1);
	return VMFW_EXIT_OK;
}

enum vmfw_exit __wrap_config_load(struct config *config,
				  struct messages *messages, const char *root);
enum vmfw_exit __wrap_config_load(struct config *config,
				  struct messages *messages, const char *root)
{
	(void)messages;
	assert_null(root);
	*config = script.config;
	return script.config_code;
}

enum vmfw_exit __wrap_staging_run(struct messages *messages,
				  const struct staging_options *options,
				  struct payload *payload,
				  struct staged *staged);
enum vmfw_exit __wrap_staging_run(struct messages *messages,
				  const struct staging_options *options,
				  struct payload *payload,
				  struct staged *staged)
{
	(void)messages;
	assert_string_equal(payload->source->path, "image.igvm");
	script.staging = *options;
	script.stagings++;
	calls_add("stage");
	*staged = (struct staged) { .opened = true };
	return script.code;
}

enum vmfw_exit __wrap_reset_check(struct messages *messages, bool reboot,
				  unsigned int overridden, unsigned int *traps);
enum vmfw_exit __wrap_reset_check(struct messages *messages, bool reboot,
				  unsigned int overridden, unsigned int *traps)
{
	(void)messages;
	assert_true(reboot);
	calls_add("check");
	script.checks++;
	script.overridden = overridden;
	*traps = RESET_TRAP_KEXEC;
	return script.check_code;
}

enum vmfw_exit __wrap_reset_machine(struct messages *messages,
				    unsigned int traps);
enum vmfw_exit __wrap_reset_machine(struct messages *messages,
				    unsigned int traps)
{
	(void)messages;
	assert_int_equal(traps, RESET_TRAP_KEXEC);
	calls_add("reset");
	script.resets++;
	return VMFW_EXIT_OK;
}

enum vmfw_exit __wrap_composition_make(struct composition *composition,
				       struct messages *messages,
				       struct source *base,
				       const struct compose_request *request);
enum vmfw_exit __wrap_composition_make(struct composition *composition,
				       struct messages *messages,
				       struct source *base,
				       const struct compose_request *request)
{
	(void)messages;
	(void)base;
	assert_string_equal(request->key, "key");
	assert_int_equal(request->vmm, script.config.vmm.vmm);
	memset(composition, 0, sizeof(*composition));
	calls_add("compose");
	return script.compose_code;
}

void __wrap_composition_free(struct composition *composition);
void __wrap_composition_free(struct composition *composition)
{
	(void)composition;
	calls_add("free");
}

void __wrap_print_composition(struct output *out,
			      const struct composition *composition);
void __wrap_print_composition(struct output *out,
			      const struct composition *composition)
{
	(void)out;
	(void)composition;
	calls_add("print");
}

static const struct vmfw_igvm_input draft_input;

const struct vmfw_igvm_input *
__wrap_vmfw_igvm_draft_input(const struct vmfw_igvm_draft *draft);
const struct vmfw_igvm_input *
__wrap_vmfw_igvm_draft_input(const struct vmfw_igvm_draft *draft)
{
	(void)draft;
	return &draft_input;
}

enum vmfw_exit __wrap_source_open_input(struct source *source,
					struct messages *messages,
					const char *path,
					const struct vmfw_igvm_input *input);
enum vmfw_exit __wrap_source_open_input(struct source *source,
					struct messages *messages,
					const char *path,
					const struct vmfw_igvm_input *input)
{
	(void)messages;
	assert_ptr_equal(input, &draft_input);
	*source = (struct source) { .fd = -1, .path = path };
	calls_add("open");
	return script.open_code;
}

void __wrap_source_close(struct source *source);
void __wrap_source_close(struct source *source)
{
	assert_string_equal(source->path, "image.igvm");
	calls_add("close");
}

void __wrap_log_staged(const char *path, int code);
void __wrap_log_staged(const char *path, int code)
{
	assert_string_equal(path, "image.igvm");
	script.logged = code;
	calls_add("log");
}

static int set_up(void **state)
{
	(void)state;
	memset(&script, 0, sizeof(script));
	return 0;
}

/* Run stage with these options, and return its exit code. */
static int run_stage(const struct options *options)
{
	struct messages messages;
	int code;

	calls_begin();
	code = verb_run(&verb_stage, options, &messages);
	messages_free(&messages);
	return code;
}

static void test_defaults(void **state)
{
	const struct options options = { .device = NULL };

	(void)state;
	assert_int_equal(run_stage(&options), VMFW_EXIT_OK);
	assert_int_equal(script.stagings, 1);
	assert_null(script.staging.device);
	assert_false(script.staging.dry_run);
	assert_int_equal(script.staging.when, STAGING_DEFAULT);
	assert_false(script.staging.reboot);
	assert_false(script.staging.loader.forced);
	assert_false(script.staging.loader.vmm.known);
	assert_int_equal(script.staging.overridden, 0);
	assert_int_equal(script.checks, 0);
	assert_int_equal(script.resets, 0);
}

static void test_options(void **state)
{
	struct options options = {
		.device = "/dev/other",
		.progress = PROGRESS_ALWAYS,
		.when = STAGING_ONCE,
		.force = FORCE_KEXEC,
	};

	(void)state;
	script.config.vmm.known = true;
	assert_int_equal(run_stage(&options), VMFW_EXIT_OK);
	assert_string_equal(script.staging.device, "/dev/other");
	assert_int_equal(script.staging.progress, PROGRESS_ALWAYS);
	assert_int_equal(script.staging.when, STAGING_ONCE);
	assert_true(script.staging.loader.vmm.known);
	assert_false(script.staging.loader.forced);
	assert_int_equal(script.staging.overridden, RESET_TRAP_KEXEC);
	options.force = FORCE_SOFT_REBOOT | FORCE_VMM;
	assert_int_equal(run_stage(&options), VMFW_EXIT_OK);
	assert_true(script.staging.loader.forced);
	assert_int_equal(script.staging.overridden, RESET_TRAP_SOFT_REBOOT);
}

/* An obstacle to the reboot must be an error before the VMM gets the image. */
static void test_reboot(void **state)
{
	struct options options = { .force = FORCE_SOFT_REBOOT };

	(void)state;
	options.given[OPTION_REBOOT] = true;
	assert_int_equal(run_stage(&options), VMFW_EXIT_OK);
	assert_true(script.staging.reboot);
	assert_false(script.staging.dry_run);
	assert_int_equal(script.overridden, RESET_TRAP_SOFT_REBOOT);
	assert_int_equal(script.resets, 1);
	/* A new obstacle appeared while stage wrote the image. */
	script.check_code = VMFW_EXIT_SYSTEM;
	assert_int_equal(run_stage(&options), VMFW_EXIT_SYSTEM);
	assert_int_equal(script.checks, 2);
	assert_int_equal(script.resets, 1);
	/* The image is not staged, so the machine stays as it is. */
	script.code = VMFW_EXIT_REFUSED;
	assert_int_equal(run_stage(&options), VMFW_EXIT_REFUSED);
	assert_int_equal(script.checks, 2);
	assert_int_equal(script.resets, 1);
}

static void test_dry_run(void **state)
{
	struct options options = { .device = NULL };
	const char *text;

	(void)state;
	verb_capture(&verb_stage, &options, false, &text);
	assert_null(strstr(text, "could be staged"));
	verb_expect_json(&verb_stage, &options, VMFW_EXIT_OK,
			 "  \"dry_run\": false,\n");
	options.given[OPTION_DRY_RUN] = true;
	options.given[OPTION_REBOOT] = true;
	verb_expect_json(&verb_stage, &options, VMFW_EXIT_OK,
			 "  \"dry_run\": true,\n");
	assert_int_equal(run_stage(&options), VMFW_EXIT_OK);
	assert_true(script.staging.dry_run);
	assert_true(script.staging.reboot);
	assert_int_equal(script.checks, 0);
	assert_int_equal(script.resets, 0);
	verb_capture(&verb_stage, &options, false, &text);
	assert_non_null(strstr(text, "image.igvm: could be staged\n"));
	script.code = VMFW_EXIT_REFUSED;
	verb_capture(&verb_stage, &options, false, &text);
	assert_null(strstr(text, "could be staged"));
	/* JSON has the facts that an attempt has found out before it failed. */
	verb_expect_json(&verb_stage, &options, VMFW_EXIT_REFUSED,
			 "  \"vmm\": \"unknown\",\n");
}

/* stage reads the file only if the options of a composition are complete. */
static void test_incomplete_composition(void **state)
{
	static const struct {
		enum option_id given[2];
		const char *error;
	} table[] = {
		{ { OPTION_SIGN, OPTION_ID_BLOCK },
		  "cannot compose an image: there is nothing to add; give --kernel or another part" },
		{ { OPTION_PART_KERNEL, OPTION_ID_BLOCK },
		  "--id-block needs --sign=KEY" },
		{ { OPTION_FROM_RUNNING, OPTION_SIGN },
		  "--sign, --vmm, --vcpus, --cpu-signature and --vcpu-type need --id-block" },
	};
	struct messages messages;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct options options = { .device = NULL };

		options.given[table[i].given[0]] = true;
		options.given[table[i].given[1]] = true;
		assert_int_equal(verb_run(&verb_stage, &options, &messages),
				 VMFW_EXIT_USAGE);
		assert_string_equal(messages_first_error(&messages),
				    table[i].error);
		messages_free(&messages);
	}
	assert_int_equal(script.stagings, 0);
}

/*
 * An ID block is for the VMM that the user names, or that of the configuration, or
 * that of the device.
 */
static void a_composition_opens_the_device_only_to_find_the_vmm(void **state)
{
	static const struct {
		bool block, named, known;
		enum vmfw_exit config_code, device_code;
		int code;
	} table[] = {
		{ true, false, false, VMFW_EXIT_OK, VMFW_EXIT_DEVICE,
		  VMFW_EXIT_DEVICE },
		{ true, false, false, VMFW_EXIT_USAGE, VMFW_EXIT_DEVICE,
		  VMFW_EXIT_USAGE },
		{ true, false, false, VMFW_EXIT_OK, VMFW_EXIT_OK, COMPOSED },
		{ true, false, true, VMFW_EXIT_OK, VMFW_EXIT_DEVICE, COMPOSED },
		{ true, true, false, VMFW_EXIT_OK, VMFW_EXIT_DEVICE, COMPOSED },
		{ false, false, false, VMFW_EXIT_OK, VMFW_EXIT_DEVICE,
		  COMPOSED },
	};
	unsigned int open = tree_count_descriptors();
	size_t i;

	(void)state;
	script.compose_code = COMPOSED;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct options options = { .compose = { .key = "key" } };

		options.given[OPTION_PART_KERNEL] = true;
		options.given[OPTION_ID_BLOCK] = table[i].block;
		options.given[OPTION_VMM] = table[i].named;
		script.config.vmm.known = table[i].known;
		script.config.vmm.vmm = table[i].known ?
					VMFW_IGVM_VMM_NATIVE_ZERO :
					VMFW_IGVM_VMM_QEMU;
		script.config_code = table[i].config_code;
		device_code = table[i].device_code;
		assert_int_equal(run_stage(&options), table[i].code);
		assert_int_equal(tree_count_descriptors(), open);
	}
	assert_int_equal(script.stagings, 0);
}

/* The journal has an entry before the reboot. A dry run leaves none. */
static void stage_ends_with_the_first_error(void **state)
{
	static const struct {
		enum vmfw_exit compose_code, open_code;
		int stage_code, code;
		bool dry_run;
		const char *calls;
	} table[] = {
		{ VMFW_EXIT_OK, VMFW_EXIT_OK, VMFW_EXIT_OK, VMFW_EXIT_OK, false,
		  "compose;print;open;stage;close;free;log;check;reset;" },
		{ VMFW_EXIT_OK, VMFW_EXIT_OK, VMFW_EXIT_OK, VMFW_EXIT_OK, true,
		  "compose;print;open;stage;close;free;" },
		{ COMPOSED, VMFW_EXIT_OK, VMFW_EXIT_OK, COMPOSED, false,
		  "compose;free;log;" },
		{ VMFW_EXIT_OK, VMFW_EXIT_SYSTEM, VMFW_EXIT_OK,
		  VMFW_EXIT_SYSTEM, false,
		  "compose;print;open;close;free;log;" },
		{ VMFW_EXIT_OK, VMFW_EXIT_OK, VMFW_EXIT_REFUSED,
		  VMFW_EXIT_REFUSED, false,
		  "compose;print;open;stage;close;free;log;" },
	};
	struct options options = { .compose = { .key = "key" } };
	size_t i;

	(void)state;
	options.given[OPTION_PART_KERNEL] = true;
	options.given[OPTION_REBOOT] = true;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script.compose_code = table[i].compose_code;
		script.open_code = table[i].open_code;
		script.code = table[i].stage_code;
		options.given[OPTION_DRY_RUN] = table[i].dry_run;
		assert_int_equal(run_stage(&options), table[i].code);
		assert_string_equal(calls_words(), table[i].calls);
		assert_int_equal(script.logged, table[i].code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_defaults, set_up),
		cmocka_unit_test_setup(test_options, set_up),
		cmocka_unit_test_setup(test_reboot, set_up),
		cmocka_unit_test_setup(test_dry_run, set_up),
		cmocka_unit_test_setup(test_incomplete_composition, set_up),
		cmocka_unit_test_setup(a_composition_opens_the_device_only_to_find_the_vmm, set_up),
		cmocka_unit_test_setup(stage_ends_with_the_first_error, set_up),
	};

	return cmocka_run_group_tests_name("stage", tests, NULL, NULL);
}

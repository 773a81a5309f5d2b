// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Findings: errors and warnings, printed findings, and the limit of their
 * number.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/exit.h"
#include "base/messages.h"
#include "igvm/vmfw-igvm.h"
#include "source/check.h"

#define MOST	200

static const struct vmfw_igvm_finding error = {
	.rule = VMFW_IGVM_RULE_TOO_SHORT,
	.header = VMFW_IGVM_NO_HEADER,
	.field = "size",
	.value = 7,
}, warning = {
	.rule = VMFW_IGVM_RULE_TYPE_SKIPPED,
	.header = 3,
	.field = "type",
	.value = 8,
};

static struct messages messages;
static struct findings findings;
static unsigned int printed;

static int set_up(void **state)
{
	(void)state;
	messages_keep(&messages);
	findings = (struct findings) {
		.messages = &messages, .path = "image.igvm",
	};
	printed = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	messages_free(&messages);
	return 0;
}

static void is_message(size_t i, const char *level, const char *words)
{
	assert_true(i < messages.nr);
	assert_string_equal(messages.list[i].level, level);
	assert_memory_equal(messages.list[i].text, "image.igvm: ", 12);
	assert_non_null(strstr(messages.list[i].text, words));
}

static void errors_become_messages(void **state)
{
	(void)state;
	assert_true(findings_add(&findings, &error));
	assert_true(findings_add(&findings, &warning));
	assert_int_equal(findings.errors, 1);
	assert_int_equal(findings.warnings, 1);
	/* Warnings become messages only if the caller asks for them. */
	assert_int_equal(messages.nr, 1);
	is_message(0, "error", "[too-short]");
	findings.warn = true;
	assert_true(findings_add(&findings, &warning));
	assert_int_equal(messages.nr, 2);
	is_message(1, "warning", "[type-skipped]");
	findings_end(&findings);
	assert_int_equal(messages.nr, 2);
}

/* If the caller forgives errors, they become warnings. */
static void forgiven(void **state)
{
	(void)state;
	findings.forgive = true;
	findings_add(&findings, &error);
	findings_add(&findings, &warning);
	assert_int_equal(findings.errors, 1);
	assert_int_equal(messages.nr, 1);
	is_message(0, "warning", "[too-short]");
}

static void print(const struct findings *of, const struct vmfw_igvm_finding *finding,
		  const char *line)
{
	assert_ptr_equal(of, &findings);
	assert_non_null(strstr(line, vmfw_igvm_rule_name(finding->rule)));
	printed++;
}

static void a_limited_number(void **state)
{
	unsigned int i;

	(void)state;
	findings.print = print;
	for (i = 0; i < MOST - 1; i++)
		findings_add(&findings, i % 2 ? &error : &warning);
	assert_int_equal(printed, MOST - 1);
	findings_add(&findings, &error);
	assert_int_equal(printed, MOST);
	findings_end(&findings);
	assert_int_equal(messages.nr, 0);
	/* The tool only counts findings above the limit. */
	for (i = 0; i < 7; i++)
		assert_true(findings_add(&findings, &error));
	assert_int_equal(printed, MOST);
	assert_int_equal(findings.errors + findings.warnings, MOST + 7);
	findings_end(&findings);
	assert_int_equal(messages.nr, 1);
	is_message(0, "warning", "there are 7 more findings");
	findings.shown = MOST + 1;
	findings_end(&findings);
	is_message(1, "warning", "there is 1 more finding");
}

/**
 * struct script - the results of checks, and the number of checks
 * @errors: number of errors in an image
 * @code: result of its check
 * @checks: number of checks of an image, other than flat firmware
 */
static struct {
	unsigned int errors;
	enum vmfw_exit code;
	unsigned int checks;
} script;

enum vmfw_exit __wrap_source_check(struct source *source, struct messages *to,
				   struct vmfw_igvm *igvm,
				   vmfw_igvm_report *report, void *arg);
enum vmfw_exit __wrap_source_check(struct source *source, struct messages *to,
				   struct vmfw_igvm *igvm,
				   vmfw_igvm_report *report, void *arg)
{
	unsigned int i;

	assert_string_equal(source->path, "image.igvm");
	assert_ptr_equal(to, &messages);
	for (i = 0; i < script.errors; i++)
		assert_true(report(arg, &error));
	igvm->nr_platforms = ++script.checks;
	return script.code;
}

enum vmfw_exit __wrap_source_check_flat(const struct source *source,
					struct messages *to);
enum vmfw_exit __wrap_source_check_flat(const struct source *source,
					struct messages *to)
{
	assert_string_equal(source->path, "image.igvm");
	assert_ptr_equal(to, &messages);
	return VMFW_EXIT_DEVICE;
}

/* The tool checks an image until it is sound, and then not again. */
static void a_sound_image_is_checked_once(void **state)
{
	struct source source = { .path = "image.igvm", .kind = SOURCE_IGVM };
	struct vmfw_igvm igvm;
	unsigned int i;

	(void)state;
	script.checks = 0;
	script.errors = MOST + 7;
	script.code = VMFW_EXIT_IMAGE;
	assert_int_equal(findings_check_image(&source, &messages, &igvm),
			 VMFW_EXIT_IMAGE);
	/* Equal errors become one message. */
	assert_int_equal(messages.nr, 2);
	is_message(1, "warning", "there are 7 more findings");
	script.errors = 0;
	script.code = VMFW_EXIT_OK;
	for (i = 0; i < 2; i++) {
		assert_int_equal(findings_check_image(&source, &messages,
						      &igvm), VMFW_EXIT_OK);
		assert_int_equal(script.checks, 2);
		assert_int_equal(igvm.nr_platforms, 2);
	}
	/* Flat firmware has another check. */
	source = (struct source) { .path = "image.igvm", .kind = SOURCE_FLAT };
	assert_int_equal(findings_check_image(&source, &messages, &igvm),
			 VMFW_EXIT_DEVICE);
	assert_int_equal(script.checks, 2);
	assert_int_equal(messages.nr, 2);
}

static void warnings_that_are_not_shown(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 2 * MOST; i++)
		findings_add(&findings, &warning);
	assert_int_equal(findings.warnings, 2 * MOST);
	findings_add(&findings, &error);
	findings_end(&findings);
	assert_int_equal(messages.nr, 1);
	is_message(0, "error", "[too-short]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(errors_become_messages),
		TEST(forgiven),
		TEST(a_limited_number),
		TEST(warnings_that_are_not_shown),
		TEST(a_sound_image_is_checked_once),
	};

	return cmocka_run_group_tests_name("findings", tests, NULL, NULL);
}

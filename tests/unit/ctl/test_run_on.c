// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of the functions that open the file of a verb: a verb runs only on a
 * file that is open, and the exit code is that of the first error.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/exit.h"
#include "base/interrupt.h"
#include "ctl/ctl.h"
#include "flow/config.h"
#include "shared/macro.h"
#include "source/image.h"

/**
 * struct script - the results of the replaced functions, and their calls
 * @config_code: result of config_load()
 * @open_code: result of image_open()
 * @container: container of the image
 * @act_code: result of the verb
 * @signal: number of a signal that asks to stop, or 0
 * @configs: number of calls of config_load()
 * @opens: number of calls of image_open()
 * @has_configured: the last of them got the location in the configuration
 * @acts: number of calls of the verb
 * @exits: number of calls of interrupt_exit()
 */
static struct script {
	enum vmfw_exit config_code;
	enum vmfw_exit open_code;
	const struct container_kind *container;
	int act_code;
	int signal;
	unsigned int configs;
	unsigned int opens;
	bool has_configured;
	unsigned int acts;
	unsigned int exits;
} script;

static struct messages messages;
static struct output out = { .messages = &messages };

enum vmfw_exit __wrap_config_load(struct config *config,
				  struct messages *all, const char *root);
enum vmfw_exit __wrap_config_load(struct config *config,
				  struct messages *all, const char *root)
{
	assert_ptr_equal(all, &messages);
	assert_null(root);
	config_default(config);
	config->image.kind = LOCATION_ESP;
	script.configs++;
	return script.config_code;
}

enum vmfw_exit __wrap_image_open(struct image *image, struct messages *all,
				 const struct image_name *name);
enum vmfw_exit __wrap_image_open(struct image *image, struct messages *all,
				 const struct image_name *name)
{
	assert_ptr_equal(all, &messages);
	memset(image, 0, sizeof(*image));
	image->source.fd = -1;
	image->source.path = name->words;
	image->source.container = script.container;
	script.opens++;
	script.has_configured = name->configured;
	if (name->configured)
		assert_int_equal(name->configured->kind, LOCATION_ESP);
	return script.open_code;
}

int __wrap_interrupt_seen(void);
int __wrap_interrupt_seen(void)
{
	return script.signal;
}

enum vmfw_exit __wrap_interrupt_exit(struct messages *all, const char *state);
enum vmfw_exit __wrap_interrupt_exit(struct messages *all, const char *state)
{
	assert_ptr_equal(all, &messages);
	assert_string_equal(state, "the file was not read to its end");
	script.exits++;
	return 128 + script.signal;
}

static int set_up(void **state)
{
	(void)state;
	memset(&script, 0, sizeof(script));
	messages_keep(&messages);
	messages.quiet = true;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	messages_free(&messages);
	return 0;
}

static int act(struct output *to, const struct options *options,
	       struct source *source)
{
	assert_ptr_equal(to, &out);
	assert_non_null(options);
	assert_non_null(source->path);
	script.acts++;
	return script.act_code;
}

/* Expect this exit code, and that the verb runs or not. */
static void expect_act(const struct options *options, const char *words,
		       int code, bool acts)
{
	script.acts = 0;
	assert_int_equal(act_on_file(&out, options, words, act), code);
	assert_int_equal(script.acts, acts);
}

/* The configuration counts only if the tool chooses the image. */
static void test_automatic(void **state)
{
	const struct options options = { .device = NULL };

	(void)state;
	expect_act(&options, "image.igvm", VMFW_EXIT_OK, true);
	assert_int_equal(script.configs, 0);
	assert_int_equal(script.opens, 1);
	assert_false(script.has_configured);
	expect_act(&options, "auto", VMFW_EXIT_OK, true);
	assert_int_equal(script.configs, 1);
	assert_int_equal(script.opens, 2);
	assert_true(script.has_configured);
	script.config_code = VMFW_EXIT_USAGE;
	expect_act(&options, "auto", VMFW_EXIT_USAGE, false);
	assert_int_equal(script.opens, 2);
	/* An error in the configuration does not prevent the use of a file. */
	expect_act(&options, "image.igvm", VMFW_EXIT_OK, true);
	assert_int_equal(script.opens, 3);
}

static void test_first_error(void **state)
{
	const struct options options = { .device = NULL };
	struct options two = { .uki = "-" };

	(void)state;
	script.act_code = VMFW_EXIT_VERIFY;
	expect_act(&options, "image.igvm", VMFW_EXIT_VERIFY, true);
	script.open_code = VMFW_EXIT_SOURCE;
	expect_act(&options, "image.igvm", VMFW_EXIT_SOURCE, false);
	expect_act(&options, "auto", VMFW_EXIT_SOURCE, false);
	/* Two files cannot both be standard input. */
	script.opens = 0;
	expect_act(&two, "-", VMFW_EXIT_USAGE, false);
	assert_int_equal(script.opens, 0);
	assert_string_equal(messages_first_error(&messages),
			    "-: cannot read more than one file from standard input");
}

/* Only a UKI names its firmware. */
static void test_fwid(void **state)
{
	const struct options options = { .fwid = "name" };

	(void)state;
	script.container = &uki_container;
	expect_act(&options, "uki.efi", VMFW_EXIT_OK, true);
	assert_int_equal(messages.nr, 0);
	script.container = &disk_container;
	expect_act(&options, "disk", VMFW_EXIT_USAGE, false);
	assert_string_equal(messages_first_error(&messages),
			    "disk: cannot choose the firmware by --fwid=NAME: this is not a UKI");
	script.container = NULL;
	expect_act(&options, "image.igvm", VMFW_EXIT_USAGE, false);
}

/* After a signal, the exit code is that of the signal, with one message. */
static void test_to_end(void **state)
{
	static const struct {
		int signal, code, result;
		unsigned int exits;
	} table[] = {
		{ 0, VMFW_EXIT_OK, VMFW_EXIT_OK, 0 },
		{ 0, VMFW_EXIT_IMAGE, VMFW_EXIT_IMAGE, 0 },
		{ 15, VMFW_EXIT_OK, 143, 1 },
		{ 15, VMFW_EXIT_IMAGE, 143, 1 },
		{ 15, VMFW_EXIT_REQUIRED, 143, 1 },
		{ 15, 143, 143, 0 },
		{ 1, 129, 129, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script.exits = 0;
		script.signal = table[i].signal;
		assert_int_equal(act_to_end(&out, table[i].code),
				 table[i].result);
		assert_int_equal(script.exits, table[i].exits);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(test_automatic),
		TEST(test_first_error),
		TEST(test_fwid),
		TEST(test_to_end),
	};

	return cmocka_run_group_tests_name("run_on", tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of the functions that open the file of a verb: a verb runs only on a
 * file that is open, and the exit code is that of the first error.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "../lib/tree.h"
#include "base/exit.h"
#include "capture.h"
#include "ctl/ctl.h"
#include "device.h"
#include "device/device.h"
#include "flow/config.h"
#include "interrupt.h"
#include "shared/macro.h"
#include "source/image.h"

/**
 * struct script - the results of the replaced functions, and their calls
 * @config_code: result of config_load()
 * @open_code: result of image_open()
 * @container: container of the image
 * @act_code: result of the verb
 * @configs: number of calls of config_load()
 * @opens: number of calls of image_open()
 * @has_configured: the last of them got the location in the configuration
 * @acts: number of calls of the verb
 */
static struct script {
	enum vmfw_exit config_code;
	enum vmfw_exit open_code;
	const struct container_kind *container;
	int act_code;
	unsigned int configs;
	unsigned int opens;
	bool has_configured;
	unsigned int acts;
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
	image->source.fd = open("/", O_RDONLY);
	image->source.path = name->words;
	image->source.kind = SOURCE_FLAT;
	image->source.size = 4096;
	image->source.container = script.container;
	script.opens++;
	script.has_configured = name->configured;
	if (name->configured)
		assert_int_equal(name->configured->kind, LOCATION_ESP);
	return script.open_code;
}

static int set_up(void **state)
{
	(void)state;
	memset(&script, 0, sizeof(script));
	interrupt_number = 0;
	out = (struct output) { .messages = &messages };
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

/*
 * Expect this exit code, and that the verb runs or not. In any case,
 * act_on_file() closes all files.
 */
static void expect_act(const struct options *options, const char *words,
		       int code, bool acts)
{
	unsigned int open = tree_count_descriptors();

	script.acts = 0;
	assert_int_equal(act_on_file(&out, options, words, act), code);
	assert_int_equal(script.acts, acts);
	assert_int_equal(tree_count_descriptors(), open);
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

/*
 * The value of --nonce names a file only behind "@". Behind the number of files, the
 * array has other values.
 */
static void only_one_file_is_standard_input(void **state)
{
	static const struct {
		size_t offset;
		const char *name;
		bool is_stdin;
	} table[] = {
#define FIELD(member)	offsetof(struct options, member)
		{ FIELD(compose.key), "-", true },
		{ FIELD(report.path), "-", true },
		{ FIELD(report.nonce), "@-", true },
		{ FIELD(report.nonce), "-", false },
		{ FIELD(report.nonce), "x-", false },
		{ FIELD(report.nonce), "@file", false },
		{ FIELD(vars), "-", true },
		{ FIELD(kernel.kernel), "-", true },
		{ FIELD(kernel.initrd), "-", true },
		{ FIELD(event_log), "-", true },
		{ FIELD(uki), "-", true },
		{ FIELD(recorded_uki), "-", true },
		{ FIELD(report.certificates[0]), "-", true },
		{ FIELD(report.certificates[1]), "-", true },
		{ FIELD(report.certificates[2]), "-", false },
		{ FIELD(compose.files[0].path), "-", true },
		{ FIELD(compose.files[1].path), "-", true },
		{ FIELD(compose.files[2].path), "-", false },
		{ FIELD(uki), "file", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct options options = {
			.report.nr_certificates = 2,
			.compose.nr_files = 2,
		};
		bool both = table[i].is_stdin;

		memcpy((char *)&options + table[i].offset, &table[i].name,
		       sizeof(table[i].name));
		assert_int_equal(check_stdin(&out, &options, "-"),
				 both ? VMFW_EXIT_USAGE : VMFW_EXIT_OK);
		assert_int_equal(messages.nr, both);
		messages_free(&messages);
		assert_int_equal(check_stdin(&out, &options, "file"),
				 VMFW_EXIT_OK);
		assert_int_equal(check_stdin(&out, &options, NULL),
				 VMFW_EXIT_OK);
		assert_int_equal(messages.nr, 0);
	}
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

static int act_with_device(struct output *to, struct device *device,
			   const struct options *options)
{
	assert_ptr_equal(to, &out);
	assert_string_equal(device->path, options->device);
	script.acts++;
	return script.act_code;
}

/* A verb runs only on a device that is open. */
static void test_device(void **state)
{
	static const struct {
		enum vmfw_exit device_code;
		int act_code, code;
		unsigned int acts;
	} table[] = {
		{ VMFW_EXIT_OK, VMFW_EXIT_OK, VMFW_EXIT_OK, 1 },
		{ VMFW_EXIT_OK, VMFW_EXIT_REFUSED, VMFW_EXIT_REFUSED, 1 },
		{ VMFW_EXIT_DEVICE, VMFW_EXIT_OK, VMFW_EXIT_DEVICE, 0 },
	};
	const struct options options = { .device = "/dev/other" };
	unsigned int open = tree_count_descriptors();
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script = (struct script) { .act_code = table[i].act_code };
		device_code = table[i].device_code;
		assert_int_equal(act_on_device(&out, &options, act_with_device),
				 table[i].code);
		assert_int_equal(script.acts, table[i].acts);
		assert_int_equal(tree_count_descriptors(), open);
	}
}

static void begin_json(void)
{
	capture_begin(stdout);
	output_begin(&out, "test", true, &messages);
}

/* Expect this part of the JSON output since begin_json(). */
static void end_json(int code, const char *part)
{
	output_finish(&out, code);
	assert_non_null(strstr(capture_end(), part));
}

static void json_describes_the_file_and_the_device(void **state)
{
	const struct options options = { .device = "/dev/other" };

	(void)state;
	begin_json();
	end_json(act_on_file(&out, &options, "rom.fd", act),
		 "  \"file\": \"rom.fd\",\n"
		 "  \"format\": \"flat\",\n"
		 "  \"size\": 4096,\n"
		 "  \"messages\": []");
	script.container = &disk_container;
	begin_json();
	end_json(act_on_file(&out, &options, "disk", act),
		 "  \"container\": {\n"
		 "    \"kind\": \"disk\",\n");
	device_code = VMFW_EXIT_OK;
	begin_json();
	end_json(act_on_device(&out, &options, act_with_device),
		 "  \"state\": \"idle\",\n");
}

/* After a signal, the exit code is that of the signal, with one message. */
static void test_to_end(void **state)
{
	static const struct {
		int signal, code, result;
		size_t errors;
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
		messages_free(&messages);
		interrupt_number = table[i].signal;
		assert_int_equal(act_to_end(&out, table[i].code),
				 table[i].result);
		assert_int_equal(messages.nr, table[i].errors);
		if (messages.nr)
			assert_string_equal(messages_first_error(&messages),
					    "interrupted: the file was not read to its end");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(test_automatic),
		TEST(test_first_error),
		TEST(only_one_file_is_standard_input),
		TEST(test_fwid),
		TEST(test_device),
		TEST(json_describes_the_file_and_the_device),
		TEST(test_to_end),
	};

	return cmocka_run_group_tests_name("run_on", tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of inspect on an image whose memory it cannot read, and when memory is
 * short.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/exit.h"
#include "shared/macro.h"
#include "source/check.h"
#include "verb.h"

/* The file for the firmware, which inspect must not make. */
#define OUTPUT	"test_inspect.rom"

static const char unreadable[] =
	"image.igvm: cannot read this image: Input/output error";

/**
 * struct script - the results of the replaced functions
 * @check_code: result of findings_check()
 * @unreadable: the image has no header that inspect can read
 * @map_err: result of vmfw_igvm_map()
 * @maps: number of its calls
 * @mask: the platform in the last of them
 * @rom_err: result of vmfw_igvm_rom_range()
 * @read_err: result of vmfw_igvm_read()
 * @no_memory: bytes of the allocation that fails, or 0
 */
static struct script {
	enum vmfw_exit check_code;
	bool unreadable;
	int map_err;
	unsigned int maps;
	uint32_t mask;
	int rom_err;
	int read_err;
	size_t no_memory;
} script;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	return script.no_memory && size == script.no_memory ?
	       NULL : __real_malloc(size);
}

enum vmfw_exit __wrap_findings_check(struct source *source,
				     struct messages *messages,
				     struct vmfw_igvm *igvm);
enum vmfw_exit __wrap_findings_check(struct source *source,
				     struct messages *messages,
				     struct vmfw_igvm *igvm)
{
	(void)source;
	(void)messages;
	memset(igvm, 0, sizeof(*igvm));
	igvm->version = script.unreadable ? 0 : 1;
	igvm->nr_platforms = 2;
	igvm->platforms[0] = (struct vmfw_igvm_platform) {
		.type = VMFW_IGVM_NATIVE,
		.mask = 1,
	};
	igvm->platforms[1] = (struct vmfw_igvm_platform) {
		.type = VMFW_IGVM_SEV_SNP,
		.mask = 2,
	};
	return script.check_code;
}

int __wrap_vmfw_igvm_map(const struct vmfw_igvm *igvm, uint32_t mask,
			 struct vmfw_igvm_piece **pieces, size_t *nr);
int __wrap_vmfw_igvm_map(const struct vmfw_igvm *igvm, uint32_t mask,
			 struct vmfw_igvm_piece **pieces, size_t *nr)
{
	(void)igvm;
	script.maps++;
	script.mask = mask;
	*pieces = script.map_err ? NULL : malloc(1);
	*nr = 0;
	return script.map_err;
}

int __wrap_vmfw_igvm_rom_range(const struct vmfw_igvm *igvm, uint32_t mask,
			       struct vmfw_igvm_range *range);
int __wrap_vmfw_igvm_rom_range(const struct vmfw_igvm *igvm, uint32_t mask,
			       struct vmfw_igvm_range *range)
{
	(void)igvm;
	(void)mask;
	range->start = 0xfffff000;
	range->end = 0x100000000;
	return script.rom_err;
}

int __wrap_vmfw_igvm_read(const struct vmfw_igvm *igvm, uint32_t mask,
			  uint64_t gpa, void *buf, size_t len);
int __wrap_vmfw_igvm_read(const struct vmfw_igvm *igvm, uint32_t mask,
			  uint64_t gpa, void *buf, size_t len)
{
	(void)igvm;
	(void)mask;
	(void)gpa;
	memset(buf, 0, len);
	return script.read_err;
}

/* Expect this exit code, and exactly this error. */
static void expect_error(enum option_id given, int code, const char *error)
{
	struct options options = { .platform = VMFW_IGVM_SEV_SNP };
	struct messages messages;

	options.given[given] = true;
	options.given[OPTION_FOR] = given == OPTION_PAGE || given == OPTION_ROM;
	if (given == OPTION_ROM)
		options.output = OUTPUT;
	script.maps = 0;
	assert_int_equal(verb_run(&verb_inspect, &options, &messages), code);
	assert_string_equal(messages_first_error(&messages), error);
	messages_free(&messages);
}

/* After an error, inspect does not go on with the next platform. */
static void test_map(void **state)
{
	(void)state;
	script = (struct script) { .map_err = -EIO };
	expect_error(OPTION_MAP, VMFW_EXIT_SYSTEM, unreadable);
	assert_int_equal(script.maps, 1);
	expect_error(OPTION_NONE, VMFW_EXIT_SYSTEM, unreadable);
	assert_int_equal(script.maps, 1);
}

/* In an unsound image, the memory of a platform has no meaning. */
static void a_map_has_each_platform_or_only_the_chosen_one(void **state)
{
	static const struct {
		enum vmfw_exit check_code;
		bool map, chosen;
		unsigned int maps;
		uint32_t mask;
	} table[] = {
		{ VMFW_EXIT_OK, false, false, 2, 2 },
		{ VMFW_EXIT_OK, true, false, 2, 2 },
		{ VMFW_EXIT_OK, true, true, 1, 2 },
		{ VMFW_EXIT_IMAGE, false, false, 0, 0 },
		{ VMFW_EXIT_IMAGE, true, false, 0, 0 },
	};
	struct options options = { .platform = VMFW_IGVM_SEV_SNP };
	struct messages messages;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script = (struct script) { .check_code = table[i].check_code };
		options.given[OPTION_MAP] = table[i].map;
		options.given[OPTION_FOR] = table[i].chosen;
		assert_int_equal(verb_run(&verb_inspect, &options, &messages),
				 table[i].check_code);
		assert_int_equal(messages.nr, 0);
		assert_int_equal(script.maps, table[i].maps);
		assert_int_equal(script.mask, table[i].mask);
		messages_free(&messages);
	}
}

static void the_memory_of_a_platform_that_the_image_supports(void **state)
{
	static const char several[] =
		"image.igvm: this image is for several platforms; name one by --for=PLATFORM";
	static const char unsupported[] =
		"image.igvm: cannot use --for=tdx: the image does not support this platform; \"inspect\" without --for lists its platforms";
	static const struct {
		enum option_id given;
		bool named;
		int code;
		const char *error;
	} table[] = {
		{ OPTION_PAGE, false, VMFW_EXIT_USAGE, several },
		{ OPTION_ROM, false, VMFW_EXIT_USAGE, several },
		{ OPTION_PAGE, true, VMFW_EXIT_IMAGE, unsupported },
		{ OPTION_ROM, true, VMFW_EXIT_IMAGE, unsupported },
		{ OPTION_MAP, true, VMFW_EXIT_IMAGE, unsupported },
	};
	struct messages messages;
	size_t i;

	(void)state;
	script = (struct script) { .read_err = 0 };
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct options options = { .platform = VMFW_IGVM_TDX };

		options.given[table[i].given] = true;
		options.given[OPTION_FOR] = table[i].named;
		if (table[i].given == OPTION_ROM)
			options.output = OUTPUT;
		assert_int_equal(verb_run(&verb_inspect, &options, &messages),
				 table[i].code);
		assert_string_equal(messages_first_error(&messages),
				    table[i].error);
		messages_free(&messages);
	}
	assert_int_equal(access(OUTPUT, F_OK), -1);
}

/* Of an unsound image, inspect prints what it could read. */
static void inspect_prints_only_what_it_could_read(void **state)
{
	static const struct {
		enum vmfw_exit code;
		bool unreadable, prints;
	} table[] = {
		{ VMFW_EXIT_OK, false, true },
		{ VMFW_EXIT_IMAGE, false, true },
		{ VMFW_EXIT_IMAGE, true, false },
		{ VMFW_EXIT_SYSTEM, false, false },
	};
	const struct options options = { .device = NULL };
	const char *text;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script = (struct script) {
			.check_code = table[i].code,
			.unreadable = table[i].unreadable,
		};
		assert_int_equal(verb_capture(&verb_inspect, &options, false,
					      &text), table[i].code);
		assert_int_equal(!!strstr(text, "headers: "), table[i].prints);
		assert_int_equal(verb_capture(&verb_inspect, &options, true,
					      &text), table[i].code);
		assert_int_equal(!!strstr(text, "\"headers\": []"),
				 table[i].prints);
	}
}

static void test_page(void **state)
{
	(void)state;
	script = (struct script) { .read_err = -EIO };
	expect_error(OPTION_PAGE, VMFW_EXIT_SYSTEM, unreadable);
	script.read_err = -EFAULT;
	expect_error(OPTION_PAGE, VMFW_EXIT_IMAGE,
		     "image.igvm: cannot dump the page at 0x0: the image loads nothing there for snp");
}

static void a_page_in_json(void **state)
{
	struct options options = {
		.platform = VMFW_IGVM_SEV_SNP,
		.page = 0x1fff,
	};
	const char *text;

	(void)state;
	options.given[OPTION_PAGE] = true;
	options.given[OPTION_FOR] = true;
	script = (struct script) { .read_err = 0 };
	assert_int_equal(verb_capture(&verb_inspect, &options, true, &text),
			 VMFW_EXIT_OK);
	assert_non_null(strstr(text, "\"gpa\": \"0x1000\",\n  \"bytes\": \"0000"));
}

static void test_rom(void **state)
{
	(void)state;
	script = (struct script) { .rom_err = -EIO };
	expect_error(OPTION_ROM, VMFW_EXIT_SYSTEM, unreadable);
	script.rom_err = -ENOENT;
	expect_error(OPTION_ROM, VMFW_EXIT_IMAGE,
		     "image.igvm: cannot extract the firmware: no pages end at 4 GiB, where a PC has its firmware");
	script = (struct script) { .read_err = -EIO };
	expect_error(OPTION_ROM, VMFW_EXIT_SYSTEM, unreadable);
	assert_int_equal(access(OUTPUT, F_OK), -1);
}

/* Without memory for the bytes of a page or of the firmware, inspect fails. */
static void test_no_memory(void **state)
{
	struct options options = { .platform = VMFW_IGVM_SEV_SNP };
	const char *text;
	int code;

	(void)state;
	options.given[OPTION_PAGE] = true;
	options.given[OPTION_FOR] = true;
	script = (struct script) {
		.no_memory = 2 * VMFW_IGVM_PAGE_SIZE + 1,
	};
	code = verb_capture(&verb_inspect, &options, true, &text);
	script.no_memory = 0;
	assert_int_equal(code, VMFW_EXIT_SYSTEM);
	assert_null(strstr(text, "\"bytes\""));
	assert_non_null(strstr(text, "\"text\": \"cannot print the JSON member bytes: Cannot allocate memory\""));
	script = (struct script) { .no_memory = 4096 };
	expect_error(OPTION_ROM, VMFW_EXIT_SYSTEM,
		     "image.igvm: cannot read this image: Cannot allocate memory");
	assert_int_equal(access(OUTPUT, F_OK), -1);
	script.no_memory = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_map),
		cmocka_unit_test(a_map_has_each_platform_or_only_the_chosen_one),
		cmocka_unit_test(the_memory_of_a_platform_that_the_image_supports),
		cmocka_unit_test(inspect_prints_only_what_it_could_read),
		cmocka_unit_test(test_page),
		cmocka_unit_test(a_page_in_json),
		cmocka_unit_test(test_rom),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests_name("inspect", tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of the verb compose: the request that the library gets, and the VMM whose
 * digest counts.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "ctl/measure.h"
#include "ctl/print.h"
#include "flow/config.h"
#include "shared/macro.h"
#include "verb.h"
#include "written.h"

#define ROOT		"root"
#define IMAGE_SIZE	77

/**
 * struct script - the results of the replaced functions, and their arguments
 * @config_code: result of config_load()
 * @vmm: VMM in the configuration
 * @configs: number of calls of config_load()
 * @root: its root
 * @compose_code: result of composition_make()
 * @base: path of its base
 * @request: its request
 * @compositions: number of its calls
 * @open: number of compositions that are not free yet
 * @prints: number of calls of print_composition()
 */
static struct script {
	enum vmfw_exit config_code;
	struct vmm_choice vmm;
	unsigned int configs;
	const char *root;
	enum vmfw_exit compose_code;
	const char *base;
	struct compose_request request;
	unsigned int compositions;
	int open;
	unsigned int prints;
} script;

enum vmfw_exit __wrap_config_load(struct config *config,
				  struct messages *messages, const char *root);
enum vmfw_exit __wrap_config_load(struct config *config,
				  struct messages *messages, const char *root)
{
	(void)messages;
	config_default(config);
	config->vmm = script.vmm;
	script.configs++;
	script.root = root;
	return script.config_code;
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
	memset(composition, 0, sizeof(*composition));
	script.base = base->path;
	script.compositions++;
	script.open++;
	script.request = *request;
	return script.compose_code;
}

void __wrap_composition_free(struct composition *composition);
void __wrap_composition_free(struct composition *composition)
{
	(void)composition;
	script.open--;
}

static int read_image(void *arg, uint64_t offset, void *buf, size_t len)
{
	(void)offset;
	memset(buf, 0, len);
	return arg == read_image ? 0 : -EIO;
}

const struct vmfw_igvm_input *
__wrap_vmfw_igvm_draft_input(const struct vmfw_igvm_draft *draft);
const struct vmfw_igvm_input *
__wrap_vmfw_igvm_draft_input(const struct vmfw_igvm_draft *draft)
{
	static const struct vmfw_igvm_input input = {
		.size = IMAGE_SIZE,
		.read = read_image,
		.arg = read_image,
	};

	(void)draft;
	return &input;
}

void __wrap_print_composition(struct output *out,
			      const struct composition *composition);
void __wrap_print_composition(struct output *out,
			      const struct composition *composition)
{
	(void)out;
	(void)composition;
	script.prints++;
}

static int set_up(void **state)
{
	(void)state;
	memset(&script, 0, sizeof(script));
	memset(&written, 0, sizeof(written));
	return 0;
}

/* Return the options of a command line with --kernel and --root. */
static struct options kernel_options(void)
{
	struct options options = {
		.output = "image.igvm",
		.root = ROOT,
		.vmm = VMFW_IGVM_VMM_NATIVE_ZERO,
		.cpu_signature = 0xa00f11,
	};

	options.given[OPTION_PART_KERNEL] = true;
	return options;
}

/* Return the options of a command line with an ID block, too. */
static struct options block_options(void)
{
	struct options options = kernel_options();

	options.given[OPTION_ID_BLOCK] = true;
	options.given[OPTION_SIGN] = true;
	options.compose.key = "key";
	return options;
}

/* Expect this exit code, and these messages. In any case, nothing stays open. */
static void expect_text(const struct options *options, int code,
			const char *text)
{
	verb_expect_text(&verb_compose, options, code, text);
	assert_int_equal(script.open, 0);
}

static void the_request_has_the_options(void **state)
{
	struct options options = kernel_options();

	(void)state;
	options.vcpus = 1;
	expect_text(&options, VMFW_EXIT_OK, "");
	assert_non_null(script.base);
	assert_false(script.request.from_running);
	assert_string_equal(script.request.root, ROOT);
	assert_null(script.request.key);
	assert_int_equal(script.request.vmm, VMFW_IGVM_VMM_NATIVE_ZERO);
	assert_int_equal(script.request.vcpus, 1);
	assert_int_equal(script.request.cpu_signature, 0xa00f11);
	/* Without an ID block, the configuration does not matter. */
	assert_int_equal(script.configs, 0);
	options.given[OPTION_PART_KERNEL] = false;
	options.given[OPTION_FROM_RUNNING] = true;
	expect_text(&options, VMFW_EXIT_OK, "");
	assert_true(script.request.from_running);
}

/* Standard output has the image and nothing else. */
static void compose_prints_the_parts_beside_a_file(void **state)
{
	struct options options = kernel_options();

	(void)state;
	expect_text(&options, VMFW_EXIT_OK, "");
	assert_int_equal(script.prints, 1);
	assert_int_equal(written.size, IMAGE_SIZE);
	options.output = "-";
	expect_text(&options, VMFW_EXIT_OK, "");
	assert_int_equal(script.prints, 1);
	assert_int_equal(written.nr, 2);
}

static void compose_ends_with_the_first_error(void **state)
{
	struct options options = kernel_options();

	(void)state;
	written.code = VMFW_EXIT_SYSTEM;
	expect_text(&options, VMFW_EXIT_SYSTEM, "");
	written.nr = 0;
	script.compose_code = VMFW_EXIT_IMAGE;
	expect_text(&options, VMFW_EXIT_IMAGE, "");
	assert_int_equal(written.nr, 0);
	script.compositions = 0;
	options.output = NULL;
	expect_text(&options, VMFW_EXIT_USAGE,
		    "error: compose needs --output=FILE\n");
	options = kernel_options();
	options.given[OPTION_PART_KERNEL] = false;
	expect_text(&options, VMFW_EXIT_USAGE,
		    "error: cannot compose an image: there is nothing to add; give --kernel or another part\n");
	assert_int_equal(script.compositions, 0);
}

static void an_id_block_needs_its_options_and_they_need_it(void **state)
{
	static const char alone[] =
		"error: --sign, --vmm, --vcpus, --cpu-signature and --vcpu-type need --id-block\n";
	static const enum option_id given[] = {
		OPTION_SIGN, OPTION_VMM, OPTION_VCPUS, OPTION_CPU_SIGNATURE,
		OPTION_VCPU_TYPE
	};
	struct options options = block_options();
	size_t i;

	(void)state;
	options.compose.key = NULL;
	expect_text(&options, VMFW_EXIT_USAGE,
		    "error: --id-block needs --sign=KEY\n");
	for (i = 0; i < ARRAY_SIZE(given); i++) {
		options = kernel_options();
		options.given[given[i]] = true;
		expect_text(&options, VMFW_EXIT_USAGE, alone);
	}
	options = block_options();
	options.vcpus = 2;
	expect_text(&options, VMFW_EXIT_USAGE,
		    "error: --vcpus needs --cpu-signature or --vcpu-type: the measured registers of further processors contain the CPU's signature\n");
	assert_int_equal(script.configs, 0);
	assert_int_equal(script.compositions, 0);
}

static void the_user_or_the_configuration_names_the_vmm(void **state)
{
	static const struct {
		bool named, known;
		enum vmfw_igvm_vmm configured, used;
		unsigned int configs;
	} table[] = {
		{ true, true, VMFW_IGVM_VMM_GENERIC, VMFW_IGVM_VMM_NATIVE_ZERO,
		  0 },
		{ false, true, VMFW_IGVM_VMM_GENERIC, VMFW_IGVM_VMM_GENERIC,
		  1 },
		{ false, false, VMFW_IGVM_VMM_GENERIC, VMFW_IGVM_VMM_NATIVE_ZERO,
		  1 },
	};
	struct options options = block_options();
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		options.given[OPTION_VMM] = table[i].named;
		script = (struct script) {
			.vmm = { .known = table[i].known,
				 .vmm = table[i].configured },
		};
		expect_text(&options, VMFW_EXIT_OK, "");
		assert_int_equal(script.request.vmm, table[i].used);
		assert_string_equal(script.request.key, "key");
		assert_int_equal(script.configs, table[i].configs);
		if (script.configs)
			assert_string_equal(script.root, ROOT);
	}
}

/* The VMM of the configuration must fit the options, too. */
static void the_vmm_of_the_configuration_and_the_options(void **state)
{
	struct options options = block_options();

	(void)state;
	options.given[OPTION_VCPUS] = true;
	options.given[OPTION_CPU_SIGNATURE] = true;
	options.vcpus = 2;
	script.vmm = (struct vmm_choice) {
		.known = true,
		.vmm = VMFW_IGVM_VMM_GENERIC,
	};
	expect_text(&options, VMFW_EXIT_USAGE,
		    "error: --vcpus is not for --vmm=generic: such a VMM measures only the contents of the file\n");
	script.vmm.vmm = VMFW_IGVM_VMM_QEMU;
	script.config_code = VMFW_EXIT_USAGE;
	expect_text(&options, VMFW_EXIT_USAGE, "");
	assert_int_equal(script.compositions, 0);
	script.config_code = VMFW_EXIT_OK;
	expect_text(&options, VMFW_EXIT_OK, "");
}

static void each_option_of_a_composition(void **state)
{
	static const enum option_id given[] = { OPTIONS_COMPOSE };
	struct options options = { .output = "image.igvm" };
	size_t i;

	(void)state;
	options.given[OPTION_OUTPUT] = true;
	assert_false(request_given(&options));
	for (i = 0; i < ARRAY_SIZE(given); i++) {
		options.given[given[i]] = true;
		assert_true(request_given(&options));
		options.given[given[i]] = false;
	}
}

/* Only an ID block depends on the VMM. */
static void an_id_block_needs_a_vmm_that_the_user_has_not_named(void **state)
{
	struct options options = { .output = "image.igvm" };

	(void)state;
	options.given[OPTION_SIGN] = true;
	assert_false(request_needs_vmm(&options));
	options.given[OPTION_SIGN] = false;
	options.given[OPTION_ID_BLOCK] = true;
	assert_true(request_needs_vmm(&options));
	options.given[OPTION_VMM] = true;
	assert_false(request_needs_vmm(&options));
}

/* The help lists the exit codes. */
static void exit_codes(void **state)
{
	(void)state;
	assert_int_equal(verb_compose.nr_operands, 1);
	assert_int_equal(verb_compose.codes,
			 CODES_COMMON | CODE(IMAGE) | CODE(SOURCE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)	cmocka_unit_test_setup(name, set_up)
		TEST(the_request_has_the_options),
		TEST(compose_prints_the_parts_beside_a_file),
		TEST(compose_ends_with_the_first_error),
		TEST(an_id_block_needs_its_options_and_they_need_it),
		TEST(the_user_or_the_configuration_names_the_vmm),
		TEST(the_vmm_of_the_configuration_and_the_options),
		TEST(each_option_of_a_composition),
		TEST(an_id_block_needs_a_vmm_that_the_user_has_not_named),
		TEST(exit_codes),
	};

	return cmocka_run_group_tests_name("compose", tests, NULL, NULL);
}

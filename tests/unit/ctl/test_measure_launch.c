// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of the options of measure about the launch of a flat firmware.
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
#include "shared/macro.h"
#include "verb.h"

#define NAME	"rom.fd"
#define AP_RESET	0x80b004

#define VBS	VMFW_IGVM_VSM_ISOLATION
#define SNP	VMFW_IGVM_SEV_SNP
#define SEV_ES	VMFW_IGVM_SEV_ES
#define SEV	VMFW_IGVM_SEV
#define TDX	VMFW_IGVM_TDX

#define KVM	VMFW_IGVM_LAUNCHER_KVM
#define EC2	VMFW_IGVM_LAUNCHER_EC2
#define GCE	VMFW_IGVM_LAUNCHER_GCE

/* A hash in hexadecimal, of a byte that repeats. */
#define HASH(pair)	pair pair pair pair pair pair pair pair \
			pair pair pair pair pair pair pair pair \
			pair pair pair pair pair pair pair pair \
			pair pair pair pair pair pair pair pair

/**
 * struct script - the results of the replaced functions
 * @area_err: result of vmfw_igvm_rom_hashes()
 * @read_code: result of kernel_hashes_read()
 * @reads: number of its calls
 * @platform: platform of the launch
 * @launch: the last launch
 */
static struct script {
	int area_err;
	enum vmfw_exit read_code;
	unsigned int reads;
	unsigned int platform;
	struct measure_launch launch;
} script;

int __wrap_vmfw_igvm_rom_hashes(const struct vmfw_igvm_rom *rom,
				struct vmfw_igvm_range *area,
				struct vmfw_igvm_rom_fault *where);
int __wrap_vmfw_igvm_rom_hashes(const struct vmfw_igvm_rom *rom,
				struct vmfw_igvm_range *area,
				struct vmfw_igvm_rom_fault *where)
{
	(void)rom;
	(void)area;
	*where = (struct vmfw_igvm_rom_fault) {
		.text = "the rule",
		.offset = 0x1fd0,
		.value = 0x1234,
	};
	return script.area_err;
}

enum vmfw_exit __wrap_kernel_hashes_read(struct vmfw_igvm_kernel_hashes *hashes,
					 struct messages *messages,
					 const struct kernel_files *files);
enum vmfw_exit __wrap_kernel_hashes_read(struct vmfw_igvm_kernel_hashes *hashes,
					 struct messages *messages,
					 const struct kernel_files *files)
{
	(void)messages;
	(void)files;
	script.reads++;
	memset(hashes->kernel, 0x11, sizeof(hashes->kernel));
	memset(hashes->initrd, 0x22, sizeof(hashes->initrd));
	memset(hashes->command_line, 0x33, sizeof(hashes->command_line));
	return script.read_code;
}

static int run_check(struct output *out, const struct options *options,
		     char **operands)
{
	(void)operands;
	return measure_check_launch(out, options);
}

static int run_refuse(struct output *out, const struct options *options,
		      char **operands)
{
	(void)operands;
	return measure_refuse_launch(out, options, NAME);
}

static int run_make(struct output *out, const struct options *options,
		    char **operands)
{
	struct measure_launch *launch = &script.launch;
	int code;

	(void)operands;
	launch->rom = (struct vmfw_igvm_rom) {
		.platform = script.platform,
		.ap_reset = AP_RESET,
	};
	code = measure_make_launch(out, options, NAME, launch);
	if (!code)
		measure_print_launch(out, launch);
	output_bool(out, "done", NULL, true);
	return code;
}

static const struct verb check_verb = { .run = run_check };
static const struct verb refuse_verb = { .run = run_refuse };
static const struct verb make_verb = { .run = run_make };

static int set_up(void **state)
{
	(void)state;
	memset(&script, 0, sizeof(script));
	return 0;
}

static void options_that_count_only_on_some_platforms(void **state)
{
	static const char features[] =
		"error: --guest-features is only for the platforms snp and sev-es: elsewhere no measured registers contain these features\n";
	static const char kernel[] =
		"error: --kernel is only for the platforms snp, sev-es and sev: on tdx, firmware measures the kernel into RTMR 1 and 2; see --event-log\n";
	static const char hash[] =
		"error: --snp-ovmf-hash is only for the platform snp: elsewhere no measurement can begin with a known digest of the firmware\n";
	static const char two_pass[] =
		"error: --two-pass-add-pages is only for the platform tdx: elsewhere no host adds and measures pages in separate steps\n";
	static const char no_kernel[] =
		"error: --initrd and --append need --kernel\n";
	static const char useless[] =
		"warning: --cpu-signature and --vcpu-type change nothing: with --vmm=ec2 the measured registers do not contain the CPU's signature\n";
	static const struct {
		enum option_id given;
		unsigned int platform;
		enum vmfw_igvm_launcher launcher;
		bool kernel;
		int code;
		const char *text;
	} table[] = {
		{ OPTION_GUEST_FEATURES, SNP, KVM, false, VMFW_EXIT_OK, "" },
		{ OPTION_GUEST_FEATURES, SEV, KVM, false, VMFW_EXIT_USAGE,
		  features },
		{ OPTION_GUEST_FEATURES, TDX, KVM, false, VMFW_EXIT_USAGE,
		  features },
		{ OPTION_KERNEL, SNP, KVM, true, VMFW_EXIT_OK, "" },
		{ OPTION_KERNEL, SEV_ES, KVM, true, VMFW_EXIT_OK, "" },
		{ OPTION_KERNEL, SEV, KVM, true, VMFW_EXIT_OK, "" },
		{ OPTION_KERNEL, TDX, KVM, true, VMFW_EXIT_USAGE, kernel },
		{ OPTION_APPEND, TDX, KVM, false, VMFW_EXIT_USAGE, kernel },
		{ OPTION_APPEND, SEV, KVM, false, VMFW_EXIT_USAGE, no_kernel },
		{ OPTION_INITRD, SEV, KVM, false, VMFW_EXIT_USAGE, no_kernel },
		{ OPTION_INITRD, SEV, KVM, true, VMFW_EXIT_OK, "" },
		{ OPTION_OVMF_HASH, SNP, KVM, false, VMFW_EXIT_OK, "" },
		{ OPTION_OVMF_HASH, SEV_ES, KVM, false, VMFW_EXIT_USAGE, hash },
		{ OPTION_OVMF_HASH, VBS, KVM, false, VMFW_EXIT_USAGE, hash },
		{ OPTION_TWO_PASS, TDX, KVM, false, VMFW_EXIT_OK, "" },
		{ OPTION_TWO_PASS, SNP, KVM, false, VMFW_EXIT_USAGE, two_pass },
		{ OPTION_TWO_PASS, SEV, KVM, false, VMFW_EXIT_USAGE, two_pass },
		{ OPTION_VMM_FLAT, SNP, EC2, false, VMFW_EXIT_OK, "" },
		{ OPTION_VMM_FLAT, SEV_ES, EC2, false, VMFW_EXIT_USAGE,
		  "error: --vmm=ec2 is only for the platform snp\n" },
		{ OPTION_VMM_FLAT, TDX, GCE, false, VMFW_EXIT_USAGE,
		  "error: --vmm=gce is only for the platform snp\n" },
		{ OPTION_VMM_FLAT, VBS, GCE, false, VMFW_EXIT_USAGE,
		  "error: --vmm=gce is only for the platform snp\n" },
		{ OPTION_CPU_SIGNATURE, SNP, KVM, false, VMFW_EXIT_OK, "" },
		{ OPTION_CPU_SIGNATURE, SNP, EC2, false, VMFW_EXIT_OK,
		  useless },
		{ OPTION_VCPU_TYPE, SNP, EC2, false, VMFW_EXIT_OK, useless },
		/* One message is enough. */
		{ OPTION_CPU_SIGNATURE, SEV, GCE, false, VMFW_EXIT_USAGE,
		  "error: --vmm=gce is only for the platform snp\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct options options = {
			.platform = table[i].platform,
			.launcher = table[i].launcher,
			.kernel.kernel = table[i].kernel ? "kernel" : NULL,
			/* Without names, SEV-SNP needs its bit. */
			.features.bits = 1,
		};

		options.given[table[i].given] = true;
		verb_expect_text(&check_verb, &options, table[i].code,
				 table[i].text);
	}
}

static void the_feature_that_depends_on_the_platform(void **state)
{
	static const struct {
		unsigned int platform;
		bool given, named;
		uint64_t bits;
		const char *text;
	} table[] = {
		{ SNP, true, false, 0x21, "" },
		{ SNP, true, true, 0x20, "" },
		{ SNP, true, true, 0x21, "" },
		{ SNP, true, false, 0x20,
		  "error: --guest-features=0x20: bit 0, snp-active, is always set on snp\n" },
		{ SNP, false, false, 0x20, "" },
		{ SEV_ES, true, false, 0x20, "" },
		{ SEV_ES, true, true, 0x20, "" },
		{ SEV_ES, true, false, 0x21,
		  "error: --guest-features=0x21: bit 0, snp-active, is never set on sev-es\n" },
		{ SEV_ES, true, true, 0x1,
		  "error: --guest-features=0x1: bit 0, snp-active, is never set on sev-es\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct options options = {
			.platform = table[i].platform,
			.features = {
				.bits = table[i].bits,
				.named = table[i].named,
			},
		};

		options.given[OPTION_GUEST_FEATURES] = table[i].given;
		verb_expect_text(&check_verb, &options,
				 *table[i].text ? VMFW_EXIT_USAGE : VMFW_EXIT_OK,
				 table[i].text);
	}
}

static void options_that_are_only_for_flat_firmware(void **state)
{
	static const char refused[] =
		"error: rom.fd: this is an IGVM image; --kernel, --guest-features, --snp-ovmf-hash, --two-pass-add-pages, --vmm=ec2 and --vmm=gce are only for flat firmware\n";
	static const enum option_id given[] = { OPTIONS_LAUNCH };
	struct options options = { .launcher = KVM };
	size_t i;

	(void)state;
	options.given[OPTION_VMM_FLAT] = true;
	verb_expect_text(&refuse_verb, &options, VMFW_EXIT_OK, "");
	options.launcher = EC2;
	verb_expect_text(&refuse_verb, &options, VMFW_EXIT_USAGE, refused);
	options.launcher = KVM;
	for (i = 0; i < ARRAY_SIZE(given); i++) {
		options.given[given[i]] = true;
		verb_expect_text(&refuse_verb, &options, VMFW_EXIT_USAGE,
				 refused);
		options.given[given[i]] = false;
	}
}

static void the_launch_has_the_options(void **state)
{
	struct options options = { .launcher = GCE, .features.bits = 0x20 };

	(void)state;
	script.platform = SNP;
	verb_expect_json(&make_verb, &options, VMFW_EXIT_OK,
			 "  \"schema\": 1,\n"
			 "  \"first_processor_starts_at\": \"0xfffffff0\",\n"
			 "  \"other_processors_start_at\": \"0x80b004\",\n"
			 "  \"sev_features\": \"0x21\",\n"
			 "  \"done\": true,\n");
	assert_int_equal(script.launch.how.launcher, GCE);
	assert_null(script.launch.how.kernel_hashes);
	assert_null(script.launch.how.firmware_digest);
	options.given[OPTION_OVMF_HASH] = true;
	verb_expect_text(&make_verb, &options, VMFW_EXIT_OK, "");
	assert_non_null(script.launch.how.firmware_digest);
	script.platform = SEV_ES;
	verb_expect_json(&make_verb, &options, VMFW_EXIT_OK,
			 "  \"sev_features\": \"0x20\",\n");
	script.platform = TDX;
	verb_expect_json(&make_verb, &options, VMFW_EXIT_OK,
			 "  \"schema\": 1,\n"
			 "  \"two_pass_add_pages\": false,\n"
			 "  \"done\": true,\n");
	options.given[OPTION_TWO_PASS] = true;
	verb_expect_json(&make_verb, &options, VMFW_EXIT_OK,
			 "  \"two_pass_add_pages\": true,\n");
	assert_int_equal(script.reads, 0);
}

static void the_launch_has_the_hashes_of_a_kernel(void **state)
{
	static const enum option_id given[] = { OPTIONS_KERNEL };
	size_t i;

	(void)state;
	script.platform = SEV;
	for (i = 0; i < ARRAY_SIZE(given); i++) {
		struct options options = { .launcher = KVM };

		options.given[given[i]] = true;
		verb_expect_json(&make_verb, &options, VMFW_EXIT_OK,
				 "  \"schema\": 1,\n"
				 "  \"kernel_hashes\": {\n"
				 "    \"kernel\": \"" HASH("11") "\",\n"
				 "    \"initrd\": \"" HASH("22") "\",\n"
				 "    \"command_line\": \"" HASH("33") "\"\n"
				 "  },\n"
				 "  \"done\": true,\n");
	}
}

static void firmware_that_takes_no_hashes(void **state)
{
	struct options options = { .launcher = KVM };

	(void)state;
	options.given[OPTION_KERNEL] = true;
	script.area_err = -EINVAL;
	verb_expect_text(&make_verb, &options, VMFW_EXIT_IMAGE,
			 "error: rom.fd: cannot measure a kernel with this firmware: the rule (0x1234 at offset 0x1fd0)\n");
	script.area_err = -ENOENT;
	verb_expect_text(&make_verb, &options, VMFW_EXIT_IMAGE,
			 "error: rom.fd: cannot measure a kernel with this firmware: it names no place for the hashes of a kernel\n");
	assert_int_equal(script.reads, 0);
	script.area_err = 0;
	script.read_code = VMFW_EXIT_SYSTEM;
	verb_expect_text(&make_verb, &options, VMFW_EXIT_SYSTEM, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)	cmocka_unit_test_setup(name, set_up)
		TEST(options_that_count_only_on_some_platforms),
		TEST(the_feature_that_depends_on_the_platform),
		TEST(options_that_are_only_for_flat_firmware),
		TEST(the_launch_has_the_options),
		TEST(the_launch_has_the_hashes_of_a_kernel),
		TEST(firmware_that_takes_no_hashes),
	};

	return cmocka_run_group_tests_name("measure_launch", tests, NULL, NULL);
}

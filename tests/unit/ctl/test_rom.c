// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of the messages about flat firmware.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "shared/macro.h"
#include "source/source.h"
#include "verb.h"

#define NAME	"rom.fd"

/**
 * struct script - the arguments of the tested functions, and results
 * @open_err: result of vmfw_igvm_rom_open()
 * @platform: its platform
 * @nowhere: the firmware has no code at the reset vector
 * @smm_err: result of the search for SMM
 * @smm: it found SMM
 */
static struct script {
	int open_err;
	unsigned int platform;
	bool nowhere;
	int smm_err;
	bool smm;
} script;

int __wrap_vmfw_igvm_rom_open(struct vmfw_igvm_rom *rom, const void *bytes,
			      size_t size, unsigned int platform,
			      struct vmfw_igvm_rom_fault *where);
int __wrap_vmfw_igvm_rom_open(struct vmfw_igvm_rom *rom, const void *bytes,
			      size_t size, unsigned int platform,
			      struct vmfw_igvm_rom_fault *where)
{
	*rom = (struct vmfw_igvm_rom) {
		.bytes = bytes,
		.size = size,
		.platform = platform,
	};
	*where = (struct vmfw_igvm_rom_fault) {
		.text = "the rule",
		.offset = 0x1fd0,
		.value = 0x1234,
	};
	return script.open_err;
}

static int run_open(struct output *out, const struct options *options,
		    char **operands)
{
	uint8_t bytes[16] = { 0 };
	const struct rom_bytes firmware = { NAME, bytes, sizeof(bytes) };
	struct vmfw_igvm_rom rom;
	int code = rom_open(&rom, out, &firmware, script.platform);

	(void)options;
	(void)operands;
	assert_ptr_equal(rom.bytes, bytes);
	assert_int_equal(rom.size, sizeof(bytes));
	assert_int_equal(rom.platform, script.platform);
	return code;
}

static int run_refuse(struct output *out, const struct options *options,
		      char **operands)
{
	const struct source source = {
		.path = NAME,
		.kind = SOURCE_FLAT,
		.starts_nowhere = script.nowhere,
	};

	(void)options;
	(void)operands;
	return rom_refuse(out, &source);
}

static int run_smm(struct output *out, const struct options *options,
		   char **operands)
{
	(void)options;
	(void)operands;
	say_smm(out, NAME, script.smm_err, script.smm);
	output_line(out, "done");
	return VMFW_EXIT_OK;
}

static const struct verb open_verb = { .run = run_open };
static const struct verb refuse_verb = { .run = run_refuse };
static const struct verb smm_verb = { .run = run_smm };
static const struct options options;

static void reasons_against_a_platform(void **state)
{
	static const struct {
		int err;
		unsigned int platform;
		int code;
		const char *text;
	} table[] = {
		{ 0, VMFW_IGVM_TDX, VMFW_EXIT_OK, "" },
		{ -ENOENT, VMFW_IGVM_TDX, VMFW_EXIT_IMAGE,
		  "error: rom.fd: cannot use this firmware for tdx: its table at the end has no entry for that platform\n" },
		{ -EOPNOTSUPP, VMFW_IGVM_VSM_ISOLATION, VMFW_EXIT_IMAGE,
		  "error: rom.fd: VMMs launch no flat firmware on vbs\n" },
		{ -EINVAL, VMFW_IGVM_SEV_SNP, VMFW_EXIT_IMAGE,
		  "error: rom.fd: cannot use this firmware for snp: the rule (0x1234 at offset 0x1fd0)\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script.open_err = table[i].err;
		script.platform = table[i].platform;
		verb_expect_text(&open_verb, &options, table[i].code,
				 table[i].text);
	}
}

/* Firmware that wrap would refuse, too, gets that reason. */
static void flat_firmware_is_no_image(void **state)
{
	(void)state;
	script.nowhere = false;
	verb_expect_text(&refuse_verb, &options, VMFW_EXIT_IMAGE,
			 "error: rom.fd: this is flat firmware, not an IGVM image; make an image of it: vmfwupdate-ctl wrap rom.fd -o FILE.igvm\n");
	script.nowhere = true;
	verb_expect_text(&refuse_verb, &options, VMFW_EXIT_IMAGE,
			 "error: rom.fd: there is no code at the reset vector, 16 bytes before the end; is it a variable store?\n");
}

static void results_of_the_search_for_smm(void **state)
{
	static const char cannot_load[] =
		"done\n"
		"note: rom.fd: cannot check whether the firmware is built for SMM: cannot load liblzma.so.5; is it installed?\n";
	static const struct {
		int err;
		bool found;
		const char *text;
	} table[] = {
		{ 0, false, "done\n" },
		{ 0, true,
		  "done\n"
		  "warning: rom.fd: this firmware is built for SMM and for variables in flash: loaded into memory, it stops before it boots; use a build without SMM\n" },
		/* After an error, the search has no result. */
		{ -ELIBACC, false, cannot_load },
		{ -ELIBACC, true, cannot_load },
		{ -ENOMEM, true,
		  "done\n"
		  "note: rom.fd: cannot check whether the firmware is built for SMM: Cannot allocate memory\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script.smm_err = table[i].err;
		script.smm = table[i].found;
		verb_expect_text(&smm_verb, &options, VMFW_EXIT_OK,
				 table[i].text);
	}
}

static void platforms_whose_digest_contains_registers(void **state)
{
	static const struct {
		unsigned int platform;
		bool registers;
	} table[] = {
		{ VMFW_IGVM_NATIVE, false },
		{ VMFW_IGVM_VSM_ISOLATION, false },
		{ VMFW_IGVM_SEV_SNP, true },
		{ VMFW_IGVM_TDX, false },
		{ VMFW_IGVM_SEV, false },
		{ VMFW_IGVM_SEV_ES, true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++)
		assert_int_equal(rom_has_registers(table[i].platform),
				 table[i].registers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reasons_against_a_platform),
		cmocka_unit_test(flat_firmware_is_no_image),
		cmocka_unit_test(results_of_the_search_for_smm),
		cmocka_unit_test(platforms_whose_digest_contains_registers),
	};

	return cmocka_run_group_tests_name("rom", tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of options: the values that a verb gets from a command line.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <getopt.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/exit.h"
#include "ctl/ctl.h"
#include "shared/macro.h"

#define WORDS		96

/* There is no memory for a text. */
static bool no_memory;

int __wrap_asprintf(char **text, const char *format, ...);
__attribute__((format(printf, 2, 3)))
int __wrap_asprintf(char **text, const char *format, ...)
{
	va_list args;
	int len;

	/* The GNU C library may leave the pointer unset. */
	if (no_memory)
		return -1;
	va_start(args, format);
	len = vasprintf(text, format, args);
	va_end(args);
	return len;
}

/**
 * struct parsed - a command line, and the results of options_parse()
 * @line: the words
 * @messages: the messages
 * @options: the options
 * @operands: number of words that are no options
 */
struct parsed {
	char line[2048];
	struct messages messages;
	struct options options;
	int operands;
};

/*
 * Parse words, which blanks separate. The first is that of the verb. The caller
 * frees the messages.
 */
static int parse_words(struct parsed *parsed, const struct verb *verb,
		       const char *line)
{
	char *argv[WORDS], *rest = parsed->line, *word;
	struct output out = { .messages = &parsed->messages };
	int argc = 0, code;

	messages_keep(&parsed->messages);
	assert_true(strlen(line) < sizeof(parsed->line));
	strcpy(parsed->line, line);
	while ((word = strsep(&rest, " "))) {
		assert_true(argc < WORDS - 1);
		argv[argc++] = word;
	}
	argv[argc] = NULL;
	code = options_parse(&parsed->options, &out, verb, argc, argv);
	parsed->operands = argc - optind;
	return code;
}

static void accept_words(struct parsed *parsed, const struct verb *verb,
			 const char *line)
{
	memset(&parsed->options, 0, sizeof(parsed->options));
	if (parse_words(parsed, verb, line))
		fail_msg("refused: %s", line);
	assert_int_equal(parsed->messages.nr, 0);
	messages_free(&parsed->messages);
}

/* Expect a usage error. Its first message begins with @error. */
static void refuse_words(struct parsed *parsed, const struct verb *verb,
			 const char *line, const char *error)
{
	const char *text;

	memset(&parsed->options, 0, sizeof(parsed->options));
	if (parse_words(parsed, verb, line) != VMFW_EXIT_USAGE)
		fail_msg("not refused: %s", line);
	text = messages_first_error(&parsed->messages);
	assert_non_null(text);
	if (strncmp(text, error, strlen(error)))
		fail_msg("%s: %s", line, text);
	messages_free(&parsed->messages);
}

/* An option with a number, its limits, and its field in struct options. */
static const struct {
	const struct verb *verb;
	const char *option;
	uint64_t least, most;
	size_t offset, size;
} numbers[] = {
#define FIELD(member)	offsetof(struct options, member),		\
			sizeof(((struct options *)0)->member)
	{ &verb_measure, "vcpus", 1, 65536, FIELD(vcpus) },
	{ &verb_measure, "cpu-signature", 0, UINT32_MAX, FIELD(cpu_signature) },
	{ &verb_wrap, "policy", 0, UINT64_MAX, FIELD(policy) },
	{ &verb_inspect, "page", 0, UINT64_MAX, FIELD(page) },
	{ &verb_verify, "allow-vmpl", 0, 3, FIELD(report.allowed.vmpl) },
};

static void accept_number(size_t i, uint64_t number, bool hex)
{
	struct parsed parsed;
	uint64_t found = 0;
	char line[80], value[32];

	snprintf(value, sizeof(value), "%" PRIu64, number);
	if (hex)
		snprintf(value, sizeof(value), "0x%" PRIx64, number);
	snprintf(line, sizeof(line), "verb --%s=%s", numbers[i].option, value);
	accept_words(&parsed, numbers[i].verb, line);
	memcpy(&found, (char *)&parsed.options + numbers[i].offset,
	       numbers[i].size);
	assert_int_equal(found, number);
}

static void refuse_number(size_t i, const char *value)
{
	struct parsed parsed;
	char line[80], error[160];

	snprintf(line, sizeof(line), "verb --%s=%s", numbers[i].option, value);
	snprintf(error, sizeof(error), "--%s=%s: invalid value; expected a number from %" PRIu64 " to 0x%" PRIx64,
		 numbers[i].option, value, numbers[i].least, numbers[i].most);
	refuse_words(&parsed, numbers[i].verb, line, error);
}

static void test_numbers(void **state)
{
	static const char *const wrong[] = {
		"", "x", "-1", "+1", "1x", "0x", "18446744073709551616",
	};
	char value[32];
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		accept_number(i, numbers[i].least, false);
		accept_number(i, numbers[i].most, false);
		accept_number(i, numbers[i].most, true);
		for (j = 0; j < ARRAY_SIZE(wrong); j++)
			refuse_number(i, wrong[j]);
		if (numbers[i].least)
			refuse_number(i, "0");
		if (numbers[i].most == UINT64_MAX)
			continue;
		snprintf(value, sizeof(value), "%" PRIu64, numbers[i].most + 1);
		refuse_number(i, value);
	}
}

/* Values of --memory. Without ranges, the value is invalid. */
static const struct {
	const char *value;
	size_t nr;
	struct vmfw_igvm_range ranges[MAX_MEMORY];
} memories[] = {
	/* A size lies below 4 GiB, unless QEMU's q35 splits it. */
	{ "1M", 1, { { 0, MIB } } },
	{ "1024K", 1, { { 0, MIB } } },
	{ "0x100000", 1, { { 0, MIB } } },
	{ "1048575", 0, { { 0, 0 } } },
	{ "1023K", 0, { { 0, 0 } } },
	{ "9G", 2, { { 0, 2 * GIB }, { 4 * GIB, 11 * GIB } } },
	{ "2815M", 1, { { 0, 2815 * MIB } } },
	{ "2952790015", 1, { { 0, 2816 * MIB - 1 } } },
	{ "2816M", 2, { { 0, 2 * GIB }, { 4 * GIB, 4 * GIB + 768 * MIB } } },
	/* A size is at most 4096 TiB. */
	{ "4096T", 2, { { 0, 2 * GIB }, { 4 * GIB, (1ull << 52) + 2 * GIB } } },
	{ "4503599627370497", 0, { { 0, 0 } } },
	{ "4097T", 0, { { 0, 0 } } },
	/* In bytes, these numbers have more than 64 bits. */
	{ "16777217T", 0, { { 0, 0 } } },
	{ "18014398509481985K", 0, { { 0, 0 } } },
	{ "18446744073710600192", 0, { { 0, 0 } } },
	/* Ranges may touch, but not overlap. */
	{ "0-1", 1, { { 0, 1 } } },
	{ "0-1G,1G-2G", 2, { { 0, GIB }, { GIB, 2 * GIB } } },
	{ "0-4096T", 1, { { 0, 1ull << 52 } } },
	{ "0-1G,1073741823-2G", 0, { { 0, 0 } } },
	{ "1-1", 0, { { 0, 0 } } },
	{ "2-1", 0, { { 0, 0 } } },
	{ "0+1", 0, { { 0, 0 } } },
	{ "0,1", 0, { { 0, 0 } } },
	{ "0.1", 0, { { 0, 0 } } },
	{ "0:1", 0, { { 0, 0 } } },
	{ "0-1G,1G.2G", 0, { { 0, 0 } } },
	{ "0-1;2-3", 0, { { 0, 0 } } },
	{ "0-1+2-3", 0, { { 0, 0 } } },
	{ "0-1,-3", 0, { { 0, 0 } } },
	{ "0-:", 0, { { 0, 0 } } },
	{ "0-", 0, { { 0, 0 } } },
	{ "/", 0, { { 0, 0 } } },
	/* A number begins with a digit. */
	{ "", 0, { { 0, 0 } } },
	{ "+1G", 0, { { 0, 0 } } },
	{ "K-1", 0, { { 0, 0 } } },
	{ "0-+1", 0, { { 0, 0 } } },
	{ "0-1,2-3,4-5,6-7,8-9,10-11,12-13,14-15", 8,
	  { { 0, 1 }, { 2, 3 }, { 4, 5 }, { 6, 7 },
	    { 8, 9 }, { 10, 11 }, { 12, 13 }, { 14, 15 } } },
	{ "0-1,2-3,4-5,6-7,8-9,10-11,12-13,14-15,16-17", 0, { { 0, 0 } } },
};

static void test_memory(void **state)
{
	struct parsed parsed;
	char line[80];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(memories); i++) {
		snprintf(line, sizeof(line), "check --memory=%s",
			 memories[i].value);
		if (!memories[i].nr) {
			refuse_words(&parsed, &verb_check, line, line + 6);
			continue;
		}
		accept_words(&parsed, &verb_check, line);
		assert_int_equal(parsed.options.nr_memory, memories[i].nr);
		assert_memory_equal(parsed.options.memory, memories[i].ranges,
				    memories[i].nr *
				    sizeof(struct vmfw_igvm_range));
	}
}

#define BIT(platform)	(1u << VMFW_IGVM_##platform)

/* The last --for counts, and the order of its words does not. */
static void test_platforms(void **state)
{
	static const struct {
		const char *line;
		unsigned int platforms;
	} lists[] = {
		{ "wrap --for=native", BIT(NATIVE) },
		{ "wrap --for=snp", BIT(SEV_SNP) },
		{ "wrap --for=sev-es", BIT(SEV_ES) },
		{ "wrap --for=tdx", BIT(TDX) },
		{ "wrap --for=TDX,Sev_Es,SEV-SNP,native",
		  BIT(NATIVE) | BIT(SEV_SNP) | BIT(SEV_ES) | BIT(TDX) },
		{ "wrap --for=native,snp --for=tdx,tdx", BIT(TDX) },
	};
	static const unsigned int order[] = {
		VMFW_IGVM_NATIVE, VMFW_IGVM_VSM_ISOLATION, VMFW_IGVM_SEV_SNP,
		VMFW_IGVM_TDX, VMFW_IGVM_SEV, VMFW_IGVM_SEV_ES,
	};
	struct parsed parsed;
	char line[80];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		accept_words(&parsed, &verb_wrap, lists[i].line);
		assert_int_equal(parsed.options.platforms, lists[i].platforms);
	}
	for (i = 0; i < ARRAY_SIZE(order); i++) {
		snprintf(line, sizeof(line), "measure --for=%s",
			 vmfw_igvm_platform_word(order[i]));
		accept_words(&parsed, &verb_measure, line);
		assert_int_equal(parsed.options.platform, order[i]);
	}
	refuse_words(&parsed, &verb_wrap, "wrap --for=sev",
		     "--for=sev: invalid list; expected native, snp, sev-es or tdx");
	refuse_words(&parsed, &verb_measure, "measure --for=snp,tdx",
		     "--for=snp,tdx: invalid value; expected native, vbs, snp, tdx, sev, sev-es or cca");
	/* A dash stands for _ in a name, but no other character does. */
	refuse_words(&parsed, &verb_measure, "measure --for=sev.snp", "--for=");
	refuse_words(&parsed, &verb_measure, "measure --for=t-x", "--for=");
	refuse_words(&parsed, &verb_measure, "measure --for=xdx", "--for=");
}

/* A later --vmm leaves nothing of an earlier one. */
static void test_vmms(void **state)
{
	static const struct {
		const char *line;
		enum vmfw_igvm_vmm vmm;
		enum vmfw_igvm_launcher launcher;
	} lines[] = {
		{ "measure", VMFW_IGVM_VMM_QEMU, VMFW_IGVM_LAUNCHER_KVM },
		{ "measure --vmm=generic", VMFW_IGVM_VMM_GENERIC,
		  VMFW_IGVM_LAUNCHER_KVM },
		{ "measure --vmm=native-zero", VMFW_IGVM_VMM_NATIVE_ZERO,
		  VMFW_IGVM_LAUNCHER_KVM },
		{ "measure --vmm=ec2", VMFW_IGVM_VMM_QEMU,
		  VMFW_IGVM_LAUNCHER_EC2 },
		{ "measure --vmm=gce --vmm=qemu", VMFW_IGVM_VMM_QEMU,
		  VMFW_IGVM_LAUNCHER_KVM },
		{ "measure --vmm=generic --vmm=gce", VMFW_IGVM_VMM_QEMU,
		  VMFW_IGVM_LAUNCHER_GCE },
	};
	struct parsed parsed;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		accept_words(&parsed, &verb_measure, lines[i].line);
		assert_int_equal(parsed.options.vmm, lines[i].vmm);
		assert_int_equal(parsed.options.launcher, lines[i].launcher);
	}
	refuse_words(&parsed, &verb_measure, "measure --vmm=ec",
		     "--vmm=ec: invalid value; expected qemu, generic, native-zero, ec2 or gce");
	accept_words(&parsed, &verb_check, "check --vmm=native-zero");
	assert_int_equal(parsed.options.vmm, VMFW_IGVM_VMM_NATIVE_ZERO);
	refuse_words(&parsed, &verb_check, "check --vmm=ec2",
		     "--vmm=ec2: invalid value; expected qemu, generic");
}

/* A digest of 48 bytes, all of which have this value. */
#define BYTES8(x)	x x x x x x x x
#define DIGEST(x)	BYTES8(x) BYTES8(x) BYTES8(x) BYTES8(x) BYTES8(x) BYTES8(x)

static void test_digests(void **state)
{
	static const struct {
		const struct verb *verb;
		const char *right, *wrong, *error;
		size_t offset;
	} table[] = {
		{ &verb_measure, "measure --snp-ovmf-hash=" DIGEST("5a"),
		  "measure --snp-ovmf-hash=" DIGEST("5a") "00",
		  "--snp-ovmf-hash=" DIGEST("5a") "00: invalid value; expected 96 hexadecimal digits",
		  offsetof(struct options, ovmf_hash) },
		{ &verb_verify, "verify --digest=" DIGEST("5a"),
		  "verify --digest=5a5",
		  "--digest=5a5: invalid value; expected 96 hexadecimal digits",
		  offsetof(struct options, report.digest) },
	};
	uint8_t expected[VMFW_IGVM_MAX_DIGEST];
	struct parsed parsed;
	size_t i;

	(void)state;
	memset(expected, 0x5a, sizeof(expected));
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		accept_words(&parsed, table[i].verb, table[i].right);
		assert_memory_equal((char *)&parsed.options + table[i].offset,
				    expected, sizeof(expected));
		refuse_words(&parsed, table[i].verb, table[i].wrong,
			     table[i].error);
	}
}

static void versions_of_the_firmware(void **state)
{
	struct parsed parsed;

	(void)state;
	accept_words(&parsed, &verb_verify, "verify --min-tcb=snp=8,microcode=115");
	assert_true(parsed.options.report.least.known[TCB_SNP]);
	assert_int_equal(parsed.options.report.least.version[TCB_SNP], 8);
	assert_int_equal(parsed.options.report.least.version[TCB_MICROCODE],
			 115);
	refuse_words(&parsed, &verb_verify, "verify --min-tcb=snp=8,snp=8",
		     "--min-tcb=snp=8,snp=8: invalid list; expected bootloader, ");
}

static void features_are_a_number_or_names(void **state)
{
	static const struct {
		const char *value;
		bool named;
		uint64_t bits;
	} right[] = {
		{ "0", false, 0 },
		{ "33", false, 0x21 },
		{ "0x21", false, 0x21 },
		{ "18446744073709551615", false, UINT64_MAX },
		{ "secure-tsc,debug-swap,secure-tsc", true, 0x220 },
	};
	/* Features by their bit, in "AMD64 Architecture Programmer's Manual" */
	static const char *const names[16] = {
		"snp-active", "virtual-tom", "reflect-vc",
		"restricted-injection", "alternate-injection", "debug-swap",
		"prevent-host-ibs", "btb-isolation", "vmpl-sss", "secure-tsc",
		"vmgexit-parameter", NULL, "ibs-virtualization", NULL,
		"vmsa-reg-prot", "smt-protection",
	};
	static const char *const wrong[] = {
		"", ",", "debug-swap,", "debug-swa", "debug-swapx",
		"debug-swap,x", "debug-swap,1", "1,debug-swap", "1x", "0x",
		"18446744073709551616", "-1",
	};
	struct parsed parsed;
	size_t i, nr = 0;
	char line[80];

	(void)state;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (!names[i])
			continue;
		snprintf(line, sizeof(line), "measure --guest-features=%s",
			 names[i]);
		accept_words(&parsed, &verb_measure, line);
		assert_int_equal(parsed.options.features.bits, 1 << i);
		assert_string_equal(guest_feature_word(nr++), names[i]);
	}
	assert_null(guest_feature_word(nr));
	for (i = 0; i < ARRAY_SIZE(right); i++) {
		snprintf(line, sizeof(line), "measure --guest-features=%s",
			 right[i].value);
		accept_words(&parsed, &verb_measure, line);
		assert_int_equal(parsed.options.features.named, right[i].named);
		assert_int_equal(parsed.options.features.bits, right[i].bits);
	}
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		snprintf(line, sizeof(line), "measure --guest-features=%s",
			 wrong[i]);
		refuse_words(&parsed, &verb_measure, line, "--guest-features=");
	}
}

/* The versions of a processor have one signature: EAX of CPUID leaf 1. */
static void processors_of_qemu(void **state)
{
	static const struct {
		const char *name;
		uint32_t signature;
	} right[] = {
		{ "EPYC", 0x800f12 },
		{ "EPYC-v4", 0x800f12 },
		{ "EPYC-IBPB", 0x800f12 },
		{ "EPYC-Rome-v10", 0x830f10 },
		{ "EPYC-Milan-v1", 0xa00f11 },
		{ "EPYC-Genoa", 0xa10f10 },
		{ "EPYC-Turin", 0xb00f00 },
	};
	static const char *const wrong[] = {
		"", "EPY", "EPYC-", "EPYC-v", "EPYC-vx", "EPYC-1", "EPYC-v1x",
		"EPYC-v1-v1", "EPYC-Romeo", "epyc", "Opteron",
	};
	struct parsed parsed;
	char line[80], error[80];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(right); i++) {
		snprintf(line, sizeof(line), "measure --vcpu-type=%s",
			 right[i].name);
		accept_words(&parsed, &verb_measure, line);
		assert_int_equal(parsed.options.cpu_signature,
				 right[i].signature);
	}
	assert_string_equal(cpu_model(5), "EPYC-Turin");
	assert_null(cpu_model(6));
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		snprintf(line, sizeof(line), "measure --vcpu-type=%s", wrong[i]);
		snprintf(error, sizeof(error), "--vcpu-type=%s: unknown CPU; expected EPYC, ",
			 wrong[i]);
		refuse_words(&parsed, &verb_measure, line, error);
	}
}

/* --once includes --at-reboot, in either order. --arm-now excludes both. */
static void test_when(void **state)
{
	static const struct {
		const char *line;
		enum staging_when when;
	} lines[] = {
		{ "stage", STAGING_DEFAULT },
		{ "stage --at-reboot", STAGING_AT_REBOOT },
		{ "stage --at-reboot --at-reboot", STAGING_AT_REBOOT },
		{ "stage --once", STAGING_ONCE },
		{ "stage --once --at-reboot", STAGING_ONCE },
		{ "stage --at-reboot --once", STAGING_ONCE },
		{ "stage --arm-now", STAGING_ARM_NOW },
		{ "stage --arm-now --arm-now", STAGING_ARM_NOW },
	};
	struct parsed parsed;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		accept_words(&parsed, &verb_stage, lines[i].line);
		assert_int_equal(parsed.options.when, lines[i].when);
	}
	refuse_words(&parsed, &verb_stage, "stage --once --at-reboot --arm-now",
		     "--arm-now excludes --at-reboot and --once");
}

static void test_force(void **state)
{
	static const struct verb *const writers[] = {
		&verb_wrap, &verb_compose, &verb_decompose, &verb_inspect
	};
	struct parsed parsed;
	size_t i;

	(void)state;
	accept_words(&parsed, &verb_stage, "stage --force=kexec");
	assert_int_equal(parsed.options.force, FORCE_KEXEC);
	accept_words(&parsed, &verb_stage,
		     "stage --force=vmm --force soft-reboot --force=vmm");
	assert_int_equal(parsed.options.force, FORCE_VMM | FORCE_SOFT_REBOOT);
	for (i = 0; i < ARRAY_SIZE(writers); i++) {
		accept_words(&parsed, writers[i], "verb --force=overwrite");
		assert_int_equal(parsed.options.force, FORCE_OVERWRITE);
	}
	refuse_words(&parsed, &verb_wrap, "wrap --force=overwrit",
		     "--force=overwrit: invalid value; expected overwrite");
	refuse_words(&parsed, &verb_auto, "auto --force=x",
		     "--force=x: invalid value; expected kexec or soft-reboot");
	refuse_words(&parsed, &verb_auto, "auto --force=overwrite",
		     "--force=overwrite: invalid value; expected kexec or soft-reboot");
	refuse_words(&parsed, &verb_stage, "stage --force=overwrite",
		     "--force=overwrite: invalid value; expected kexec or soft-reboot or vmm");
	no_memory = true;
	refuse_words(&parsed, &verb_auto, "auto --force=x",
		     "--force=x: invalid value; expected another word");
}

static int end_no_memory(void **state)
{
	(void)state;
	no_memory = false;
	return 0;
}

/* --quiet wins over --progress, in either order. */
static void test_progress(void **state)
{
	static const struct {
		const char *line;
		enum progress_when progress;
	} lines[] = {
		{ "stage", PROGRESS_AUTO },
		{ "stage --progress=always", PROGRESS_ALWAYS },
		{ "stage --progress=never", PROGRESS_NEVER },
		{ "stage --progress=never --progress=auto", PROGRESS_AUTO },
		{ "stage --progress=always --quiet", PROGRESS_NEVER },
		{ "stage -q --progress=always", PROGRESS_NEVER },
	};
	struct parsed parsed;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		accept_words(&parsed, &verb_stage, lines[i].line);
		assert_int_equal(parsed.options.progress, lines[i].progress);
		assert_int_equal(parsed.messages.quiet, i > 3);
	}
}

static void expect_color(bool before, const char *option, bool after, int code)
{
	char name[] = "status", word[32], *argv[] = { name, word, NULL };
	struct messages messages = { .color = before };
	struct output out = { .messages = &messages };
	struct options options = { .device = NULL };

	snprintf(word, sizeof(word), "%s", option);
	assert_int_equal(options_parse(&options, &out, &verb_status, 2, argv),
			 code);
	assert_int_equal(messages.color, after);
	messages_free(&messages);
}

/* With --color=auto, the terminal decides, as without the option. */
static void test_color(void **state)
{
	(void)state;
	expect_color(false, "--color=auto", false, VMFW_EXIT_OK);
	expect_color(true, "--color=auto", true, VMFW_EXIT_OK);
	expect_color(false, "--color=always", true, VMFW_EXIT_OK);
	expect_color(true, "--color=never", false, VMFW_EXIT_OK);
	expect_color(true, "--color=x", true, VMFW_EXIT_USAGE);
}

static const struct {
	const char *option;
	unsigned int type;
	bool digest, several;
} parts[] = {
	{ "kernel", VMFW_IGVM_PART_KERNEL, false, false },
	{ "shim", VMFW_IGVM_PART_SHIM, false, false },
	{ "pk", VMFW_IGVM_PART_PK, false, false },
	{ "kek", VMFW_IGVM_PART_KEK, false, true },
	{ "db", VMFW_IGVM_PART_DB, false, true },
	{ "dbx", VMFW_IGVM_PART_DBX, false, true },
	{ "db-hash", VMFW_IGVM_PART_DB, true, true },
};

static void expect_parts(const struct parsed *parsed, size_t i, size_t nr)
{
	const struct compose_request *compose = &parsed->options.compose;

	assert_int_equal(compose->nr_files, nr);
	while (nr--) {
		assert_int_equal(compose->files[nr].type, parts[i].type);
		assert_int_equal(compose->files[nr].digest, parts[i].digest);
		assert_string_equal(compose->files[nr].path, nr ? "b" : "a");
	}
}

/* An image has one kernel, shim and PK. Several files can make one database. */
static void test_parts(void **state)
{
	struct parsed parsed;
	char line[80], error[80];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		snprintf(line, sizeof(line), "compose --%s=a", parts[i].option);
		accept_words(&parsed, &verb_compose, line);
		expect_parts(&parsed, i, 1);
		snprintf(line, sizeof(line), "compose --%s=a --%s=b",
			 parts[i].option, parts[i].option);
		if (parts[i].several) {
			accept_words(&parsed, &verb_compose, line);
			expect_parts(&parsed, i, 2);
			continue;
		}
		snprintf(error, sizeof(error), "--%s: cannot give this option twice",
			 parts[i].option);
		refuse_words(&parsed, &verb_compose, line, error);
	}
	accept_words(&parsed, &verb_compose,
		     "compose --kernel=k --pk=p --shim=s --kek=c base -o out");
	assert_int_equal(parsed.options.compose.nr_files, 4);
	assert_int_equal(parsed.operands, 1);
	assert_string_equal(parsed.options.output, "out");
}

/* Give an option @nr times. */
static const char *repeat_option(char *line, size_t size, const char *option,
				 unsigned int nr)
{
	size_t len = snprintf(line, size, "verb");

	while (nr--)
		len += snprintf(line + len, size - len, " --%s=x", option);
	return line;
}

static void test_limits(void **state)
{
	struct parsed parsed;
	char line[2048], error[80];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		if (!parts[i].several)
			continue;
		accept_words(&parsed, &verb_compose,
			     repeat_option(line, sizeof(line), parts[i].option,
					   REQUEST_MAX_FILES));
		assert_int_equal(parsed.options.compose.nr_files,
				 REQUEST_MAX_FILES);
		snprintf(error, sizeof(error), "--%s=x: too many files; expected at most 64",
			 parts[i].option);
		refuse_words(&parsed, &verb_compose,
			     repeat_option(line, sizeof(line), parts[i].option,
					   REQUEST_MAX_FILES + 1), error);
	}
	repeat_option(line, sizeof(line), "db", REQUEST_MAX_FILES);
	strcat(line, " --kernel=x");
	refuse_words(&parsed, &verb_compose, line,
		     "--kernel=x: too many files; expected at most 64");
	accept_words(&parsed, &verb_verify,
		     repeat_option(line, sizeof(line), "certificate", MAX_CERTIFICATES));
	assert_int_equal(parsed.options.report.nr_certificates,
			 MAX_CERTIFICATES);
	refuse_words(&parsed, &verb_verify,
		     repeat_option(line, sizeof(line), "certificate", MAX_CERTIFICATES + 1),
		     "--certificate=x: too many files; expected at most 16");
}

/* In front of a verb, and after a family, the first word ends the options. */
static void test_places(void **state)
{
	struct parsed parsed;

	(void)state;
	accept_words(&parsed, NULL, "tool --json stage --quiet file");
	assert_true(parsed.options.given[OPTION_JSON]);
	assert_false(parsed.options.given[OPTION_QUIET]);
	assert_int_equal(parsed.operands, 3);
	accept_words(&parsed, NULL, "tool --version");
	assert_true(parsed.options.given[OPTION_VERSION]);
	refuse_words(&parsed, NULL, "tool --output=x",
		     "--output=x: unknown option");
	accept_words(&parsed, &verb_partition, "partition -j list --quiet");
	assert_false(parsed.options.given[OPTION_QUIET]);
	assert_int_equal(parsed.operands, 2);
	accept_words(&parsed, &verb_stage, "stage file --once -q -- --json");
	assert_true(parsed.options.given[OPTION_ONCE]);
	assert_true(parsed.options.given[OPTION_QUIET]);
	assert_false(parsed.options.given[OPTION_JSON]);
	assert_int_equal(parsed.operands, 2);
	assert_int_equal(options_count_given(&parsed.options,
					     OPTIONS(OPTION_ONCE, OPTION_JSON,
						     OPTION_QUIET)), 2);
}

/* The option whose value is the next word, for completion and --json. */
static void test_takers(void **state)
{
	static const struct {
		const char *word;
		enum option_id taker;
	} words[] = {
		{ "-", OPTION_NONE },
		{ "--", OPTION_NONE },
		{ "-o", OPTION_OUTPUT },
		{ "-qo", OPTION_OUTPUT },
		{ "-ofile", OPTION_NONE },
		{ "-of", OPTION_NONE },
		{ "-qj", OPTION_NONE },
		{ "--output", OPTION_OUTPUT },
		{ "--output=", OPTION_NONE },
		{ "--output=file", OPTION_NONE },
		{ "--outpu", OPTION_NONE },
		{ "--outputs", OPTION_NONE },
		{ "--vars", OPTION_VARS },
		{ "--quiet", OPTION_NONE },
		{ "--frobnicate", OPTION_NONE },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		assert_int_equal(options_find_taker(NULL, words[i].word),
				 words[i].taker);
		assert_int_equal(options_find_taker(verb_wrap.options,
						    words[i].word),
				 words[i].taker);
	}
	/* status has neither option. */
	assert_int_equal(options_find_taker(verb_status.options, "-o"), OPTION_NONE);
	assert_int_equal(options_find_taker(verb_status.options, "--vars"),
			 OPTION_NONE);
	assert_int_equal(options_find_name(verb_wrap.options, "--vars=x"),
			 OPTION_VARS);
	assert_int_equal(options_find_name(verb_status.options, "--vars"),
			 OPTION_NONE);
}

static void expect_message(const struct messages *messages, size_t i,
			   const char *text)
{
	assert_true(i < messages->nr);
	assert_string_equal(messages->list[i].text, text);
}

/* The suggestion follows the error. A word that is not similar has none. */
static void test_suggestions(void **state)
{
	static const struct {
		const struct verb *verb;
		const char *line, *error, *suggestion;
	} table[] = {
		{ &verb_measure, "measure --for=spn", "--for=spn: ",
		  "did you mean '--for=snp'?" },
		{ &verb_wrap, "wrap --for=native,tbx", "--for=native,tbx: ",
		  "did you mean '--for=tdx'?" },
		{ &verb_check, "check --vmm=qmeu", "--vmm=qmeu: ",
		  "did you mean '--vmm=qemu'?" },
		{ &verb_measure, "measure --vmm=ec3", "--vmm=ec3: ",
		  "did you mean '--vmm=ec2'?" },
		{ &verb_measure, "measure --guest-features=debugswap",
		  "--guest-features=debugswap: ",
		  "did you mean '--guest-features=debug-swap'?" },
		{ &verb_measure, "measure --vcpu-type=EPYC-Mlian",
		  "--vcpu-type=EPYC-Mlian: ",
		  "did you mean '--vcpu-type=EPYC-Milan'?" },
		{ &verb_verify, "verify --min-tcb=microcod=1",
		  "--min-tcb=microcod=1: ",
		  "did you mean '--min-tcb=microcode'?" },
		{ &verb_stage, "stage --force=kexce", "--force=kexce: ",
		  "did you mean '--force=kexec'?" },
		{ &verb_stage, "stage --progress=alway5", "--progress=alway5: ",
		  "did you mean '--progress=always'?" },
		{ &verb_status, "status --color=nevr", "--color=nevr: ",
		  "did you mean '--color=never'?" },
		{ &verb_measure, "measure --for=far", "--for=far: ", NULL },
		{ &verb_measure, "measure --vmm=other", "--vmm=other: ", NULL },
	};
	struct parsed parsed = { .operands = 0 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		const struct messages *messages = &parsed.messages;

		assert_int_equal(parse_words(&parsed, table[i].verb,
					     table[i].line), VMFW_EXIT_USAGE);
		assert_int_equal(messages->nr, table[i].suggestion ? 2 : 1);
		assert_string_equal(messages->list[0].level, "error");
		assert_memory_equal(messages->list[0].text, table[i].error,
				    strlen(table[i].error));
		if (table[i].suggestion)
			expect_message(messages, 1, table[i].suggestion);
		messages_free(&parsed.messages);
	}
}

/* An error about an abbreviation lists the options that it may stand for. */
static void test_abbreviations(void **state)
{
	struct parsed parsed = { .operands = 0 };

	(void)state;
	/* "device" and "dry-run", but also "db", "dbx" and "db-hash". */
	refuse_words(&parsed, &verb_stage, "stage --d",
		     "--d: this abbreviates several options");
	assert_int_equal(parse_words(&parsed, &verb_stage, "stage --a=x"),
			 VMFW_EXIT_USAGE);
	assert_int_equal(parsed.messages.nr, 4);
	expect_message(&parsed.messages, 0,
		       "--a=x: this abbreviates several options");
	expect_message(&parsed.messages, 1, "it may stand for '--arm-now'");
	expect_message(&parsed.messages, 2, "it may stand for '--at-reboot'");
	expect_message(&parsed.messages, 3,
		       "try 'vmfwupdate-ctl stage --help'");
	messages_free(&parsed.messages);
	accept_words(&parsed, &verb_stage, "stage --ar");
	assert_int_equal(parsed.options.when, STAGING_ARM_NOW);
	refuse_words(&parsed, &verb_stage, "stage --xy", "--xy: unknown option");
}

/* Options that getopt_long() refuses. A suggestion follows only an unknown name. */
static void errors_about_options_suggest_help(void **state)
{
	static const struct {
		const struct verb *verb;
		const char *line, *error, *suggestion, *help;
	} table[] = {
		{ &verb_wrap, "wrap --omtptu=x", "--omtptu=x: unknown option",
		  "did you mean '--output'?", "try 'vmfwupdate-ctl wrap --help'" },
		{ &verb_wrap, "wrap --frobnicate", "--frobnicate: unknown option",
		  NULL, "try 'vmfwupdate-ctl wrap --help'" },
		{ &verb_stage, "stage -jZ", "-Z: unknown option", NULL,
		  "try 'vmfwupdate-ctl stage --help'" },
		{ &verb_stage, "stage --once=x",
		  "--once=x: this option takes no argument", NULL,
		  "try 'vmfwupdate-ctl stage --help'" },
		{ &verb_stage, "stage --device",
		  "--device: this option needs an argument", NULL,
		  "try 'vmfwupdate-ctl stage --help'" },
		{ &verb_wrap, "wrap -o", "-o: this option needs an argument",
		  NULL, "try 'vmfwupdate-ctl wrap --help'" },
		{ NULL, "tool --jsom", "--jsom: unknown option",
		  "did you mean '--json'?", "try 'vmfwupdate-ctl --help'" },
	};
	struct parsed parsed = { .operands = 0 };
	const struct messages *messages = &parsed.messages;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		assert_int_equal(parse_words(&parsed, table[i].verb,
					     table[i].line), VMFW_EXIT_USAGE);
		assert_int_equal(messages->nr, table[i].suggestion ? 3 : 2);
		expect_message(messages, 0, table[i].error);
		if (table[i].suggestion)
			expect_message(messages, 1, table[i].suggestion);
		expect_message(messages, messages->nr - 1, table[i].help);
		messages_free(&parsed.messages);
	}
}

static void test_letters(void **state)
{
	(void)state;
	assert_true(options_have_letter("-j", 'j'));
	assert_true(options_have_letter("-qhj", 'j'));
	assert_false(options_have_letter("-", 'j'));
	assert_false(options_have_letter("-q", 'j'));
	/* The letters after -o are its value. */
	assert_false(options_have_letter("-oj", 'j'));
	assert_true(options_have_letter("-jo", 'j'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_platforms),
		cmocka_unit_test(test_vmms),
		cmocka_unit_test(test_digests),
		cmocka_unit_test(versions_of_the_firmware),
		cmocka_unit_test(features_are_a_number_or_names),
		cmocka_unit_test(processors_of_qemu),
		cmocka_unit_test(test_when),
		cmocka_unit_test_teardown(test_force, end_no_memory),
		cmocka_unit_test(test_progress),
		cmocka_unit_test(test_color),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_takers),
		cmocka_unit_test(test_suggestions),
		cmocka_unit_test(test_abbreviations),
		cmocka_unit_test(errors_about_options_suggest_help),
		cmocka_unit_test(test_letters),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}

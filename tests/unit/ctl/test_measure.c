// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of measure: the comparison of a digest with the one that the image
 * allows, errors, and the warnings about processors.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "attest/launch-digest.h"
#include "base/exit.h"
#include "capture.h"
#include "ctl/measure.h"
#include "interrupt.h"
#include "shared/bytes.h"
#include "shared/macro.h"
#include "source/check.h"

/* Each byte of the digest, and of another one. */
#define RIGHT		0x11
#define WRONG		0x22

/* More headers than a walk reads before it looks for a signal again. */
#define CONTEXTS	4097u
/* Bytes of a header for a VP context: prefix, content and padding. */
#define CONTEXT_SIZE	32

/**
 * struct script - the results of the replaced functions
 * @block_err: result of id_block_find()
 * @block: the ID block
 * @has_vbs: result of vbs_measurement_find()
 * @vbs: the VBS measurement
 * @allowed: the VMM whose digest the ID block allows
 * @types: platforms of the image of findings_check(), if @nr_types is not 0; otherwise
 *	its platform is SEV-SNP
 * @nr_types: number of @types, or 0
 * @contexts: number of VP contexts in this image
 * @first: VP index of the first of them
 * @looks: number of times that a walk over the image looks for a signal before
 *	the signal comes; 0: it never comes
 * @digest_err: result of launch_digest()
 * @launches: number of its calls
 * @vcpus: the number of processors in the last of them
 * @traces: it had a function for the steps
 * @read_code: result of source_read_all()
 * @rom_code: result of rom_open()
 * @no_memory: there is no memory for a firmware
 */
static struct script {
	int block_err;
	struct id_block block;
	bool has_vbs;
	struct vbs_measurement vbs;
	enum vmfw_igvm_vmm allowed;
	unsigned int types[2];
	unsigned int nr_types;
	unsigned int contexts;
	unsigned int first;
	unsigned int looks;
	int digest_err;
	unsigned int launches;
	uint32_t vcpus;
	bool traces;
	enum vmfw_exit read_code;
	int rom_code;
	bool no_memory;
} script;

int __wrap_id_block_find(const struct vmfw_igvm *igvm, struct id_block *block);
int __wrap_id_block_find(const struct vmfw_igvm *igvm, struct id_block *block)
{
	(void)igvm;
	*block = script.block;
	return script.block_err;
}

bool __wrap_vbs_measurement_find(const struct vmfw_igvm *igvm,
				 struct vbs_measurement *measurement);
bool __wrap_vbs_measurement_find(const struct vmfw_igvm *igvm,
				 struct vbs_measurement *measurement)
{
	(void)igvm;
	*measurement = script.vbs;
	return script.has_vbs;
}

/* A firmware of 4 KiB ends at 4 GiB. */
#define ROM_SIZE	4096
#define ROM_START	0xfffff000ull

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	return script.no_memory && size == ROM_SIZE ? NULL :
						      __real_malloc(size);
}

/*
 * Report a step in a firmware, one below it, one without a digest so far, and one for
 * registers. The first is one that the VMM adds.
 */
static void report_steps(struct vmfw_igvm_measure_options *options)
{
	uint8_t right[VMFW_IGVM_MAX_DIGEST], wrong[VMFW_IGVM_MAX_DIGEST];
	const struct vmfw_igvm_step steps[] = {
		{ VMFW_IGVM_NO_HEADER, VMFW_IGVM_STEP_NORMAL, ROM_START, NULL,
		  wrong },
		{ 3, VMFW_IGVM_STEP_NORMAL, ROM_START - 1, wrong, right },
		{ 0, VMFW_IGVM_STEP_NORMAL, ROM_START + 4096, right, NULL },
		{ 5, VMFW_IGVM_STEP_VMSA, 0xfffffffff000, wrong, right },
	};
	size_t i;

	memset(right, RIGHT, sizeof(right));
	memset(wrong, WRONG, sizeof(wrong));
	for (i = 0; i < ARRAY_SIZE(steps); i++)
		assert_true(options->trace(options->arg, &steps[i]));
}

static int make_digest(struct vmfw_igvm_measure_options *options,
		       uint8_t *digest)
{
	script.launches++;
	script.vcpus = options->vcpus;
	script.traces = options->trace;
	if (options->trace)
		report_steps(options);
	if (script.digest_err)
		return script.digest_err;
	if (interrupt_number)
		return -EINTR;
	memset(digest, options->vmm == script.allowed ? WRONG : RIGHT,
	       VMFW_IGVM_MAX_DIGEST);
	return 0;
}

int __wrap_launch_digest(const struct vmfw_igvm *igvm,
			 struct vmfw_igvm_measure_options *options,
			 uint8_t *digest);
int __wrap_launch_digest(const struct vmfw_igvm *igvm,
			 struct vmfw_igvm_measure_options *options,
			 uint8_t *digest)
{
	(void)igvm;
	return make_digest(options, digest);
}

int __wrap_launch_digest_rom(const struct vmfw_igvm_rom *rom,
			     struct vmfw_igvm_measure_options *options,
			     const struct vmfw_igvm_launch *how,
			     uint8_t *digest);
int __wrap_launch_digest_rom(const struct vmfw_igvm_rom *rom,
			     struct vmfw_igvm_measure_options *options,
			     const struct vmfw_igvm_launch *how,
			     uint8_t *digest)
{
	(void)how;
	assert_int_equal(rom->size, ROM_SIZE);
	return make_digest(options, digest);
}

enum vmfw_exit __wrap_source_read_all(struct source *source,
				      struct messages *messages, void *buf);
enum vmfw_exit __wrap_source_read_all(struct source *source,
				      struct messages *messages, void *buf)
{
	(void)messages;
	memset(buf, RIGHT, source->size);
	return script.read_code;
}

int __wrap_rom_open(struct vmfw_igvm_rom *rom, struct output *out,
		    const struct rom_bytes *firmware, unsigned int platform);
int __wrap_rom_open(struct vmfw_igvm_rom *rom, struct output *out,
		    const struct rom_bytes *firmware, unsigned int platform)
{
	(void)out;
	assert_int_equal(firmware->bytes[firmware->size - 1], RIGHT);
	*rom = (struct vmfw_igvm_rom) {
		.size = firmware->size,
		.platform = platform,
	};
	return script.rom_code;
}

static bool stop(void *arg)
{
	(void)arg;
	if (script.looks && !--script.looks)
		interrupt_number = SIGTERM;
	return interrupt_number;
}

static void put_header(uint8_t *header, uint32_t type, uint32_t mask,
		       uint16_t index)
{
	put_le32(header, type);
	put_le32(header + 4, 20);
	put_le32(header + 16, mask);
	put_le16(header + 24, index);
}

/*
 * Make an image for SEV-SNP with one VP context for each of some processors, one for
 * another platform, and another header.
 */
enum vmfw_exit __wrap_findings_check(struct source *source,
				     struct messages *messages,
				     struct vmfw_igvm *igvm);
enum vmfw_exit __wrap_findings_check(struct source *source,
				     struct messages *messages,
				     struct vmfw_igvm *igvm)
{
	static uint8_t head[(CONTEXTS + 2) * CONTEXT_SIZE];
	uint8_t *header = head;
	unsigned int i;

	(void)source;
	(void)messages;
	for (i = 0; i < script.contexts; i++, header += CONTEXT_SIZE)
		put_header(header, VMFW_IGVM_T_VP_CONTEXT, 1,
			   script.first + i);
	put_header(header, VMFW_IGVM_T_VP_CONTEXT, 2, 0);
	header += CONTEXT_SIZE;
	put_header(header, VMFW_IGVM_T_PAGE_DATA, 1, 0);
	header += CONTEXT_SIZE;
	*igvm = (struct vmfw_igvm) {
		.input = { .head = head, .stop = stop },
		.headers_end = header - head,
		.platforms = { { .type = VMFW_IGVM_SEV_SNP, .mask = 1 } },
		.nr_platforms = 1,
	};
	for (i = 0; script.nr_types && i < ARRAY_SIZE(script.types); i++)
		igvm->platforms[i] = (struct vmfw_igvm_platform) {
			.type = script.types[i],
			.mask = 1u << i,
		};
	if (script.nr_types)
		igvm->nr_platforms = script.nr_types;
	return VMFW_EXIT_OK;
}

/* Expect this exit code, and messages that begin with these words, if any. */
static void expect_result(unsigned int platform, int code, const char *first,
			  const char *second)
{
	const struct vmfw_igvm_measure_options measure = {
		.platform = platform,
		.vmm = VMFW_IGVM_VMM_QEMU,
	};
	const char *const expected[] = { first, second };
	static const struct vmfw_igvm igvm;
	uint8_t digest[VMFW_IGVM_MAX_DIGEST];
	struct messages messages;
	struct output out;
	size_t i, nr = !!first + !!second;

	memset(digest, RIGHT, sizeof(digest));
	output_begin(&out, "test", false, &messages);
	messages.program = NULL;
	assert_int_equal(measure_verify(&out, "image", &igvm, &measure, digest),
			 code);
	assert_int_equal(messages.nr, nr);
	for (i = 0; i < nr; i++) {
		assert_string_equal(messages.list[i].level,
				    strncmp(expected[i], "with ", 5) ?
				    "error" : "note");
		assert_memory_equal(messages.list[i].text, expected[i],
				    strlen(expected[i]));
	}
	messages_free(&messages);
}

/* If the tool cannot verify the ID block, the digest alone is no success. */
static void test_unverified(void **state)
{
	(void)state;
	script = (struct script) { .block_err = -ENOENT };
	expect_result(VMFW_IGVM_SEV_SNP, VMFW_EXIT_OK, NULL, NULL);
	script.block_err = -ENOMEM;
	expect_result(VMFW_IGVM_SEV_SNP, VMFW_EXIT_SYSTEM,
		      "image: cannot verify the ID block: Cannot allocate memory",
		      NULL);
	script.block_err = -EIO;
	expect_result(VMFW_IGVM_SEV_SNP, VMFW_EXIT_SYSTEM,
		      "image: cannot verify the ID block: Input/output error",
		      NULL);
	/* Other platforms have no ID block. */
	expect_result(VMFW_IGVM_TDX, VMFW_EXIT_OK, NULL, NULL);
}

static void test_id_block(void **state)
{
	static const char other[] =
		"image: the ID block (header 7) allows another digest: 2222";
	static const char hint[] =
		"with --vmm=native-zero, the digest is the one that the ID block allows";
	static const char id[] =
		"image: the signature of the ID block (header 7) does not match its ID key";
	static const char author[] =
		"image: the signature of the ID key (header 7) does not match the author key";
	static const struct {
		int digest;
		bool id_key, has_author, author_key;
		const char *first, *second;
	} table[] = {
		{ RIGHT, true, false, false, NULL, NULL },
		{ RIGHT, true, true, true, NULL, NULL },
		{ WRONG, true, true, true, other, hint },
		{ RIGHT, false, false, false, id, NULL },
		{ RIGHT, false, true, true, id, NULL },
		{ RIGHT, true, true, false, author, NULL },
		{ RIGHT, false, true, false, id, author },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script = (struct script) {
			.block = {
				.header = 7,
				.id_key = table[i].id_key,
				.has_author = table[i].has_author,
				.author_key = table[i].author_key,
			},
			.allowed = VMFW_IGVM_VMM_NATIVE_ZERO,
		};
		memset(script.block.expected, table[i].digest,
		       sizeof(script.block.expected));
		expect_result(VMFW_IGVM_SEV_SNP,
			      table[i].first ? VMFW_EXIT_VERIFY : VMFW_EXIT_OK,
			      table[i].first, table[i].second);
	}
}

/* The hint names each VMM whose digest the ID block allows. */
static void a_hint_for_each_vmm(void **state)
{
	static const char *const hints[] = {
		[VMFW_IGVM_VMM_QEMU] = "with --vmm=qemu, ",
		[VMFW_IGVM_VMM_GENERIC] = "with --vmm=generic, ",
		[VMFW_IGVM_VMM_NATIVE_ZERO] = "with --vmm=native-zero, ",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(hints); i++) {
		script = (struct script) {
			.block = { .header = 7, .id_key = true },
			.allowed = i,
		};
		memset(script.block.expected, WRONG,
		       sizeof(script.block.expected));
		expect_result(VMFW_IGVM_SEV_SNP, VMFW_EXIT_VERIFY,
			      "image: the ID block (header 7) allows another digest: 2222",
			      hints[i]);
	}
}

static int end_signal(void **state)
{
	(void)state;
	interrupt_number = 0;
	return 0;
}

/* After a signal, id_block_find() may not know the policy that the key signed. */
static void test_signal(void **state)
{
	(void)state;
	script = (struct script) { .block_err = 0 };
	interrupt_number = SIGTERM;
	memset(script.block.expected, RIGHT, sizeof(script.block.expected));
	expect_result(VMFW_IGVM_SEV_SNP, VMFW_EXIT_OK, NULL, NULL);
	script.block_err = -ENOMEM;
	expect_result(VMFW_IGVM_SEV_SNP, VMFW_EXIT_OK, NULL, NULL);
}

static void test_vbs(void **state)
{
	(void)state;
	script = (struct script) {
		.vbs = { .header = 7, .algorithm = VBS_DIGEST_SHA256 },
	};
	expect_result(VMFW_IGVM_VSM_ISOLATION, VMFW_EXIT_OK, NULL, NULL);
	script.has_vbs = true;
	expect_result(VMFW_IGVM_VSM_ISOLATION, VMFW_EXIT_VERIFY,
		      "image: the VBS measurement (header 7) has another digest: 0000",
		      NULL);
	memset(script.vbs.digest, RIGHT, sizeof(script.vbs.digest));
	expect_result(VMFW_IGVM_VSM_ISOLATION, VMFW_EXIT_OK, NULL, NULL);
	script.vbs.algorithm = 0;
	expect_result(VMFW_IGVM_VSM_ISOLATION, VMFW_EXIT_VERIFY,
		      "image: the VBS measurement (header 7) uses algorithm 0; expected 1 (SHA-256)",
		      NULL);
	script.vbs.algorithm = 2;
	expect_result(VMFW_IGVM_VSM_ISOLATION, VMFW_EXIT_VERIFY,
		      "image: the VBS measurement (header 7) uses algorithm 2; expected 1 (SHA-256)",
		      NULL);
}

/* Compare the right digest with that of the file. Return the output in JSON. */
static const char *verify_json(unsigned int platform, int code)
{
	const struct vmfw_igvm_measure_options measure = {
		.platform = platform,
	};
	static const struct vmfw_igvm igvm;
	uint8_t digest[VMFW_IGVM_MAX_DIGEST];
	struct messages messages;
	struct output out;
	const char *text;
	int result;

	memset(digest, RIGHT, sizeof(digest));
	capture_begin(stdout);
	output_begin(&out, "test", true, &messages);
	result = measure_verify(&out, "image", &igvm, &measure, digest);
	output_bool(&out, "after", NULL, true);
	output_finish(&out, result);
	text = capture_end();
	assert_int_equal(result, code);
	return text;
}

/* 16 bytes of the right digest, and of another one. */
#define RIGHT16		"11111111111111111111111111111111"
#define WRONG16		"22222222222222222222222222222222"

static void the_allowed_digest_in_json(void **state)
{
	(void)state;
	script = (struct script) {
		.block = { .header = 7, .id_key = true },
		.has_vbs = true,
		.vbs = { .header = 8, .algorithm = VBS_DIGEST_SHA256 },
	};
	memset(script.block.expected, RIGHT, sizeof(script.block.expected));
	memset(script.vbs.digest, WRONG, sizeof(script.vbs.digest));
	assert_non_null(strstr(verify_json(VMFW_IGVM_SEV_SNP, VMFW_EXIT_OK),
		"  \"id_block\": {\n"
		"    \"header\": 7,\n"
		"    \"expected\": \"" RIGHT16 RIGHT16 RIGHT16 "\",\n"
		"    \"allowed\": true,\n"
		"    \"id_signature\": true\n"
		"  },\n"
		"  \"after\": true,\n"));
	script.block.has_author = true;
	assert_non_null(strstr(verify_json(VMFW_IGVM_SEV_SNP, VMFW_EXIT_VERIFY),
		"    \"id_signature\": true,\n"
		"    \"author_signature\": false\n"
		"  },\n"));
	assert_non_null(strstr(verify_json(VMFW_IGVM_VSM_ISOLATION,
					   VMFW_EXIT_VERIFY),
		"  \"vbs_measurement\": {\n"
		"    \"header\": 8,\n"
		"    \"algorithm\": 1,\n"
		"    \"expected\": \"" WRONG16 WRONG16 "\",\n"
		"    \"same\": false\n"
		"  },\n"
		"  \"after\": true,\n"));
}

static struct source make_source(enum source_kind kind)
{
	return (struct source) {
		.path = "image",
		.kind = kind,
		.fd = -1,
		.size = ROM_SIZE,
	};
}

/* Measure a file with these options. The caller frees the messages. */
static int measure_source(struct options *options, struct messages *messages,
			  enum source_kind kind)
{
	struct source source = make_source(kind);
	uint8_t digest[VMFW_IGVM_MAX_DIGEST];
	struct output out;

	options->ret_digest = digest;
	output_begin(&out, "test", false, messages);
	messages->program = NULL;
	return measure_any(&out, options, &source);
}

static int measure_image(struct options *options, struct messages *messages)
{
	return measure_source(options, messages, SOURCE_IGVM);
}

/* Only an interrupted read is the work of the signal. */
static void an_error_of_the_digest(void **state)
{
	static const struct {
		int err, signal, code;
		const char *text;
	} table[] = {
		{ -EINTR, SIGTERM, 128 + SIGTERM,
		  "interrupted: nothing was changed" },
		{ -EINTR, 0, VMFW_EXIT_SYSTEM,
		  "image: cannot measure this file: Interrupted system call" },
		{ -EIO, SIGTERM, VMFW_EXIT_SYSTEM,
		  "image: cannot measure this file: Input/output error" },
		{ -ESTALE, SIGTERM, VMFW_EXIT_SYSTEM,
		  "image: cannot use this file: another program changed it meanwhile" },
	};
	struct options options = { .vcpus = 0 };
	struct messages messages;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script = (struct script) { .digest_err = table[i].err };
		interrupt_number = table[i].signal;
		assert_int_equal(measure_image(&options, &messages),
				 table[i].code);
		assert_int_equal(messages.nr, 1);
		assert_string_equal(messages.list[0].text, table[i].text);
		messages_free(&messages);
	}
}

/*
 * After a signal, the tool does not know how many contexts the image has. So it
 * warns of nothing.
 */
static void warnings_about_processors(void **state)
{
	static const char missing[] =
		"image: processors without registers in the image: 1; for these, the digest contains the registers of a reset";
	static const char useless[] =
		"image: --vcpus, --cpu-signature and --vcpu-type change nothing: the image itself has the registers (processors: 2)";
	static const char alone[] =
		"--cpu-signature and --vcpu-type change nothing without --vcpus: the image has no registers";
	static const char interrupted[] = "interrupted: nothing was changed";
	static const struct {
		unsigned int contexts;
		uint32_t vcpus;
		unsigned int looks;
		uint32_t measured;
		const char *text;
		unsigned int first;
	} table[] = {
		{ 2, 3, 0, 3, missing, 0 },
		{ 2, 2, 0, 0, useless, 0 },
		/* The processors have the indices 0 and 1. */
		{ 2, 2, 0, 2, missing, 1 },
		{ 2, 0, 0, 0, useless, 0 },
		{ 0, 0, 0, 0, alone, 0 },
		{ 0, 2, 0, 2, NULL, 0 },
		/* The first walk, or the second, counts no context. */
		{ 2, 2, 1, 0, interrupted, 0 },
		{ 2, 2, 2, 0, interrupted, 0 },
		{ 2, 0, 2, 0, interrupted, 0 },
		/* The first walk counts all contexts but the last. */
		{ CONTEXTS, CONTEXTS, 2, 0, interrupted, 0 },
	};
	struct messages messages;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct options options = { .vcpus = table[i].vcpus };

		options.given[OPTION_CPU_SIGNATURE] = true;
		interrupt_number = 0;
		script = (struct script) {
			.block_err = -ENOENT,
			.contexts = table[i].contexts,
			.first = table[i].first,
			.looks = table[i].looks,
		};
		assert_int_equal(measure_image(&options, &messages),
				 table[i].looks ? 128 + SIGTERM : VMFW_EXIT_OK);
		assert_int_equal(script.launches, !table[i].looks);
		assert_int_equal(script.vcpus, table[i].measured);
		assert_int_equal(messages.nr, !!table[i].text);
		if (messages.nr)
			assert_string_equal(messages.list[0].text,
					    table[i].text);
		messages_free(&messages);
	}
}

/* Expect this exit code, and exactly this error if it is not NULL. */
static void expect_measured(struct options *options, int code,
			    const char *error)
{
	struct messages messages;

	assert_int_equal(measure_image(options, &messages), code);
	assert_int_equal(messages.nr, !!error);
	if (error)
		assert_string_equal(messages_first_error(&messages), error);
	messages_free(&messages);
}

static void the_platform_must_be_clear_and_have_a_digest(void **state)
{
	static const char unsupported[] =
		"image: cannot measure for snp: the image does not support this platform; \"inspect\" lists its platforms";
	static const struct {
		unsigned int types[2], nr_types;
		bool named;
		unsigned int platform;
		int code;
		const char *error;
	} table[] = {
		{ { VMFW_IGVM_TDX }, 1, false, 0, VMFW_EXIT_OK, NULL },
		/* The image does not have the second platform. */
		{ { VMFW_IGVM_TDX, VMFW_IGVM_SEV }, 1, false, 0, VMFW_EXIT_OK,
		  NULL },
		{ { VMFW_IGVM_NATIVE, VMFW_IGVM_TDX }, 2, false, 0,
		  VMFW_EXIT_OK, NULL },
		{ { VMFW_IGVM_SEV, VMFW_IGVM_TDX }, 2, true, VMFW_IGVM_TDX,
		  VMFW_EXIT_OK, NULL },
		{ { VMFW_IGVM_SEV, VMFW_IGVM_TDX }, 2, false, 0,
		  VMFW_EXIT_USAGE,
		  "image: this image is for several platforms; name one by --for=PLATFORM" },
		{ { VMFW_IGVM_NATIVE }, 1, false, 0, VMFW_EXIT_IMAGE,
		  "image: cannot measure this image: the tool knows no launch digest of its platforms" },
		{ { VMFW_IGVM_TDX }, 1, true, VMFW_IGVM_SEV_SNP,
		  VMFW_EXIT_IMAGE, unsupported },
		{ { VMFW_IGVM_NATIVE }, 1, true, VMFW_IGVM_NATIVE,
		  VMFW_EXIT_USAGE,
		  "--for=native: cannot measure for this platform: the tool knows no launch digest of it" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct options options = { .platform = table[i].platform };

		options.given[OPTION_FOR] = table[i].named;
		script = (struct script) { .nr_types = table[i].nr_types };
		memcpy(script.types, table[i].types, sizeof(script.types));
		expect_measured(&options, table[i].code, table[i].error);
		assert_int_equal(script.launches, !table[i].error);
	}
}

static void only_amd_measures_processors(void **state)
{
	struct options options = { .vcpus = 1 };

	(void)state;
	options.given[OPTION_VCPUS] = true;
	script = (struct script) { .types = { VMFW_IGVM_TDX }, .nr_types = 1 };
	expect_measured(&options, VMFW_EXIT_USAGE,
			"--vcpus, --cpu-signature and --vcpu-type are only for the platforms snp and sev-es: on tdx, the digest does not depend on them");
	assert_int_equal(script.launches, 0);
}

/* The tool reads a flat firmware only if the options describe its launch. */
static void flat_firmware_needs_more_options(void **state)
{
	static const char signature[] =
		"image: cannot measure flat firmware: the measured registers contain the CPU's signature; give --cpu-signature or --vcpu-type, and --vcpus for more than one processor";
	static const struct {
		bool named;
		unsigned int platform;
		enum vmfw_igvm_vmm vmm;
		const char *error;
		enum option_id given;
		const char *event_log;
	} table[] = {
		{ true, VMFW_IGVM_SEV, VMFW_IGVM_VMM_QEMU,
		  "--two-pass-add-pages is only for the platform tdx: elsewhere no host adds and measures pages in separate steps",
		  OPTION_TWO_PASS, NULL },
		{ true, VMFW_IGVM_SEV, VMFW_IGVM_VMM_QEMU,
		  "--event-log is only for the platform tdx: only a TD has RTMRs",
		  OPTION_NONE, "log" },
		{ false, VMFW_IGVM_SEV, VMFW_IGVM_VMM_QEMU,
		  "image: flat firmware names no platform; name one by --for=PLATFORM",
		  OPTION_NONE, NULL },
		{ true, VMFW_IGVM_NATIVE, VMFW_IGVM_VMM_QEMU,
		  "--for=native: cannot measure for this platform: the tool knows no launch digest of it",
		  OPTION_NONE, NULL },
		{ true, VMFW_IGVM_SEV, VMFW_IGVM_VMM_GENERIC,
		  "image: cannot measure flat firmware with --vmm=generic: this value is for IGVM images; give --vmm=qemu",
		  OPTION_NONE, NULL },
		{ true, VMFW_IGVM_SEV_SNP, VMFW_IGVM_VMM_QEMU, signature,
		  OPTION_NONE, NULL },
		{ true, VMFW_IGVM_SEV_ES, VMFW_IGVM_VMM_QEMU, signature,
		  OPTION_NONE, NULL },
	};
	struct messages messages;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct options options = {
			.platform = table[i].platform,
			.vmm = table[i].vmm,
			.event_log = table[i].event_log,
		};

		options.given[OPTION_FOR] = table[i].named;
		options.given[table[i].given] = true;
		assert_int_equal(measure_source(&options, &messages,
						SOURCE_FLAT), VMFW_EXIT_USAGE);
		assert_int_equal(messages.nr, 1);
		assert_string_equal(messages.list[0].text, table[i].error);
		messages_free(&messages);
	}
}

static void the_options_must_describe_the_processors(void **state)
{
	static const char no_cpu[] =
		"--vcpus needs --cpu-signature or --vcpu-type: the measured registers of further processors contain the CPU's signature";
	static const char generic[] =
		"--vcpus is not for --vmm=generic: such a VMM measures only the contents of the file";
	static const struct {
		uint32_t vcpus;
		enum vmfw_igvm_launcher launcher;
		enum vmfw_igvm_vmm vmm;
		bool cpu;
		const char *error;
	} table[] = {
		{ 0, VMFW_IGVM_LAUNCHER_KVM, VMFW_IGVM_VMM_GENERIC, false,
		  NULL },
		{ 1, VMFW_IGVM_LAUNCHER_KVM, VMFW_IGVM_VMM_QEMU, false, NULL },
		{ 2, VMFW_IGVM_LAUNCHER_KVM, VMFW_IGVM_VMM_QEMU, true, NULL },
		{ 2, VMFW_IGVM_LAUNCHER_EC2, VMFW_IGVM_VMM_QEMU, false, NULL },
		{ 2, VMFW_IGVM_LAUNCHER_KVM, VMFW_IGVM_VMM_QEMU, false,
		  no_cpu },
		{ 1, VMFW_IGVM_LAUNCHER_KVM, VMFW_IGVM_VMM_GENERIC, true,
		  generic },
	};
	struct messages messages;
	struct output out = { .messages = &messages };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct options options = {
			.vcpus = table[i].vcpus,
			.launcher = table[i].launcher,
			.vmm = table[i].vmm,
		};

		options.given[OPTION_VCPU_TYPE] = table[i].cpu;
		messages_keep(&messages);
		assert_int_equal(measure_check_options(&out, &options),
				 table[i].error ? VMFW_EXIT_USAGE :
						  VMFW_EXIT_OK);
		assert_int_equal(messages.nr, !!table[i].error);
		if (messages.nr)
			assert_string_equal(messages.list[0].text,
					    table[i].error);
		messages_free(&messages);
	}
}

/*
 * Return all that measure writes about a file to a stream, in text or JSON. Without a
 * capture of standard output, measure does not write to it.
 */
static const char *measure_text(const struct options *options,
				enum source_kind kind, bool json, FILE *stream)
{
	struct source source = make_source(kind);
	struct messages messages;
	struct output out;
	const char *text;
	int code;

	capture_begin(stream);
	output_begin(&out, "test", json, &messages);
	messages.program = NULL;
	messages.quiet = stream != stdout;
	code = measure_any(&out, options, &source);
	output_finish(&out, code);
	text = capture_end();
	assert_int_equal(code, VMFW_EXIT_OK);
	return text;
}

#define RIGHT48		RIGHT16 RIGHT16 RIGHT16
#define WRONG48		WRONG16 WRONG16 WRONG16
#define RIGHT_BASE64	"ERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERER"

static void the_steps_of_a_trace(void **state)
{
	struct options options = { .vcpus = 0 };

	(void)state;
	options.given[OPTION_TRACE] = true;
	options.given[OPTION_BASE64] = true;
	script = (struct script) {
		.block_err = -ENOENT,
		.allowed = VMFW_IGVM_VMM_GENERIC,
	};
	assert_non_null(strstr(measure_text(&options, SOURCE_IGVM, true, stdout),
		"  \"steps\": [\n"
		"    {\n"
		"      \"gpa\": \"0xfffff000\",\n"
		"      \"kind\": \"normal\",\n"
		"      \"digest\": \"" WRONG48 "\"\n"
		"    },\n"
		"    {\n"
		"      \"header\": 3,\n"
		"      \"gpa\": \"0xffffefff\",\n"
		"      \"kind\": \"normal\",\n"
		"      \"contents\": \"" WRONG48 "\",\n"
		"      \"digest\": \"" RIGHT48 "\"\n"
		"    },\n"
		"    {\n"
		"      \"header\": 0,\n"
		"      \"gpa\": \"0x100000000\",\n"
		"      \"kind\": \"normal\",\n"
		"      \"contents\": \"" RIGHT48 "\"\n"
		"    },\n"
		"    {\n"
		"      \"header\": 5,\n"
		"      \"gpa\": \"0xfffffffff000\",\n"
		"      \"kind\": \"vmsa\",\n"
		"      \"contents\": \"" WRONG48 "\",\n"
		"      \"digest\": \"" RIGHT48 "\"\n"
		"    }\n"
		"  ],\n"
		"  \"digest\": \"" RIGHT48 "\",\n"
		"  \"digest_base64\": \"" RIGHT_BASE64 "\",\n"
		"  \"messages\": [],\n"));
	assert_string_equal(measure_text(&options, SOURCE_IGVM, false, stderr),
		"0x0000fffff000 normal      - " WRONG48 "\n"
		"0x0000ffffefff normal      " WRONG48 " " RIGHT48 "\n"
		"0x000100000000 normal      " RIGHT48 " -\n"
		"0xfffffffff000 vmsa        " WRONG48 " " RIGHT48 "\n");
}

static void the_digest_stands_alone_on_standard_output(void **state)
{
	struct options options = { .vcpus = 0 };

	(void)state;
	script = (struct script) {
		.block_err = -ENOENT,
		.allowed = VMFW_IGVM_VMM_GENERIC,
	};
	assert_string_equal(measure_text(&options, SOURCE_IGVM, false, stdout),
			    RIGHT48 "\n");
	assert_false(script.traces);
	options.given[OPTION_BASE64] = true;
	assert_string_equal(measure_text(&options, SOURCE_IGVM, false, stdout),
			    RIGHT_BASE64 "\n");
}

static void the_caller_gets_the_digest_instead(void **state)
{
	uint8_t digest[VMFW_IGVM_MAX_DIGEST] = { 0 };
	const struct options options = { .ret_digest = digest };
	uint8_t right[VMFW_IGVM_MAX_DIGEST];

	(void)state;
	script = (struct script) {
		.block_err = -ENOENT,
		.allowed = VMFW_IGVM_VMM_GENERIC,
	};
	memset(right, RIGHT, sizeof(right));
	assert_string_equal(measure_text(&options, SOURCE_IGVM, false, stdout),
			    "");
	assert_memory_equal(digest, right, sizeof(right));
}

/* No VMM has the digest that the image allows. */
static void the_id_block_decides_the_exit_code(void **state)
{
	struct options options = { .vcpus = 0 };
	struct messages messages;

	(void)state;
	script = (struct script) { .block = { .header = 7, .id_key = true } };
	memset(script.block.expected, 0x33, sizeof(script.block.expected));
	assert_int_equal(measure_image(&options, &messages), VMFW_EXIT_VERIFY);
	assert_int_equal(messages.nr, 1);
	messages_free(&messages);
}

/* The digest of a flat firmware without the sections below it can be published. */
static void the_digest_after_the_pages_of_a_firmware(void **state)
{
	struct options options = { .platform = VMFW_IGVM_SEV };

	(void)state;
	options.given[OPTION_FOR] = true;
	script = (struct script) { .allowed = VMFW_IGVM_VMM_GENERIC };
	assert_string_equal(measure_text(&options, SOURCE_FLAT, true, stdout),
		"{\n"
		"  \"schema\": 1,\n"
		"  \"platform\": \"sev\",\n"
		"  \"algorithm\": \"sha256\",\n"
		"  \"vmm\": \"qemu\",\n"
		"  \"firmware_digest\": \"" WRONG16 WRONG16 "\",\n"
		"  \"digest\": \"" RIGHT16 RIGHT16 "\",\n"
		"  \"messages\": [],\n"
		"  \"exit_code\": 0\n"
		"}\n");
	assert_string_equal(measure_text(&options, SOURCE_FLAT, false, stderr),
			    "");
}

/* Registers are for at least one processor. Only KVM's contain the signature. */
static void assumptions_in_json(void **state)
{
	static const struct {
		enum source_kind kind;
		unsigned int platform;
		enum vmfw_igvm_vmm vmm;
		enum vmfw_igvm_launcher launcher;
		uint32_t vcpus;
		const char *text;
	} table[] = {
#define AMD(vmm, page, order)					\
	"{\n"							\
	"  \"schema\": 1,\n"					\
	"  \"platform\": \"snp\",\n"				\
	"  \"algorithm\": \"sha384\",\n"			\
	"  \"vmm\": \"" vmm "\",\n"				\
	"  \"page_without_data\": \"" page "\",\n"		\
	"  \"vmsa_order\": \"" order "\",\n"
#define VCPUS(nr)	"  \"vcpus\": " nr ",\n"
#define SIGNATURE	"  \"cpu_signature\": \"0xa00f11\",\n"
#define FLAT		"  \"first_processor_starts_at\": "
		{ SOURCE_FLAT, VMFW_IGVM_SEV_SNP, VMFW_IGVM_VMM_QEMU,
		  VMFW_IGVM_LAUNCHER_KVM, 3,
		  AMD("qemu", "normal", "last") VCPUS("3") SIGNATURE FLAT },
		{ SOURCE_FLAT, VMFW_IGVM_SEV_SNP, VMFW_IGVM_VMM_NATIVE_ZERO,
		  VMFW_IGVM_LAUNCHER_KVM, 0,
		  AMD("native-zero", "zero", "last") VCPUS("1") SIGNATURE FLAT },
		{ SOURCE_FLAT, VMFW_IGVM_SEV_SNP, VMFW_IGVM_VMM_QEMU,
		  VMFW_IGVM_LAUNCHER_EC2, 2,
		  AMD("ec2", "normal", "last") VCPUS("2") FLAT },
		{ SOURCE_FLAT, VMFW_IGVM_SEV_SNP, VMFW_IGVM_VMM_QEMU,
		  VMFW_IGVM_LAUNCHER_GCE, 2,
		  AMD("gce", "normal", "last") VCPUS("2") FLAT },
		{ SOURCE_IGVM, VMFW_IGVM_SEV_SNP, VMFW_IGVM_VMM_GENERIC,
		  VMFW_IGVM_LAUNCHER_KVM, 0,
		  AMD("generic", "normal", "file") "  \"digest\": " },
		{ SOURCE_FLAT, VMFW_IGVM_TDX, VMFW_IGVM_VMM_QEMU,
		  VMFW_IGVM_LAUNCHER_KVM, 7,
		  "{\n"
		  "  \"schema\": 1,\n"
		  "  \"platform\": \"tdx\",\n"
		  "  \"algorithm\": \"sha384\",\n"
		  "  \"vmm\": \"qemu\",\n"
		  "  \"two_pass_add_pages\": false,\n" },
	};
	size_t i;

	(void)state;
	script = (struct script) { .block_err = -ENOENT };
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct options options = {
			.platform = table[i].platform,
			.vmm = table[i].vmm,
			.launcher = table[i].launcher,
			.vcpus = table[i].vcpus,
			.cpu_signature = 0xa00f11,
		};
		const char *text;

		options.given[OPTION_FOR] = true;
		options.given[OPTION_CPU_SIGNATURE] =
			table[i].kind == SOURCE_FLAT &&
			table[i].launcher == VMFW_IGVM_LAUNCHER_KVM;
		text = measure_text(&options, table[i].kind, true, stdout);
		assert_memory_equal(text, table[i].text, strlen(table[i].text));
	}
}

static void flat_firmware_ends_with_the_first_error(void **state)
{
	static const struct {
		enum vmfw_exit read_code;
		int rom_code, digest_err, code;
		unsigned int launches;
	} table[] = {
		{ VMFW_EXIT_OK, VMFW_EXIT_OK, 0, VMFW_EXIT_OK, 1 },
		{ VMFW_EXIT_SYSTEM, VMFW_EXIT_OK, 0, VMFW_EXIT_SYSTEM, 0 },
		{ VMFW_EXIT_OK, VMFW_EXIT_IMAGE, 0, VMFW_EXIT_IMAGE, 0 },
		{ VMFW_EXIT_OK, VMFW_EXIT_OK, -EIO, VMFW_EXIT_SYSTEM, 1 },
	};
	struct options options = { .platform = VMFW_IGVM_SEV };
	struct messages messages;
	size_t i;

	(void)state;
	options.given[OPTION_FOR] = true;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script = (struct script) {
			.read_code = table[i].read_code,
			.rom_code = table[i].rom_code,
			.digest_err = table[i].digest_err,
		};
		assert_int_equal(measure_source(&options, &messages,
						SOURCE_FLAT), table[i].code);
		assert_int_equal(script.launches, table[i].launches);
		messages_free(&messages);
	}
	script = (struct script) { .no_memory = true };
	assert_int_equal(measure_source(&options, &messages, SOURCE_FLAT),
			 VMFW_EXIT_SYSTEM);
	assert_string_equal(messages_first_error(&messages),
			    "image: cannot measure this file: Cannot allocate memory");
	messages_free(&messages);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unverified),
		cmocka_unit_test(test_id_block),
		cmocka_unit_test(a_hint_for_each_vmm),
		cmocka_unit_test_teardown(test_signal, end_signal),
		cmocka_unit_test(test_vbs),
		cmocka_unit_test(the_allowed_digest_in_json),
		cmocka_unit_test(the_platform_must_be_clear_and_have_a_digest),
		cmocka_unit_test(only_amd_measures_processors),
		cmocka_unit_test(flat_firmware_needs_more_options),
		cmocka_unit_test(the_options_must_describe_the_processors),
		cmocka_unit_test(the_steps_of_a_trace),
		cmocka_unit_test(the_digest_stands_alone_on_standard_output),
		cmocka_unit_test(the_caller_gets_the_digest_instead),
		cmocka_unit_test(the_id_block_decides_the_exit_code),
		cmocka_unit_test(the_digest_after_the_pages_of_a_firmware),
		cmocka_unit_test(assumptions_in_json),
		cmocka_unit_test(flat_firmware_ends_with_the_first_error),
		cmocka_unit_test_teardown(an_error_of_the_digest, end_signal),
		cmocka_unit_test_teardown(warnings_about_processors,
					  end_signal),
	};

	return cmocka_run_group_tests_name("measure", tests, NULL, NULL);
}

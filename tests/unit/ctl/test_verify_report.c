// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of verify --report: files that the tool cannot read, signals, and the
 * output about a report.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../lib/tree.h"
#include "attest/appraise.h"
#include "attest/tsm.h"
#include "base/exit.h"
#include "base/infile.h"
#include "interrupt.h"
#include "shared/macro.h"
#include "verb.h"

#define REPORT	"report"
#define NONCE	"nonce"
#define PEM	"amd.pem"
#define ABSENT	"absent"
#define LARGE	"large"
/* A quarter of the digits of a digest. */
#define ZEROES	"000000000000000000000000"
#define AB_64	"abababababababababababababababababababababababababababababababab"
#define SEVENS	"070707070707070707070707070707070707070707070707"
#define ZEROES_64	ZEROES ZEROES "0000000000000000"

/**
 * struct script - the results of the replaced functions, and their calls
 * @unreadable: the file that infile_read() cannot read
 * @read_err: its result for that file, or 0
 * @nonce: the nonce to expect, or NULL
 * @appraisal: the appraisal of the report
 * @appraise_err: result of appraise_report()
 * @appraisals: number of its calls
 * @measure_code: result of measure_any()
 */
static struct script {
	const char *unreadable;
	int read_err;
	const char *nonce;
	struct appraisal appraisal;
	int appraise_err;
	unsigned int appraisals;
	int measure_code;
} script;

static char top[] = "/tmp/vmfwupdate-test.XXXXXX";

int __real_infile_read(void *arg, uint64_t offset, void *buf, size_t len);
int __wrap_infile_read(void *arg, uint64_t offset, void *buf, size_t len);
int __wrap_infile_read(void *arg, uint64_t offset, void *buf, size_t len)
{
	const struct infile *file = arg;

	if (script.read_err && !strcmp(file->path, script.unreadable))
		return script.read_err;
	return __real_infile_read(arg, offset, buf, len);
}

int __wrap_appraise_report(struct appraisal *appraisal, const uint8_t *report,
			   size_t len, const struct appraise_rules *rules);
int __wrap_appraise_report(struct appraisal *appraisal, const uint8_t *report,
			   size_t len, const struct appraise_rules *rules)
{
	uint8_t nonce[REPORT_NONCE] = { 0 };

	assert_int_equal(len, strlen("the report"));
	assert_memory_equal(report, "the report", len);
	if (script.nonce) {
		memcpy(nonce, script.nonce, strlen(script.nonce));
		assert_memory_equal(rules->nonce, nonce, sizeof(nonce));
	} else {
		assert_null(rules->nonce);
	}
	*appraisal = script.appraisal;
	script.appraisals++;
	return script.appraise_err;
}

int __wrap_measure_any(struct output *out, const struct options *options,
		       struct source *source);
int __wrap_measure_any(struct output *out, const struct options *options,
		       struct source *source)
{
	assert_true(options_given(options, OPTION_FOR));
	assert_int_equal(options->platform, script.appraisal.platform);
	assert_string_equal(source->path, PEM);
	output_string(out, "measured", NULL, "the image");
	memset(options->ret_digest, 7, REPORT_DIGEST);
	return script.measure_code;
}

/* Make the files, and a report of SEV-SNP that is signed. */
static int set_up(void **state)
{
	(void)state;
	script = (struct script) {
		.nonce = "the nonce",
		.appraisal = {
			.platform = VMFW_IGVM_SEV_SNP,
			.readable = true,
			.version = 3,
			.policy = 0x30000,
			.vmpl = 1,
			.signed_right = true,
			.tcb = {
				.known = { true, true, true, true, true },
				.version = { 1, 2, 3, 4, 255 },
			},
			.result = APPRAISE_GOOD,
		},
	};
	interrupt_number = 0;
	strcpy(top, "/tmp/vmfwupdate-test.XXXXXX");
	assert_non_null(mkdtemp(top));
	assert_int_equal(chdir(top), 0);
	tree_write(top, "/" REPORT, "the report");
	tree_write(top, "/" NONCE, "the nonce");
	tree_write(top, "/" PEM, "");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	interrupt_number = 0;
	return chdir("/") || tree_remove(top);
}

static struct options report_options(void)
{
	struct options options = {
		.report = {
			.path = REPORT,
			.nonce = "@" NONCE,
			.certificates = { PEM },
			.nr_certificates = 1,
		},
	};

	options.given[OPTION_DIGEST] = true;
	return options;
}

/*
 * Expect this exit code, and exactly this error if it is not NULL. In any case,
 * verify closes all files.
 */
static void expect_result(const struct options *options, int code,
			  const char *error)
{
	unsigned int open = tree_count_descriptors();
	struct messages messages;

	assert_int_equal(verb_run(&verb_verify, options, &messages), code);
	assert_int_equal(messages.nr, !!error);
	if (error)
		assert_string_equal(messages_first_error(&messages), error);
	messages_free(&messages);
	assert_int_equal(tree_count_descriptors(), open);
}

/* Only an interrupted read is the work of the signal. */
static void a_file_that_verify_cannot_read(void **state)
{
	static const char interrupted[] = "interrupted: nothing was changed";
	static const struct {
		const char *file;
		int err, signal, code;
		const char *error;
	} table[] = {
		{ REPORT, -EIO, 0, VMFW_EXIT_SYSTEM,
		  REPORT ": cannot use this file: Input/output error" },
		{ REPORT, -EIO, SIGTERM, VMFW_EXIT_SYSTEM,
		  REPORT ": cannot use this file: Input/output error" },
		{ REPORT, -EINTR, 0, VMFW_EXIT_SYSTEM,
		  REPORT ": cannot use this file: Interrupted system call" },
		{ REPORT, -EINTR, SIGTERM, 128 + SIGTERM, interrupted },
		{ NONCE, -EIO, SIGTERM, VMFW_EXIT_SYSTEM,
		  NONCE ": cannot use this file: Input/output error" },
		{ NONCE, -EINTR, SIGTERM, 128 + SIGTERM, interrupted },
	};
	const struct options options = report_options();
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script.unreadable = table[i].file;
		script.read_err = table[i].err;
		interrupt_number = table[i].signal;
		expect_result(&options, table[i].code, table[i].error);
	}
	assert_int_equal(script.appraisals, 0);
	/* A signal that prevented no read changes nothing. */
	script.read_err = 0;
	expect_result(&options, VMFW_EXIT_OK, NULL);
	assert_int_equal(script.appraisals, 1);
}

/* An error is no verdict. */
static void a_report_that_verify_cannot_appraise(void **state)
{
	static const char failed[] =
		"cannot verify the signature of " REPORT ": the reason";
	static const struct {
		size_t nr_certificates;
		int err, signal, code;
		const char *error;
	} table[] = {
		{ 1, -EIO, 0, VMFW_EXIT_SYSTEM, failed },
		{ 1, -EIO, SIGTERM, VMFW_EXIT_SYSTEM, failed },
		{ 1, -EINTR, 0, VMFW_EXIT_SYSTEM, failed },
		{ 1, -EINTR, SIGTERM, 128 + SIGTERM,
		  "interrupted: nothing was changed" },
		/* Without certificates, the user must first name some. */
		{ 0, -EIO, 0, VMFW_EXIT_USAGE,
		  REPORT ": a report of SEV-SNP needs --certificate=FILE for its key (VCEK or VLEK) and for AMD's keys (ASK or ASVK, and ARK)" },
	};
	struct options options = report_options();
	size_t i;

	(void)state;
	strcpy(script.appraisal.why, "the reason");
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		options.report.nr_certificates = table[i].nr_certificates;
		script.appraise_err = table[i].err;
		interrupt_number = table[i].signal;
		expect_result(&options, table[i].code, table[i].error);
	}
}

static void verify_reads_only_files_that_it_has_opened(void **state)
{
	static const char error[] =
		ABSENT ": cannot use this file: No such file or directory";
	struct options options = report_options();

	(void)state;
	script.unreadable = ABSENT;
	script.read_err = -EIO;
	options.report.path = ABSENT;
	expect_result(&options, VMFW_EXIT_SYSTEM, error);
	options = report_options();
	options.report.nonce = "@" ABSENT;
	expect_result(&options, VMFW_EXIT_SYSTEM, error);
	assert_int_equal(script.appraisals, 0);
}

static void each_file_of_certificates_must_exist(void **state)
{
	static const char *const files[][2] = {
		{ ABSENT, PEM },
		{ PEM, ABSENT },
	};
	struct options options = report_options();
	size_t i;

	(void)state;
	options.report.nr_certificates = 2;
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		memcpy(options.report.certificates, files[i], sizeof(files[i]));
		expect_result(&options, VMFW_EXIT_SYSTEM,
			      ABSENT ": cannot use this file: No such file or directory");
	}
	assert_int_equal(script.appraisals, 0);
}

/* Expect this part of the JSON output about a report that has the digest. */
static void expect_json(const char *part)
{
	const struct options options = report_options();
	const char *text;

	assert_int_equal(verb_capture(&verb_verify, &options, true, &text),
			 VMFW_EXIT_OK);
	assert_non_null(strstr(text, part));
}

static void the_parts_of_the_tcb(void **state)
{
	(void)state;
	expect_json("    \"reported_tcb\": {\n"
		    "      \"fmc\": 1,\n"
		    "      \"bootloader\": 2,\n"
		    "      \"tee\": 3,\n"
		    "      \"snp\": 4,\n"
		    "      \"microcode\": 255\n"
		    "    }");
	/* Processors before Turin have no FMC. */
	script.appraisal.tcb.known[TCB_FMC] = false;
	script.appraisal.tcb.known[TCB_MICROCODE] = false;
	expect_json("    \"reported_tcb\": {\n"
		    "      \"bootloader\": 2,\n"
		    "      \"tee\": 3,\n"
		    "      \"snp\": 4\n"
		    "    }");
}

static void one_digest_is_the_expected_one(void **state)
{
	(void)state;
	expect_json("    \"attestation\": {\n"
		    "      \"source\": \"report\",\n"
		    "      \"platform\": \"snp\",\n"
		    "      \"digest\": \"" ZEROES ZEROES ZEROES ZEROES "\",\n"
		    "      \"expected\": [\n"
		    "        \"" ZEROES ZEROES ZEROES ZEROES "\"\n"
		    "      ]\n");
}

/* The registers of further processors contain what --vcpu-type tells. */
static void the_options_of_the_image_must_be_complete(void **state)
{
	struct options options = report_options();

	(void)state;
	options.given[OPTION_DIGEST] = false;
	options.given[OPTION_VCPUS] = true;
	options.report.image = REPORT;
	options.vcpus = 2;
	expect_result(&options, VMFW_EXIT_USAGE,
		      "--vcpus needs --cpu-signature or --vcpu-type: the measured registers of further processors contain the CPU's signature");
	assert_int_equal(script.appraisals, 0);
}

static void the_values_of_a_nonce(void **state)
{
#define QUARTER	"0123456789abcdef"
#define BYTES	QUARTER QUARTER QUARTER QUARTER
#define DIGITS	"30313233343536373839616263646566"
#define INVALID(value) \
	"--nonce=" value ": invalid value; expected up to 64 bytes in hexadecimal, @FILE or any"
	static const struct {
		const char *word, *text, *nonce, *error;
	} table[] = {
		{ "any", "", NULL, NULL },
		{ "6162", "", "ab", NULL },
		{ "6B", "", "k", NULL },
		{ DIGITS DIGITS DIGITS DIGITS, "", BYTES, NULL },
		{ DIGITS DIGITS DIGITS DIGITS "00", "", NULL,
		  INVALID(DIGITS DIGITS DIGITS DIGITS "00") },
		{ "", "", NULL, INVALID("") },
		{ "616", "", NULL, INVALID("616") },
		{ "xy", "", NULL, INVALID("xy") },
		{ "@" NONCE, "k", "k", NULL },
		{ "@" NONCE, BYTES, BYTES, NULL },
		{ "@" NONCE, BYTES "k", NULL,
		  "--nonce=@" NONCE ": this file has 65 bytes; expected 1 to 64" },
		{ "@" NONCE, "", NULL,
		  "--nonce=@" NONCE ": this file has 0 bytes; expected 1 to 64" },
	};
	struct options options = report_options();
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		options.report.nonce = table[i].word;
		tree_write(top, "/" NONCE, table[i].text);
		script.nonce = table[i].nonce;
		script.appraisals = 0;
		expect_result(&options,
			      table[i].error ? VMFW_EXIT_USAGE : VMFW_EXIT_OK,
			      table[i].error);
		assert_int_equal(script.appraisals, !table[i].error);
	}
}

static void a_report_is_not_too_large(void **state)
{
	struct options options = report_options();

	(void)state;
	tree_write(top, "/" LARGE, "");
	assert_int_equal(truncate(LARGE, TSM_OUTBLOB + 1), 0);
	options.report.path = LARGE;
	expect_result(&options, VMFW_EXIT_SYSTEM,
		      LARGE ": this file is too large; expected at most 16777216 bytes");
	assert_int_equal(script.appraisals, 0);
}

/* Here, the tool cannot open standard input as a file. */
static void verify_does_not_open_standard_input_twice(void **state)
{
	struct options options = report_options();
	int saved = dup(STDIN_FILENO);

	(void)state;
	assert_true(saved >= 0);
	assert_int_equal(close(STDIN_FILENO), 0);
	assert_int_equal(open("/", O_RDONLY), STDIN_FILENO);
	options.report.certificates[0] = "-";
	expect_result(&options, VMFW_EXIT_OK, NULL);
	assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
	assert_int_equal(close(saved), 0);
}

static void options_that_belong_together(void **state)
{
	static const struct {
		const char *path, *nonce, *image;
		bool digest;
		enum option_id given;
		const char *error;
	} table[] = {
		{ NULL, "any", NULL, true, OPTION_NONCE,
		  "--nonce, --certificate, --min-tcb, --allow-*, --image, --digest and the options of \"measure\" need --report=FILE" },
		{ REPORT, "any", NULL, true, OPTION_DEVICE,
		  "cannot combine --report with --device or --root: the report is from another machine" },
		{ REPORT, "any", NULL, true, OPTION_ROOT,
		  "cannot combine --report with --device or --root: the report is from another machine" },
		{ REPORT, NULL, NULL, true, OPTION_REPORT,
		  "--report needs --nonce=VALUE, which shows that the report is new; --nonce=any accepts an old one" },
		{ REPORT, "any", NULL, false, OPTION_REPORT,
		  "--report needs one digest to expect; give either --image=FILE or --digest=DIGEST" },
		{ REPORT, "any", REPORT, true, OPTION_REPORT,
		  "--report needs one digest to expect; give either --image=FILE or --digest=DIGEST" },
		{ "-", "@-", NULL, true, OPTION_REPORT,
		  "-: cannot read more than one file from standard input" },
		{ REPORT, "any", NULL, true, OPTION_VMM_FLAT,
		  "--vmm, --vcpus and the other options of \"measure\" need --image=FILE" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct options options = report_options();

		options.report.path = table[i].path;
		options.report.nonce = table[i].nonce;
		options.report.image = table[i].image;
		options.given[OPTION_REPORT] = true;
		options.given[OPTION_DIGEST] = table[i].digest;
		options.given[table[i].given] = true;
		expect_result(&options, VMFW_EXIT_USAGE, table[i].error);
		assert_int_equal(script.appraisals, 0);
	}
}

/* A quote has no certificates of AMD, and neither a TCB nor a VMPL. */
static void options_for_the_other_kind_of_report(void **state)
{
	static const char quote[] =
		REPORT ": this is the quote of a TD: --certificate, --min-tcb and --allow-vmpl are only for reports of SEV-SNP";
	static const struct {
		unsigned int platform;
		bool readable;
		size_t nr_certificates;
		enum option_id given;
		const char *error;
	} table[] = {
		{ VMFW_IGVM_SEV_SNP, true, 1, OPTION_MIN_TCB, NULL },
		{ VMFW_IGVM_SEV_SNP, true, 0, OPTION_MIN_TCB,
		  REPORT ": a report of SEV-SNP needs --certificate=FILE for its key (VCEK or VLEK) and for AMD's keys (ASK or ASVK, and ARK)" },
		{ VMFW_IGVM_TDX, true, 0, OPTION_REPORT, NULL },
		{ VMFW_IGVM_TDX, true, 1, OPTION_REPORT, quote },
		{ VMFW_IGVM_TDX, true, 0, OPTION_MIN_TCB, quote },
		{ VMFW_IGVM_TDX, true, 0, OPTION_ALLOW_VMPL, quote },
		/* The kind is unknown. */
		{ VMFW_IGVM_TDX, false, 1, OPTION_MIN_TCB, NULL },
		{ VMFW_IGVM_SEV_SNP, false, 0, OPTION_MIN_TCB, NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct options options = report_options();

		script.appraisal.platform = table[i].platform;
		script.appraisal.readable = table[i].readable;
		options.report.nr_certificates = table[i].nr_certificates;
		options.given[table[i].given] = true;
		expect_result(&options,
			      table[i].error ? VMFW_EXIT_USAGE : VMFW_EXIT_OK,
			      table[i].error);
	}
}

/* A bad report with the expected digest proves nothing. */
static void the_verdict_about_a_report(void **state)
{
	static const struct {
		enum appraise_result result;
		bool differs;
		int code;
		const char *text;
	} table[] = {
		{ APPRAISE_GOOD, false, VMFW_EXIT_OK,
		  "running (signed): the launch digest is the expected one\n" },
		{ APPRAISE_GOOD, true, VMFW_EXIT_VERIFY,
		  "not running (signed): the launch digest is not the expected one\n" },
		{ APPRAISE_UNSIGNED, false, VMFW_EXIT_UNKNOWN,
		  "unknown (quoted): the reason\n" },
		{ APPRAISE_UNSIGNED, true, VMFW_EXIT_VERIFY,
		  "not running (quoted): the launch digest is not the expected one\n" },
		{ APPRAISE_BAD, false, VMFW_EXIT_VERIFY,
		  "not running (none): the reason\n" },
		{ APPRAISE_BAD, true, VMFW_EXIT_VERIFY,
		  "not running (none): the reason\n" },
	};
	struct options options = report_options();
	size_t i;

	(void)state;
	/* One of the two has the same bytes, but for the last one. */
	memset(options.report.digest, 7, REPORT_DIGEST);
	memset(script.appraisal.digest, 7, REPORT_DIGEST);
	strcpy(script.appraisal.why, "the reason");
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script.appraisal.result = table[i].result;
		script.appraisal.digest[REPORT_DIGEST - 1] =
			table[i].differs ? 8 : 7;
		verb_expect_text(&verb_verify, &options, table[i].code,
				 table[i].text);
	}
}

static struct options image_options(void)
{
	struct options options = report_options();

	options.given[OPTION_DIGEST] = false;
	options.given[OPTION_IMAGE] = true;
	options.report.image = PEM;
	return options;
}

static void the_image_has_the_expected_digest(void **state)
{
	const struct options options = image_options();

	(void)state;
	memset(script.appraisal.digest, 7, REPORT_DIGEST);
	verb_expect_json(&verb_verify, &options, VMFW_EXIT_OK,
			 "  \"image\": {\n"
			 "    \"file\": \"" PEM "\",\n"
			 "    \"format\": \"unknown\",\n"
			 "    \"size\": 0,\n"
			 "    \"measured\": \"the image\"\n"
			 "  },\n"
			 "  \"evidence\": {\n"
			 "    \"verdict\": \"running\",\n"
			 "    \"rung\": \"signed\",\n"
			 "    \"why\": \"the launch digest is the expected one\",\n"
			 "    \"attestation\": {\n"
			 "      \"source\": \"report\",\n"
			 "      \"platform\": \"snp\",\n"
			 "      \"digest\": \"" SEVENS SEVENS "\",\n");
	script.appraisal.digest[REPORT_DIGEST - 1] = 0;
	expect_result(&options, VMFW_EXIT_VERIFY, NULL);
}

/* Without the digest of the image, there is no verdict. */
static void an_image_that_the_tool_cannot_measure(void **state)
{
	const struct options options = image_options();

	(void)state;
	script.measure_code = VMFW_EXIT_IMAGE;
	verb_expect_text(&verb_verify, &options, VMFW_EXIT_IMAGE, "");
	assert_int_equal(script.appraisals, 1);
	/* A signal may have ended the measurement. */
	interrupt_number = SIGTERM;
	expect_result(&options, 128 + SIGTERM,
		      "interrupted: the file was not read to its end");
}

static void members_about_the_report(void **state)
{
	static const char unreadable[] =
		"  \"report\": {\n"
		"    \"file\": \"report\",\n"
		"    \"signed\": false\n"
		"  },\n"
		"  \"evidence\": {\n"
		"    \"verdict\": \"running\",\n"
		"    \"rung\": \"signed\",\n"
		"    \"why\": \"the launch digest is the expected one\"\n"
		"  },\n";

	(void)state;
	memset(script.appraisal.nonce, 0xab, REPORT_NONCE);
	expect_json("  \"report\": {\n"
		    "    \"file\": \"report\",\n"
		    "    \"platform\": \"snp\",\n"
		    "    \"version\": 3,\n"
		    "    \"nonce\": \"" AB_64 AB_64 "\",\n"
		    "    \"policy\": \"0x30000\",\n"
		    "    \"vmpl\": 1,\n"
		    "    \"signed\": true,\n"
		    "    \"root_sha256\": \"" ZEROES_64 "\",\n"
		    "    \"signing_key\": \"vcek\",\n");
	script.appraisal.signer.provider = true;
	expect_json("    \"signing_key\": \"vlek\",\n");
	script.appraisal.signed_right = false;
	expect_json("    \"vmpl\": 1,\n"
		    "    \"signed\": false\n"
		    "  },\n");
	script.appraisal.readable = false;
	expect_json(unreadable);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(a_file_that_verify_cannot_read),
		TEST(a_report_that_verify_cannot_appraise),
		TEST(verify_reads_only_files_that_it_has_opened),
		TEST(each_file_of_certificates_must_exist),
		TEST(the_parts_of_the_tcb),
		TEST(one_digest_is_the_expected_one),
		TEST(the_options_of_the_image_must_be_complete),
		TEST(the_values_of_a_nonce),
		TEST(a_report_is_not_too_large),
		TEST(verify_does_not_open_standard_input_twice),
		TEST(options_that_belong_together),
		TEST(options_for_the_other_kind_of_report),
		TEST(the_verdict_about_a_report),
		TEST(the_image_has_the_expected_digest),
		TEST(an_image_that_the_tool_cannot_measure),
		TEST(members_about_the_report),
	};

	return cmocka_run_group_tests_name("verify_report", tests, NULL, NULL);
}

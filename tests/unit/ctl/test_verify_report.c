// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of verify --report: files that the tool cannot read, signals, and the
 * output about a report.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
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
#include "base/exit.h"
#include "base/infile.h"
#include "interrupt.h"
#include "shared/macro.h"
#include "verb.h"

#define REPORT	"report"
#define NONCE	"nonce"
#define PEM	"amd.pem"
#define ABSENT	"absent"
/* A quarter of the digits of a digest. */
#define ZEROES	"000000000000000000000000"

/**
 * struct script - the results of the replaced functions, and their calls
 * @unreadable: the file that infile_read() cannot read
 * @read_err: its result for that file, or 0
 * @appraisal: the appraisal of the report
 * @appraise_err: result of appraise_report()
 * @appraisals: number of its calls
 */
static struct script {
	const char *unreadable;
	int read_err;
	struct appraisal appraisal;
	int appraise_err;
	unsigned int appraisals;
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
	static const uint8_t nonce[REPORT_NONCE] = "the nonce";

	assert_int_equal(len, strlen("the report"));
	assert_memory_equal(report, "the report", len);
	assert_memory_equal(rules->nonce, nonce, sizeof(nonce));
	*appraisal = script.appraisal;
	script.appraisals++;
	return script.appraise_err;
}

/* Make the files, and a report of SEV-SNP that is signed. */
static int set_up(void **state)
{
	(void)state;
	script = (struct script) {
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
	expect_json("      \"expected\": [\n"
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
	};

	return cmocka_run_group_tests_name("verify_report", tests, NULL, NULL);
}

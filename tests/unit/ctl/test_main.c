// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of the main function: words of a command line, and the standard files.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "capture.h"
#include "ctl/ctl.h"
#include "device/device.h"
#include "disk/fwpart.h"
#include "flow/flow.h"
#include "shared/macro.h"

#define MAX_WORDS	6
/* A descriptor that no file of the test has. */
#define FREE_FD		1000

#define TRY		"vmfwupdate-ctl: try 'vmfwupdate-ctl"
#define STATUS		"Firmware           unknown\n"

/**
 * struct script - the results of the replaced functions, and their calls
 * @fds: descriptors that the caller had closed, up to FREE_FD or -1
 * @opens: number of calls of open()
 * @closes: number of calls of close() for FREE_FD
 * @close_result: their result
 * @patient_err: result of patient_streams()
 * @catches: number of calls of interrupt_catch()
 * @acts: number of runs of a verb
 * @act_code: its result
 * @where: --disk of the last run of partition list
 */
static struct script {
	int fds[4];
	unsigned int opens;
	unsigned int closes;
	int close_result;
	int patient_err;
	unsigned int catches;
	unsigned int acts;
	int act_code;
	char where[16];
} script;

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
	if (strcmp(path, "/") || flags != (O_PATH | O_DIRECTORY))
		return __real_open(path, flags);
	return script.fds[script.opens++];
}

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
	if (fd != FREE_FD)
		return __real_close(fd);
	script.closes++;
	return script.close_result;
}

int __wrap_patient_streams(void);
int __wrap_patient_streams(void)
{
	return script.patient_err;
}

void __wrap_interrupt_catch(void);
void __wrap_interrupt_catch(void)
{
	script.catches++;
}

/* For the verb disable */
int __wrap_act_on_device(struct output *out, const struct options *options,
			 int (*act)(struct output *out, struct device *device,
				    const struct options *options));
int __wrap_act_on_device(struct output *out, const struct options *options,
			 int (*act)(struct output *out, struct device *device,
				    const struct options *options))
{
	(void)act;
	script.acts++;
	output_line(out, "a run of disable%s",
		    options_given(options, OPTION_DRY_RUN) ? ", dry" : "");
	return script.act_code;
}

/* For the verb partition list */
enum vmfw_exit __wrap_partition_list(struct partitions *found,
				     struct volumes *volumes,
				     struct messages *messages,
				     const char *where);
enum vmfw_exit __wrap_partition_list(struct partitions *found,
				     struct volumes *volumes,
				     struct messages *messages,
				     const char *where)
{
	(void)volumes;
	(void)messages;
	snprintf(script.where, sizeof(script.where), "%s", where);
	*found = (struct partitions) { 0 };
	return VMFW_EXIT_OK;
}

/* For the verb status */
enum vmfw_exit __wrap_device_open(struct device *device,
				  struct messages *messages, const char *path);
enum vmfw_exit __wrap_device_open(struct device *device,
				  struct messages *messages, const char *path)
{
	(void)messages;
	*device = (struct device) { .fd = -1, .path = path };
	return VMFW_EXIT_DEVICE;
}

enum vmfw_exit __wrap_flow_begin(struct flow *flow, struct messages *messages,
				 const struct flow_options *options);
enum vmfw_exit __wrap_flow_begin(struct flow *flow, struct messages *messages,
				 const struct flow_options *options)
{
	(void)messages;
	(void)options;
	memset(flow, 0, sizeof(*flow));
	return VMFW_EXIT_USAGE;
}

void __wrap_flow_end(struct flow *flow);
void __wrap_flow_end(struct flow *flow)
{
	(void)flow;
}

static int set_up(void **state)
{
	(void)state;
	script = (struct script) { .fds = { FREE_FD } };
	return 0;
}

/* Give a stream another file, and return a descriptor of the old one. */
static int move_stream(FILE *stream, int fd)
{
	int before;

	fflush(stream);
	before = dup(fileno(stream));
	dup2(fd, fileno(stream));
	close(fd);
	return before;
}

/*
 * Run the tool with some words. Return its exit code, and its output on one stream. The
 * other one is lost.
 */
int __real_main(int argc, char **argv);
static int run_tool(const char *const *list, FILE *stream,
		    const char **ret_text)
{
	char words[MAX_WORDS + 1][40] = { "vmfwupdate-ctl" };
	char *argv[MAX_WORDS + 2] = { words[0] };
	FILE *other = stream == stdout ? stderr : stdout;
	int before, code, nr;

	for (nr = 1; nr <= MAX_WORDS && list[nr - 1]; nr++) {
		strcpy(words[nr], list[nr - 1]);
		argv[nr] = words[nr];
	}
	script.opens = 0;
	before = move_stream(other, open("/dev/null", O_WRONLY));
	capture_begin(stream);
	code = __real_main(nr, argv);
	*ret_text = capture_end();
	close(move_stream(other, before));
	return code;
}

/**
 * struct row - a command line, and its result
 * @words: the words, up to NULL
 * @code: exit code
 * @text: output
 */
struct row {
	const char *words[MAX_WORDS];
	int code;
	const char *text;
};

static void expect_rows(const struct row *rows, size_t nr, FILE *stream)
{
	const char *text;
	size_t i;
	int code;

	for (i = 0; i < nr; i++) {
		code = run_tool(rows[i].words, stream, &text);
		assert_string_equal(text, rows[i].text);
		assert_int_equal(code, rows[i].code);
	}
}

static void errors_in_the_words(void **state)
{
	static const struct row rows[] = {
		{ { "frobnicate" }, VMFW_EXIT_USAGE,
		  "vmfwupdate-ctl: frobnicate: unknown verb\n"
		  TRY " --help'\n" },
		{ { "sttaus", "x" }, VMFW_EXIT_USAGE,
		  "vmfwupdate-ctl: sttaus: unknown verb\n"
		  "vmfwupdate-ctl: did you mean 'status'?\n"
		  TRY " --help'\n" },
		{ { "partition" }, VMFW_EXIT_USAGE,
		  "vmfwupdate-ctl: missing verb\n"
		  TRY " partition --help'\n" },
		{ { "partition", "isntall" }, VMFW_EXIT_USAGE,
		  "vmfwupdate-ctl: isntall: unknown verb\n"
		  "vmfwupdate-ctl: did you mean 'install'?\n"
		  TRY " partition --help'\n" },
		/* This is a verb, but not of the family. */
		{ { "partition", "status" }, VMFW_EXIT_USAGE,
		  "vmfwupdate-ctl: status: unknown verb\n"
		  TRY " partition --help'\n" },
		{ { "help", "sttaus" }, VMFW_EXIT_USAGE,
		  "vmfwupdate-ctl: sttaus: unknown verb\n"
		  "vmfwupdate-ctl: did you mean 'status'?\n"
		  TRY " --help'\n" },
		{ { "help", "partition", "isntall" }, VMFW_EXIT_USAGE,
		  "vmfwupdate-ctl: isntall: unknown verb\n"
		  "vmfwupdate-ctl: did you mean 'install'?\n"
		  TRY " partition --help'\n" },
		{ { "help", "disable", "extra" }, VMFW_EXIT_USAGE,
		  "vmfwupdate-ctl: extra: extra operand; help takes one verb\n" },
		{ { "help", "partition", "list", "more" }, VMFW_EXIT_USAGE,
		  "vmfwupdate-ctl: more: extra operand; help takes one verb\n" },
		{ { "disable", "one" }, VMFW_EXIT_USAGE,
		  "vmfwupdate-ctl: one: extra operand; disable takes none\n"
		  TRY " disable --help'\n" },
		{ { "check", "one", "two", "three" }, VMFW_EXIT_USAGE,
		  "vmfwupdate-ctl: two: extra operand; check takes FILE\n"
		  TRY " check --help'\n" },
		{ { "check" }, VMFW_EXIT_USAGE,
		  "vmfwupdate-ctl: check needs FILE\n"
		  TRY " check --help'\n" },
		{ { "--zzz" }, VMFW_EXIT_USAGE,
		  "vmfwupdate-ctl: --zzz: unknown option\n"
		  TRY " --help'\n" },
		{ { "help", "--zzz", "disable" }, VMFW_EXIT_USAGE,
		  "vmfwupdate-ctl: --zzz: unknown option\n"
		  TRY " help --help'\n" },
		{ { "disable", "--zzz" }, VMFW_EXIT_USAGE,
		  "vmfwupdate-ctl: --zzz: unknown option\n"
		  TRY " disable --help'\n" },
	};

	(void)state;
	expect_rows(rows, ARRAY_SIZE(rows), stderr);
	assert_int_equal(script.acts, 0);
}

static void the_verb_runs_with_its_options(void **state)
{
	static const struct row rows[] = {
		{ { "disable" }, VMFW_EXIT_REFUSED, "a run of disable\n" },
		{ { "disable", "--dry-run" }, VMFW_EXIT_REFUSED,
		  "a run of disable, dry\n" },
		{ { "--quiet", "disable" }, VMFW_EXIT_REFUSED, "" },
		{ { "--", "disable" }, VMFW_EXIT_REFUSED,
		  "a run of disable\n" },
		{ { "partition", "list", "--disk=disk" }, VMFW_EXIT_OK,
		  "there is no firmware partition\n" },
		{ { "partition", "--quiet", "list" }, VMFW_EXIT_OK, "" },
		/* Without a verb */
		{ { NULL }, VMFW_EXIT_DEVICE, STATUS },
		{ { "--quiet" }, VMFW_EXIT_DEVICE, "" },
		{ { "status" }, VMFW_EXIT_DEVICE, STATUS },
		{ { "--version" }, VMFW_EXIT_OK,
		  "vmfwupdate-ctl " VMFWUPDATE_VERSION "\n" },
		{ { "-V", "disable" }, VMFW_EXIT_OK,
		  "vmfwupdate-ctl " VMFWUPDATE_VERSION "\n" },
		{ { "__complete", "partition", "li" }, VMFW_EXIT_OK,
		  "list\tlist partitions for firmware, on any disk\n" },
		{ { "__complete" }, VMFW_EXIT_OK, "" },
	};

	(void)state;
	script.act_code = VMFW_EXIT_REFUSED;
	expect_rows(rows, 5, stdout);
	assert_string_equal(script.where, "disk");
	expect_rows(rows + 5, ARRAY_SIZE(rows) - 5, stdout);
	assert_string_equal(script.where, PARTITION_ANY);
	assert_int_equal(script.catches, ARRAY_SIZE(rows));
}

/* Each of these forms prints help, and runs no verb. */
static void help_about_the_tool_and_its_verbs(void **state)
{
	static const struct row rows[] = {
		{ { "--help" }, 0, "[VERB] [options] [operand]" },
		{ { "help" }, 0, "[VERB] [options] [operand]" },
		{ { "-h", "disable" }, 0, "[VERB] [options] [operand]" },
		{ { "disable", "--help" }, 0, "disable [options]" },
		{ { "disable", "-h", "extra" }, 0, "disable [options]" },
		{ { "help", "disable" }, 0, "disable [options]" },
		{ { "partition", "--help" }, 0, "partition [options] VERB" },
		{ { "help", "partition" }, 0, "partition [options] VERB" },
		{ { "help", "partition", "list" }, 0,
		  "partition list [options]" },
		{ { "partition", "list", "--help" }, 0,
		  "partition list [options]" },
	};
	char begin[80];
	const char *text;
	size_t i;
	int code;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		snprintf(begin, sizeof(begin), "\nUsage:\n vmfwupdate-ctl %s\n",
			 rows[i].text);
		code = run_tool(rows[i].words, stdout, &text);
		assert_memory_equal(text, begin, strlen(begin));
		assert_int_equal(code, VMFW_EXIT_OK);
	}
	assert_int_equal(script.acts, 0);
}

/* Errors in the command line are JSON, too, if one of its words asks for JSON. */
static void words_that_ask_for_json(void **state)
{
	static const struct {
		const char *words[MAX_WORDS];
		bool json;
	} table[] = {
		{ { "frobnicate", "--json" }, true },
		{ { "frobnicate", "--j" }, true },
		{ { "--js", "frobnicate" }, true },
		{ { "frobnicate", "-j" }, true },
		{ { "frobnicate", "-qj" }, true },
		{ { "frobnicate", "-o", "--", "-j" }, true },
		{ { "frobnicate", "--output=x", "-j" }, true },
		{ { "frobnicate", "--quiet", "-j" }, true },
		{ { "frobnicate", "xo", "-j" }, true },
		{ { "frobnicate" }, false },
		{ { "frobnicate", "--jsonx" }, false },
		{ { "frobnicate", "--jx" }, false },
		{ { "frobnicate", "json" }, false },
		{ { "frobnicate", "xj" }, false },
		{ { "frobnicate", "--", "--json" }, false },
		{ { "frobnicate", "-oj" }, false },
		{ { "frobnicate", "-o", "-j" }, false },
		{ { "frobnicate", "--output", "--json" }, false },
	};
	const char *text;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		assert_int_equal(run_tool(table[i].words, stdout, &text),
				 VMFW_EXIT_USAGE);
		assert_int_equal(*text == '{', table[i].json);
	}
}

static void completion_is_text(void **state)
{
	static const struct row row = {
		{ "__complete", "--json", "disable", "--js" }, VMFW_EXIT_OK,
		"--json\tprint one JSON object\n"
	};

	(void)state;
	expect_rows(&row, 1, stdout);
}

static void json_names_the_verb(void **state)
{
	static const struct row rows[] = {
		{ { "disable", "--json" }, VMFW_EXIT_OK,
		  "{\n"
		  "  \"schema\": 1,\n"
		  "  \"verb\": \"disable\",\n"
		  "  \"messages\": [],\n"
		  "  \"exit_code\": 0\n"
		  "}\n" },
		{ { "partition", "list", "-j" }, VMFW_EXIT_OK,
		  "{\n"
		  "  \"schema\": 1,\n"
		  "  \"verb\": \"partition list\",\n"
		  "  \"partitions\": [],\n"
		  "  \"messages\": [],\n"
		  "  \"exit_code\": 0\n"
		  "}\n" },
		{ { "--version", "--json" }, VMFW_EXIT_OK,
		  "{\n"
		  "  \"schema\": 1,\n"
		  "  \"version\": \"" VMFWUPDATE_VERSION "\",\n"
		  "  \"messages\": [],\n"
		  "  \"exit_code\": 0\n"
		  "}\n" },
	};

	(void)state;
	expect_rows(rows, ARRAY_SIZE(rows), stdout);
}

/* Otherwise a disk could get the number of standard error. */
static void closed_standard_files_get_descriptors(void **state)
{
	static const struct {
		int fds[4];
		unsigned int opens;
	} table[] = {
		{ { FREE_FD }, 1 },
		{ { 0, FREE_FD }, 2 },
		{ { 2, FREE_FD }, 2 },
		{ { 0, 1, 2, FREE_FD }, 4 },
	};
	static const char *const words[] = { "disable", NULL };
	const char *text;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		memcpy(script.fds, table[i].fds, sizeof(script.fds));
		script.closes = 0;
		assert_int_equal(run_tool(words, stdout, &text), VMFW_EXIT_OK);
		assert_int_equal(script.opens, table[i].opens);
		assert_int_equal(script.closes, 1);
	}
	script.acts = 0;
	script.close_result = -1;
	assert_int_equal(run_tool(words, stdout, &text), VMFW_EXIT_SYSTEM);
	script.close_result = 0;
	script.fds[0] = -1;
	assert_int_equal(run_tool(words, stdout, &text), VMFW_EXIT_SYSTEM);
	assert_int_equal(script.acts, 0);
}

static void a_warning_about_readers_that_may_miss_output(void **state)
{
	static const struct row row = {
		{ "disable" }, VMFW_EXIT_OK,
		"vmfwupdate-ctl: warning: cannot make the output wait for slow readers: Cannot allocate memory; they may miss some of it\n"
	};

	(void)state;
	script.patient_err = -ENOMEM;
	expect_rows(&row, 1, stderr);
	assert_int_equal(script.acts, 1);
}

/* The linker makes this function the entry, because main() is that of the tool. */
int __wrap_main(void);
int __wrap_main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)	cmocka_unit_test_setup(name, set_up)
		TEST(errors_in_the_words),
		TEST(the_verb_runs_with_its_options),
		TEST(help_about_the_tool_and_its_verbs),
		TEST(words_that_ask_for_json),
		TEST(completion_is_text),
		TEST(json_names_the_verb),
		TEST(closed_standard_files_get_descriptors),
		TEST(a_warning_about_readers_that_may_miss_output),
	};

	return cmocka_run_group_tests_name("main", tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of the output: each kind of value, as text and as JSON. In nested JSON,
 * wrong calls by a verb abort the tool before they damage memory.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/exit.h"
#include "capture.h"
#include "ctl/output.h"
#include "shared/macro.h"

/* There is no memory for the next text. */
static bool no_memory;

int __real_vasprintf(char **text, const char *format, va_list args);
int __wrap_vasprintf(char **text, const char *format, va_list args);
__attribute__((format(printf, 2, 0)))
int __wrap_vasprintf(char **text, const char *format, va_list args)
{
	/* The GNU C library may leave the pointer unset. */
	if (!no_memory)
		return __real_vasprintf(text, format, args);
	no_memory = false;
	return -1;
}

/* Standard error is a terminal. */
static bool on_terminal;

int __wrap_isatty(int fd);
int __wrap_isatty(int fd)
{
	return fd == STDERR_FILENO && on_terminal;
}

static void nest(unsigned int opened, unsigned int closed)
{
	struct messages messages;
	struct output out;

	output_begin(&out, "test", true, &messages);
	while (opened--)
		output_array(&out, out.depth == 1 ? "list" : NULL);
	while (closed--)
		output_end(&out);
	_exit(output_finish(&out, VMFW_EXIT_OK));
}

/* Open and close arrays in another process. Return its wait status. */
static int nest_apart(unsigned int opened, unsigned int closed)
{
	static const struct rlimit no_core;
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		if (setrlimit(RLIMIT_CORE, &no_core) ||
		    !freopen("/dev/null", "w", stdout) ||
		    !freopen("/dev/null", "w", stderr))
			_exit(VMFW_EXIT_SYSTEM);
		nest(opened, closed);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void expect_abort(int status)
{
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

/* The outermost object counts as a level, too. */
static void test_depth(void **state)
{
	unsigned int most = OUTPUT_MAX_DEPTH - 1;

	(void)state;
	assert_int_equal(nest_apart(most, 0), 0);
	assert_int_equal(nest_apart(most, most), 0);
	expect_abort(nest_apart(most + 1, 0));
}

static void test_ends(void **state)
{
	(void)state;
	assert_int_equal(nest_apart(0, 0), 0);
	expect_abort(nest_apart(0, 1));
	expect_abort(nest_apart(2, 3));
}

/* Print each kind of value for both forms, for text alone and for JSON alone. */
static void print_values(struct output *out)
{
	output_string(out, "word", "Word", "two words");
	output_string(out, NULL, "Text", "only");
	output_string(out, "json", NULL, "only");
	output_number(out, "number", "Number", UINT64_MAX);
	output_number(out, NULL, "Text number", 1);
	output_number(out, "json_number", NULL, 2);
	output_hex(out, "hex", "Hex", 0xabcdef0123456789);
	output_hex(out, NULL, "Text hex", 1);
	output_hex(out, "json_hex", NULL, 0);
	output_size(out, "size", "Size", 2048);
	output_size(out, NULL, "Text size", 1023);
	output_size(out, "json_size", NULL, 0);
	output_bool(out, "yes", "Yes", true);
	output_bool(out, NULL, "Text no", false);
	output_bool(out, "json_no", NULL, false);
	output_array(out, "empty");
	output_end(out);
	output_object(out, "object");
	output_number(out, "one", NULL, 1);
	output_number(out, NULL, NULL, 2);
	output_end(out);
	output_line(out, "a line with %d and %s", 7, "\x1b");
	output_raw(out, "raw\n");
}

/* As after an error of a verb, some arrays and objects are not closed. */
static void test_json(void **state)
{
	struct messages messages;
	struct output out;
	const char *text;
	int code;

	(void)state;
	capture_begin(stdout);
	output_begin(&out, "test", true, &messages);
	print_values(&out);
	output_detail(&out, "detail");
	output_wrapped(&out, "wrapped");
	message_error(&messages, "one");
	message_warning(&messages, "two");
	message_note(&messages, "three");
	messages.dropped = 5;
	output_array(&out, "list");
	output_string(&out, NULL, NULL, "first");
	output_object(&out, NULL);
	output_bool(&out, "last", NULL, true);
	code = output_finish(&out, VMFW_EXIT_IMAGE);
	text = capture_end();
	assert_int_equal(code, VMFW_EXIT_IMAGE);
	assert_string_equal(text,
		"{\n"
		"  \"schema\": 1,\n"
		"  \"word\": \"two words\",\n"
		"  \"json\": \"only\",\n"
		"  \"number\": 18446744073709551615,\n"
		"  \"json_number\": 2,\n"
		"  \"hex\": \"0xabcdef0123456789\",\n"
		"  \"json_hex\": \"0x0\",\n"
		"  \"size\": 2048,\n"
		"  \"json_size\": 0,\n"
		"  \"yes\": true,\n"
		"  \"json_no\": false,\n"
		"  \"empty\": [],\n"
		"  \"object\": {\n"
		"    \"one\": 1\n"
		"  },\n"
		"  \"list\": [\n"
		"    \"first\",\n"
		"    {\n"
		"      \"last\": true\n"
		"    }\n"
		"  ],\n"
		"  \"messages\": [\n"
		"    {\n"
		"      \"level\": \"error\",\n"
		"      \"text\": \"one\"\n"
		"    },\n"
		"    {\n"
		"      \"level\": \"warning\",\n"
		"      \"text\": \"two\"\n"
		"    },\n"
		"    {\n"
		"      \"level\": \"note\",\n"
		"      \"text\": \"three\"\n"
		"    }\n"
		"  ],\n"
		"  \"messages_lost\": 5,\n"
		"  \"exit_code\": 4\n"
		"}\n");
}

/* Print the values as text, quietly or not. */
static const char *print_text(bool quiet)
{
	struct messages messages;
	struct output out;

	capture_begin(stdout);
	output_begin(&out, "test", false, &messages);
	messages.quiet = quiet;
	print_values(&out);
	output_wrapped(&out, "%s",
		       "12345678 12345678 12345678 12345678 12345678 12345678 12345678 12345678 1234567 12345678");
	output_finish(&out, VMFW_EXIT_OK);
	return capture_end();
}

static void test_text(void **state)
{
	(void)state;
	assert_string_equal(print_text(false),
		"Word               two words\n"
		"Text               only\n"
		"Number             18446744073709551615\n"
		"Text number        1\n"
		"Hex                0xabcdef0123456789\n"
		"Text hex           0x1\n"
		"Size               2.0 KiB (2048 bytes)\n"
		"Text size          1023 bytes\n"
		"Yes                yes\n"
		"Text no            no\n"
		"a line with 7 and \\x1b\n"
		"raw\n"
		"12345678 12345678 12345678 12345678 12345678 12345678 12345678 12345678 1234567\n"
		"    12345678\n");
	/* A user asks for help or the version. Both appear with --quiet, too. */
	assert_string_equal(print_text(true), "raw\n");
}

/* Lines on standard error: a trace, and the number of lost messages. */
static const char *print_errors(bool json, size_t dropped)
{
	struct messages messages;
	struct output out = { .json = json };

	capture_begin(stderr);
	messages_keep(&messages);
	out.messages = &messages;
	out.program = "test";
	output_detail(&out, "detail %d of \x9b", 3);
	if (!json) {
		messages.dropped = dropped;
		output_finish(&out, VMFW_EXIT_OK);
	}
	return capture_end();
}

static void test_errors(void **state)
{
	(void)state;
	assert_string_equal(print_errors(false, 0), "detail 3 of \\x9b\n");
	assert_string_equal(print_errors(false, 2), "detail 3 of \\x9b\n"
			    "test: messages that are not shown: 2\n");
	assert_string_equal(print_errors(true, 0), "");
}

/* A name may have any bytes. They break neither the document nor a terminal. */
static const struct {
	const char *name, *json;
} strings[] = {
	{ "", "" },
	{ "a \"b\" \\ /", "a \\\"b\\\" \\\\ /" },
	{ "\x1b\n\t\x7f", "\\u001b\\u000a\\u0009\\u007f" },
	{ "f\xc3\xbcr \xe6\x97\xa5 \xf0\x9f\x98\x80", "f\xc3\xbcr \xe6\x97\xa5 \xf0\x9f\x98\x80" },
	{ "\xe2\x80\xae" "a", "\\u202ea" },
	{ "\xf3\xa0\x80\x81\xf3\xa0\x81\xbf", "\\udb40\\udc01\\udb40\\udc7f" },
	{ "\xff" "a\xe2\x82", "\\ufffda\\ufffd\\ufffd" },
};

static void test_strings(void **state)
{
	char expected[160];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(strings); i++) {
		struct messages messages;
		struct output out;

		capture_begin(stdout);
		output_begin(&out, "test", true, &messages);
		output_string(&out, "name", NULL, strings[i].name);
		output_finish(&out, VMFW_EXIT_OK);
		snprintf(expected, sizeof(expected),
			 "{\n  \"schema\": 1,\n  \"name\": \"%s\",\n  \"messages\": [],\n  \"exit_code\": 0\n}\n",
			 strings[i].json);
		assert_string_equal(capture_end(), expected);
	}
}

/* Without memory, an error tells that a line of the output is missing. */
static void a_line_that_cannot_be_wrapped(void **state)
{
	struct messages messages;
	struct output out;
	const char *text;

	(void)state;
	capture_begin(stdout);
	output_begin(&out, "test", false, &messages);
	messages.program = NULL;
	output_wrapped(&out, "%s", "");
	no_memory = true;
	output_wrapped(&out, "missing");
	text = capture_end();
	assert_string_equal(text, "\n");
	assert_string_equal(messages_first_error(&messages),
			    "cannot print a line of the output: Cannot allocate memory");
	messages_free(&messages);
}

/* Print a word of this many characters after "Label". Return the column of the word. */
static size_t find_column(size_t len)
{
	struct messages messages;
	struct output out;
	char word[120];
	const char *text;

	memset(word, 'w', len);
	word[len] = '\0';
	capture_begin(stdout);
	output_begin(&out, "test", false, &messages);
	output_string(&out, NULL, "Label", word);
	output_finish(&out, VMFW_EXIT_OK);
	text = capture_end();
	assert_memory_equal(text, "Label ", 6);
	assert_int_equal(strlen(text), strcspn(text, "w") + len + 1);
	return strcspn(text, "w");
}

/*
 * A long word begins further to the left, but right of its label, to end at
 * column 80.
 */
static void test_columns(void **state)
{
	(void)state;
	assert_int_equal(find_column(1), 19);
	assert_int_equal(find_column(61), 19);
	assert_int_equal(find_column(62), 18);
	assert_int_equal(find_column(74), 6);
	assert_int_equal(find_column(75), 6);
	assert_int_equal(find_column(100), 6);
}

/* Lines of words keep the column. */
static void words_begin_at_the_same_column(void **state)
{
	struct messages messages;
	struct output out;

	(void)state;
	capture_begin(stdout);
	output_begin(&out, "test", false, &messages);
	output_string(&out, NULL, "Label",
		      "12345678 12345678 12345678 12345678 12345678 12345678 1234567 12345678");
	output_finish(&out, VMFW_EXIT_OK);
	assert_string_equal(capture_end(),
		"Label              12345678 12345678 12345678 12345678 12345678 12345678 1234567\n"
		"                   12345678\n");
}

/*
 * Print to a file that takes no bytes, in another process. Return its exit code. With
 * @early, the error occurs at once, not when the output ends. @ret_errors receives the
 * lines on standard error.
 */
static int print_in_vain(int fd, bool early, int code, const char **ret_errors)
{
	struct messages messages;
	struct output out;
	int status = -1;
	pid_t pid;

	fflush(NULL);
	capture_begin(stderr);
	pid = fork();
	if (!pid) {
		if (!freopen("/dev/null", "w", stdout) ||
		    dup2(fd, STDOUT_FILENO) < 0 ||
		    signal(SIGPIPE, SIG_IGN) == SIG_ERR)
			_exit(99);
		if (early)
			setvbuf(stdout, NULL, _IONBF, 0);
		output_begin(&out, "test", false, &messages);
		output_line(&out, "a result");
		_exit(output_finish(&out, code));
	}
	waitpid(pid, &status, 0);
	*ret_errors = capture_end();
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/*
 * Without its output, the tool reports no success. An error keeps its code. Only a
 * reader that has enough needs no message.
 */
static void test_full(void **state)
{
	static const char failed[] = "test: cannot write to standard output\n";
	static const char full[] =
		"test: cannot write to standard output: No space left on device\n";
	static const struct {
		bool pipe, early;
		int code, result;
		const char *errors;
	} table[] = {
		{ false, false, VMFW_EXIT_OK, VMFW_EXIT_SYSTEM, full },
		{ false, true, VMFW_EXIT_OK, VMFW_EXIT_SYSTEM, failed },
		{ false, false, VMFW_EXIT_VERIFY, VMFW_EXIT_VERIFY, full },
		{ true, false, VMFW_EXIT_OK, VMFW_EXIT_SYSTEM, "" },
		{ true, true, VMFW_EXIT_OK, VMFW_EXIT_SYSTEM, "" },
		{ true, false, VMFW_EXIT_VERIFY, VMFW_EXIT_VERIFY, "" },
	};
	int device = open("/dev/full", O_WRONLY | O_CLOEXEC), ends[2];
	const char *errors;
	size_t i;

	(void)state;
	assert_true(device >= 0);
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		assert_int_equal(print_in_vain(table[i].pipe ? ends[1] : device,
					       table[i].early, table[i].code,
					       &errors), table[i].result);
		assert_string_equal(errors, table[i].errors);
	}
	close(ends[1]);
	close(device);
}

static void set_variable(const char *name, const char *value)
{
	assert_int_equal(value ? setenv(name, value, true) : unsetenv(name),
			 0);
}

static void test_color(void **state)
{
	static const struct {
		const char *never, *term;
		bool terminal, color;
	} table[] = {
		{ NULL, "xterm", true, true }, { "", "xterm", true, true },
		{ "1", "xterm", true, false }, { NULL, "dumb", true, false },
		{ NULL, NULL, true, false }, { NULL, "xterm", false, false },
	};
	struct messages messages;
	struct output out;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		set_variable("NO_COLOR", table[i].never);
		set_variable("TERM", table[i].term);
		on_terminal = table[i].terminal;
		output_begin(&out, "test", false, &messages);
		assert_int_equal(messages.color, table[i].color);
		messages_free(&messages);
	}
	on_terminal = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(a_line_that_cannot_be_wrapped),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(words_begin_at_the_same_column),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_color),
	};

	return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}

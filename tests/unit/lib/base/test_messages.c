// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Messages that the tool prints at once, or keeps.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/messages.h"
#include "shared/macro.h"

#define MOST	1000u
#define RECENT	16u

static struct messages messages;
static char said[65536];
/* A file in place of both standard output and standard error, and the two. */
static int file, kept[2];

static bool no_text, no_list;

int __real_vasprintf(char **text, const char *format, va_list args);
__attribute__((format(printf, 2, 0)))
int __wrap_vasprintf(char **text, const char *format, va_list args);
int __wrap_vasprintf(char **text, const char *format, va_list args)
{
	static char undefined[] = "undefined";

	if (!no_text)
		return __real_vasprintf(text, format, args);
	*text = undefined;
	return -1;
}

void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size)
{
	return no_list ? NULL : __real_realloc(p, size);
}

static int set_up(void **state)
{
	(void)state;
	messages = (struct messages) { .program = "tool" };
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	messages_free(&messages);
	return 0;
}

/* Until end_file(), a failed assertion would print into the file. */
static void begin_file(void)
{
	unsigned int i;

	fflush(stdout);
	file = memfd_create("test", MFD_CLOEXEC);
	assert_true(file >= 0);
	for (i = 0; i < 2; i++) {
		kept[i] = dup(STDOUT_FILENO + i);
		dup2(file, STDOUT_FILENO + i);
	}
}

static void end_file(void)
{
	unsigned int i;
	ssize_t len;

	fflush(stdout);
	fflush(stderr);
	for (i = 0; i < 2; i++) {
		dup2(kept[i], STDOUT_FILENO + i);
		close(kept[i]);
	}
	len = pread(file, said, sizeof(said) - 1, 0);
	close(file);
	assert_true(len >= 0);
	said[len] = '\0';
}

static void earlier_output_comes_first(void **state)
{
	(void)state;
	begin_file();
	printf("first, ");
	message_error(&messages, "second %u", 2u);
	printf("third, ");
	message_warning(&messages, "fourth");
	end_file();
	assert_string_equal(said, "first, tool: second 2\n"
			    "third, tool: warning: fourth\n");
}

static void a_message_does_not_wait_in_a_buffer(void **state)
{
	FILE *errors = stderr;
	char text[32] = "";
	ssize_t len;
	int fd;

	(void)state;
	fd = memfd_create("test", MFD_CLOEXEC);
	assert_true(fd >= 0);
	stderr = fdopen(fd, "w");
	message_error(&messages, "at once");
	len = pread(fd, text, sizeof(text) - 1, 0);
	fclose(stderr);
	stderr = errors;
	assert_int_equal(len, strlen("tool: at once\n"));
	assert_string_equal(text, "tool: at once\n");
}

/* Print one message of each level. */
static void print_levels(void)
{
	begin_file();
	message_error(&messages, "one");
	message_warning(&messages, "one");
	message_note(&messages, "one");
	end_file();
	messages_free(&messages);
}

static void each_level_has_its_prefix(void **state)
{
	(void)state;
	print_levels();
	assert_string_equal(said, "tool: one\ntool: warning: one\ntool: one\n");
	messages.color = true;
	print_levels();
	assert_string_equal(said, "\033[1;31mtool:\033[0m one\n"
			    "\033[1;33mtool:\033[0m warning: one\n"
			    "\033[1mtool:\033[0m one\n");
	messages.color = false;
	messages.quiet = true;
	print_levels();
	assert_string_equal(said, "tool: one\ntool: warning: one\n");
}

/* Print a message, others, and the same one again. Return the number of lines. */
static unsigned int print_again(unsigned int others)
{
	unsigned int i, lines = 0;
	const char *p;

	messages_free(&messages);
	begin_file();
	message_error(&messages, "again");
	for (i = 0; i < others; i++)
		message_error(&messages, "other %u", i);
	message_error(&messages, "again");
	end_file();
	for (p = said; (p = strchr(p, '\n')); p++)
		lines++;
	return lines;
}

/* Two searches of one disk can report the same fault. */
static void a_recent_message_is_not_repeated(void **state)
{
	(void)state;
	assert_int_equal(print_again(0), 1);
	assert_int_equal(print_again(RECENT - 1), RECENT);
	assert_int_equal(print_again(RECENT), RECENT + 2);
	assert_int_equal(messages.nr, RECENT);
	/* The same holds for messages that the tool keeps. */
	messages.program = NULL;
	print_again(RECENT - 1);
	assert_int_equal(messages.nr, RECENT);
	print_again(RECENT);
	assert_int_equal(messages.nr, RECENT + 2);
	/* The same text at another level is another message. */
	message_warning(&messages, "again");
	assert_int_equal(messages.nr, RECENT + 3);
}

/* Later messages do not count, but their number does. */
static void the_number_of_messages_has_a_limit(void **state)
{
	static const char *const programs[] = { "tool", NULL };
	unsigned int i, k;

	(void)state;
	for (k = 0; k < ARRAY_SIZE(programs); k++) {
		messages = (struct messages) { .program = programs[k] };
		begin_file();
		for (i = 0; i < MOST; i++)
			message_error(&messages, "%u", i);
		end_file();
		assert_int_equal(messages.dropped, 0);
		begin_file();
		message_error(&messages, "more");
		message_note(&messages, "more");
		end_file();
		assert_string_equal(said, "");
		assert_int_equal(messages.dropped, 2);
		assert_int_equal(messages.printed, programs[k] ? MOST : 0);
		assert_int_equal(messages.nr, programs[k] ? RECENT : MOST);
		messages_free(&messages);
	}
}

/* Without memory, the tool still prints a message, but keeps none. */
static void memory_that_runs_out(void **state)
{
	bool *const lacks[] = { &no_text, &no_list };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(lacks); i++) {
		messages = (struct messages) { .program = "tool" };
		begin_file();
		message_error(&messages, "before");
		*lacks[i] = true;
		message_error(&messages, "no %s", "memory");
		messages.program = NULL;
		message_error(&messages, "nor a list");
		*lacks[i] = false;
		end_file();
		assert_string_equal(said, "tool: before\ntool: no memory\n");
		assert_int_equal(messages.nr, 1);
		assert_int_equal(messages.dropped, 1);
		messages_free(&messages);
	}
}

static void kept_messages_keep_their_levels(void **state)
{
	struct messages first;

	(void)state;
	messages_keep(&first);
	begin_file();
	message_note(&first, "a");
	message_warning(&first, "b");
	message_error(&first, "c");
	message_error(&first, "d");
	end_file();
	assert_string_equal(said, "");
	assert_string_equal(messages_first_error(&first), "c");
	begin_file();
	messages_pass(&messages, &first);
	end_file();
	messages_free(&first);
	assert_string_equal(said, "tool: a\ntool: warning: b\n"
			    "tool: c\ntool: d\n");
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(earlier_output_comes_first),
		TEST(a_message_does_not_wait_in_a_buffer),
		TEST(each_level_has_its_prefix),
		TEST(a_recent_message_is_not_repeated),
		TEST(the_number_of_messages_has_a_limit),
		TEST(memory_that_runs_out),
		TEST(kept_messages_keep_their_levels),
	};

	return cmocka_run_group_tests_name("messages", tests, NULL, NULL);
}

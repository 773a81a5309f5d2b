// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Words for people: sizes, UUIDs, suggestions for mistyped words, messages, and
 * progress.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/messages.h"
#include "base/progress.h"
#include "base/size.h"
#include "base/spelling.h"
#include "base/uuid.h"
#include "shared/macro.h"

static void test_sizes(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *words;
	} all[] = {
		{ 0, "0 bytes" },
		{ 1023, "1023 bytes" },
		{ 1024, "1.0 KiB (1024 bytes)" },
		{ 1536, "1.5 KiB (1536 bytes)" },
		{ 1048576, "1.0 MiB (1048576 bytes)" },
		{ 3972360, "3.8 MiB (3972360 bytes)" },
		{ 1ull << 30, "1.0 GiB (1073741824 bytes)" },
		{ 1ull << 40, "1.0 TiB (1099511627776 bytes)" },
		{ 1ull << 51, "2048.0 TiB (2251799813685248 bytes)" },
	};
	char words[SIZE_WORDS];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all); i++)
		assert_string_equal(size_words(words, all[i].bytes),
				    all[i].words);
	assert_string_equal(size_brief(words, 1023), "1023 bytes");
	assert_string_equal(size_brief(words, 3972360), "3.8 MiB");
}

static void test_uuid(void **state)
{
	static const uint8_t uuid[UUID_SIZE] = {
		0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
		0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10,
	};
	char words[UUID_WORDS];

	(void)state;
	assert_ptr_equal(uuid_words(words, uuid), words);
	assert_string_equal(words, "01234567-89ab-cdef-fedc-ba9876543210");
}

/* Return the suggestion for a word, from a list of names, or NULL. */
static const char *meant(const char *word)
{
	static const char *const names[] = {
		"stage", "status", "check", "unstage", "list", "initramfs",
		"a-name-of-thirty-two-letters-or-",
		"a-name-of-thirty-three-letters-or",
	};
	struct spelling spelling = spelling_begin(word, strlen(word));
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		spelling_try(&spelling, names[i]);
	return spelling.nearest;
}

static void nearest(const char *word, const char *name)
{
	const char *found = meant(word);

	if (!name ? found != NULL : !found || strcmp(found, name))
		fail_msg("%s: %s, not %s", word, found ? found : "(none)",
			 name ? name : "(none)");
}

static void test_spelling(void **state)
{
	(void)state;
	nearest("stage", "stage");
	/* The word has an added, missing or replaced letter, or two swapped letters. */
	nearest("staage", "stage");
	nearest("stge", "stage");
	nearest("stape", "stage");
	nearest("satge", "stage");
	nearest("tsage", "stage");
	nearest("stagee", "stage");
	nearest("cehckk", "check");
	/* A longer word may have two mistakes, but a short word only one. */
	nearest("statsu", "status");
	nearest("chxxk", "check");
	nearest("cxxxk", NULL);
	nearest("lst", "list");
	nearest("lxxt", NULL);
	nearest("ilst", "list");
	/* Only one of these letters is where its neighbour belongs. */
	nearest("xlst", NULL);
	nearest("ixst", NULL);
	nearest("", NULL);
	/* The nearest name counts, not the first one that is near enough. */
	nearest("stagus", "status");
	nearest("a-name-of-thirty-two-letters-or", "a-name-of-thirty-two-letters-or-");
	nearest("a-name-of-thirty-three-letters-or", NULL);
}

/* Only the first bytes of the word are the name. */
static void test_part_of_a_word(void **state)
{
	struct spelling spelling = spelling_begin("stge=value", 4);

	(void)state;
	spelling_try(&spelling, "stage");
	assert_string_equal(spelling.nearest, "stage");
	assert_int_equal(spelling.distance, 1);
}

/* Leave bytes on the stack, where the next call has its variables. */
__attribute__((noinline))
static void fill_stack(unsigned char byte)
{
	volatile unsigned char bytes[8192];
	size_t i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = byte;
}

/* The result does not depend on earlier calls. */
static void test_after_other_calls(void **state)
{
	static const struct {
		const char *word, *name;
		bool near;
	} pairs[] = {
		{ "stage", "a", false },
		{ "stage", "x", false },
		{ "a", "stage", false },
		{ "x", "stage", false },
		{ "", "stage", false },
		{ "stge", "stage", true },
		{ "x", "y", true },
		{ "", "y", true },
	};
	static const unsigned char bytes[] = { 0, 1, 255 };
	struct spelling spelling;
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(pairs); i++)
		for (j = 0; j < ARRAY_SIZE(bytes); j++) {
			spelling = spelling_begin(pairs[i].word,
						  strlen(pairs[i].word));
			fill_stack(bytes[j]);
			spelling_try(&spelling, pairs[i].name);
			assert_ptr_equal(spelling.nearest,
					 pairs[i].near ? pairs[i].name : NULL);
		}
}

static void test_kept(void **state)
{
	struct messages messages;

	(void)state;
	messages_keep(&messages);
	assert_null(messages_first_error(&messages));
	message_warning(&messages, "w%u", 1);
	assert_null(messages_first_error(&messages));
	message_error(&messages, "e%u", 1);
	message_error(&messages, "e%u", 2);
	message_note(&messages, "n%u", 1);
	assert_int_equal(messages.nr, 4);
	assert_string_equal(messages.list[0].level, "warning");
	assert_string_equal(messages.list[0].text, "w1");
	assert_string_equal(messages.list[3].level, "note");
	assert_string_equal(messages_first_error(&messages), "e1");
	messages.quiet = true;
	message_note(&messages, "n2");
	assert_int_equal(messages.nr, 4);
	assert_int_equal(messages.printed, 0);
	messages_free(&messages);
	assert_int_equal(messages.nr, 0);
	assert_null(messages.list);
}

/* A repeated message appears only once, unless many others came between. */
static void test_repeated(void **state)
{
	struct messages messages;
	unsigned int i;

	(void)state;
	messages_keep(&messages);
	message_error(&messages, "same");
	message_error(&messages, "same");
	assert_int_equal(messages.nr, 1);
	message_warning(&messages, "same");
	assert_int_equal(messages.nr, 2);
	for (i = 0; i < 14; i++)
		message_error(&messages, "%u", i);
	/* The code compares a new message with sixteen earlier ones. */
	assert_int_equal(messages.nr, 16);
	message_error(&messages, "same");
	assert_int_equal(messages.nr, 16);
	message_error(&messages, "another");
	message_error(&messages, "same");
	assert_int_equal(messages.nr, 18);
	messages_free(&messages);
}

/* Many messages of a faulty disk must not fill a journal. */
static void test_many(void **state)
{
	struct messages messages;
	char *text = malloc(5000);
	unsigned int i;

	(void)state;
	assert_non_null(text);
	messages_keep(&messages);
	for (i = 0; i < 1003; i++)
		message_error(&messages, "%u", i);
	assert_int_equal(messages.nr, 1000);
	assert_int_equal(messages.dropped, 3);
	messages_free(&messages);
	messages_keep(&messages);
	memset(text, 'a', 4999);
	text[4999] = '\0';
	message_error(&messages, "%s", text);
	assert_string_equal(messages.list[0].text, text);
	messages_free(&messages);
	free(text);
}

static FILE *terminal;
static char *shown;
static size_t shown_len;

/* Let the tool write to memory in place of standard error. */
static void catch_errors(void)
{
	terminal = stderr;
	stderr = open_memstream(&shown, &shown_len);
	assert_non_null(stderr);
}

/* Check the text that the tool wrote since catch_errors(). */
static void has_shown(const char *text)
{
	assert_int_equal(fclose(stderr), 0);
	stderr = terminal;
	assert_string_equal(shown, text);
	free(shown);
}

static void test_printed(void **state)
{
	struct messages messages = { .program = "tool" };

	(void)state;
	catch_errors();
	message_error(&messages, "e%u", 1);
	message_warning(&messages, "w\r");
	message_note(&messages, "%s", "");
	message_error(&messages, "e1");
	messages.color = true;
	message_error(&messages, "e2");
	message_warning(&messages, "w2");
	message_note(&messages, "n2");
	messages.quiet = true;
	message_note(&messages, "n3");
	has_shown("tool: e1\ntool: warning: w\\x0d\ntool: \n"
		  "\033[1;31mtool:\033[0m e2\n"
		  "\033[1;33mtool:\033[0m warning: w2\n"
		  "\033[1mtool:\033[0m n2\n");
	assert_int_equal(messages.printed, 6);
	assert_int_equal(messages.dropped, 0);
	messages_free(&messages);
}

/* Of printed messages, the code keeps the last sixteen. It prints a thousand. */
static void test_many_printed(void **state)
{
	struct messages messages = { .program = "tool" };
	unsigned int i;

	(void)state;
	catch_errors();
	for (i = 0; i < 16; i++)
		message_error(&messages, "%u", i);
	assert_int_equal(messages.nr, 16);
	message_error(&messages, "0");
	assert_int_equal(messages.printed, 16);
	message_error(&messages, "16");
	assert_int_equal(messages.nr, 16);
	assert_string_equal(messages.list[0].text, "1");
	assert_string_equal(messages.list[15].text, "16");
	message_error(&messages, "1");
	assert_int_equal(messages.printed, 17);
	message_error(&messages, "0");
	assert_int_equal(messages.printed, 18);
	for (i = 18; i < 1000; i++)
		message_error(&messages, "%u", i);
	assert_int_equal(messages.printed, 1000);
	assert_int_equal(messages.dropped, 0);
	fflush(stderr);
	i = shown_len;
	message_error(&messages, "more");
	message_error(&messages, "and more");
	fflush(stderr);
	assert_int_equal(shown_len, i);
	assert_int_equal(messages.printed, 1000);
	assert_int_equal(messages.dropped, 2);
	assert_int_equal(messages.nr, 16);
	assert_string_equal(shown + shown_len - 10, "tool: 999\n");
	fclose(stderr);
	stderr = terminal;
	free(shown);
	messages_free(&messages);
}

/* The messages of a part of the work join those of the whole. */
static void test_passed(void **state)
{
	static const char *const levels[] = { "error", "warning", "note" };
	struct messages part, whole;
	size_t i;

	(void)state;
	messages_keep(&part);
	messages_keep(&whole);
	message_error(&part, "%%s");
	message_warning(&part, "w");
	message_note(&part, "n");
	part.dropped = 3;
	whole.dropped = 2;
	messages_pass(&whole, &part);
	assert_int_equal(whole.nr, 3);
	for (i = 0; i < 3; i++) {
		assert_string_equal(whole.list[i].level, levels[i]);
		assert_string_equal(whole.list[i].text, part.list[i].text);
	}
	assert_int_equal(whole.dropped, 5);
	messages_free(&whole);
	whole.quiet = true;
	messages_pass(&whole, &part);
	assert_int_equal(whole.nr, 2);
	messages_free(&whole);
	messages_free(&part);
}

/* The clock of the tool, in milliseconds. A second ends while the test runs. */
static unsigned int clock_ms = 1950;

int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	assert_int_equal(clock, CLOCK_MONOTONIC);
	now->tv_sec = clock_ms / 1000;
	now->tv_nsec = clock_ms % 1000 * 1000000l;
	return 0;
}

/* The terminal shows the progress at most ten times a second. */
static void test_progress(void **state)
{
	int kept = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY);
	struct progress progress;

	(void)state;
	catch_errors();
	progress_begin(&progress, PROGRESS_NEVER, "never", MIB);
	progress_update(&progress, MIB);
	progress_end(&progress);
	/* Without work, there is no progress to show. */
	progress_begin(&progress, PROGRESS_ALWAYS, "none", 0);
	progress_update(&progress, 0);
	progress_end(&progress);
	/* Standard error is no terminal. */
	assert_true(null >= 0);
	assert_int_equal(dup2(null, STDERR_FILENO), STDERR_FILENO);
	progress_begin(&progress, PROGRESS_AUTO, "auto", MIB);
	assert_int_equal(dup2(kept, STDERR_FILENO), STDERR_FILENO);
	close(kept);
	close(null);
	progress_update(&progress, MIB);
	progress_end(&progress);
	progress_begin(&progress, PROGRESS_ALWAYS, "undrawn", MIB);
	progress_end(&progress);
	has_shown("");

	catch_errors();
	progress_begin(&progress, PROGRESS_ALWAYS, "copy", 3 * MIB / 2);
	progress_update(&progress, 0);
	clock_ms += 99;
	progress_update(&progress, MIB / 4);
	clock_ms++;
	progress_update(&progress, 3 * MIB / 4);
	/* The end is always visible. */
	progress_update(&progress, 3 * MIB / 2);
	progress_end(&progress);
	progress_end(&progress);
	has_shown("\rcopy:   0 % of 1.5 MiB\rcopy:  50 % of 1.5 MiB"
		  "\rcopy: 100 % of 1.5 MiB\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_uuid),
		cmocka_unit_test(test_spelling),
		cmocka_unit_test(test_part_of_a_word),
		cmocka_unit_test(test_after_other_calls),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_repeated),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_printed),
		cmocka_unit_test(test_many_printed),
		cmocka_unit_test(test_passed),
		cmocka_unit_test(test_progress),
	};

	return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}

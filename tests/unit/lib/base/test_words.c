// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Words for people: sizes, UUIDs, suggestions for mistyped words, and lists of
 * messages.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/messages.h"
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_uuid),
		cmocka_unit_test(test_spelling),
		cmocka_unit_test(test_part_of_a_word),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_repeated),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}

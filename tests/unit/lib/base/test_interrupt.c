// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Signals that ask the tool to stop.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/interrupt.h"
#include "shared/macro.h"

static void expect_exit(int number, const char *text)
{
	struct messages messages;

	messages_keep(&messages);
	assert_int_equal(interrupt_seen(), number);
	assert_int_equal(interrupt_exit(&messages, "nothing is staged"),
			 128 + number);
	assert_string_equal(messages_first_error(&messages), text);
	messages_free(&messages);
}

/*
 * A parent such as nohup lets a process ignore a signal. This must be the first
 * test, because nothing clears a recorded signal.
 */
static void an_ignored_signal_stays_ignored(void **state)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		signal(numbers[i], SIG_IGN);
	interrupt_catch();
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		assert_int_equal(raise(numbers[i]), 0);
		assert_int_equal(interrupt_seen(), 0);
		assert_ptr_equal(signal(numbers[i], SIG_DFL), SIG_IGN);
	}
}

static void each_signal_asks_to_stop(void **state)
{
	static const struct {
		int number;
		const char *text;
	} table[] = {
		{ SIGINT, "interrupted (SIGINT): nothing is staged" },
		{ SIGTERM, "interrupted (SIGTERM): nothing is staged" },
		{ SIGHUP, "interrupted (SIGHUP): nothing is staged" },
	};
	struct sigaction action;
	size_t i;

	(void)state;
	interrupt_catch();
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		assert_int_equal(raise(table[i].number), 0);
		expect_exit(table[i].number, table[i].text);
		/* A system call that waits ends with EINTR. */
		assert_int_equal(sigaction(table[i].number, NULL, &action), 0);
		assert_false(action.sa_flags & SA_RESTART);
	}
}

/* These signals would end the tool before it could report the error. */
static void a_write_returns_an_error_instead(void **state)
{
	static const int numbers[] = { SIGPIPE, SIGXFSZ };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		signal(numbers[i], SIG_DFL);
	interrupt_catch();
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		assert_ptr_equal(signal(numbers[i], SIG_DFL), SIG_IGN);
}

static void the_time_limit_asks_to_stop(void **state)
{
	(void)state;
	interrupt_after(1000);
	/* alarm() returns the seconds that were left. */
	assert_in_range(alarm(0), 1, 1000);
	interrupt_after(1000);
	interrupt_after(0);
	assert_int_equal(alarm(0), 0);
	assert_int_equal(raise(SIGALRM), 0);
	expect_exit(SIGALRM, "the time limit (timeout=) has passed: nothing is staged");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ignored_signal_stays_ignored),
		cmocka_unit_test(each_signal_asks_to_stop),
		cmocka_unit_test(a_write_returns_an_error_instead),
		cmocka_unit_test(the_time_limit_asks_to_stop),
	};

	return cmocka_run_group_tests_name("interrupt", tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "shared/macro.h"

/*
 * The last signal, or 0. The variable is static, because the program cannot hand a
 * pointer to a signal handler.
 */
static volatile sig_atomic_t seen;

static void note_signal(int number)
{
	seen = number;
}

/**
 * interrupt_catch() - from now on, record signals that ask to stop
 *
 * A system call that waits when such a signal arrives ends with EINTR. The
 * function also ignores SIGPIPE and SIGXFSZ. So a write returns an error if the
 * pipe has no reader, or if the file reaches the limit for its size.
 */
void interrupt_catch(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	const struct sigaction action = { .sa_handler = note_signal };
	struct sigaction old;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		/*
		 * nohup and shells without job control start processes that
		 * ignore such a signal. Do not change that.
		 */
		sigaction(numbers[i], NULL, &old);
		if (old.sa_handler != SIG_IGN)
			sigaction(numbers[i], &action, NULL);
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

/**
 * interrupt_after() - let SIGALRM ask to stop after a time
 * @seconds: the time; 0: never, and cancel an earlier call
 */
void interrupt_after(unsigned int seconds)
{
	const struct sigaction action = { .sa_handler = note_signal };

	sigaction(SIGALRM, &action, NULL);
	alarm(seconds);
}

/**
 * interrupt_seen() - the signal that asked to stop
 *
 * Return: its number, or 0.
 */
int interrupt_seen(void)
{
	return seen;
}

/**
 * interrupt_exit() - report that a signal ended the work
 * @messages: receives the error
 * @state: the state that the work has left, such as "nothing is staged"
 *
 * Return: the exit code, as in shells: 128 plus the number of the signal.
 */
enum vmfw_exit interrupt_exit(struct messages *messages, const char *state)
{
	if (seen == SIGALRM)
		message_error(messages, "the time limit (timeout=) has passed: %s", state);
	else
		message_error(messages, "interrupted (SIG%s): %s", sigabbrev_np(seen),
			      state);
	return 128 + seen;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/interrupt.h"

/* The one piece of state that has no other place: handlers take no argument. */
static volatile sig_atomic_t seen;

static void note_signal(int number)
{
	seen = number;
}

/**
 * interrupt_catch() - note signals that ask to stop, from now on
 *
 * System calls are not restarted: they end with EINTR. Writing where nobody
 * reads, or beyond a limit on the size of files, becomes an error of the
 * writing function.
 */
void interrupt_catch(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action;
	size_t i;

	memset(&action, 0, sizeof(action));
	sigemptyset(&action.sa_mask);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		/* nohup, and shells without job control, ignore for us. */
		sigaction(numbers[i], NULL, &action);
		if (action.sa_handler == SIG_IGN)
			continue;
		action.sa_handler = note_signal;
		action.sa_flags = 0;
		sigaction(numbers[i], &action, NULL);
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

/**
 * interrupt_after() - let a signal ask to stop after a time
 * @seconds: the time; 0: not at all, and not the time that was set before
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
 * interrupt_exit() - say that a signal ended the work
 * @messages: receives that
 * @state: what became of things: "nothing is staged"
 *
 * Return: the exit code, as shells count: 128 and the number of the signal.
 */
enum vmfw_exit interrupt_exit(struct messages *messages, const char *state)
{
	message_error(messages, "interrupted (SIG%s): %s", sigabbrev_np(seen),
		      state);
	return 128 + seen;
}

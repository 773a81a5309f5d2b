// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A program that measures the time of a command in a test guest.
 *
 * usage: clock COMMAND [ARGUMENT...]
 *
 * Discards the output of the command. Prints its processor time and its wall time
 * in nanoseconds. Its exit status is that of the command.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long wall_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static long long timeval_ns(struct timeval time)
{
	return time.tv_sec * 1000000000LL + time.tv_usec * 1000LL;
}

static void run(char **command)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    dup2(null, STDERR_FILENO) < 0)
		err(126, "/dev/null");
	execvp(command[0], command);
	_exit(127);
}

int main(int argc, char **argv)
{
	struct rusage used;
	long long began;
	pid_t child;
	int status;

	if (argc < 2)
		errx(2, "usage: clock COMMAND [ARGUMENT...]");
	began = wall_ns();
	child = fork();
	if (child < 0)
		err(126, "fork");
	if (!child)
		run(argv + 1);
	if (wait4(child, &status, 0, &used) != child)
		err(126, "wait4");
	printf("%lld %lld\n",
	       timeval_ns(used.ru_utime) + timeval_ns(used.ru_stime),
	       wall_ns() - began);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}

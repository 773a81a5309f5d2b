// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A program for the test guest that kills another program at a use of the device.
 *
 * usage: killat NUMBER COMMAND [ARGUMENT...]
 *
 * Each ioctl and write of COMMAND on /dev/vmfwupdate counts twice: before the kernel
 * begins it, and after it is done. When the count, from 1 on, reaches NUMBER, the program
 * kills COMMAND with SIGKILL. It then prints the point of the kill, and returns 0. If
 * COMMAND ends before that, the program prints its exit status and returns 3.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#define _GNU_SOURCE
#include <err.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define NODE		"/dev/vmfwupdate"
#define SYSCALL_STOP	(SIGTRAP | 0x80)

#define ENDED		3

static void wait_for(pid_t pid, int *status)
{
	if (waitpid(pid, status, 0) != pid)
		err(1, "waitpid");
}

static pid_t start(char **command)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		err(1, "fork");
	if (!pid) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
			err(127, "PTRACE_TRACEME");
		execvp(command[0], command);
		err(127, "%s", command[0]);
	}
	wait_for(pid, &status);
	if (!WIFSTOPPED(status))
		errx(1, "%s did not start", command[0]);
	if (ptrace(PTRACE_SETOPTIONS, pid, NULL,
		   (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)))
		err(1, "PTRACE_SETOPTIONS");
	return pid;
}

static bool is_device(pid_t pid, unsigned long long fd)
{
	char path[64], target[sizeof(NODE)];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, (int)fd);
	len = readlink(path, target, sizeof(target));
	return len == sizeof(NODE) - 1 && !memcmp(target, NODE, len);
}

static bool uses_device(pid_t pid, struct user_regs_struct *regs)
{
	if (ptrace(PTRACE_GETREGS, pid, NULL, regs))
		err(1, "PTRACE_GETREGS");
	return (regs->orig_rax == SYS_ioctl || regs->orig_rax == SYS_write) &&
	       is_device(pid, regs->rdi);
}

/* Let the program run to the beginning or end of its next system call. */
static bool run_on(pid_t pid, int *status)
{
	int signal = 0;

	do {
		if (ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)signal))
			err(1, "PTRACE_SYSCALL");
		wait_for(pid, status);
		if (!WIFSTOPPED(*status))
			return false;
		signal = WSTOPSIG(*status);
	} while (signal != SYSCALL_STOP);
	return true;
}

int main(int argc, char **argv)
{
	struct user_regs_struct regs;
	int left, status;
	pid_t pid;

	if (argc < 3)
		errx(2, "usage: killat NUMBER COMMAND [ARGUMENT...]");
	left = atoi(argv[1]);
	if (left < 1)
		errx(2, "%s: a number from 1 on is expected", argv[1]);

	pid = start(argv + 2);
	while (run_on(pid, &status)) {
		if (!uses_device(pid, &regs) || --left)
			continue;
		kill(pid, SIGKILL);
		wait_for(pid, &status);
		printf("killed %s %s\n",
		       atoi(argv[1]) % 2 ? "before" : "after",
		       regs.orig_rax == SYS_ioctl ? "ioctl" : "write");
		return 0;
	}
	printf("ended with %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	return ENDED;
}

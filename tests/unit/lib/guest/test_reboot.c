// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reboots that must be full resets. The test imitates the kernel and systemd.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/kexec.h>
#include <cmocka.h>

#include "base/exit.h"
#include "guest/reboot.h"
#include "shared/macro.h"

/**
 * struct kernel - the machine that the test imitates, and its calls
 * @loaded: content of kexec_loaded; NULL: the kernel has no kexec
 * @next_root: the file os-release in a prepared root, or NULL
 * @systemd: systemd is running
 * @load: errno value of kexec_load, or 0
 * @file_load: errno value of kexec_file_load, or 0
 * @fork: errno value of fork(2), or 0
 * @interrupts: number of waits for systemctl that end with EINTR
 * @wait: errno value of the next wait for systemctl, or 0
 * @fds: number of open files
 * @calls: calls of the kernel, one word each
 */
static struct kernel {
	const char *loaded;
	const char *next_root;
	bool systemd;
	int load;
	int file_load;
	int fork;
	unsigned int interrupts;
	int wait;
	int fds;
	char calls[256];
} kernel;

static char directory[] = "/tmp/vmfwupdate-test.XXXXXX";
static struct messages messages;

static void note(const char *word)
{
	size_t len = strlen(kernel.calls);

	snprintf(kernel.calls + len, sizeof(kernel.calls) - len, "%s;", word);
}

int __real_close(int fd);
int __real_open(const char *name, int flags, ...);
int __wrap_open(const char *name, int flags, ...);
int __wrap_open(const char *name, int flags, ...)
{
	int ends[2];

	if (strcmp(name, "/sys/kernel/kexec_loaded"))
		return __real_open(name, flags, 0600);
	if (!kernel.loaded) {
		errno = ENOENT;
		return -1;
	}
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], kernel.loaded, strlen(kernel.loaded)),
			 strlen(kernel.loaded));
	__real_close(ends[1]);
	kernel.fds++;
	return ends[0];
}

int __wrap_close(int fd);
int __wrap_close(int fd)
{
	kernel.fds--;
	return __real_close(fd);
}

int __wrap_access(const char *name, int mode);
int __wrap_access(const char *name, int mode)
{
	bool there = !strcmp(name, "/run/systemd/system") ? kernel.systemd :
		     kernel.next_root && !strcmp(name, kernel.next_root);

	assert_int_equal(mode, F_OK);
	errno = ENOENT;
	return there ? 0 : -1;
}

static long answer(int err)
{
	if (!err)
		kernel.loaded = "0\n";
	errno = err;
	return err ? -1 : 0;
}

long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
	va_list args;
	long given[5], i;

	va_start(args, number);
	for (i = 0; i < 5; i++)
		given[i] = va_arg(args, long);
	va_end(args);
	if (number == SYS_kexec_load) {
		/* Without segments, kexec_load unloads the kernel. */
		for (i = 0; i < 4; i++)
			assert_int_equal((int)given[i], 0);
		note("kexec_load");
		return answer(kernel.load);
	}
	assert_int_equal(number, SYS_kexec_file_load);
	assert_int_equal((int)given[4], KEXEC_FILE_UNLOAD);
	note("kexec_file_load");
	return answer(kernel.file_load);
}

void __wrap_sync(void);
void __wrap_sync(void)
{
	note("sync");
}

int __wrap_reboot(int how);
int __wrap_reboot(int how)
{
	assert_int_equal(how, RB_AUTOBOOT);
	note("reboot");
	errno = EPERM;
	return -1;
}

pid_t __real_fork(void);
pid_t __wrap_fork(void);
pid_t __wrap_fork(void)
{
	errno = kernel.fork;
	return errno ? -1 : __real_fork();
}

pid_t __real_waitpid(pid_t pid, int *status, int options);
pid_t __wrap_waitpid(pid_t pid, int *status, int options);
pid_t __wrap_waitpid(pid_t pid, int *status, int options)
{
	if (kernel.interrupts) {
		kernel.interrupts--;
		errno = EINTR;
		return -1;
	}
	pid = __real_waitpid(pid, status, options);
	if (!kernel.wait)
		return pid;
	errno = kernel.wait;
	kernel.wait = 0;
	return -1;
}

static void write_file(const char *name, const char *text, int mode)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

/*
 * Make a systemctl that records its arguments, and ends with this exit status.
 */
static void make_systemctl(int status)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "#!/bin/sh\necho \"$* $SYSTEMCTL_SKIP_AUTO_KEXEC "
		 "$SYSTEMCTL_SKIP_AUTO_SOFT_REBOOT\" >>%s/called\nexit %d\n",
		 directory, status);
	write_file("systemctl", text, 0755);
	write_file("called", "", 0644);
}

static void remove_systemctl(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/systemctl", directory);
	unlink(path);
}

static void systemctl_was_called(const char *expected)
{
	char path[128], text[256] = "";
	FILE *file;

	snprintf(path, sizeof(path), "%s/called", directory);
	file = fopen(path, "r");
	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(text, expected);
}

static int set_up(void **state)
{
	(void)state;
	memset(&kernel, 0, sizeof(kernel));
	messages_keep(&messages);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	messages_free(&messages);
	return 0;
}

/* Expect one message of this level; NULL: none. */
static void said(const char *level, const char *text)
{
	assert_int_equal(messages.nr, !!level);
	if (level) {
		assert_string_equal(messages.list[0].level, level);
		assert_non_null(strstr(messages.list[0].text, text));
	}
	messages_free(&messages);
}

static void check(bool reboot, unsigned int overridden, int code,
		  unsigned int traps)
{
	unsigned int found = ~0u;

	assert_int_equal(reset_check(&messages, reboot, overridden, &found), code);
	assert_int_equal(found, traps);
	assert_int_equal(kernel.fds, 0);
}

static void test_no_trap(void **state)
{
	(void)state;
	check(true, 0, VMFW_EXIT_OK, 0);
	kernel.loaded = "0\n";
	check(true, 0, VMFW_EXIT_OK, 0);
	/* An empty kexec_loaded is no obstacle. */
	kernel.loaded = "";
	check(true, 0, VMFW_EXIT_OK, 0);
	kernel.systemd = true;
	check(true, 0, VMFW_EXIT_OK, 0);
	said(NULL, NULL);
}

static void test_kexec(void **state)
{
	(void)state;
	kernel.loaded = "1\n";
	check(true, 0, VMFW_EXIT_SYSTEM, RESET_TRAP_KEXEC);
	said("error", "cannot reset the machine: a reboot may jump to the "
	     "kernel that is loaded for kexec, without a reset; unload it "
	     "with \"kexec -u\", or override with --force=kexec");
	check(true, RESET_TRAP_SOFT_REBOOT, VMFW_EXIT_SYSTEM, RESET_TRAP_KEXEC);
	said("error", "--force=kexec");
	check(true, RESET_TRAP_KEXEC, VMFW_EXIT_OK, RESET_TRAP_KEXEC);
	said(NULL, NULL);
	/* Without a reboot now, the obstacle causes only a warning. */
	check(false, 0, VMFW_EXIT_OK, RESET_TRAP_KEXEC);
	said("warning", "the kernel that is loaded for kexec");
}

static void test_soft_reboot(void **state)
{
	(void)state;
	kernel.next_root = "/run/nextroot/usr/lib/os-release";
	/* Only systemd restarts in /run/nextroot. */
	check(true, 0, VMFW_EXIT_OK, 0);
	kernel.systemd = true;
	check(true, 0, VMFW_EXIT_SYSTEM, RESET_TRAP_SOFT_REBOOT);
	said("error", "a reboot may restart the system in /run/nextroot without a reset; "
	     "unmount /run/nextroot, or override with --force=soft-reboot");
	kernel.next_root = "/run/nextroot/etc/os-release";
	check(true, RESET_TRAP_KEXEC, VMFW_EXIT_SYSTEM, RESET_TRAP_SOFT_REBOOT);
	said("error", "--force=soft-reboot");
	check(true, RESET_TRAP_SOFT_REBOOT, VMFW_EXIT_OK,
	      RESET_TRAP_SOFT_REBOOT);
	said(NULL, NULL);
	check(false, 0, VMFW_EXIT_OK, RESET_TRAP_SOFT_REBOOT);
	said("warning", "a reboot may restart the system");
	/* Without os-release, systemd does not restart in the directory. */
	kernel.next_root = "/run/nextroot";
	check(true, 0, VMFW_EXIT_OK, 0);
}

static void test_both(void **state)
{
	const unsigned int both = RESET_TRAP_KEXEC | RESET_TRAP_SOFT_REBOOT;

	(void)state;
	kernel.loaded = "1\n";
	kernel.next_root = "/run/nextroot/etc/os-release";
	kernel.systemd = true;
	check(true, RESET_TRAP_KEXEC, VMFW_EXIT_SYSTEM, both);
	said("error", "--force=soft-reboot");
	check(true, both, VMFW_EXIT_OK, both);
	said(NULL, NULL);
	check(false, 0, VMFW_EXIT_OK, both);
	assert_int_equal(messages.nr, 2);
}

static void reset(unsigned int traps, int code, const char *calls)
{
	kernel.calls[0] = '\0';
	assert_int_equal(reset_machine(&messages, traps), code);
	assert_string_equal(kernel.calls, calls);
	assert_int_equal(kernel.fds, 0);
}

/* Without systemd, the tool syncs the file systems and asks the kernel. */
static void test_without_systemd(void **state)
{
	(void)state;
	reset(0, VMFW_EXIT_SYSTEM, "sync;reboot;");
	said("error", "cannot reboot: Operation not permitted; a reset can "
	     "still apply the image");
}

static void test_with_systemd(void **state)
{
	(void)state;
	kernel.systemd = true;
	make_systemctl(0);
	reset(0, VMFW_EXIT_OK, "");
	systemctl_was_called("reboot 1 1\n");
	said(NULL, NULL);
	make_systemctl(1);
	reset(0, VMFW_EXIT_SYSTEM, "");
	systemctl_was_called("reboot 1 1\n");
	said("error", "cannot reboot: \"systemctl reboot\" failed; a reset can "
	     "still apply the image");
	remove_systemctl();
	reset(0, VMFW_EXIT_SYSTEM, "");
	said("error", "\"systemctl reboot\" failed");
}

/* A signal does not end the wait for systemctl. Another error does. */
static void test_waits_for_systemctl(void **state)
{
	static const int errs[] = { EPERM, ECHILD };
	size_t i;

	(void)state;
	kernel.systemd = true;
	make_systemctl(0);
	kernel.interrupts = 3;
	reset(0, VMFW_EXIT_OK, "");
	assert_int_equal(kernel.interrupts, 0);
	systemctl_was_called("reboot 1 1\n");
	for (i = 0; i < ARRAY_SIZE(errs); i++) {
		kernel.wait = errs[i];
		reset(0, VMFW_EXIT_SYSTEM, "");
		assert_non_null(strstr(messages.list[0].text,
				       strerror(errs[i])));
		said("error", "cannot run systemctl: ");
	}
	make_systemctl(0);
	kernel.fork = EAGAIN;
	reset(0, VMFW_EXIT_SYSTEM, "");
	systemctl_was_called("");
	said("error", "cannot run systemctl: Resource temporarily unavailable; "
	     "a reset can still apply the image");
}

static void test_systemctl_killed(void **state)
{
	(void)state;
	kernel.systemd = true;
	write_file("systemctl", "#!/bin/sh\nkill -KILL $$\n", 0755);
	reset(0, VMFW_EXIT_SYSTEM, "");
	said("error", "\"systemctl reboot\" failed");
}

/* The tool unloads a kernel for kexec before it reboots. */
static void test_unloads(void **state)
{
	(void)state;
	kernel.loaded = "1\n";
	reset(RESET_TRAP_KEXEC, VMFW_EXIT_SYSTEM, "kexec_load;sync;reboot;");
	said("error", "cannot reboot");
	/* kexec_load fails, but another process has unloaded the kernel. */
	kernel.load = EPERM;
	kernel.loaded = "0\n";
	reset(RESET_TRAP_KEXEC, VMFW_EXIT_SYSTEM, "kexec_load;sync;reboot;");
	said("error", "cannot reboot");
	kernel.loaded = "1\n";
	reset(RESET_TRAP_KEXEC, VMFW_EXIT_SYSTEM,
	      "kexec_load;kexec_file_load;sync;reboot;");
	said("error", "cannot reboot");
	/* If the kernel for kexec stays loaded, the tool does not reboot. */
	kernel.loaded = "1\n";
	kernel.file_load = EBUSY;
	kernel.systemd = true;
	make_systemctl(0);
	reset(RESET_TRAP_KEXEC, VMFW_EXIT_SYSTEM, "kexec_load;kexec_file_load;");
	systemctl_was_called("");
	said("error", "cannot unload the kernel that is loaded for kexec: Device "
	     "or resource busy");
	/* The tool unloads a kernel only for the obstacle kexec. */
	reset(RESET_TRAP_SOFT_REBOOT, VMFW_EXIT_OK, "");
	systemctl_was_called("reboot 1 1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_no_trap, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_kexec, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_soft_reboot, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_both, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_without_systemd, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_with_systemd, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_waits_for_systemctl, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_systemctl_killed, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_unloads, set_up, tear_down),
	};
	char path[256];
	int failed;

	if (!mkdtemp(directory))
		return 1;
	/* PATH contains only the test's systemctl. */
	setenv("PATH", directory, 1);
	failed = cmocka_run_group_tests_name("reboot", tests, NULL, NULL);
	remove_systemctl();
	snprintf(path, sizeof(path), "%s/called", directory);
	unlink(path);
	rmdir(directory);
	return failed;
}

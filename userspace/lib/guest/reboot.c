// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/kexec.h>

#include "base/exit.h"
#include "guest/reboot.h"

#define KEXEC_LOADED	"/sys/kernel/kexec_loaded"
#define NEXT_ROOT	"/run/nextroot"
#define SYSTEMD		"/run/systemd/system"

/* systemd takes a directory with an os-release for a root to restart in. */
static const char *const os_releases[] = {
	NEXT_ROOT "/etc/os-release",
	NEXT_ROOT "/usr/lib/os-release",
};

static bool kexec_loaded(void)
{
	char c = '0';
	int fd = open(KEXEC_LOADED, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (read(fd, &c, 1) != 1)
		c = '0';
	close(fd);
	return c == '1';
}

static bool next_root_prepared(void)
{
	size_t i;

	for (i = 0; i < sizeof(os_releases) / sizeof(os_releases[0]); i++)
		if (!access(os_releases[i], F_OK))
			return true;
	return false;
}

/*
 * "systemctl reboot" jumps to a kernel that kexec has loaded, and restarts
 * user space alone in a root that is prepared at /run/nextroot.
 */
static unsigned int find_traps(void)
{
	unsigned int traps = 0;

	if (kexec_loaded())
		traps |= RESET_TRAP_KEXEC;
	if (!access(SYSTEMD, F_OK) && next_root_prepared())
		traps |= RESET_TRAP_SOFT_REBOOT;
	return traps;
}

/* What is in the way, and how to remove it. */
static const char *trap_words(enum reset_trap trap)
{
	if (trap == RESET_TRAP_KEXEC)
		return "a kernel is loaded for kexec, and a reboot may jump to "
		       "it without a reset; unload it with \"kexec -u\"";
	return "a root for a soft reboot is prepared at " NEXT_ROOT
	       ", and a reboot may restart in it without a reset; unmount it";
}

/**
 * reset_check() - refuse, override or mention what makes a reboot no reset
 * @messages: for errors and warnings
 * @reboot: a reboot is wanted now: what is not overridden is an error
 * @overridden: bits of enum reset_trap
 * @traps: receives what there is, for reset_machine()
 *
 * Return: an exit code.
 */
enum vmfw_exit reset_check(struct messages *messages, bool reboot,
			   unsigned int overridden, unsigned int *traps)
{
	static const struct {
		enum reset_trap trap;
		const char *word;
	} table[] = {
		{ RESET_TRAP_KEXEC, "kexec" },
		{ RESET_TRAP_SOFT_REBOOT, "soft-reboot" },
	};
	size_t i;

	*traps = find_traps();
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const char *words = trap_words(table[i].trap);

		if (!(*traps & table[i].trap))
			continue;
		if (!reboot) {
			message_warning(messages, "%s", words);
		} else if (!(overridden & table[i].trap)) {
			message_error(messages, "%s, or override with --force=%s",
				      words, table[i].word);
			return VMFW_EXIT_SYSTEM;
		}
	}
	return VMFW_EXIT_OK;
}

static enum vmfw_exit unload_kexec(struct messages *messages)
{
	if (!syscall(SYS_kexec_load, 0, 0, NULL, 0) || !kexec_loaded())
		return VMFW_EXIT_OK;
#ifdef SYS_kexec_file_load
	if (!syscall(SYS_kexec_file_load, -1, -1, 0, NULL, KEXEC_FILE_UNLOAD))
		return VMFW_EXIT_OK;
#endif
	message_error(messages, "cannot unload the kernel that is loaded for kexec: %s",
		      strerror(errno));
	return VMFW_EXIT_SYSTEM;
}

static enum vmfw_exit run_systemctl(struct messages *messages)
{
	pid_t pid;
	int status;

	pid = fork();
	if (pid < 0)
		goto failed;
	if (!pid) {
		/* Known to newer systemd: no detours, whatever is prepared. */
		setenv("SYSTEMCTL_SKIP_AUTO_KEXEC", "1", 1);
		setenv("SYSTEMCTL_SKIP_AUTO_SOFT_REBOOT", "1", 1);
		execlp("systemctl", "systemctl", "reboot", (char *)NULL);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			goto failed;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return VMFW_EXIT_OK;
	message_error(messages, "\"systemctl reboot\" failed; the image still waits for a reset");
	return VMFW_EXIT_SYSTEM;

failed:
	message_error(messages, "cannot run systemctl: %s; the image still waits for a reset",
		      strerror(errno));
	return VMFW_EXIT_SYSTEM;
}

/**
 * reset_machine() - reboot by way of a real reset
 * @messages: for errors
 * @traps: what reset_check() found
 *
 * Where systemd runs, it is asked, and services end in order. Elsewhere the
 * kernel is told directly, with all file systems synced.
 *
 * Return: an exit code; on success the machine is going down.
 */
enum vmfw_exit reset_machine(struct messages *messages, unsigned int traps)
{
	enum vmfw_exit code;

	if (traps & RESET_TRAP_KEXEC) {
		code = unload_kexec(messages);
		if (code)
			return code;
	}
	if (!access(SYSTEMD, F_OK))
		return run_systemctl(messages);
	return reset_at_once(messages);
}

/**
 * reset_at_once() - reboot without asking anybody
 * @messages: for errors
 *
 * The kernel's notifiers run, so a staged image is armed; services do not end
 * in order. For an initramfs, where there is nothing to end.
 *
 * Return: an exit code; it does not return on success.
 */
enum vmfw_exit reset_at_once(struct messages *messages)
{
	sync();
	reboot(RB_AUTOBOOT);
	message_error(messages, "cannot reboot: %s; the image still waits for a reset",
		      strerror(errno));
	return VMFW_EXIT_SYSTEM;
}

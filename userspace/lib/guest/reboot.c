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
#include "shared/macro.h"

#define KEXEC_LOADED	"/sys/kernel/kexec_loaded"
#define NEXT_ROOT	"/run/nextroot"
#define SYSTEMD		"/run/systemd/system"

/* systemd restarts user space in /run/nextroot if one of these files exists. */
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

	for (i = 0; i < ARRAY_SIZE(os_releases); i++)
		if (!access(os_releases[i], F_OK))
			return true;
	return false;
}

/*
 * Find obstacles to a reset. "systemctl reboot" jumps to a kernel that kexec
 * has loaded, or restarts only user space in a root prepared at /run/nextroot.
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

/* Describe an obstacle to a reset, and how to remove it. */
static const char *trap_words(enum reset_trap trap)
{
	if (trap == RESET_TRAP_KEXEC)
		return "a reboot may jump to the kernel that is loaded for kexec, without a reset; unload it with \"kexec -u\"";
	return "a reboot may restart the system in " NEXT_ROOT " without a reset; unmount " NEXT_ROOT;
}

/**
 * reset_check() - find obstacles that make a reboot less than a full reset
 * @messages: for errors and warnings
 * @reboot: the caller is about to reboot: an obstacle that is not overridden is
 *	an error
 * @overridden: bits of enum reset_trap: obstacles to accept
 * @traps: receives the obstacles, bits of enum reset_trap, for reset_machine()
 *
 * Return: an exit code; VMFW_EXIT_SYSTEM: there is an obstacle that is not
 * overridden.
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
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		const char *words = trap_words(table[i].trap);

		if (!(*traps & table[i].trap))
			continue;
		if (!reboot) {
			message_warning(messages, "%s", words);
		} else if (!(overridden & table[i].trap)) {
			message_error(messages, "cannot reset the machine: %s, or override with --force=%s",
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
		/*
		 * A newer systemctl obeys these variables. Then it reboots by a
		 * full reset, even if a kexec or a soft reboot is prepared.
		 */
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
	message_error(messages, "cannot reboot: \"systemctl reboot\" failed; a reset can still apply the image");
	return VMFW_EXIT_SYSTEM;

failed:
	message_error(messages, "cannot run systemctl: %s; a reset can still apply the image",
		      strerror(errno));
	return VMFW_EXIT_SYSTEM;
}

/**
 * reset_machine() - reboot by a full reset
 * @messages: for errors
 * @traps: obstacles, from reset_check()
 *
 * The function first unloads a kernel that is loaded for kexec. If systemd
 * runs, the function asks it for the reboot, so that services end in order.
 * Otherwise the function syncs all file systems and asks the kernel.
 *
 * Return: an exit code; VMFW_EXIT_OK: the reset has begun.
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
 * reset_at_once() - reboot at once, without asking systemd
 * @messages: for errors
 *
 * Before the reset, the kernel calls the driver, which arms a staged image.
 * Services do not end in order. So call this function only in an initramfs, or
 * if systemd does not run.
 *
 * Return: an exit code; on success the function does not return.
 */
enum vmfw_exit reset_at_once(struct messages *messages)
{
	sync();
	reboot(RB_AUTOBOOT);
	message_error(messages, "cannot reboot: %s; a reset can still apply the image",
		      strerror(errno));
	return VMFW_EXIT_SYSTEM;
}

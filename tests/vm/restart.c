// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A call of reboot(2) with LINUX_REBOOT_CMD_RESTART2, which takes any text.
 *
 * usage: restart WORDS
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#define _GNU_SOURCE
#include <err.h>
#include <linux/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc != 2)
		errx(2, "usage: restart WORDS");
	sync();
	syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
		LINUX_REBOOT_CMD_RESTART2, argv[1]);
	err(1, "reboot");
}

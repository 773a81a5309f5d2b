// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A program that asks the driver for the memory of an image, and frees it again. The
 * program runs in a test guest, with the module loaded and nothing staged.
 *
 * usage: allocate MEBIBYTES [TIMES]
 *
 * Prints a line for each attempt: "ok" or the name of the error, milliseconds,
 * and the guest physical address, 0 if there is none.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <linux/vmfwupdate.h>

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static __u64 image_addr(int fd)
{
	struct vmfwupdate_info info = { .size = sizeof(info) };

	if (ioctl(fd, VMFWUPDATE_GET_INFO, &info))
		err(1, "VMFWUPDATE_GET_INFO");
	return info.image_addr;
}

/* The driver frees the memory when the program closes the file. */
static void allocate(__u64 size)
{
	struct vmfwupdate_begin begin = {
		.size = sizeof(begin),
		.image_size = size,
		.align = 4096,
		.max_addr = ~0ULL,
	};
	const char *result = "ok";
	double started, ended;
	int fd;

	fd = open("/dev/vmfwupdate", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		err(1, "/dev/vmfwupdate");

	started = now_ms();
	if (ioctl(fd, VMFWUPDATE_BEGIN, &begin))
		result = strerrorname_np(errno);
	ended = now_ms();

	printf("%s %.0f 0x%llx\n", result, ended - started, image_addr(fd));
	close(fd);
}

int main(int argc, char **argv)
{
	unsigned long size, times;

	if (argc < 2)
		errx(2, "usage: allocate MEBIBYTES [TIMES]");
	size = strtoul(argv[1], NULL, 10);
	times = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;

	for (; times; times--)
		allocate((__u64)size << 20);
	return 0;
}

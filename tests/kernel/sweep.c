// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A test that lets the allocations of a staging fail, one after the other. The program
 * runs in a test guest whose kernel has fault injection, with the module loaded and
 * nothing staged. It prints TAP.
 *
 * A write of N to /proc/self/fail-nth makes the N-th allocation of this task fail. So the
 * test repeats a session, with N from 1 on, until a session ends before its N-th
 * allocation. Each session must succeed or fail with ENOMEM. Afterwards, the device must
 * be idle, and no memory may be lost.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/vmfwupdate.h>

#define DEBUG		"/sys/kernel/debug/"
#define SYSFS		"/sys/class/misc/vmfwupdate/"
#define KMEMLEAK	DEBUG "kmemleak"

/* Large, so that a leaked image stands out among other allocations. */
#define IMAGE_SIZE	(32UL << 20)

/* A sweep fails if a session still meets a fault after so many of them. */
#define MAX_FAULTS	20000

/* Seconds: kmemleak reports only objects that are more than five seconds old. */
#define KMEMLEAK_AGE_S	6

static char image[IMAGE_SIZE];
static int fail_nth;
static int number;
static int failures;

static void report(bool passed, const char *name)
{
	printf("%s %d - %s\n", passed ? "ok" : "not ok", ++number, name);
	if (!passed)
		failures++;
}

static void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

/* Get the first bytes of a file as a string. The file kmemleak may have more. */
static const char *get(const char *path)
{
	static char text[4096];
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		die(path);
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		die(path);
	text[n] = '\0';
	close(fd);
	return text;
}

static void set_fault(unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	if (pwrite(fail_nth, text, len, 0) != len)
		die("/proc/self/fail-nth");
}

/* Has the fault of set_fault() happened? */
static bool fault_happened(void)
{
	char text[16] = "";

	return pread(fail_nth, text, sizeof(text) - 1, 0) < 0 ||
	       atoi(text) == 0;
}

static long write_all(int fd)
{
	size_t done;
	ssize_t n;

	for (done = 0; done < sizeof(image); done += n) {
		n = write(fd, image + done, sizeof(image) - done);
		if (n < 0)
			return n;
	}
	return 0;
}

static int run_session(int fd, uint32_t flags)
{
	static const struct vmfwupdate_range ranges[] = {
		{ 0xfff00000, 0x100000 },
		{ 0x100000, 0x10000 },
	};
	struct vmfwupdate_info info = { .size = sizeof(info) };
	struct vmfwupdate_begin begin = {
		.size = sizeof(begin),
		.image_size = sizeof(image),
		.ranges = (uintptr_t)ranges,
		.nr_ranges = 2,
	};
	struct vmfwupdate_commit commit = {
		.size = sizeof(commit),
		.flags = flags,
		.format = VMFWUPDATE_FORMAT_IGVM,
	};

	if (ioctl(fd, VMFWUPDATE_GET_INFO, &info) < 0 ||
	    ioctl(fd, VMFWUPDATE_BEGIN, &begin) < 0 ||
	    write_all(fd) < 0 ||
	    ioctl(fd, VMFWUPDATE_COMMIT, &commit) < 0 ||
	    ioctl(fd, VMFWUPDATE_CANCEL) < 0)
		return errno;
	return 0;
}

/* Run a session with a new file descriptor. Return: 0 or an errno. */
static int session(uint32_t flags)
{
	int err, fd;

	fd = open("/dev/vmfwupdate", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return errno;
	err = run_session(fd, flags);
	close(fd);
	return err;
}

static bool left_as_it_was(void)
{
	return !strcmp(get(SYSFS "state"), "idle\n") &&
	       !strcmp(get(SYSFS "leaked"), "0\n");
}

static void sweep(const char *name, uint32_t flags)
{
	unsigned int nth, refused = 0, wrong = 0;
	bool happened;
	int err;

	for (nth = 1; nth < MAX_FAULTS; nth++) {
		set_fault(nth);
		err = session(flags);
		happened = fault_happened();
		set_fault(0);

		if ((err && err != ENOMEM) || !left_as_it_was()) {
			printf("# allocation %u: %s, state %s", nth,
			       strerror(err), get(SYSFS "state"));
			wrong++;
		}
		refused += err == ENOMEM;
		if (!happened)
			break;
	}

	printf("# %s: %u allocations, %u of them needed\n", name, nth - 1,
	       refused);
	report(!wrong && !err && refused && nth < MAX_FAULTS, name);
}

static unsigned long available_kib(void)
{
	const char *line;

	put("/proc/sys/vm/drop_caches", "3");
	line = strstr(get("/proc/meminfo"), "MemAvailable:");
	return line ? strtoul(line + strlen("MemAvailable:"), NULL, 10) : 0;
}

static bool nothing_leaked(void)
{
	const char *found;

	/* kmemleak reports an object if two scans find no reference to it. */
	sleep(KMEMLEAK_AGE_S);
	put(KMEMLEAK, "scan");
	put(KMEMLEAK, "scan");
	found = get(KMEMLEAK);
	if (*found)
		printf("# kmemleak:\n%s\n", found);
	return !*found;
}

/* Most allocations may sleep or use high memory. Let these fail, too. */
static void set_up(void)
{
	put(DEBUG "failslab/ignore-gfp-wait", "N");
	put(DEBUG "failslab/verbose", "0");
	put(DEBUG "fail_page_alloc/ignore-gfp-wait", "N");
	put(DEBUG "fail_page_alloc/ignore-gfp-highmem", "N");
	put(DEBUG "fail_page_alloc/min-order", "0");
	put(DEBUG "fail_page_alloc/verbose", "0");

	fail_nth = open("/proc/self/fail-nth", O_RDWR);
	if (fail_nth < 0)
		die("/proc/self/fail-nth");

	/* Allocate the pages of the image before the first fault is set. */
	memset(image, 0x5a, sizeof(image));
}

int main(void)
{
	unsigned long before, after;

	if (access(DEBUG "failslab", F_OK) || access(KMEMLEAK, F_OK)) {
		puts("1..0 # SKIP no failslab or kmemleak: see tests/kernel/build-debug");
		return 0;
	}
	set_up();

	/* The first sessions fill caches. */
	if (session(0) || session(VMFWUPDATE_COMMIT_ARM_NOW)) {
		puts("Bail out! a session without any fault fails");
		return 1;
	}
	put(KMEMLEAK, "clear");
	sweep("stage and cancel", 0);
	sweep("arm and cancel", VMFWUPDATE_COMMIT_ARM_NOW);

	/* By now KASAN's quarantine and other caches are full. */
	before = available_kib();
	sweep("stage and cancel, again", 0);
	sweep("arm and cancel, again", VMFWUPDATE_COMMIT_ARM_NOW);
	after = available_kib();

	printf("# available before: %lu KiB, after: %lu KiB\n", before, after);
	report(after + IMAGE_SIZE / 1024 / 2 > before,
	       "the memory of every image has come back");
	report(nothing_leaked(), "kmemleak finds nothing");
	printf("1..%d\n", number);
	return failures ? 1 : 0;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A program with the first version of <linux/vmfwupdate.h>. It tests that today's driver
 * still supports that version. The driver must write no byte after the program's
 * structures. Runs in the test guest, with nothing staged. Prints TAP.
 *
 * usage: abi-v1 IMAGE | abi-v1 refused
 *
 *	IMAGE	an image that the device takes; the program arms it at the end
 *	refused	the VMM refuses every image
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
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

#include "abi-v1.h"

#define GUARD	0x5aa55aa5c3c33c3cULL

_Static_assert(sizeof(struct vmfwupdate_info) == 128, "as it was");
_Static_assert(sizeof(struct vmfwupdate_begin) == 48, "as it was");
_Static_assert(sizeof(struct vmfwupdate_commit) == 72, "as it was");
_Static_assert(sizeof(struct vmfwupdate_opaque) == 24, "as it was");

/* The driver may write to the first member, but must not change the second one. */
static struct {
	struct vmfwupdate_info known;
	uint64_t guard;
} info;

static struct {
	struct vmfwupdate_commit known;
	uint64_t guard[4];
} commit;

static int device;
static int number;
static int failures;

static void report(bool passed, const char *name)
{
	printf("%s %d - %s\n", passed ? "ok" : "not ok", ++number, name);
	if (!passed)
		failures++;
}

static void expect(const char *name, long result, int expected)
{
	int seen = result < 0 ? errno : 0;

	report(seen == expected, name);
	if (seen != expected)
		printf("# errno %d (%s), expected %d\n", seen, strerror(seen),
		       expected);
}

static uint32_t state(void)
{
	memset(&info, 0, sizeof(info));
	info.known.size = sizeof(info.known);
	info.guard = GUARD;
	if (ioctl(device, VMFWUPDATE_GET_INFO, &info) < 0)
		return UINT32_MAX;
	return info.known.state;
}

static void test_info(void)
{
	report(state() == VMFWUPDATE_STATE_IDLE, "info: idle");
	report(info.guard == GUARD, "info: nothing after its end");
	report(info.known.size > sizeof(info.known),
	       "info: the driver knows more than this program");
	report(info.known.abi_version == 1 && info.known.formats &&
	       info.known.max_size && info.known.size_multiple,
	       "info: the fields of the first version");
}

static void bring(const void *bytes, size_t size)
{
	struct vmfwupdate_begin begin = {
		.size = sizeof(begin),
		.image_size = size,
	};

	expect("begin", ioctl(device, VMFWUPDATE_BEGIN, &begin), 0);
	report(write(device, bytes, size) == (ssize_t)size, "write");
}

static long commit_with(uint32_t flags)
{
	memset(&commit, 0, sizeof(commit));
	commit.known.size = sizeof(commit.known);
	commit.known.flags = flags;
	commit.known.format = info.known.formats;
	memcpy(commit.known.tag, "v1", 3);
	memset(commit.guard, 0x3c, sizeof(commit.guard));
	return ioctl(device, VMFWUPDATE_COMMIT, &commit);
}

static bool guard_is_whole(void)
{
	static const uint8_t byte = 0x3c;
	const uint8_t *guard = (const uint8_t *)commit.guard;
	size_t i;

	for (i = 0; i < sizeof(commit.guard); i++)
		if (guard[i] != byte)
			return false;
	return true;
}

static void test_image(const void *bytes, size_t size)
{
	bring(bytes, size);
	expect("commit", commit_with(0), 0);
	report(guard_is_whole(), "commit: nothing after its end");
	report(state() == VMFWUPDATE_STATE_STAGED, "staged");
	report(!strcmp((char *)info.known.tag, "v1"), "info: its tag");
	report(info.known.image_size == size, "info: its size");
	expect("cancel", ioctl(device, VMFWUPDATE_CANCEL), 0);
	report(state() == VMFWUPDATE_STATE_IDLE, "idle again");
}

/* The VMM refuses an image. The driver fills in only the fields of this version. */
static void test_refused(const void *bytes, size_t size)
{
	bring(bytes, size);
	expect("commit: refused", commit_with(VMFWUPDATE_COMMIT_ARM_NOW), EIO);
	report(guard_is_whole(), "commit: refused: nothing after its end");
	report(state() == VMFWUPDATE_STATE_IDLE, "idle after a refusal");
}

static void test_armed(const void *bytes, size_t size)
{
	bring(bytes, size);
	expect("commit: now", commit_with(VMFWUPDATE_COMMIT_ARM_NOW), 0);
	report(state() == VMFWUPDATE_STATE_ARMED, "armed");
}

static void test_sizes(void)
{
	uint32_t size;

	for (size = 4; size < sizeof(struct vmfwupdate_commit); size += 4) {
		commit.known.size = size;
		if (ioctl(device, VMFWUPDATE_COMMIT, &commit) == 0 ||
		    errno != EINVAL)
			break;
	}
	report(size == sizeof(struct vmfwupdate_commit),
	       "commit: every shorter structure is refused");
	commit_with(0);
	report(errno == EINVAL, "commit: nothing begun");
	commit_with(1U << 31);
	report(errno == EINVAL, "commit: an unknown flag");
}

/* Read a whole file into memory that lasts until the program ends. */
static void *read_file(const char *path, size_t *size)
{
	int file = open(path, O_RDONLY);
	struct stat st;
	void *bytes;

	if (file < 0 || fstat(file, &st) < 0) {
		perror(path);
		exit(1);
	}
	bytes = malloc(st.st_size);
	if (!bytes || read(file, bytes, st.st_size) != st.st_size) {
		perror(path);
		exit(1);
	}
	close(file);
	*size = st.st_size;
	return bytes;
}

int main(int argc, char *argv[])
{
	static const char junk[65536];
	size_t size;
	void *image;

	if (argc != 2) {
		fputs("usage: abi-v1 IMAGE | abi-v1 refused\n", stderr);
		return 2;
	}
	device = open("/dev/vmfwupdate", O_RDWR);
	if (device < 0) {
		perror("/dev/vmfwupdate");
		return 1;
	}

	test_info();
	test_sizes();
	if (!strcmp(argv[1], "refused")) {
		test_refused(junk, sizeof(junk));
	} else {
		image = read_file(argv[1], &size);
		test_image(image, size);
		test_armed(image, size);
	}
	printf("1..%d\n", number);
	return failures ? 1 : 0;
}

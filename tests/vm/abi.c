// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Answers of /dev/vmfwupdate to callers that make mistakes, or that were built for
 * another version of its structures. Runs in the test guest, with nothing staged. Prints
 * TAP. If the interface has an opaque area, the program tests only that area. Otherwise
 * it tests everything else.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/capability.h>
#include <linux/userfaultfd.h>
#include <linux/vmfwupdate.h>

#define IMAGE_SIZE	(3 * 4096 + 1)
#define OPAQUE_SIZE	4096

/* The size of struct vmfwupdate_commit in version 1. */
#define COMMIT_SIZE_V1	72

static int device;
static char *unmapped;
static int number;
static int failures;

static void report(bool passed, const char *name)
{
	printf("%s %d - %s\n", passed ? "ok" : "not ok", ++number, name);
	if (!passed)
		failures++;
}

/* @result: result of a system call; @expected: errno value, or 0 for success */
static void expect(const char *name, long result, int expected)
{
	int seen = result < 0 ? errno : 0;

	report(seen == expected, name);
	if (seen != expected)
		printf("# errno %d (%s), expected %d (%s)\n", seen, strerror(seen),
		       expected, strerror(expected));
}

static struct vmfwupdate_begin sound_begin(void)
{
	return (struct vmfwupdate_begin){
		.size = sizeof(struct vmfwupdate_begin),
		.image_size = IMAGE_SIZE,
	};
}

static struct vmfwupdate_commit sound_commit(void)
{
	return (struct vmfwupdate_commit){
		.size = sizeof(struct vmfwupdate_commit),
		.format = VMFWUPDATE_FORMAT_IGVM,
		.tag = "tag",
	};
}

static struct vmfwupdate_info info(void)
{
	struct vmfwupdate_info info = { .size = sizeof(info) };

	if (ioctl(device, VMFWUPDATE_GET_INFO, &info) < 0) {
		perror("VMFWUPDATE_GET_INFO");
		exit(1);
	}
	return info;
}

static long begin(const struct vmfwupdate_begin *begin)
{
	return ioctl(device, VMFWUPDATE_BEGIN, begin);
}

static long commit(struct vmfwupdate_commit *commit)
{
	return ioctl(device, VMFWUPDATE_COMMIT, commit);
}

/* Expect this result of a BEGIN. Cancel the session if the BEGIN succeeds. */
static void begin_fails(const char *name, struct vmfwupdate_begin wrong,
			int expected)
{
	long result = begin(&wrong);

	expect(name, result, expected);
	if (result == 0)
		ioctl(device, VMFWUPDATE_CANCEL);
}

static void test_begin(void)
{
	static struct vmfwupdate_range ranges[VMFWUPDATE_MAX_RANGES + 1];
	struct vmfwupdate_begin b;

	b = sound_begin(); b.size = 0;
	begin_fails("begin: size 0", b, EINVAL);
	b = sound_begin(); b.size = 4;
	begin_fails("begin: size of the size alone", b, EINVAL);
	b = sound_begin(); b.size--;
	begin_fails("begin: size one short", b, EINVAL);
	b = sound_begin(); b.size = UINT32_MAX;
	begin_fails("begin: size of 4 GiB", b, E2BIG);
	b = sound_begin(); b.flags = 1;
	begin_fails("begin: unknown flag, the lowest", b, EINVAL);
	b = sound_begin(); b.flags = 1U << 31;
	begin_fails("begin: unknown flag, the highest", b, EINVAL);
	b = sound_begin(); b.reserved = 1;
	begin_fails("begin: reserved is not zero", b, EINVAL);
	b = sound_begin(); b.image_size = 0;
	begin_fails("begin: an image of no bytes", b, EINVAL);
	b = sound_begin(); b.image_size = UINT64_MAX;
	begin_fails("begin: an image of 2^64 - 1 bytes", b, E2BIG);
	b = sound_begin(); b.image_size = 1ULL << 32;
	begin_fails("begin: more than the interface carries", b, E2BIG);
	b = sound_begin(); b.image_size = UINT32_MAX;
	begin_fails("begin: more than there is memory", b, ENOMEM);
	b = sound_begin(); b.align = 3;
	begin_fails("begin: an alignment that is no power of two", b, EINVAL);
	b = sound_begin(); b.align = 1ULL << 63;
	begin_fails("begin: an alignment that nothing has", b, ENOMEM);
	b = sound_begin(); b.max_addr = 4095;
	begin_fails("begin: a limit below everything", b, ENOMEM);

	b = sound_begin(); b.nr_ranges = 1;
	begin_fails("begin: ranges at NULL", b, EFAULT);
	b = sound_begin(); b.nr_ranges = 1; b.ranges = UINT64_MAX - 7;
	begin_fails("begin: ranges beyond user space", b, EFAULT);
	b = sound_begin(); b.nr_ranges = UINT32_MAX; b.ranges = (uintptr_t)ranges;
	begin_fails("begin: 2^32 - 1 ranges", b, EINVAL);
	b = sound_begin(); b.nr_ranges = VMFWUPDATE_MAX_RANGES + 1;
	b.ranges = (uintptr_t)ranges;
	begin_fails("begin: one range too many", b, EINVAL);

	b = sound_begin(); b.nr_ranges = 1; b.ranges = (uintptr_t)ranges;
	begin_fails("begin: an empty range", b, EINVAL);
	ranges[0] = (struct vmfwupdate_range){ 4096, UINT64_MAX };
	begin_fails("begin: a range that wraps", b, EINVAL);
	ranges[0] = (struct vmfwupdate_range){ 0, UINT64_MAX };
	begin_fails("begin: a range that leaves no room", b, ENOMEM);
	ranges[0] = (struct vmfwupdate_range){ UINT64_MAX, 1 };
	begin_fails("begin: a range of the very last byte", b, 0);

	expect("begin: a bad pointer", ioctl(device, VMFWUPDATE_BEGIN, unmapped),
	       EFAULT);
	report(info().state == VMFWUPDATE_STATE_IDLE,
	       "begin: the failed calls left no trace");
}

/* A caller built later: its structure is longer. */
static void test_newer_caller(void)
{
	struct {
		struct vmfwupdate_begin known;
		uint64_t later;
	} b = { sound_begin(), 0 };
	struct {
		struct vmfwupdate_commit known;
		uint64_t later;
	} c = { sound_commit(), 0 };
	struct {
		struct vmfwupdate_info known;
		uint64_t later;
	} i = { { .size = sizeof(i) }, 42 };

	b.known.size = sizeof(b);
	expect("newer caller: an unknown field that is zero",
	       ioctl(device, VMFWUPDATE_BEGIN, &b), 0);
	ioctl(device, VMFWUPDATE_CANCEL);
	b.later = 1;
	expect("newer caller: a field that this kernel does not know",
	       ioctl(device, VMFWUPDATE_BEGIN, &b), E2BIG);

	c.known.size = sizeof(c);
	expect("newer caller: commit", ioctl(device, VMFWUPDATE_COMMIT, &c),
	       EINVAL);
	c.later = 1;
	expect("newer caller: commit, with a field that this kernel does not know",
	       ioctl(device, VMFWUPDATE_COMMIT, &c), E2BIG);

	expect("newer caller: info",
	       ioctl(device, VMFWUPDATE_GET_INFO, &i), 0);
	report(i.known.size == sizeof(i.known) && i.later == 42,
	       "newer caller: info has this kernel's fields, the rest is untouched");
}

/* A caller built earlier: its structure is shorter. */
static void test_older_caller(void)
{
	struct vmfwupdate_info i = { .size = 16 };

	memset((char *)&i + 16, 0x55, sizeof(i) - 16);
	expect("older caller: info", ioctl(device, VMFWUPDATE_GET_INFO, &i), 0);
	report(i.size == sizeof(i) && i.abi_version == VMFWUPDATE_ABI_VERSION &&
	       i.isolation == 0x55555555,
	       "older caller: the answer fits the room of 16 bytes");
	i.size = 3;
	expect("older caller: info without room for its size",
	       ioctl(device, VMFWUPDATE_GET_INFO, &i), EINVAL);
	expect("info: a bad pointer",
	       ioctl(device, VMFWUPDATE_GET_INFO, unmapped), EFAULT);
}

static void test_commit(void)
{
	struct vmfwupdate_commit c = sound_commit();

	expect("commit: without begin", commit(&c), EINVAL);
	expect("begin", begin(&(struct vmfwupdate_begin){
		.size = sizeof(struct vmfwupdate_begin),
		.image_size = IMAGE_SIZE }), 0);
	expect("begin: twice", begin(&(struct vmfwupdate_begin){
		.size = sizeof(struct vmfwupdate_begin),
		.image_size = IMAGE_SIZE }), EBUSY);

	expect("commit: bytes are missing", commit(&c), ENODATA);
	c = sound_commit(); c.size = COMMIT_SIZE_V1 - 1;
	expect("commit: size one short", commit(&c), EINVAL);
	c = sound_commit(); c.size = COMMIT_SIZE_V1;
	expect("commit: the first version's size", commit(&c), ENODATA);
	c = sound_commit(); c.reserved2 = 1;
	expect("commit: the second reserved is not zero", commit(&c), EINVAL);
	c = sound_commit(); c.flags = 4;
	expect("commit: unknown flag", commit(&c), EINVAL);
	c = sound_commit(); c.reserved = 1;
	expect("commit: reserved is not zero", commit(&c), EINVAL);
	c = sound_commit(); c.format = 0;
	expect("commit: no format", commit(&c), EINVAL);
	c = sound_commit(); c.format = 3;
	expect("commit: two formats", commit(&c), EINVAL);
	expect("commit: a bad pointer",
	       ioctl(device, VMFWUPDATE_COMMIT, unmapped), EFAULT);
	report(info().state == VMFWUPDATE_STATE_FILLING,
	       "commit: the session goes on after all this");
}

static void test_write(void)
{
	static char bytes[IMAGE_SIZE + 1];
	struct vmfwupdate_commit c = sound_commit();
	char *edge = unmapped - 4096;

	expect("write: a bad pointer", write(device, unmapped, 10), EFAULT);
	report(write(device, edge + 4000, 1000) == 96,
	       "write: the readable bytes have arrived");
	report(info().image_written == 96, "info: bytes that have arrived");
	expect("write: nothing", write(device, bytes, 0), 0);
	report(write(device, bytes, sizeof(bytes)) == IMAGE_SIZE - 96,
	       "write: no more than the image has");
	expect("write: past the end", write(device, bytes, 1), ENOSPC);
	expect("write: a position", pwrite(device, bytes, 1, 0), ESPIPE);
	expect("read", read(device, bytes, 1), EINVAL);
	expect("lseek", lseek(device, 0, SEEK_SET), ESPIPE);
	report(mmap(NULL, 4096, PROT_READ, MAP_SHARED, device, 0) == MAP_FAILED &&
	       errno == ENODEV, "mmap");
	c.format = VMFWUPDATE_FORMAT_FLAT;
	expect("commit: a format that this VMM does not take", commit(&c),
	       EOPNOTSUPP);
}

static void test_committed(void)
{
	struct vmfwupdate_begin b = sound_begin();
	struct vmfwupdate_commit c = sound_commit();
	struct vmfwupdate_info i;

	expect("commit", commit(&c), 0);
	i = info();
	report(i.state == VMFWUPDATE_STATE_STAGED, "staged");
	report(i.properties == VMFWUPDATE_PROPERTY_TRIAL &&
	       i.held == VMFWUPDATE_HELD_NOTHING &&
	       i.start == VMFWUPDATE_START_UNKNOWN,
	       "info: the properties of a draft");
	expect("restore: not on this interface",
	       ioctl(device, VMFWUPDATE_RESTORE), EOPNOTSUPP);
	report(!strcmp((char *)i.tag, "tag"), "info: the tag");
	report(i.image_size == IMAGE_SIZE && i.image_addr && i.commit_time &&
	       i.image_format == VMFWUPDATE_FORMAT_IGVM, "info: the image");
	expect("commit: again", commit(&c), EINVAL);
	expect("begin: while an image is staged", begin(&b), EBUSY);
	expect("write: while an image is staged", write(device, "x", 1), EINVAL);

	close(device);
	device = open("/dev/vmfwupdate", O_RDWR);
	report(info().state == VMFWUPDATE_STATE_STAGED,
	       "a committed image outlives the file");
	expect("cancel", ioctl(device, VMFWUPDATE_CANCEL), 0);
	expect("cancel: nothing there", ioctl(device, VMFWUPDATE_CANCEL), 0);
	i = info();
	report(i.state == VMFWUPDATE_STATE_IDLE && !i.image_size &&
	       !i.image_addr && !i.commit_time && !i.tag[0],
	       "info: no trace of the image");
	expect("unknown ioctl", ioctl(device, _IO(VMFWUPDATE_IOC_TYPE, 0x7f)),
	       ENOTTY);
}

/* A process that touches this page waits until it is killed. */
static char *absent_page(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register where = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int faults = syscall(SYS_userfaultfd, O_CLOEXEC);

	where.range.start = (uintptr_t)page;
	where.range.len = 4096;
	if (page == MAP_FAILED || faults < 0 ||
	    ioctl(faults, UFFDIO_API, &api) < 0 ||
	    ioctl(faults, UFFDIO_REGISTER, &where) < 0) {
		perror("userfaultfd");
		exit(1);
	}
	return page;
}

static void too_late(int signal_number)
{
	static const char text[] = "not ok - a write that waits blocks other callers\n";

	(void)signal_number;
	_exit(write(1, text, sizeof(text) - 1) < 0 ? 2 : 1);
}

/* A write that waits for its memory does not block other callers. */
static void test_write_that_waits(void)
{
	struct vmfwupdate_begin b = sound_begin();
	pid_t writer;

	expect("begin", begin(&b), 0);
	writer = fork();
	if (!writer)
		_exit(write(device, absent_page(), 4096) < 0);

	usleep(300 * 1000);
	signal(SIGALRM, too_late);
	alarm(20);
	report(waitpid(writer, NULL, WNOHANG) == 0, "write: waits for its page");
	report(info().state == VMFWUPDATE_STATE_FILLING,
	       "info: while a write waits");
	expect("cancel: while a write waits", ioctl(device, VMFWUPDATE_CANCEL), 0);
	kill(writer, SIGKILL);
	waitpid(writer, NULL, 0);
	alarm(0);
	report(info().state == VMFWUPDATE_STATE_IDLE, "idle after a cancel during a write");
}

/* A child shares the session. The session ends when both processes have closed the file. */
static void test_fork(void)
{
	struct vmfwupdate_begin b = sound_begin();
	int status, reader;
	pid_t child;

	begin(&b);
	child = fork();
	if (!child) {
		close(device);
		_exit(0);
	}
	waitpid(child, &status, 0);
	report(info().state == VMFWUPDATE_STATE_FILLING,
	       "fork: a child that closes the file does not end the session");
	close(device);
	reader = open("/dev/vmfwupdate", O_RDONLY);
	device = reader;
	report(info().state == VMFWUPDATE_STATE_IDLE,
	       "close: the last close ends the session");
	expect("read-only: begin", begin(&b), EBADF);
	expect("read-only: cancel", ioctl(reader, VMFWUPDATE_CANCEL), EBADF);

	device = open("/dev/vmfwupdate", O_RDWR);
	expect("a second writer", open("/dev/vmfwupdate", O_RDWR), EBUSY);
	status = open("/dev/vmfwupdate", O_RDONLY);
	expect("a reader beside a writer", status, 0);
	close(status);
	close(reader);
}

static void drop_cap_sys_boot(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		exit(1);
	data[0].effective &= ~(1U << CAP_SYS_BOOT);
	if (syscall(SYS_capset, &header, data) < 0)
		exit(1);
}

/* The process loses CAP_SYS_BOOT between the last byte and the commit. */
static void test_capability(void)
{
	static char bytes[IMAGE_SIZE];
	struct vmfwupdate_begin b = sound_begin();
	struct vmfwupdate_commit c = sound_commit();
	int reader = open("/dev/vmfwupdate", O_RDONLY);

	begin(&b);
	report(write(device, bytes, sizeof(bytes)) == IMAGE_SIZE,
	       "all bytes have arrived");
	drop_cap_sys_boot();
	expect("without CAP_SYS_BOOT: commit", commit(&c), EPERM);
	expect("without CAP_SYS_BOOT: cancel",
	       ioctl(device, VMFWUPDATE_CANCEL), EPERM);
	expect("without CAP_SYS_BOOT: begin on an open file", begin(&b), EPERM);
	expect("without CAP_SYS_BOOT: disable",
	       ioctl(device, VMFWUPDATE_DISABLE), EPERM);
	expect("without CAP_SYS_BOOT: info",
	       ioctl(device, VMFWUPDATE_GET_INFO,
		     &(struct vmfwupdate_info){ .size = 4 }), 0);
	close(device);
	device = reader;
	report(info().state == VMFWUPDATE_STATE_IDLE,
	       "without CAP_SYS_BOOT: close ends the session");
	expect("without CAP_SYS_BOOT: open for writing",
	       open("/dev/vmfwupdate", O_RDWR), EPERM);
}

static struct vmfwupdate_opaque sound_opaque(void *data, uint32_t length)
{
	return (struct vmfwupdate_opaque){
		.size = sizeof(struct vmfwupdate_opaque),
		.data = (uintptr_t)data,
		.length = length,
	};
}

/* Expect the same error from a read and a write of the area. */
static void opaque_fails(const char *name, struct vmfwupdate_opaque wrong,
			 int expected)
{
	expect(name, ioctl(device, VMFWUPDATE_OPAQUE_GET, &wrong), expected);
	expect(name, ioctl(device, VMFWUPDATE_OPAQUE_SET, &wrong), expected);
}

static void test_no_opaque(void)
{
	char byte;

	report(!info().opaque_size &&
	       !(info().properties & VMFWUPDATE_PROPERTY_OPAQUE),
	       "info: no opaque area");
	opaque_fails("opaque: there is none", sound_opaque(&byte, 1), EOPNOTSUPP);
}

static void test_opaque_errors(void)
{
	static char bytes[OPAQUE_SIZE + 1];
	struct {
		struct vmfwupdate_opaque known;
		uint64_t later;
	} newer = { sound_opaque(bytes, 1), 1 };
	struct vmfwupdate_opaque o;

	report(info().opaque_size == OPAQUE_SIZE &&
	       info().properties & VMFWUPDATE_PROPERTY_OPAQUE,
	       "info: the opaque area");
	o = sound_opaque(bytes, 1); o.size--;
	opaque_fails("opaque: size one short", o, EINVAL);
	newer.known.size = sizeof(newer);
	expect("opaque: a field that this kernel does not know",
	       ioctl(device, VMFWUPDATE_OPAQUE_SET, &newer), E2BIG);
	o = sound_opaque(bytes, 1); o.flags = 1;
	opaque_fails("opaque: unknown flag", o, EINVAL);
	o = sound_opaque(bytes, 1); o.reserved = 1;
	opaque_fails("opaque: reserved is not zero", o, EINVAL);
	opaque_fails("opaque: longer than the area",
		     sound_opaque(bytes, OPAQUE_SIZE + 1), E2BIG);
	opaque_fails("opaque: 4 GiB less one", sound_opaque(bytes, UINT32_MAX),
		     E2BIG);
	opaque_fails("opaque: data at a bad address", sound_opaque(unmapped, 1),
		     EFAULT);
	opaque_fails("opaque: data that ends at a bad address",
		     sound_opaque(unmapped - 8, 9), EFAULT);
	expect("opaque get: a bad pointer",
	       ioctl(device, VMFWUPDATE_OPAQUE_GET, unmapped), EFAULT);
	expect("opaque set: a bad pointer",
	       ioctl(device, VMFWUPDATE_OPAQUE_SET, unmapped), EFAULT);
}

static void set_opaque(const char *name, void *data, uint32_t length)
{
	struct vmfwupdate_opaque o = sound_opaque(data, length);

	expect(name, ioctl(device, VMFWUPDATE_OPAQUE_SET, &o), 0);
}

/* Is the area @length times @byte, and zero after that? */
static bool opaque_is(char byte, size_t length)
{
	static char seen[OPAQUE_SIZE + 1];
	struct vmfwupdate_opaque o = sound_opaque(seen, OPAQUE_SIZE);
	size_t i;

	memset(seen, 0x55, sizeof(seen));
	if (ioctl(device, VMFWUPDATE_OPAQUE_GET, &o) < 0)
		return false;
	for (i = 0; i < OPAQUE_SIZE; i++)
		if (seen[i] != (i < length ? byte : 0))
			return false;
	return seen[OPAQUE_SIZE] == 0x55;
}

static void test_opaque(void)
{
	static char bytes[OPAQUE_SIZE];
	struct vmfwupdate_opaque o;
	int writer = device;

	report(opaque_is(0, 0), "opaque: the failed calls have changed nothing");
	memset(bytes, 'x', sizeof(bytes));
	set_opaque("opaque: all of it", bytes, OPAQUE_SIZE);
	report(opaque_is('x', OPAQUE_SIZE), "opaque: a read returns the written bytes");
	set_opaque("opaque: a part", bytes, 3);
	report(opaque_is('x', 3), "opaque: the bytes after them are zero");
	o = sound_opaque(bytes, 0);
	expect("opaque get: no bytes", ioctl(device, VMFWUPDATE_OPAQUE_GET, &o), 0);
	set_opaque("opaque: no bytes", NULL, 0);
	report(opaque_is(0, 0), "opaque: all of it is zero");

	device = open("/dev/vmfwupdate", O_RDONLY);
	opaque_fails("read-only: opaque", sound_opaque(bytes, 1), EBADF);
	close(device);
	device = writer;

	set_opaque("opaque: something to leave", bytes, 3);
	expect("disable", ioctl(device, VMFWUPDATE_DISABLE), 0);
	o = sound_opaque(bytes, 1);
	expect("opaque set: disabled", ioctl(device, VMFWUPDATE_OPAQUE_SET, &o),
	       EPERM);
	report(opaque_is('x', 3), "opaque get: disabled");
}

/* Map a page of memory with nothing after it. */
static void find_unmapped(void)
{
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED || munmap(pages + 4096, 4096) < 0) {
		perror("mmap");
		exit(1);
	}
	unmapped = pages + 4096;
}

int main(void)
{
	find_unmapped();
	device = open("/dev/vmfwupdate", O_RDWR);
	if (device < 0) {
		perror("/dev/vmfwupdate");
		return 1;
	}
	if (info().interface == VMFWUPDATE_INTERFACE_V6) {
		test_opaque_errors();
		test_opaque();
	} else {
		test_begin();
		test_newer_caller();
		test_older_caller();
		test_commit();
		test_write();
		test_committed();
		test_no_opaque();
		test_write_that_waits();
		test_fork();
		test_capability();
	}
	printf("1..%d\n", number);
	return failures ? 1 : 0;
}

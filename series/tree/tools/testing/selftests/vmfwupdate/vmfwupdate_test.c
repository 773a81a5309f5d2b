// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/vmfwupdate: the behaviour that every caller relies on. The test leaves nothing
 * for the next reset, and hands no image to the VMM.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/capability.h>
#include <linux/vmfwupdate.h>

#include "../kselftest_harness.h"

#define DEVICE		"/dev/vmfwupdate"
#define IMAGE_SIZE	0x100000
#define ALIGNMENT	(2 << 20)

/* The error of a call, or 0. */
static int error_of(long result)
{
	return result < 0 ? errno : 0;
}

static int call(int fd, unsigned long request, void *argument)
{
	return error_of(ioctl(fd, request, argument));
}

static int ask(int fd, struct vmfwupdate_info *info)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	return call(fd, VMFWUPDATE_GET_INFO, info);
}

static uint32_t state_of(int fd)
{
	struct vmfwupdate_info info;

	return ask(fd, &info) ? UINT32_MAX : info.state;
}

static struct vmfwupdate_begin some_begin(void)
{
	return (struct vmfwupdate_begin){
		.size = sizeof(struct vmfwupdate_begin),
		.image_size = IMAGE_SIZE,
	};
}

static int begin(int fd)
{
	struct vmfwupdate_begin request = some_begin();

	return call(fd, VMFWUPDATE_BEGIN, &request);
}

static struct vmfwupdate_commit some_commit(void)
{
	return (struct vmfwupdate_commit){
		.size = sizeof(struct vmfwupdate_commit),
		.format = VMFWUPDATE_FORMAT_IGVM,
		.tag = { 1, 2, 3 },
	};
}

/* Write all of an image that no VMM would load. */
static int fill(int fd)
{
	static char bytes[IMAGE_SIZE];
	size_t done = 0;
	ssize_t step;

	while (done < sizeof(bytes)) {
		step = write(fd, bytes + done, sizeof(bytes) - done);
		if (step < 0)
			return errno;
		done += step;
	}
	return 0;
}

FIXTURE(device)
{
	int reader;
	int writer;
	struct vmfwupdate_info info;
};

FIXTURE_SETUP(device)
{
	self->writer = -1;
	self->reader = open(DEVICE, O_RDONLY | O_CLOEXEC);
	if (self->reader < 0)
		SKIP(return, "no %s: the VMM does not offer the interface", DEVICE);
	ASSERT_EQ(ask(self->reader, &self->info), 0);
	if (self->info.state != VMFWUPDATE_STATE_IDLE)
		SKIP(return, "somebody has an image there");
	if (!(self->info.formats & VMFWUPDATE_FORMAT_IGVM))
		SKIP(return, "the VMM takes no known format");

	self->writer = open(DEVICE, O_WRONLY | O_CLOEXEC);
	ASSERT_GE(self->writer, 0)
		TH_LOG("open for writing: %s", strerror(errno));
}

FIXTURE_TEARDOWN(device)
{
	if (self->writer >= 0) {
		ioctl(self->writer, VMFWUPDATE_CANCEL);
		close(self->writer);
	}
	if (self->reader >= 0)
		close(self->reader);
}

TEST_F(device, info_of_every_size)
{
	struct {
		struct vmfwupdate_info info;
		uint64_t later;
	} longer;

	EXPECT_EQ(self->info.size, sizeof(self->info));
	EXPECT_EQ(self->info.abi_version, VMFWUPDATE_ABI_VERSION);

	memset(&longer, 0xff, sizeof(longer));
	longer.info.size = 8;
	EXPECT_EQ(call(self->reader, VMFWUPDATE_GET_INFO, &longer), 0);
	EXPECT_EQ(longer.info.abi_version, VMFWUPDATE_ABI_VERSION);
	EXPECT_EQ(longer.info.interface, UINT32_MAX);

	longer.info.size = sizeof(longer);
	EXPECT_EQ(call(self->reader, VMFWUPDATE_GET_INFO, &longer), 0);
	EXPECT_EQ(longer.info.size, sizeof(longer.info));
	EXPECT_EQ(longer.later, UINT64_MAX);

	longer.info.size = 2;
	EXPECT_EQ(call(self->reader, VMFWUPDATE_GET_INFO, &longer), EINVAL);
	EXPECT_EQ(call(self->reader, VMFWUPDATE_GET_INFO, NULL), EFAULT);
}

TEST_F(device, a_reader_may_only_ask)
{
	EXPECT_EQ(begin(self->reader), EBADF);
	EXPECT_EQ(call(self->reader, VMFWUPDATE_CANCEL, NULL), EBADF);
	EXPECT_EQ(call(self->reader, VMFWUPDATE_DISABLE, NULL), EBADF);
	EXPECT_EQ(error_of(write(self->reader, "x", 1)), EBADF);
}

TEST_F(device, there_is_one_writer)
{
	int reader;

	EXPECT_EQ(error_of(open(DEVICE, O_WRONLY)), EBUSY);
	EXPECT_EQ(error_of(open(DEVICE, O_RDWR)), EBUSY);
	reader = open(DEVICE, O_RDONLY);
	EXPECT_GE(reader, 0);
	close(reader);

	close(self->writer);
	self->writer = open(DEVICE, O_WRONLY);
	EXPECT_GE(self->writer, 0);
}

/* Every test runs in a child of its own, so this one may drop the capability. */
TEST_F(device, a_writer_needs_cap_sys_boot)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};

	ASSERT_EQ(syscall(SYS_capget, &header, data), 0);
	data[CAP_TO_INDEX(CAP_SYS_BOOT)].effective &= ~CAP_TO_MASK(CAP_SYS_BOOT);
	ASSERT_EQ(syscall(SYS_capset, &header, data), 0);

	EXPECT_EQ(begin(self->writer), EPERM);
	EXPECT_EQ(ask(self->writer, &self->info), 0);
	close(self->writer);
	EXPECT_EQ(error_of(open(DEVICE, O_WRONLY)), EPERM);
	self->writer = -1;
}

TEST_F(device, unknown_calls)
{
	EXPECT_EQ(call(self->writer, _IO(VMFWUPDATE_IOC_TYPE, 0x7f), NULL),
		  ENOTTY);
	EXPECT_EQ(call(self->writer, _IO('X', 1), NULL), ENOTTY);
}

TEST_F(device, begin_is_checked)
{
	struct vmfwupdate_range range = { .start = 2 };
	struct vmfwupdate_begin request;

	request = some_begin();
	request.flags = 1;
	EXPECT_EQ(call(self->writer, VMFWUPDATE_BEGIN, &request), EINVAL);
	request = some_begin();
	request.reserved = 1;
	EXPECT_EQ(call(self->writer, VMFWUPDATE_BEGIN, &request), EINVAL);
	request = some_begin();
	request.image_size = 0;
	EXPECT_EQ(call(self->writer, VMFWUPDATE_BEGIN, &request), EINVAL);
	request.image_size = self->info.max_size + 1;
	EXPECT_EQ(call(self->writer, VMFWUPDATE_BEGIN, &request), E2BIG);
	request = some_begin();
	request.align = 3;
	EXPECT_EQ(call(self->writer, VMFWUPDATE_BEGIN, &request), EINVAL);
	request = some_begin();
	request.nr_ranges = VMFWUPDATE_MAX_RANGES + 1;
	EXPECT_EQ(call(self->writer, VMFWUPDATE_BEGIN, &request), EINVAL);
	request.nr_ranges = 1;
	EXPECT_EQ(call(self->writer, VMFWUPDATE_BEGIN, &request), EFAULT);
	request.ranges = (uintptr_t)&range;
	EXPECT_EQ(call(self->writer, VMFWUPDATE_BEGIN, &request), EINVAL);
	range.size = UINT64_MAX;
	EXPECT_EQ(call(self->writer, VMFWUPDATE_BEGIN, &request), EINVAL);
	range.start = 0;
	EXPECT_EQ(call(self->writer, VMFWUPDATE_BEGIN, &request), ENOMEM);
	EXPECT_EQ(state_of(self->reader), VMFWUPDATE_STATE_IDLE);
}

TEST_F(device, a_structure_may_grow)
{
	struct {
		struct vmfwupdate_begin begin;
		uint64_t later;
	} longer = { .begin = some_begin() };

	longer.begin.size = sizeof(longer.begin) - 1;
	EXPECT_EQ(call(self->writer, VMFWUPDATE_BEGIN, &longer), EINVAL);
	longer.begin.size = sizeof(longer);
	longer.later = 1;
	EXPECT_EQ(call(self->writer, VMFWUPDATE_BEGIN, &longer), E2BIG);
	longer.later = 0;
	EXPECT_EQ(call(self->writer, VMFWUPDATE_BEGIN, &longer), 0);
	longer.begin.size = 1 << 30;
	EXPECT_EQ(call(self->writer, VMFWUPDATE_BEGIN, &longer), E2BIG);
}

TEST_F(device, the_image_lies_where_it_shall)
{
	struct vmfwupdate_begin request = some_begin();
	struct vmfwupdate_range range;
	uint64_t first;

	request.align = ALIGNMENT;
	ASSERT_EQ(call(self->writer, VMFWUPDATE_BEGIN, &request), 0);
	EXPECT_EQ(begin(self->writer), EBUSY);
	ASSERT_EQ(ask(self->reader, &self->info), 0);
	first = self->info.image_addr;
	EXPECT_NE(first, 0);
	EXPECT_EQ(first % ALIGNMENT, 0);
	EXPECT_EQ(self->info.image_size, IMAGE_SIZE);
	ASSERT_EQ(call(self->writer, VMFWUPDATE_CANCEL, NULL), 0);

	range.start = first;
	range.size = IMAGE_SIZE;
	request.max_addr = first + ALIGNMENT - 1;
	request.ranges = (uintptr_t)&range;
	request.nr_ranges = 1;
	ASSERT_EQ(call(self->writer, VMFWUPDATE_BEGIN, &request), 0);
	ASSERT_EQ(ask(self->reader, &self->info), 0);
	EXPECT_LE(self->info.image_addr + IMAGE_SIZE, first);
}

TEST_F(device, as_many_bytes_as_were_announced)
{
	const void *nowhere;

	nowhere = mmap(NULL, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(nowhere, MAP_FAILED);
	EXPECT_EQ(error_of(write(self->writer, "x", 1)), EINVAL);
	ASSERT_EQ(begin(self->writer), 0);
	EXPECT_EQ(error_of(write(self->writer, nowhere, 1)), EFAULT);
	EXPECT_EQ(fill(self->writer), 0);
	EXPECT_EQ(error_of(write(self->writer, "x", 1)), ENOSPC);
	ASSERT_EQ(ask(self->reader, &self->info), 0);
	EXPECT_EQ(self->info.image_written, IMAGE_SIZE);
}

TEST_F(device, commit_is_checked)
{
	struct vmfwupdate_commit request = some_commit();

	EXPECT_EQ(call(self->writer, VMFWUPDATE_COMMIT, &request), EINVAL);
	ASSERT_EQ(begin(self->writer), 0);
	EXPECT_EQ(call(self->writer, VMFWUPDATE_COMMIT, &request), ENODATA);
	ASSERT_EQ(fill(self->writer), 0);

	request.flags = 1U << 31;
	EXPECT_EQ(call(self->writer, VMFWUPDATE_COMMIT, &request), EINVAL);
	request = some_commit();
	request.reserved = 1;
	EXPECT_EQ(call(self->writer, VMFWUPDATE_COMMIT, &request), EINVAL);
	request = some_commit();
	request.format = 0;
	EXPECT_EQ(call(self->writer, VMFWUPDATE_COMMIT, &request), EINVAL);
	request.format = 3;
	EXPECT_EQ(call(self->writer, VMFWUPDATE_COMMIT, &request), EINVAL);
	request.format = 1U << 31;
	EXPECT_EQ(call(self->writer, VMFWUPDATE_COMMIT, &request), EOPNOTSUPP);
	EXPECT_EQ(state_of(self->reader), VMFWUPDATE_STATE_FILLING);
}

/* The image is staged, so the VMM does not see it before a reboot. */
TEST_F(device, a_staged_image_outlives_the_file)
{
	struct vmfwupdate_commit request = some_commit();

	if (self->info.properties & 1)
		SKIP(return, "this VMM would see the image at once");
	ASSERT_EQ(begin(self->writer), 0);
	ASSERT_EQ(fill(self->writer), 0);
	ASSERT_EQ(call(self->writer, VMFWUPDATE_COMMIT, &request), 0);
	close(self->writer);

	ASSERT_EQ(ask(self->reader, &self->info), 0);
	EXPECT_EQ(self->info.state, VMFWUPDATE_STATE_STAGED);
	EXPECT_EQ(self->info.image_format, VMFWUPDATE_FORMAT_IGVM);
	EXPECT_NE(self->info.commit_time, 0);
	EXPECT_EQ(memcmp(self->info.tag, request.tag, sizeof(request.tag)), 0);

	self->writer = open(DEVICE, O_WRONLY);
	ASSERT_GE(self->writer, 0);
	EXPECT_EQ(begin(self->writer), EBUSY);
	EXPECT_EQ(call(self->writer, VMFWUPDATE_CANCEL, NULL), 0);
	ASSERT_EQ(ask(self->reader, &self->info), 0);
	EXPECT_EQ(self->info.state, VMFWUPDATE_STATE_IDLE);
	EXPECT_EQ(self->info.image_size, 0);
}

TEST_F(device, what_is_not_committed_goes_with_the_file)
{
	ASSERT_EQ(begin(self->writer), 0);
	ASSERT_EQ(fill(self->writer), 0);
	close(self->writer);
	self->writer = -1;
	ASSERT_EQ(ask(self->reader, &self->info), 0);
	EXPECT_EQ(self->info.state, VMFWUPDATE_STATE_IDLE);
	EXPECT_EQ(self->info.image_addr, 0);
	EXPECT_EQ(self->info.leaked, 0);
}

TEST_HARNESS_MAIN

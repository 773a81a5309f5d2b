// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A fake device for tests of the tool, in a library for LD_PRELOAD.
 *
 * The file that FAKE_DEVICE names holds a struct vmfwupdate_info. Calls on this file act
 * as on the device, with an interface that has the properties in the struct. FAKE_LOG
 * names a log of the requests, except GET_INFO. FAKE_STATUS is the VMM's status for an
 * image that it refuses. Without FAKE_STATUS, or if it is empty, the VMM takes the image.
 * If it is "gone", the VMM no longer answers. FAKE_REFUSED names requests that the VMM
 * refuses, such as "cancel restore". The library also logs and refuses calls that would
 * reset this machine.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/vmfwupdate.h>

static bool is_fake(int fd)
{
	const char *path = getenv("FAKE_DEVICE");
	struct stat a, b;

	return path && !stat(path, &a) && !fstat(fd, &b) &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static void load(int fd, struct vmfwupdate_info *info)
{
	memset(info, 0, sizeof(*info));
	if (pread(fd, info, sizeof(*info), 0) < 0)
		abort();
}

static void store(int fd, const struct vmfwupdate_info *info)
{
	if (pwrite(fd, info, info->size, 0) != (ssize_t)info->size)
		abort();
}

static void note(const char *call, unsigned int flags)
{
	const char *path = getenv("FAKE_LOG");
	FILE *file = path ? fopen(path, "a") : NULL;

	if (!file)
		abort();
	fprintf(file, "%s %u\n", call, flags);
	fclose(file);
}

static int fail(int err)
{
	errno = err;
	return -1;
}

static int get_info(int fd, struct vmfwupdate_info *to)
{
	struct vmfwupdate_info info;
	size_t len = to->size;

	load(fd, &info);
	memcpy(to, &info, len < info.size ? len : info.size);
	return 0;
}

static int begin(struct vmfwupdate_info *info,
		 const struct vmfwupdate_begin *begin)
{
	note("begin", begin->flags);
	if (info->state == VMFWUPDATE_STATE_DISABLED)
		return fail(EPERM);
	if (info->state == VMFWUPDATE_STATE_REVERTING)
		return fail(EINPROGRESS);
	if (info->state != VMFWUPDATE_STATE_IDLE &&
	    (info->state != VMFWUPDATE_STATE_ARMED ||
	     !(info->properties & VMFWUPDATE_PROPERTY_COPIES)))
		return fail(EBUSY);
	info->state = VMFWUPDATE_STATE_FILLING;
	info->image_size = begin->image_size;
	info->image_addr = 0x4000000;
	info->image_written = 0;
	return 0;
}

static int refuse(struct vmfwupdate_info *info,
		  struct vmfwupdate_commit *commit, __u32 status)
{
	info->state = VMFWUPDATE_STATE_IDLE;
	info->image_size = 0;
	commit->shown_status = status;
	return fail(EIO);
}

static int commit(struct vmfwupdate_info *info,
		  struct vmfwupdate_commit *commit)
{
	const char *status = getenv("FAKE_STATUS");
	bool now = commit->flags & VMFWUPDATE_COMMIT_ARM_NOW;

	note("commit", commit->flags);
	if (info->image_written != info->image_size)
		return fail(ENODATA);
	if (status && !strcmp(status, "gone"))
		return fail(ENODEV);
	if (status && *status)
		return refuse(info, commit, atoi(status));
	info->image_format = commit->format;
	memcpy(info->tag, commit->tag, sizeof(info->tag));
	info->state = now ? VMFWUPDATE_STATE_ARMED : VMFWUPDATE_STATE_STAGED;
	if (now)
		info->held = VMFWUPDATE_HELD_IMAGE;
	if (now && info->properties & VMFWUPDATE_PROPERTY_COPIES)
		info->image_addr = 0;
	return 0;
}

static bool is_refused(const char *call)
{
	const char *refused = getenv("FAKE_REFUSED");

	note(call, 0);
	return refused && strstr(refused, call);
}

static int cancel(struct vmfwupdate_info *info)
{
	bool copied = info->properties & VMFWUPDATE_PROPERTY_COPIES &&
		      info->held == VMFWUPDATE_HELD_IMAGE;

	if (is_refused("cancel"))
		return fail(EIO);
	/* The VMM still has its copy of an earlier image. */
	if (copied) {
		info->state = VMFWUPDATE_STATE_ARMED;
		return 0;
	}
	if (info->state == VMFWUPDATE_STATE_ARMED)
		info->held = VMFWUPDATE_HELD_NOTHING;
	info->state = VMFWUPDATE_STATE_IDLE;
	info->image_size = 0;
	return 0;
}

static int disable(struct vmfwupdate_info *info)
{
	if (is_refused("disable"))
		return fail(EIO);
	if (!(info->properties & VMFWUPDATE_PROPERTY_DISABLE_STAYS))
		info->held = VMFWUPDATE_HELD_NOTHING;
	info->state = VMFWUPDATE_STATE_DISABLED;
	return 0;
}

static int restore(struct vmfwupdate_info *info)
{
	if (is_refused("restore"))
		return fail(EIO);
	if (!(info->properties & VMFWUPDATE_PROPERTY_RESTORE))
		return fail(EOPNOTSUPP);
	if (info->state == VMFWUPDATE_STATE_DISABLED)
		return fail(EPERM);
	info->state = VMFWUPDATE_STATE_REVERTING;
	info->held = VMFWUPDATE_HELD_HOST;
	info->image_size = 0;
	return 0;
}

static int change(int fd, unsigned long request, void *argument)
{
	struct vmfwupdate_info info;
	int result;

	load(fd, &info);
	switch (request) {
	case VMFWUPDATE_BEGIN:
		result = begin(&info, argument);
		break;
	case VMFWUPDATE_COMMIT:
		result = commit(&info, argument);
		break;
	case VMFWUPDATE_CANCEL:
		result = cancel(&info);
		break;
	case VMFWUPDATE_DISABLE:
		result = disable(&info);
		break;
	case VMFWUPDATE_RESTORE:
		result = restore(&info);
		break;
	default:
		return fail(ENOTTY);
	}
	store(fd, &info);
	return result;
}

int ioctl(int fd, unsigned long request, ...)
{
	void *argument;
	va_list list;

	va_start(list, request);
	argument = va_arg(list, void *);
	va_end(list);
	if (_IOC_TYPE(request) != VMFWUPDATE_IOC_TYPE || !is_fake(fd))
		return syscall(SYS_ioctl, fd, request, argument);
	return request == VMFWUPDATE_GET_INFO ? get_info(fd, argument) :
						change(fd, request, argument);
}

ssize_t write(int fd, const void *bytes, size_t len)
{
	struct vmfwupdate_info info;

	if (!is_fake(fd))
		return syscall(SYS_write, fd, bytes, len);
	load(fd, &info);
	info.image_written += len;
	store(fd, &info);
	return len;
}

/* The tool resets the machine by reboot(), or forks to run systemctl. */
int reboot(int how)
{
	note("reboot", how != RB_AUTOBOOT);
	return fail(EPERM);
}

pid_t fork(void)
{
	note("reboot", 0);
	return fail(EPERM);
}

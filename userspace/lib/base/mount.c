// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/mount.h"

/**
 * detached_mount() - mount a file system that no other process sees
 * @type: type of the file system
 * @source: the device, or NULL if it needs none
 * @writable: for writing, too
 *
 * The mount forbids execution, devices, set-user-ID bits and symbolic links.
 *
 * Return: a file descriptor of its top directory, or a negative errno value.
 * The mount ends when the caller closes the descriptor.
 */
int detached_mount(const char *type, const char *source, bool writable)
{
	unsigned int attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
				  MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW;
	int context, fd = -1, err = 0;

	context = fsopen(type, FSOPEN_CLOEXEC);
	if (context < 0)
		return -errno;
	if (!writable)
		attributes |= MOUNT_ATTR_RDONLY;
	if ((!source || !fsconfig(context, FSCONFIG_SET_STRING, "source",
				  source, 0)) &&
	    (writable ||
	     !fsconfig(context, FSCONFIG_SET_FLAG, "ro", NULL, 0)) &&
	    !fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		fd = fsmount(context, FSMOUNT_CLOEXEC, attributes);
	if (fd < 0)
		err = -errno;
	close(context);
	return err ? err : fd;
}

/**
 * detached_open() - open a file of a kernel file system, mounted or not
 * @type: type of the file system
 * @path: path within it
 * @flags: of open(2)
 *
 * Return: a file descriptor, which the caller closes, or a negative errno
 * value.
 */
int detached_open(const char *type, const char *path, int flags)
{
	int top = detached_mount(type, NULL, true), fd;

	if (top < 0)
		return top;
	fd = openat(top, path, flags | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	close(top);
	return fd;
}

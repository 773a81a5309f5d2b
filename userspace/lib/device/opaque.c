// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/vmfwupdate.h>

#include "device/opaque.h"

/* Every request needs a session. Close the session, so that staging can open its own. */
static int transfer_page(const char *device, unsigned long request,
			 uint64_t data, size_t len)
{
	struct vmfwupdate_opaque opaque = {
		.size = sizeof(opaque),
		.data = data,
		.length = len,
	};
	int fd = open(device, O_RDWR | O_CLOEXEC | O_NONBLOCK), err = 0;

	if (fd < 0)
		return -errno;
	if (ioctl(fd, request, &opaque))
		err = -errno;
	close(fd);
	return err;
}

/**
 * opaque_get() - read from the start of the opaque area
 * @device: path of the device
 * @bytes: receives the bytes
 * @len: number of bytes
 *
 * Return: 0 or a negative errno value.
 */
int opaque_get(const char *device, void *bytes, size_t len)
{
	return transfer_page(device, VMFWUPDATE_OPAQUE_GET, (uintptr_t)bytes,
			     len);
}

/**
 * opaque_set() - replace the contents of the opaque area
 * @device: path of the device
 * @bytes: the first bytes; all bytes after them become zero
 * @len: number of bytes
 *
 * Return: 0 or a negative errno value.
 */
int opaque_set(const char *device, const void *bytes, size_t len)
{
	return transfer_page(device, VMFWUPDATE_OPAQUE_SET, (uintptr_t)bytes,
			     len);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "root.h"

/**
 * root_path() - where a file lies
 * @buf: receives the path, PATH_MAX bytes
 * @root: the directory, or NULL for the running system
 * @path: absolute
 *
 * Return: 0 or -ENAMETOOLONG.
 */
int root_path(char *buf, const char *root, const char *path)
{
	int len = snprintf(buf, PATH_MAX, "%s%s", root ? root : "", path);

	return len < 0 || len >= PATH_MAX ? -ENAMETOOLONG : 0;
}

/**
 * root_has() - whether there is a file of that name
 * @root: see root_path()
 * @path: absolute
 */
bool root_has(const char *root, const char *path)
{
	char full[PATH_MAX];

	return !root_path(full, root, path) && !access(full, F_OK);
}

/**
 * root_read_fd() - read a file that is open, to its end or until @buf is full
 * @fd: the file
 * @buf: receives at most @size bytes
 * @size: bytes of @buf
 * @len: receives how many there were
 *
 * Return: 0 or a negative errno value.
 */
int root_read_fd(int fd, void *buf, size_t size, size_t *len)
{
	ssize_t n;

	for (*len = 0; *len < size; *len += n) {
		n = read(fd, (char *)buf + *len, size - *len);
		if (n < 0)
			return -errno;
		if (!n)
			break;
	}
	return 0;
}

/**
 * root_read() - read a small file, such as those of sysfs
 * @root: see root_path()
 * @path: absolute
 * @buf: receives at most @size bytes
 * @size: bytes of @buf
 * @len: receives how many there were
 *
 * Return: 0; -EFBIG: the file has more; or another negative errno value.
 */
int root_read(const char *root, const char *path, void *buf, size_t size,
	      size_t *len)
{
	char full[PATH_MAX], more;
	int fd, err;

	*len = 0;
	err = root_path(full, root, path);
	if (err)
		return err;
	fd = open(full, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = root_read_fd(fd, buf, size, len);
	if (!err && *len == size && read(fd, &more, 1) > 0)
		err = -EFBIG;
	close(fd);
	return err;
}

/**
 * root_read_line() - read a file of one line
 * @root: see root_path()
 * @path: absolute
 * @buf: receives the line without its end; what does not fit is cut off
 * @size: bytes of @buf
 *
 * Return: 0 or a negative errno value.
 */
int root_read_line(const char *root, const char *path, char *buf, size_t size)
{
	size_t len;
	int err = root_read(root, path, buf, size - 1, &len);

	buf[len] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return err == -EFBIG ? 0 : err;
}

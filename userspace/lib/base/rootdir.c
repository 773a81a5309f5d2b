// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <linux/openat2.h>

#include "base/rootdir.h"

#define NULL_DEVICE	"/dev/null"
/*
 * The most lookups of one path: openat2(2) fails with EAGAIN if another process
 * renames directories meanwhile.
 */
#define TRIES		64

/**
 * root_path() - path of a file below another root
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

/* Open the next component of a path, which must not be a link. */
static int open_component(int dir, const char *name, int flags)
{
	int fd = openat(dir, name, flags | O_NOFOLLOW | O_CLOEXEC, 0644);
	int err = errno;
	struct stat st;

	/*
	 * openat(2) refuses a link with ENOTDIR if the flags ask for a
	 * directory. Return ELOOP instead, as openat2(2) does.
	 */
	if (fd < 0 && err == ENOTDIR &&
	    !fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) &&
	    S_ISLNK(st.st_mode))
		return -ELOOP;
	if (fd < 0)
		return -err;
	err = fstat(fd, &st) ? errno : S_ISLNK(st.st_mode) ? ELOOP : 0;
	if (!err)
		return fd;
	close(fd);
	return -err;
}

/*
 * Do the work of openat2() with RESOLVE_NO_SYMLINKS, but refuse "..". systemd's
 * RestrictSUIDSGID= forbids openat2(), because a filter of system calls cannot
 * see its flags.
 */
static int walk_below(int top, const char *path, int flags)
{
	int dir = fcntl(top, F_DUPFD_CLOEXEC, 3), next = -ENOENT;
	char name[NAME_MAX + 2];
	size_t len;

	if (dir < 0)
		return -errno;
	do {
		path += strspn(path, "/");
		len = strcspn(path, "/");
		if (len >= sizeof(name)) {
			next = -ENAMETOOLONG;
			break;
		}
		memcpy(name, len ? path : ".", len ? len : 1);
		name[len ? len : 1] = '\0';
		path += len;
		path += strspn(path, "/");
		next = strcmp(name, "..") ?
		       open_component(dir, name, *path ? O_PATH | O_DIRECTORY :
							 flags) : -EXDEV;
		close(dir);
		dir = next;
	} while (next >= 0 && *path);
	if (next < 0 && dir >= 0)
		close(dir);
	return next;
}

/**
 * root_open_below() - open a file below a directory, and never outside of it
 * @top: the open directory; the caller still owns it
 * @path: within it, with or without a slash in front
 * @flags: of open(2)
 * @resolve: RESOLVE_NO_SYMLINKS: refuse links; 0: follow them as if @top were
 *	the root directory
 *
 * Return: a file descriptor, which the caller closes, or a negative errno
 * value; -ELOOP: there is a link that @resolve forbids, or too many links.
 */
int root_open_below(int top, const char *path, int flags,
		    unsigned long long resolve)
{
	const struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.mode = flags & O_CREAT ? 0644 : 0,
		.resolve = resolve | RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	unsigned int tries = 0;
	long fd;

	do
		fd = syscall(SYS_openat2, top, path, &how, sizeof(how));
	while (fd < 0 && errno == EAGAIN && ++tries < TRIES);
	if (fd < 0 && errno == ENOSYS && resolve & RESOLVE_NO_SYMLINKS)
		return walk_below(top, path, flags);
	return fd < 0 ? -errno : fd;
}

/**
 * root_open() - open a file or a directory
 * @root: see root_path(); links below it do not lead out of it
 * @path: absolute
 * @flags: of open(2)
 *
 * Return: a file descriptor, which the caller closes, or a negative errno
 * value.
 */
int root_open(const char *root, const char *path, int flags)
{
	int top, fd;

	if (!root) {
		fd = open(path, flags | O_CLOEXEC, 0644);
		return fd < 0 ? -errno : fd;
	}
	top = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (top < 0)
		return -errno;
	fd = root_open_below(top, path, flags, 0);
	close(top);
	return fd;
}

static int check_regular(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return S_ISREG(st.st_mode) ? 0 : -EMEDIUMTYPE;
}

/**
 * root_open_file() - open a file to read it
 * @root: see root_path()
 * @path: absolute
 *
 * Return: a file descriptor, which the caller closes, or a negative errno
 * value; -EISDIR: it is a directory; -EMEDIUMTYPE: it is a pipe, a device or
 * the like, which could block.
 */
int root_open_file(const char *root, const char *path)
{
	int fd = root_open(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY), err;

	if (fd < 0)
		return fd == -ENXIO ? -EMEDIUMTYPE : fd;
	err = check_regular(fd);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/**
 * root_open_stream() - open a file to read it line by line
 * @root: see root_path()
 * @path: absolute
 * @file: receives the stream, which the caller closes
 *
 * Return: as root_open_file(), but 0 for success.
 */
int root_open_stream(const char *root, const char *path, FILE **file)
{
	int fd = root_open_file(root, path), err;

	if (fd < 0)
		return fd;
	*file = fdopen(fd, "r");
	if (*file)
		return 0;
	err = -errno;
	close(fd);
	return err;
}

/**
 * root_list_descriptor() - list an open directory
 * @fd: the directory, which now belongs to the function; or a negative errno
 *	value
 * @directory: receives the open directory, which the caller closes
 *
 * Return: 0 or a negative errno value; if @fd is one, that value.
 */
int root_list_descriptor(int fd, DIR **directory)
{
	int err;

	if (fd < 0)
		return fd;
	*directory = fdopendir(fd);
	if (*directory)
		return 0;
	err = -errno;
	close(fd);
	return err;
}

/**
 * root_open_directory() - open a directory in order to list it
 * @root: see root_path()
 * @path: absolute
 * @directory: receives the open directory, which the caller closes
 *
 * Return: 0 or a negative errno value.
 */
int root_open_directory(const char *root, const char *path, DIR **directory)
{
	return root_list_descriptor(root_open(root, path,
					      O_RDONLY | O_DIRECTORY),
				    directory);
}

/**
 * root_is_mask() - is a file a link to /dev/null, or /dev/null itself?
 * @root: see root_path(); it need not contain the device
 * @path: absolute
 */
bool root_is_mask(const char *root, const char *path)
{
	int fd = root_open(root, path, O_PATH | O_NOFOLLOW);
	char target[sizeof(NULL_DEVICE)];
	struct stat st;
	ssize_t len;
	bool is;

	if (fd < 0)
		return false;
	len = readlinkat(fd, "", target, sizeof(target));
	is = len == sizeof(NULL_DEVICE) - 1 && !memcmp(target, NULL_DEVICE, len);
	if (!is && !fstat(fd, &st))
		is = S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
	close(fd);
	return is;
}

/**
 * root_has() - is there a file with this name?
 * @root: see root_path()
 * @path: absolute
 */
bool root_has(const char *root, const char *path)
{
	int fd = root_open(root, path, O_PATH);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/**
 * root_read_fd() - read an open file, to its end or until @buf is full
 * @fd: the file; the function reads from its current position
 * @buf: receives the bytes
 * @size: bytes of @buf
 * @len: receives the number of bytes
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
 * root_read_all() - read a small open file
 * @fd: the file, at its start
 * @buf: receives its bytes
 * @size: bytes of @buf
 * @len: receives the number of bytes
 *
 * Return: 0; -EFBIG: the file has more than @size bytes; or another negative
 * errno value.
 */
int root_read_all(int fd, void *buf, size_t size, size_t *len)
{
	int err = root_read_fd(fd, buf, size, len);
	char more;

	return !err && *len == size && read(fd, &more, 1) > 0 ? -EFBIG : err;
}

/**
 * root_read() - read a small file, such as one of sysfs
 * @root: see root_path()
 * @path: absolute
 * @buf: receives the bytes
 * @size: bytes of @buf
 * @len: receives the number of bytes
 *
 * Return: 0; -EFBIG: the file has more than @size bytes; or another negative
 * errno value, such as those of root_open_file().
 */
int root_read(const char *root, const char *path, void *buf, size_t size,
	      size_t *len)
{
	int fd, err;

	*len = 0;
	fd = root_open_file(root, path);
	if (fd < 0)
		return fd;
	err = root_read_all(fd, buf, size, len);
	close(fd);
	return err;
}

/**
 * root_read_line() - read a file of one line
 * @root: see root_path()
 * @path: absolute
 * @buf: receives the first line, without the newline; the function cuts off the end
 *	of a long line
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

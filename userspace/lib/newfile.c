// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exit.h"
#include "interrupt.h"
#include "newfile.h"

#define PIECE	(64u << 10)

static int write_all(int fd, const uint8_t *p, size_t len)
{
	while (len) {
		size_t piece = len < PIECE ? len : PIECE;
		ssize_t n;

		if (interrupt_seen())
			return -EINTR;
		n = write(fd, p, piece);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n < 0)
			continue;
		p += n;
		len -= n;
	}
	return 0;
}

/* The new name itself must reach the disk, too. */
static int sync_directory(const char *path)
{
	char *copy = strdup(path);
	int fd, err = 0;

	if (!copy)
		return -ENOMEM;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(copy);
	if (fd < 0)
		return -errno;
	/* Some file systems cannot; they need not, either. */
	if (fsync(fd) && errno != EINVAL)
		err = -errno;
	close(fd);
	return err;
}

/* mkostemp() makes private files; this one is as the user's others. */
static int set_mode(int fd)
{
	mode_t mask = umask(0);

	umask(mask);
	return fchmod(fd, 0666 & ~mask) ? -errno : 0;
}

static int move_into_place(const char *temporary, const char *path,
			   bool overwrite)
{
	unsigned int flags = overwrite ? 0 : RENAME_NOREPLACE;

	if (!renameat2(AT_FDCWD, temporary, AT_FDCWD, path, flags))
		return 0;
	/* Not every file system knows the flag: link(2) never replaces. */
	if (errno != EINVAL || overwrite)
		return -errno;
	if (link(temporary, path))
		return -errno;
	unlink(temporary);
	return 0;
}

static int write_temporary(char *temporary, const char *path,
			   const void *bytes, size_t len, bool overwrite)
{
	int fd, err;

	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = write_all(fd, bytes, len);
	if (!err)
		err = set_mode(fd);
	if (!err && fsync(fd))
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	if (!err)
		err = move_into_place(temporary, path, overwrite);
	if (err) {
		unlink(temporary);
		return err;
	}
	return sync_directory(path);
}

static int say_error(struct output *out, const char *path, int err)
{
	if (err == -EINTR && interrupt_seen())
		return interrupt_exit(out, "nothing was written");
	if (err == -EEXIST)
		output_error(out, "%s: exists already, with other content; "
			     "--force=overwrite replaces it", path);
	else
		output_error(out, "%s: %s", path, strerror(-err));
	return VMFW_EXIT_SYSTEM;
}

/**
 * newfile_write() - write a file under another name, then give it its own
 * @out: for errors
 * @path: the file's name
 * @bytes: its content
 * @len: bytes
 * @overwrite: replace a file of that name
 *
 * Return: an exit code.
 */
int newfile_write(struct output *out, const char *path, const void *bytes,
		  size_t len, bool overwrite)
{
	char *temporary, *copy;
	struct stat st;
	int err;

	/* A rename would put a file in the place of /dev/null. */
	if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
		output_error(out, "%s: this is not a regular file", path);
		return VMFW_EXIT_SYSTEM;
	}
	copy = strdup(path);
	if (!copy)
		return say_error(out, path, -ENOMEM);
	err = asprintf(&temporary, "%s/.vmfwupdate.XXXXXX", dirname(copy));
	free(copy);
	if (err < 0)
		return say_error(out, path, -ENOMEM);
	err = write_temporary(temporary, path, bytes, len, overwrite);
	free(temporary);
	return err ? say_error(out, path, err) : VMFW_EXIT_OK;
}

/**
 * newfile_stdout() - write to standard output
 * @out: for errors
 * @bytes: what
 * @len: how much
 *
 * Return: an exit code.
 */
int newfile_stdout(struct output *out, const void *bytes, size_t len)
{
	int err = write_all(1, bytes, len);

	return err ? say_error(out, "standard output", err) : VMFW_EXIT_OK;
}

/**
 * newfile_same() - whether a file is there with this content already
 * @path: the file's name
 * @bytes: the content
 * @len: its length
 */
bool newfile_same(const char *path, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	uint8_t piece[4096];
	struct stat st;
	ssize_t n = -1;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return false;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) ||
	    (uint64_t)st.st_size != len)
		goto out;
	while (len && (n = read(fd, piece, sizeof(piece))) > 0) {
		if ((size_t)n > len || memcmp(p, piece, n))
			break;
		p += n;
		len -= n;
	}
out:
	close(fd);
	return n >= 0 && !len;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/exit.h"
#include "base/infile.h"
#include "base/interrupt.h"
#include "base/patient.h"

#define PIECE	(64u << 10)
/* The most bytes to take from a pipe: an IGVM file has 32 bits for its size. */
#define LONGEST	(4ull << 30)

/**
 * infile_read_at() - read an exact number of bytes
 * @fd: open for reading
 * @offset: of the first byte
 * @buf: receives the bytes
 * @len: number of bytes
 *
 * Return: 0; -ESTALE: the file ends before the last byte; -EINTR: a signal asks
 * to stop; or the negative errno value of pread(2).
 */
int infile_read_at(int fd, uint64_t offset, void *buf, size_t len)
{
	uint8_t *p = buf;

	while (len) {
		ssize_t n = pread(fd, p, len, offset);

		if (n < 0 && errno == EINTR && !interrupt_seen())
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return -ESTALE;
		p += n;
		len -= n;
		offset += n;
	}
	return 0;
}

static int check_regular(struct infile *file)
{
	struct stat st;

	if (file->fd < 0)
		return file->fd;
	if (fstat(file->fd, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -EMEDIUMTYPE;
	file->size = st.st_size;
	return 0;
}

/**
 * infile_error() - report why the tool cannot read a file
 * @messages: for the error
 * @path: name of the file
 * @err: negative errno value, see infile_read_at()
 *
 * Return: an exit code.
 */
enum vmfw_exit infile_error(struct messages *messages, const char *path,
			    int err)
{
	message_error(messages, "%s: cannot use this file: %s", path,
		      err == -ESTALE ?
		      "another program changed it meanwhile" : strerror(-err));
	return VMFW_EXIT_SYSTEM;
}

/* Copy all of standard input to @fd. */
static int copy_stdin(int fd)
{
	uint8_t piece[PIECE];
	uint64_t size = 0;
	ssize_t n;
	int err;

	do {
		if (interrupt_seen())
			return -EINTR;
		n = read(STDIN_FILENO, piece, sizeof(piece));
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		err = 0;
		if (n > 0)
			err = patient_write(fd, piece, n);
		else if (n < 0 && errno == EAGAIN)
			err = patient_wait(STDIN_FILENO, POLLIN);
		size += n > 0 ? n : 0;
		if (!err && size > LONGEST)
			err = -EFBIG;
	} while (!err && n);
	return err;
}

/**
 * infile_stdin() - open standard input as a file with random access
 *
 * The function copies the whole contents of a pipe into memory.
 *
 * Return: a descriptor, which the caller closes, or a negative errno value;
 * -EFBIG: a pipe gave more than 4 GiB; -EINTR: a signal asks to stop.
 */
int infile_stdin(void)
{
	struct stat st;
	int fd, err;

	if (fstat(STDIN_FILENO, &st))
		return -errno;
	if (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode) || S_ISDIR(st.st_mode)) {
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
		return fd < 0 ? -errno : fd;
	}
	fd = memfd_create("standard input", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = copy_stdin(fd);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/**
 * infile_open() - open a file
 * @file: to be filled in; close it even after an error
 * @messages: for errors
 * @path: its name, valid as long as @file is open; INFILE_STDIN is standard
 *	input
 *
 * Return: an exit code.
 */
enum vmfw_exit infile_open(struct infile *file, struct messages *messages,
			   const char *path)
{
	int fd;

	if (!strcmp(path, INFILE_STDIN))
		return infile_take(file, messages, path, infile_stdin());
	/* Without O_NONBLOCK, open(2) would wait for a pipe's writer. */
	fd = open(path, INFILE_FLAGS | O_CLOEXEC);
	return infile_take(file, messages, path, fd < 0 ? -errno : fd);
}

/**
 * infile_take() - use a file that is already open
 * @file: to be filled in; close it even after an error
 * @messages: for errors
 * @path: its name, valid as long as @file is open
 * @fd: a descriptor of the file, opened with INFILE_FLAGS; it belongs to @file
 *	from now on; or a negative errno value
 *
 * Return: an exit code.
 */
enum vmfw_exit infile_take(struct infile *file, struct messages *messages,
			   const char *path, int fd)
{
	int err;

	*file = (struct infile) { .path = path, .fd = fd };
	err = check_regular(file);
	if (!err)
		return VMFW_EXIT_OK;
	if (err == -EINTR && interrupt_seen())
		return interrupt_exit(messages, "nothing was changed");
	if (err != -EMEDIUMTYPE)
		return infile_error(messages, path, err);
	message_error(messages, "%s: this is not a regular file", path);
	return VMFW_EXIT_SYSTEM;
}

/**
 * infile_read() - read an exact number of bytes from a file
 * @arg: struct infile
 * @offset: of the first byte
 * @buf: receives the bytes
 * @len: number of bytes
 *
 * Return: as infile_read_at().
 */
int infile_read(void *arg, uint64_t offset, void *buf, size_t len)
{
	const struct infile *file = arg;

	return infile_read_at(file->fd, offset, buf, len);
}

/**
 * infile_close() - close a file
 * @file: from infile_open() or infile_take(), which may have failed
 */
void infile_close(struct infile *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Writes to files with O_NONBLOCK. Another program that shares standard output
 * may have set this flag. The flag belongs to the open file, which the other
 * program still uses. So this program must not clear it.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/patient.h"

/**
 * patient_wait() - wait for a file with O_NONBLOCK, or until a signal arrives
 * @fd: the file
 * @events: of poll(2)
 *
 * Return: 0, also after a signal; or a negative errno value.
 */
int patient_wait(int fd, short events)
{
	struct pollfd file = { .fd = fd, .events = events };

	return poll(&file, 1, -1) < 0 && errno != EINTR ? -errno : 0;
}

/**
 * patient_write() - write all bytes
 * @fd: open for writing
 * @bytes: the bytes
 * @len: number of bytes
 *
 * Return: 0; -EINTR: a signal asks to stop; or another negative errno value.
 */
int patient_write(int fd, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	int err = 0;

	while (len && !err) {
		ssize_t n = write(fd, p, len);

		if (n >= 0) {
			p += n;
			len -= n;
		} else if (errno != EAGAIN && errno != EINTR) {
			err = -errno;
		} else if (interrupt_seen()) {
			/*
			 * After a signal, do not wait for a reader. If a message
			 * follows, this loop tries once to write it.
			 */
			err = -EINTR;
		} else if (errno == EAGAIN) {
			err = patient_wait(fd, POLLOUT);
		}
	}
	return err;
}

static ssize_t write_to(int fd, const char *bytes, size_t len)
{
	int err = patient_write(fd, bytes, len);

	if (!err)
		return len;
	errno = -err;
	return 0;
}

static ssize_t write_output(void *cookie, const char *bytes, size_t len)
{
	(void)cookie;
	return write_to(STDOUT_FILENO, bytes, len);
}

static ssize_t write_errors(void *cookie, const char *bytes, size_t len)
{
	(void)cookie;
	return write_to(STDERR_FILENO, bytes, len);
}

/**
 * patient_streams() - let stdout and stderr wait for slow readers
 *
 * The function replaces both streams. Call it before any output.
 *
 * Return: 0 or -ENOMEM.
 */
int patient_streams(void)
{
	static const cookie_io_functions_t to_output = {
		.write = write_output,
	};
	static const cookie_io_functions_t to_errors = {
		.write = write_errors,
	};
	FILE *output = fopencookie(NULL, "w", to_output);
	FILE *errors = fopencookie(NULL, "w", to_errors);

	if (!output || !errors)
		return -ENOMEM;
	setvbuf(output, NULL, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF, BUFSIZ);
	setvbuf(errors, NULL, _IOLBF, BUFSIZ);
	stdout = output;
	stderr = errors;
	return 0;
}

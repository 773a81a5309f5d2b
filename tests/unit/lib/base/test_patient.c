// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Writes that take some bytes, that wait for a reader, or that fail. The test
 * imitates the kernel.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/interrupt.h"
#include "base/patient.h"
#include "shared/macro.h"

#define FD	77
#define BYTES	"0123456789"
#define WRITES	20

/**
 * struct kernel - the kernel that the test imitates, and its calls
 * @results: result of each write: bytes that it takes at most, or a negative
 *	errno value. After the last one, a write takes all bytes
 * @nr: number of results
 * @poll: errno value of poll(2), or 0
 * @signal: a signal asks to stop
 * @writes: number of writes
 * @polls: number of waits
 * @written: bytes that the kernel took
 * @len: their number
 */
static struct kernel {
	ssize_t results[WRITES];
	unsigned int nr;
	int poll;
	bool signal;
	unsigned int writes;
	unsigned int polls;
	char written[32];
	size_t len;
} kernel;

/* The descriptor of each write, and whether standard output is a terminal. */
static int written_fd = FD;
static int terminal;

int __wrap_isatty(int fd);
int __wrap_isatty(int fd)
{
	assert_int_equal(fd, STDOUT_FILENO);
	return terminal;
}

ssize_t __wrap_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
	ssize_t result = len;

	assert_int_equal(fd, written_fd);
	assert_true(kernel.writes < WRITES);
	if (kernel.writes < kernel.nr)
		result = kernel.results[kernel.writes];
	kernel.writes++;
	/* A write that succeeds may leave any errno. */
	errno = result < 0 ? -result : EIO;
	if (result < 0)
		return -1;
	if ((size_t)result > len)
		result = len;
	assert_true(kernel.len + result <= sizeof(kernel.written));
	memcpy(kernel.written + kernel.len, bytes, result);
	kernel.len += result;
	return result;
}

int __wrap_poll(struct pollfd *fds, nfds_t nr, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t nr, int timeout)
{
	assert_int_equal(nr, 1);
	assert_int_equal(fds->fd, FD);
	assert_int_equal(fds->events, POLLOUT);
	assert_int_equal(timeout, -1);
	kernel.polls++;
	errno = kernel.poll;
	return errno ? -1 : 1;
}

int __wrap_interrupt_seen(void);
int __wrap_interrupt_seen(void)
{
	return kernel.signal ? 15 : 0;
}

/* Number of the stream for which there is no memory, and the other stream. */
static unsigned int failing_stream;
static FILE *other_stream;
static bool real_streams;

FILE *__real_fopencookie(void *cookie, const char *mode,
			 cookie_io_functions_t functions);
FILE *__wrap_fopencookie(void *cookie, const char *mode,
			 cookie_io_functions_t functions);
FILE *__wrap_fopencookie(void *cookie, const char *mode,
			 cookie_io_functions_t functions)
{
	(void)cookie;
	assert_string_equal(mode, "w");
	assert_non_null(functions.write);
	if (real_streams)
		return __real_fopencookie(cookie, mode, functions);
	if (!failing_stream--)
		return NULL;
	other_stream = tmpfile();
	return other_stream;
}

static int set_up(void **state)
{
	(void)state;
	memset(&kernel, 0, sizeof(kernel));
	return 0;
}

static void add_result(ssize_t result)
{
	assert_true(kernel.nr < WRITES);
	kernel.results[kernel.nr++] = result;
}

/* Write all bytes, after all results that the test chose. */
static void write_all(void)
{
	assert_int_equal(patient_write(FD, BYTES, strlen(BYTES)), 0);
	assert_int_equal(kernel.len, strlen(BYTES));
	assert_memory_equal(kernel.written, BYTES, strlen(BYTES));
	assert_int_equal(kernel.writes, kernel.nr + 1);
}

/* Expect that the last result ends the writes with this error. */
static void write_fails(int err)
{
	assert_int_equal(patient_write(FD, BYTES, strlen(BYTES)), err);
	assert_int_equal(kernel.writes, kernel.nr);
}

static void no_bytes_need_no_write(void **state)
{
	(void)state;
	assert_int_equal(patient_write(FD, BYTES, 0), 0);
	assert_int_equal(kernel.writes, 0);
}

static void each_write_takes_some_bytes(void **state)
{
	(void)state;
	add_result(1);
	add_result(3);
	/* A write that takes no byte is no error. */
	add_result(0);
	add_result(5);
	write_all();
	assert_int_equal(kernel.polls, 0);
}

static void a_slow_reader_lets_the_tool_wait(void **state)
{
	(void)state;
	add_result(-EAGAIN);
	add_result(2);
	add_result(-EAGAIN);
	write_all();
	assert_int_equal(kernel.polls, 2);
	/* A signal ends the wait, but does not ask to stop. */
	set_up(state);
	kernel.poll = EINTR;
	add_result(-EAGAIN);
	write_all();
}

/* A sandbox may refuse to wait. */
static void a_wait_that_fails(void **state)
{
	static const int errs[] = { EPERM, ENOMEM };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errs); i++) {
		set_up(state);
		kernel.poll = errs[i];
		add_result(-EAGAIN);
		write_fails(-errs[i]);
	}
}

static void a_signal_that_does_not_ask_to_stop(void **state)
{
	(void)state;
	add_result(-EINTR);
	add_result(-EINTR);
	write_all();
	assert_int_equal(kernel.polls, 0);
}

static void a_signal_that_asks_to_stop(void **state)
{
	(void)state;
	kernel.signal = true;
	add_result(-EINTR);
	write_fails(-EINTR);
	/* The tool does not wait for a reader. */
	set_up(state);
	kernel.signal = true;
	add_result(4);
	add_result(-EAGAIN);
	write_fails(-EINTR);
	assert_int_equal(kernel.polls, 0);
	/* If nobody has to wait, the tool still writes a message. */
	set_up(state);
	kernel.signal = true;
	write_all();
}

static void errors_end_the_writes(void **state)
{
	static const int errs[] = { EPERM, EIO, EPIPE };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errs); i++) {
		set_up(state);
		add_result(6);
		add_result(-errs[i]);
		write_fails(-errs[i]);
	}
	set_up(state);
	/* The error counts, even if a signal asks to stop. */
	kernel.signal = true;
	add_result(-ENOSPC);
	write_fails(-ENOSPC);
}

/* The streams of the process stay, so that it can report the error. */
static void no_memory_for_a_stream(void **state)
{
	FILE *output = stdout, *errors = stderr;
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		failing_stream = i;
		assert_int_equal(patient_streams(), -ENOMEM);
		assert_ptr_equal(stdout, output);
		assert_ptr_equal(stderr, errors);
		assert_int_equal(fclose(other_stream), 0);
	}
}

/* Return a new stream for standard output or standard error. */
static FILE *make_stream(int fd)
{
	FILE *output = stdout, *errors = stderr, *streams[2];

	real_streams = true;
	assert_int_equal(patient_streams(), 0);
	real_streams = false;
	streams[0] = stdout;
	streams[1] = stderr;
	stdout = output;
	stderr = errors;
	fclose(streams[fd == STDOUT_FILENO]);
	return streams[fd == STDERR_FILENO];
}

/* Only output to a file or a pipe waits for more than a line. */
static void each_line_appears_at_once(void **state)
{
	static const struct {
		int fd, terminal;
		unsigned int writes;
	} table[] = {
		{ STDOUT_FILENO, 0, 0 }, { STDOUT_FILENO, 1, 1 },
		{ STDERR_FILENO, 0, 1 },
	};
	FILE *stream;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		set_up(state);
		terminal = table[i].terminal;
		written_fd = table[i].fd;
		stream = make_stream(written_fd);
		assert_true(fputs("a line", stream) >= 0);
		assert_int_equal(kernel.writes, 0);
		assert_true(fputs("\n", stream) >= 0);
		assert_int_equal(kernel.writes, table[i].writes);
		assert_int_equal(fflush(stream), 0);
		assert_int_equal(kernel.writes, 1);
		assert_int_equal(kernel.len, 7);
		assert_memory_equal(kernel.written, "a line\n", 7);
		/* The caller gets the error of a write. */
		kernel.nr = 1;
		add_result(-ENOSPC);
		fputs("more", stream);
		assert_int_equal(fflush(stream), EOF);
		assert_int_equal(errno, ENOSPC);
		fclose(stream);
	}
	written_fd = FD;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(no_bytes_need_no_write, set_up),
		cmocka_unit_test_setup(each_write_takes_some_bytes, set_up),
		cmocka_unit_test_setup(a_slow_reader_lets_the_tool_wait,
				       set_up),
		cmocka_unit_test_setup(a_wait_that_fails, set_up),
		cmocka_unit_test_setup(a_signal_that_does_not_ask_to_stop,
				       set_up),
		cmocka_unit_test_setup(a_signal_that_asks_to_stop, set_up),
		cmocka_unit_test_setup(errors_end_the_writes, set_up),
		cmocka_unit_test(no_memory_for_a_stream),
		cmocka_unit_test_setup(each_line_appears_at_once, set_up),
	};

	return cmocka_run_group_tests_name("patient", tests, NULL, NULL);
}

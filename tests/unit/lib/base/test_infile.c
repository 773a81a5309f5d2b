// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Files with random access: standard input from a pipe, and reads that give
 * some bytes, end early or fail. The test imitates the kernel.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/exit.h"
#include "base/infile.h"
#include "base/interrupt.h"
#include "base/patient.h"
#include "shared/macro.h"
#include "tree.h"

#define LONGEST		(4ull << 30)
#define SOME		1000
/* While the pipe has more bytes, the test copies none, to save time. */
#define KEPT		(1ull << 20)
/* More reads than the code needs for 4 GiB. */
#define READS		(1u << 18)

/**
 * struct kernel - the kernel that the test imitates, and its calls
 * @left: bytes that the pipe or the file still has
 * @most: most bytes that a read gives
 * @again: number of reads that find no byte yet
 * @interrupts: number of reads that end with EINTR
 * @read: errno value of a read, or 0
 * @write: errno value of a write into memory, or 0
 * @good_writes: number of writes that succeed before one fails
 * @stat: errno value of fstat(), or 0
 * @dup: errno value of a second descriptor for a file, or 0
 * @memfd: errno value of memfd_create(), or 0
 * @signal: a signal asks to stop
 * @exits: number of calls of interrupt_exit()
 * @polls: number of waits
 * @poll: errno value of a wait, or 0
 * @reads: number of reads
 * @writes: number of writes
 */
static struct kernel {
	uint64_t left;
	size_t most;
	unsigned int again;
	unsigned int interrupts;
	int read;
	int write;
	unsigned int good_writes;
	int stat;
	int dup;
	int memfd;
	bool signal;
	unsigned int exits;
	unsigned int polls;
	int poll;
	unsigned int reads;
	unsigned int writes;
} kernel;

static int standard_input = -1;
static unsigned int descriptors;

static int fail_with(int err)
{
	errno = err;
	return -1;
}

/* A read that succeeds leaves errno as it is. */
static ssize_t give_bytes(void *buf, size_t len)
{
	assert_true(kernel.reads++ < READS);
	if (kernel.interrupts) {
		kernel.interrupts--;
		return fail_with(EINTR);
	}
	if (kernel.again) {
		kernel.again--;
		return fail_with(EAGAIN);
	}
	if (kernel.read)
		return fail_with(kernel.read);
	if (len > kernel.most)
		len = kernel.most;
	if (len > kernel.left)
		len = kernel.left;
	kernel.left -= len;
	if (kernel.left <= KEPT)
		memset(buf, 'x', len);
	return len;
}

ssize_t __wrap_read(int fd, void *buf, size_t len);
ssize_t __wrap_read(int fd, void *buf, size_t len)
{
	assert_int_equal(fd, STDIN_FILENO);
	return give_bytes(buf, len);
}

ssize_t __wrap_pread(int fd, void *buf, size_t len, off_t offset);
ssize_t __wrap_pread(int fd, void *buf, size_t len, off_t offset)
{
	assert_int_equal(fd, STDIN_FILENO);
	/* The file has SOME bytes. */
	assert_int_equal(offset + kernel.left, SOME);
	return give_bytes(buf, len);
}

int __wrap_poll(struct pollfd *fds, nfds_t nr, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t nr, int timeout)
{
	assert_int_equal(nr, 1);
	assert_int_equal(fds->fd, STDIN_FILENO);
	assert_int_equal(fds->events, POLLIN);
	assert_int_equal(timeout, -1);
	kernel.polls++;
	errno = kernel.poll;
	return kernel.poll ? -1 : 1;
}

int __real_patient_write(int fd, const void *bytes, size_t len);
int __wrap_patient_write(int fd, const void *bytes, size_t len);
int __wrap_patient_write(int fd, const void *bytes, size_t len)
{
	if (kernel.writes++ >= kernel.good_writes && kernel.write)
		return -kernel.write;
	return kernel.left > KEPT ? 0 : __real_patient_write(fd, bytes, len);
}

int __real_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st)
{
	return kernel.stat ? fail_with(kernel.stat) : __real_fstat(fd, st);
}

int __real_fcntl(int fd, int command, int argument);
int __wrap_fcntl(int fd, int command, int argument);
int __wrap_fcntl(int fd, int command, int argument)
{
	return kernel.dup ? fail_with(kernel.dup) :
			    __real_fcntl(fd, command, argument);
}

int __real_memfd_create(const char *name, unsigned int flags);
int __wrap_memfd_create(const char *name, unsigned int flags);
int __wrap_memfd_create(const char *name, unsigned int flags)
{
	return kernel.memfd ? fail_with(kernel.memfd) :
			      __real_memfd_create(name, flags);
}

int __wrap_interrupt_seen(void);
int __wrap_interrupt_seen(void)
{
	return kernel.signal ? 15 : 0;
}

enum vmfw_exit __wrap_interrupt_exit(struct messages *messages,
				     const char *state);
enum vmfw_exit __wrap_interrupt_exit(struct messages *messages,
				     const char *state)
{
	assert_int_equal(messages->nr, 0);
	assert_string_equal(state, "nothing was changed");
	kernel.exits++;
	return 128 + 15;
}

static int set_up(void **state)
{
	(void)state;
	kernel = (struct kernel) { .left = SOME, .most = SIZE_MAX };
	descriptors = tree_count_descriptors();
	return 0;
}

/* No descriptor may stay open. */
static int tear_down(void **state)
{
	(void)state;
	assert_int_equal(tree_count_descriptors(), descriptors);
	return 0;
}

/* Take all of standard input, and expect a file with these bytes. */
static void take_input(uint64_t size)
{
	int fd = infile_stdin();
	struct stat st;

	assert_true(fd > STDIN_FILENO);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(st.st_size, size);
	assert_int_equal(kernel.left, 0);
	close(fd);
}

/* Open a file, and expect this exit code and error, or none if it is NULL. */
static void open_file(const char *path, int code, const char *error)
{
	struct messages messages;
	struct infile file;

	messages_keep(&messages);
	assert_int_equal(infile_open(&file, &messages, path), code);
	assert_string_equal(file.path, path);
	assert_int_equal(messages.nr, error ? 1 : 0);
	if (error)
		assert_string_equal(messages_first_error(&messages), error);
	messages_free(&messages);
	infile_close(&file);
	assert_int_equal(file.fd, -1);
	/* A second call has nothing to close. */
	infile_close(&file);
}

static void a_pipe_becomes_a_file(void **state)
{
	(void)state;
	take_input(SOME);
	kernel.left = 300000;
	kernel.most = 4096;
	take_input(300000);
	/* Each read gives one byte. */
	kernel.left = SOME;
	kernel.most = 1;
	take_input(SOME);
	assert_int_equal(kernel.polls, 0);
	/* The pipe is empty. An earlier call may have left any errno. */
	errno = EAGAIN;
	take_input(0);
	assert_int_equal(kernel.polls, 0);
}

/* The tool uses a regular file as it is. */
static void a_file_as_standard_input(void **state)
{
	int saved = dup(STDIN_FILENO), file = memfd_create("test", 0), fd, err;
	struct stat st, other;

	(void)state;
	assert_int_equal(dup2(file, STDIN_FILENO), STDIN_FILENO);
	fd = infile_stdin();
	kernel.dup = EMFILE;
	err = infile_stdin();
	kernel.dup = 0;
	assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
	assert_int_equal(err, -EMFILE);
	assert_true(fd > STDIN_FILENO);
	assert_true(fcntl(fd, F_GETFD, 0) & FD_CLOEXEC);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(fstat(file, &other), 0);
	assert_int_equal(st.st_ino, other.st_ino);
	assert_int_equal(kernel.reads, 0);
	close(fd);
	close(file);
	close(saved);
}

static void a_kernel_that_refuses_a_call(void **state)
{
	(void)state;
	kernel.memfd = ENFILE;
	assert_int_equal(infile_stdin(), -ENFILE);
	kernel.stat = EIO;
	assert_int_equal(infile_stdin(), -EIO);
	assert_int_equal(kernel.reads, 0);
	open_file("/proc/self/stat", VMFW_EXIT_SYSTEM,
		  "/proc/self/stat: cannot use this file: Input/output error");
}

static void a_slow_writer_lets_the_tool_wait(void **state)
{
	(void)state;
	kernel.again = 3;
	take_input(SOME);
	assert_int_equal(kernel.polls, 3);
	kernel.left = SOME;
	kernel.again = 3;
	kernel.poll = EINTR;
	take_input(SOME);
	assert_int_equal(kernel.polls, 6);
	kernel.again = 1;
	kernel.poll = EPERM;
	assert_int_equal(infile_stdin(), -EPERM);
}

static void a_signal_that_does_not_ask_to_stop(void **state)
{
	(void)state;
	kernel.interrupts = 3;
	take_input(SOME);
	assert_int_equal(kernel.polls, 0);
}

static void a_signal_that_asks_to_stop(void **state)
{
	(void)state;
	kernel.signal = true;
	assert_int_equal(infile_stdin(), -EINTR);
	assert_int_equal(kernel.reads, 0);
}

static void a_pipe_that_fails(void **state)
{
	static const int errs[] = { EPERM, EIO, EISDIR };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errs); i++) {
		set_up(state);
		kernel.read = errs[i];
		assert_int_equal(infile_stdin(), -errs[i]);
		assert_int_equal(kernel.reads, 1);
	}
}

/* A write fails. The bytes that follow do not make the copy complete. */
static void a_copy_that_fails(void **state)
{
	static const int errs[] = { ENOSPC, EFBIG, EINTR };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(errs); i++) {
		set_up(state);
		kernel.most = 100;
		kernel.write = errs[i];
		assert_int_equal(infile_stdin(), -errs[i]);
		assert_int_equal(kernel.reads, 1);
		assert_int_equal(kernel.writes, 1);
	}
}

/* The size of an IGVM file has 32 bits. */
static void a_pipe_with_more_than_4_gib(void **state)
{
	int fd;

	(void)state;
	kernel.left = LONGEST + 1;
	assert_int_equal(infile_stdin(), -EFBIG);
	/* The tool does not read the rest. */
	kernel.left = 2 * LONGEST;
	assert_int_equal(infile_stdin(), -EFBIG);
	assert_in_range(kernel.left, LONGEST - 65536, LONGEST);
	kernel.left = LONGEST;
	fd = infile_stdin();
	assert_true(fd >= 0);
	assert_int_equal(kernel.left, 0);
	close(fd);
	/* The first error counts. */
	set_up(state);
	kernel.left = LONGEST + 1;
	kernel.most = 65536;
	kernel.write = ENOSPC;
	kernel.good_writes = LONGEST / kernel.most;
	assert_int_equal(infile_stdin(), -ENOSPC);
}

static void reads_of_a_file(void **state)
{
	struct infile file = { .fd = STDIN_FILENO };
	uint8_t buf[SOME + 1] = { 0 };

	(void)state;
	kernel.most = 300;
	kernel.interrupts = 2;
	assert_int_equal(infile_read_at(STDIN_FILENO, 0, buf, SOME), 0);
	assert_int_equal(kernel.reads, 6);
	assert_int_equal(buf[SOME - 1], 'x');
	assert_int_equal(buf[SOME], 0);
	assert_int_equal(infile_read_at(STDIN_FILENO, SOME, buf, 0), 0);
	assert_int_equal(kernel.reads, 6);
	/* The file ends before the last byte. */
	set_up(state);
	kernel.interrupts = 1;
	assert_int_equal(infile_read_at(STDIN_FILENO, 0, buf, SOME + 1),
			 -ESTALE);
	set_up(state);
	assert_int_equal(infile_read(&file, 0, buf, SOME + 1), -ESTALE);
	set_up(state);
	kernel.read = EIO;
	assert_int_equal(infile_read_at(STDIN_FILENO, 0, buf, SOME), -EIO);
	/* A signal asks to stop. */
	kernel.signal = true;
	kernel.interrupts = 1;
	assert_int_equal(infile_read_at(STDIN_FILENO, 0, buf, SOME), -EINTR);
}

static void files_that_open_or_not(void **state)
{
	(void)state;
	open_file("/proc/self/stat", VMFW_EXIT_OK, NULL);
	open_file("/nowhere/at/all", VMFW_EXIT_SYSTEM,
		  "/nowhere/at/all: cannot use this file: No such file or directory");
	open_file("/proc", VMFW_EXIT_SYSTEM,
		  "/proc: cannot use this file: Is a directory");
	open_file("/dev/null", VMFW_EXIT_SYSTEM,
		  "/dev/null: this is not a regular file");
	open_file(INFILE_STDIN, VMFW_EXIT_OK, NULL);
	kernel.read = EIO;
	open_file(INFILE_STDIN, VMFW_EXIT_SYSTEM,
		  "-: cannot use this file: Input/output error");
	kernel.read = EKEYEXPIRED;
	open_file(INFILE_STDIN, VMFW_EXIT_SYSTEM,
		  "-: cannot use this file: Key has expired");
	assert_int_equal(kernel.exits, 0);
}

/* The exit code is that of the signal, without an error about the file. */
static void a_signal_while_a_file_opens(void **state)
{
	(void)state;
	kernel.signal = true;
	open_file(INFILE_STDIN, 128 + 15, NULL);
	assert_int_equal(kernel.exits, 1);
	/* A signal does not hide another error. */
	open_file("/proc", VMFW_EXIT_SYSTEM,
		  "/proc: cannot use this file: Is a directory");
	/* A write ends with EINTR, but no signal asks to stop. */
	set_up(state);
	kernel.write = EINTR;
	open_file(INFILE_STDIN, VMFW_EXIT_SYSTEM,
		  "-: cannot use this file: Interrupted system call");
	assert_int_equal(kernel.exits, 0);
}

/* Make standard input a pipe, so that the tool copies it. */
static int make_pipe(void **state)
{
	int ends[2];

	(void)state;
	standard_input = dup(STDIN_FILENO);
	if (pipe(ends) || dup2(ends[0], STDIN_FILENO) != STDIN_FILENO)
		return -1;
	if (ends[0] != STDIN_FILENO)
		close(ends[0]);
	return 0;
}

static int close_pipe(void **state)
{
	(void)state;
	if (standard_input < 0)
		return 0;
	return dup2(standard_input, STDIN_FILENO) == STDIN_FILENO ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)	\
	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(a_pipe_becomes_a_file),
		TEST(a_file_as_standard_input),
		TEST(a_kernel_that_refuses_a_call),
		TEST(a_slow_writer_lets_the_tool_wait),
		TEST(a_signal_that_does_not_ask_to_stop),
		TEST(a_signal_that_asks_to_stop),
		TEST(a_pipe_that_fails),
		TEST(a_copy_that_fails),
		TEST(a_pipe_with_more_than_4_gib),
		TEST(reads_of_a_file),
		TEST(files_that_open_or_not),
		TEST(a_signal_while_a_file_opens),
	};

	return cmocka_run_group_tests_name("infile", tests, make_pipe,
					   close_pipe);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Entries for the journal, as they arrive at its socket.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/journal.h"
#include "base/rootdir.h"
#include "tree.h"

#define ID	"0123456789abcdef0123456789abcdef"

static char root[] = "/tmp/vmfwupdate-test-XXXXXX";
static const char *const directories[] = {
	"/run", "/run/systemd", "/run/systemd/journal",
};
static struct sockaddr_un address = { .sun_family = AF_UNIX };

static int socket_err;
/* The entry went to the journal of the running system. */
static bool went_here;

int __real_root_open(const char *top, const char *path, int flags);
int __wrap_root_open(const char *top, const char *path, int flags);
int __wrap_root_open(const char *top, const char *path, int flags)
{
	if (top)
		return __real_root_open(top, path, flags);
	assert_string_equal(path, "/run/systemd/journal/socket");
	return dup(STDIN_FILENO);
}

int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol)
{
	errno = socket_err;
	return socket_err ? -1 : __real_socket(domain, type, protocol);
}

ssize_t __real_sendto(int fd, const void *bytes, size_t len, int flags,
		      const struct sockaddr *to, socklen_t size);
ssize_t __wrap_sendto(int fd, const void *bytes, size_t len, int flags,
		      const struct sockaddr *to, socklen_t size);
ssize_t __wrap_sendto(int fd, const void *bytes, size_t len, int flags,
		      const struct sockaddr *to, socklen_t size)
{
	const struct sockaddr_un *at = (const struct sockaddr_un *)to;

	if (!strncmp(at->sun_path, "/proc/", 6))
		return __real_sendto(fd, bytes, len, flags, to, size);
	assert_string_equal(at->sun_path, "/run/systemd/journal/socket");
	went_here = true;
	return len;
}

static int begin(void **state)
{
	char path[128];
	size_t i;

	(void)state;
	assert_non_null(mkdtemp(root));
	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s%s", root, directories[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	snprintf(address.sun_path, sizeof(address.sun_path),
		 "%s/run/systemd/journal/socket", root);
	return 0;
}

static int end(void **state)
{
	char path[128];
	size_t i;

	(void)state;
	unlink(address.sun_path);
	for (i = 3; i-- > 0;) {
		snprintf(path, sizeof(path), "%s%s", root, directories[i]);
		rmdir(path);
	}
	return rmdir(root);
}

static int listen_there(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	unlink(address.sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address,
			      sizeof(address)), 0);
	return fd;
}

/* Check the field at the start of @p, and return its end. */
static const char *take(const char *p, const char *name, const char *value)
{
	size_t len = strlen(value), i;

	assert_memory_equal(p, name, strlen(name));
	p += strlen(name);
	assert_int_equal(*p++, '\n');
	for (i = 0; i < 8; i++)
		assert_int_equal((uint8_t)p[i], i < 2 ? len >> 8 * i & 0xff : 0);
	p += 8;
	assert_memory_equal(p, value, len);
	assert_int_equal(p[len], '\n');
	return p + len + 1;
}

static void test_entry(void **state)
{
	char got[2 * JOURNAL_ENTRY], value[1024];
	struct journal entry;
	const char *p = got;
	int fd = listen_there();
	ssize_t len;

	(void)state;
	journal_begin(&entry, "program", ID, JOURNAL_WARNING);
	/*
	 * The value contains a line of another field, and a control character
	 * for a terminal.
	 */
	journal_field(&entry, "MESSAGE", "a\nPRIORITY=0\n\033%d", 7);
	journal_field(&entry, "EMPTY", "%s", "");
	journal_field(&entry, "LONG", "%2000d", 0);
	assert_int_equal(journal_send(&entry, root), 0);

	len = recv(fd, got, sizeof(got), 0);
	assert_true(len > 0);
	p = take(p, "SYSLOG_IDENTIFIER", "program");
	p = take(p, "MESSAGE_ID", ID);
	p = take(p, "PRIORITY", "4");
	p = take(p, "MESSAGE", "a\\x0aPRIORITY=0\\x0a\\x1b7");
	p = take(p, "EMPTY", "");
	memset(value, ' ', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	p = take(p, "LONG", value);
	assert_ptr_equal(p, got + len);
	/* The socket has received one datagram, and no other. */
	assert_int_equal(recv(fd, got, sizeof(got), 0), -1);
	close(fd);
}

static void test_full(void **state)
{
	char before[JOURNAL_ENTRY];
	struct journal entry;
	size_t len;
	int i;

	(void)state;
	journal_begin(&entry, "program", ID, JOURNAL_INFO);
	for (i = 0; i < 10; i++) {
		len = entry.len;
		memcpy(before, entry.bytes, len);
		journal_field(&entry, "F", "%1000d", 0);
		assert_true(entry.len <= sizeof(entry.bytes));
		assert_true(entry.len == len || entry.len == len + 1011);
		assert_memory_equal(before, entry.bytes, len);
	}
	assert_int_equal(entry.len, len);
	/*
	 * A field that fills the entry to its last byte fits, but a longer one
	 * does not.
	 */
	len = sizeof(entry.bytes) - entry.len - 11;
	journal_field(&entry, "F", "%*d", (int)len + 1, 0);
	assert_true(entry.len < sizeof(entry.bytes));
	journal_field(&entry, "F", "%*d", (int)len, 0);
	assert_int_equal(entry.len, sizeof(entry.bytes));
}

static void test_nobody_listens(void **state)
{
	char far[200];
	struct journal entry;
	int fd;

	(void)state;
	journal_begin(&entry, "program", ID, JOURNAL_INFO);
	unlink(address.sun_path);
	assert_int_equal(journal_send(&entry, root), -ENOENT);
	fd = listen_there();
	close(fd);
	assert_int_equal(journal_send(&entry, root), -ECONNREFUSED);
	memset(far, 'a', sizeof(far) - 1);
	far[sizeof(far) - 1] = '\0';
	/* The path of a root may be longer than the address of a socket. */
	assert_int_equal(journal_send(&entry, far), -ENOENT);
}

static void test_running_system(void **state)
{
	struct journal entry;

	(void)state;
	journal_begin(&entry, "program", ID, JOURNAL_INFO);
	assert_int_equal(journal_send(&entry, NULL), 0);
	assert_true(went_here);
}

/* Send an entry, and expect an error. No descriptor may stay open. */
static void send_fails(int err)
{
	unsigned int descriptors = tree_count_descriptors();
	struct journal entry;

	journal_begin(&entry, "program", ID, JOURNAL_INFO);
	assert_int_equal(journal_send(&entry, root), err);
	assert_int_equal(tree_count_descriptors(), descriptors);
}

static void test_errors(void **state)
{
	int fd = listen_there();

	(void)state;
	send_fails(0);
	socket_err = EMFILE;
	send_fails(-EMFILE);
	socket_err = 0;
	close(fd);
	send_fails(-ECONNREFUSED);
	/* The link names itself. */
	unlink(address.sun_path);
	assert_int_equal(symlink("socket", address.sun_path), 0);
	send_fails(-ELOOP);
}

static void test_full_journal_does_not_hold_up(void **state)
{
	struct journal entry;
	int fd = listen_there(), i, err = 0;

	(void)state;
	journal_begin(&entry, "program", ID, JOURNAL_INFO);
	for (i = 0; i < 100000 && !err; i++)
		err = journal_send(&entry, root);
	assert_int_equal(err, -EAGAIN);
	close(fd);
}

static void set_stream(uintmax_t device, uintmax_t inode, const char *rest)
{
	char words[64];

	snprintf(words, sizeof(words), "%ju:%ju%s", device, inode, rest);
	setenv("JOURNAL_STREAM", words, 1);
}

static void test_reads_stderr(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	unsetenv("JOURNAL_STREAM");
	assert_false(journal_reads_stderr());
	set_stream(st.st_dev, st.st_ino, "");
	assert_true(journal_reads_stderr());
	set_stream(st.st_dev, st.st_ino, "x");
	assert_false(journal_reads_stderr());
	set_stream(st.st_dev, st.st_ino + 1, "");
	assert_false(journal_reads_stderr());
	set_stream(st.st_dev + 1, st.st_ino, "");
	assert_false(journal_reads_stderr());
	setenv("JOURNAL_STREAM", "", 1);
	assert_false(journal_reads_stderr());
	setenv("JOURNAL_STREAM", "1", 1);
	assert_false(journal_reads_stderr());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entry),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_running_system),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_full_journal_does_not_hold_up),
		cmocka_unit_test(test_reads_stderr),
	};

	return cmocka_run_group_tests_name("journal", tests, begin, end);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/journal.h"
#include "base/printable.h"
#include "base/rootdir.h"
#include "shared/bytes.h"

#define SOCKET		"/run/systemd/journal/socket"
#define MAX_VALUE	1024

/**
 * journal_reads_stderr() - find out whether standard error goes to the journal
 *
 * systemd describes the stream in an environment variable, see systemd.exec(5).
 * A child process inherits the variable even if its output goes elsewhere. So
 * compare the variable with the device and the inode of standard error.
 */
bool journal_reads_stderr(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t device, inode;
	struct stat st;
	char end;

	return stream &&
	       sscanf(stream, "%ju:%ju%c", &device, &inode, &end) == 2 &&
	       !fstat(STDERR_FILENO, &st) && st.st_dev == device &&
	       st.st_ino == inode;
}

/**
 * journal_begin() - begin an entry
 * @entry: to be filled in
 * @program: name of the program, for SYSLOG_IDENTIFIER
 * @message_id: identifier of the kind of entry, 32 hexadecimal digits
 * @priority: its priority
 */
void journal_begin(struct journal *entry, const char *program,
		   const char *message_id, enum journal_priority priority)
{
	entry->len = 0;
	journal_field(entry, "SYSLOG_IDENTIFIER", "%s", program);
	journal_field(entry, "MESSAGE_ID", "%s", message_id);
	journal_field(entry, "PRIORITY", "%d", priority);
}

/**
 * journal_field() - add a field to an entry
 * @entry: from journal_begin()
 * @name: of the field: upper-case letters, digits and underscores
 * @format: of its value
 *
 * The protocol allows any bytes in a value. But journalctl prints the value, so
 * the function makes it printable. It cuts off the end of a long value. It leaves
 * out a field that does not fit in the entry.
 */
void journal_field(struct journal *entry, const char *name,
		   const char *format, ...)
{
	size_t name_len = strlen(name), len;
	char raw[MAX_VALUE], value[MAX_VALUE], *p;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);
	if (n < 0)
		return;
	printable_copy(value, sizeof(value), raw);
	len = strlen(value);
	/* 10 bytes: a newline after the name, the length, and a newline at the end. */
	if (name_len + len + 10 > sizeof(entry->bytes) - entry->len)
		return;
	p = entry->bytes + entry->len;
	memcpy(p, name, name_len);
	p += name_len;
	*p++ = '\n';
	put_le64((uint8_t *)p, len);
	p += 8;
	memcpy(p, value, len);
	p += len;
	*p++ = '\n';
	entry->len = p - entry->bytes;
}

/**
 * journal_send() - send an entry
 * @entry: the entry
 * @root: see root_path()
 *
 * The function never waits. If the journal is too slow, the function drops the
 * entry.
 *
 * Return: 0 or a negative errno value; -ENOENT: there is no journal; -EAGAIN:
 * it is too slow.
 */
int journal_send(const struct journal *entry, const char *root)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int at, fd, err = 0;

	at = root_open(root, SOCKET, O_PATH);
	if (at < 0)
		return at;
	if (root)
		snprintf(address.sun_path, sizeof(address.sun_path),
			 "/proc/self/fd/%d", at);
	else
		snprintf(address.sun_path, sizeof(address.sun_path), "%s",
			 SOCKET);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 ||
	    sendto(fd, entry->bytes, entry->len, MSG_NOSIGNAL,
		   (struct sockaddr *)&address, sizeof(address)) < 0)
		err = -errno;
	if (fd >= 0)
		close(fd);
	close(at);
	return err;
}

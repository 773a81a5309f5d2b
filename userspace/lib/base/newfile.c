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

#include "base/exit.h"
#include "base/interrupt.h"
#include "base/newfile.h"
#include "base/patient.h"

#define PIECE	(64u << 10)

static int read_memory(void *arg, uint64_t offset, void *buf, size_t len)
{
	memcpy(buf, (const uint8_t *)arg + offset, len);
	return 0;
}

/**
 * newfile_memory() - describe content that is in memory
 * @bytes: the content, valid as long as the result
 * @size: its size in bytes
 *
 * Return: the content for the other functions.
 */
struct newfile_content newfile_memory(const void *bytes, size_t size)
{
	return (struct newfile_content) {
		.size = size,
		.read = read_memory,
		.arg = (void *)bytes,
	};
}

static int write_content(int fd, const struct newfile_content *content)
{
	uint8_t piece[PIECE];
	uint64_t at, len;
	int err = 0;

	for (at = 0; !err && at < content->size; at += len) {
		len = content->size - at;
		if (len > sizeof(piece))
			len = sizeof(piece);
		err = interrupt_seen() ? -EINTR :
		      content->read(content->arg, at, piece, len);
		if (!err)
			err = patient_write(fd, piece, len);
	}
	return err;
}

/* Sync the directory, so that the new name is on the disk, too. */
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
	/* Some file systems cannot sync a directory, and do not need it. */
	if (fsync(fd) && errno != EINVAL)
		err = -errno;
	close(fd);
	return err;
}

/* Copy the mode of the file to replace, so that a private file stays private. */
static int copy_mode(int fd, const struct stat *old)
{
	mode_t mode = old->st_mode & 0777;

	/*
	 * If the file cannot keep its old group, give the new group no more
	 * rights than others.
	 */
	if (fchown(fd, old->st_uid, old->st_gid) &&
	    fchown(fd, -1, old->st_gid))
		mode = (mode & 0707) | (mode & (mode & 07) << 3);
	return fchmod(fd, mode) ? -errno : 0;
}

/*
 * mkostemp() makes private files. Give a new file the usual mode of the user's
 * files.
 */
static int set_mode(int fd, const char *path, bool overwrite)
{
	struct stat old;
	mode_t mask;

	if (overwrite && !stat(path, &old))
		return copy_mode(fd, &old);
	mask = umask(0);
	umask(mask);
	return fchmod(fd, 0666 & ~mask) ? -errno : 0;
}

static int move_into_place(const char *temporary, const char *path,
			   bool overwrite)
{
	unsigned int flags = overwrite ? 0 : RENAME_NOREPLACE;

	if (!renameat2(AT_FDCWD, temporary, AT_FDCWD, path, flags))
		return 0;
	/*
	 * Some file systems do not support RENAME_NOREPLACE. On these, use
	 * link(2), which never replaces a file either.
	 */
	if (errno != EINVAL || overwrite)
		return -errno;
	if (link(temporary, path))
		return -errno;
	unlink(temporary);
	return 0;
}

static int write_temporary(char *temporary, const char *path,
			   const struct newfile_content *content,
			   bool overwrite)
{
	int fd, err;

	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = write_content(fd, content);
	if (!err)
		err = set_mode(fd, path, overwrite);
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

/**
 * newfile_say_exists() - report why the tool does not replace a file
 * @messages: for the error
 * @path: name of the existing file
 */
void newfile_say_exists(struct messages *messages, const char *path)
{
	static const char remedy[] = "; --force=overwrite replaces it";
	struct stat st;
	bool there = !stat(path, &st);

	if (there && !S_ISREG(st.st_mode))
		message_error(messages, "%s: this is not a regular file", path);
	else if (!there && errno == ENOENT && !lstat(path, &st) && S_ISLNK(st.st_mode))
		message_error(messages, "%s: this is a symbolic link to a file that does not exist%s",
			      path, remedy);
	else if (access(path, R_OK))
		message_error(messages, "%s: cannot compare the existing file: %s%s",
			      path, strerror(errno), remedy);
	else
		message_error(messages, "%s: the file exists with other content%s",
			      path, remedy);
}

static enum vmfw_exit say_error(struct messages *messages, const char *path,
				int err)
{
	if (err == -EINTR && interrupt_seen())
		return interrupt_exit(messages, "not all output was written");
	if (err == -ESTALE)
		message_error(messages, "cannot write %s: another program changed its source meanwhile",
			      path);
	else if (err == -EEXIST)
		newfile_say_exists(messages, path);
	else
		message_error(messages, "cannot write %s: %s", path,
			      strerror(-err));
	return VMFW_EXIT_SYSTEM;
}

/**
 * newfile_write() - write a file under a temporary name, then rename it
 * @messages: for errors
 * @path: the file's name
 * @content: its content
 * @overwrite: replace an existing file of that name
 *
 * Return: an exit code. After an error, the file is as before, or it has the
 * whole content. In the second case, the content may not be on the disk yet.
 */
enum vmfw_exit newfile_write(struct messages *messages, const char *path,
			     const struct newfile_content *content,
			     bool overwrite)
{
	char *temporary, *copy;
	struct stat st;
	int err;

	/* Without this check, a file would replace /dev/null, for example. */
	if (!stat(path, &st) && !S_ISREG(st.st_mode))
		return say_error(messages, path, -EEXIST);
	copy = strdup(path);
	if (!copy)
		return say_error(messages, path, -ENOMEM);
	err = asprintf(&temporary, "%s/" NEWFILE_UNFINISHED, dirname(copy));
	free(copy);
	if (err < 0)
		return say_error(messages, path, -ENOMEM);
	err = write_temporary(temporary, path, content, overwrite);
	free(temporary);
	return err ? say_error(messages, path, err) : VMFW_EXIT_OK;
}

/**
 * newfile_stdout() - write to standard output
 * @messages: for errors
 * @content: the content
 *
 * Return: an exit code.
 */
enum vmfw_exit newfile_stdout(struct messages *messages,
			      const struct newfile_content *content)
{
	int err = write_content(1, content);

	return err ? say_error(messages, "standard output", err) : VMFW_EXIT_OK;
}

static bool same_content(int fd, const struct newfile_content *content)
{
	uint8_t theirs[PIECE], ours[PIECE];
	uint64_t at;
	ssize_t n;

	for (at = 0; at < content->size; at += n) {
		n = read(fd, theirs, sizeof(theirs));
		if (n <= 0 || (uint64_t)n > content->size - at)
			return false;
		if (content->read(content->arg, at, ours, n) ||
		    memcmp(ours, theirs, n))
			return false;
	}
	return true;
}

/**
 * newfile_same() - find out whether a file already has this content
 * @path: the file's name
 * @content: the content
 *
 * Return: false if its content differs, or the function cannot read the file.
 */
bool newfile_same(const char *path, const struct newfile_content *content)
{
	struct stat st;
	bool same;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return false;
	same = !fstat(fd, &st) && S_ISREG(st.st_mode) &&
	       (uint64_t)st.st_size == content->size &&
	       same_content(fd, content);
	close(fd);
	return same;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "attest/tsm.h"
#include "base/mount.h"
#include "base/rootdir.h"

#define REPORTS		"tsm/report"
#define CONFIGFS	"/sys/kernel/config"
#define NUMBER		32
/* The first size of the buffer for a report, enough for most. */
#define FIRST_SIZE	(32u << 10)
/* From fs/configfs/mount.c: no header defines this number. */
#define CONFIGFS_MAGIC	0x62656570

/*
 * Open the directory for requests. If configfs is not mounted, as in an
 * initramfs, mount it without a mount point.
 */
static int open_reports(void)
{
	int fd, flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
	struct statfs fs;

	fd = open(CONFIGFS "/" REPORTS, flags);
	if (fd >= 0)
		return fd;
	if (errno != ENOENT)
		return -errno;
	/* configfs is mounted, so the kernel has no provider. */
	if (!statfs(CONFIGFS, &fs) && fs.f_type == CONFIGFS_MAGIC)
		return -ENOENT;
	fd = detached_open("configfs", REPORTS, flags);
	/*
	 * This process has no right to mount configfs, so it cannot know whether
	 * there is a provider.
	 */
	if (fd == -EPERM)
		return -EACCES;
	return fd == -ENODEV ? -ENOENT : fd;
}

static int write_attribute(int dir, const char *name, const void *bytes,
			   size_t len)
{
	int fd = openat(dir, name, O_WRONLY | O_CLOEXEC), err = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	/*
	 * The kernel takes a text attribute only in one write. For a binary
	 * one it checks the bytes at close(2). Linux 6.12 reports no error
	 * there, but the report then fails.
	 */
	n = write(fd, bytes, len);
	if (n < 0)
		err = -errno;
	else if ((size_t)n != len)
		err = -EIO;
	if (close(fd) && !err)
		err = -errno;
	return err;
}

static int read_attribute(int dir, const char *name, void *buf, size_t size,
			  size_t *len)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC), err;

	*len = 0;
	if (fd < 0)
		return -errno;
	err = root_read_fd(fd, buf, size, len);
	close(fd);
	return err;
}

static int get_line(int dir, const char *name, char *buf, size_t size)
{
	size_t len;
	int err = read_attribute(dir, name, buf, size - 1, &len);

	buf[len] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return err;
}

/* Grow the buffer to @size bytes, and read more of the report. */
static int read_more(int fd, struct tsm_report *report, size_t size)
{
	uint8_t *blob = realloc(report->blob, size);
	size_t len;
	int err;

	if (!blob)
		return -ENOMEM;
	report->blob = blob;
	err = root_read_fd(fd, blob + report->len, size - report->len, &len);
	report->len += len;
	return err;
}

/* Read the whole report. The kernel does not tell its size beforehand. */
static int read_blob(int dir, struct tsm_report *report)
{
	int fd = openat(dir, "outblob", O_RDONLY | O_CLOEXEC), err = 0;
	size_t size;

	if (fd < 0)
		return -errno;
	/* One byte more than the limit shows that a report is too long. */
	for (size = FIRST_SIZE; !err && report->len <= TSM_OUTBLOB; size *= 2) {
		if (size > TSM_OUTBLOB)
			size = TSM_OUTBLOB + 1;
		err = read_more(fd, report, size);
		if (report->len < size)
			break;
	}
	close(fd);
	return !err && report->len > TSM_OUTBLOB ? -EFBIG : err;
}

/*
 * Below an SVSM the kernel may request reports only for its own level and less
 * privileged ones.
 */
static int set_level(int dir, struct tsm_report *report)
{
	char floor[NUMBER];
	int err = get_line(dir, "privlevel_floor", floor, sizeof(floor));

	if (err == -ENOENT || (!err && !strcmp(floor, "0")))
		return 0;
	if (!err && sscanf(floor, "%u", &report->level) != 1)
		err = -EBADMSG;
	return err ? err :
		     write_attribute(dir, "privlevel", floor, strlen(floor));
}

/*
 * The generation counts writes to the request. If it changes while this code
 * reads the report, another process has written to the request, too.
 */
static int request_report(int dir, struct tsm_report *report,
			  const uint8_t *nonce, size_t nonce_len)
{
	char before[NUMBER], after[NUMBER];
	int err;

	err = set_level(dir, report);
	if (!err)
		err = write_attribute(dir, "inblob", nonce, nonce_len);
	if (!err)
		err = get_line(dir, "provider", report->provider,
			       sizeof(report->provider));
	if (!err)
		err = get_line(dir, "generation", before, sizeof(before));
	if (!err)
		err = read_blob(dir, report);
	/* Without the additions of the host, the report is still complete. */
	if (!err && read_attribute(dir, "auxblob", report->aux,
				   sizeof(report->aux), &report->aux_len))
		report->aux_len = 0;
	if (!err)
		err = get_line(dir, "generation", after, sizeof(after));
	if (!err && strcmp(before, after))
		err = -EAGAIN;
	return err;
}

/*
 * Make a directory for one request, under a name that no other process has. The
 * PID alone does not make a name unique. A killed tool leaves its directory. A
 * process in another container may have the same PID. Never use a directory
 * that is there already, because its report may answer another request.
 */
static int make_request(int reports, char *name, size_t size)
{
	uint32_t number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return -EIO;
	snprintf(name, size, "vmfwupdate.%d.%08" PRIx32, (int)getpid(), number);
	if (!mkdirat(reports, name, 0700))
		return 0;
	/* ENXIO: no provider is registered. */
	return errno == ENXIO ? -ENOENT : -errno;
}

/**
 * tsm_get_report() - request a report from the kernel
 * @report: to be filled in; call tsm_free_report() even after an error
 * @nonce: the bytes that the report must contain
 * @nonce_len: number of bytes, at most 64
 *
 * Return: 0; -ENOENT: the kernel has no provider; -EAGAIN: another process
 * interfered; -EFBIG: the report is longer than the kernel or TSM_OUTBLOB
 * allows; or another negative errno value.
 */
int tsm_get_report(struct tsm_report *report, const uint8_t *nonce,
		   size_t nonce_len)
{
	char name[NUMBER];
	int reports, dir, err;

	memset(report, 0, sizeof(*report));
	reports = open_reports();
	if (reports < 0)
		return reports;
	err = make_request(reports, name, sizeof(name));
	if (err)
		goto out;
	dir = openat(reports, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	err = dir < 0 ? -errno : request_report(dir, report, nonce, nonce_len);
	/* There is a provider, so a missing attribute is an error. */
	if (err == -ENOENT)
		err = -EIO;
	if (dir >= 0)
		close(dir);
	unlinkat(reports, name, AT_REMOVEDIR);
out:
	close(reports);
	return err;
}

/**
 * tsm_free_report() - free a report
 * @report: from tsm_get_report(); it becomes empty
 */
void tsm_free_report(struct tsm_report *report)
{
	free(report->blob);
	report->blob = NULL;
	report->len = 0;
}

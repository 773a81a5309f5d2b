// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "attest/tsm.h"
#include "base/mount.h"
#include "base/rootdir.h"

#define REPORTS		"tsm/report"
#define CONFIGFS	"/sys/kernel/config"
#define NUMBER		32
/* fs/configfs/mount.c; no header has it. */
#define CONFIGFS_MAGIC	0x62656570

/* An initramfs need not have mounted it. */
static int open_reports(void)
{
	int fd, flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
	struct statfs fs;

	fd = open(CONFIGFS "/" REPORTS, flags);
	if (fd >= 0)
		return fd;
	if (errno != ENOENT)
		return -errno;
	/* It is mounted, and there is nobody to ask. */
	if (!statfs(CONFIGFS, &fs) && fs.f_type == CONFIGFS_MAGIC)
		return -ENOENT;
	fd = detached_open("configfs", REPORTS, flags);
	/* Without the right to look nobody knows whether there is. */
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
	/* The kernel takes such a file whole, and some only at close(2). */
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

/* Below an SVSM the kernel may ask for its own level and less only. */
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

/* The generation counts what is written: nobody else may have asked. */
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
		err = read_attribute(dir, "outblob", report->blob,
				     sizeof(report->blob), &report->len);
	/* A report is good without it. */
	if (!err && read_attribute(dir, "auxblob", report->aux,
				   sizeof(report->aux), &report->aux_len))
		report->aux_len = 0;
	if (!err)
		err = get_line(dir, "generation", after, sizeof(after));
	if (!err && strcmp(before, after))
		err = -EAGAIN;
	return err;
}

/**
 * tsm_get_report() - ask the kernel for a report
 * @report: to be filled in
 * @nonce: to be found in the report
 * @nonce_len: its bytes, at most 64
 *
 * Return: 0; -ENOENT: the kernel has no provider; or another negative errno
 * value.
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
	snprintf(name, sizeof(name), "vmfwupdate.%d", (int)getpid());
	/* Fails with ENXIO where no provider is registered. */
	if (mkdirat(reports, name, 0700)) {
		err = errno == ENXIO ? -ENOENT : -errno;
		goto out;
	}
	dir = openat(reports, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	err = dir < 0 ? -errno : request_report(dir, report, nonce, nonce_len);
	/* There is a provider: whatever it misses, it is an error of its own. */
	if (err == -ENOENT)
		err = -EIO;
	if (dir >= 0)
		close(dir);
	unlinkat(reports, name, AT_REMOVEDIR);
out:
	close(reports);
	return err;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Each variable is a file of efivarfs: four bytes of attributes, then what it holds
 * (Linux: Documentation/filesystems/efivarfs.rst). Below another root they are files
 * like others.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/vfs.h>
#include <linux/magic.h>
#include <linux/openat2.h>

#include "base/mount.h"
#include "base/rootdir.h"
#include "guest/efivars.h"

#define EFI		"/sys/firmware/efi"
#define VARIABLES	EFI "/efivars/"
/* In front of what a variable holds. */
#define ATTRIBUTES	4
#define VARIABLE_MOST	(64u << 10)
/* Of a file's name, which ends with "-" and a GUID. */
#define NAME_SIZE	(NAME_MAX + 1)

static bool is_mounted(void)
{
	struct statfs st;

	return !statfs(VARIABLES, &st) && st.f_type == EFIVARFS_MAGIC;
}

/*
 * An initramfs need not have mounted efivarfs. The mount that is made here stays
 * until the process ends, because the kernel asks the firmware for all variables
 * each time it makes one.
 */
static int mounted_here(void)
{
	static int top = -1;

	if (top < 0)
		top = detached_mount("efivarfs", NULL, true);
	return top;
}

static int open_variable(const char *root, const char *file)
{
	char path[sizeof(VARIABLES) + NAME_SIZE];
	int fd, top;

	snprintf(path, sizeof(path), VARIABLES "%s", file);
	fd = root_open_file(root, path);
	if (fd != -ENOENT || root || !root_has(NULL, EFI) || is_mounted())
		return fd;
	top = mounted_here();
	/* This kernel, or this firmware, has no variables at runtime. */
	if (top == -ENODEV || top == -EOPNOTSUPP)
		return -ENOENT;
	return top < 0 ? top : root_open_below(top, file, O_RDONLY,
					       RESOLVE_NO_SYMLINKS);
}

static int read_variable(int fd, uint8_t **data, size_t *len)
{
	uint8_t *bytes = malloc(VARIABLE_MOST);
	int err;

	if (!bytes)
		return -ENOMEM;
	err = root_read_all(fd, bytes, VARIABLE_MOST, len);
	if (!err && *len < ATTRIBUTES)
		err = -EIO;
	if (err) {
		free(bytes);
		return err;
	}
	*len -= ATTRIBUTES;
	memmove(bytes, bytes + ATTRIBUTES, *len);
	*data = bytes;
	return 0;
}

/**
 * efivars_get() - read a variable
 * @root: see root_path()
 * @vendor: its GUID, in text
 * @name: its name
 * @data: receives its bytes, to be freed
 * @len: receives how many there are
 *
 * Return: 0; -ENOENT: there is none of that name, or no UEFI; another negative
 * errno value.
 */
int efivars_get(const char *root, const char *vendor, const char *name,
		uint8_t **data, size_t *len)
{
	char file[NAME_SIZE];
	int fd, err;

	*data = NULL;
	if (strchr(name, '/') ||
	    snprintf(file, sizeof(file), "%s-%s", name, vendor) >= NAME_SIZE)
		return -EINVAL;
	fd = open_variable(root, file);
	if (fd < 0)
		return fd;
	err = read_variable(fd, data, len);
	close(fd);
	return err;
}

/* UTF-16 to ASCII, up to a zero. */
static int read_text(const uint8_t *data, size_t len, char *buf, size_t size)
{
	size_t i, nr = 0;

	for (i = 0; i + 1 < len && (data[i] || data[i + 1]); i += 2) {
		if (data[i + 1] || data[i] < ' ' || data[i] > '~' ||
		    nr + 1 >= size)
			return -EINVAL;
		buf[nr++] = data[i];
	}
	buf[nr] = '\0';
	return nr ? 0 : -ENOENT;
}

/**
 * efivars_loader() - read what a boot loader says, as text
 * @root: see efivars_get()
 * @name: the variable
 * @buf: receives the text, which is printable and not empty
 * @size: bytes of @buf
 *
 * Return: 0; -EINVAL: it is no text that fits; else as efivars_get().
 */
int efivars_loader(const char *root, const char *name, char *buf, size_t size)
{
	uint8_t *data;
	size_t len;
	int err = efivars_get(root, EFIVARS_LOADER, name, &data, &len);

	buf[0] = '\0';
	if (!err)
		err = read_text(data, len, buf, size);
	free(data);
	return err;
}

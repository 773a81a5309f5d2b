// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Variables of UEFI in efivarfs. Each one is a file: four bytes of attributes,
 * then the value (Linux: Documentation/filesystems/efivarfs.rst). Below another
 * root, the files are ordinary files.
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
#include "shared/bytes.h"

#define EFI		"/sys/firmware/efi"
#define VARIABLES	EFI "/efivars/"
/* The number of bytes in front of the value of a variable. */
#define ATTRIBUTES	4
/* EFI_VARIABLE_NON_VOLATILE of the UEFI specification. */
#define NON_VOLATILE	1u
/* The most bytes of a variable: OVMF's PcdMaxVolatileVariableSize. */
#define VARIABLE_MOST	(256u << 10)
/* The size of the name of a file, which ends with "-" and a GUID. */
#define NAME_SIZE	(NAME_MAX + 1)

static bool is_mounted(void)
{
	struct statfs st;

	return !statfs(VARIABLES, &st) && st.f_type == EFIVARFS_MAGIC;
}

/*
 * Mount efivarfs for this process. An initramfs need not have it mounted. The
 * mount stays until the process ends, because each new mount makes the kernel
 * ask the firmware for all variables.
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
	/* The kernel or the firmware does not support variables at run time. */
	if (top == -ENODEV || top == -EOPNOTSUPP)
		return -ENOENT;
	return top < 0 ? top : root_open_below(top, file, O_RDONLY,
					       RESOLVE_NO_SYMLINKS);
}

static int read_variable(int fd, uint8_t **data, size_t *len,
			 uint32_t *attributes)
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
	*attributes = get_le32(bytes);
	*len -= ATTRIBUTES;
	memmove(bytes, bytes + ATTRIBUTES, *len);
	*data = bytes;
	return 0;
}

static int find_variable(const char *root, const char *vendor,
			 const char *name, uint8_t **data, size_t *len,
			 uint32_t *attributes)
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
	err = read_variable(fd, data, len, attributes);
	close(fd);
	return err;
}

/**
 * efivars_get() - read a variable
 * @root: see root_path()
 * @vendor: GUID of its vendor, as text
 * @name: its name
 * @data: receives its bytes, which the caller frees; NULL after an error
 * @len: receives their number
 *
 * Return: 0; -ENOENT: there is no such variable, or no UEFI; -EFBIG: it has
 * more than 256 KiB; or another negative errno value.
 */
int efivars_get(const char *root, const char *vendor, const char *name,
		uint8_t **data, size_t *len)
{
	uint32_t attributes;

	return find_variable(root, vendor, name, data, len, &attributes);
}

/**
 * efivars_get_volatile() - read a variable that firmware or a boot loader made
 *	in this boot
 * @root: see efivars_get()
 * @vendor: see efivars_get()
 * @name: see efivars_get()
 * @data: see efivars_get()
 * @len: see efivars_get()
 *
 * An operating system can create only non-volatile variables. So a non-volatile
 * variable may be a forgery, and counts as missing.
 *
 * Return: as efivars_get().
 */
int efivars_get_volatile(const char *root, const char *vendor, const char *name,
			 uint8_t **data, size_t *len)
{
	uint32_t attributes = 0;
	int err = find_variable(root, vendor, name, data, len, &attributes);

	if (err || !(attributes & NON_VOLATILE))
		return err;
	free(*data);
	*data = NULL;
	return -ENOENT;
}

/* Convert little-endian UTF-16 to printable ASCII, up to a zero. */
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
 * efivars_loader() - read a variable of the boot loader, as text
 * @root: see efivars_get()
 * @name: the variable
 * @buf: receives the text, which is printable and not empty
 * @size: bytes of @buf
 *
 * Return: 0; -EINVAL: it is not printable ASCII, or is too long; -ENOENT: there
 * is no such variable, or it is empty; or as efivars_get().
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

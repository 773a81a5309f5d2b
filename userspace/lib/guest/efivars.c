// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libefivar decides where variables are when it is loaded, and cannot be told
 * later. So it is loaded when the first variable is read, with the place in the
 * environment: on a file system that may be mounted nowhere. Machines without UEFI
 * never load it.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <linux/magic.h>
#include <efivar/efivar.h>

#include "base/mount.h"
#include "base/rootdir.h"
#include "guest/efivars.h"

#define LIBRARY		"libefivar.so.1"
#define PLACE		"EFIVARFS_PATH"
#define EFI		"/sys/firmware/efi"
#define VARIABLES	EFI "/efivars/"
/* In front of what a variable holds. */
#define ATTRIBUTES	4
#define VARIABLE_MOST	(64u << 10)

static struct {
	typeof(efi_get_variable) *get_variable;
	typeof(efi_str_to_guid) *str_to_guid;
} library;

/* An initramfs need not have mounted what variables are files of. */
static int mount_variables(char *place)
{
	int fd = detached_mount("efivarfs", NULL, true);

	if (fd < 0)
		return fd;
	/* It stays open: libefivar wants it for as long as it is loaded. */
	snprintf(place, PATH_MAX, "/proc/self/fd/%d/", fd);
	return 0;
}

static int find_place(char *place)
{
	struct statfs st;

	if (!root_has(NULL, EFI))
		return -ENOENT;
	snprintf(place, PATH_MAX, "%s", VARIABLES);
	if (!statfs(place, &st) && st.f_type == EFIVARFS_MAGIC)
		return 0;
	return mount_variables(place);
}

static int load_library(void)
{
	char place[PATH_MAX];
	void *handle;
	int err;

	if (library.get_variable)
		return 0;
	if (!getenv(PLACE)) {
		err = find_place(place);
		if (err)
			return err;
		if (setenv(PLACE, place, 1))
			return -errno;
	}
	handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		return -ELIBACC;
	library.str_to_guid = dlsym(handle, "efi_str_to_guid");
	library.get_variable = dlsym(handle, "efi_get_variable");
	return library.str_to_guid && library.get_variable ? 0 : -ELIBBAD;
}

/*
 * Below another root they are files like others, which libefivar would wait for,
 * or find outside.
 */
static int read_below(const char *root, const char *vendor, const char *name,
		      uint8_t **data, size_t *len)
{
	char path[PATH_MAX];
	uint8_t *bytes;
	int err;

	if (strchr(name, '/') ||
	    snprintf(path, sizeof(path), VARIABLES "%s-%s", name, vendor) >=
	    PATH_MAX)
		return -EINVAL;
	bytes = malloc(VARIABLE_MOST);
	if (!bytes)
		return -ENOMEM;
	err = root_read(root, path, bytes, VARIABLE_MOST, len);
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
 * Return: 0; -ENOENT: there is none of that name, or no UEFI; -ELIBACC:
 * libefivar is not installed; another negative errno value.
 */
int efivars_get(const char *root, const char *vendor, const char *name,
		uint8_t **data, size_t *len)
{
	uint32_t attributes;
	efi_guid_t guid;
	int err;

	*data = NULL;
	if (root)
		return read_below(root, vendor, name, data, len);
	err = load_library();
	if (err)
		return err;
	if (library.str_to_guid(vendor, &guid))
		return -EINVAL;
	errno = 0;
	if (!library.get_variable(guid, name, data, len, &attributes))
		return 0;
	/* Without a file system of variables, it knows no way to read. */
	return !errno || errno == ENOSYS ? -ENOENT : -errno;
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

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>

#include "base/rootdir.h"
#include "device/opaque.h"
#include "record/store.h"

static const char *const names[SLOTS] = { "record.a", "record.b" };

static int open_directory(const struct store *store)
{
	char path[PATH_MAX];
	int err = root_path(path, store->top, store->path);

	if (err)
		return err;
	return volume_open(store->volumes, path, O_RDONLY | O_DIRECTORY);
}

static int check_regular(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	return S_ISREG(st.st_mode) ? 0 : -EINVAL;
}

static int open_slot(const struct store *store, unsigned int slot, int flags)
{
	int dir = open_directory(store), fd, err;

	if (dir < 0)
		return dir;
	fd = openat(dir, names[slot], flags | O_NOFOLLOW | O_CLOEXEC |
		    O_NONBLOCK);
	err = fd < 0 ? -errno : check_regular(fd);
	close(dir);
	if (err && fd >= 0)
		close(fd);
	return err ? err : fd;
}

static int read_all(int fd, uint8_t *block)
{
	size_t len = 0;
	ssize_t n;

	memset(block, 0, RECORD_SIZE);
	while (len < RECORD_SIZE) {
		n = pread(fd, block + len, RECORD_SIZE - len, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		len += n;
	}
	return 0;
}

static int write_all(int fd, const uint8_t *block, size_t from)
{
	ssize_t n;

	while (from < RECORD_SIZE) {
		n = pwrite(fd, block + from, RECORD_SIZE - from, from);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		from += n;
	}
	return fsync(fd) ? -errno : 0;
}

static int read_file(void *arg, unsigned int slot, uint8_t *block)
{
	int fd = open_slot(arg, slot, O_RDONLY), err;

	memset(block, 0, RECORD_SIZE);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	err = read_all(fd, block);
	close(fd);
	return err;
}

/*
 * Write a slot in place. Then FAT changes no name and allocates no cluster. So a
 * power cut cannot damage the file system.
 */
static int write_file(void *arg, unsigned int slot, const uint8_t *block)
{
	int fd = open_slot(arg, slot, O_RDWR), err;
	uint8_t back[RECORD_SIZE];

	if (fd < 0)
		return fd;
	err = write_all(fd, block, 0);
	/* Read the block back from the disk, and not from memory. */
	if (!err)
		err = -posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	if (!err)
		err = read_all(fd, back);
	if (!err && memcmp(back, block, RECORD_SIZE))
		err = -EIO;
	close(fd);
	return err;
}

static int sync_to_disk(int fd)
{
	/*
	 * Some file systems do not support fsync() for directories, and do not
	 * need it.
	 */
	return fsync(fd) && errno != EINVAL ? -errno : 0;
}

/*
 * Make a temporary name, which a new file or directory has until it is on the
 * disk.
 */
static int make_draft_name(char *draft, size_t size, const char *name)
{
	uint32_t lot;

	if (getrandom(&lot, sizeof(lot), 0) != sizeof(lot))
		return -EIO;
	return (size_t)snprintf(draft, size, "%s.%08" PRIx32, name, lot) < size ?
	       0 : -ENAMETOOLONG;
}

/*
 * The FAT driver may write a name to the disk before the clusters that belong to
 * it. A power cut in between leaves an unreadable file. When a program reads or
 * removes this file, the file system becomes read-only.
 *
 * So only a temporary file, which no program uses later, may get into this state.
 * A new file or directory gets its final name only when it is complete on the
 * disk. A complete directory has its first entries. A complete file has its
 * clusters. Right after a rename, the new entry of the directory has no
 * clusters. A sync of the renamed file adds them. So sync the file before the
 * directory.
 *
 * If another process has made a file with the final name meanwhile, that file
 * stays.
 */
static int rename_draft(int dir, int fd, const char *draft, const char *name)
{
	int err = sync_to_disk(dir);

	if (!err)
		err = sync_to_disk(fd);
	if (!err && renameat2(dir, draft, dir, name, RENAME_NOREPLACE))
		err = -errno;
	if (!err)
		err = sync_to_disk(fd);
	return err ? err : sync_to_disk(dir);
}

static int make_directory(int parent, const char *name)
{
	char draft[NAME_MAX + 1];
	int dir, err;

	if (!faccessat(parent, name, F_OK, AT_SYMLINK_NOFOLLOW))
		return 0;
	err = make_draft_name(draft, sizeof(draft), name);
	if (err)
		return err;
	if (mkdirat(parent, draft, 0755))
		return -errno;
	dir = openat(parent, draft, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
		     O_CLOEXEC);
	err = dir < 0 ? -errno : rename_draft(parent, dir, draft, name);
	if (dir >= 0)
		close(dir);
	if (err)
		unlinkat(parent, draft, AT_REMOVEDIR);
	return err == -EEXIST ? 0 : err;
}

/*
 * Make one directory of the path: @name points to its name within the path, and
 * @len is where the name ends.
 */
static int make_next(const struct store *store, const char *name, size_t len)
{
	char path[PATH_MAX], above[PATH_MAX];
	struct store parent = *store;
	int dir, err;

	snprintf(path, sizeof(path), "%.*s", (int)len, store->path);
	snprintf(above, sizeof(above), "/%.*s", (int)(name - store->path),
		 store->path);
	parent.path = above;
	dir = open_directory(&parent);
	if (dir < 0)
		return dir;
	err = make_directory(dir, path + (name - store->path));
	close(dir);
	return err;
}

/*
 * Make all directories of the path. Each is on the disk before the next. If the path
 * is too long, make none.
 */
static int make_directories(const struct store *store)
{
	const char *p = store->path;
	char whole[PATH_MAX];
	size_t len;
	int err = root_path(whole, store->top, store->path);

	for (; !err; p += len) {
		p += strspn(p, "/");
		len = strcspn(p, "/");
		if (!len)
			return 0;
		err = make_next(store, p, p + len - store->path);
	}
	return err;
}

static const uint8_t zeroes[RECORD_SIZE];

static int make_slot(int dir, const char *name)
{
	char draft[NAME_MAX + 1];
	int fd, err;

	err = make_draft_name(draft, sizeof(draft), name);
	if (err)
		return err;
	fd = openat(dir, draft, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW |
		    O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	err = write_all(fd, zeroes, 0);
	if (!err)
		err = rename_draft(dir, fd, draft, name);
	close(fd);
	if (err)
		unlinkat(dir, draft, 0);
	return err == -EEXIST ? 0 : err;
}

/* Fill a file up with zeroes, so that its size and its blocks are allocated. */
static int fill_slot(int fd)
{
	struct stat st;
	int err = 0;

	if (fstat(fd, &st))
		err = -errno;
	else if (st.st_size < RECORD_SIZE)
		err = write_all(fd, zeroes, st.st_size);
	return err;
}

static int prepare_slot(const struct store *store, int dir, unsigned int slot)
{
	int fd = open_slot(store, slot, O_RDWR), err;

	if (fd == -ENOENT)
		return make_slot(dir, names[slot]);
	if (fd < 0)
		return fd;
	err = fill_slot(fd);
	close(fd);
	return err;
}

static int prepare_files(void *arg)
{
	const struct store *store = arg;
	unsigned int slot;
	int dir, err;

	err = make_directories(store);
	if (err)
		return err;
	dir = open_directory(store);
	if (dir < 0)
		return dir;
	for (slot = 0; slot < SLOTS && !err; slot++)
		err = prepare_slot(store, dir, slot);
	if (!err)
		err = sync_to_disk(dir);
	close(dir);
	return err;
}

static int read_page(void *arg, unsigned int slot, uint8_t *block)
{
	const struct store *store = arg;

	(void)slot;
	return opaque_get(store->device, block, RECORD_SIZE);
}

/* The kernel reads the page back, so this function need not. */
static int write_page(void *arg, unsigned int slot, const uint8_t *block)
{
	const struct store *store = arg;

	(void)slot;
	return opaque_set(store->device, block, RECORD_SIZE);
}

static int prepare_page(void *arg)
{
	(void)arg;
	return 0;
}

/**
 * store_medium() - use a place as the medium of slots
 * @store: the place, which must stay as long as the medium
 */
struct slots_medium store_medium(struct store *store)
{
	if (store->top)
		return (struct slots_medium) {
			.nr = SLOTS,
			.read = read_file,
			.prepare = prepare_files,
			.write = write_file,
			.arg = store,
		};
	return (struct slots_medium) {
		.nr = 1,
		.read = read_page,
		.prepare = prepare_page,
		.write = write_page,
		.arg = store,
	};
}

/*
 * Open the directory, or otherwise the nearest directory above it that exists.
 */
static int open_nearest(const struct store *store)
{
	struct store above = *store;
	char path[PATH_MAX], *end;
	int fd;

	if ((size_t)snprintf(path, sizeof(path), "%s", store->path) >=
	    sizeof(path))
		return -ENAMETOOLONG;
	above.path = path;
	for (;;) {
		fd = open_directory(&above);
		end = strrchr(path, '/');
		if (fd != -ENOENT || !end || (end == path && !end[1]))
			return fd;
		/* Keep the slash of "/". */
		end[end == path] = '\0';
	}
}

/**
 * store_check() - check that a record at a place would survive a reset
 * @store: the place
 * @why: receives the reason, a constant text, unless 0 is returned
 *
 * Return: 0; -EINVAL: a reset may delete the record; or another negative errno
 * value.
 */
int store_check(const struct store *store, const char **why)
{
	struct statfs fs;
	int fd, err = 0;

	if (!store->top)
		return 0;
	fd = open_nearest(store);
	if (fd < 0 || fstatfs(fd, &fs)) {
		err = fd < 0 ? fd : -errno;
		*why = strerror(-err);
	} else if (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC ||
		   fs.f_type == OVERLAYFS_SUPER_MAGIC) {
		*why = "its file system may not survive a reset; choose another record=";
		err = -EINVAL;
	}
	if (fd >= 0)
		close(fd);
	return err;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>
#include <linux/openat2.h>

#include "base/exit.h"
#include "base/interrupt.h"
#include "base/mount.h"
#include "base/rootdir.h"
#include "disk/blkid.h"
#include "disk/volume.h"
#include "guest/efivars.h"
#include "shared/text.h"

#define MOUNTINFO	"/proc/self/mountinfo"
#define WAIT_US		100000
#define FAT		"vfat"

/* Where distributions mount them. */
static const char *const boot_directories[] = { "/efi", "/boot", "/boot/efi" };

static bool is_fat(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) && fs.f_type == MSDOS_SUPER_MAGIC;
}

/*
 * Below another root nothing need be mounted: a directory with EFI in it is
 * taken for the partition.
 */
static bool is_boot_partition(const char *root, int fd,
			      enum location_kind kind)
{
	struct stat st;
	int efi;

	if (fstat(fd, &st))
		return false;
	if (major(st.st_dev) && is_fat(fd) && disk_is(st.st_dev, kind))
		return true;
	if (!root || kind != LOCATION_ESP)
		return false;
	efi = root_open_below(fd, "/EFI", O_PATH, RESOLVE_NO_SYMLINKS);
	if (efi >= 0)
		close(efi);
	return efi >= 0;
}

static bool find_boot_directory(const char *root, enum location_kind kind,
				struct volume *volume)
{
	size_t i;
	int fd;

	for (i = 0; i < sizeof(boot_directories) / sizeof(boot_directories[0]);
	     i++) {
		if (root_path(volume->top, root, boot_directories[i]))
			continue;
		fd = root_open(root, boot_directories[i],
			       O_RDONLY | O_DIRECTORY);
		if (fd >= 0 && is_boot_partition(root, fd, kind)) {
			volume->fd = fd;
			return true;
		}
		if (fd >= 0)
			close(fd);
	}
	return false;
}

/* The kernel writes blanks and the like as octal numbers. */
static void unescape_octal(char *text)
{
	char *to = text;
	unsigned int byte;

	while (*text) {
		if (*text == '\\' && sscanf(text + 1, "%3o", &byte) == 1) {
			*to++ = byte;
			text += 4;
		} else {
			*to++ = *text++;
		}
	}
	*to = '\0';
}

/* What is mounted there may lie below something that was mounted later. */
static int open_mount(const char *top, dev_t device)
{
	int fd = root_open(NULL, top, O_RDONLY | O_DIRECTORY);
	struct stat st;

	if (fd < 0 || (!fstat(fd, &st) && st.st_dev == device))
		return fd;
	close(fd);
	return -ENOENT;
}

/* Where a device is mounted, from its top on. */
static bool find_mount(const char *device, struct volume *volume)
{
	unsigned int maj, min;
	char *line = NULL, *at, *within;
	size_t size = 0;
	struct stat st;
	FILE *file;

	if (stat(device, &st))
		return false;
	file = fopen(MOUNTINFO, "re");
	if (!file)
		return false;
	while (volume->fd < 0 && getline(&line, &size, file) > 0) {
		if (sscanf(line, "%*u %*u %u:%u %ms %ms", &maj, &min, &within,
			   &at) != 4)
			continue;
		if (makedev(maj, min) == st.st_rdev && !strcmp(within, "/")) {
			unescape_octal(at);
			if (!text_copy(volume->top, sizeof(volume->top), at))
				volume->fd = open_mount(at, st.st_rdev);
		}
		free(within);
		free(at);
	}
	free(line);
	fclose(file);
	return volume->fd >= 0;
}

static bool wants_fat(const struct location *location)
{
	return location->fat || location->kind == LOCATION_ESP ||
	       location->kind == LOCATION_XBOOTLDR;
}

static enum vmfw_exit say_not_fat(struct messages *messages, const char *name,
				  const char *type)
{
	message_error(messages, "%s: the file system of a boot partition is vfat; this one is not used: %s",
		      name, type[0] ? type : "none");
	return VMFW_EXIT_SYSTEM;
}

/*
 * What is mounted for this process alone has no path that means something to
 * others: it is called what the user calls it, and volume_open() knows it by that.
 * No path begins so, since those of locations are absolute.
 */
static enum vmfw_exit mount_disk(struct volumes *volumes,
				 struct messages *messages,
				 const struct disk *disk,
				 const struct location *location,
				 struct volume *volume)
{
	struct location top = *location;
	char words[LOCATION_WORDS];
	int fd;

	if (find_mount(disk->name, volume))
		return VMFW_EXIT_OK;
	fd = detached_mount(disk->type, disk->name, volumes->writable);
	/* A disk that takes nothing can still be read from. */
	if (fd < 0 && volumes->writable && (fd == -EROFS || fd == -EACCES))
		fd = detached_mount(disk->type, disk->name, false);
	if (fd < 0) {
		message_error(messages, "%s: cannot be mounted (%s): %s",
			      disk->name,
			      disk->type[0] ? disk->type :
			      "no file system",
			      strerror(-fd));
		return VMFW_EXIT_SYSTEM;
	}
	volume->fd = fd;
	/* With the colon, which stands before a path. */
	snprintf(top.path, sizeof(top.path), "/");
	location_words(words, &top);
	words[strlen(words) - 1] = '\0';
	snprintf(volume->top, sizeof(volume->top), "%s", words);
	return VMFW_EXIT_OK;
}

static const char *kind_words(const struct location *location, char *buf,
			      size_t size)
{
	switch (location->kind) {
	case LOCATION_ESP:
		return "EFI system partition";
	case LOCATION_XBOOTLDR:
		return "XBOOTLDR partition";
	case LOCATION_LABEL:
		snprintf(buf, size, "file system LABEL=%s", location->tag);
		return buf;
	case LOCATION_UUID:
		snprintf(buf, size, "file system UUID=%s", location->tag);
		return buf;
	default:
		snprintf(buf, size, "partition PARTUUID=%s", location->tag);
		return buf;
	}
}

static enum vmfw_exit find_disk(struct volumes *volumes,
				struct messages *messages,
				const struct location *location,
				struct disk *disk)
{
	enum location_kind kind = location->kind;
	char loader[LOCATION_TAG], words[LOCATION_TAG + 32];
	const char *tag = location->tag;
	unsigned int nr;
	int err;

	if (kind == LOCATION_ESP &&
	    !efivars_loader(NULL, "LoaderDevicePartUUID", loader,
			    sizeof(loader))) {
		kind = LOCATION_PARTUUID;
		tag = loader;
	}
	for (;;) {
		err = disk_find(kind, tag, disk, &nr);
		if (err || nr || !volumes->wait || interrupt_seen())
			break;
		usleep(WAIT_US);
	}
	if (err) {
		message_error(messages, "cannot look for disks: %s",
			      strerror(-err));
		return VMFW_EXIT_SYSTEM;
	}
	if (nr == 1)
		return VMFW_EXIT_OK;
	kind_words(location, words, sizeof(words));
	message_error(messages, nr ? "there is more than one %s" :
		     "there is no %s",
		     kind_words(location, words, sizeof(words)));
	return VMFW_EXIT_SOURCE;
}

/* The disks are those of this machine, not of the other root. */
static enum vmfw_exit say_not_below(struct volumes *volumes,
				    struct messages *messages,
				    const struct location *location)
{
	char words[LOCATION_TAG + 32];

	message_error(messages, "%s: there is no %s", volumes->root,
		      kind_words(location, words, sizeof(words)));
	return VMFW_EXIT_SOURCE;
}

static enum vmfw_exit open_volume(struct volumes *volumes,
				  struct messages *messages,
				  const struct location *location,
				  struct volume *volume)
{
	struct disk disk;
	enum vmfw_exit code;

	*volume = (struct volume) { .kind = location->kind, .fd = -1 };
	if (text_copy(volume->tag, sizeof(volume->tag), location->tag))
		return VMFW_EXIT_USAGE;
	if ((location->kind == LOCATION_ESP ||
	     location->kind == LOCATION_XBOOTLDR) &&
	    find_boot_directory(volumes->root, location->kind, volume))
		return VMFW_EXIT_OK;
	if (volumes->root)
		return say_not_below(volumes, messages, location);
	code = find_disk(volumes, messages, location, &disk);
	if (!code && wants_fat(location) && strcmp(disk.type, FAT))
		code = say_not_fat(messages, disk.name, disk.type);
	return code ? code :
		      mount_disk(volumes, messages, &disk, location, volume);
}

/* It may have been opened before by who takes any file system. */
static enum vmfw_exit check_fat(struct volumes *volumes,
				struct messages *messages,
				const struct location *location,
				const struct volume *volume)
{
	if (volumes->root || !wants_fat(location) || is_fat(volume->fd))
		return VMFW_EXIT_OK;
	return say_not_fat(messages, volume->top, "another one");
}

/**
 * volume_top() - open the file system of a location
 * @volumes: the file systems that are open
 * @messages: for errors
 * @location: the location
 * @top: receives the path of its top directory, without a slash at the end,
 *	valid as long as @volumes
 *
 * Return: an exit code; VMFW_EXIT_SOURCE: it is not there, or there are
 * several.
 */
enum vmfw_exit volume_top(struct volumes *volumes, struct messages *messages,
			  const struct location *location, const char **top)
{
	struct volume *volume;
	unsigned int i;
	enum vmfw_exit code;

	if (location->kind == LOCATION_PLAIN) {
		*top = volumes->root ? volumes->root : "";
		return VMFW_EXIT_OK;
	}
	for (i = 0; i < volumes->nr; i++) {
		volume = &volumes->volumes[i];
		*top = volume->top;
		if (volume->kind == location->kind &&
		    !strcmp(volume->tag, location->tag))
			return check_fat(volumes, messages, location, volume);
	}
	if (volumes->nr == VOLUMES) {
		message_error(messages, "too many file systems");
		return VMFW_EXIT_SYSTEM;
	}
	volume = &volumes->volumes[volumes->nr];
	code = open_volume(volumes, messages, location, volume);
	if (code)
		return code;
	volumes->nr++;
	*top = volume->top;
	return check_fat(volumes, messages, location, volume);
}

/* What of a path is below a directory, or NULL. */
static const char *path_below(const char *path, const char *top)
{
	size_t len = strlen(top);

	if (strncmp(path, top, len) || (path[len] && path[len] != '/'))
		return NULL;
	return path[len] ? path + len : "/";
}

/**
 * volume_open() - open a file or a directory on one of the file systems
 * @volumes: the file systems that are open; NULL: it is none of them
 * @path: from volume_path(), or of something below it; or any other path
 * @flags: of open(2)
 *
 * What lies on one of them is opened there: no link and no ".." leads out of it.
 *
 * Return: a file descriptor or a negative errno value; -ELOOP: there is a link.
 */
int volume_open(const struct volumes *volumes, const char *path, int flags)
{
	const char *within;
	unsigned int i;

	for (i = 0; volumes && i < volumes->nr; i++) {
		within = path_below(path, volumes->volumes[i].top);
		if (within)
			return root_open_below(volumes->volumes[i].fd, within,
					       flags, RESOLVE_NO_SYMLINKS);
	}
	within = volumes && volumes->root ? path_below(path, volumes->root) :
					    NULL;
	return within ? root_open(volumes->root, within, flags) :
			root_open(NULL, path, flags);
}

/**
 * volume_path() - the path of a location
 * @volumes: the file systems that are open
 * @messages: for errors
 * @location: the location
 * @path: receives PATH_MAX bytes; usable as long as @volumes is
 *
 * Return: an exit code, as volume_top().
 */
enum vmfw_exit volume_path(struct volumes *volumes, struct messages *messages,
			   const struct location *location, char *path)
{
	const char *top;
	enum vmfw_exit code;
	int err;

	code = volume_top(volumes, messages, location, &top);
	if (code)
		return code;
	err = root_path(path, top, location->path);
	if (!err)
		return VMFW_EXIT_OK;
	message_error(messages, "%s: %s", location->path, strerror(-err));
	return VMFW_EXIT_SYSTEM;
}

/**
 * volume_device() - the block device of a location, which is not mounted
 * @volumes: where messages go, and whether to wait
 * @messages: for errors
 * @location: the location, but for its path
 * @path: receives the path of its node, PATH_MAX bytes
 *
 * Return: an exit code, as volume_top().
 */
enum vmfw_exit volume_device(struct volumes *volumes, struct messages *messages,
			     const struct location *location, char *path)
{
	struct volume volume = { .fd = -1 };
	bool found = false;
	struct disk disk;
	struct stat st;
	enum vmfw_exit code;

	if (volumes->root)
		return say_not_below(volumes, messages, location);
	if (location->kind == LOCATION_ESP &&
	    find_boot_directory(NULL, location->kind, &volume)) {
		found = !fstat(volume.fd, &st) && disk_node(st.st_dev, path);
		close(volume.fd);
	}
	if (found)
		return VMFW_EXIT_OK;
	code = find_disk(volumes, messages, location, &disk);
	if (!code)
		snprintf(path, PATH_MAX, "%s", disk.name);
	return code;
}

/**
 * volume_close_all() - close all, and end the mounts that were made here
 * @volumes: the file systems
 */
void volume_close_all(struct volumes *volumes)
{
	while (volumes->nr)
		close(volumes->volumes[--volumes->nr].fd);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
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
#include "guest/bootentry.h"
#include "shared/macro.h"
#include "shared/text.h"

#define MOUNTINFO	"/proc/self/mountinfo"
#define WAIT_US		100000
#define FAT		"vfat"
/*
 * The most searches for the partition that this boot came from. At intervals of
 * WAIT_US they take 5 seconds.
 */
#define LOOKS		50
/* The size of a list of disks in a message. */
#define NAMES		512

/* Usual mount points of boot partitions. */
static const char *const boot_directories[] = { "/efi", "/boot", "/boot/efi" };

static bool is_fat(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) && fs.f_type == MSDOS_SUPER_MAGIC;
}

/*
 * Is a directory the top of a boot partition? Another root may have nothing
 * mounted: there, a directory that contains EFI counts as the ESP.
 */
static bool is_boot_partition(const char *root, int fd,
			      enum location_kind kind, const char *uuid)
{
	struct stat st;
	int efi;

	if (fstat(fd, &st))
		return false;
	if (major(st.st_dev) && is_fat(fd) && disk_is(st.st_dev, kind, uuid))
		return true;
	if (!root || kind != LOCATION_ESP)
		return false;
	efi = root_open_below(fd, "/EFI", O_PATH, RESOLVE_NO_SYMLINKS);
	if (efi >= 0)
		close(efi);
	return efi >= 0;
}

/* Find a mounted boot partition. @uuid: its PARTUUID; empty to match any. */
static bool find_boot_directory(const char *root, enum location_kind kind,
				const char *uuid, struct volume *volume)
{
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(boot_directories); i++) {
		if (root_path(volume->top, root, boot_directories[i]))
			continue;
		fd = root_open(root, boot_directories[i],
			       O_RDONLY | O_DIRECTORY);
		if (fd >= 0 && is_boot_partition(root, fd, kind, uuid)) {
			volume->fd = fd;
			return true;
		}
		if (fd >= 0)
			close(fd);
	}
	return false;
}

/* In mountinfo, the kernel writes blanks and backslashes as octal numbers. */
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

/*
 * A later mount may hide an earlier one: check that the mount point still shows
 * this file system.
 */
static int open_mount(const char *top, dev_t device)
{
	int fd = root_open(NULL, top, O_RDONLY | O_DIRECTORY);
	struct stat st;

	if (fd < 0 || (!fstat(fd, &st) && st.st_dev == device))
		return fd;
	close(fd);
	return -ENOENT;
}

/* Find the directory where a device is mounted as a whole. */
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
	message_error(messages, "%s: cannot use this boot partition: its file system must be vfat, but is %s",
		      name, type[0] ? type : "unknown");
	return VMFW_EXIT_SYSTEM;
}

/*
 * Mount a disk for this process alone, unless it is already mounted. Such a
 * mount has no path. Instead, @volume->top has the user's words for the file
 * system, which volume_open() recognises. Every path of a location begins with
 * a slash, so no path begins with these words.
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
	/* The kernel can mount a write-protected disk for reading. */
	if (volumes->writable && (fd == -EROFS || fd == -EACCES))
		fd = detached_mount(disk->type, disk->name, false);
	if (fd < 0) {
		message_error(messages, "%s: cannot mount this disk (%s): %s",
			      disk->name,
			      disk->type[0] ? disk->type :
			      "unknown type",
			      strerror(-fd));
		return VMFW_EXIT_SYSTEM;
	}
	volume->fd = fd;
	/* Remove the slash: for example, "LABEL=x:/" becomes "LABEL=x:". */
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

/**
 * struct disk_search - a search for a file system
 * @location: the location to find
 * @entry: the partition that this boot came from; empty: unknown, or @location
 *	is not the ESP of this machine
 * @mount: the caller will mount the result, which must not be a member of a
 *	RAID
 * @looks: number of searches so far
 * @found: the result of the last search
 * @member: a member of a RAID that is not assembled, which the last search
 *	found; or empty
 */
struct disk_search {
	const struct location *location;
	struct bootentry entry;
	bool mount;
	unsigned int looks;
	struct disks found;
	char member[DISK_NAME];
};

/* If the location is the ESP, prefer the one that this boot came from. */
static void begin_search(struct disk_search *search, const struct volumes *volumes,
			 const struct location *location, bool mount)
{
	*search = (struct disk_search) { .location = location, .mount = mount };
	if (location->kind == LOCATION_ESP && !volumes->root)
		bootentry_current(NULL, &search->entry);
}

static bool is_boot_kind(enum location_kind kind)
{
	return kind == LOCATION_ESP || kind == LOCATION_XBOOTLDR;
}

/*
 * The tool mounts no member of a RAID. If a boot partition is such a member, md
 * may have left this partition out of the mirror. Then accept only a mirror in
 * place of the partition. A mirror has no PARTUUID, unlike other partitions.
 */
static bool can_mount(const struct disk_search *search, const struct disk *disk)
{
	if (disk_is_member(disk))
		return false;
	return !search->member[0] || !disk->uuid[0] ||
	       !is_boot_kind(search->location->kind);
}

static void drop_members(struct disk_search *search)
{
	struct disks *found = &search->found;
	unsigned int i, nr = 0;

	if (!search->mount || found->nr > DISKS_MOST)
		return;
	for (i = 0; i < found->nr; i++)
		if (disk_is_member(&found->v[i]))
			memcpy(search->member, found->v[i].name, DISK_NAME);
	for (i = 0; i < found->nr; i++)
		if (can_mount(search, &found->v[i]))
			found->v[nr++] = found->v[i];
	found->nr = nr;
}

static int look_by(struct disk_search *search, enum location_kind kind,
		   const char *tag)
{
	int err = disk_find(kind, tag, &search->found);

	drop_members(search);
	return err;
}

static int look_for_booted(struct disk_search *search)
{
	/* The partition that a boot loader names need not have the type of an ESP. */
	return look_by(search, search->entry.by_loader ? LOCATION_PARTUUID :
		       LOCATION_ESP, search->entry.uuid);
}

/*
 * The firmware may name a partition that no longer exists. Then take the only
 * ESP that exists. But first wait some time, because the disk may appear late.
 * A partition that the boot loader names must exist.
 */
static int look_once(struct disk_search *search, bool wait)
{
	int err;

	search->looks++;
	search->member[0] = '\0';
	if (search->entry.uuid[0]) {
		err = look_for_booted(search);
		if (err || search->found.nr)
			return err;
		if (!search->member[0] &&
		    (search->entry.by_loader || (wait && search->looks < LOOKS)))
			return 0;
	}
	return look_by(search, search->location->kind, search->location->tag);
}

/* Write the names and PARTUUIDs of disks, for a message. */
static const char *disk_names(const struct disks *found, char *buf)
{
	unsigned int i;
	size_t at = 0;

	for (i = 0; i < found->nr && i < DISKS_MOST && at < NAMES; i++)
		at += snprintf(buf + at, NAMES - at, "%s%s%s%s%s", i ? ", " : "",
			       found->v[i].name,
			       found->v[i].uuid[0] ? " (PARTUUID=" : "",
			       found->v[i].uuid,
			       found->v[i].uuid[0] ? ")" : "");
	return buf;
}

/*
 * Does each disk have a PARTUUID that no other one has? A copy of a disk has
 * the same PARTUUIDs. A whole disk has none.
 */
static bool have_own_uuids(const struct disks *found)
{
	unsigned int i, j;

	for (i = 0; i < found->nr && i < DISKS_MOST; i++) {
		if (!found->v[i].uuid[0])
			return false;
		for (j = 0; j < i; j++)
			if (!strcasecmp(found->v[i].uuid, found->v[j].uuid))
				return false;
	}
	return true;
}

static enum vmfw_exit say_not_one(struct volumes *volumes,
				  struct messages *messages,
				  const struct disk_search *search)
{
	const struct disks *found = &search->found;
	char buf[LOCATION_TAG + 32], names[NAMES];
	const char *words = kind_words(search->location, buf, sizeof(buf));

	if (found->nr && have_own_uuids(found))
		message_error(messages, "cannot choose a disk: there is more than one %s: %s; name one by PARTUUID=, or detach the others",
			      words, disk_names(found, names));
	else if (found->nr)
		message_error(messages, "cannot choose a disk: there is more than one %s, not all with their own PARTUUID: %s; detach all but one",
			      words, disk_names(found, names));
	else if (search->member[0])
		message_error(messages, "%s: this partition belongs to a RAID that is not assembled; assemble it (mdadm --assemble --scan)",
			      search->member);
	else if (search->entry.by_loader)
		message_error(messages, "cannot find the disk of this boot: there is no partition PARTUUID=%s, which the boot loader names as the EFI system partition; attach its disk",
			      search->entry.uuid);
	else
		message_error(messages, "cannot find the disk: there is no %s", words);
	volumes->absent = !found->nr && !search->member[0] &&
			  !search->entry.by_loader;
	return VMFW_EXIT_SOURCE;
}

static enum vmfw_exit find_disk(struct volumes *volumes,
				struct messages *messages,
				struct disk_search *search, struct disk *disk)
{
	int err;

	for (;;) {
		err = look_once(search, volumes->wait);
		if (err || search->found.nr || !volumes->wait ||
		    interrupt_seen())
			break;
		usleep(WAIT_US);
	}
	if (err) {
		message_error(messages, "cannot look for disks: %s",
			      strerror(-err));
		return VMFW_EXIT_SYSTEM;
	}
	if (search->found.nr != 1)
		return say_not_one(volumes, messages, search);
	*disk = search->found.v[0];
	return VMFW_EXIT_OK;
}

/*
 * Find the mount of a boot partition. The mounted ESP may differ from the one
 * that this boot came from. Accept it only if the ESP of this boot does not
 * exist.
 */
static bool find_mounted(struct volumes *volumes, struct disk_search *search,
			 struct volume *volume)
{
	enum location_kind kind = search->location->kind;

	if (!is_boot_kind(kind))
		return false;
	if (find_boot_directory(volumes->root, kind, search->entry.uuid,
				volume))
		return true;
	if (!search->entry.uuid[0] ||
	    !find_boot_directory(volumes->root, kind, "", volume))
		return false;
	if (!look_for_booted(search) && !search->found.nr)
		return true;
	close(volume->fd);
	volume->fd = -1;
	return false;
}

/*
 * Report that a location is not below another root. Disks belong to this
 * machine, so the tool does not search them. @searched: the tool searched the
 * usual mount points of a boot partition.
 */
static enum vmfw_exit say_not_below(struct volumes *volumes,
				    struct messages *messages,
				    const struct location *location, bool searched)
{
	char words[LOCATION_TAG + 32];

	message_error(messages, searched ?
		      "%s: cannot find the file system: there is no %s at /efi, /boot or /boot/efi" :
		      "%s: cannot look for the %s below another root: disks belong to this machine",
		      volumes->root, kind_words(location, words, sizeof(words)));
	volumes->absent = searched;
	return VMFW_EXIT_SOURCE;
}

static enum vmfw_exit open_volume(struct volumes *volumes,
				  struct messages *messages,
				  const struct location *location,
				  struct volume *volume)
{
	struct disk_search search;
	struct disk disk;
	enum vmfw_exit code;

	*volume = (struct volume) { .kind = location->kind, .fd = -1 };
	memcpy(volume->tag, location->tag, LOCATION_TAG);
	begin_search(&search, volumes, location, true);
	if (find_mounted(volumes, &search, volume))
		return VMFW_EXIT_OK;
	if (volumes->root)
		return say_not_below(volumes, messages, location,
				     is_boot_kind(location->kind));
	code = find_disk(volumes, messages, &search, &disk);
	if (!code && wants_fat(location) && strcmp(disk.type, FAT))
		code = say_not_fat(messages, disk.name, disk.type);
	return code ? code :
		      mount_disk(volumes, messages, &disk, location, volume);
}

/* An earlier caller that accepts any file system may have opened the volume. */
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
 * @volumes: the file systems that are open; the function may add one
 * @messages: for errors
 * @location: the location
 * @top: receives the path of its top directory, for root_path(); valid as long
 *	as @volumes is open
 *
 * Return: an exit code; VMFW_EXIT_SOURCE: the file system does not exist, or
 * there are several.
 */
enum vmfw_exit volume_top(struct volumes *volumes, struct messages *messages,
			  const struct location *location, const char **top)
{
	struct volume *volume;
	unsigned int i;
	enum vmfw_exit code;

	volumes->absent = false;
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
		message_error(messages, "cannot use another file system: the limit is %d; name fewer", VOLUMES);
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

/* Return the part of a path below a directory, or NULL. */
static const char *path_below(const char *path, const char *top)
{
	size_t len = strlen(top);

	if (strncmp(path, top, len) || (path[len] && path[len] != '/'))
		return NULL;
	return path[len] ? path + len : "/";
}

/**
 * volume_open() - open a file or a directory on one of the file systems
 * @volumes: the file systems that are open; NULL: @path is on none of them
 * @path: from volume_path(), or below such a path; or any other path
 * @flags: of open(2)
 *
 * On these file systems, every symbolic link is an error. A ".." does not lead
 * out of them.
 *
 * Return: a file descriptor, which the caller closes, or a negative errno
 * value; -ELOOP: there is a symbolic link.
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
 * @volumes: the file systems that are open; the function may add one
 * @messages: for errors
 * @location: the location
 * @path: receives the path, PATH_MAX bytes; volume_open() accepts it as long as
 *	@volumes is open
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
	message_error(messages, "%s: cannot use this path: %s", location->path,
		      strerror(-err));
	return VMFW_EXIT_SYSTEM;
}

/**
 * volume_device() - find the block device of a location without mounting it
 * @volumes: only its members @root and @wait count; if @root is set, the
 *	function fails
 * @messages: for errors
 * @location: the location; the function ignores its path
 * @path: receives the path of its node, PATH_MAX bytes
 *
 * Return: an exit code, as volume_top().
 */
enum vmfw_exit volume_device(struct volumes *volumes, struct messages *messages,
			     const struct location *location, char *path)
{
	struct volume volume = { .fd = -1 };
	struct disk_search search;
	bool found = false;
	struct disk disk;
	struct stat st;
	enum vmfw_exit code;

	if (volumes->root)
		return say_not_below(volumes, messages, location, false);
	begin_search(&search, volumes, location, false);
	if (location->kind == LOCATION_ESP &&
	    find_mounted(volumes, &search, &volume)) {
		found = !fstat(volume.fd, &st) && disk_node(st.st_dev, path);
		close(volume.fd);
	}
	if (found)
		return VMFW_EXIT_OK;
	code = find_disk(volumes, messages, &search, &disk);
	if (!code)
		snprintf(path, PATH_MAX, "%s", disk.name);
	return code;
}

/**
 * volume_close_all() - close all file systems, and end the mounts of this
 *	process
 * @volumes: the file systems
 */
void volume_close_all(struct volumes *volumes)
{
	while (volumes->nr)
		close(volumes->volumes[--volumes->nr].fd);
}

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
#include <unistd.h>
#include <blkid/blkid.h>

#include "base/exit.h"
#include "base/interrupt.h"
#include "base/rootdir.h"
#include "disk/blkid.h"
#include "disk/blockdev.h"
#include "disk/fwpart.h"

/* libblkid counts in units of 512 bytes, also on disks with larger blocks. */
#define SECTOR		512
#define NAMES		256
#define WAIT_US		100000

static const char *const states[] = {
	[PARTITION_IMAGE] = "image",
	[PARTITION_EMPTY] = "empty",
	[PARTITION_OTHER] = "other",
	[PARTITION_UNFINISHED] = "unfinished",
};

/**
 * partition_state_word() - word for the state of a partition
 * @state: the state
 */
const char *partition_state_word(enum partition_state state)
{
	return states[state];
}

static enum partition_state look_into(struct partition *partition, int fd)
{
	const struct blockdev disk = { .fd = fd };
	uint8_t head[ONEFILE_PEEK];

	/*
	 * The kernel caches the disk and each partition separately. After a
	 * write to the partition's own node, the cache of the disk may have
	 * old bytes: drop them.
	 */
	posix_fadvise(fd, partition->start, partition->size,
		      POSIX_FADV_DONTNEED);
	if (blockdev_read(&disk, partition->start, head, sizeof(head)))
		return PARTITION_OTHER;
	switch (onefile_read(&partition->file, head, sizeof(head),
			     partition->size)) {
	case ONEFILE_OK:
		return PARTITION_IMAGE;
	case ONEFILE_NONE:
		return PARTITION_EMPTY;
	default:
		return PARTITION_OTHER;
	}
}

static int add_partition(struct partitions *found, int fd, const char *path,
			 blkid_partition entry)
{
	const char *type = blkid_partition_get_type_string(entry);
	const char *uuid = blkid_partition_get_uuid(entry);
	bool finished = type && !strcasecmp(type, PARTITION_TYPE);
	struct partition *v;

	if (!finished && (!type || strcasecmp(type,
					      PARTITION_TYPE_UNFINISHED)))
		return 0;
	v = realloc(found->v, (found->nr + 1) * sizeof(*v));
	if (!v)
		return -ENOMEM;
	found->v = v;
	v += found->nr++;
	memset(v, 0, sizeof(*v));
	snprintf(v->disk, sizeof(v->disk), "%s", path);
	snprintf(v->uuid, sizeof(v->uuid), "%s", uuid ? uuid : "");
	v->number = blkid_partition_get_partno(entry);
	v->start = blkid_partition_get_start(entry) * SECTOR;
	v->size = blkid_partition_get_size(entry) * SECTOR;
	v->state = finished ? look_into(v, fd) : PARTITION_UNFINISHED;
	return 0;
}

static bool is_gpt(blkid_partlist list)
{
	blkid_parttable table = blkid_partlist_get_table(list);
	const char *type = table ? blkid_parttable_get_type(table) : NULL;

	return type && !strcmp(type, "gpt");
}

/**
 * partition_scan() - find firmware partitions on one disk
 * @found: receives them, in addition to its present contents
 * @fd: the disk, or a file with the contents of a disk, open for reading
 * @path: its name
 *
 * Return: 0 or a negative errno value; -ENODATA: it has no GPT, or is not
 * readable.
 */
int partition_scan(struct partitions *found, int fd, const char *path)
{
	blkid_probe probe = blkid_new_probe();
	blkid_partlist list = NULL;
	int i, err = -ENOMEM;

	if (!probe)
		return -ENOMEM;
	if (!blkid_probe_set_device(probe, fd, 0, 0))
		list = blkid_probe_get_partitions(probe);
	if (!list || !is_gpt(list)) {
		err = -ENODATA;
		goto out;
	}
	err = 0;
	for (i = 0; !err && i < blkid_partlist_numof_partitions(list); i++)
		err = add_partition(found, fd, path,
				    blkid_partlist_get_partition(list, i));
out:
	blkid_free_probe(probe);
	return err;
}

/*
 * Find the whole disk of a device, and the number of the partition; 0: the
 * device is the disk itself.
 */
static int find_whole_disk(dev_t node, char *path, unsigned int *number)
{
	char name[NAMES], at[PATH_MAX], line[32];
	dev_t disk;

	if (blkid_devno_to_wholedisk(node, name, sizeof(name), &disk))
		return -ENODEV;
	snprintf(path, PATH_MAX, "/dev/%s", name);
	*number = 0;
	if (disk == node)
		return 0;
	snprintf(at, sizeof(at), "/sys/dev/block/%u:%u/partition",
		 major(node), minor(node));
	if (!root_read_line(NULL, at, line, sizeof(line)) &&
	    sscanf(line, "%u", number) == 1)
		return 0;
	/*
	 * In the UUID of a map, kpartx and multipath-tools give the number of
	 * the partition: "part1-mpath-...".
	 */
	snprintf(at, sizeof(at), "/sys/dev/block/%u:%u/dm/uuid", major(node),
		 minor(node));
	if (!root_read_line(NULL, at, line, sizeof(line)) &&
	    sscanf(line, "part%u-", number) == 1)
		return 0;
	return -ENODEV;
}

static enum vmfw_exit say_error(struct messages *messages, const char *what,
				int err)
{
	message_error(messages, "%s: cannot look for firmware partitions: %s",
		      what, strerror(-err));
	return VMFW_EXIT_SYSTEM;
}

static enum vmfw_exit find_named(struct messages *messages, const char *name,
				 char *path, unsigned int *number)
{
	struct stat st;
	int err;

	*number = 0;
	err = stat(name, &st) ? -errno : root_path(path, NULL, name);
	if (!err && S_ISBLK(st.st_mode))
		err = find_whole_disk(st.st_rdev, path, number);
	else if (!err && !S_ISREG(st.st_mode))
		err = -ENOTBLK;
	if (!err)
		return VMFW_EXIT_OK;
	say_error(messages, name, err);
	return err == -ENOENT ? VMFW_EXIT_SOURCE : VMFW_EXIT_SYSTEM;
}

/**
 * partition_disk() - find the disk that the user named
 * @volumes: for the search, see volume_device()
 * @messages: for errors
 * @where: NULL: the disk of the ESP; "PARTUUID=..."; or the path of a disk, a
 *	partition, or a file with the contents of a disk
 * @path: receives the path of the whole disk, PATH_MAX bytes
 * @number: receives the number of the partition, if the user named one, or 0
 *
 * Return: an exit code; VMFW_EXIT_SOURCE: there is no such disk, or there are
 * several.
 */
enum vmfw_exit partition_disk(struct volumes *volumes,
			      struct messages *messages, const char *where,
			      char *path, unsigned int *number)
{
	struct location location = { .kind = LOCATION_ESP };
	char node[PATH_MAX];
	enum vmfw_exit code;

	if (where && strncmp(where, PARTITION_BY_UUID,
			     strlen(PARTITION_BY_UUID)))
		return find_named(messages, where, path, number);
	if (where) {
		location.kind = LOCATION_PARTUUID;
		snprintf(location.tag, sizeof(location.tag), "%s",
			 where + strlen(PARTITION_BY_UUID));
	}
	code = volume_device(volumes, messages, &location, node);
	if (!code)
		code = find_named(messages, node, path, number);
	/* Use the disk of the ESP, not the ESP itself. */
	if (!where)
		*number = 0;
	return code;
}

/* A search on all disks. @denied: some disks are not readable. */
struct scan {
	struct partitions *found;
	bool denied;
};

/*
 * Skip partitions: a partition table within a partition belongs to a guest of
 * this machine.
 */
static int scan_if_whole(void *arg, const char *path)
{
	struct scan *scan = arg;
	char whole[PATH_MAX];
	unsigned int number;
	struct stat st;
	int fd, err;

	if (stat(path, &st) || find_whole_disk(st.st_rdev, whole, &number) ||
	    number)
		return 0;
	/*
	 * Skip a drive without a medium, and a disk that a rule of the device
	 * cgroup forbids (EPERM). But remember a disk that this user may not
	 * read.
	 */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		scan->denied |= errno == EACCES;
		return 0;
	}
	err = partition_scan(scan->found, fd, path);
	close(fd);
	return err == -ENODATA ? 0 : err;
}

static void keep_number(struct partitions *found, unsigned int number)
{
	size_t i, nr = 0;

	for (i = 0; i < found->nr; i++)
		if (!number || found->v[i].number == number)
			found->v[nr++] = found->v[i];
	found->nr = nr;
}

/**
 * partition_say_no_table() - report -ENODATA of partition_scan()
 * @messages: for the error
 * @path: of the disk
 *
 * Return: VMFW_EXIT_SOURCE.
 */
enum vmfw_exit partition_say_no_table(struct messages *messages,
				      const char *path)
{
	message_error(messages, "%s: there is no GUID partition table (GPT), or it is damaged or unreadable",
		      path);
	return VMFW_EXIT_SOURCE;
}

static enum vmfw_exit list_disk(struct partitions *found,
				struct messages *messages, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err;

	if (fd < 0)
		return say_error(messages, path, -errno);
	err = partition_scan(found, fd, path);
	close(fd);
	if (err == -ENODATA)
		return partition_say_no_table(messages, path);
	return err ? say_error(messages, path, err) : VMFW_EXIT_OK;
}

static enum vmfw_exit list_all(struct partitions *found,
			       struct volumes *volumes,
			       struct messages *messages)
{
	struct scan scan = { .found = found };
	int err;

	if (volumes->root) {
		message_error(messages, "%s: cannot look for disks below another root: disks belong to this machine",
			      volumes->root);
		return VMFW_EXIT_SOURCE;
	}
	for (;;) {
		err = disk_each(scan_if_whole, &scan);
		if (err || found->nr || !volumes->wait || interrupt_seen())
			break;
		usleep(WAIT_US);
	}
	if (err)
		message_error(messages, "cannot search the disks for firmware: %s",
			      strerror(-err));
	else if (!found->nr && scan.denied)
		message_error(messages, "cannot search every disk for firmware: permission denied for at least one; run this as root");
	else
		return VMFW_EXIT_OK;
	return VMFW_EXIT_SYSTEM;
}

/**
 * partition_list() - find firmware partitions in the place that the user names
 * @found: receives them; free them even if the function fails
 * @volumes: see partition_disk()
 * @messages: for errors
 * @where: see partition_disk(); or PARTITION_ANY
 *
 * Return: an exit code; VMFW_EXIT_OK even if there are no partitions.
 */
enum vmfw_exit partition_list(struct partitions *found, struct volumes *volumes,
			      struct messages *messages, const char *where)
{
	char path[PATH_MAX];
	unsigned int number;
	enum vmfw_exit code;

	*found = (struct partitions) { 0 };
	if (where && !strcmp(where, PARTITION_ANY))
		return list_all(found, volumes, messages);
	code = partition_disk(volumes, messages, where, path, &number);
	if (!code)
		code = list_disk(found, messages, path);
	if (!code)
		keep_number(found, number);
	return code;
}

static void say_several(const struct partitions *found,
			struct messages *messages)
{
	size_t i;

	message_error(messages, "cannot choose a partition: there is more than one firmware image in partitions; name one of these, or remove all but one:");
	for (i = 0; i < found->nr; i++)
		if (found->v[i].state == PARTITION_IMAGE)
			message_error(messages, "%s, partition %u: PARTUUID=%s",
				      found->v[i].disk, found->v[i].number,
				      found->v[i].uuid);
}

static void say_none(const struct partitions *found, struct messages *messages,
		     const char *place)
{
	size_t i;

	message_error(messages, "%s: there is no partition with a firmware image",
		      place);
	for (i = 0; i < found->nr; i++)
		message_error(messages, "%s, partition %u: %s",
			      found->v[i].disk, found->v[i].number,
			      found->v[i].state == PARTITION_OTHER ?
			      "it contains no readable IGVM image, or one that is longer than the partition" :
			      found->v[i].state == PARTITION_EMPTY ?
			      "it contains no image; the next installation removes it" :
			      "an interrupted installation left this partition; the next installation removes it");
}

/**
 * partition_pick() - pick the one partition with an image
 * @found: from partition_list()
 * @messages: for errors
 * @place: the place of the search, as text for people
 * @picked: receives it, valid as long as @found; undefined unless VMFW_EXIT_OK
 *	is returned
 *
 * Return: an exit code; VMFW_EXIT_SOURCE: there is none, or several.
 */
enum vmfw_exit partition_pick(const struct partitions *found,
			      struct messages *messages, const char *place,
			      const struct partition **picked)
{
	size_t i, nr = 0;

	for (i = 0; i < found->nr; i++) {
		if (found->v[i].state != PARTITION_IMAGE)
			continue;
		*picked = &found->v[i];
		nr++;
	}
	if (nr == 1)
		return VMFW_EXIT_OK;
	if (nr)
		say_several(found, messages);
	else
		say_none(found, messages, place);
	return VMFW_EXIT_SOURCE;
}

/**
 * partition_free() - free the result of a search
 * @found: from partition_list()
 */
void partition_free(struct partitions *found)
{
	free(found->v);
	*found = (struct partitions) { 0 };
}

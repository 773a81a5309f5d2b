// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <blkid/blkid.h>

#include "base/rootdir.h"
#include "disk/blkid.h"

#define BLOCK_DEVICES	"/sys/class/block"
#define BLOCK_NUMBERS	"/sys/dev/block"
/*
 * Types of the ESP and of XBOOTLDR in a GPT: UEFI specification, Boot Loader
 * Specification.
 */
#define TYPE_ESP	"c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
#define TYPE_XBOOTLDR	"bc13c2ff-59e6-4262-a352-b275fd6f7172"
/* Types of the ESP and of XBOOTLDR in an MBR. */
#define MBR_ESP		"0xef"
#define MBR_XBOOTLDR	"0xea"
/* multipath-tools begins the UUID of a disk's map with this. */
#define MULTIPATH	"mpath-"
/*
 * multipath-tools and kpartx begin the UUID of a partition's map with this, for
 * example "part1-mpath-...".
 */
#define PARTITION_MAP	"part"
/* libblkid's word for the contents of a member of an md RAID. */
#define RAID_MEMBER	"linux_raid_member"
#define LINE		128

static bool has_value(blkid_probe probe, const char *name, const char *wanted)
{
	const char *value;

	/* UUIDs and hexadecimal numbers may be in upper or lower case. */
	return !blkid_probe_lookup_value(probe, name, &value, NULL) &&
	       !strcasecmp(value, wanted);
}

/* Does a partition have type @gpt in a GPT, or type @mbr in an MBR? */
static bool has_type(blkid_probe probe, const char *gpt, const char *mbr)
{
	return has_value(probe, "PART_ENTRY_TYPE",
			 has_value(probe, "PART_ENTRY_SCHEME", "dos") ? mbr :
			 gpt);
}

/* An empty @uuid matches every partition. */
static bool has_uuid(blkid_probe probe, const char *uuid)
{
	return !uuid[0] || has_value(probe, "PART_ENTRY_UUID", uuid);
}

static bool has_tag(blkid_probe probe, enum location_kind kind,
		    const char *tag)
{
	const char *value;

	switch (kind) {
	case LOCATION_ESP:
		return has_type(probe, TYPE_ESP, MBR_ESP) &&
		       has_uuid(probe, tag);
	case LOCATION_XBOOTLDR:
		return has_type(probe, TYPE_XBOOTLDR, MBR_XBOOTLDR) &&
		       has_uuid(probe, tag);
	case LOCATION_PARTUUID:
		return has_value(probe, "PART_ENTRY_UUID", tag);
	case LOCATION_UUID:
		return has_value(probe, "UUID", tag);
	case LOCATION_LABEL:
		return !blkid_probe_lookup_value(probe, "LABEL", &value,
						 NULL) && !strcmp(value, tag);
	default:
		return false;
	}
}

/*
 * Probe without the cache of libblkid. An initramfs has no cache. Elsewhere,
 * the cache may be out of date.
 */
static blkid_probe probe_device(const char *name)
{
	blkid_probe probe = blkid_new_probe_from_filename(name);

	if (!probe)
		return NULL;
	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE |
					  BLKID_SUBLKS_UUID |
					  BLKID_SUBLKS_LABEL);
	blkid_probe_enable_partitions(probe, 1);
	blkid_probe_set_partitions_flags(probe, BLKID_PARTS_ENTRY_DETAILS);
	blkid_do_safeprobe(probe);
	return probe;
}

/* Return the next name in a directory of sysfs, or NULL. */
static const char *next_name(DIR *dir)
{
	struct dirent *entry;

	do
		entry = readdir(dir);
	while (entry && entry->d_name[0] == '.');
	return entry ? entry->d_name : NULL;
}

/* Is a device a map of device-mapper whose UUID begins with @begin? */
static bool is_map(const char *name, const char *begin)
{
	char path[PATH_MAX], uuid[LINE];

	snprintf(path, sizeof(path), BLOCK_DEVICES "/%s/dm/uuid", name);
	return !root_read_line(NULL, path, uuid, sizeof(uuid)) &&
	       !strncmp(uuid, begin, strlen(begin));
}

/*
 * Does a device have a holder, such as a RAID? Then the system mounts the
 * holder instead of the device. Maps of a disk's partitions do not count as
 * holders.
 */
static bool has_holders(const char *name)
{
	char path[PATH_MAX];
	const char *holder;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), BLOCK_DEVICES "/%s/holders", name);
	dir = opendir(path);
	if (!dir)
		return false;
	while (!found && (holder = next_name(dir)))
		found = !is_map(holder, PARTITION_MAP);
	closedir(dir);
	return found;
}

/*
 * Is this the kernel's own partition on one path to a multipath disk? The map
 * of the disk has the same partition.
 */
static bool is_on_path(const char *name)
{
	char path[PATH_MAX];
	const char *holder;
	bool found = false;
	DIR *dir;

	/* The directory above a whole disk has no holders. */
	snprintf(path, sizeof(path), BLOCK_DEVICES "/%s/../holders", name);
	dir = opendir(path);
	if (!dir)
		return false;
	while (!found && (holder = next_name(dir)))
		found = is_map(holder, MULTIPATH);
	closedir(dir);
	return found;
}

/* sysfs writes "!" for a slash in a name. */
static void node_of(char *node, const char *name)
{
	char *p = node;

	snprintf(node, DISK_NAME, "/dev/%s", name);
	while ((p = strchr(p, '!')))
		*p = '/';
}

/**
 * disk_each() - visit block devices: disks and partitions
 * @see: called for each, with the path of its node; a result other than 0 ends
 *	the function
 * @arg: for @see
 *
 * The function leaves out devices with holders, such as members of an assembled
 * RAID. It also leaves out the paths to a multipath disk, and their partitions.
 *
 * Return: 0, a negative errno value, or the result of @see.
 */
int disk_each(int (*see)(void *arg, const char *path), void *arg)
{
	DIR *dir = opendir(BLOCK_DEVICES);
	char path[DISK_NAME];
	const char *name;
	int err = 0;

	if (!dir)
		return -errno;
	while (!err && (name = next_name(dir))) {
		if (has_holders(name) || is_on_path(name))
			continue;
		node_of(path, name);
		err = see(arg, path);
	}
	closedir(dir);
	return err;
}

/*
 * Is a device a mirror (RAID1 of md) with a member that matches? Firmware reads
 * the member, which has the type of a boot partition. The system mounts the
 * mirror, which has neither a type nor a PARTUUID.
 */
static bool members_match(const char *node, enum location_kind kind,
			  const char *tag)
{
	char path[PATH_MAX], line[LINE], member[DISK_NAME];
	const char *name;
	bool found = false;
	blkid_probe probe;
	struct stat st;
	DIR *dir;

	if ((kind != LOCATION_ESP && kind != LOCATION_XBOOTLDR &&
	     kind != LOCATION_PARTUUID) || stat(node, &st))
		return false;
	snprintf(path, sizeof(path), BLOCK_NUMBERS "/%u:%u/md/level",
		 major(st.st_rdev), minor(st.st_rdev));
	if (root_read_line(NULL, path, line, sizeof(line)) ||
	    strcmp(line, "raid1"))
		return false;
	snprintf(path, sizeof(path), BLOCK_NUMBERS "/%u:%u/slaves",
		 major(st.st_rdev), minor(st.st_rdev));
	dir = opendir(path);
	if (!dir)
		return false;
	while (!found && (name = next_name(dir))) {
		node_of(member, name);
		probe = probe_device(member);
		found = probe && has_tag(probe, kind, tag);
		blkid_free_probe(probe);
	}
	closedir(dir);
	return found;
}

/* A search of disk_find(). @denied: some disks are not readable. */
struct tag_search {
	enum location_kind kind;
	const char *tag;
	struct disks *found;
	bool denied;
};

static void copy_value(blkid_probe probe, const char *name, char *buf,
		       size_t size)
{
	const char *value;

	if (blkid_probe_lookup_value(probe, name, &value, NULL))
		value = "";
	snprintf(buf, size, "%s", value);
}

static void add_disk(struct disks *found, const char *path, blkid_probe probe)
{
	struct disk *disk;

	if (found->nr++ >= DISKS_MOST)
		return;
	disk = &found->v[found->nr - 1];
	snprintf(disk->name, sizeof(disk->name), "%s", path);
	copy_value(probe, "TYPE", disk->type, sizeof(disk->type));
	copy_value(probe, "PART_ENTRY_UUID", disk->uuid, sizeof(disk->uuid));
}

static int look_at(void *arg, const char *path)
{
	struct tag_search *search = arg;
	blkid_probe probe = probe_device(path);

	/* A drive without a medium is not an error. */
	if (!probe) {
		search->denied |= access(path, R_OK) && errno == EACCES;
		return 0;
	}
	if (has_tag(probe, search->kind, search->tag) ||
	    members_match(path, search->kind, search->tag))
		add_disk(search->found, path, probe);
	blkid_free_probe(probe);
	return 0;
}

/**
 * disk_find() - find a file system among all disks
 * @kind: kind of location
 * @tag: label or UUID, if @kind has one; with LOCATION_ESP and
 *	LOCATION_XBOOTLDR a PARTUUID, or empty to match any
 * @found: receives the partitions and disks that match
 *
 * Return: 0 or a negative errno value; -EACCES: there was no match, but some
 * disks are not readable.
 */
int disk_find(enum location_kind kind, const char *tag, struct disks *found)
{
	struct tag_search search = { .kind = kind, .tag = tag, .found = found };
	int err;

	found->nr = 0;
	err = disk_each(look_at, &search);
	/* The file system may be on a disk that this process may not read. */
	return !err && !found->nr && search.denied ? -EACCES : err;
}

/**
 * disk_is_member() - whether a partition belongs to a RAID that md has not assembled
 * @disk: from disk_find(), which leaves out members of assembled RAIDs
 */
bool disk_is_member(const struct disk *disk)
{
	return !strcmp(disk->type, RAID_MEMBER);
}

/**
 * disk_node() - path of the node of a block device
 * @dev: its number
 * @path: receives the path, PATH_MAX bytes
 *
 * Return: false if there is no node.
 */
bool disk_node(dev_t dev, char *path)
{
	char *name = blkid_devno_to_devname(dev);
	bool found = name;

	if (found)
		snprintf(path, PATH_MAX, "%s", name);
	free(name);
	return found;
}

/**
 * disk_is() - is a block device a boot partition?
 * @dev: its number
 * @kind: LOCATION_ESP or LOCATION_XBOOTLDR
 * @uuid: its PARTUUID, or that of a member if it is a mirror; empty to match
 *	any
 */
bool disk_is(dev_t dev, enum location_kind kind, const char *uuid)
{
	char *name = blkid_devno_to_devname(dev);
	blkid_probe probe = name ? probe_device(name) : NULL;
	bool is = probe && (has_tag(probe, kind, uuid) ||
			    members_match(name, kind, uuid));

	blkid_free_probe(probe);
	free(name);
	return is;
}

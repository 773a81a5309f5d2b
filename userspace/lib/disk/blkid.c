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
/* UEFI specification; Boot Loader Specification. */
#define TYPE_ESP	"c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
#define TYPE_XBOOTLDR	"bc13c2ff-59e6-4262-a352-b275fd6f7172"
/* The same in an MBR. */
#define MBR_ESP		"0xef"
#define MBR_XBOOTLDR	"0xea"
/* Of maps that multipath-tools make. */
#define MULTIPATH	"mpath-"
/* Likewise, and kpartx: a partition, "part1-mpath-...". */
#define PARTITION_MAP	"part"
#define LINE		128

static bool has_value(blkid_probe probe, const char *name, const char *wanted)
{
	const char *value;

	/* Hexadecimal digits are written both ways. */
	return !blkid_probe_lookup_value(probe, name, &value, NULL) &&
	       !strcasecmp(value, wanted);
}

/* @gpt, or in an MBR @mbr. */
static bool has_type(blkid_probe probe, const char *gpt, const char *mbr)
{
	return has_value(probe, "PART_ENTRY_TYPE",
			 has_value(probe, "PART_ENTRY_SCHEME", "dos") ? mbr :
			 gpt);
}

static bool has_tag(blkid_probe probe, enum location_kind kind,
		    const char *tag)
{
	const char *value;

	switch (kind) {
	case LOCATION_ESP:
		return has_type(probe, TYPE_ESP, MBR_ESP);
	case LOCATION_XBOOTLDR:
		return has_type(probe, TYPE_XBOOTLDR, MBR_XBOOTLDR);
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

/* Probed afresh: an initramfs has no cache, and a cache may be old. */
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

/* The next name in a directory of sysfs, or NULL. */
static const char *next_name(DIR *dir)
{
	struct dirent *entry;

	do
		entry = readdir(dir);
	while (entry && entry->d_name[0] == '.');
	return entry ? entry->d_name : NULL;
}

/* Whether a device is a map of device-mapper whose UUID begins so. */
static bool is_map(const char *name, const char *begin)
{
	char path[PATH_MAX], uuid[LINE];

	snprintf(path, sizeof(path), BLOCK_DEVICES "/%s/dm/uuid", name);
	return !root_read_line(NULL, path, uuid, sizeof(uuid)) &&
	       !strncmp(uuid, begin, strlen(begin));
}

/*
 * What a RAID or the like is made of is not what is mounted. A disk whose partitions
 * are maps is a disk nevertheless.
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

/* The kernel's own partition of one path to a disk: the map has it as well. */
static bool is_on_path(const char *name)
{
	char path[PATH_MAX];
	const char *holder;
	bool found = false;
	DIR *dir;

	/* Of a whole disk, there is no such directory. */
	snprintf(path, sizeof(path), BLOCK_DEVICES "/%s/../holders", name);
	dir = opendir(path);
	if (!dir)
		return false;
	while (!found && (holder = next_name(dir)))
		found = is_map(holder, MULTIPATH);
	closedir(dir);
	return found;
}

/* sysfs cannot have a slash in a name. */
static void node_of(char *node, const char *name)
{
	char *p = node;

	snprintf(node, DISK_NAME, "/dev/%s", name);
	while ((p = strchr(p, '!')))
		*p = '/';
}

/**
 * disk_each() - look at all block devices: disks and partitions
 * @see: called for each, with the path of its node; a negative errno value
 *	ends it
 * @arg: for @see
 *
 * Return: 0 or a negative errno value.
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
 * A mirror (RAID1 of md) of boot partitions: firmware reads one of them, which has
 * the type, and the system mounts the mirror, which has none.
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

/* The arguments of disk_find(). */
struct search {
	enum location_kind kind;
	const char *tag;
	struct disk *disk;
	unsigned int nr;
	bool denied;
};

static int look_at(void *arg, const char *path)
{
	struct search *search = arg;
	blkid_probe probe = probe_device(path);
	const char *type;

	/* A drive without a medium is no error. */
	if (!probe) {
		search->denied |= access(path, R_OK) && errno == EACCES;
		return 0;
	}
	if (has_tag(probe, search->kind, search->tag) ||
	    members_match(path, search->kind, search->tag)) {
		if (blkid_probe_lookup_value(probe, "TYPE", &type, NULL))
			type = "";
		snprintf(search->disk->name, DISK_NAME, "%s", path);
		snprintf(search->disk->type, DISK_TYPE, "%s", type);
		search->nr++;
	}
	blkid_free_probe(probe);
	return 0;
}

/**
 * disk_find() - find a file system among all disks
 * @kind: what to look for
 * @tag: label or UUID, where @kind has one
 * @disk: receives the last one found
 * @nr: receives how many there are
 *
 * Return: 0 or a negative errno value; -EACCES: it was not found, and not all disks
 * could be looked at.
 */
int disk_find(enum location_kind kind, const char *tag, struct disk *disk,
	      unsigned int *nr)
{
	struct search search = { .kind = kind, .tag = tag, .disk = disk };
	int err = disk_each(look_at, &search);

	*nr = search.nr;
	/* It may be on a disk that must not be looked at. */
	return !err && !search.nr && search.denied ? -EACCES : err;
}

/**
 * disk_node() - the node of a block device
 * @dev: its number
 * @path: receives the path, PATH_MAX bytes
 *
 * Return: false: there is none.
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
 * disk_is() - whether a partition is of a type
 * @dev: its number
 * @kind: LOCATION_ESP or LOCATION_XBOOTLDR
 */
bool disk_is(dev_t dev, enum location_kind kind)
{
	char *name = blkid_devno_to_devname(dev);
	blkid_probe probe = name ? probe_device(name) : NULL;
	bool is = probe && (has_tag(probe, kind, NULL) ||
			    members_match(name, kind, NULL));

	blkid_free_probe(probe);
	free(name);
	return is;
}

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
#include <blkid/blkid.h>

#include "disk.h"

#define BLOCK_DEVICES	"/sys/class/block"
/* UEFI specification; Boot Loader Specification. */
#define TYPE_ESP	"c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
#define TYPE_XBOOTLDR	"bc13c2ff-59e6-4262-a352-b275fd6f7172"

static bool has_value(blkid_probe probe, const char *name, const char *wanted)
{
	const char *value;

	/* Hexadecimal digits are written both ways. */
	return !blkid_probe_lookup_value(probe, name, &value, NULL) &&
	       !strcasecmp(value, wanted);
}

static bool matches(blkid_probe probe, enum location_kind kind,
		    const char *tag)
{
	const char *value;

	switch (kind) {
	case LOCATION_ESP:
		return has_value(probe, "PART_ENTRY_TYPE", TYPE_ESP);
	case LOCATION_XBOOTLDR:
		return has_value(probe, "PART_ENTRY_TYPE", TYPE_XBOOTLDR);
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

/* What a RAID or the like is made of is not what is mounted. */
static bool has_holders(const char *name)
{
	char path[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), BLOCK_DEVICES "/%s/holders", name);
	dir = opendir(path);
	if (!dir)
		return false;
	while (!found && (entry = readdir(dir)))
		found = entry->d_name[0] != '.';
	closedir(dir);
	return found;
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
	struct dirent *entry;
	char path[DISK_NAME];
	int err = 0;
	char *p;

	if (!dir)
		return -errno;
	while (!err && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || has_holders(entry->d_name))
			continue;
		snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
		/* sysfs cannot have a slash in a name. */
		for (p = path; (p = strchr(p, '!')); )
			*p = '/';
		err = see(arg, path);
	}
	closedir(dir);
	return err;
}

/* The arguments of disk_find(). */
struct search {
	enum location_kind kind;
	const char *tag;
	struct disk *disk;
	unsigned int nr;
};

static int look_at(void *arg, const char *path)
{
	struct search *search = arg;
	blkid_probe probe = probe_device(path);
	const char *type;

	if (!probe)
		return 0;
	if (matches(probe, search->kind, search->tag)) {
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
 * Return: 0 or a negative errno value.
 */
int disk_find(enum location_kind kind, const char *tag, struct disk *disk,
	      unsigned int *nr)
{
	struct search search = { .kind = kind, .tag = tag, .disk = disk };
	int err = disk_each(look_at, &search);

	*nr = search.nr;
	return err;
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
	bool is = probe && matches(probe, kind, NULL);

	blkid_free_probe(probe);
	free(name);
	return is;
}

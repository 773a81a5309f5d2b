// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Searches for disks by type, label or UUID, with RAIDs, maps of device-mapper
 * and drives without a medium. The test imitates sysfs and libblkid.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <blkid/blkid.h>
#include <cmocka.h>

#include "base/rootdir.h"
#include "disk/blkid.h"
#include "shared/macro.h"
#include "tree.h"

#define ESP		"c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
#define XBOOTLDR	"bc13c2ff-59e6-4262-a352-b275fd6f7172"
#define VALUES		10
#define DEVICES		10
#define SEEN		512

/**
 * struct device - a block device
 * @node: path of its node
 * @values: values of libblkid, each after its name
 * @err: errno value of opening it, or 0
 */
struct device {
	const char *node;
	const char *values[VALUES];
	int err;
};

static struct device devices[DEVICES];
static unsigned int probes;	/* probes that exist */
static bool stat_fails;
static char top[] = "/tmp/blkid.XXXXXX";

/*
 * A probe of libblkid: its device, the requested values, and whether it has
 * read the device.
 */
struct blkid_struct_probe {
	const struct device *device;
	bool superblocks, partitions, details, looked;
	int flags;
};

static const struct device *find_device(const char *node)
{
	unsigned int i;

	for (i = 0; i < DEVICES && devices[i].node; i++)
		if (!strcmp(devices[i].node, node))
			return &devices[i];
	return NULL;
}

blkid_probe __wrap_blkid_new_probe_from_filename(const char *node);
blkid_probe __wrap_blkid_new_probe_from_filename(const char *node)
{
	const struct device *device = find_device(node);
	blkid_probe probe;

	if (!device || device->err) {
		/* libblkid may leave any errno. */
		errno = EACCES;
		return NULL;
	}
	probe = calloc(1, sizeof(*probe));
	assert_non_null(probe);
	probe->device = device;
	probes++;
	return probe;
}

void __wrap_blkid_free_probe(blkid_probe probe);
void __wrap_blkid_free_probe(blkid_probe probe)
{
	if (probe)
		probes--;
	free(probe);
}

int __wrap_blkid_probe_enable_superblocks(blkid_probe probe, int enable);
int __wrap_blkid_probe_enable_superblocks(blkid_probe probe, int enable)
{
	assert_false(probe->looked);
	probe->superblocks = enable;
	return 0;
}

int __wrap_blkid_probe_set_superblocks_flags(blkid_probe probe, int flags);
int __wrap_blkid_probe_set_superblocks_flags(blkid_probe probe, int flags)
{
	assert_false(probe->looked);
	probe->flags = flags;
	return 0;
}

int __wrap_blkid_probe_enable_partitions(blkid_probe probe, int enable);
int __wrap_blkid_probe_enable_partitions(blkid_probe probe, int enable)
{
	assert_false(probe->looked);
	probe->partitions = enable;
	return 0;
}

int __wrap_blkid_probe_set_partitions_flags(blkid_probe probe, int flags);
int __wrap_blkid_probe_set_partitions_flags(blkid_probe probe, int flags)
{
	assert_false(probe->looked);
	probe->details = flags == BLKID_PARTS_ENTRY_DETAILS;
	return 0;
}

int __wrap_blkid_do_safeprobe(blkid_probe probe);
int __wrap_blkid_do_safeprobe(blkid_probe probe)
{
	probe->looked = true;
	return 0;
}

static bool is_asked_for(blkid_probe probe, const char *name)
{
	static const struct {
		const char *name;
		int flag;
	} superblocks[] = {
		{ "TYPE", BLKID_SUBLKS_TYPE },
		{ "UUID", BLKID_SUBLKS_UUID },
		{ "LABEL", BLKID_SUBLKS_LABEL },
	};
	unsigned int i;

	if (!probe->looked)
		return false;
	for (i = 0; i < 3; i++)
		if (!strcmp(name, superblocks[i].name))
			return probe->superblocks &&
			       probe->flags & superblocks[i].flag;
	return probe->partitions && probe->details;
}

int __wrap_blkid_probe_lookup_value(blkid_probe probe, const char *name,
				    const char **value, size_t *len);
int __wrap_blkid_probe_lookup_value(blkid_probe probe, const char *name,
				    const char **value, size_t *len)
{
	const char *const *values = probe->device->values;

	assert_null(len);
	for (; is_asked_for(probe, name) && values[0]; values += 2) {
		if (strcmp(values[0], name))
			continue;
		*value = values[1];
		return 0;
	}
	return -1;
}

/* A device's minor number is its index in the list. Other numbers have no node. */
char *__wrap_blkid_devno_to_devname(dev_t dev);
char *__wrap_blkid_devno_to_devname(dev_t dev)
{
	assert_int_equal(major(dev), 8);
	return minor(dev) < DEVICES && devices[minor(dev)].node ?
	       strdup(devices[minor(dev)].node) : NULL;
}

int __wrap_stat(const char *path, struct stat *st);
int __wrap_stat(const char *path, struct stat *st)
{
	const struct device *device = find_device(path);

	if (!device)
		return -1;
	memset(st, 0, sizeof(*st));
	st->st_rdev = makedev(8, device - devices);
	return stat_fails ? -1 : 0;
}

int __wrap_access(const char *path, int mode);
int __wrap_access(const char *path, int mode)
{
	const struct device *device = find_device(path);

	assert_int_equal(mode, R_OK);
	/* A drive without a medium is readable. */
	if (device && device->err != EACCES)
		return 0;
	errno = device ? EACCES : ENOENT;
	return -1;
}

/* sysfs is below @top, but the code uses paths below "/sys/". */
static void below_top(char *to, const char *path)
{
	assert_memory_equal(path, "/sys/", 5);
	assert_true(snprintf(to, PATH_MAX, "%s%s", top, path) < PATH_MAX);
}

DIR *__real_opendir(const char *path);
DIR *__wrap_opendir(const char *path);
DIR *__wrap_opendir(const char *path)
{
	char name[PATH_MAX];

	below_top(name, path);
	return __real_opendir(name);
}

int __real_root_read_line(const char *root, const char *path, char *buf,
			  size_t size);
int __wrap_root_read_line(const char *root, const char *path, char *buf,
			  size_t size);
int __wrap_root_read_line(const char *root, const char *path, char *buf,
			  size_t size)
{
	assert_null(root);
	assert_memory_equal(path, "/sys/", 5);
	return __real_root_read_line(top, path, buf, size);
}

static void make_line(const char *directory, const char *name,
		      const char *line)
{
	char path[PATH_MAX];
	FILE *file;

	tree_make(top, directory);
	snprintf(path, sizeof(path), "%s%s/%s", top, directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "%s\n", line);
	assert_false(fclose(file));
}

/* Make a link like those of sysfs, where ".." of a partition is its disk. */
static void make_class_link(const char *name, const char *target)
{
	char path[PATH_MAX], to[PATH_MAX];

	snprintf(path, sizeof(path), "%s/sys/class/block/%s", top, name);
	snprintf(to, sizeof(to), "../../devices/%s", target);
	assert_false(symlink(to, path));
}

/*
 * sda has sda1, an ESP, and sda2. sdb is half of the mirror md0. sdc is one path to the
 * multipath disk dm-0. Its partition sdc1 is also dm-1. c0d0 has a slash in its name.
 */
static void make_sysfs(void)
{
	tree_make(top, "/sys/class/block");
	tree_make(top, "/sys/devices/sda/sda1/holders");
	tree_make(top, "/sys/devices/sda/sda2/holders");
	tree_make(top, "/sys/devices/sda/holders");
	tree_make(top, "/sys/devices/sdb/holders/md0");
	tree_make(top, "/sys/devices/sdc/holders/dm-0");
	tree_make(top, "/sys/devices/sdc/sdc1/holders");
	tree_make(top, "/sys/devices/dm-0/holders/dm-1");
	tree_make(top, "/sys/devices/dm-1/holders");
	tree_make(top, "/sys/devices/md0/holders");
	tree_make(top, "/sys/devices/cciss!c0d0/holders");
	make_line("/sys/devices/dm-0/dm", "uuid", "mpath-3600508b4");
	make_line("/sys/devices/dm-1/dm", "uuid", "part1-mpath-3600508b4");
	make_class_link("sda", "sda");
	make_class_link("sda1", "sda/sda1");
	make_class_link("sda2", "sda/sda2");
	make_class_link("sdb", "sdb");
	make_class_link("sdc", "sdc");
	make_class_link("sdc1", "sdc/sdc1");
	make_class_link("dm-0", "dm-0");
	make_class_link("dm-1", "dm-1");
	make_class_link("md0", "md0");
	make_class_link("cciss!c0d0", "cciss!c0d0");
}

static int set_up(void **state)
{
	(void)state;
	stat_fails = false;
	memset(devices, 0, sizeof(devices));
	devices[0] = (struct device) { "/dev/sda", { 0 }, 0 };
	devices[1] = (struct device) { "/dev/sda1", {
		"PART_ENTRY_SCHEME", "gpt", "PART_ENTRY_TYPE", ESP,
		"TYPE", "vfat", NULL }, 0 };
	devices[2] = (struct device) { "/dev/sda2", {
		"TYPE", "ext4", "LABEL", "boot", "UUID", "AB-cd", NULL }, 0 };
	strcpy(top, "/tmp/blkid.XXXXXX");
	if (!mkdtemp(top))
		return -1;
	make_sysfs();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	assert_int_equal(probes, 0);
	return tree_remove(top);
}

static void finds(enum location_kind kind, const char *tag, const char *name,
		  const char *type)
{
	struct disks found = { .nr = 77 };

	assert_int_equal(disk_find(kind, tag, &found), 0);
	assert_int_equal(found.nr, 1);
	assert_string_equal(found.v[0].name, name);
	assert_string_equal(found.v[0].type, type);
}

static void finds_nr(enum location_kind kind, const char *tag,
		     unsigned int expected)
{
	struct disks found = { .v[0].name = "none", .nr = 77 };

	assert_int_equal(disk_find(kind, tag, &found), 0);
	assert_int_equal(found.nr, expected);
	if (!expected)
		assert_string_equal(found.v[0].name, "none");
}

static void found_by_a_tag(void **state)
{
	(void)state;
	finds(LOCATION_ESP, "", "/dev/sda1", "vfat");
	finds(LOCATION_LABEL, "boot", "/dev/sda2", "ext4");
	/* The case of a UUID does not matter, but that of a label does. */
	finds(LOCATION_UUID, "ab-CD", "/dev/sda2", "ext4");
	finds_nr(LOCATION_LABEL, "Boot", 0);
	finds_nr(LOCATION_LABEL, "AB-cd", 0);
	finds_nr(LOCATION_UUID, "boot", 0);
	finds_nr(LOCATION_XBOOTLDR, "", 0);
	finds_nr(LOCATION_PARTUUID, "ab-cd", 0);
	/* These kinds of location name no file system. */
	finds_nr(LOCATION_PLAIN, "boot", 0);
	finds_nr(LOCATION_PARTITION, "boot", 0);
	/* A partition without a file system has a PARTUUID, but no UUID. */
	devices[2] = (struct device) { "/dev/sda2", {
		"PART_ENTRY_UUID", "ab-cd", NULL }, 0 };
	finds(LOCATION_PARTUUID, "AB-CD", "/dev/sda2", "");
	finds_nr(LOCATION_UUID, "ab-cd", 0);
}

/* A type of partition in a GPT has no meaning in an MBR, and vice versa. */
static void types(void **state)
{
	static const struct {
		const char *scheme, *type;
		bool esp, xbootldr;
	} all[] = {
		{ "gpt", ESP, true, false },
		{ "gpt", XBOOTLDR, false, true },
		{ "gpt", "0xef", false, false },
		{ "gpt", "0xea", false, false },
		{ "dos", "0xef", true, false },
		{ "dos", "0xea", false, true },
		{ "dos", ESP, false, false },
		{ "dos", XBOOTLDR, false, false },
		{ "dos", "0x83", false, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		devices[1] = (struct device) { "/dev/sda1", {
			"PART_ENTRY_SCHEME", all[i].scheme,
			"PART_ENTRY_TYPE", all[i].type, NULL }, 0 };
		finds_nr(LOCATION_ESP, "", all[i].esp);
		finds_nr(LOCATION_XBOOTLDR, "", all[i].xbootldr);
		assert_int_equal(disk_is(makedev(8, 1), LOCATION_ESP, ""),
				 all[i].esp);
		assert_int_equal(disk_is(makedev(8, 1), LOCATION_XBOOTLDR, ""),
				 all[i].xbootldr);
	}
	assert_false(disk_is(makedev(8, 0), LOCATION_ESP, ""));
	assert_false(disk_is(makedev(8, 7), LOCATION_ESP, ""));
}

static void several_of_a_name(void **state)
{
	struct disks found;
	unsigned int i;

	(void)state;
	devices[1].values[6] = "LABEL";
	devices[1].values[7] = "boot";
	devices[2].values[6] = "PART_ENTRY_UUID";
	devices[2].values[7] = "ab-12";
	assert_int_equal(disk_find(LOCATION_LABEL, "boot", &found), 0);
	assert_int_equal(found.nr, 2);
	for (i = 0; i < 2; i++) {
		if (!strcmp(found.v[i].name, "/dev/sda1")) {
			assert_string_equal(found.v[i].type, "vfat");
			assert_string_equal(found.v[i].uuid, "");
		} else {
			assert_string_equal(found.v[i].name, "/dev/sda2");
			assert_string_equal(found.v[i].type, "ext4");
			assert_string_equal(found.v[i].uuid, "ab-12");
		}
	}
}

/* disk_find() counts all matches, but lists only DISKS_MOST. */
static void more_than_there_is_room_for(void **state)
{
	char names[DISKS_MOST + 2][16], node[DISKS_MOST + 2][16], path[64];
	struct disks found;
	unsigned int i;

	(void)state;
	assert_true(DISKS_MOST + 2 <= DEVICES);
	for (i = 0; i < DISKS_MOST + 2; i++) {
		snprintf(names[i], sizeof(names[i]), "sde%u", i + 1);
		snprintf(node[i], sizeof(node[i]), "/dev/%s", names[i]);
		snprintf(path, sizeof(path), "/sys/devices/sde/%s/holders",
			 names[i]);
		tree_make(top, path);
		snprintf(path, sizeof(path), "sde/%s", names[i]);
		make_class_link(names[i], path);
		devices[i] = (struct device) { node[i], { "LABEL", "x", NULL },
					       0 };
	}
	assert_int_equal(disk_find(LOCATION_LABEL, "x", &found), 0);
	assert_int_equal(found.nr, DISKS_MOST + 2);
	for (i = 0; i < DISKS_MOST; i++)
		assert_memory_equal(found.v[i].name, "/dev/sde", 8);
}

/* With a PARTUUID, an ESP must have both the type and this PARTUUID. */
static void boot_partitions_by_their_uuid(void **state)
{
	(void)state;
	devices[1].values[6] = "PART_ENTRY_UUID";
	devices[1].values[7] = "ab-12";
	finds(LOCATION_ESP, "AB-12", "/dev/sda1", "vfat");
	finds_nr(LOCATION_ESP, "ab-13", 0);
	finds_nr(LOCATION_XBOOTLDR, "ab-12", 0);
	assert_true(disk_is(makedev(8, 1), LOCATION_ESP, "ab-12"));
	assert_false(disk_is(makedev(8, 1), LOCATION_ESP, "ab-13"));
	devices[1].values[3] = XBOOTLDR;
	finds_nr(LOCATION_ESP, "ab-12", 0);
	finds(LOCATION_XBOOTLDR, "ab-12", "/dev/sda1", "vfat");
	finds_nr(LOCATION_XBOOTLDR, "ab-13", 0);
}

static void members(void **state)
{
	struct disk disk = { .type = "linux_raid_member" };

	(void)state;
	assert_true(disk_is_member(&disk));
	strcpy(disk.type, "vfat");
	assert_false(disk_is_member(&disk));
}

/*
 * A drive without a medium does not count. A disk that is not readable may be
 * the right one.
 */
static void disks_that_cannot_be_read(void **state)
{
	struct disks found;

	(void)state;
	devices[0].err = ENOMEDIUM;
	finds_nr(LOCATION_LABEL, "none", 0);
	devices[0].err = EACCES;
	assert_int_equal(disk_find(LOCATION_LABEL, "none", &found),
			 -EACCES);
	/* If there is a match, unreadable disks do not matter. */
	finds(LOCATION_LABEL, "boot", "/dev/sda2", "ext4");
}

static void no_sysfs(void **state)
{
	struct disks found = { .nr = 77 };

	(void)state;
	assert_false(tree_remove(top));
	assert_non_null(mkdtemp(strcpy(top, "/tmp/blkid.XXXXXX")));
	assert_int_equal(disk_find(LOCATION_ESP, "", &found), -ENOENT);
	assert_int_equal(found.nr, 0);
	/* If the list of devices is not readable, that error counts. */
	devices[0].err = EACCES;
	assert_int_equal(disk_find(LOCATION_ESP, "", &found), -ENOENT);
}

struct seen {
	char nodes[SEEN];
	unsigned int left;
};

static int see(void *arg, const char *path)
{
	struct seen *seen = arg;
	size_t len = strlen(seen->nodes);

	snprintf(seen->nodes + len, SEEN - len, "%s ", path);
	return --seen->left ? 0 : -EIO;
}

static bool is_seen(const struct seen *seen, const char *node)
{
	char word[64];

	snprintf(word, sizeof(word), "%s ", node);
	return strstr(seen->nodes, word);
}

/* disk_each() leaves out devices that other devices hold. */
static void list_of_devices(void **state)
{
	struct seen seen = { .left = 100 };

	(void)state;
	assert_int_equal(disk_each(see, &seen), 0);
	assert_true(is_seen(&seen, "/dev/sda"));
	assert_true(is_seen(&seen, "/dev/sda1"));
	assert_true(is_seen(&seen, "/dev/sda2"));
	assert_true(is_seen(&seen, "/dev/md0"));
	/* The partitions of the multipath disk dm-0 are maps. */
	assert_true(is_seen(&seen, "/dev/dm-0"));
	assert_true(is_seen(&seen, "/dev/dm-1"));
	assert_true(is_seen(&seen, "/dev/cciss/c0d0"));
	assert_false(is_seen(&seen, "/dev/sdb"));
	assert_false(is_seen(&seen, "/dev/sdc"));
	/* sdc1 is a partition on one path to the disk dm-0. */
	assert_false(is_seen(&seen, "/dev/sdc1"));
	assert_int_equal(seen.left, 100 - 7);
	assert_null(strstr(seen.nodes, "/dev/."));
}

/*
 * sdd has two holders. One of them is a multipath disk, whichever the kernel lists
 * first. sde has no list of holders.
 */
static void list_of_holders(void **state)
{
	static const char *const uuids[] = {
		"mpath-3600508b4", "part1-mpath-3600508b4",
	};
	unsigned int i;

	(void)state;
	tree_make(top, "/sys/devices/sdd/holders/dm-2");
	tree_make(top, "/sys/devices/sdd/holders/dm-3");
	tree_make(top, "/sys/devices/sdd/sdd1/holders");
	tree_make(top, "/sys/devices/sde");
	make_class_link("sdd", "sdd");
	make_class_link("sdd1", "sdd/sdd1");
	make_class_link("sde", "sde");
	make_class_link("dm-2", "dm-2");
	make_class_link("dm-3", "dm-3");
	for (i = 0; i < 2; i++) {
		struct seen seen = { .left = 100 };

		make_line("/sys/devices/dm-2/dm", "uuid", uuids[i]);
		make_line("/sys/devices/dm-3/dm", "uuid", uuids[!i]);
		assert_int_equal(disk_each(see, &seen), 0);
		assert_false(is_seen(&seen, "/dev/sdd"));
		assert_false(is_seen(&seen, "/dev/sdd1"));
		assert_true(is_seen(&seen, "/dev/sde"));
	}
}

static void the_callback_ends_the_walk(void **state)
{
	struct seen seen = { .left = 2 };

	(void)state;
	assert_int_equal(disk_each(see, &seen), -EIO);
	assert_int_equal(seen.left, 0);
}

/* In a mirror of ESPs, the members have the type, but the mirror has the file system. */
static void mirrors(void **state)
{
	static const char *const levels[] = { "raid0", "raid1", "raid10" };
	unsigned int i;

	(void)state;
	devices[1].values[3] = "0fc63daf-8483-4772-8e79-3d69d8477de4";
	devices[3] = (struct device) { "/dev/md0", {
		"TYPE", "vfat", "LABEL", "mirror", NULL }, 0 };
	devices[4] = (struct device) { "/dev/sdb", {
		"PART_ENTRY_SCHEME", "gpt", "PART_ENTRY_TYPE", ESP,
		"PART_ENTRY_UUID", "12", "LABEL", "member" }, 0 };
	tree_make(top, "/sys/dev/block/8:3/slaves/sdz");
	tree_make(top, "/sys/dev/block/8:3/slaves/sdb");
	for (i = 0; i < 3; i++) {
		make_line("/sys/dev/block/8:3/md", "level", levels[i]);
		finds_nr(LOCATION_ESP, "", i == 1);
		finds_nr(LOCATION_PARTUUID, "12", i == 1);
		finds_nr(LOCATION_PARTUUID, "13", 0);
		finds_nr(LOCATION_ESP, "12", i == 1);
		finds_nr(LOCATION_ESP, "13", 0);
		assert_int_equal(disk_is(makedev(8, 3), LOCATION_ESP, "12"),
				 i == 1);
		assert_false(disk_is(makedev(8, 3), LOCATION_ESP, "13"));
		finds_nr(LOCATION_XBOOTLDR, "", 0);
		finds_nr(LOCATION_LABEL, "member", 0);
		assert_int_equal(disk_is(makedev(8, 3), LOCATION_ESP, ""), i == 1);
		assert_false(disk_is(makedev(8, 3), LOCATION_XBOOTLDR, ""));
	}
	make_line("/sys/dev/block/8:3/md", "level", "raid1");
	finds(LOCATION_ESP, "", "/dev/md0", "vfat");
	devices[4].values[3] = XBOOTLDR;
	finds(LOCATION_XBOOTLDR, "", "/dev/md0", "vfat");
	finds_nr(LOCATION_ESP, "", 0);
}

#define MIRROR	"/sys/dev/block/8:1"

/* The member that matches may be the first one, the last one, or the only one. */
static void each_member_of_a_mirror_counts(void **state)
{
	static const struct {
		const char *members[2], *match;
	} table[] = {
		{ { "sdx", "sdy" }, "/dev/sdx" },
		{ { "sdx", "sdy" }, "/dev/sdy" },
		{ { "sdz", "sdz" }, "/dev/sdz" },
	};
	char slaves[64], path[64];
	unsigned int i, j;

	(void)state;
	devices[1] = (struct device) { "/dev/md0", { "TYPE", "vfat" }, 0 };
	make_line(MIRROR "/md", "level", "raid1");
	finds_nr(LOCATION_PARTUUID, "12", 0);
	snprintf(slaves, sizeof(slaves), "%s" MIRROR "/slaves", top);
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		for (j = 0; j < 2; j++) {
			snprintf(path, sizeof(path), MIRROR "/slaves/%s",
				 table[i].members[j]);
			tree_make(top, path);
		}
		devices[3] = (struct device) { table[i].match, {
			"PART_ENTRY_UUID", "12", NULL }, 0 };
		finds(LOCATION_PARTUUID, "12", "/dev/md0", "vfat");
		assert_int_equal(tree_remove(slaves), 0);
	}
}

static void a_mirror_without_a_node(void **state)
{
	(void)state;
	devices[1] = (struct device) { "/dev/md0", { "TYPE", "vfat" }, 0 };
	devices[3] = (struct device) { "/dev/sdx", {
		"PART_ENTRY_UUID", "12", NULL }, 0 };
	make_line(MIRROR "/md", "level", "raid1");
	tree_make(top, MIRROR "/slaves/sdx");
	finds_nr(LOCATION_PARTUUID, "12", 1);
	stat_fails = true;
	finds_nr(LOCATION_PARTUUID, "12", 0);
}

static void nodes(void **state)
{
	char path[PATH_MAX] = "";

	(void)state;
	assert_true(disk_node(makedev(8, 2), path));
	assert_string_equal(path, "/dev/sda2");
	strcpy(path, "before");
	assert_false(disk_node(makedev(8, 7), path));
	assert_string_equal(path, "before");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(found_by_a_tag),
		TEST(types),
		TEST(several_of_a_name),
		TEST(more_than_there_is_room_for),
		TEST(boot_partitions_by_their_uuid),
		TEST(members),
		TEST(disks_that_cannot_be_read),
		TEST(no_sysfs),
		TEST(list_of_devices),
		TEST(list_of_holders),
		TEST(the_callback_ends_the_walk),
		TEST(mirrors),
		TEST(each_member_of_a_mirror_counts),
		TEST(a_mirror_without_a_node),
		TEST(nodes),
	};

	return cmocka_run_group_tests_name("blkid", tests, NULL, NULL);
}

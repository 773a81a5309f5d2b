// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * File systems of locations, on disks that come late, come twice or are mounted
 * already. The test imitates the disks and the mounts. Directories are real.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>
#include <cmocka.h>

#include "base/exit.h"
#include "base/interrupt.h"
#include "base/mount.h"
#include "base/rootdir.h"
#include "disk/blkid.h"
#include "disk/volume.h"
#include "guest/bootentry.h"
#include "errors.h"
#include "shared/macro.h"
#include "tree.h"

#define NEVER		1000u
#define DEVICE		makedev(8, 1)
#define OTHER_DEVICE	makedev(8, 2)
#define DISKS		4
#define EXT4_MAGIC	0xef53

/**
 * struct machine - the machine that the test imitates
 * @appears: number of the search that finds disks first
 * @nr: number of disks that it finds
 * @esps: ESPs that a search finds by their type and their PARTUUID; if there are
 *	any, @appears and @nr do not count
 * @gone: number of the search from which only the first ESP exists; 0: all
 *	exist
 * @find_err: result of disk_find()
 * @stops: number of the search after which a signal has come
 * @type: file system on the disk
 * @booted: PARTUUID of the partition that this boot came from, or NULL
 * @by_loader: the boot loader has named @booted
 * @late: number of the search that finds @booted first
 * @mounts: lines of mountinfo; NULL: it is not readable
 * @mount_err: result of a mount for writing
 * @read_err: result of a mount for reading
 * @fat: mounted file systems are FAT
 * @boot: disk_is() finds that the mounted partition is a boot partition
 * @mounted: PARTUUID of the mounted partition; NULL: any
 * @anonymous: directories are on no device
 * @no_node: the device has no node
 * @stat_fails: stat() fails
 * @fstat_fails: fstat() fails
 */
static struct machine {
	unsigned int appears;
	unsigned int nr;
	struct {
		const char *name, *uuid, *type;
	} esps[DISKS];
	unsigned int gone;
	int find_err;
	unsigned int stops;
	const char *type;
	const char *booted;
	bool by_loader;
	unsigned int late;
	const char *mounts;
	int mount_err;
	int read_err;
	bool fat;
	bool boot;
	const char *mounted;
	bool anonymous;
	bool no_node;
	bool stat_fails;
	bool fstat_fails;
} machine;

/**
 * struct calls - the calls of the tool
 * @looks: number of searches for disks
 * @sleeps: number of waits
 * @kind: kind of the last search
 * @tag: tag of the last search
 * @mounts: number of mounts
 * @writable: the last mount is for writing
 * @fs: type of the last mount
 * @source: disk of the last mount
 */
static struct calls {
	unsigned int looks;
	unsigned int sleeps;
	enum location_kind kind;
	char tag[LOCATION_TAG];
	unsigned int mounts;
	bool writable;
	char fs[DISK_TYPE];
	char source[DISK_NAME];
} calls;

static char top[] = "/tmp/volume.XXXXXX";
static struct messages messages;
static struct volumes volumes;
static unsigned int descriptors;

static void find_esps(enum location_kind kind, const char *tag,
		      struct disks *found)
{
	struct disk *disk;
	unsigned int i;

	found->nr = 0;
	for (i = 0; i < DISKS && machine.esps[i].name; i++) {
		if (i && machine.gone && calls.looks >= machine.gone)
			break;
		if (tag[0] && strcmp(tag, machine.esps[i].uuid))
			continue;
		if (machine.booted && calls.looks < machine.late &&
		    !strcmp(machine.booted, machine.esps[i].uuid))
			continue;
		assert_true(kind == LOCATION_ESP ||
			    (kind == LOCATION_PARTUUID && tag[0]));
		disk = &found->v[found->nr++];
		/* The rest of a buffer for text has any contents. */
		memset(disk, 'x', sizeof(*disk));
		snprintf(disk->name, sizeof(disk->name), "%s",
			 machine.esps[i].name);
		snprintf(disk->uuid, sizeof(disk->uuid), "%s",
			 machine.esps[i].uuid);
		snprintf(disk->type, sizeof(disk->type), "%s",
			 machine.esps[i].type);
	}
}

int __wrap_disk_find(enum location_kind kind, const char *tag,
		     struct disks *found);
int __wrap_disk_find(enum location_kind kind, const char *tag,
		     struct disks *found)
{
	unsigned int i;

	calls.looks++;
	calls.kind = kind;
	snprintf(calls.tag, sizeof(calls.tag), "%s", tag);
	assert_true(calls.looks < NEVER);
	if (machine.esps[0].name) {
		find_esps(kind, tag, found);
		return machine.find_err;
	}
	found->nr = calls.looks < machine.appears ? 0 : machine.nr;
	for (i = 0; i < found->nr && i < DISKS_MOST; i++) {
		memset(&found->v[i], 'x', sizeof(found->v[i]));
		strcpy(found->v[i].name, "/dev/vda9");
		strcpy(found->v[i].type, machine.type);
		snprintf(found->v[i].uuid, DISK_UUID, "a%u", i);
	}
	return machine.find_err;
}

int __wrap_usleep(useconds_t time);
int __wrap_usleep(useconds_t time)
{
	assert_in_range(time, 10000, 1000000);
	calls.sleeps++;
	return 0;
}

int __wrap_interrupt_seen(void);
int __wrap_interrupt_seen(void)
{
	return calls.looks >= machine.stops ? 15 : 0;
}

bool __wrap_disk_is(dev_t dev, enum location_kind kind, const char *uuid);
bool __wrap_disk_is(dev_t dev, enum location_kind kind, const char *uuid)
{
	assert_int_equal(dev, DEVICE);
	assert_true(kind == LOCATION_ESP || kind == LOCATION_XBOOTLDR);
	return machine.boot && (!uuid[0] || !machine.mounted ||
				!strcmp(uuid, machine.mounted));
}

bool __wrap_disk_node(dev_t dev, char *path);
bool __wrap_disk_node(dev_t dev, char *path)
{
	assert_int_equal(dev, DEVICE);
	strcpy(path, "/dev/node");
	return !machine.no_node;
}

int __wrap_bootentry_current(const char *root, struct bootentry *entry);
int __wrap_bootentry_current(const char *root, struct bootentry *entry)
{
	assert_null(root);
	*entry = (struct bootentry) { .by_loader = machine.by_loader };
	if (!machine.booted)
		return -ENOENT;
	snprintf(entry->uuid, sizeof(entry->uuid), "%s", machine.booted);
	return 0;
}

int __wrap_detached_mount(const char *type, const char *source, bool writable);
int __wrap_detached_mount(const char *type, const char *source, bool writable)
{
	int err = writable ? machine.mount_err : machine.read_err;

	snprintf(calls.source, sizeof(calls.source), "%s", source);
	calls.mounts++;
	calls.writable = writable;
	snprintf(calls.fs, sizeof(calls.fs), "%s", type);
	return err ? err : open(top, O_RDONLY | O_DIRECTORY);
}

/* Paths of the running system are below @top. */
int __real_root_open(const char *root, const char *path, int flags);
int __wrap_root_open(const char *root, const char *path, int flags);
int __wrap_root_open(const char *root, const char *path, int flags)
{
	return __real_root_open(root ? root : top, path, flags);
}

int __real_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st)
{
	char link[32], path[PATH_MAX];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path) - 1);
	path[len < 0 ? 0 : len] = '\0';
	if (__real_fstat(fd, st))
		return -1;
	st->st_dev = machine.anonymous ? makedev(0, 40) :
		     strstr(path, "covered") ? OTHER_DEVICE : DEVICE;
	return machine.fstat_fails ? -1 : 0;
}

int __wrap_stat(const char *path, struct stat *st);
int __wrap_stat(const char *path, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	st->st_rdev = strcmp(path, "/dev/vda9") ? makedev(8, 77) : DEVICE;
	return machine.stat_fails ? -1 : 0;
}

int __wrap_fstatfs(int fd, struct statfs *fs);
int __wrap_fstatfs(int fd, struct statfs *fs)
{
	struct stat st;

	if (__real_fstat(fd, &st))
		return -1;
	fs->f_type = machine.fat ? MSDOS_SUPER_MAGIC : EXT4_MAGIC;
	return 0;
}

FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode)
{
	int fd;

	assert_string_equal(path, "/proc/self/mountinfo");
	assert_string_equal(mode, "re");
	if (!machine.mounts)
		return NULL;
	fd = memfd_create("mountinfo", 0);
	assert_true(dprintf(fd, "%s", machine.mounts) > 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fdopen(fd, "r");
}

static void make_directory(const char *path)
{
	char name[PATH_MAX];

	snprintf(name, sizeof(name), "%s%s", top, path);
	assert_false(mkdir(name, 0755));
}

static void make_file(const char *path)
{
	char name[PATH_MAX];
	int fd;

	snprintf(name, sizeof(name), "%s%s", top, path);
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0644);
	assert_true(fd >= 0);
	close(fd);
}

static void make_link(const char *path, const char *target)
{
	char name[PATH_MAX];

	snprintf(name, sizeof(name), "%s%s", top, path);
	assert_false(symlink(target, name));
}

/* Most tests have one disk with ext4, which is not mounted. */
static int set_up(void **state)
{
	(void)state;
	machine = (struct machine) {
		.nr = 1, .stops = NEVER, .type = "ext4",
		.mounts = "21 1 8:5 / / rw - ext4 /dev/sda5 rw\n",
	};
	memset(&calls, 0, sizeof(calls));
	memset(&volumes, 0, sizeof(volumes));
	messages_keep(&messages);
	strcpy(top, "/tmp/volume.XXXXXX");
	if (!mkdtemp(top))
		return -1;
	make_file("/fw.igvm");
	descriptors = tree_count_descriptors();
	return 0;
}

/* No descriptor may stay open. */
static int tear_down(void **state)
{
	(void)state;
	volume_close_all(&volumes);
	assert_int_equal(volumes.nr, 0);
	assert_int_equal(tree_count_descriptors(), descriptors);
	messages_free(&messages);
	return tree_remove(top);
}

static struct location location_of(const char *words)
{
	struct location location;

	assert_true(location_parse(&location, words));
	return location;
}

/*
 * Open the file system of a location, and expect an exit code. Return its top
 * directory, or NULL.
 */
static const char *open_as(const char *words, enum vmfw_exit code)
{
	struct location location = location_of(words);
	const char *path = NULL;

	assert_int_equal(volume_top(&volumes, &messages, &location, &path),
			 code);
	assert_int_equal(!messages.nr, !code);
	return path;
}

/* Make disks A and B, each with an ESP that is not mounted. */
static void two_esps(void)
{
	machine.fat = true;
	machine.esps[0].name = "/dev/vda1";
	machine.esps[0].uuid = "aa";
	machine.esps[0].type = "vfat";
	machine.esps[1].name = "/dev/vdb1";
	machine.esps[1].uuid = "bb";
	machine.esps[1].type = "vfat";
}

static void late_disk(void **state)
{
	(void)state;
	volumes.wait = true;
	machine.appears = 4;
	assert_string_equal(open_as("LABEL=a:/fw.igvm", VMFW_EXIT_OK),
			    "LABEL=a:");
	assert_int_equal(calls.looks, 4);
	assert_int_equal(calls.sleeps, 3);
	assert_int_equal(calls.mounts, 1);
}

static void no_disk(void **state)
{
	(void)state;
	machine.appears = NEVER;
	open_as("LABEL=a:/fw.igvm", VMFW_EXIT_SOURCE);
	expect_error(&messages, "LABEL=a");
	assert_true(volumes.absent);
	assert_int_equal(calls.looks, 1);
	assert_int_equal(calls.sleeps, 0);
	assert_int_equal(calls.mounts, 0);
	assert_int_equal(volumes.nr, 0);
	/* A signal ends the wait. */
	volumes.wait = true;
	machine.stops = 4;
	open_as("UUID=b:/fw.igvm", VMFW_EXIT_SOURCE);
	expect_error(&messages, "UUID=b");
	assert_int_equal(calls.looks, 4);
	assert_int_equal(calls.sleeps, 2);
	assert_int_equal(volumes.nr, 0);
}

/* If the search fails, waiting does not help. */
static void disks_in_error(void **state)
{
	(void)state;
	volumes.wait = true;
	machine.appears = NEVER;
	machine.find_err = -EACCES;
	open_as("PARTUUID=c:/fw.igvm", VMFW_EXIT_SYSTEM);
	expect_error(&messages, "ermission denied");
	assert_int_equal(calls.looks, 1);
	two_esps();
	machine.booted = "cc";
	machine.by_loader = true;
	open_as("ESP:/fw.igvm", VMFW_EXIT_SYSTEM);
	expect_error(&messages, "ermission denied");
	assert_int_equal(calls.looks, 2);
	assert_int_equal(calls.mounts, 0);
}

static void several_disks(void **state)
{
	static const struct {
		const char *words, *name;
	} places[] = {
		{ "ESP:/a", "EFI system partition" },
		{ "XBOOTLDR:/a", "XBOOTLDR partition" },
		{ "LABEL=b:/a", "LABEL=b" },
		{ "UUID=c:/a", "UUID=c" },
		{ "PARTUUID=d:/a", "PARTUUID=d" },
	};
	size_t i;

	(void)state;
	volumes.wait = true;
	machine.nr = 2;
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		open_as(places[i].words, VMFW_EXIT_SOURCE);
		assert_non_null(strstr(messages_first_error(&messages),
				       "more than one"));
		expect_error(&messages, places[i].name);
		assert_false(volumes.absent);
	}
	assert_int_equal(calls.sleeps, 0);
	assert_int_equal(calls.mounts, 0);
	/* The message names only disks that the search has listed: DISKS_MOST. */
	for (i = 0; i < 2; i++) {
		machine.nr = DISKS_MOST + i;
		open_as("ESP:/a", VMFW_EXIT_SOURCE);
		expect_error(&messages, "/dev/vda9 (PARTUUID=a7); name one by PARTUUID=");
	}
	/* If there is no disk, the message does not mention several. */
	volumes.wait = false;
	machine.nr = 0;
	open_as("ESP:/a", VMFW_EXIT_SOURCE);
	assert_null(strstr(messages_first_error(&messages), "more than one"));
	expect_error(&messages, "EFI system partition");
}

static void esp_is_on(const char *disk)
{
	unsigned int mounts = calls.mounts;

	assert_string_equal(open_as("ESP:/fw.igvm", VMFW_EXIT_OK), "ESP:");
	assert_int_equal(calls.mounts, mounts + 1);
	assert_string_equal(calls.source, disk);
	volume_close_all(&volumes);
}

/* If several disks have an ESP, that of this boot counts. */
static void esp_of_this_boot(void **state)
{
	(void)state;
	two_esps();
	machine.by_loader = true;
	machine.booted = "bb";
	esp_is_on("/dev/vdb1");
	/*
	 * The partition that a boot loader names need not have the type of an
	 * ESP.
	 */
	assert_int_equal(calls.kind, LOCATION_PARTUUID);
	machine.booted = "aa";
	esp_is_on("/dev/vda1");
	machine.by_loader = false;
	esp_is_on("/dev/vda1");
	assert_int_equal(calls.kind, LOCATION_ESP);
	machine.booted = "bb";
	esp_is_on("/dev/vdb1");
}

/* The partition of this boot matters only for a location on the ESP. */
static void esp_of_this_boot_and_others(void **state)
{
	(void)state;
	machine.type = "vfat";
	machine.fat = true;
	machine.booted = "12-34";
	machine.by_loader = true;
	open_as("XBOOTLDR:/fw.igvm", VMFW_EXIT_OK);
	assert_int_equal(calls.kind, LOCATION_XBOOTLDR);
	assert_string_equal(calls.tag, "");
	open_as("LABEL=a:/fw.igvm", VMFW_EXIT_OK);
	assert_int_equal(calls.kind, LOCATION_LABEL);
	assert_string_equal(calls.tag, "a");
}

static void esps_that_cannot_be_told_apart(void **state)
{
	(void)state;
	two_esps();
	open_as("ESP:/fw.igvm", VMFW_EXIT_SOURCE);
	expect_error(&messages, "there is more than one EFI system partition: "
		     "/dev/vda1 (PARTUUID=aa), /dev/vdb1 (PARTUUID=bb); name one "
		     "by PARTUUID=, or detach the others");
	/*
	 * One disk is a copy of the other, so the PARTUUID cannot tell them
	 * apart.
	 */
	machine.esps[1].uuid = "AA";
	open_as("ESP:/fw.igvm", VMFW_EXIT_SOURCE);
	expect_error(&messages, "more than one EFI system partition, not all with their own "
		     "PARTUUID: /dev/vda1 (PARTUUID=aa), /dev/vdb1 (PARTUUID=AA); detach all but one");
	machine.esps[1].uuid = "aa";
	machine.booted = "aa";
	open_as("ESP:/fw.igvm", VMFW_EXIT_SOURCE);
	expect_error(&messages, "not all with their own PARTUUID");
	machine.esps[0].uuid = "";
	machine.booted = NULL;
	open_as("ESP:/fw.igvm", VMFW_EXIT_SOURCE);
	expect_error(&messages, "not all with their own PARTUUID: /dev/vda1, "
		     "/dev/vdb1 (PARTUUID=aa); detach all but one");
	assert_int_equal(calls.mounts, 0);
}

/* A message names as many disks as it has room for. */
static void disks_with_long_names(void **state)
{
	static char names[DISKS][200];
	unsigned int i;

	(void)state;
	for (i = 0; i < DISKS; i++) {
		memset(names[i], 'a' + i, sizeof(names[i]) - 1);
		machine.esps[i].name = names[i];
		machine.esps[i].uuid = "";
		machine.esps[i].type = "vfat";
	}
	open_as("ESP:/fw.igvm", VMFW_EXIT_SOURCE);
	for (i = 0; i < 2; i++)
		assert_non_null(strstr(messages_first_error(&messages),
				       names[i]));
	assert_null(strstr(messages_first_error(&messages), names[3]));
	expect_error(&messages, "; detach all but one");
}

/* If the firmware names a partition that is gone, the only ESP counts. */
static void esp_of_this_boot_is_gone(void **state)
{
	(void)state;
	two_esps();
	machine.booted = "cc";
	open_as("ESP:/fw.igvm", VMFW_EXIT_SOURCE);
	expect_error(&messages, "more than one EFI system partition");
	machine.esps[1].name = NULL;
	esp_is_on("/dev/vda1");
	/* If the boot loader names a partition, no other partition counts. */
	machine.by_loader = true;
	open_as("ESP:/fw.igvm", VMFW_EXIT_SOURCE);
	expect_error(&messages, "there is no partition PARTUUID=cc");
	assert_false(volumes.absent);
}

/*
 * If the disk of this boot comes late, the tool must not use another ESP in the
 * meantime.
 */
static void esp_of_this_boot_is_late(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		memset(&calls, 0, sizeof(calls));
		two_esps();
		volumes.wait = true;
		machine.by_loader = i;
		machine.booted = "bb";
		machine.late = 4;
		esp_is_on("/dev/vdb1");
		assert_int_equal(calls.looks, 4);
		assert_int_equal(calls.sleeps, 3);
	}
	/* If the disk never comes, another ESP counts, but only after 5 seconds. */
	memset(&calls, 0, sizeof(calls));
	machine.late = NEVER;
	machine.by_loader = false;
	esp_is_on("/dev/vda1");
	assert_int_equal(calls.sleeps, 49);
	/*
	 * For a partition that the boot loader names, the tool waits until a
	 * signal comes.
	 */
	memset(&calls, 0, sizeof(calls));
	machine.by_loader = true;
	machine.stops = 80;
	open_as("ESP:/fw.igvm", VMFW_EXIT_SOURCE);
	expect_error(&messages, "there is no partition PARTUUID=bb");
	assert_int_equal(calls.looks, 80);
}

/*
 * The tool cannot mount the members of a mirror that is not assembled. It does not use
 * another ESP instead.
 */
static void mirror_that_is_not_assembled(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		two_esps();
		machine.esps[0].type = "linux_raid_member";
		machine.esps[1].type = i == 2 ? "vfat" : "linux_raid_member";
		machine.booted = i ? "aa" : NULL;
		machine.by_loader = i == 1;
		open_as("ESP:/fw.igvm", VMFW_EXIT_SOURCE);
		expect_error(&messages, "this partition belongs to a RAID that is "
			     "not assembled; assemble it (mdadm --assemble --scan)");
		assert_false(volumes.absent);
	}
	assert_int_equal(calls.mounts, 0);
	/* If the caller allows a wait, the tool waits for the mirror. */
	memset(&calls, 0, sizeof(calls));
	volumes.wait = true;
	machine.stops = 6;
	open_as("ESP:/fw.igvm", VMFW_EXIT_SOURCE);
	assert_true(calls.sleeps >= 2);
	/* Finding the disk of the ESP needs no mount. */
	volumes.wait = false;
	assert_int_equal(volume_device(&volumes, &messages,
				       &(struct location) { .kind = LOCATION_ESP },
				       (char [PATH_MAX]) { 0 }), VMFW_EXIT_OK);
}

/* If the search cannot list all disks, it leaves out no members. */
static void as_many_members_as_a_search_lists(void **state)
{
	(void)state;
	machine.type = "linux_raid_member";
	machine.nr = DISKS_MOST;
	open_as("ESP:/fw.igvm", VMFW_EXIT_SOURCE);
	expect_error(&messages, "this partition belongs to a RAID");
	machine.nr = DISKS_MOST + 1;
	open_as("ESP:/fw.igvm", VMFW_EXIT_SOURCE);
	expect_error(&messages, "more than one EFI system partition");
}

/* A member that the last search did not find does not count. */
static void member_that_disappears(void **state)
{
	(void)state;
	two_esps();
	machine.esps[1].type = "linux_raid_member";
	machine.gone = 2;
	volumes.wait = true;
	esp_is_on("/dev/vda1");
	assert_int_equal(calls.looks, 2);
	/* If the boot came from it, the tool waits for it before it uses another ESP. */
	memset(&calls, 0, sizeof(calls));
	machine.gone = 3;
	machine.booted = "bb";
	esp_is_on("/dev/vda1");
	assert_int_equal(calls.sleeps, 49);
	memset(&calls, 0, sizeof(calls));
	machine.gone = 2;
	machine.stops = 2;
	open_as("PARTUUID=bb:/fw.igvm", VMFW_EXIT_SOURCE);
	expect_error(&messages, "there is no partition PARTUUID=bb");
	assert_true(volumes.absent);
}

/* This boot came from a member that md has left out of the mirror. */
static void part_that_the_mirror_lacks(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		two_esps();
		machine.esps[0].type = "linux_raid_member";
		machine.esps[1].name = "/dev/md0";
		machine.esps[1].uuid = "";
		machine.booted = i ? "aa" : NULL;
		machine.by_loader = i == 1;
		esp_is_on("/dev/md0");
	}
	/*
	 * A location by PARTUUID names the member itself, which cannot be
	 * mounted. But another disk can have the same PARTUUID.
	 */
	machine.esps[1].uuid = "aa";
	open_as("PARTUUID=aa:/fw.igvm", VMFW_EXIT_OK);
	assert_string_equal(calls.source, "/dev/md0");
	volume_close_all(&volumes);
	machine.esps[1].name = NULL;
	open_as("PARTUUID=aa:/fw.igvm", VMFW_EXIT_SOURCE);
	expect_error(&messages, "/dev/vda1: this partition belongs to a RAID");
}

/* The ESP of disk A is mounted at /efi. */
static void mounted_esp_and_that_of_this_boot(void **state)
{
	unsigned int i;

	(void)state;
	make_directory("/efi");
	for (i = 0; i < 2; i++) {
		two_esps();
		machine.boot = true;
		machine.mounted = "aa";
		machine.by_loader = i;
		machine.booted = "aa";
		assert_string_equal(open_as("ESP:/fw.igvm", VMFW_EXIT_OK),
				    "/efi");
		volume_close_all(&volumes);
		machine.booted = "bb";
		esp_is_on("/dev/vdb1");
		/*
		 * The mounted ESP counts if that of this boot does not exist, or if no
		 * variable names one.
		 */
		machine.booted = "cc";
		assert_string_equal(open_as("ESP:/fw.igvm", VMFW_EXIT_OK),
				    "/efi");
		volume_close_all(&volumes);
		machine.booted = NULL;
		assert_string_equal(open_as("ESP:/fw.igvm", VMFW_EXIT_OK),
				    "/efi");
		volume_close_all(&volumes);
	}
}

static void boot_directories_are_mounted(void **state)
{
	(void)state;
	machine.fat = true;
	machine.boot = true;
	make_directory("/boot");
	make_directory("/boot/efi");
	assert_string_equal(open_as("ESP:/fw.igvm", VMFW_EXIT_OK), "/boot");
	volume_close_all(&volumes);
	make_directory("/efi");
	assert_string_equal(open_as("ESP:/fw.igvm", VMFW_EXIT_OK), "/efi");
	assert_string_equal(open_as("XBOOTLDR:/fw.igvm", VMFW_EXIT_OK),
			    "/efi");
	assert_int_equal(calls.looks, 0);
	assert_int_equal(volumes.nr, 2);
}

/* In each turn, the mounted directory differs from a boot partition in one respect. */
static void boot_directories_of_something_else(void **state)
{
	const struct machine mounted = { .fat = true, .boot = true,
					 .stops = NEVER };
	unsigned int i;

	(void)state;
	make_directory("/efi");
	make_directory("/efi/EFI");
	for (i = 0; i < 4; i++) {
		machine = mounted;
		machine.fat = i != 0;
		machine.boot = i != 1;
		machine.anonymous = i == 2;
		machine.fstat_fails = i == 3;
		open_as("ESP:/fw.igvm", VMFW_EXIT_SOURCE);
		expect_error(&messages, "EFI system partition");
		assert_int_equal(calls.looks, i + 1);
	}
	/* For another kind of location, the tool does not look at /efi. */
	machine = mounted;
	open_as("LABEL=a:/fw.igvm", VMFW_EXIT_SOURCE);
	assert_int_equal(calls.looks, 5);
}

static void another_root(void **state)
{
	char expected[PATH_MAX], deep[PATH_MAX];

	(void)state;
	volumes.root = top;
	volumes.wait = true;
	open_as("ESP:/fw.igvm", VMFW_EXIT_SOURCE);
	expect_error(&messages, "EFI system partition");
	assert_true(volumes.absent);
	make_directory("/efi");
	make_directory("/real");
	make_link("/efi/EFI", "/real");
	open_as("ESP:/fw.igvm", VMFW_EXIT_SOURCE);
	expect_error(&messages, top);
	make_directory("/boot");
	make_directory("/boot/EFI");
	open_as("XBOOTLDR:/fw.igvm", VMFW_EXIT_SOURCE);
	expect_error(&messages, "XBOOTLDR partition");
	open_as("LABEL=a:/fw.igvm", VMFW_EXIT_SOURCE);
	/* Without a search, the file system may be there. */
	expect_error(&messages, "cannot look for the file system LABEL=a below another root");
	assert_false(volumes.absent);
	open_as("XBOOTLDR:/fw.igvm", VMFW_EXIT_SOURCE);
	expect_error(&messages, "XBOOTLDR partition");
	assert_true(volumes.absent);
	snprintf(expected, sizeof(expected), "%s/boot", top);
	/* Below another root, any file system counts. */
	assert_string_equal(open_as("ESP:/fw.igvm", VMFW_EXIT_OK), expected);
	assert_false(volumes.absent);
	assert_string_equal(open_as("ESP:/fw.igvm", VMFW_EXIT_OK), expected);
	volume_close_all(&volumes);
	/* No path of a file below this root fits. */
	memset(deep, '/', sizeof(deep));
	strcpy(deep + sizeof(deep) - 4 - strlen(top), top);
	volumes.root = deep;
	open_as("ESP:/fw.igvm", VMFW_EXIT_SOURCE);
	expect_error(&messages, "EFI system partition");
	/* The tool does not search the disks, which belong to this machine. */
	assert_int_equal(calls.looks, 0);
}

/* The ESP below another root need not be that of this boot. */
static void esp_of_another_root(void **state)
{
	char expected[PATH_MAX];
	unsigned int i;

	(void)state;
	volumes.root = top;
	make_directory("/efi");
	snprintf(expected, sizeof(expected), "%s/efi", top);
	for (i = 0; i < 2; i++) {
		two_esps();
		machine.boot = true;
		machine.mounted = "aa";
		machine.booted = "bb";
		machine.by_loader = i;
		assert_string_equal(open_as("ESP:/fw.igvm", VMFW_EXIT_OK),
				    expected);
		volume_close_all(&volumes);
	}
	assert_int_equal(calls.looks, 0);
}

static void mounted_already(void **state)
{
	(void)state;
	make_directory("/mnt");
	make_directory("/mnt/a1 b\\7");
	make_directory("/covered");
	machine.mounts =
		"21 1 8:5 / / rw - ext4 /dev/sda5 rw\n"
		"22 1 8:2 / /mnt rw - ext4 /dev/vda2 rw\n"
		"23 1 8:1 /sub /mnt rw - ext4 /dev/vda9 rw\n"
		"nothing\n"
		"24 1 8:1 / /gone rw - ext4 /dev/vda9 rw\n"
		"25 1 8:1 / /covered rw - ext4 /dev/vda9 rw\n"
		"26 1 8:1 / /mnt/a1\\040b\\1347 rw - ext4 /dev/vda9 rw\n"
		"27 1 8:1 / /mnt rw - ext4 /dev/vda9 rw\n";
	assert_string_equal(open_as("LABEL=a:/fw.igvm", VMFW_EXIT_OK),
			    "/mnt/a1 b\\7");
	assert_int_equal(calls.mounts, 0);
	/*
	 * Without the number of the device or mountinfo, the tool mounts the file
	 * system for this process.
	 */
	machine.stat_fails = true;
	assert_string_equal(open_as("LABEL=c:/fw.igvm", VMFW_EXIT_OK),
			    "LABEL=c:");
	assert_int_equal(calls.mounts, 1);
	machine.stat_fails = false;
	machine.mounts = NULL;
	assert_string_equal(open_as("LABEL=b:/fw.igvm", VMFW_EXIT_OK),
			    "LABEL=b:");
	assert_int_equal(calls.mounts, 2);
}

static void mounted_for_this_process(void **state)
{
	(void)state;
	assert_string_equal(open_as("LABEL=a:/fw.igvm", VMFW_EXIT_OK),
			    "LABEL=a:");
	assert_string_equal(calls.fs, "ext4");
	assert_false(calls.writable);
	volumes.writable = true;
	assert_string_equal(open_as("UUID=b:/fw.igvm", VMFW_EXIT_OK),
			    "UUID=b:");
	assert_true(calls.writable);
	assert_int_equal(calls.mounts, 2);
}

/* The tool mounts a write-protected disk for reading. Any other failure is an error. */
static void mounts_that_fail(void **state)
{
	(void)state;
	volumes.writable = true;
	machine.mount_err = -EROFS;
	open_as("LABEL=a:/fw.igvm", VMFW_EXIT_OK);
	assert_false(calls.writable);
	assert_int_equal(calls.mounts, 2);
	machine.mount_err = -EACCES;
	open_as("LABEL=b:/fw.igvm", VMFW_EXIT_OK);
	assert_false(calls.writable);
	assert_int_equal(calls.mounts, 4);
	machine.mount_err = -EINVAL;
	open_as("LABEL=c:/fw.igvm", VMFW_EXIT_SYSTEM);
	assert_int_equal(calls.mounts, 5);
	assert_non_null(strstr(messages_first_error(&messages), "ext4"));
	expect_error(&messages, strerror(EINVAL));
	/* If a mount for reading fails, the tool does not try again. */
	volumes.writable = false;
	machine.read_err = -EROFS;
	machine.type = "";
	open_as("LABEL=d:/fw.igvm", VMFW_EXIT_SYSTEM);
	assert_int_equal(calls.mounts, 6);
	assert_non_null(strstr(messages_first_error(&messages),
			       "/dev/vda9: cannot mount this disk (unknown type)"));
	expect_error(&messages, strerror(EROFS));
	assert_int_equal(volumes.nr, 2);
}

/* A boot partition must have FAT. */
static void boot_partitions_are_fat(void **state)
{
	struct location location = location_of("LABEL=a:/fw.igvm");
	const char *path;

	(void)state;
	open_as("ESP:/fw.igvm", VMFW_EXIT_SYSTEM);
	expect_error(&messages, "ext4");
	machine.type = "";
	open_as("ESP:/fw.igvm", VMFW_EXIT_SYSTEM);
	expect_error(&messages, "must be vfat, but is unknown");
	machine.type = "ext4";
	open_as("XBOOTLDR:/fw.igvm", VMFW_EXIT_SYSTEM);
	expect_error(&messages, "/dev/vda9");
	location.fat = true;
	assert_int_equal(volume_top(&volumes, &messages, &location, &path),
			 VMFW_EXIT_SYSTEM);
	expect_error(&messages, "vfat");
	assert_int_equal(calls.mounts, 0);
	/*
	 * Another location can have any file system, unless a later caller
	 * requires FAT.
	 */
	open_as("LABEL=a:/fw.igvm", VMFW_EXIT_OK);
	assert_int_equal(volume_top(&volumes, &messages, &location, &path),
			 VMFW_EXIT_SYSTEM);
	expect_error(&messages, "vfat");
	machine.fat = true;
	assert_int_equal(volume_top(&volumes, &messages, &location, &path),
			 VMFW_EXIT_OK);
	assert_int_equal(calls.mounts, 1);
	/* libblkid finds vfat, but the mounted file system is not FAT. */
	machine.fat = false;
	machine.type = "vfat";
	open_as("ESP:/fw.igvm", VMFW_EXIT_SYSTEM);
}

static void opened_once(void **state)
{
	static const char *const places[VOLUMES] = {
		"LABEL=a:/b", "LABEL=c:/b", "UUID=a:/b", "PARTUUID=a:/b",
		"PARTUUID=b:/b", "PARTUUID=c:/b", "PARTUUID=d:/b", "UUID=c:/b",
	};
	unsigned int i;

	(void)state;
	assert_string_equal(open_as("/fw.igvm", VMFW_EXIT_OK), "");
	assert_int_equal(volumes.nr, 0);
	for (i = 0; i < VOLUMES; i++) {
		open_as(places[i], VMFW_EXIT_OK);
		assert_int_equal(volumes.nr, i + 1);
		assert_int_equal(calls.mounts, i + 1);
	}
	for (i = 0; i < VOLUMES; i++)
		open_as(places[i], VMFW_EXIT_OK);
	assert_int_equal(calls.mounts, VOLUMES);
	open_as("LABEL=e:/b", VMFW_EXIT_SYSTEM);
	assert_int_equal(calls.looks, VOLUMES);
	assert_int_equal(volumes.nr, VOLUMES);
}

static int open_path(const char *path)
{
	int fd = volume_open(&volumes, path, O_RDONLY);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

static void paths_stay_below(void **state)
{
	(void)state;
	make_directory("/sub");
	make_file("/sub/file");
	make_file("/-file");
	make_link("/link", "fw.igvm");
	open_as("LABEL=a:/fw.igvm", VMFW_EXIT_OK);
	open_as("LABEL=b:/fw.igvm", VMFW_EXIT_OK);
	assert_int_equal(open_path("LABEL=a:/fw.igvm"), 0);
	assert_int_equal(open_path("LABEL=b:/sub/file"), 0);
	assert_int_equal(open_path("LABEL=a:"), 0);
	assert_int_equal(open_path("LABEL=a:/link"), -ELOOP);
	assert_int_equal(open_path("LABEL=a:/none"), -ENOENT);
	assert_int_equal(open_path("LABEL=a:fw.igvm"), -ENOENT);
	assert_int_equal(open_path("LABEL=a:-file"), -ENOENT);
	assert_int_equal(open_path("LABEL=c:/fw.igvm"), -ENOENT);
	/* On the running system, the tool follows links. */
	assert_int_equal(open_path("/link"), 0);
	assert_int_equal(volume_open(NULL, "LABEL=a:/fw.igvm", O_RDONLY),
			 -ENOENT);
}

/* Another file system may be mounted below. */
static void paths_on_a_mount_below(void **state)
{
	(void)state;
	open_as("LABEL=a:/fw.igvm", VMFW_EXIT_OK);
	close(volumes.volumes[0].fd);
	volumes.volumes[0].fd = open("/", O_RDONLY | O_DIRECTORY);
	assert_true(volumes.volumes[0].fd >= 0);
	assert_int_equal(open_path("LABEL=a:/proc/version"), 0);
}

static void paths_of_another_root(void **state)
{
	char path[PATH_MAX + 16];

	(void)state;
	volumes.root = "/tmp";
	make_link("/away", "/fw.igvm");
	snprintf(path, sizeof(path), "%s/fw.igvm", top);
	/*
	 * A path below the root is a file of that root. Any other path belongs
	 * to the running system.
	 */
	assert_int_equal(open_path(path), 0);
	snprintf(path, sizeof(path), "%s/away", top);
	assert_int_equal(open_path(path), -ENOENT);
	assert_int_equal(open_path("/fw.igvm"), 0);
	assert_int_equal(open_path("/tmpfw.igvm"), -ENOENT);
}

static void paths_of_locations(void **state)
{
	struct location location = location_of("LABEL=a:/fw.igvm");
	char path[PATH_MAX], deep[PATH_MAX];

	(void)state;
	assert_int_equal(volume_path(&volumes, &messages, &location, path),
			 VMFW_EXIT_OK);
	assert_string_equal(path, "LABEL=a:/fw.igvm");
	assert_int_equal(open_path(path), 0);
	machine.nr = 0;
	location = location_of("LABEL=b:/fw.igvm");
	assert_int_equal(volume_path(&volumes, &messages, &location, path),
			 VMFW_EXIT_SOURCE);
	expect_error(&messages, "LABEL=b");
	/* The path of the root is so long that /fw.igvm does not fit after it. */
	memset(deep, 'a', sizeof(deep));
	deep[sizeof(deep) - 4] = '\0';
	volumes.root = deep;
	location = location_of("/fw.igvm");
	assert_int_equal(volume_path(&volumes, &messages, &location, path),
			 VMFW_EXIT_SYSTEM);
	expect_error(&messages, strerror(ENAMETOOLONG));
}

static void device_as(const char *words, enum vmfw_exit code, const char *node)
{
	struct location location = location_of(words);
	char path[PATH_MAX] = "";

	assert_int_equal(volume_device(&volumes, &messages, &location, path),
			 code);
	assert_string_equal(path, node);
}

static void devices(void **state)
{
	(void)state;
	device_as("LABEL=a:/b", VMFW_EXIT_OK, "/dev/vda9");
	assert_int_equal(calls.mounts, 0);
	machine.fat = true;
	machine.boot = true;
	make_directory("/efi");
	device_as("ESP:/b", VMFW_EXIT_OK, "/dev/node");
	assert_int_equal(calls.looks, 1);
	device_as("XBOOTLDR:/b", VMFW_EXIT_OK, "/dev/vda9");
	machine.no_node = true;
	device_as("ESP:/b", VMFW_EXIT_OK, "/dev/vda9");
	assert_int_equal(calls.looks, 3);
	machine.nr = 0;
	device_as("LABEL=a:/b", VMFW_EXIT_SOURCE, "");
	expect_error(&messages, "LABEL=a");
	volumes.root = top;
	device_as("LABEL=a:/b", VMFW_EXIT_SOURCE, "");
	expect_error(&messages, " below another root: disks belong to this machine");
	assert_int_equal(calls.looks, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(late_disk),
		TEST(no_disk),
		TEST(disks_in_error),
		TEST(several_disks),
		TEST(esp_of_this_boot),
		TEST(esp_of_this_boot_and_others),
		TEST(esps_that_cannot_be_told_apart),
		TEST(disks_with_long_names),
		TEST(esp_of_this_boot_is_gone),
		TEST(esp_of_this_boot_is_late),
		TEST(mirror_that_is_not_assembled),
		TEST(as_many_members_as_a_search_lists),
		TEST(member_that_disappears),
		TEST(part_that_the_mirror_lacks),
		TEST(mounted_esp_and_that_of_this_boot),
		TEST(boot_directories_are_mounted),
		TEST(boot_directories_of_something_else),
		TEST(another_root),
		TEST(esp_of_another_root),
		TEST(mounted_already),
		TEST(mounted_for_this_process),
		TEST(mounts_that_fail),
		TEST(boot_partitions_are_fat),
		TEST(opened_once),
		TEST(paths_stay_below),
		TEST(paths_on_a_mount_below),
		TEST(paths_of_another_root),
		TEST(paths_of_locations),
		TEST(devices),
	};

	return cmocka_run_group_tests_name("volume", tests, NULL, NULL);
}

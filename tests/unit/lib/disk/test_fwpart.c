// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Partitions for firmware: their contents, the names of disks, and disks that come late
 * or are not readable. Disks are files. The test imitates their nodes and sysfs.
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
#include <unistd.h>
#include <blkid/blkid.h>
#include <libfdisk/libfdisk.h>
#include <cmocka.h>

#include "base/exit.h"
#include "base/interrupt.h"
#include "base/rootdir.h"
#include "disk/blkid.h"
#include "disk/fwpart.h"
#include "shared/bytes.h"
#include "errors.h"
#include "shared/macro.h"
#include "tree.h"

#define BLOCK		512u
#define DISK_SIZE	(4 * MIB)
#define FIRST		2048u
#define BLOCKS		64u
#define NEVER		1000u
#define LINUX		"0fc63daf-8483-4772-8e79-3d69d8477de4"
#define UUID		"11111111-2222-4333-8444-55555555555"
#define IMAGE		4096u

/**
 * struct node - a block device
 * @path: path of its node
 * @whole: minor number of its disk, which is also the index of that disk
 * @partition: line of the file "partition" in sysfs, or NULL
 * @map: UUID of its map of device-mapper, or NULL
 * @disk: descriptor of its contents
 * @err: errno value of opening it, or 0
 */
struct node {
	const char *path;
	unsigned int whole;
	const char *partition;
	const char *map;
	int disk;
	int err;
};

/**
 * struct machine - the machine that the test imitates
 * @nodes: its block devices
 * @nr: number of @nodes
 * @each_err: result of disk_each()
 * @appears: number of the search that finds the disks first
 * @looks: number of searches so far
 * @stops: number of the search after which a signal has come
 * @sleeps: number of waits
 * @device_code: result of volume_device()
 * @esp: the node that volume_device() returns
 * @asked: the location that volume_device() got
 * @forgotten: number of ranges that the cache dropped
 * @no_memory: allocations for partitions fail
 * @bad: byte of a disk that the tool cannot read
 * @lacks: word for an object that libblkid does not return, or NULL
 */
static struct machine {
	struct node nodes[6];
	unsigned int nr;
	int each_err;
	unsigned int appears;
	unsigned int looks;
	unsigned int stops;
	unsigned int sleeps;
	enum vmfw_exit device_code;
	const char *esp;
	struct location asked;
	unsigned int forgotten;
	bool no_memory;
	off_t bad;
	const char *lacks;
} machine;

static int disk, plain, other_disk;
static char disk_path[32];
static struct messages messages;
static struct volumes volumes;
static unsigned int descriptors;

static const struct node *find_node(const char *path)
{
	unsigned int i;

	for (i = 0; i < machine.nr; i++)
		if (!strcmp(machine.nodes[i].path, path))
			return &machine.nodes[i];
	return NULL;
}

int __real_stat(const char *path, struct stat *st);
int __wrap_stat(const char *path, struct stat *st);
int __wrap_stat(const char *path, struct stat *st)
{
	const struct node *node = find_node(path);

	if (!node)
		return __real_stat(path, st);
	memset(st, 0, sizeof(*st));
	st->st_mode = S_IFBLK;
	st->st_rdev = makedev(8, node - machine.nodes);
	return 0;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
	const struct node *node = find_node(path);
	char link[32];

	if (!node)
		return __real_open(path, flags);
	/* Opening must not wait for a medium. */
	assert_int_equal(flags, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (node->err) {
		errno = node->err;
		return -1;
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%d", node->disk);
	return __real_open(link, flags);
}

int __wrap_blkid_devno_to_wholedisk(dev_t dev, char *name, size_t len,
				    dev_t *whole);
int __wrap_blkid_devno_to_wholedisk(dev_t dev, char *name, size_t len,
				    dev_t *whole)
{
	const struct node *node = &machine.nodes[minor(dev)];

	assert_int_equal(major(dev), 8);
	if (node->whole >= machine.nr)
		return -1;
	*whole = makedev(8, node->whole);
	/* The name without "/dev/". */
	snprintf(name, len, "%s", machine.nodes[node->whole].path + 5);
	return 0;
}

int __wrap_root_read_line(const char *root, const char *path, char *buf,
			  size_t size);
int __wrap_root_read_line(const char *root, const char *path, char *buf,
			  size_t size)
{
	const char *line = NULL;
	unsigned int number;
	char what[32];

	assert_null(root);
	assert_int_equal(sscanf(path, "/sys/dev/block/8:%u/%31s", &number,
				what), 2);
	if (!strcmp(what, "partition"))
		line = machine.nodes[number].partition;
	else if (!strcmp(what, "dm/uuid"))
		line = machine.nodes[number].map;
	/* After an error, the contents of @buf mean nothing. */
	snprintf(buf, size, "%s", line ? line : strcmp(what, "partition") ?
		 "part7-mpath-3600" : "7");
	return line ? 0 : -ENOENT;
}

int __wrap_disk_each(int (*see)(void *arg, const char *path), void *arg);
int __wrap_disk_each(int (*see)(void *arg, const char *path), void *arg)
{
	unsigned int i;
	int err = machine.each_err;

	assert_true(++machine.looks < NEVER);
	for (i = 0; !err && machine.looks >= machine.appears && i < machine.nr;
	     i++)
		err = see(arg, machine.nodes[i].path);
	return err;
}

int __wrap_usleep(useconds_t time);
int __wrap_usleep(useconds_t time)
{
	assert_in_range(time, 10000, 1000000);
	machine.sleeps++;
	return 0;
}

int __wrap_interrupt_seen(void);
int __wrap_interrupt_seen(void)
{
	return machine.looks >= machine.stops ? 15 : 0;
}

enum vmfw_exit __wrap_volume_device(struct volumes *where,
				    struct messages *to,
				    const struct location *location,
				    char *path);
enum vmfw_exit __wrap_volume_device(struct volumes *where,
				    struct messages *to,
				    const struct location *location,
				    char *path)
{
	assert_ptr_equal(where, &volumes);
	machine.asked = *location;
	if (machine.device_code)
		message_error(to, "no device");
	snprintf(path, PATH_MAX, "%s", machine.esp);
	return machine.device_code;
}

int __wrap_posix_fadvise(int fd, off_t offset, off_t len, int advice);
int __wrap_posix_fadvise(int fd, off_t offset, off_t len, int advice)
{
	assert_true(fd >= 0);
	assert_int_equal(advice, POSIX_FADV_DONTNEED);
	assert_int_equal(offset, (FIRST + BLOCKS * machine.forgotten) * BLOCK);
	assert_int_equal(len, BLOCKS * BLOCK);
	machine.forgotten++;
	return 0;
}

ssize_t __real_pread(int fd, void *buf, size_t len, off_t offset);
ssize_t __wrap_pread(int fd, void *buf, size_t len, off_t offset);
ssize_t __wrap_pread(int fd, void *buf, size_t len, off_t offset)
{
	if (!machine.bad || machine.bad != offset)
		return __real_pread(fd, buf, len, offset);
	errno = EIO;
	return -1;
}

void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size)
{
	const size_t one = sizeof(struct partition);
	char *more;

	/* Small allocations are for lists of messages, and always succeed. */
	if (machine.no_memory && size >= one)
		return NULL;
	more = __real_realloc(p, size);
	/* The memory of another partition has any contents. */
	if (more && size >= one && size % one == 0)
		memset(more + size - one, 0x5a, one);
	return more;
}

static bool lacks(const char *what)
{
	return machine.lacks && !strcmp(machine.lacks, what);
}

blkid_probe __real_blkid_new_probe(void);
blkid_probe __wrap_blkid_new_probe(void);
blkid_probe __wrap_blkid_new_probe(void)
{
	return lacks("probe") ? NULL : __real_blkid_new_probe();
}

blkid_parttable __real_blkid_partlist_get_table(blkid_partlist list);
blkid_parttable __wrap_blkid_partlist_get_table(blkid_partlist list);
blkid_parttable __wrap_blkid_partlist_get_table(blkid_partlist list)
{
	return lacks("table") ? NULL : __real_blkid_partlist_get_table(list);
}

const char *__real_blkid_parttable_get_type(blkid_parttable table);
const char *__wrap_blkid_parttable_get_type(blkid_parttable table);
const char *__wrap_blkid_parttable_get_type(blkid_parttable table)
{
	return lacks("type of table") ? NULL :
	       __real_blkid_parttable_get_type(table);
}

const char *__real_blkid_partition_get_type_string(blkid_partition entry);
const char *__wrap_blkid_partition_get_type_string(blkid_partition entry);
const char *__wrap_blkid_partition_get_type_string(blkid_partition entry)
{
	return lacks("type") ? NULL :
	       __real_blkid_partition_get_type_string(entry);
}

const char *__real_blkid_partition_get_uuid(blkid_partition entry);
const char *__wrap_blkid_partition_get_uuid(blkid_partition entry);
const char *__wrap_blkid_partition_get_uuid(blkid_partition entry)
{
	return lacks("UUID") ? NULL : __real_blkid_partition_get_uuid(entry);
}

static int make_disk(const char *label)
{
	struct fdisk_context *context = fdisk_new_context();
	int fd = memfd_create("disk", 0);

	assert_true(fd >= 0);
	assert_false(ftruncate(fd, DISK_SIZE));
	assert_false(fdisk_assign_device_by_fd(context, fd, "disk", 0));
	assert_false(fdisk_create_disklabel(context, label));
	assert_false(fdisk_write_disklabel(context));
	fdisk_unref_context(context);
	return fd;
}

static void add_partition(struct fdisk_context *context, unsigned int number,
			  const char *type)
{
	struct fdisk_label *label = fdisk_get_label(context, NULL);
	struct fdisk_partition *partition = fdisk_new_partition();
	struct fdisk_parttype *parttype;
	char uuid[64];

	parttype = fdisk_label_parse_parttype(label, type);
	assert_non_null(parttype);
	snprintf(uuid, sizeof(uuid), UUID "%u", number);
	fdisk_partition_set_partno(partition, number);
	fdisk_partition_set_start(partition, FIRST + number * BLOCKS);
	fdisk_partition_set_size(partition, BLOCKS);
	fdisk_partition_set_type(partition, parttype);
	fdisk_partition_set_uuid(partition, uuid);
	assert_false(fdisk_add_partition(context, partition, NULL));
	fdisk_unref_parttype(parttype);
	fdisk_unref_partition(partition);
}

static void fill(unsigned int number, const char *magic, uint64_t size)
{
	uint8_t head[ONEFILE_PEEK] = { 0 };

	memcpy(head, "1FILE FS", 8);
	put_le64(head + 8, size);
	memcpy(head + 16, magic, 4);
	assert_int_equal(pwrite(disk, head, sizeof(head),
				(FIRST + number * BLOCKS) * BLOCK),
			 sizeof(head));
}

/*
 * Partitions 1 to 4 are for an image. They contain in this order: an image, nothing,
 * something else, and an image that is too large. Partition 5 is unfinished, although
 * it has an image. Partition 6 has an image, but another type.
 */
static void make_disks(void)
{
	struct fdisk_context *context = fdisk_new_context();
	unsigned int i;

	disk = make_disk("gpt");
	plain = make_disk("dos");
	other_disk = make_disk("gpt");
	assert_false(fdisk_assign_device_by_fd(context, disk, "disk", 0));
	for (i = 0; i < 6; i++)
		add_partition(context, i, i < 4 ? PARTITION_TYPE : i < 5 ?
			      PARTITION_TYPE_UNFINISHED : LINUX);
	assert_false(fdisk_write_disklabel(context));
	fdisk_unref_context(context);
	fill(0, "IGVM", IMAGE);
	fill(2, "none", IMAGE);
	fill(3, "IGVM", BLOCKS * BLOCK);
	fill(4, "IGVM", IMAGE);
	fill(5, "IGVM", IMAGE);
	snprintf(disk_path, sizeof(disk_path), "/proc/self/fd/%d", disk);
}

static int set_up(void **state)
{
	(void)state;
	memset(&machine, 0, sizeof(machine));
	memset(&volumes, 0, sizeof(volumes));
	make_disks();
	machine.nodes[0] = (struct node) { "/dev/sda", 0, NULL, NULL, disk, 0 };
	machine.nodes[1] = (struct node) { "/dev/sda1", 0, "1", NULL, disk, 0 };
	machine.nodes[2] = (struct node) { "/dev/sdb", 2, NULL, NULL, plain,
					   0 };
	machine.nr = 3;
	machine.stops = NEVER;
	machine.esp = "/dev/sda1";
	messages_keep(&messages);
	descriptors = tree_count_descriptors();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	assert_int_equal(tree_count_descriptors(), descriptors);
	close(disk);
	close(plain);
	close(other_disk);
	messages_free(&messages);
	return 0;
}

/* Check the partitions of the whole disk of this name. */
static void is_whole_disk(const struct partitions *found, const char *path)
{
	static const enum partition_state states[] = {
		PARTITION_IMAGE, PARTITION_EMPTY, PARTITION_OTHER,
		PARTITION_OTHER, PARTITION_UNFINISHED,
	};
	char uuid[PARTITION_UUID];
	unsigned int i;

	assert_int_equal(found->nr, 5);
	for (i = 0; i < 5; i++) {
		const struct partition *v = &found->v[i];

		snprintf(uuid, sizeof(uuid), UUID "%u", i);
		assert_string_equal(v->disk, path);
		assert_int_equal(v->number, i + 1);
		assert_string_equal(v->uuid, uuid);
		assert_int_equal(v->start, (FIRST + i * BLOCKS) * BLOCK);
		assert_int_equal(v->size, BLOCKS * BLOCK);
		assert_int_equal(v->state, states[i]);
	}
	assert_int_equal(found->v[0].file.width, 64);
	assert_int_equal(found->v[0].file.start, ONEFILE_HEADER);
	assert_int_equal(found->v[0].file.size, IMAGE);
	/* The scan does not read the file of an unfinished partition. */
	assert_int_equal(found->v[4].file.size, 0);
	/*
	 * The tool dropped the cached bytes of each partition before it read them.
	 */
	assert_int_equal(machine.forgotten, 4);
}

static void contents_of_partitions(void **state)
{
	struct partitions found = { 0 };

	(void)state;
	assert_int_equal(partition_scan(&found, disk, "name"), 0);
	is_whole_disk(&found, "name");
	partition_free(&found);
	assert_null(found.v);
	assert_int_equal(found.nr, 0);
	/* The file has no GPT, or is all zeroes. */
	assert_int_equal(partition_scan(&found, plain, "name"), -ENODATA);
	assert_false(ftruncate(plain, 0));
	assert_false(ftruncate(plain, DISK_SIZE));
	assert_int_equal(partition_scan(&found, plain, "name"), -ENODATA);
	assert_int_equal(partition_scan(&found, other_disk, "name"), 0);
	assert_int_equal(found.nr, 0);
	machine.no_memory = true;
	assert_int_equal(partition_scan(&found, disk, "name"), -ENOMEM);
	partition_free(&found);
}

/* The tool cannot read the second of the partitions. */
static void unreadable_contents(void **state)
{
	struct partitions found = { 0 };

	(void)state;
	machine.bad = (FIRST + BLOCKS) * BLOCK;
	assert_int_equal(partition_scan(&found, disk, "name"), 0);
	assert_int_equal(found.nr, 5);
	assert_int_equal(found.v[0].state, PARTITION_IMAGE);
	assert_int_equal(found.v[1].state, PARTITION_OTHER);
	partition_free(&found);
}

static void a_libblkid_without_an_answer(void **state)
{
	static const struct {
		const char *lacks;
		int err;
		size_t nr;
	} table[] = {
		{ "probe", -ENOMEM, 0 },
		{ "table", -ENODATA, 0 },
		{ "type of table", -ENODATA, 0 },
		{ "type", 0, 0 },
		{ "UUID", 0, 5 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct partitions found = { 0 };

		machine.lacks = table[i].lacks;
		machine.forgotten = 0;
		assert_int_equal(partition_scan(&found, disk, "name"),
				 table[i].err);
		assert_int_equal(found.nr, table[i].nr);
		if (found.nr)
			assert_string_equal(found.v[0].uuid, "");
		partition_free(&found);
	}
}

/* An image may end with the partition, but not after it. */
static void largest_image(void **state)
{
	struct partitions found = { 0 };

	(void)state;
	fill(0, "IGVM", BLOCKS * BLOCK - ONEFILE_HEADER);
	fill(3, "IGVM", BLOCKS * BLOCK - ONEFILE_HEADER + 1);
	assert_int_equal(partition_scan(&found, disk, "name"), 0);
	assert_int_equal(found.v[0].state, PARTITION_IMAGE);
	assert_int_equal(found.v[3].state, PARTITION_OTHER);
	partition_free(&found);
}

static void words_of_states(void **state)
{
	(void)state;
	assert_string_equal(partition_state_word(PARTITION_IMAGE), "image");
	assert_string_equal(partition_state_word(PARTITION_EMPTY), "empty");
	assert_string_equal(partition_state_word(PARTITION_OTHER), "other");
	assert_string_equal(partition_state_word(PARTITION_UNFINISHED),
			    "unfinished");
}

static void disk_as(const char *where, enum vmfw_exit code, const char *name,
		    unsigned int wanted)
{
	char path[PATH_MAX] = "";
	unsigned int number = 77;

	assert_int_equal(partition_disk(&volumes, &messages, where, path,
					&number), code);
	assert_int_equal(!messages.nr, !code);
	if (code)
		return;
	assert_string_equal(path, name);
	assert_int_equal(number, wanted);
}

static void disk_of_a_location(void **state)
{
	(void)state;
	/* The result is the disk of the ESP, and not the ESP. */
	disk_as(NULL, VMFW_EXIT_OK, "/dev/sda", 0);
	assert_int_equal(machine.asked.kind, LOCATION_ESP);
	disk_as("PARTUUID=12-34", VMFW_EXIT_OK, "/dev/sda", 1);
	assert_int_equal(machine.asked.kind, LOCATION_PARTUUID);
	assert_string_equal(machine.asked.tag, "12-34");
	disk_as("/dev/sda1", VMFW_EXIT_OK, "/dev/sda", 1);
	disk_as("/dev/sdb", VMFW_EXIT_OK, "/dev/sdb", 0);
	disk_as(disk_path, VMFW_EXIT_OK, disk_path, 0);
	/* These paths name no disk. */
	disk_as("/dev/null", VMFW_EXIT_SYSTEM, NULL, 0);
	expect_error(&messages, strerror(ENOTBLK));
	disk_as("/", VMFW_EXIT_SYSTEM, NULL, 0);
	expect_error(&messages, strerror(ENOTBLK));
	disk_as("/dev/none", VMFW_EXIT_SOURCE, NULL, 0);
	expect_error(&messages, "/dev/none");
	machine.device_code = VMFW_EXIT_SOURCE;
	disk_as("PARTUUID=12-34", VMFW_EXIT_SOURCE, NULL, 0);
	expect_error(&messages, "no device");
	machine.device_code = VMFW_EXIT_OK;
	machine.esp = "/dev/none";
	disk_as(NULL, VMFW_EXIT_SOURCE, NULL, 0);
}

/* Partitions of the kernel and maps have their numbers in different files. */
static void numbers_of_partitions(void **state)
{
	struct node *node = &machine.nodes[1];

	(void)state;
	node->partition = "12";
	disk_as("/dev/sda1", VMFW_EXIT_OK, "/dev/sda", 12);
	node->partition = NULL;
	node->map = "part3-mpath-3600";
	disk_as("/dev/sda1", VMFW_EXIT_OK, "/dev/sda", 3);
	node->partition = "none";
	disk_as("/dev/sda1", VMFW_EXIT_OK, "/dev/sda", 3);
	node->map = "LVM-3600";
	disk_as("/dev/sda1", VMFW_EXIT_SYSTEM, NULL, 0);
	expect_error(&messages, strerror(ENODEV));
	node->map = NULL;
	disk_as("/dev/sda1", VMFW_EXIT_SYSTEM, NULL, 0);
	expect_error(&messages, strerror(ENODEV));
	node->partition = "1";
	node->whole = 77;
	disk_as("/dev/sda1", VMFW_EXIT_SYSTEM, NULL, 0);
	expect_error(&messages, "/dev/sda1");
}

/* List partitions, and return their number. */
static size_t list_as(const char *where, enum vmfw_exit code)
{
	struct partitions found = { 0 };
	size_t nr;

	machine.forgotten = 0;
	assert_int_equal(partition_list(&found, &volumes, &messages, where),
			 code);
	assert_int_equal(!messages.nr, !code);
	nr = found.nr;
	partition_free(&found);
	return nr;
}

static void listed(void **state)
{
	struct partitions found;

	(void)state;
	assert_int_equal(partition_list(&found, &volumes, &messages, disk_path),
			 VMFW_EXIT_OK);
	is_whole_disk(&found, disk_path);
	partition_free(&found);
	assert_int_equal(list_as(NULL, VMFW_EXIT_OK), 5);
	/* The list has only the partition that the user named. */
	machine.nodes[1].partition = "3";
	machine.forgotten = 0;
	assert_int_equal(partition_list(&found, &volumes, &messages,
					"/dev/sda1"), VMFW_EXIT_OK);
	assert_int_equal(found.nr, 1);
	assert_int_equal(found.v[0].number, 3);
	assert_string_equal(found.v[0].disk, "/dev/sda");
	partition_free(&found);
	machine.nodes[1].partition = "6";
	assert_int_equal(list_as("/dev/sda1", VMFW_EXIT_OK), 0);
	list_as("/dev/sdb", VMFW_EXIT_SOURCE);
	expect_error(&messages, "GPT");
	machine.nodes[2].err = EIO;
	list_as("/dev/sdb", VMFW_EXIT_SYSTEM);
	expect_error(&messages, strerror(EIO));
	machine.no_memory = true;
	list_as("/dev/sda", VMFW_EXIT_SYSTEM);
	expect_error(&messages, strerror(ENOMEM));
	list_as("/dev/none", VMFW_EXIT_SOURCE);
	expect_error(&messages, "/dev/none");
	assert_int_equal(machine.looks, 0);
}

/* Only whole disks count, because a table within a partition belongs to a guest. */
static void listed_on_any_disk(void **state)
{
	struct partitions found;

	(void)state;
	machine.nodes[3] = (struct node) { "/dev/sdc", 3, NULL, NULL, -1,
					   ENOMEDIUM };
	machine.nodes[4] = (struct node) { "/dev/loop0", 77, NULL, NULL, disk,
					   0 };
	machine.nr = 5;
	assert_int_equal(partition_list(&found, &volumes, &messages, "any"),
			 VMFW_EXIT_OK);
	is_whole_disk(&found, "/dev/sda");
	partition_free(&found);
	assert_int_equal(machine.looks, 1);
	/* Unreadable disks do not matter if another disk has a partition. */
	machine.nodes[3].err = EACCES;
	assert_int_equal(list_as("any", VMFW_EXIT_OK), 5);
	machine.nodes[0].disk = other_disk;
	list_as("any", VMFW_EXIT_SYSTEM);
	expect_error(&messages, "permission denied for at least one; run this as root");
	/* A rule of the device cgroup forbids the disk. */
	machine.nodes[3].err = EPERM;
	assert_int_equal(list_as("any", VMFW_EXIT_OK), 0);
	machine.each_err = -EIO;
	list_as("any", VMFW_EXIT_SYSTEM);
	expect_error(&messages, strerror(EIO));
	machine.each_err = 0;
	machine.nodes[0].disk = disk;
	machine.no_memory = true;
	list_as("any", VMFW_EXIT_SYSTEM);
	expect_error(&messages, strerror(ENOMEM));
	volumes.root = "/other";
	list_as("any", VMFW_EXIT_SOURCE);
	expect_error(&messages, "/other");
}

static void late_disks(void **state)
{
	(void)state;
	machine.appears = 3;
	assert_int_equal(list_as("any", VMFW_EXIT_OK), 0);
	assert_int_equal(machine.looks, 1);
	assert_int_equal(machine.sleeps, 0);
	volumes.wait = true;
	assert_int_equal(list_as("any", VMFW_EXIT_OK), 5);
	assert_int_equal(machine.looks, 3);
	assert_int_equal(machine.sleeps, 1);
	/* A signal ends the wait for a disk that never comes. */
	machine.appears = NEVER;
	machine.stops = 6;
	assert_int_equal(list_as("any", VMFW_EXIT_OK), 0);
	assert_int_equal(machine.looks, 6);
	assert_int_equal(machine.sleeps, 3);
	/* After an error, the tool does not wait. */
	machine.each_err = -EACCES;
	machine.stops = NEVER;
	list_as("any", VMFW_EXIT_SYSTEM);
	assert_int_equal(machine.looks, 7);
}

/* Does one of the messages contain these words? */
static bool errors_have(const char *words)
{
	size_t i;

	for (i = 0; i < messages.nr; i++)
		if (strstr(messages.list[i].text, words))
			return true;
	return false;
}

static void the_one_with_an_image(void **state)
{
	struct partition all[] = {
		{ .disk = "/dev/a", .number = 1, .state = PARTITION_EMPTY },
		{ .disk = "/dev/b", .number = 2, .state = PARTITION_IMAGE,
		  .uuid = "uuid-b" },
		{ .disk = "/dev/c", .number = 3, .state = PARTITION_OTHER,
		  .uuid = "uuid-c" },
		{ .disk = "/dev/d", .number = 4,
		  .state = PARTITION_UNFINISHED },
	};
	const struct partitions found = { all, 4 };
	const struct partition *picked = NULL;

	(void)state;
	assert_int_equal(partition_pick(&found, &messages, "here", &picked),
			 VMFW_EXIT_OK);
	assert_ptr_equal(picked, &all[1]);
	all[0].state = PARTITION_IMAGE;
	all[1].state = PARTITION_EMPTY;
	assert_int_equal(partition_pick(&found, &messages, "here", &picked),
			 VMFW_EXIT_OK);
	assert_ptr_equal(picked, &all[0]);
	assert_int_equal(messages.nr, 0);
	/* If several partitions have an image, the messages name all of them. */
	all[1].state = PARTITION_IMAGE;
	all[3].state = PARTITION_IMAGE;
	assert_int_equal(partition_pick(&found, &messages, "here", &picked),
			 VMFW_EXIT_SOURCE);
	assert_int_equal(messages.nr, 4);
	assert_true(errors_have("/dev/a, partition 1"));
	assert_true(errors_have("/dev/b, partition 2: PARTUUID=uuid-b"));
	assert_true(errors_have("/dev/d, partition 4"));
	assert_false(errors_have("uuid-c"));
	messages_free(&messages);
	messages_keep(&messages);
	/* If no partition has an image, the messages say why, for each partition. */
	all[0].state = PARTITION_EMPTY;
	all[1].state = PARTITION_UNFINISHED;
	all[3].state = PARTITION_OTHER;
	assert_int_equal(partition_pick(&found, &messages, "here", &picked),
			 VMFW_EXIT_SOURCE);
	assert_int_equal(messages.nr, 5);
	assert_true(errors_have("here: "));
	assert_true(errors_have("/dev/a, partition 1: it contains no image; "));
	assert_true(errors_have("/dev/c, partition 3: it contains no readable IGVM"));
	assert_true(errors_have("/dev/d, partition 4: it contains no readable IGVM"));
	assert_true(errors_have("/dev/b, partition 2: an interrupted installation left"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(contents_of_partitions),
		TEST(unreadable_contents),
		TEST(a_libblkid_without_an_answer),
		TEST(largest_image),
		TEST(words_of_states),
		TEST(disk_of_a_location),
		TEST(numbers_of_partitions),
		TEST(listed),
		TEST(listed_on_any_disk),
		TEST(late_disks),
		TEST(the_one_with_an_image),
	};

	return cmocka_run_group_tests_name("fwpart", tests, NULL, NULL);
}

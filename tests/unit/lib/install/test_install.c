// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Installation of an image in a partition. The power fails at every write, and
 * disks fail. The test finds the image both as Linux and as libblkid read a
 * table.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <libfdisk/libfdisk.h>
#include <cmocka.h>

#include "base/exit.h"
#include "base/interrupt.h"
#include "base/uuid.h"
#include "disk/blockdev.h"
#include "efi/gpt.h"
#include "install/gpt-table.h"
#include "install/install.h"
#include "shared/bytes.h"
#include "shared/macro.h"
#include "source/container.h"
#include "tree.h"

#define BLOCK		512u
#define DISK_SIZE	(5 * MIB)
#define LAST		(DISK_SIZE / BLOCK - 1)
#define OPERATIONS	64
#define NEVER		OPERATIONS
/*
 * The partition that is not for firmware. Each of its blocks has different
 * contents.
 */
#define OTHER_START	2048u
#define OTHER_SIZE	128u
#define IMAGE_SIZE	5000u
#define NAME		32

/*
 * One write to the disk. Without bytes, it is a sync: all writes before it are
 * on the medium.
 */
struct operation {
	off_t offset;
	size_t len;
	uint8_t *bytes;
};

/**
 * struct medium - a disk whose machine may lose power
 * @fd: a file in memory with the contents of the disk
 * @operations: writes and syncs so far
 * @nr: number of operations
 * @fails: index of the first write that fails
 * @recovers: index of the first write after @fails that succeeds
 * @spoils: index of the write whose last byte the disk changes
 * @instead: bytes that the disk writes then in place of the given ones, or NULL
 * @sync_fails: index of the sync that fails
 * @syncs_left: number of syncs before another program writes
 */
static struct medium {
	int fd;
	struct operation operations[OPERATIONS];
	unsigned int nr;
	unsigned int fails;
	unsigned int recovers;
	unsigned int spoils;
	const uint8_t *instead;
	unsigned int sync_fails;
	unsigned int syncs_left;
} medium;

static char disk_path[NAME];
static uint8_t before[DISK_SIZE], state_of[DISK_SIZE];
static uint8_t images[2][IMAGE_SIZE];
static char image_paths[2][NAME];

ssize_t __real_pwrite(int fd, const void *buf, size_t len, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *buf, size_t len, off_t offset);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_usleep(useconds_t us);
void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);

#define INTERRUPTED	130

/*
 * The number of the question, from now on, that finds a signal, and the text
 * that the tool reports then.
 */
static unsigned int asks_left = NEVER;
static bool installing;
static char interrupted_text[64];

static bool no_memory;
/* The number of allocations of an installation before the one that fails. */
static unsigned int allocations_left = NEVER;
/* The changes of another program, which ignores the lock. See syncs_left. */
static void (*other_program)(void);

/* The state of the partition that seems to follow the last one in memory. */
static enum partition_state state_behind = PARTITION_UNFINISHED;

static bool has_no_memory(void)
{
	if (!installing || allocations_left == NEVER || allocations_left--)
		return false;
	allocations_left = NEVER;
	return true;
}

void *__real_calloc(size_t nr, size_t size);
void *__wrap_calloc(size_t nr, size_t size);
void *__wrap_calloc(size_t nr, size_t size)
{
	return has_no_memory() ? NULL : __real_calloc(nr, size);
}

void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
	return has_no_memory() ? NULL : __real_aligned_alloc(alignment, size);
}

struct digest *__real_digest_begin(void);
struct digest *__wrap_digest_begin(void);
struct digest *__wrap_digest_begin(void)
{
	return has_no_memory() ? NULL : __real_digest_begin();
}

void *__wrap_realloc(void *p, size_t size)
{
	const struct partition behind = { .state = state_behind };
	char *more;

	if (no_memory || has_no_memory())
		return NULL;
	if (size % sizeof(behind))
		return __real_realloc(p, size);
	more = __real_realloc(p, size + sizeof(behind));
	if (more)
		memcpy(more + size, &behind, sizeof(behind));
	return more;
}

/*
 * The number of the partition that the tool last announced to the kernel, and
 * the result of that call.
 */
static unsigned int told;
static int answer;

int __wrap_blockdev_add_partition(const struct blockdev *disk,
				  unsigned int number, uint64_t start,
				  uint64_t size);
int __wrap_blockdev_add_partition(const struct blockdev *disk,
				  unsigned int number, uint64_t start,
				  uint64_t size)
{
	assert_int_equal(disk->size, DISK_SIZE);
	assert_true(start >= OTHER_START * BLOCK && start + size < DISK_SIZE);
	assert_true(size >= IMAGE_SIZE);
	told = number;
	return answer;
}

/*
 * The number of the partition that the tool last removed from the kernel's
 * list, and the result of that call.
 */
static unsigned int dropped;
static int drop_answer;

int __wrap_blockdev_drop_partition(const struct blockdev *disk,
				   unsigned int number);
int __wrap_blockdev_drop_partition(const struct blockdev *disk,
				   unsigned int number)
{
	assert_int_equal(disk->size, DISK_SIZE);
	dropped = number;
	return drop_answer;
}

/*
 * The number of times that the tool may still open the medium. The next time, it gets
 * this error, or without an error, it cannot read the medium. A signal may come then.
 */
static unsigned int opens_left = NEVER;
static int open_err;
static bool open_interrupted;

int __real_blockdev_open_direct(struct blockdev *disk, const char *path);
int __wrap_blockdev_open_direct(struct blockdev *disk, const char *path);
int __wrap_blockdev_open_direct(struct blockdev *disk, const char *path)
{
	int err = __real_blockdev_open_direct(disk, path);

	if (err || opens_left == NEVER || opens_left--)
		return err;
	blockdev_close(disk);
	if (open_interrupted)
		asks_left = 0;
	if (!open_err)
		disk->fd = open(path, O_WRONLY);
	return -open_err;
}

static bool is_disk(int fd);

/* The byte of the disk that the tool cannot read. */
static uint64_t bad_at = UINT64_MAX;

int __real_blockdev_read(const struct blockdev *disk, uint64_t offset,
			 void *buf, size_t len);
int __wrap_blockdev_read(const struct blockdev *disk, uint64_t offset,
			 void *buf, size_t len);
int __wrap_blockdev_read(const struct blockdev *disk, uint64_t offset,
			 void *buf, size_t len)
{
	return is_disk(disk->fd) && offset <= bad_at && bad_at - offset < len ?
	       -EIO : __real_blockdev_read(disk, offset, buf, len);
}

/**
 * struct symbol - a function of libfdisk that the test replaces
 * @name: its name, or NULL: the test replaces none
 * @function: the replacement; NULL: libfdisk has no such function
 */
static struct symbol {
	const char *name;
	void *function;
} replaced;

/* The number of open libraries, and whether libfdisk is missing. */
static unsigned int libraries;
static bool no_library;

void *__real_dlopen(const char *name, int flags);
void *__wrap_dlopen(const char *name, int flags);
void *__wrap_dlopen(const char *name, int flags)
{
	void *handle = __real_dlopen(no_library ? "none.so" : name, flags);

	libraries += handle != NULL;
	return handle;
}

int __real_dlclose(void *handle);
int __wrap_dlclose(void *handle);
int __wrap_dlclose(void *handle)
{
	libraries--;
	return __real_dlclose(handle);
}

void *__real_dlsym(void *handle, const char *name);
void *__wrap_dlsym(void *handle, const char *name);
void *__wrap_dlsym(void *handle, const char *name)
{
	return replaced.name && !strcmp(name, replaced.name) ?
	       replaced.function : __real_dlsym(handle, name);
}

int __wrap_interrupt_seen(void);
int __wrap_interrupt_seen(void)
{
	if (!installing || asks_left == NEVER)
		return 0;
	asks_left -= asks_left > 0;
	return !asks_left;
}

enum vmfw_exit __wrap_interrupt_exit(struct messages *messages,
				     const char *state);
enum vmfw_exit __wrap_interrupt_exit(struct messages *messages,
				     const char *state)
{
	(void)messages;
	snprintf(interrupted_text, sizeof(interrupted_text), "%s", state);
	return INTERRUPTED;
}

static bool is_disk(int fd)
{
	struct stat st, disk;

	return !fstat(fd, &st) && !fstat(medium.fd, &disk) &&
	       st.st_dev == disk.st_dev && st.st_ino == disk.st_ino;
}

static struct operation *note(void)
{
	struct operation *operation = &medium.operations[medium.nr++];

	assert_true(medium.nr <= OPERATIONS);
	*operation = (struct operation) { 0 };
	return operation;
}

ssize_t __wrap_pwrite(int fd, const void *buf, size_t len, off_t offset)
{
	struct operation *operation;
	unsigned int index = medium.nr;

	if (!is_disk(fd))
		return __real_pwrite(fd, buf, len, offset);
	operation = note();
	operation->offset = offset;
	operation->len = len;
	operation->bytes = malloc(len);
	assert_non_null(operation->bytes);
	memcpy(operation->bytes, buf, len);
	if (index >= medium.fails && index < medium.recovers) {
		errno = ENOSPC;
		return -1;
	}
	if (index == medium.spoils && medium.instead)
		memcpy(operation->bytes, medium.instead, len);
	else if (index == medium.spoils)
		operation->bytes[len - 1] ^= 1;
	return __real_pwrite(fd, operation->bytes, len, offset);
}

int __wrap_fsync(int fd)
{
	unsigned int index = medium.nr;
	int err;

	if (is_disk(fd))
		note();
	if (is_disk(fd) && index == medium.sync_fails) {
		errno = EIO;
		return -1;
	}
	err = __real_fsync(fd);
	if (is_disk(fd) && medium.syncs_left && !--medium.syncs_left)
		other_program();
	return err;
}

/* The end of the other program's changes, for which the tool waits. */
static void (*other_program_ends)(void);
static useconds_t waited;

int __wrap_usleep(useconds_t us)
{
	assert_true(us > 0 && us < 1000000);
	waited += us;
	if (other_program_ends)
		other_program_ends();
	return 0;
}

static void forget_operations(void)
{
	while (medium.nr) {
		struct operation *operation = &medium.operations[--medium.nr];

		free(operation->bytes);
		*operation = (struct operation) { 0 };
	}
	medium.fails = NEVER;
	medium.recovers = NEVER;
	medium.spoils = NEVER;
	medium.instead = NULL;
	medium.sync_fails = NEVER;
	medium.syncs_left = 0;
}

static void put_disk(const uint8_t *bytes)
{
	assert_int_equal(__real_pwrite(medium.fd, bytes, DISK_SIZE, 0),
			 DISK_SIZE);
}

static void get_disk(uint8_t *bytes)
{
	assert_int_equal(pread(medium.fd, bytes, DISK_SIZE, 0), DISK_SIZE);
}

static int make_file(char *path)
{
	int fd = memfd_create("test", 0);

	assert_true(fd >= 0);
	snprintf(path, NAME, "/proc/self/fd/%d", fd);
	return fd;
}

/* Make a table with one partition, which is not for firmware. */
static void make_table(void)
{
	struct fdisk_context *context = fdisk_new_context();
	struct fdisk_partition *other = fdisk_new_partition();

	assert_int_equal(fdisk_assign_device_by_fd(context, medium.fd, "disk",
						   0), 0);
	assert_int_equal(fdisk_create_disklabel(context, "gpt"), 0);
	fdisk_partition_set_partno(other, 0);
	fdisk_partition_set_start(other, OTHER_START);
	fdisk_partition_set_size(other, OTHER_SIZE);
	assert_int_equal(fdisk_add_partition(context, other, NULL), 0);
	assert_int_equal(fdisk_write_disklabel(context), 0);
	fdisk_unref_partition(other);
	fdisk_unref_context(context);
}

static void make_images(void)
{
	unsigned int i;
	int fd;

	for (i = 0; i < 2; i++) {
		memset(images[i], 'a' + i, IMAGE_SIZE);
		memcpy(images[i], "IGVM", 4);
		fd = make_file(image_paths[i]);
		assert_int_equal(write(fd, images[i], IMAGE_SIZE), IMAGE_SIZE);
	}
}

static int set_up(void **state)
{
	uint32_t i;

	(void)state;
	forget_operations();
	bad_at = UINT64_MAX;
	medium.fd = make_file(disk_path);
	assert_int_equal(ftruncate(medium.fd, DISK_SIZE), 0);
	make_table();
	get_disk(before);
	/* Some machines start only from a disk with this flag in its MBR. */
	before[446] = 0x80;
	for (i = 0; i < OTHER_SIZE; i++)
		put_le32(before + (OTHER_START + i) * BLOCK, ~i);
	put_disk(before);
	make_images();
	return 0;
}

static unsigned int warnings;
static char first_error[256], last_warning[256];
static enum progress_when progress = PROGRESS_NEVER;

static void forget_messages(struct messages *messages)
{
	const char *error = messages_first_error(messages);
	size_t i;

	snprintf(first_error, sizeof(first_error), "%s", error ? error : "");
	warnings = 0;
	last_warning[0] = '\0';
	for (i = 0; i < messages->nr; i++) {
		if (strcmp(messages->list[i].level, "warning"))
			continue;
		warnings++;
		snprintf(last_warning, sizeof(last_warning), "%s",
			 messages->list[i].text);
	}
	messages_free(messages);
}

static int install_as(unsigned int image, struct partition_change *change)
{
	unsigned int descriptors = tree_count_descriptors();
	struct messages messages = { 0 };
	struct source source;
	int code;

	change->disk = disk_path;
	change->progress = progress;
	code = source_open(&source, &messages, image_paths[image], NULL);
	installing = true;
	if (!code)
		code = partition_install(&messages, change, &source);
	installing = false;
	source_close(&source);
	forget_messages(&messages);
	assert_int_equal(tree_count_descriptors(), descriptors);
	assert_int_equal(libraries, 0);
	return code;
}

static int install(unsigned int image)
{
	struct partition_change change = { 0 };

	return install_as(image, &change);
}

/*
 * Find the entries as Linux does: by the first header. The second header does
 * not count.
 */
static const uint8_t *first_entries(const uint8_t *disk)
{
	struct gpt_header header;
	const uint8_t *block = disk + GPT_PRIMARY * BLOCK;

	assert_true(gpt_read(&header, block, BLOCK));
	assert_int_equal(header.at, GPT_PRIMARY);
	assert_true(header.entries < LAST);
	assert_int_equal(crc32(0, disk + header.entries * BLOCK,
			       header.entries_size), get_le32(block + 88));
	return disk + header.entries * BLOCK;
}

static const uint8_t image_type[16] = {
	0x58, 0xe8, 0x47, 0xc6, 0x02, 0xc4, 0x1e, 0x4d,
	0x94, 0x97, 0x95, 0xff, 0x0a, 0x4b, 0x44, 0x65,
};

/* Return the index of the installed image, or -1: there is none. */
static int image_by_first_table(const uint8_t *disk)
{
	const uint8_t *entry = first_entries(disk), *at;
	int i, found = -1, image;

	for (i = 0; i < 128; i++, entry += 128) {
		if (memcmp(entry, image_type, sizeof(image_type)))
			continue;
		assert_int_equal(found, -1);
		at = disk + get_le64(entry + 32) * BLOCK;
		assert_memory_equal(at, "1FILE FS", 8);
		assert_int_equal(get_le64(at + 8), IMAGE_SIZE);
		image = !memcmp(at + 16, images[1], IMAGE_SIZE);
		assert_memory_equal(at + 16, images[image], IMAGE_SIZE);
		found = image;
	}
	return found;
}

static unsigned int count(const struct partitions *found,
			  enum partition_state state)
{
	unsigned int nr = 0;
	size_t i;

	for (i = 0; i < found->nr; i++)
		nr += found->v[i].state == state;
	return nr;
}

/*
 * Find the image as libblkid does, which takes the second table if the first
 * one is damaged.
 */
static int image_by_libblkid(unsigned int *leftovers)
{
	struct partitions found = { 0 };
	uint8_t bytes[IMAGE_SIZE];
	int image = -1;
	size_t i;

	assert_int_equal(partition_scan(&found, medium.fd, disk_path), 0);
	assert_true(count(&found, PARTITION_IMAGE) <= 1);
	assert_int_equal(count(&found, PARTITION_OTHER), 0);
	assert_int_equal(count(&found, PARTITION_EMPTY), 0);
	*leftovers = count(&found, PARTITION_UNFINISHED);
	for (i = 0; i < found.nr; i++) {
		if (found.v[i].state != PARTITION_IMAGE)
			continue;
		assert_int_equal(found.v[i].file.size, IMAGE_SIZE);
		assert_int_equal(pread(medium.fd, bytes, IMAGE_SIZE,
				       found.v[i].start +
				       found.v[i].file.start), IMAGE_SIZE);
		image = !memcmp(bytes, images[1], IMAGE_SIZE);
		assert_memory_equal(bytes, images[image], IMAGE_SIZE);
	}
	partition_free(&found);
	return image;
}

/*
 * Return the index of the image on the disk, and check that everything else is
 * unchanged.
 */
static int whole_image(unsigned int *leftovers)
{
	int image;

	get_disk(state_of);
	image = image_by_first_table(state_of);
	assert_int_equal(image_by_libblkid(leftovers), image);
	assert_memory_equal(state_of, before, BLOCK);
	assert_memory_equal(first_entries(state_of), first_entries(before),
			    128);
	assert_memory_equal(state_of + OTHER_START * BLOCK,
			    before + OTHER_START * BLOCK, OTHER_SIZE * BLOCK);
	return image;
}

/* Both tables are sound and equal. Each has its own entries. */
static void table_is_in_order(void)
{
	const uint8_t *first = state_of + GPT_PRIMARY * BLOCK;
	const uint8_t *second = state_of + LAST * BLOCK;
	struct gpt_header header;

	get_disk(state_of);
	assert_true(gpt_read(&header, first, BLOCK));
	assert_int_equal(header.entries, GPT_ENTRIES);
	assert_true(gpt_read(&header, second, BLOCK));
	assert_int_equal(header.at, LAST);
	assert_int_equal(header.entries, LAST - 32);
	assert_memory_equal(state_of + GPT_ENTRIES * BLOCK,
			    state_of + header.entries * BLOCK, 32 * BLOCK);
	assert_int_equal(get_le32(first + 88), get_le32(second + 88));
}

static void installed_is(int image)
{
	unsigned int leftovers;

	assert_int_equal(whole_image(&leftovers), image);
	assert_int_equal(leftovers, 0);
	table_is_in_order();
}

static void one_after_the_other(void **state)
{
	unsigned int i;

	(void)state;
	installed_is(-1);
	for (i = 0; i < 4; i++) {
		assert_int_equal(install(i % 2), VMFW_EXIT_OK);
		installed_is(i % 2);
		forget_operations();
	}
}

/* The result describes the partition that the disk has then. */
static void the_result_is_the_new_partition(void **state)
{
	struct partition_change change = { 0 };
	const struct partition *now = &change.now;
	struct partitions found = { 0 };

	(void)state;
	assert_int_equal(install_as(0, &change), VMFW_EXIT_OK);
	assert_false(change.already);
	assert_int_equal(change.removed, 0);
	assert_int_equal(partition_scan(&found, medium.fd, disk_path), 0);
	assert_int_equal(found.nr, 1);
	assert_string_equal(now->disk, found.v->disk);
	assert_int_equal(now->number, found.v->number);
	assert_string_equal(now->uuid, found.v->uuid);
	assert_int_equal(now->start, found.v->start);
	assert_int_equal(now->size, found.v->size);
	assert_int_equal(now->state, PARTITION_IMAGE);
	assert_int_equal(now->file.start, found.v->file.start);
	assert_int_equal(now->file.size, IMAGE_SIZE);
	assert_int_equal(now->file.width, 64);
	partition_free(&found);
}

static void the_same_again_writes_nothing(void **state)
{
	struct partition_change change = { 0 };

	(void)state;
	assert_int_equal(install(0), VMFW_EXIT_OK);
	forget_operations();
	told = 0;
	assert_int_equal(install_as(0, &change), VMFW_EXIT_OK);
	assert_true(change.already);
	assert_int_equal(medium.nr, 0);
	/* The kernel may not know the partition yet. */
	assert_int_equal(told, 2);
	change = (struct partition_change) { .dry_run = true };
	told = 0;
	assert_int_equal(install_as(0, &change), VMFW_EXIT_OK);
	assert_true(change.already);
	assert_int_equal(told, 0);
}

/* Add a partition to the table. */
static void add_partition(uint64_t start, uint64_t size, const char *type)
{
	struct fdisk_parttype *parttype = fdisk_new_unknown_parttype(0, type);
	struct fdisk_partition *partition = fdisk_new_partition();
	struct fdisk_context *context = fdisk_new_context();

	assert_int_equal(fdisk_assign_device_by_fd(context, medium.fd, "disk",
						   0), 0);
	fdisk_partition_partno_follow_default(partition, 1);
	fdisk_partition_set_start(partition, start);
	fdisk_partition_set_size(partition, size);
	fdisk_partition_set_type(partition, parttype);
	assert_int_equal(fdisk_add_partition(context, partition, NULL), 0);
	assert_int_equal(fdisk_write_disklabel(context), 0);
	fdisk_unref_context(context);
	fdisk_unref_partition(partition);
	fdisk_unref_parttype(parttype);
}

/* Write image 1 to the partition that begins at a block. */
static void put_image(uint64_t start, uint64_t size)
{
	uint8_t head[ONEFILE_HEADER];

	onefile_write(head, size);
	assert_int_equal(__real_pwrite(medium.fd, head, sizeof(head),
				       start * BLOCK), sizeof(head));
	assert_int_equal(__real_pwrite(medium.fd, images[1], IMAGE_SIZE,
				       start * BLOCK + sizeof(head)),
			 IMAGE_SIZE);
}

/*
 * The tool reads no byte behind the partition, and no whole piece behind the
 * image.
 */
static void bytes_that_the_image_does_not_need(void **state)
{
	static const struct {
		uint64_t blocks, image, bad_block;
	} table[] = {
		{ 128, IMAGE_SIZE, 128 },
		{ 2 * MIB / BLOCK, MIB - ONEFILE_HEADER, MIB / BLOCK },
	};
	const uint64_t start = 2 * MIB / BLOCK;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct partition_change change = { 0 };

		put_disk(before);
		add_partition(start, table[i].blocks, PARTITION_TYPE);
		assert_int_equal(truncate(image_paths[1], table[i].image), 0);
		put_image(start, table[i].image);
		bad_at = (start + table[i].bad_block) * BLOCK;
		assert_int_equal(install_as(1, &change), VMFW_EXIT_OK);
		assert_true(change.already);
		bad_at = (start + table[i].bad_block) * BLOCK - 1;
		assert_int_equal(install(1), VMFW_EXIT_SYSTEM);
		bad_at = UINT64_MAX;
		assert_non_null(strstr(first_error,
				       "cannot read the old image: Input/output error"));
	}
}

/* Install image 0 over a partition that is unreadable at a byte. */
static void install_over_bad(uint64_t start, uint64_t at)
{
	forget_operations();
	bad_at = start * BLOCK + at;
	assert_int_equal(install(0), VMFW_EXIT_OK);
	bad_at = UINT64_MAX;
	installed_is(0);
}

/* No other partition can have the new image. */
static void only_an_old_image_of_the_same_size_is_read(void **state)
{
	static const off_t sizes[] = { IMAGE_SIZE - 1, IMAGE_SIZE + 1 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		put_disk(before);
		assert_int_equal(truncate(image_paths[1], sizes[i]), 0);
		assert_int_equal(install(1), VMFW_EXIT_OK);
		get_disk(state_of);
		install_over_bad(get_le64(first_entries(state_of) + 128 + 32),
				 IMAGE_SIZE - 1);
	}
	/* This partition ends before its image. */
	put_disk(before);
	add_partition(4096, IMAGE_SIZE / BLOCK, PARTITION_TYPE);
	put_image(4096, IMAGE_SIZE);
	get_disk(before);
	install_over_bad(4096, BLOCK);
}

/* The errors name the partitions with images, and no other. */
static void several_images(void **state)
{
	struct partition_change change = { .disk = disk_path };
	struct messages messages = { 0 };
	unsigned int i;

	(void)state;
	add_partition(4096, 128, PARTITION_TYPE_UNFINISHED);
	for (i = 1; i < 3; i++) {
		add_partition(4096 + i * 128, 128, PARTITION_TYPE);
		put_image(4096 + i * 128, IMAGE_SIZE);
	}
	state_behind = PARTITION_IMAGE;
	assert_int_equal(partition_remove(&messages, &change),
			 VMFW_EXIT_SOURCE);
	state_behind = PARTITION_UNFINISHED;
	assert_int_equal(messages.nr, 3);
	assert_non_null(strstr(messages.list[0].text,
			       ": there is more than one firmware partition; remove all but one of these first:"));
	assert_memory_equal(messages.list[1].text, "partition 3: PARTUUID=", 22);
	assert_memory_equal(messages.list[2].text, "partition 4: PARTUUID=", 22);
	assert_int_equal(medium.nr, 0);
	forget_messages(&messages);
}

/*
 * The tool compares an image of more than one MiB in several pieces. This one
 * fills its partition.
 */
static void each_byte_of_a_large_image_counts(void **state)
{
	static uint8_t large[2 * MIB - 16];
	static const size_t offsets[] = {
		4, MIB - 17, MIB - 16, MIB - 15, sizeof(large) - 1,
	};
	struct partition_change change = { 0 };
	uint8_t *image;
	size_t i;
	int fd = atoi(strrchr(image_paths[0], '/') + 1);

	(void)state;
	for (i = 4; i < sizeof(large); i++)
		large[i] = i ^ i >> 8 ^ i >> 16;
	memcpy(large, images[0], 4);
	assert_int_equal(__real_pwrite(fd, large, sizeof(large), 0),
			 sizeof(large));
	assert_int_equal(install(0), VMFW_EXIT_OK);
	assert_int_equal(install_as(0, &change), VMFW_EXIT_OK);
	assert_true(change.already);
	get_disk(state_of);
	image = state_of + 16 +
		get_le64(first_entries(state_of) + 128 + 32) * BLOCK;
	assert_memory_equal(image, large, sizeof(large));
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		image[offsets[i]] ^= 1;
		put_disk(state_of);
		image[offsets[i]] ^= 1;
		change = (struct partition_change) { .dry_run = true };
		install_as(0, &change);
		assert_false(change.already);
	}
}

/*
 * If the partition is in use, the kernel knows it already. Any other error
 * causes a warning.
 */
static void the_kernel_gets_the_partition(void **state)
{
	static const struct {
		int answer;
		unsigned int warnings;
	} table[] = { { 0, 0 }, { -EBUSY, 0 }, { -EIO, 1 }, { -EINVAL, 1 } };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		put_disk(before);
		answer = table[i].answer;
		told = 0;
		assert_int_equal(install(0), VMFW_EXIT_OK);
		assert_int_equal(told, 2);
		assert_int_equal(warnings, table[i].warnings);
		forget_operations();
	}
	answer = 0;
}

static void a_dry_run_writes_nothing(void **state)
{
	struct partition_change change = { .dry_run = true };

	(void)state;
	assert_int_equal(install_as(0, &change), VMFW_EXIT_OK);
	assert_int_equal(medium.nr, 0);
	assert_int_equal(change.now.number, 2);
	assert_int_equal(change.now.start % MIB, 0);
	assert_int_equal(change.now.size, MIB);
	assert_string_equal(change.now.disk, disk_path);
	assert_int_equal(strlen(change.now.uuid), PARTITION_UUID - 1);
	/* The kernel keeps the partition that the tool would replace. */
	assert_int_equal(install(0), VMFW_EXIT_OK);
	told = 0;
	dropped = 0;
	change = (struct partition_change) { .dry_run = true };
	assert_int_equal(install_as(1, &change), VMFW_EXIT_OK);
	assert_int_equal(change.now.number, 3);
	assert_int_equal(change.removed, 1);
	assert_int_equal(told, 0);
	assert_int_equal(dropped, 0);
}

/*
 * The kernel does not remove a partition that is in use. The old image stays
 * then, and the kernel gets its partition again.
 */
static void the_kernel_loses_the_old_partition(void **state)
{
	static const struct {
		int answer;
		int code;
	} table[] = {
		{ 0, VMFW_EXIT_OK }, { -ENXIO, VMFW_EXIT_OK },
		{ -EBUSY, VMFW_EXIT_SYSTEM }, { -EIO, VMFW_EXIT_SYSTEM },
	};
	static uint8_t start[DISK_SIZE];
	size_t i;

	(void)state;
	assert_int_equal(install(0), VMFW_EXIT_OK);
	get_disk(start);
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		put_disk(start);
		forget_operations();
		drop_answer = table[i].answer;
		dropped = 0;
		told = 0;
		assert_int_equal(install(1), table[i].code);
		drop_answer = 0;
		assert_int_equal(dropped, 2);
		installed_is(!table[i].code);
		assert_int_equal(told, table[i].code ? 2 : 3);
		if (!table[i].code)
			continue;
		assert_non_null(strstr(first_error,
				       "partition 2: cannot remove this partition"));
		assert_non_null(strstr(first_error,
				       strerror(-table[i].answer)));
	}
}

static void close_partition(void)
{
	if (waited >= 3000000)
		drop_answer = 0;
}

static void send_signal(void)
{
	asks_left = 0;
}

/* Put back the disk with the old image, and count from here. */
static void begin_wait(const uint8_t *start)
{
	put_disk(start);
	forget_operations();
	waited = 0;
}

/* The tool waits five seconds for a process that has the old partition open. */
static void the_old_partition_is_open_for_a_moment(void **state)
{
	static uint8_t start[DISK_SIZE];

	(void)state;
	assert_int_equal(install(0), VMFW_EXIT_OK);
	get_disk(start);
	drop_answer = -EBUSY;
	other_program_ends = close_partition;
	begin_wait(start);
	assert_int_equal(install(1), VMFW_EXIT_OK);
	installed_is(true);
	assert_int_equal(waited, 3000000);
	/* Another process keeps it open. */
	drop_answer = -EBUSY;
	other_program_ends = NULL;
	begin_wait(start);
	assert_int_equal(install(1), VMFW_EXIT_SYSTEM);
	installed_is(false);
	assert_int_equal(waited, 5000000);
	/* A signal ends the wait. */
	other_program_ends = send_signal;
	begin_wait(start);
	assert_int_equal(install(1), INTERRUPTED);
	asks_left = NEVER;
	other_program_ends = NULL;
	drop_answer = 0;
	installed_is(false);
	assert_int_equal(waited, 100000);
	/* The tool does not wait if the kernel has another reason. */
	drop_answer = -EIO;
	begin_wait(start);
	assert_int_equal(install(1), VMFW_EXIT_SYSTEM);
	drop_answer = 0;
	assert_int_equal(waited, 0);
}

/* Lock the disk as a partitioning tool does. */
static int lock_disk(void)
{
	int fd = open(disk_path, O_RDONLY | O_CLOEXEC);
	int err;

	assert_true(fd >= 0);
	err = flock(fd, LOCK_EX | LOCK_NB) ? errno : 0;
	close(fd);
	return err;
}

static void expect_lock(void)
{
	assert_int_equal(lock_disk(), EWOULDBLOCK);
}

/* No partitioning tool changes the table during an installation. */
static void the_disk_is_locked_meanwhile(void **state)
{
	(void)state;
	medium.syncs_left = 1;
	other_program = expect_lock;
	assert_int_equal(install(0), VMFW_EXIT_OK);
	other_program = NULL;
	assert_int_equal(medium.syncs_left, 0);
	assert_int_equal(lock_disk(), 0);
}

/*
 * The tool reads back the image, the header, and the image again. If a signal did not
 * cause the error, the tool reports the error.
 */
static void a_medium_that_cannot_be_read_back(void **state)
{
	static const struct {
		const char *error;
		int image;
	} table[] = {
		{ "cannot read the image back: ", 0 },
		{ "cannot read the header back: ", 0 },
		{ "cannot read the image back: ", 1 },
	};
	static const struct {
		int err;	/* of opening it */
		bool interrupted;
		const char *reason;
	} causes[] = {
		{ EACCES, false, "Permission denied" },
		{ 0, false, "Bad file descriptor" },
		{ EINTR, false, "Interrupted system call" },
		{ EREMOTEIO, false, "Remote I/O error" },
		{ EACCES, true, "Permission denied" },
	};
	static uint8_t start[DISK_SIZE];
	char error[64];
	size_t i, k;

	(void)state;
	assert_int_equal(install(0), VMFW_EXIT_OK);
	get_disk(start);
	for (i = 0; i < ARRAY_SIZE(table) * ARRAY_SIZE(causes); i++) {
		k = i % ARRAY_SIZE(table);
		put_disk(start);
		forget_operations();
		opens_left = k;
		open_err = causes[i / ARRAY_SIZE(table)].err;
		open_interrupted = causes[i / ARRAY_SIZE(table)].interrupted;
		assert_int_equal(install(1), VMFW_EXIT_SYSTEM);
		opens_left = NEVER;
		asks_left = NEVER;
		snprintf(error, sizeof(error), "%s%s", table[k].error,
			 causes[i / ARRAY_SIZE(table)].reason);
		assert_non_null(strstr(first_error, error));
		installed_is(table[k].image);
	}
}

/* Each allocation fails in turn. The disk has the old image then, or the new one. */
static void memory_that_runs_out(void **state)
{
	static uint8_t start[DISK_SIZE];
	unsigned int nr, leftovers;
	int code;

	(void)state;
	assert_int_equal(install(0), VMFW_EXIT_OK);
	get_disk(start);
	for (nr = 0;; nr++) {
		put_disk(start);
		forget_operations();
		allocations_left = nr;
		code = install(1);
		if (allocations_left != NEVER)
			break;
		assert_int_equal(code, VMFW_EXIT_SYSTEM);
		assert_non_null(strstr(first_error, "Cannot allocate memory"));
		assert_true(whole_image(&leftovers) >= 0);
		assert_int_equal(leftovers, 0);
	}
	allocations_left = NEVER;
	assert_int_equal(code, VMFW_EXIT_OK);
	assert_true(nr > 10);
}

/* Interrupt an installation over @old each time that it asks for a signal. */
static void interrupt_everywhere(int old, const char *text)
{
	static uint8_t start[DISK_SIZE];
	unsigned int asks, found = 0, interrupted = 0;
	int code;

	get_disk(start);
	for (asks = 1;; asks++) {
		put_disk(start);
		forget_operations();
		asks_left = asks;
		code = install(1);
		if (asks_left)
			break;
		if (code == VMFW_EXIT_OK) {
			installed_is(1);
			continue;
		}
		assert_int_equal(code, INTERRUPTED);
		installed_is(old);
		interrupted++;
		found += !strcmp(interrupted_text, text);
	}
	asks_left = NEVER;
	assert_int_equal(code, VMFW_EXIT_OK);
	assert_true(found >= 3);
	/* Before the tool has compared the images, it says something else. */
	assert_true(old < 0 ? found == interrupted : found < interrupted);
	/* After the change of the table, a signal does not count. */
	assert_true(interrupted < asks - 1);
}

static void a_signal_interrupts_an_installation(void **state)
{
	(void)state;
	interrupt_everywhere(-1, "nothing was installed");
	put_disk(before);
	forget_operations();
	assert_int_equal(install(0), VMFW_EXIT_OK);
	interrupt_everywhere(0, "the old image stays");
}

static void shorten_image(void)
{
	assert_int_equal(truncate(image_paths[1], IMAGE_SIZE - 1), 0);
}

/* Another program changes the image before the tool reads it again. */
static void an_image_that_changes_meanwhile(void **state)
{
	(void)state;
	assert_int_equal(install(0), VMFW_EXIT_OK);
	forget_operations();
	medium.syncs_left = 1;
	other_program = shorten_image;
	assert_int_equal(install(1), VMFW_EXIT_SYSTEM);
	other_program = NULL;
	assert_int_equal(medium.syncs_left, 0);
	assert_non_null(strstr(first_error, image_paths[1]));
	assert_non_null(strstr(first_error,
			       "another program changed it meanwhile"));
	installed_is(0);
}

/* Check that the only progress on standard error ends its line. */
static void progress_is_a_line(int code)
{
	FILE *terminal = stderr;
	char *shown;
	size_t len;

	put_disk(before);
	stderr = open_memstream(&shown, &len);
	assert_non_null(stderr);
	progress = PROGRESS_ALWAYS;
	assert_int_equal(install(0), code);
	progress = PROGRESS_NEVER;
	assert_int_equal(fclose(stderr), 0);
	stderr = terminal;
	assert_non_null(strstr(shown, "\rwrite: 100 % of "));
	assert_ptr_equal(strchr(shown, '\n'), shown + len - 1);
	free(shown);
}

/* Then a message begins on a new line, also after an error. */
static void the_progress_ends_its_line(void **state)
{
	unsigned int i, nr;

	(void)state;
	progress_is_a_line(VMFW_EXIT_OK);
	nr = medium.nr;
	for (i = 0; i < nr && medium.operations[i].len != IMAGE_SIZE; i++)
		;
	assert_int_not_equal(i, nr);
	forget_operations();
	/* The sync after the image fails. */
	medium.sync_fails = i + 1;
	progress_is_a_line(VMFW_EXIT_SYSTEM);
	assert_non_null(strstr(first_error,
			       "cannot copy the image: Input/output error"));
}

/* The blocks that reach the medium when no sync has followed their write. */
enum luck { NOTHING, EVERYTHING, EVEN, ODD, FIRST_HALF, LAST_HALF, LUCKS };

static bool reached(enum luck luck, size_t block, size_t blocks)
{
	switch (luck) {
	case NOTHING:
		return false;
	case EVERYTHING:
		return true;
	case FIRST_HALF:
		return block < blocks / 2;
	case LAST_HALF:
		return block >= blocks / 2;
	case EVEN:
		return block % 2 == 0;
	default:
		return block % 2 == 1;
	}
}

/*
 * Apply a write to the disk. A disk writes whole blocks, even if only a part of one
 * changes.
 */
static void apply(uint8_t *disk, const struct operation *operation,
		  enum luck luck)
{
	size_t first = operation->offset / BLOCK, block, at, end;
	size_t last = (operation->offset + operation->len - 1) / BLOCK;
	size_t stop = operation->offset + operation->len;

	for (block = first; block <= last; block++) {
		if (!reached(luck, block - first, last - first + 1))
			continue;
		at = block == first ? (size_t)operation->offset :
				      block * BLOCK;
		end = block == last ? stop : (block + 1) * BLOCK;
		memcpy(disk + at, operation->bytes + at - operation->offset,
		       end - at);
	}
}

/* Make the disk as it is if the power fails before operation @cut. */
static void make_state(const uint8_t *start, unsigned int cut, enum luck luck)
{
	unsigned int i, synced = 0;

	for (i = 0; i < cut; i++)
		if (!medium.operations[i].bytes)
			synced = i;
	memcpy(state_of, start, DISK_SIZE);
	for (i = 0; i < cut; i++)
		if (medium.operations[i].bytes)
			apply(state_of, &medium.operations[i],
			      i < synced ? EVERYTHING : luck);
}

/* Repeat the installation after a power cut. The repetition must succeed. */
static void repeat(unsigned int image)
{
	struct medium kept = medium;

	medium.nr = 0;
	assert_int_equal(install(image), VMFW_EXIT_OK);
	installed_is(image);
	forget_operations();
	medium = kept;
}

static void cut_everywhere(int old, int new, enum luck lucks)
{
	static uint8_t start[DISK_SIZE];
	unsigned int cut, leftovers, found_new = 0, found_old = 0;
	enum luck luck;
	int image;

	get_disk(start);
	forget_operations();
	assert_int_equal(install(new), VMFW_EXIT_OK);
	assert_true(medium.nr > 20);
	for (cut = 1; cut < medium.nr; cut++) {
		/* Right after a sync, all writes are on the medium. */
		if (!medium.operations[cut - 1].bytes)
			continue;
		for (luck = 0; luck < lucks; luck++) {
			make_state(start, cut, luck);
			put_disk(state_of);
			image = whole_image(&leftovers);
			assert_true(image == old || image == new);
			assert_true(leftovers <= 1);
			found_old += image == old;
			found_new += image == new;
			/* Installing the old image again must succeed, too. */
			if (old >= 0) {
				repeat(old);
				make_state(start, cut, luck);
				put_disk(state_of);
			}
			repeat(new);
		}
	}
	assert_true(found_old && found_new);
}

static void power_fails_at_every_write_of_the_first(void **state)
{
	(void)state;
	cut_everywhere(-1, 0, LUCKS);
}

static void power_fails_at_every_write_of_the_second(void **state)
{
	(void)state;
	assert_int_equal(install(0), VMFW_EXIT_OK);
	cut_everywhere(0, 1, LUCKS);
}

/* The power fails, and fails again during the repair. */
static void power_fails_during_the_repair(void **state)
{
	unsigned int cut, nr;
	static uint8_t start[DISK_SIZE];

	(void)state;
	assert_int_equal(install(0), VMFW_EXIT_OK);
	get_disk(start);
	forget_operations();
	assert_int_equal(install(1), VMFW_EXIT_OK);
	nr = medium.nr;
	for (cut = 1; cut < nr; cut++) {
		put_disk(start);
		forget_operations();
		assert_int_equal(install(1), VMFW_EXIT_OK);
		if (!medium.operations[cut - 1].bytes)
			continue;
		make_state(start, cut, EVERYTHING);
		put_disk(state_of);
		/* Install the image that is not on the disk. */
		cut_everywhere(image_by_first_table(state_of),
			       !image_by_first_table(state_of), EVEN + 1);
	}
}

/*
 * Let each write fail in turn: only that write, or also all writes after it.
 * With @once, let each sync fail in turn, too.
 */
static void fail_everywhere(bool once)
{
	static uint8_t start[DISK_SIZE];
	unsigned int i, nr, leftovers;
	bool writes[OPERATIONS];
	int image;

	assert_int_equal(install(0), VMFW_EXIT_OK);
	get_disk(start);
	forget_operations();
	assert_int_equal(install(1), VMFW_EXIT_OK);
	nr = medium.nr;
	for (i = 0; i < nr; i++)
		writes[i] = medium.operations[i].bytes;
	for (i = 0; i < nr; i++) {
		if (!writes[i] && !once)
			continue;
		put_disk(start);
		forget_operations();
		if (writes[i])
			medium.fails = i;
		else
			medium.sync_fails = i;
		medium.recovers = once ? i + 1 : NEVER;
		assert_int_equal(install(1), VMFW_EXIT_SYSTEM);
		image = whole_image(&leftovers);
		assert_true(image == 0 || image == 1);
		/* The tool names an unfinished partition that it leaves. */
		if (leftovers)
			assert_non_null(strstr(last_warning, "unfinished"));
		forget_operations();
		assert_int_equal(install(1), VMFW_EXIT_OK);
		installed_is(1);
	}
}

static void a_disk_that_stops_to_write(void **state)
{
	(void)state;
	fail_everywhere(false);
}

static void a_disk_that_fails_once(void **state)
{
	(void)state;
	fail_everywhere(true);
}

static const char differs[] =
	"verification failed: data read back differs; the disk may be failing";

/* Install image 1 over image 0, which stays because the disk spoils a write. */
static void install_spoilt(const uint8_t *start, unsigned int write,
			   const uint8_t *instead)
{
	put_disk(start);
	forget_operations();
	medium.spoils = write;
	medium.instead = instead;
	assert_int_equal(install(1), VMFW_EXIT_SYSTEM);
	assert_non_null(strstr(first_error, differs));
	installed_is(0);
}

static void a_disk_that_writes_something_else(void **state)
{
	/* The last size makes a sound header with a size of 32 bits. */
	static const uint64_t sizes[] = {
		IMAGE_SIZE - 1, IMAGE_SIZE + 1,
		IMAGE_SIZE | (uint64_t)0x4d564749 << 32,
	};
	static uint8_t start[DISK_SIZE];
	unsigned int i, nr, image = NEVER, header = NEVER;
	uint8_t head[ONEFILE_HEADER];

	(void)state;
	assert_int_equal(install(0), VMFW_EXIT_OK);
	get_disk(start);
	forget_operations();
	assert_int_equal(install(1), VMFW_EXIT_OK);
	nr = medium.nr;
	for (i = 0; i < nr; i++) {
		if (medium.operations[i].len == IMAGE_SIZE)
			image = i;
		/* In front of the image, the tool erases the old header. */
		if (medium.operations[i].len == ONEFILE_HEADER)
			header = i;
	}
	assert_true(image < header && header < NEVER);
	install_spoilt(start, image, NULL);
	install_spoilt(start, header, NULL);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		onefile_write(head, sizes[i]);
		install_spoilt(start, header, head);
	}
}

static void a_disk_without_room(void **state)
{
	struct partition_change change = { .dry_run = true };
	static uint8_t start[DISK_SIZE];

	(void)state;
	/* The table allows too few blocks after the other partition. */
	assert_int_equal(ftruncate(medium.fd, 3 * MIB), 0);
	assert_int_equal(ftruncate(medium.fd, DISK_SIZE), 0);
	make_table();
	get_disk(start);
	put_le32(start + GPT_PRIMARY * BLOCK + 48, OTHER_START + 1024);
	put_le32(start + GPT_PRIMARY * BLOCK + 52, 0);
	gpt_move_entries(start + GPT_PRIMARY * BLOCK, GPT_ENTRIES);
	put_disk(start);
	forget_operations();
	assert_int_equal(install(0), VMFW_EXIT_SYSTEM);
	assert_int_equal(install_as(0, &change), VMFW_EXIT_SYSTEM);
	assert_non_null(strstr(first_error, "the disk has no room for it"));
	assert_int_equal(medium.nr, 0);
}

static void a_damaged_first_table_is_not_touched(void **state)
{
	static const struct {
		unsigned int at;
		int code;
		const char *error;
	} table[] = {
		{ GPT_PRIMARY * BLOCK + 60, VMFW_EXIT_SOURCE,
		  "the first copy of the partition table (GPT) is missing or damaged; repair it first, for example with gdisk, or name another disk" },
		{ GPT_ENTRIES * BLOCK + 300, VMFW_EXIT_SYSTEM,
		  "the first copy of the partition table (GPT) is damaged; repair it first, for example with gdisk" },
	};
	static uint8_t start[DISK_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		memcpy(start, before, DISK_SIZE);
		start[table[i].at] ^= 1;
		put_disk(start);
		assert_int_equal(install(0), table[i].code);
		assert_non_null(strstr(first_error, table[i].error));
		assert_int_equal(medium.nr, 0);
	}
}

static void a_damaged_second_table_is_rewritten(void **state)
{
	static uint8_t start[DISK_SIZE];

	(void)state;
	memcpy(start, before, DISK_SIZE);
	memset(start + (LAST - 32) * BLOCK, 0x5a, 33 * BLOCK);
	put_disk(start);
	assert_int_equal(install(0), VMFW_EXIT_OK);
	installed_is(0);
}

/* Entries in front of the usual place would overlap the first header. */
static void entries_at_an_unusual_place_are_not_touched(void **state)
{
	static const uint64_t places[] = { 0, 1, 3, 40, LAST - 33, LAST - 31 };
	static uint8_t start[DISK_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		memcpy(start, before, DISK_SIZE);
		if (places[i] == 40)
			memcpy(start + 40 * BLOCK, before + GPT_ENTRIES * BLOCK,
			       32 * BLOCK);
		gpt_move_entries(start + GPT_PRIMARY * BLOCK, places[i]);
		put_disk(start);
		assert_int_equal(install(0), VMFW_EXIT_SYSTEM);
		assert_non_null(strstr(first_error,
				       "its entries do not begin at block 2"));
		assert_int_equal(medium.nr, 0);
	}
}

/* Copy the table of a disk with @blocks blocks that has no partitions. */
static int copy_small(unsigned int blocks)
{
	struct blockdev disk = { .size = blocks * BLOCK, .block = BLOCK };
	uint8_t *header = state_of + GPT_PRIMARY * BLOCK;
	struct table_state state;
	char path[NAME];
	int copy, err;

	memcpy(state_of, before, DISK_SIZE);
	memset(state_of + GPT_ENTRIES * BLOCK, 0, 32 * BLOCK);
	put_le32(header + 88, crc32(0, state_of + GPT_ENTRIES * BLOCK,
				    32 * BLOCK));
	gpt_move_entries(header, GPT_ENTRIES);
	disk.fd = make_file(path);
	assert_int_equal(__real_pwrite(disk.fd, state_of, disk.size, 0),
			 disk.size);
	err = table_copy(&disk, &copy, &state);
	if (!err)
		close(copy);
	free(state.bytes);
	close(disk.fd);
	return err;
}

/* The smallest disk has an MBR, two headers, and twice the entries. */
static void a_disk_has_room_for_two_tables(void **state)
{
	(void)state;
	assert_int_equal(copy_small(3 + 2 * 32), 0);
	assert_int_equal(copy_small(3 + 2 * 32 + 1), 0);
	assert_int_equal(copy_small(3 + 2 * 32 - 1), -EBADMSG);
}

static void removed_partitions_are_gone(void **state)
{
	struct partition_change change = { .disk = disk_path };
	struct messages messages = { 0 };

	(void)state;
	assert_int_equal(partition_remove(&messages, &change), VMFW_EXIT_NOTHING);
	assert_int_equal(install(0), VMFW_EXIT_OK);
	assert_int_equal(partition_remove(&messages, &change), VMFW_EXIT_OK);
	assert_int_equal(change.removed, 1);
	installed_is(-1);
	change.number = 1;
	assert_int_equal(partition_remove(&messages, &change), VMFW_EXIT_SOURCE);
	forget_messages(&messages);
}

/* Let an installation fail as late as possible with an unfinished partition. */
static void leave_unfinished_partition(void)
{
	static uint8_t start[DISK_SIZE];
	unsigned int nr, leftovers;

	get_disk(start);
	forget_operations();
	assert_int_equal(install(1), VMFW_EXIT_OK);
	nr = medium.nr;
	do {
		assert_int_not_equal(nr, 0);
		put_disk(start);
		forget_operations();
		medium.fails = --nr;
		install(1);
		whole_image(&leftovers);
	} while (!leftovers);
	forget_operations();
}

/* A partition of the right type without "1FILE FS" does not count as an image. */
static void an_empty_partition_is_removed(void **state)
{
	struct partition_change change = { 0 };

	(void)state;
	assert_int_equal(install(0), VMFW_EXIT_OK);
	add_partition(8192, 128, PARTITION_TYPE);
	get_disk(before);
	forget_operations();
	assert_int_equal(install_as(1, &change), VMFW_EXIT_OK);
	assert_int_equal(change.removed, 2);
	installed_is(1);
}

/* The message about a partition that stays names it. */
static void an_unfinished_partition_is_named(void **state)
{
	(void)state;
	assert_int_equal(install(0), VMFW_EXIT_OK);
	leave_unfinished_partition();
	assert_int_equal(warnings, 1);
	assert_non_null(strstr(last_warning, "partition 3 is left unfinished"));
	/* The next installation fails before it leaves one of its own. */
	medium.fails = 0;
	medium.recovers = 1;
	assert_int_equal(install(1), VMFW_EXIT_SYSTEM);
	assert_int_equal(warnings, 0);
	/* Nor does the tool go on after an error if the image is already there. */
	forget_operations();
	medium.fails = 0;
	told = 0;
	assert_int_equal(install(0), VMFW_EXIT_SYSTEM);
	assert_int_equal(told, 0);
}

/* A signal does not change the error. */
static void a_disk_that_cannot_be_used(void **state)
{
	static const uint8_t nothing[DISK_SIZE];
	struct partition_change change = { .disk = "/none" };
	struct messages messages = { 0 };

	(void)state;
	installing = true;
	asks_left = 0;
	assert_int_equal(partition_remove(&messages, &change),
			 VMFW_EXIT_SYSTEM);
	installing = false;
	asks_left = NEVER;
	assert_int_equal(messages.nr, 1);
	assert_string_equal(messages_first_error(&messages),
			    "/none: cannot open and lock this disk: No such file or directory");
	forget_messages(&messages);
	put_disk(nothing);
	assert_int_equal(install(0), VMFW_EXIT_SOURCE);
	assert_non_null(strstr(first_error,
			       ": there is no GUID partition table (GPT), or it is damaged or unreadable"));
	assert_int_equal(medium.nr, 0);
}

static void libfdisk_is_missing(void **state)
{
	(void)state;
	no_library = true;
	assert_int_equal(install(0), VMFW_EXIT_SYSTEM);
	no_library = false;
	assert_non_null(strstr(first_error, "cannot change partitions without libfdisk: none.so: "));
	assert_non_null(strstr(first_error, "; is it installed?"));
	installed_is(-1);
}

static int remove_number(unsigned int number, unsigned int *removed)
{
	unsigned int descriptors = tree_count_descriptors();
	struct partition_change change = {
		.disk = disk_path,
		.number = number,
	};
	struct messages messages = { 0 };
	int code = partition_remove(&messages, &change);

	*removed = change.removed;
	forget_messages(&messages);
	assert_int_equal(tree_count_descriptors(), descriptors);
	return code;
}

/*
 * Partition 2 has an image, partition 3 is unfinished. A removal by number
 * removes that partition and all unfinished ones.
 */
static void a_number_selects_a_partition(void **state)
{
	static const struct {
		unsigned int number;
		int code;
		unsigned int removed;
		int image;
	} table[] = {
		{ 1, VMFW_EXIT_SOURCE, 0, 0 },
		{ 2, VMFW_EXIT_OK, 2, -1 },
		{ 3, VMFW_EXIT_OK, 1, 0 },
		{ 4, VMFW_EXIT_SOURCE, 0, 0 },
	};
	static uint8_t start[DISK_SIZE];
	unsigned int removed, leftovers;
	size_t i;

	(void)state;
	assert_int_equal(install(0), VMFW_EXIT_OK);
	leave_unfinished_partition();
	get_disk(start);
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		put_disk(start);
		forget_operations();
		assert_int_equal(remove_number(table[i].number, &removed),
				 table[i].code);
		assert_int_equal(removed, table[i].removed);
		assert_int_equal(whole_image(&leftovers), table[i].image);
		assert_int_equal(leftovers, !removed);
		if (table[i].code)
			assert_non_null(strstr(first_error,
					       "this is not a firmware partition"));
	}
}

static void partitions_that_stay_are_not_counted(void **state)
{
	static uint8_t start[DISK_SIZE];
	struct partition_change change = { .disk = disk_path };
	struct messages messages = { 0 };

	(void)state;
	assert_int_equal(install(0), VMFW_EXIT_OK);
	leave_unfinished_partition();
	change.dry_run = true;
	assert_int_equal(install_as(1, &change), VMFW_EXIT_OK);
	assert_int_equal(change.removed, 2);

	get_disk(start);
	change = (struct partition_change) { 0 };
	assert_int_equal(install_as(1, &change), VMFW_EXIT_OK);
	assert_int_equal(change.removed, 2);
	put_disk(start);
	forget_operations();

	change = (struct partition_change) { .disk = disk_path };
	medium.fails = 0;
	assert_int_equal(partition_remove(&messages, &change), VMFW_EXIT_SYSTEM);
	assert_int_equal(change.removed, 0);
	forget_operations();
	assert_int_equal(partition_remove(&messages, &change), VMFW_EXIT_OK);
	assert_int_equal(change.removed, 2);
	forget_messages(&messages);
}

static void a_container_that_cannot_be_read(void **state)
{
	struct messages messages = { 0 };
	struct extent extent;
	int code;

	(void)state;
	assert_int_equal(install(0), VMFW_EXIT_OK);
	no_memory = true;
	code = disk_container.find(&messages, medium.fd, disk_path, DISK_SIZE, NULL,
				   &extent);
	no_memory = false;
	assert_int_equal(code, VMFW_EXIT_SOURCE);
	assert_int_equal(partition_container.find(&messages, -1, "none", DISK_SIZE,
						  NULL, &extent),
			 VMFW_EXIT_SYSTEM);
	forget_messages(&messages);
}

static int tear_down(void **state)
{
	int fd;

	(void)state;
	forget_operations();
	close(medium.fd);
	for (fd = 0; fd < 2; fd++)
		close(atoi(strrchr(image_paths[fd], '/') + 1));
	return 0;
}

#define FOREIGN		0x5a

/* The entries that another program writes. */
static struct foreign {
	uint64_t first[2];
	uint64_t last[2];
	bool same_uuid;
} foreign;

static void put_foreign_entry(uint8_t *entry, unsigned int i)
{
	static const uint8_t linux_type[16] = {
		0xaf, 0x3d, 0xc6, 0x0f, 0x83, 0x84, 0x72, 0x47,
		0x8e, 0x79, 0x3d, 0x69, 0xd8, 0x47, 0x7d, 0xe4,
	};

	memcpy(entry, linux_type, sizeof(linux_type));
	if (!foreign.same_uuid)
		memset(entry + 16, FOREIGN + i, 16);
	put_le64(entry + 32, foreign.first[i]);
	put_le64(entry + 40, foreign.last[i]);
}

static void put_foreign_header(uint8_t *disk, uint64_t at, uint64_t other,
			       uint64_t entries)
{
	uint8_t *header = disk + at * BLOCK;

	memmove(header, disk + GPT_PRIMARY * BLOCK, BLOCK);
	put_le64(header + 24, at);
	put_le64(header + 32, other);
	put_le64(header + 72, entries);
	put_le32(header + 88, crc32(0, disk + entries * BLOCK, 128 * 128));
	put_le32(header + 16, 0);
	put_le32(header + 16, crc32(0, header, GPT_HEADER_SIZE));
}

/* Replace partitions 2 and 3 with other partitions, which have other contents. */
static void replace_partitions(void)
{
	uint8_t *disk = malloc(DISK_SIZE), entries[128 * 128];
	unsigned int i;

	assert_non_null(disk);
	get_disk(disk);
	memcpy(entries, first_entries(disk), sizeof(entries));
	for (i = 0; i < 2; i++) {
		put_foreign_entry(entries + (1 + i) * 128, i);
		memset(disk + foreign.first[i] * BLOCK, FOREIGN + i,
		       (foreign.last[i] + 1 - foreign.first[i]) * BLOCK);
	}
	memset(entries + 3 * 128, 0, 125 * 128);
	memcpy(disk + GPT_ENTRIES * BLOCK, entries, sizeof(entries));
	memcpy(disk + (LAST - 32) * BLOCK, entries, sizeof(entries));
	put_foreign_header(disk, LAST, GPT_PRIMARY, LAST - 32);
	put_foreign_header(disk, GPT_PRIMARY, LAST, GPT_ENTRIES);
	put_disk(disk);
	free(disk);
}

static void foreign_is_there(void)
{
	const uint8_t *entry;
	unsigned int i;
	uint64_t block;

	get_disk(state_of);
	for (i = 0; i < 2; i++) {
		entry = first_entries(state_of) + (1 + i) * 128;
		assert_int_equal(entry[0], 0xaf);
		assert_int_equal(get_le64(entry + 32), foreign.first[i]);
		assert_int_equal(get_le64(entry + 40), foreign.last[i]);
		for (block = foreign.first[i]; block <= foreign.last[i];
		     block++)
			assert_int_equal(state_of[block * BLOCK], FOREIGN + i);
	}
	table_is_in_order();
}

/*
 * Another program takes the numbers, the places or the UUIDs of the tool's
 * partitions, at any time. The tool must not change the other partitions.
 */
static void another_program_changes_the_table(void **state)
{
	static const uint64_t places[][4] = {
		/* The tool's places, swapped places, free ones, overlapping ones. */
		{ 4096, 6143, 6144, 8191 },
		{ 6144, 8191, 4096, 6143 },
		{ 8192, 8300, 8301, 8500 },
		{ 4096, 5000, 5001, 6200 },
	};
	unsigned int place, when, same;
	int code;

	(void)state;
	assert_int_equal(install(0), VMFW_EXIT_OK);
	get_disk(before);
	for (place = 0; place < 4; place++) {
		for (same = 0; same < 2; same++) {
			foreign = (struct foreign) {
				{ places[place][0], places[place][2] },
				{ places[place][1], places[place][3] },
				same,
			};
			for (when = 1;; when++) {
				put_disk(before);
				forget_operations();
				medium.syncs_left = when;
				other_program = replace_partitions;
				code = install(1);
				other_program = NULL;
				if (medium.syncs_left)
					break;
				assert_int_not_equal(code, VMFW_EXIT_OK);
				/* In free places, the other partitions overwrite no image. */
				if (place == 2)
					assert_non_null(strstr(first_error,
						"another program changed"));
				foreign_is_there();
			}
			assert_int_equal(code, VMFW_EXIT_OK);
			assert_true(when > 10);
		}
	}
}

#define SECOND		((LAST - 32) * BLOCK)

/* Write only the first table. The second table stays that of the tool. */
static void replace_first_table(void)
{
	uint8_t second[33 * BLOCK];

	assert_int_equal(pread(medium.fd, second, sizeof(second), SECOND),
			 sizeof(second));
	replace_partitions();
	assert_int_equal(__real_pwrite(medium.fd, second, sizeof(second),
				       SECOND), sizeof(second));
}

/* Replace both tables with those of later changes. */
static void replace_partitions_again(void)
{
	foreign = (struct foreign) { { 8192, 8601 }, { 8600, 8700 }, false };
	replace_partitions();
}

static int install_beside(unsigned int when, unsigned int fails,
			  unsigned int sync_fails)
{
	int code;

	put_disk(before);
	forget_operations();
	medium.syncs_left = when;
	medium.fails = fails;
	medium.sync_fails = sync_fails;
	other_program = replace_first_table;
	code = install(1);
	other_program = NULL;
	return code;
}

/*
 * The tool copies the first table of another program to the second place. Its last
 * operations are the write and a sync. Both of them can fail.
 */
static void second_table_is_rewritten(void **state)
{
	unsigned int when, nr, rewritten = 0;

	(void)state;
	assert_int_equal(install(0), VMFW_EXIT_OK);
	get_disk(before);
	foreign = (struct foreign) { { 8192, 8301 }, { 8300, 8500 }, false };
	for (when = 1;; when++) {
		int code = install_beside(when, NEVER, NEVER);

		if (medium.syncs_left)
			break;
		assert_int_not_equal(code, VMFW_EXIT_OK);
		nr = medium.nr;
		if (nr < 2 || medium.operations[nr - 1].bytes ||
		    medium.operations[nr - 2].offset != SECOND ||
		    !strstr(first_error, "another program"))
			continue;
		foreign_is_there();
		rewritten++;
		assert_int_equal(install_beside(when, nr - 2, NEVER),
				 VMFW_EXIT_SYSTEM);
		assert_non_null(strstr(first_error, "No space left"));
		assert_int_equal(install_beside(when, NEVER, nr - 1),
				 VMFW_EXIT_SYSTEM);
		assert_non_null(strstr(first_error, "Input/output error"));
	}
	assert_true(rewritten);
}

/*
 * Before the tool copies the first table of another program, it waits. If that
 * program has written both tables then, the tool writes nothing.
 */
static void another_program_writes_its_second_table_late(void **state)
{
	unsigned int when, found_late = 0;

	(void)state;
	assert_int_equal(install(0), VMFW_EXIT_OK);
	get_disk(before);
	for (when = 1;; when++) {
		foreign = (struct foreign) { { 8192, 8301 }, { 8300, 8500 },
					     false };
		other_program_ends = replace_partitions_again;
		install_beside(when, NEVER, NEVER);
		other_program_ends = NULL;
		if (medium.syncs_left)
			break;
		/* In other steps, the tool does not wait. */
		if (foreign.first[1] != 8601)
			continue;
		foreign_is_there();
		found_late++;
	}
	assert_true(found_late);
}

/* Return a watch for the partition that is not for firmware. */
static struct table_watch watch_other(void)
{
	struct table_watch watch = {
		.entry = {
			.number = 1,
			.start = OTHER_START * BLOCK,
			.size = OTHER_SIZE * BLOCK,
		},
	};
	struct gpt_header header;
	struct gpt_entry entry;

	assert_true(gpt_read(&header, before + GPT_PRIMARY * BLOCK, BLOCK));
	assert_true(gpt_read_entry(&entry, &header, first_entries(before), 0));
	uuid_words(watch.entry.uuid, entry.uuid);
	uuid_words(watch.entry.type, entry.type);
	return watch;
}

static void looks(const struct table_watch *watch, int err)
{
	struct table_watch copy = *watch;
	struct blockdev disk;

	assert_int_equal(blockdev_open(&disk, disk_path, false), 0);
	assert_int_equal(table_look(&disk, &copy), err);
	blockdev_close(&disk);
}

/* Compare the partition with that of libfdisk, too. */
static void has(const struct table_watch *watch, int err)
{
	struct messages messages = { 0 };
	struct blockdev disk;
	struct table *table;

	looks(watch, err);
	assert_int_equal(blockdev_open(&disk, disk_path, false), 0);
	assert_int_equal(table_open(&table, &messages, &disk), VMFW_EXIT_OK);
	assert_int_equal(table_has(table, &watch->entry),
			 err ? VMFW_EXIT_SYSTEM : VMFW_EXIT_OK);
	table_close(table);
	blockdev_close(&disk);
	forget_messages(&messages);
	if (err)
		assert_non_null(strstr(first_error,
				       "another program changed the partition table"));
	else
		assert_string_equal(first_error, "");
}

static struct fdisk_context *make_no_context(void)
{
	return NULL;
}

static int refuse_sectors(struct fdisk_context *context, unsigned int physical,
			  unsigned int logical)
{
	assert_non_null(context);
	assert_int_equal(physical, BLOCK);
	assert_int_equal(logical, BLOCK);
	return -EPERM;
}

static int refuse_grain(struct fdisk_context *context, unsigned long grain)
{
	assert_non_null(context);
	assert_int_equal(grain, MIB);
	return -EPERM;
}

static int refuse_device(struct fdisk_context *context, int fd,
			 const char *path, int writable)
{
	assert_non_null(context);
	assert_true(fd >= 0);
	assert_non_null(path);
	assert_false(writable);
	return -EPERM;
}

static int find_no_gpt(struct fdisk_context *context,
		       enum fdisk_labeltype type)
{
	assert_non_null(context);
	assert_int_equal(type, FDISK_DISKLABEL_GPT);
	return 0;
}

static int find_no_number(struct fdisk_partition *partition)
{
	assert_non_null(partition);
	return 0;
}

static const char *find_no_uuid(struct fdisk_partition *partition)
{
	assert_non_null(partition);
	return NULL;
}

static const char *find_no_type(const struct fdisk_parttype *type)
{
	assert_non_null(type);
	return NULL;
}

/* A function of libfdisk fails, or is missing. */
static void a_libfdisk_that_fails(void **state)
{
	static const char changed[] =
		"another program changed the partition table";
	static const struct {
		struct symbol symbol;
		const char *error;
	} table[] = {
		{ { "fdisk_new_context", NULL },
		  "cannot use libfdisk.so.1: it has no fdisk_new_context(); update it" },
		{ { "fdisk_write_disklabel", NULL },
		  "cannot use libfdisk.so.1: it has no fdisk_write_disklabel(); update it" },
		{ { "fdisk_new_context", make_no_context },
		  "cannot read the partition table with libfdisk: Cannot allocate memory" },
		{ { "fdisk_save_user_sector_size", refuse_sectors },
		  "cannot read the partition table with libfdisk: Operation not permitted" },
		{ { "fdisk_save_user_grain", refuse_grain },
		  "cannot read the partition table with libfdisk: Operation not permitted" },
		{ { "fdisk_assign_device_by_fd", refuse_device },
		  "cannot read the partition table with libfdisk: Operation not permitted" },
		{ { "fdisk_is_labeltype", find_no_gpt },
		  "the first copy of the partition table (GPT) is damaged" },
		{ { "fdisk_partition_has_start", find_no_number }, changed },
		{ { "fdisk_partition_has_size", find_no_number }, changed },
		{ { "fdisk_partition_get_uuid", find_no_uuid }, changed },
		{ { "fdisk_parttype_get_string", find_no_type }, changed },
	};
	const struct table_watch watch = watch_other();
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		unsigned int descriptors = tree_count_descriptors();
		struct messages messages = { 0 };
		struct blockdev disk;
		struct table *read;
		int code;

		assert_int_equal(blockdev_open(&disk, disk_path, false), 0);
		replaced = table[i].symbol;
		code = table_open(&read, &messages, &disk);
		replaced.name = NULL;
		/* Only a table without an error is there for other calls. */
		assert_int_equal(!code, table[i].error == changed);
		if (!code)
			code = table_has(read, &watch.entry);
		assert_int_equal(code, VMFW_EXIT_SYSTEM);
		table_close(read);
		blockdev_close(&disk);
		forget_messages(&messages);
		assert_non_null(strstr(first_error, table[i].error));
		assert_int_equal(tree_count_descriptors(), descriptors);
	}
}

static struct fdisk_partition *make_no_partition(void)
{
	return NULL;
}

/* The number of types that libfdisk makes before it makes none. */
static unsigned int types_left;

static struct fdisk_parttype *make_few_types(unsigned int code,
					     const char *name)
{
	return types_left-- ? fdisk_new_unknown_parttype(code, name) : NULL;
}

static int refuse_type(struct fdisk_context *context, size_t number,
		       struct fdisk_parttype *type)
{
	assert_non_null(context);
	assert_int_equal(number, 2);
	assert_non_null(type);
	return -EPERM;
}

static int refuse_removal(struct fdisk_context *context, size_t number)
{
	assert_non_null(context);
	assert_true(number == 1 || number == 2);
	return -EPERM;
}

static int refuse_reading(struct fdisk_context *context, size_t number,
			  struct fdisk_partition **partition)
{
	assert_non_null(context);
	assert_int_equal(number, 2);
	assert_null(*partition);
	return -EPERM;
}

static fdisk_sector_t find_less(struct fdisk_partition *partition)
{
	return fdisk_partition_get_size(partition) - 1;
}

static fdisk_sector_t find_more(struct fdisk_partition *partition)
{
	return fdisk_partition_get_size(partition) + 1;
}

static int refuse_write(struct fdisk_context *context)
{
	assert_non_null(context);
	return -EPERM;
}

static int addition_err;

static int refuse_addition(struct fdisk_context *context,
			   struct fdisk_partition *partition, size_t *number)
{
	assert_non_null(context);
	assert_non_null(partition);
	assert_non_null(number);
	return addition_err;
}

/* Install over image 0, while libfdisk refuses one call. */
static void install_refused(const struct symbol *symbol, const char *error,
			    unsigned int expected_leftovers)
{
	unsigned int leftovers;

	put_disk(before);
	forget_operations();
	replaced = *symbol;
	assert_int_equal(install(1), VMFW_EXIT_SYSTEM);
	replaced.name = NULL;
	assert_non_null(strstr(first_error, error));
	assert_int_equal(whole_image(&leftovers), 0);
	assert_int_equal(leftovers, expected_leftovers);
	assert_int_equal(warnings, expected_leftovers);
	table_is_in_order();
}

/* The old image stays if libfdisk refuses a change. */
static void a_libfdisk_that_refuses_a_change(void **state)
{
	static const struct {
		struct symbol symbol;
		const char *error;
		unsigned int types, leftovers;
	} table[] = {
		{ { "fdisk_new_partition", make_no_partition },
		  ": cannot add a partition of 1.0 MiB (1048576 bytes): Cannot allocate memory",
		  0, 0 },
		{ { "fdisk_new_unknown_parttype", make_few_types },
		  ": cannot add a partition of 1.0 MiB (1048576 bytes): Cannot allocate memory",
		  0, 0 },
		{ { "fdisk_partition_has_start", find_no_number },
		  ": cannot add a partition of 1.0 MiB (1048576 bytes): No such file or directory",
		  0, 0 },
		{ { "fdisk_get_partition", refuse_reading },
		  ": cannot add a partition of 1.0 MiB (1048576 bytes): Operation not permitted",
		  0, 0 },
		/* The new partition has another size than the tool asked for. */
		{ { "fdisk_partition_get_size", find_less },
		  ": cannot add a partition of 1.0 MiB (1048576 bytes): the disk has no room for it",
		  0, 0 },
		{ { "fdisk_partition_get_size", find_more },
		  ": cannot add a partition of 1.0 MiB (1048576 bytes): the disk has no room for it",
		  0, 0 },
		{ { "fdisk_new_unknown_parttype", make_few_types },
		  ", partition 3: cannot set the type of this partition: Cannot allocate memory",
		  1, 0 },
		{ { "fdisk_set_partition_type", refuse_type },
		  ", partition 3: cannot set the type of this partition: Operation not permitted",
		  0, 0 },
		/* The tool cannot remove the new partition either. */
		{ { "fdisk_delete_partition", refuse_removal },
		  ", partition 2: cannot remove this partition: Operation not permitted",
		  0, 1 },
		{ { "fdisk_write_disklabel", refuse_write },
		  ": cannot write the partition table: Operation not permitted",
		  0, 0 },
	};
	static const struct {
		int err;
		const char *error;
	} additions[] = {
		{ -ERANGE, ": the partition table (GPT) has no free entry for another partition; " },
		{ -ENOSPC, ": cannot add a partition of 1.0 MiB (1048576 bytes): the disk has no room for it" },
		{ -EINVAL, ": cannot add a partition of 1.0 MiB (1048576 bytes): the disk has no room for it" },
		{ -EPERM, ": cannot add a partition of 1.0 MiB (1048576 bytes): Operation not permitted" },
	};
	const struct symbol addition = { "fdisk_add_partition", refuse_addition };
	size_t i;

	(void)state;
	assert_int_equal(install(0), VMFW_EXIT_OK);
	get_disk(before);
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		types_left = table[i].types;
		install_refused(&table[i].symbol, table[i].error,
				table[i].leftovers);
	}
	for (i = 0; i < ARRAY_SIZE(additions); i++) {
		addition_err = additions[i].err;
		install_refused(&addition, additions[i].error, 0);
	}
}

/* If any part of the entry changes, it counts as another partition. */
static void each_part_of_an_entry_counts(void **state)
{
	struct table_watch watch = watch_other();

	(void)state;
	has(&watch, 0);
	watch.entry.number = 2;
	has(&watch, -ESTALE);
	watch.entry.number = 129;
	has(&watch, -ESTALE);
	watch = watch_other();
	watch.entry.start -= BLOCK;
	watch.entry.size += BLOCK;
	has(&watch, -ESTALE);
	watch = watch_other();
	watch.entry.start -= BLOCK;
	has(&watch, -ESTALE);
	watch = watch_other();
	watch.entry.size += BLOCK;
	has(&watch, -ESTALE);
	watch = watch_other();
	watch.entry.uuid[0] ^= 1;
	has(&watch, -ESTALE);
	watch = watch_other();
	watch.entry.type[0] ^= 1;
	has(&watch, -ESTALE);
}

/* Other partitions may come and go, but must not overlap the watched one. */
static void a_partition_over_it_is_found(void **state)
{
	struct table_watch watch = watch_other();

	(void)state;
	foreign = (struct foreign) { { 4096, 6144 }, { 6143, 8191 }, false };
	replace_partitions();
	looks(&watch, 0);
	put_disk(before);
	foreign = (struct foreign) {
		{ OTHER_START + OTHER_SIZE - 1, 6144 }, { 6143, 8191 }, false,
	};
	replace_partitions();
	looks(&watch, -ESTALE);
}

/* A table that is damaged, or elsewhere, counts as another one. */
static void a_table_that_the_tool_cannot_read(void **state)
{
	struct table_watch watch = watch_other();

	(void)state;
	get_disk(state_of);
	gpt_move_entries(state_of + GPT_PRIMARY * BLOCK, 40);
	put_disk(state_of);
	looks(&watch, -ESTALE);
	state_of[GPT_PRIMARY * BLOCK] ^= 1;
	put_disk(state_of);
	looks(&watch, -ESTALE);
	put_disk(before);
	looks(&watch, 0);
}

static void erase_tables(void)
{
	static const uint8_t zero[34 * BLOCK];

	assert_int_equal(__real_pwrite(medium.fd, zero, sizeof(zero), 0),
			 sizeof(zero));
	assert_int_equal(__real_pwrite(medium.fd, zero, 33 * BLOCK, SECOND),
			 33 * BLOCK);
}

/* The tool cannot tell then whether it leaves an unfinished partition. */
static void another_program_erases_the_tables(void **state)
{
	unsigned int when, warned = 0;

	(void)state;
	for (when = 1;; when++) {
		put_disk(before);
		forget_operations();
		medium.syncs_left = when;
		other_program = erase_tables;
		install(0);
		other_program = NULL;
		if (medium.syncs_left)
			break;
		if (!warnings)
			continue;
		assert_non_null(strstr(last_warning, "cannot read the partition table again: it is missing, damaged or unreadable"));
		warned++;
	}
	assert_true(warned);
}

/* Change the last byte of every image on the disk, but not the table. */
static void spoil_images(void)
{
	static const uint8_t spoilt = '!';
	const uint8_t *entry;
	unsigned int i;

	get_disk(state_of);
	entry = first_entries(state_of);
	for (i = 0; i < 128; i++, entry += 128)
		if (!memcmp(entry, image_type, sizeof(image_type)))
			assert_int_equal(__real_pwrite(medium.fd, &spoilt, 1,
						       get_le64(entry + 32) *
						       BLOCK + 15 + IMAGE_SIZE),
					 1);
}

/*
 * If another program changes images, an installation succeeds only if its image
 * is right.
 */
static void another_program_overwrites_the_image(void **state)
{
	unsigned int when, leftovers, failed = 0;
	int code;

	(void)state;
	assert_int_equal(install(0), VMFW_EXIT_OK);
	get_disk(before);
	for (when = 1;; when++) {
		put_disk(before);
		forget_operations();
		medium.syncs_left = when;
		other_program = spoil_images;
		code = install(1);
		other_program = NULL;
		if (medium.syncs_left)
			break;
		if (code == VMFW_EXIT_OK)
			assert_int_equal(whole_image(&leftovers), 1);
		else
			assert_non_null(strstr(first_error, differs));
		failed += code != VMFW_EXIT_OK;
	}
	assert_int_equal(code, VMFW_EXIT_OK);
	assert_true(when > 10);
	assert_true(failed > 0);
}

static void overlap_is_reported(void)
{
	struct messages messages = { 0 };
	struct blockdev disk;
	struct table *read;

	assert_int_equal(blockdev_open(&disk, disk_path, false), 0);
	assert_int_equal(table_open(&read, &messages, &disk), VMFW_EXIT_SYSTEM);
	table_close(read);
	blockdev_close(&disk);
	forget_messages(&messages);
	assert_non_null(strstr(first_error, ": cannot change the partition table: a partition overlaps it"));
}

/*
 * A header with a right checksum allows partitions in the place of the tables.
 */
static void a_table_that_offers_its_own_place(void **state)
{
	static const uint64_t lasts[] = {
		LAST, LAST - 1, LAST - 32, UINT64_MAX, LAST + 100,
	};
	uint8_t entries[32 * BLOCK];
	size_t i;
	int code;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(lasts); i++) {
		get_disk(state_of);
		memcpy(entries, state_of + GPT_ENTRIES * BLOCK,
		       sizeof(entries));
		put_le64(state_of + BLOCK + 48, lasts[i]);
		/*
		 * Partitions take all space but the last MiB, which has the
		 * second table.
		 */
		memcpy(entries + 128, entries, 128);
		memset(entries + 128 + 16, 7, 16);
		put_le64(entries + 128 + 32, 4096);
		put_le64(entries + 128 + 40, 8191);
		memcpy(state_of + GPT_ENTRIES * BLOCK, entries,
		       sizeof(entries));
		memcpy(state_of + (LAST - 32) * BLOCK, entries,
		       sizeof(entries));
		put_foreign_header(state_of, LAST, GPT_PRIMARY, LAST - 32);
		put_foreign_header(state_of, GPT_PRIMARY, LAST, GPT_ENTRIES);
		put_disk(state_of);
		forget_operations();
		/*
		 * libblkid does not accept a table that allows partitions
		 * after the end of the disk.
		 */
		code = install(0);
		assert_true(code == VMFW_EXIT_SYSTEM ||
			    code == VMFW_EXIT_SOURCE);
		assert_int_equal(medium.nr, 0);
		/* A partition overlaps the second table. */
		put_le64(entries + 128 + 40, LAST - 32);
		memcpy(state_of + GPT_ENTRIES * BLOCK, entries,
		       sizeof(entries));
		put_foreign_header(state_of, GPT_PRIMARY, LAST, GPT_ENTRIES);
		put_disk(state_of);
		code = install(0);
		assert_true(code == VMFW_EXIT_SYSTEM ||
			    code == VMFW_EXIT_SOURCE);
		assert_int_equal(medium.nr, 0);
		overlap_is_reported();
	}
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_after_the_other),
		TEST(another_program_changes_the_table),
		TEST(second_table_is_rewritten),
		TEST(another_program_writes_its_second_table_late),
		TEST(another_program_erases_the_tables),
		TEST(a_table_that_the_tool_cannot_read),
		TEST(a_libfdisk_that_fails),
		TEST(a_libfdisk_that_refuses_a_change),
		TEST(each_part_of_an_entry_counts),
		TEST(a_partition_over_it_is_found),
		TEST(another_program_overwrites_the_image),
		TEST(a_table_that_offers_its_own_place),
		TEST(the_result_is_the_new_partition),
		TEST(the_same_again_writes_nothing),
		TEST(bytes_that_the_image_does_not_need),
		TEST(only_an_old_image_of_the_same_size_is_read),
		TEST(several_images),
		TEST(each_byte_of_a_large_image_counts),
		TEST(the_kernel_gets_the_partition),
		TEST(the_kernel_loses_the_old_partition),
		TEST(the_old_partition_is_open_for_a_moment),
		TEST(the_disk_is_locked_meanwhile),
		TEST(a_dry_run_writes_nothing),
		TEST(a_medium_that_cannot_be_read_back),
		TEST(memory_that_runs_out),
		TEST(a_signal_interrupts_an_installation),
		TEST(an_image_that_changes_meanwhile),
		TEST(the_progress_ends_its_line),
		TEST(power_fails_at_every_write_of_the_first),
		TEST(power_fails_at_every_write_of_the_second),
		TEST(power_fails_during_the_repair),
		TEST(a_disk_that_stops_to_write),
		TEST(a_disk_that_fails_once),
		TEST(a_disk_that_writes_something_else),
		TEST(a_disk_without_room),
		TEST(a_disk_has_room_for_two_tables),
		TEST(a_damaged_first_table_is_not_touched),
		TEST(a_damaged_second_table_is_rewritten),
		TEST(entries_at_an_unusual_place_are_not_touched),
		TEST(removed_partitions_are_gone),
		TEST(an_empty_partition_is_removed),
		TEST(an_unfinished_partition_is_named),
		TEST(a_disk_that_cannot_be_used),
		TEST(libfdisk_is_missing),
		TEST(a_number_selects_a_partition),
		TEST(partitions_that_stay_are_not_counted),
		TEST(a_container_that_cannot_be_read),
	};

	return cmocka_run_group_tests_name("partition", tests, NULL, NULL);
}

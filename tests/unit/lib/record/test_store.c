// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The place of the record: the order in which data reaches the disk, disks that
 * lose writes, and other files in the way.
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
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>
#include <cmocka.h>

#include "record/store.h"
#include "tree.h"

#define DIRECTORY	"/EFI/vmfwupdate"
/* The value of disk.fail if no call fails. */
#define NEVER		(-1)

/**
 * struct disk - the behaviour of the disk
 * @fail: number of calls that succeed before one fails, or NEVER
 * @err: errno value of the failing call
 * @piece: most bytes that a write or a read transfers; 0: all
 * @interrupts: a signal interrupts each write and read before it succeeds
 * @interrupted: the signal has come
 * @loses: written data does not reach the disk
 * @type: magic number of its file system
 * @rival: name of a file or directory that another process makes first, or NULL
 * @vanishes: name of a directory that another process removes, or NULL
 * @calls: calls so far, each with the name of its file
 * @failed: length of @calls when the last call failed
 */
static struct disk {
	int fail;
	int err;
	size_t piece;
	bool interrupts;
	bool interrupted;
	bool loses;
	long type;
	const char *rival;
	const char *vanishes;
	char calls[2048];
	size_t failed;
} disk;

static char top[64];
static struct volumes volumes;
static struct store store;
/* The tool leaves the last byte of @back as it is. */
static uint8_t block[RECORD_SIZE], back[RECORD_SIZE + 1];

/*
 * Record a call with a name below the directory, and "*" for the random end of
 * a temporary name.
 */
static void note(const char *word, const char *name)
{
	size_t len = strlen(disk.calls);
	const char *dot = strrchr(name, '.');

	if (dot && strlen(dot) == 9)
		snprintf(disk.calls + len, sizeof(disk.calls) - len,
			 "%s %.*s.*;", word, (int)(dot - name), name);
	else
		snprintf(disk.calls + len, sizeof(disk.calls) - len, "%s %s;",
			 word, name);
}

static void note_fd(const char *word, int fd)
{
	char link[64], path[PATH_MAX];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path) - 1);
	assert_true(len > 0);
	path[len] = '\0';
	assert_false(strncmp(path, top, strlen(top)));
	note(word, path[strlen(top)] ? path + strlen(top) + 1 : ".");
}

/* Must this call fail? */
static bool fails(void)
{
	if (disk.fail == NEVER || disk.fail--)
		return false;
	disk.fail = NEVER;
	disk.failed = strlen(disk.calls);
	errno = disk.err;
	return true;
}

static bool interrupted(void)
{
	disk.interrupted = disk.interrupts && !disk.interrupted;
	errno = EINTR;
	return disk.interrupted;
}

static size_t cut(size_t len)
{
	return disk.piece && len > disk.piece ? disk.piece : len;
}

static const char *full(const char *path);
static void write_new(const char *path, const void *bytes, size_t len);

ssize_t __real_pwrite(int fd, const void *bytes, size_t len, off_t at);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t len, off_t at);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	if (interrupted())
		return -1;
	note_fd("write", fd);
	if (fails())
		return -1;
	len = cut(len);
	return disk.loses ? (ssize_t)len : __real_pwrite(fd, bytes, len, at);
}

ssize_t __real_pread(int fd, void *bytes, size_t len, off_t at);
ssize_t __wrap_pread(int fd, void *bytes, size_t len, off_t at);
ssize_t __wrap_pread(int fd, void *bytes, size_t len, off_t at)
{
	if (interrupted())
		return -1;
	note_fd("read", fd);
	return fails() ? -1 : __real_pread(fd, bytes, cut(len), at);
}

int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
	note_fd("sync", fd);
	if (disk.vanishes)
		rmdir(full(disk.vanishes));
	return fails() ? -1 : 0;
}

int __wrap_posix_fadvise(int fd, off_t from, off_t len, int advice);
int __wrap_posix_fadvise(int fd, off_t from, off_t len, int advice)
{
	assert_int_equal(advice, POSIX_FADV_DONTNEED);
	assert_int_equal(from, 0);
	assert_int_equal(len, 0);
	note_fd("forget", fd);
	return fails() ? disk.err : 0;
}

int __real_renameat2(int old_dir, const char *old, int new_dir,
		     const char *new, unsigned int flags);
int __wrap_renameat2(int old_dir, const char *old, int new_dir,
		     const char *new, unsigned int flags);
int __wrap_renameat2(int old_dir, const char *old, int new_dir,
		     const char *new, unsigned int flags)
{
	note("rename", old);
	if (fails())
		return -1;
	if (disk.rival && !strcmp(new, strrchr(disk.rival, '/') + 1)) {
		if (strchr(new, '.'))
			write_new(disk.rival, "rival", 5);
		else
			assert_int_equal(mkdirat(new_dir, new, 0700), 0);
	}
	return __real_renameat2(old_dir, old, new_dir, new, flags);
}

int __real_openat(int dir, const char *name, int flags, ...);
int __wrap_openat(int dir, const char *name, int flags, ...);
int __wrap_openat(int dir, const char *name, int flags, ...)
{
	va_list rest;
	mode_t mode;

	if (!(flags & O_CREAT))
		return __real_openat(dir, name, flags);
	va_start(rest, flags);
	mode = va_arg(rest, mode_t);
	va_end(rest);
	note("create", name);
	return fails() ? -1 : __real_openat(dir, name, flags, mode);
}

int __real_mkdirat(int dir, const char *name, mode_t mode);
int __wrap_mkdirat(int dir, const char *name, mode_t mode);
int __wrap_mkdirat(int dir, const char *name, mode_t mode)
{
	if (disk.rival)
		return __real_mkdirat(dir, name, mode);
	assert_int_equal(mode, 0755);
	note("mkdir", name);
	return fails() ? -1 : __real_mkdirat(dir, name, mode);
}

ssize_t __real_getrandom(void *bytes, size_t len, unsigned int flags);
ssize_t __wrap_getrandom(void *bytes, size_t len, unsigned int flags);
ssize_t __wrap_getrandom(void *bytes, size_t len, unsigned int flags)
{
	/* Early in a boot, the tool waits for random numbers. */
	assert_int_equal(flags, 0);
	return fails() ? -1 : __real_getrandom(bytes, len, flags);
}

int __real_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st)
{
	return fails() ? -1 : __real_fstat(fd, st);
}

int __wrap_fstatfs(int fd, struct statfs *fs);
int __wrap_fstatfs(int fd, struct statfs *fs)
{
	note_fd("statfs", fd);
	fs->f_type = disk.type;
	return fails() ? -1 : 0;
}

static int page_err;

int __wrap_opaque_get(const char *device, void *bytes, size_t size);
int __wrap_opaque_get(const char *device, void *bytes, size_t size)
{
	assert_string_equal(device, "./device");
	assert_int_equal(size, RECORD_SIZE);
	memset(bytes, 0x11, size);
	return page_err;
}

int __wrap_opaque_set(const char *device, const void *bytes, size_t size);
int __wrap_opaque_set(const char *device, const void *bytes, size_t size)
{
	assert_string_equal(device, "./device");
	assert_int_equal(size, RECORD_SIZE);
	assert_ptr_equal(bytes, block);
	return page_err;
}

static const char *full(const char *path)
{
	static char buffer[PATH_MAX];

	snprintf(buffer, sizeof(buffer), "%s%s", top, path);
	return buffer;
}

static void write_new(const char *path, const void *bytes, size_t len)
{
	FILE *file = fopen(full(path), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static size_t size_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(full(path), &st), 0);
	return st.st_size;
}

static bool exists(const char *path)
{
	struct stat st;

	return !lstat(full(path), &st);
}

/*
 * Make an empty directory that stands for a file system without a mount point.
 */
static int set_up(void **state)
{
	(void)state;
	strcpy(top, "/tmp/vmfwupdate-test.XXXXXX");
	assert_non_null(mkdtemp(top));
	disk = (struct disk) { .fail = NEVER, .err = EIO, .type = MSDOS_SUPER_MAGIC };
	memset(&volumes, 0, sizeof(volumes));
	volumes.nr = 1;
	strcpy(volumes.volumes[0].top, "/the-esp");
	volumes.volumes[0].fd = open(top, O_RDONLY | O_DIRECTORY);
	store = (struct store) {
		.top = volumes.volumes[0].top,
		.path = DIRECTORY,
		.volumes = &volumes,
	};
	memset(block, 0x5a, sizeof(block));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	close(volumes.volumes[0].fd);
	return tree_remove(top);
}

static int prepare(void)
{
	struct slots_medium medium = store_medium(&store);

	disk.calls[0] = '\0';
	return medium.prepare(medium.arg);
}

static int save(unsigned int slot)
{
	struct slots_medium medium = store_medium(&store);

	disk.calls[0] = '\0';
	return medium.write(medium.arg, slot, block);
}

static int load(unsigned int slot)
{
	struct slots_medium medium = store_medium(&store);

	disk.calls[0] = '\0';
	memset(back, 0xff, sizeof(back));
	return medium.read(medium.arg, slot, back);
}

static void holds(unsigned int from, unsigned int to, uint8_t value)
{
	unsigned int i;

	for (i = from; i < to; i++)
		assert_int_equal(back[i], value);
}

static void called(const char *calls)
{
	assert_string_equal(disk.calls, calls);
}

/* The calls that give a file its name: its contents reach the disk before the name. */
#define NAMED(directory, draft, name) \
	"sync " directory ";sync " draft ".*;rename " draft ".*;" \
	"sync " name ";sync " directory ";"
#define SLOT(name) \
	"create " name ".*;" \
	"write EFI/vmfwupdate/" name ".*;sync EFI/vmfwupdate/" name ".*;" \
	"sync EFI/vmfwupdate;sync EFI/vmfwupdate/" name ".*;rename " name ".*;" \
	"sync EFI/vmfwupdate/" name ";sync EFI/vmfwupdate;"

static void test_prepare(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(prepare(), 0);
	called("mkdir EFI.*;" NAMED(".", "EFI", "EFI")
	       "mkdir vmfwupdate.*;"
	       "sync EFI;sync EFI/vmfwupdate.*;rename vmfwupdate.*;"
	       "sync EFI/vmfwupdate;sync EFI;"
	       SLOT("record.a") SLOT("record.b")
	       "sync EFI/vmfwupdate;");
	assert_int_equal(size_of(DIRECTORY "/record.a"), RECORD_SIZE);
	assert_int_equal(size_of(DIRECTORY "/record.b"), RECORD_SIZE);
	assert_int_equal(stat(full(DIRECTORY "/record.a"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(load(0), 0);
	holds(0, RECORD_SIZE, 0);
	/* There are only the two files. A second call changes nothing. */
	assert_int_equal(tree_count(full(DIRECTORY)), 4);
	assert_int_equal(prepare(), 0);
	called("sync EFI/vmfwupdate;");
}

/* If a power cut left a file too short, zeroes fill it up. Its contents stay. */
static void test_fill(void **state)
{
	(void)state;
	assert_int_equal(prepare(), 0);
	write_new(DIRECTORY "/record.a", block, 1000);
	write_new(DIRECTORY "/record.b", block, RECORD_SIZE);
	assert_int_equal(prepare(), 0);
	called("write EFI/vmfwupdate/record.a;sync EFI/vmfwupdate/record.a;"
	       "sync EFI/vmfwupdate;");
	assert_int_equal(size_of(DIRECTORY "/record.a"), RECORD_SIZE);
	assert_int_equal(load(0), 0);
	holds(0, 1000, 0x5a);
	holds(1000, RECORD_SIZE, 0);
	assert_int_equal(load(1), 0);
	holds(0, RECORD_SIZE, 0x5a);
}

static void test_save(void **state)
{
	(void)state;
	assert_int_equal(prepare(), 0);
	assert_int_equal(save(1), 0);
	/*
	 * The tool writes a block, and reads it back from the disk, not from
	 * memory.
	 */
	called("write EFI/vmfwupdate/record.b;sync EFI/vmfwupdate/record.b;"
	       "forget EFI/vmfwupdate/record.b;read EFI/vmfwupdate/record.b;");
	assert_int_equal(load(1), 0);
	holds(0, RECORD_SIZE, 0x5a);
	assert_int_equal(load(0), 0);
	holds(0, RECORD_SIZE, 0);
	/* The transfer comes in pieces, with signals in between. */
	memset(block, 0xa5, sizeof(block));
	disk.piece = 1000;
	disk.interrupts = true;
	assert_int_equal(save(0), 0);
	assert_int_equal(load(0), 0);
	holds(0, RECORD_SIZE, 0xa5);
}

/* If the disk acknowledges writes but loses them, the tool reports an error. */
static void test_lost(void **state)
{
	(void)state;
	assert_int_equal(prepare(), 0);
	disk.loses = true;
	assert_int_equal(save(0), -EIO);
	disk.loses = false;
	assert_int_equal(load(0), 0);
	holds(0, RECORD_SIZE, 0);
	/* Only the last byte differs. */
	memset(block, 0, sizeof(block));
	block[RECORD_SIZE - 1] = 1;
	disk.loses = true;
	assert_int_equal(save(0), -EIO);
}

static unsigned int open_files(void)
{
	return tree_count_descriptors();
}

/*
 * If any call fails, the function fails. It makes no further call, and leaves no
 * temporary file.
 */
static void test_each_failure(void **state)
{
	unsigned int before = open_files();
	int nth, err;

	(void)state;
	for (nth = 0;; nth++) {
		disk.fail = nth;
		err = prepare();
		assert_int_equal(open_files(), before);
		if (disk.fail != NEVER)
			break;
		assert_int_equal(err, -EIO);
		assert_int_equal(strlen(disk.calls), disk.failed);
		if (exists(DIRECTORY))
			assert_in_range(tree_count(full(DIRECTORY)), 2, 4);
		if (exists("/EFI"))
			assert_in_range(tree_count(full("/EFI")), 2, 3);
		assert_in_range(tree_count(full("/")), 2, 3);
		tree_remove(full("/EFI"));
	}
	/*
	 * The calls: random numbers for four names, two directories, two files,
	 * and a last sync.
	 */
	assert_int_equal(nth, 4 + 2 * 6 + 2 * 8 + 1);
	assert_int_equal(err, 0);
	for (nth = 0; nth < 5; nth++) {
		disk.fail = nth;
		assert_int_equal(save(0), -EIO);
		assert_int_equal(open_files(), before);
	}
	for (nth = 0; nth < 2; nth++) {
		disk.fail = nth;
		assert_int_equal(load(0), -EIO);
		assert_int_equal(open_files(), before);
	}
	write_new(DIRECTORY "/record.a", block, 1);
	for (nth = 0; nth < 7; nth++) {
		disk.fail = nth;
		assert_int_equal(prepare(), -EIO);
		assert_int_equal(open_files(), before);
		write_new(DIRECTORY "/record.a", block, 1);
	}
}

/* Some file systems cannot sync directories, but all can sync files. */
static void test_no_sync_of_directories(void **state)
{
	(void)state;
	disk.err = EINVAL;
	disk.fail = 2;
	assert_int_equal(prepare(), 0);
	disk.fail = 2;
	assert_int_equal(save(0), -EINVAL);
	/* Any other error counts. */
	disk.err = ENOSPC;
	assert_int_equal(tree_remove(full("/EFI")), 0);
	disk.fail = 2;
	assert_int_equal(prepare(), -ENOSPC);
}

/* If another process was faster, its file stays. No temporary file remains. */
static void test_rival(void **state)
{
	char names[512];

	(void)state;
	disk.rival = DIRECTORY "/record.a";
	assert_int_equal(prepare(), 0);
	assert_int_equal(size_of(DIRECTORY "/record.a"), 5);
	assert_int_equal(tree_count(full(DIRECTORY)), 4);
	strcpy(names, full("/EFI"));
	assert_int_equal(tree_remove(names), 0);
	disk.rival = "/EFI";
	assert_int_equal(prepare(), 0);
	assert_int_equal(tree_count(full("/")), 3);
	assert_int_equal(tree_count(full(DIRECTORY)), 4);
}

/* Another process removes the directory before the tool makes its files. */
static void test_directory_vanishes(void **state)
{
	unsigned int before = open_files();

	(void)state;
	disk.vanishes = DIRECTORY;
	assert_int_equal(prepare(), -ENOENT);
	assert_int_equal(open_files(), before);
}

/*
 * The tool neither follows, nor waits for, nor changes anything that is not a
 * regular file.
 */
static void test_in_the_way(void **state)
{
	unsigned int before = open_files();
	char link[PATH_MAX];

	(void)state;
	assert_int_equal(prepare(), 0);
	write_new("/target", "mine", 4);
	strcpy(link, full(DIRECTORY "/record.a"));
	unlink(link);
	assert_int_equal(symlink("../../target", link), 0);
	assert_int_equal(load(0), -ELOOP);
	assert_int_equal(save(0), -ELOOP);
	assert_int_equal(prepare(), -ELOOP);
	assert_int_equal(size_of("/target"), 4);
	unlink(link);
	assert_int_equal(mkfifo(link, 0600), 0);
	assert_int_equal(load(0), -EINVAL);
	assert_int_equal(save(0), -EINVAL);
	unlink(link);
	assert_int_equal(mkdir(link, 0700), 0);
	assert_int_equal(load(0), -EINVAL);
	assert_int_equal(save(0), -EISDIR);
	rmdir(link);

	/* A directory of the path must not be a link, either. */
	strcpy(link, full("/EFI"));
	assert_int_equal(tree_remove(link), 0);
	assert_int_equal(mkdir(full("/elsewhere"), 0700), 0);
	assert_int_equal(symlink("elsewhere", link), 0);
	assert_int_equal(prepare(), -ELOOP);
	assert_int_equal(tree_count(full("/elsewhere")), 2);
	assert_int_equal(open_files(), before);
}

static void test_load(void **state)
{
	static const uint8_t longer[RECORD_SIZE + 1];

	(void)state;
	/* Missing files read as zeroes, without an error. */
	assert_int_equal(load(0), 0);
	holds(0, RECORD_SIZE, 0);
	assert_int_equal(save(0), -ENOENT);
	assert_int_equal(prepare(), 0);
	unlink(full(DIRECTORY "/record.b"));
	assert_int_equal(load(1), 0);
	holds(0, RECORD_SIZE, 0);
	write_new(DIRECTORY "/record.b", block, 100);
	disk.interrupts = true;
	assert_int_equal(load(1), 0);
	holds(0, 100, 0x5a);
	holds(100, RECORD_SIZE, 0);
	/* The tool reads only the record. */
	write_new(DIRECTORY "/record.b", longer, sizeof(longer));
	assert_int_equal(load(1), 0);
	holds(0, RECORD_SIZE, 0);
	holds(RECORD_SIZE, sizeof(back), 0xff);
}

static void test_long_path(void **state)
{
	char path[PATH_MAX + 10];

	(void)state;
	memset(path, '/', sizeof(path));
	store.path = path;
	path[PATH_MAX - 1] = '\0';
	assert_int_equal(prepare(), -ENAMETOOLONG);
	assert_int_equal(load(0), -ENAMETOOLONG);
	assert_int_equal(save(0), -ENAMETOOLONG);
	/* The function makes no part of a path that is too long. */
	path[1] = 'x';
	assert_int_equal(prepare(), -ENAMETOOLONG);
	assert_false(exists("/x"));
	/* The limit includes the path of the file system. */
	path[PATH_MAX - strlen(store.top)] = '\0';
	assert_int_equal(prepare(), -ENAMETOOLONG);
	assert_false(exists("/x"));
	path[1] = '/';
	assert_int_equal(prepare(), -ENAMETOOLONG);
	path[PATH_MAX - 1 - strlen(store.top)] = '\0';
	assert_int_equal(prepare(), 0);
	assert_true(exists("/record.a"));
	/* Without another root, the longest path has PATH_MAX - 2 bytes. */
	assert_int_equal(unlink(full("/record.a")), 0);
	memset(path, '/', sizeof(path));
	memcpy(path, top, strlen(top));
	path[PATH_MAX - 2] = '\0';
	store.top = "";
	assert_int_equal(prepare(), 0);
	assert_true(exists("/record.a"));
}

/* The limit of a name includes the random end of the temporary name. */
static void test_long_name(void **state)
{
	const size_t longest = NAME_MAX - strlen(".01234567");
	char path[NAME_MAX + 2];

	(void)state;
	store.path = path;
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[1 + longest + 1] = '\0';
	assert_int_equal(prepare(), -ENAMETOOLONG);
	assert_int_equal(tree_count(full("/")), 2);
	path[1 + longest] = '\0';
	assert_int_equal(prepare(), 0);
	assert_true(exists(path));
}

static int check(const char **why)
{
	*why = NULL;
	disk.calls[0] = '\0';
	return store_check(&store, why);
}

static void test_check(void **state)
{
	static const long lost[] = {
		TMPFS_MAGIC, RAMFS_MAGIC, OVERLAYFS_SUPER_MAGIC,
	};
	static const long kept[] = {
		MSDOS_SUPER_MAGIC, EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC,
	};
	unsigned int before = open_files();
	char path[PATH_MAX + 1], root[80];
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		disk.type = lost[i];
		assert_int_equal(check(&why), -EINVAL);
		assert_string_equal(why, "its file system may not survive a reset; choose another record=");
		disk.type = kept[i];
		assert_int_equal(check(&why), 0);
	}
	/* The record's directory counts, or the nearest directory above that exists. */
	called("statfs .;");
	assert_int_equal(mkdir(full("/EFI"), 0700), 0);
	assert_int_equal(check(&why), 0);
	called("statfs EFI;");
	assert_int_equal(mkdir(full(DIRECTORY), 0700), 0);
	assert_int_equal(check(&why), 0);
	called("statfs EFI/vmfwupdate;");
	disk.fail = 0;
	assert_int_equal(check(&why), -EIO);
	assert_string_equal(why, strerror(EIO));
	rmdir(full(DIRECTORY));
	/* A slash may follow the name of the directory. */
	disk.fail = NEVER;
	store.path = DIRECTORY "/";
	assert_int_equal(check(&why), 0);
	called("statfs EFI;");
	store.path = DIRECTORY;
	write_new(DIRECTORY, "", 0);
	assert_int_equal(check(&why), -ENOTDIR);
	assert_string_equal(why, strerror(ENOTDIR));
	/* The path is too long for any file. */
	memset(path, '/', PATH_MAX);
	path[PATH_MAX] = '\0';
	store.path = path;
	disk.fail = NEVER;
	assert_int_equal(check(&why), -ENAMETOOLONG);
	assert_string_equal(why, strerror(ENAMETOOLONG));
	/*
	 * Without another root, the path of the directory is all. The tool must
	 * not look at a shorter path instead.
	 */
	store.top = "";
	memcpy(path, top, strlen(top));
	assert_int_equal(check(&why), -ENAMETOOLONG);
	assert_string_equal(why, strerror(ENAMETOOLONG));
	called("");
	path[PATH_MAX - 1] = '\0';
	assert_int_equal(check(&why), 0);
	called("statfs .;");
	/* Another process has removed the other root. */
	strcpy(root, full("/root"));
	store.top = root;
	store.path = DIRECTORY;
	assert_int_equal(check(&why), -ENOENT);
	assert_string_equal(why, strerror(ENOENT));
	assert_int_equal(open_files(), before);
	/* The page of the VMM survives each reset. */
	store.top = NULL;
	assert_int_equal(check(&why), 0);
	called("");
}

static void test_page(void **state)
{
	struct slots_medium medium;

	(void)state;
	assert_int_equal(store_medium(&store).nr, SLOTS);
	store.top = NULL;
	store.device = "./device";
	medium = store_medium(&store);
	assert_int_equal(medium.nr, 1);
	assert_int_equal(medium.prepare(medium.arg), 0);
	assert_int_equal(medium.read(medium.arg, 0, back), 0);
	holds(0, RECORD_SIZE, 0x11);
	assert_int_equal(medium.write(medium.arg, 0, block), 0);
	page_err = -EPERM;
	assert_int_equal(medium.read(medium.arg, 0, back), -EPERM);
	assert_int_equal(medium.write(medium.arg, 0, block), -EPERM);
	page_err = 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_prepare), TEST(test_fill), TEST(test_save),
		TEST(test_lost), TEST(test_each_failure),
		TEST(test_no_sync_of_directories), TEST(test_rival),
		TEST(test_directory_vanishes),
		TEST(test_in_the_way), TEST(test_load), TEST(test_long_path),
		TEST(test_long_name), TEST(test_check), TEST(test_page),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}

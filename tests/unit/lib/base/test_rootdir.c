// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Files below another root. No link and no ".." leads out of it, with openat2() and
 * without. The code refuses files that could block.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>
#include <linux/openat2.h>
#include <cmocka.h>

#include "base/rootdir.h"
#include "shared/macro.h"
#include "tree.h"

static char top[] = "/tmp/rootdir.XXXXXX";
static char root[64];
static unsigned int descriptors;
/*
 * The errno value of failing calls of openat2(), the number of calls that are
 * still to fail, and the number of all calls.
 */
static int openat2_err;
static unsigned int openat2_fails, openat2_calls;
static unsigned int reads_fail;
static bool no_stream, no_dup;
/* The file becomes longer once a read has found its end. */
static bool grows;
/* The errno value of fstat(), or 0. */
static int fstat_err;

int __real_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st)
{
	if (!fstat_err)
		return __real_fstat(fd, st);
	errno = fstat_err;
	return -1;
}

int __real_fcntl(int fd, int command, int argument);
int __wrap_fcntl(int fd, int command, int argument);
int __wrap_fcntl(int fd, int command, int argument)
{
	if (no_dup && command == F_DUPFD_CLOEXEC) {
		errno = EMFILE;
		return -1;
	}
	return __real_fcntl(fd, command, argument);
}

FILE *__real_fdopen(int fd, const char *mode);
FILE *__wrap_fdopen(int fd, const char *mode);
FILE *__wrap_fdopen(int fd, const char *mode)
{
	errno = ENOMEM;
	return no_stream ? NULL : __real_fdopen(fd, mode);
}

long __real_syscall(long number, ...);
long __wrap_syscall(long number, long dir, const char *path,
		    const struct open_how *how, size_t size);
long __wrap_syscall(long number, long dir, const char *path,
		    const struct open_how *how, size_t size)
{
	assert_int_equal(number, SYS_openat2);
	assert_true(how->flags & O_CLOEXEC);
	assert_true(how->resolve & RESOLVE_IN_ROOT &&
		    how->resolve & RESOLVE_NO_MAGICLINKS);
	openat2_calls++;
	if (openat2_fails) {
		openat2_fails--;
		errno = openat2_err;
		return -1;
	}
	return __real_syscall(number, dir, path, how, size);
}

static const char *below(const char *path)
{
	static char name[PATH_MAX];

	snprintf(name, sizeof(name), "%s%s", top, path);
	return name;
}

static void make_file(const char *path, const char *text)
{
	FILE *file = fopen(below(path), "w");

	assert_non_null(file);
	fputs(text, file);
	assert_false(fclose(file));
}

ssize_t __real_read(int fd, void *buf, size_t len);
ssize_t __wrap_read(int fd, void *buf, size_t len);
ssize_t __wrap_read(int fd, void *buf, size_t len)
{
	ssize_t n;

	if (reads_fail && !--reads_fail) {
		errno = EIO;
		return -1;
	}
	/* Some files of sysfs return few bytes at a time. */
	n = __real_read(fd, buf, len > 3 ? 3 : len);
	if (!n && grows)
		make_file("/root/file", "inside of the root");
	return n;
}

static void make_link(const char *path, const char *target)
{
	assert_false(symlink(target, below(path)));
}

/* There is one "file" outside of the root, and another one within it. */
static int set_up(void **state)
{
	(void)state;
	openat2_fails = 0;
	openat2_calls = 0;
	reads_fail = 0;
	fstat_err = 0;
	strcpy(top, "/tmp/rootdir.XXXXXX");
	if (!mkdtemp(top))
		return -1;
	snprintf(root, sizeof(root), "%s/root", top);
	make_file("/file", "outside");
	assert_false(mkdir(below("/root"), 0755));
	assert_false(mkdir(below("/root/dir"), 0755));
	make_file("/root/file", "inside");
	make_file("/root/dir/file", "deep");
	make_link("/root/up", "../file");
	make_link("/root/absolute", "/file");
	make_link("/root/dir/link", "file");
	make_link("/root/away", "dir");
	descriptors = tree_count_descriptors();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	assert_int_equal(tree_count_descriptors(), descriptors);
	return tree_remove(top);
}

/* Check the contents of a file, or return its error. */
static int has(int fd, const char *text)
{
	char buf[16] = "";
	size_t len;

	if (fd < 0)
		return fd;
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(root_read_fd(fd, buf, sizeof(buf) - 1, &len), 0);
	close(fd);
	assert_string_equal(buf, text);
	return 0;
}

static int has_below(const char *path, unsigned long long resolve,
		     const char *text)
{
	int dir = open(root, O_PATH | O_DIRECTORY), result;

	assert_true(dir >= 0);
	result = has(root_open_below(dir, path, O_RDONLY, resolve), text);
	close(dir);
	return result;
}

static void links_lead_nowhere_else(void **state)
{
	(void)state;
	assert_int_equal(has_below("/file", 0, "inside"), 0);
	assert_int_equal(has_below("/up", 0, "inside"), 0);
	assert_int_equal(has_below("/absolute", 0, "inside"), 0);
	assert_int_equal(has_below("/../file", 0, "inside"), 0);
	assert_int_equal(has_below("/away/link", 0, "deep"), 0);
	assert_int_equal(has(root_open(root, "/up", O_RDONLY), "inside"), 0);
	assert_int_equal(has(root_open(NULL, below("/root/up"), O_RDONLY),
			     "outside"), 0);
	assert_int_equal(root_open(below("/none"), "/file", O_RDONLY),
			 -ENOENT);
	assert_int_equal(root_open(NULL, below("/none"), O_RDONLY), -ENOENT);
	assert_true(root_has(root, "/absolute"));
	assert_false(root_has(root, "/none"));
}

/* The results are the same with openat2() and without it. */
static void no_links_at_all(void **state)
{
	static const struct {
		const char *path, *text;
		int err;
	} all[] = {
		{ "/file", "inside", 0 },
		{ "file", "inside", 0 },
		{ "//dir///file", "deep", 0 },
		{ "/dir/file", "deep", 0 },
		{ "/none", NULL, -ENOENT },
		{ "/none/file", NULL, -ENOENT },
		{ "/file/file", NULL, -ENOTDIR },
		{ "/up", NULL, -ELOOP },
		{ "/dir/link", NULL, -ELOOP },
		{ "/away/file", NULL, -ELOOP },
	};
	unsigned int turn;
	size_t i;

	(void)state;
	for (turn = 0; turn < 2; turn++)
		for (i = 0; i < ARRAY_SIZE(all); i++) {
			openat2_err = ENOSYS;
			openat2_fails = turn;
			assert_int_equal(has_below(all[i].path,
						   RESOLVE_NO_SYMLINKS,
						   all[i].text), all[i].err);
		}
	openat2_fails = 1;
	assert_int_equal(has_below("/../file", RESOLVE_NO_SYMLINKS, NULL),
			 -EXDEV);
	openat2_fails = 1;
	assert_int_equal(has_below("/dir/../file", RESOLVE_NO_SYMLINKS, NULL),
			 -EXDEV);
	openat2_fails = 1;
	fstat_err = EIO;
	assert_int_equal(has_below("/file", RESOLVE_NO_SYMLINKS, NULL), -EIO);
	fstat_err = 0;
	/* An earlier call may have left any errno. */
	errno = ENOSYS;
	assert_int_equal(has_below("/file", RESOLVE_NO_SYMLINKS, "inside"), 0);
	/* Following links needs openat2(). */
	openat2_fails = 1;
	assert_int_equal(has_below("/file", 0, NULL), -ENOSYS);
	openat2_err = EPERM;
	openat2_fails = 1;
	assert_int_equal(has_below("/file", RESOLVE_NO_SYMLINKS, NULL),
			 -EPERM);
}

static void long_names(void **state)
{
	static const size_t too_long[] = {
		NAME_MAX + 1, NAME_MAX + 2, NAME_MAX + 3, PATH_MAX - 2,
	};
	char path[PATH_MAX];
	size_t i;

	(void)state;
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	openat2_err = ENOSYS;
	path[NAME_MAX + 1] = '\0';
	openat2_fails = 1;
	assert_int_equal(has_below(path, RESOLVE_NO_SYMLINKS, NULL), -ENOENT);
	for (i = 0; i < ARRAY_SIZE(too_long); i++) {
		memset(path + 1, 'a', sizeof(path) - 1);
		path[1 + too_long[i]] = '\0';
		openat2_fails = 1;
		assert_int_equal(has_below(path, RESOLVE_NO_SYMLINKS, NULL),
				 -ENAMETOOLONG);
	}
}

static void the_top_itself_and_new_files(void **state)
{
	int dir = open(root, O_PATH | O_DIRECTORY), fd;
	struct stat st, other;
	unsigned int turn;
	DIR *list;

	(void)state;
	assert_false(fstat(dir, &st));
	for (turn = 0; turn < 2; turn++) {
		openat2_err = ENOSYS;
		openat2_fails = turn;
		fd = root_open_below(dir, "/", O_RDONLY | O_DIRECTORY,
				     RESOLVE_NO_SYMLINKS);
		assert_true(fd >= 0);
		assert_false(fstat(fd, &other));
		assert_int_equal(st.st_ino, other.st_ino);
		close(fd);
		/* A slash at the end of the name makes no difference. */
		openat2_fails = turn;
		assert_int_equal(root_list_descriptor(
			root_open_below(dir, "/dir/", O_RDONLY | O_DIRECTORY,
					RESOLVE_NO_SYMLINKS), &list), 0);
		assert_non_null(readdir(list));
		closedir(list);
		openat2_fails = turn;
		fd = root_open_below(dir, turn ? "/b" : "/a",
				     O_WRONLY | O_CREAT | O_EXCL,
				     RESOLVE_NO_SYMLINKS);
		assert_true(fd >= 0);
		assert_false(fstat(fd, &other));
		assert_int_equal(other.st_mode & 0777, 0644);
		close(fd);
		/* A link is no new file. */
		openat2_fails = turn;
		assert_int_equal(root_open_below(dir, "/up", O_WRONLY | O_CREAT |
						 O_EXCL, RESOLVE_NO_SYMLINKS),
				 -EEXIST);
	}
	close(dir);
}

static void no_descriptors_left(void **state)
{
	(void)state;
	openat2_err = ENOSYS;
	openat2_fails = 1;
	no_dup = true;
	assert_int_equal(has_below("/file", RESOLVE_NO_SYMLINKS, NULL),
			 -EMFILE);
	no_dup = false;
}

/* root_open_below() refuses a link even with O_PATH, and closes its descriptor. */
static void links_as_such(void **state)
{
	int dir = open(root, O_PATH | O_DIRECTORY);
	unsigned int turn;

	(void)state;
	for (turn = 0; turn < 2; turn++) {
		openat2_err = ENOSYS;
		openat2_fails = turn;
		assert_int_equal(root_open_below(dir, "/up", O_PATH,
						 RESOLVE_NO_SYMLINKS), -ELOOP);
	}
	close(dir);
}

/*
 * While another process renames directories, root_open_below() repeats openat2(),
 * but not without end.
 */
static void tried_again(void **state)
{
	(void)state;
	openat2_err = EAGAIN;
	openat2_fails = 5;
	assert_int_equal(has_below("/file", 0, "inside"), 0);
	assert_int_equal(openat2_calls, 6);
	openat2_calls = 0;
	openat2_fails = 1000;
	assert_int_equal(has_below("/file", 0, NULL), -EAGAIN);
	assert_in_range(openat2_calls, 10, 100);
}

static void only_regular_files(void **state)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	char buf[16];
	size_t len = 77;
	FILE *file;
	DIR *dir;
	int fd;

	(void)state;
	assert_int_equal(has(root_open_file(root, "/file"), "inside"), 0);
	assert_int_equal(root_open_file(root, "/dir"), -EISDIR);
	assert_int_equal(root_open_file(root, "/none"), -ENOENT);
	assert_int_equal(root_open_file(NULL, "/dev/null"), -EMEDIUMTYPE);
	assert_false(mkfifo(below("/root/fifo"), 0600));
	/* No process writes to the pipe. */
	assert_int_equal(root_open_file(root, "/fifo"), -EMEDIUMTYPE);
	/* open() fails on any socket. */
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	strcpy(name.sun_path, below("/root/socket"));
	assert_false(bind(fd, (struct sockaddr *)&name, sizeof(name)));
	close(fd);
	assert_int_equal(root_open_file(root, "/socket"), -EMEDIUMTYPE);
	assert_int_equal(root_read(root, "/fifo", buf, sizeof(buf), &len),
			 -EMEDIUMTYPE);
	assert_int_equal(len, 0);
	assert_int_equal(root_open_stream(root, "/file", &file), 0);
	assert_non_null(fgets(buf, sizeof(buf), file));
	assert_string_equal(buf, "inside");
	fclose(file);
	no_stream = true;
	assert_int_equal(root_open_stream(root, "/file", &file), -ENOMEM);
	no_stream = false;
	assert_int_equal(root_open_stream(root, "/dir", &file), -EISDIR);
	assert_int_equal(root_open_directory(root, "/dir", &dir), 0);
	closedir(dir);
	assert_int_equal(root_open_directory(root, "/file", &dir), -ENOTDIR);
	/* root_list_descriptor() also closes a descriptor that is no directory. */
	fd = open(below("/file"), O_RDONLY);
	assert_int_equal(root_list_descriptor(fd, &dir), -ENOTDIR);
}

/* The file system has lost the file after its open(), or the server is gone. */
static void a_file_without_attributes(void **state)
{
	static const int errs[] = { EIO, ESTALE };
	char buf[16];
	FILE *file;
	size_t i, len;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(errs); i++) {
		fstat_err = errs[i];
		assert_int_equal(root_open_file(root, "/file"), -errs[i]);
		assert_int_equal(root_read(root, "/file", buf, sizeof(buf),
					   &len), -errs[i]);
		assert_int_equal(len, 0);
		assert_int_equal(root_open_stream(root, "/file", &file),
				 -errs[i]);
		assert_false(root_is_mask(NULL, "/dev/null"));
	}
	fstat_err = 0;
}

static void small_files(void **state)
{
	char buf[8];
	size_t len;

	(void)state;
	assert_int_equal(root_read(root, "/file", buf, 6, &len), 0);
	assert_int_equal(len, 6);
	assert_memory_equal(buf, "inside", 6);
	assert_int_equal(root_read(root, "/file", buf, 7, &len), 0);
	assert_int_equal(len, 6);
	assert_int_equal(root_read(root, "/file", buf, 5, &len), -EFBIG);
	assert_int_equal(len, 5);
	reads_fail = 2;
	assert_int_equal(root_read(root, "/file", buf, 6, &len), -EIO);
	/* An error after the last requested byte does not matter. */
	reads_fail = 3;
	assert_int_equal(root_read(root, "/file", buf, 6, &len), 0);
	make_file("/root/lines", "one\ntwo\n");
	assert_int_equal(root_read_line(root, "/lines", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "one");
	/* root_read_line() cuts off a line that does not fit, and adds a zero byte. */
	assert_int_equal(root_read_line(root, "/file", buf, 4), 0);
	assert_string_equal(buf, "ins");
	assert_int_equal(root_read_line(root, "/none", buf, 4), -ENOENT);
	assert_string_equal(buf, "");
	/* The function reads nothing after the end that it has found. */
	grows = true;
	assert_int_equal(root_read(root, "/file", buf, 7, &len), 0);
	grows = false;
	assert_int_equal(len, 6);
}

/* For systemd, a mask is a link to /dev/null. */
static void masks(void **state)
{
	(void)state;
	make_link("/root/mask", "/dev/null");
	make_link("/root/longer", "/dev/nulls");
	make_link("/root/shorter", "/dev/nul");
	make_link("/root/other", "/dev/nulx");
	assert_true(root_is_mask(root, "/mask"));
	assert_false(root_is_mask(root, "/longer"));
	assert_false(root_is_mask(root, "/shorter"));
	assert_false(root_is_mask(root, "/other"));
	assert_false(root_is_mask(root, "/file"));
	assert_false(root_is_mask(root, "/none"));
	assert_true(root_is_mask(NULL, "/dev/null"));
	assert_false(root_is_mask(NULL, "/dev/zero"));
}

static void long_paths(void **state)
{
	char path[PATH_MAX + 2], buf[PATH_MAX];

	(void)state;
	memset(path, 'a', sizeof(path));
	path[PATH_MAX - 3] = '\0';
	assert_int_equal(root_path(buf, "/r", path), 0);
	assert_int_equal(strlen(buf), PATH_MAX - 1);
	path[PATH_MAX - 3] = 'a';
	path[PATH_MAX - 2] = '\0';
	assert_int_equal(root_path(buf, "/r", path), -ENAMETOOLONG);
	assert_int_equal(root_path(buf, NULL, ""), 0);
	assert_int_equal(root_path(buf, NULL, "/a"), 0);
	assert_string_equal(buf, "/a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(links_lead_nowhere_else),
		TEST(no_links_at_all),
		TEST(long_names),
		TEST(the_top_itself_and_new_files),
		TEST(no_descriptors_left),
		TEST(links_as_such),
		TEST(tried_again),
		TEST(only_regular_files),
		TEST(a_file_without_attributes),
		TEST(small_files),
		TEST(masks),
		TEST(long_paths),
	};

	return cmocka_run_group_tests_name("rootdir", tests, NULL, NULL);
}

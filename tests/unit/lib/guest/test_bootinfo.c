// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Facts about a boot: words that switch auto off, boot_id, initramfs, crash
 * kernel.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/uuid.h"
#include "guest/bootinfo.h"
#include "shared/macro.h"
#include "tree.h"

#define ID	"00112233-4455-6677-8899-aabbccddeeff"

static char root[] = "/tmp/bootinfo.XXXXXX";

/* Error of the next mkdirat(), or 0. */
static int mkdir_err;

int __real_mkdirat(int dir, const char *path, mode_t mode);
int __wrap_mkdirat(int dir, const char *path, mode_t mode);
int __wrap_mkdirat(int dir, const char *path, mode_t mode)
{
	errno = mkdir_err;
	mkdir_err = 0;
	return errno ? -1 : __real_mkdirat(dir, path, mode);
}

static int set_up(void **state)
{
	(void)state;
	strcpy(root, "/tmp/bootinfo.XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	return tree_remove(root);
}

static const char *below(const char *path)
{
	static char name[256];

	snprintf(name, sizeof(name), "%s%s", root, path);
	return name;
}

static void test_switch(void **state)
{
	(void)state;
	assert_null(boot_switch("root=/dev/sda1 quiet\n", true));
	assert_string_equal(boot_switch("vmfwupdate=0", false),
			    "vmfwupdate=0");
	assert_string_equal(boot_switch("quiet vmfwupdate=0\n", true),
			    "vmfwupdate=0");
	assert_string_equal(boot_switch("rd.vmfwupdate=0 quiet", true),
			    "rd.vmfwupdate=0");
	/* "rd." counts only in the initramfs. Only whole words count. */
	assert_null(boot_switch("rd.vmfwupdate=0 quiet", false));
	assert_null(boot_switch("vmfwupdate=01", true));
	assert_null(boot_switch("novmfwupdate=0", true));
	assert_null(boot_switch("vmfwupdate=1", true));
	assert_non_null(boot_switch("vmfwupdate=00 vmfwupdate=0", true));
}

static void test_id(void **state)
{
	static const char *const malformed[] = {
		"",
		"00112233-4455-6677-8899-aabbccddeef",
		ID "0",
		"00112233-4455-6677-8899aaabbccddeeff",
		"00112233 4455-6677-8899-aabbccddeeff",
		"g0112233-4455-6677-8899-aabbccddeeff",
		" 0112233-4455-6677-8899-aabbccddeeff",
	};
	char back[UUID_WORDS];
	uint8_t id[BOOT_ID_SIZE];
	size_t i;

	(void)state;
	assert_int_equal(boot_parse_id(id, ID), 0);
	assert_int_equal(id[0], 0);
	assert_int_equal(id[15], 0xff);
	assert_string_equal(uuid_words(back, id), ID);
	for (i = 0; i < ARRAY_SIZE(malformed); i++)
		assert_int_equal(boot_parse_id(id, malformed[i]), -EINVAL);
}

static void test_read(void **state)
{
	char line[8192 + 1];
	struct boot boot;

	(void)state;
	assert_int_equal(boot_read(&boot, root), -ENOENT);
	tree_write(root, "/proc/cmdline", "quiet rd.vmfwupdate=0\n");
	assert_int_equal(boot_read(&boot, root), -ENOENT);
	tree_write(root, "/proc/sys/kernel/random/boot_id", "none\n");
	assert_int_equal(boot_read(&boot, root), -EINVAL);
	tree_write(root, "/proc/sys/kernel/random/boot_id", ID "\n");
	assert_int_equal(boot_read(&boot, root), 0);
	assert_false(boot.initramfs);
	assert_false(boot.crash_kernel);
	assert_null(boot.switched_off);
	assert_int_equal(boot.id[0], 0x00);
	assert_int_equal(boot.id[15], 0xff);
	tree_write(root, "/proc/vmcore", "");
	assert_int_equal(boot_read(&boot, root), 0);
	assert_true(boot.crash_kernel);
	/* An initramfs of dracut, and one of initramfs-tools. */
	tree_write(root, "/etc/initrd-release", "");
	assert_int_equal(boot_read(&boot, root), 0);
	assert_true(boot.initramfs);
	assert_string_equal(boot.switched_off, "rd.vmfwupdate=0");
	assert_false(unlink(below("/etc/initrd-release")));
	tree_write(root, "/conf/initramfs.conf", "");
	assert_int_equal(boot_read(&boot, root), 0);
	assert_true(boot.initramfs);
	/*
	 * The word is at the end of the longest line. A longer line is an
	 * error.
	 */
	memset(line, 'a', sizeof(line));
	strcpy(line + 8191 - 13, " vmfwupdate=0");
	tree_write(root, "/proc/cmdline", line);
	assert_int_equal(boot_read(&boot, root), 0);
	assert_string_equal(boot.switched_off, "vmfwupdate=0");
	strcpy(line + 8192 - 13, " vmfwupdate=0");
	tree_write(root, "/proc/cmdline", line);
	assert_int_equal(boot_read(&boot, root), -EFBIG);
}

/* boot_settle() makes the file that units check for. It follows no link elsewhere. */
static void test_settle(void **state)
{
	unsigned int descriptors = tree_count_descriptors();
	struct stat st;

	(void)state;
	assert_int_equal(boot_settle(root), -ENOENT);
	assert_false(mkdir(below("/run"), 0755));
	mkdir_err = EACCES;
	assert_int_equal(boot_settle(root), -EACCES);
	mkdir_err = EROFS;
	assert_int_equal(boot_settle(root), -EROFS);
	assert_int_equal(boot_settle(root), 0);
	assert_false(stat(below("/run/vmfwupdate/settled"), &st));
	assert_true(S_ISREG(st.st_mode));
	/* A second call does no harm. */
	assert_int_equal(boot_settle(root), 0);
	assert_false(unlink(below("/run/vmfwupdate/settled")));
	assert_false(symlink("/elsewhere", below("/run/vmfwupdate/settled")));
	assert_int_equal(boot_settle(root), -ELOOP);
	assert_false(unlink(below("/run/vmfwupdate/settled")));
	assert_false(rmdir(below("/run/vmfwupdate")));
	assert_false(mkdir(below("/other"), 0755));
	assert_false(symlink("/other", below("/run/vmfwupdate")));
	assert_int_equal(boot_settle(root), -ELOOP);
	assert_int_equal(access(below("/other/settled"), F_OK), -1);
	assert_int_equal(access(below("/elsewhere"), F_OK), -1);
	assert_int_equal(tree_count_descriptors(), descriptors);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_switch),
		cmocka_unit_test(test_id),
		cmocka_unit_test_setup_teardown(test_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_settle, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("boot", tests, NULL, NULL);
}

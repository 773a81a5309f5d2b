// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/openat2.h>

#include "base/rootdir.h"
#include "base/uuid.h"
#include "guest/bootinfo.h"
#include "shared/macro.h"
#include "shared/text.h"

#define BOOT_ID		"/proc/sys/kernel/random/boot_id"
#define CMDLINE		"/proc/cmdline"
#define CMDLINE_MAX	8192
/*
 * dracut makes the first of these files, and initramfs-tools the second one.
 * Both disappear with the initramfs.
 */
#define INITRD_RELEASE	"/etc/initrd-release"
#define INITRAMFS_CONF	"/conf/initramfs.conf"
#define VMCORE		"/proc/vmcore"
/* Units of systemd check for /run/vmfwupdate/settled. */
#define RUN		"/run"
#define OURS		"vmfwupdate"
#define SETTLED		"settled"

static const struct {
	const char *word;
	bool initramfs_only;
} switches[] = {
	{ "vmfwupdate=0", false },
	{ "rd.vmfwupdate=0", true },
};

static bool has_word(const char *line, const char *word)
{
	size_t len = strlen(word);
	const char *p = line;

	while ((p = strstr(p, word))) {
		if ((p == line || isspace((unsigned char)p[-1])) &&
		    (!p[len] || isspace((unsigned char)p[len])))
			return true;
		p += len;
	}
	return false;
}

/**
 * boot_switch() - find a word on the kernel command line that switches auto off
 * @cmdline: the kernel command line
 * @initramfs: accept the words that count only in an initramfs, too
 *
 * Return: the word, a constant text, or NULL.
 */
const char *boot_switch(const char *cmdline, bool initramfs)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(switches); i++)
		if ((initramfs || !switches[i].initramfs_only) &&
		    has_word(cmdline, switches[i].word))
			return switches[i].word;
	return NULL;
}

/**
 * boot_parse_id() - read a UUID into bytes in the order of its text
 * @id: receives BOOT_ID_SIZE bytes
 * @words: the UUID, as text of 36 characters
 *
 * Return: 0 or -EINVAL.
 */
int boot_parse_id(uint8_t *id, const char *words)
{
	size_t i, at = 0;
	int byte;

	if (strlen(words) != UUID_WORDS - 1)
		return -EINVAL;
	for (i = 0; i < BOOT_ID_SIZE; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			if (words[at++] != '-')
				return -EINVAL;
		byte = text_byte(words + at);
		if (byte < 0)
			return -EINVAL;
		id[i] = byte;
		at += 2;
	}
	return 0;
}

/**
 * boot_read() - read the facts about this boot
 * @boot: to be filled in
 * @root: see root_path()
 *
 * Return: 0 or a negative errno value: the function cannot read the command line of
 * the kernel, or the ID of this boot.
 */
int boot_read(struct boot *boot, const char *root)
{
	char line[CMDLINE_MAX], id[64];
	size_t len;
	int err;

	memset(boot, 0, sizeof(*boot));
	boot->initramfs = root_has(root, INITRD_RELEASE) ||
			  root_has(root, INITRAMFS_CONF);
	boot->crash_kernel = root_has(root, VMCORE);
	err = root_read(root, CMDLINE, line, sizeof(line) - 1, &len);
	if (err)
		return err;
	line[len] = '\0';
	boot->switched_off = boot_switch(line, boot->initramfs);
	err = root_read_line(root, BOOT_ID, id, sizeof(id));
	return err ? err : boot_parse_id(boot->id, id);
}

/**
 * boot_settle() - let later units know that this boot has nothing left to do
 * @root: see root_path()
 *
 * Return: 0 or a negative errno value.
 */
int boot_settle(const char *root)
{
	int run = root_open(root, RUN, O_PATH | O_DIRECTORY), dir, fd;

	if (run < 0)
		return run;
	dir = mkdirat(run, OURS, 0755) && errno != EEXIST ? -errno :
	      root_open_below(run, OURS, O_PATH | O_DIRECTORY,
			      RESOLVE_NO_SYMLINKS);
	close(run);
	if (dir < 0)
		return dir;
	fd = root_open_below(dir, SETTLED, O_WRONLY | O_CREAT | O_NONBLOCK,
			     RESOLVE_NO_SYMLINKS);
	close(dir);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * File systems that locations name. If one is not mounted yet, this process
 * mounts it for itself alone.
 *
 * An attacker with access to the disk controls its contents. So an EFI system
 * partition or an XBOOTLDR partition must have FAT, the only file system that
 * firmware must be able to read. On all these file systems, the tool follows no
 * symbolic links.
 */
#ifndef VMFW_VOLUME_H
#define VMFW_VOLUME_H

#include <limits.h>
#include <stdbool.h>

#include "base/messages.h"
#include "disk/location.h"

#define VOLUMES		8

/**
 * struct volume - an open file system
 * @kind: kind of location that named it
 * @tag: tag of that location
 * @top: path of its top directory; if that has none, the user's words for the
 *	file system, such as "ESP:"
 * @fd: its open top directory: of an existing mount, or of a mount that ends with
 *	this descriptor
 */
struct volume {
	enum location_kind kind;
	char tag[LOCATION_TAG];
	char top[PATH_MAX];
	int fd;
};

/**
 * struct volumes - file systems that this process has opened
 * @root: see root_path(); valid as long as the file systems are open
 * @writable: try to mount file systems for writing, too
 * @wait: wait for disks to appear, until a signal asks to stop
 * @absent: the last volume_top() did not find the file system. Nothing else
 *	shows that it exists: neither a member of a RAID in its place, nor a
 *	partition that the boot loader names
 * @volumes: the open file systems
 * @nr: number of open file systems
 */
struct volumes {
	const char *root;
	bool writable;
	bool wait;
	bool absent;
	struct volume volumes[VOLUMES];
	unsigned int nr;
};

enum vmfw_exit volume_top(struct volumes *volumes, struct messages *messages,
			  const struct location *location, const char **top);
int volume_open(const struct volumes *volumes, const char *path, int flags);
enum vmfw_exit volume_path(struct volumes *volumes, struct messages *messages,
			   const struct location *location, char *path);
enum vmfw_exit volume_device(struct volumes *volumes, struct messages *messages,
			     const struct location *location, char *path);
void volume_close_all(struct volumes *volumes);

#endif /* VMFW_VOLUME_H */

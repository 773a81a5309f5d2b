/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * File systems that locations name: where they are mounted, or else mounted for
 * this process alone.
 *
 * Whoever has a disk decides what is on it. What firmware reads is FAT: an EFI
 * system partition and an XBOOTLDR partition with another file system are not
 * used. Links on such file systems, of any kind, are not followed.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_VOLUME_H
#define VMFW_VOLUME_H

#include <limits.h>
#include <stdbool.h>

#include "base/messages.h"
#include "disk/location.h"

#define VOLUMES		4

/**
 * struct volume - a file system that is open
 * @kind: what it was asked for by
 * @tag: likewise
 * @top: path of its top directory; of one that has none, the words that a user
 *	has for it, such as "ESP:"
 * @fd: its top directory, open; of a mount that ends with it, or of one that is
 *	there anyway
 */
struct volume {
	enum location_kind kind;
	char tag[LOCATION_TAG];
	char top[PATH_MAX];
	int fd;
};

/**
 * struct volumes - all that are open
 * @root: see root_path()
 * @writable: mount so that files can be written
 * @wait: wait for disks to appear, until a signal wants it to end
 * @volumes: the file systems
 * @nr: how many
 */
struct volumes {
	const char *root;
	bool writable;
	bool wait;
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

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Partitions for a firmware image, on any disk. onefile.h describes their
 * contents.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_FWPART_H
#define VMFW_FWPART_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/messages.h"
#include "disk/volume.h"
#include "efi/onefile.h"

/* Types of partitions: with an image, and with an unfinished installation. */
#define PARTITION_TYPE		"c647e858-c402-4d1e-9497-95ff0a4b4465"
#define PARTITION_TYPE_UNFINISHED \
				"6a311d60-7895-45e2-8709-8b3037681aba"

/* Places to look, other than a path. NULL stands for the disk of the ESP. */
#define PARTITION_ANY		"any"
#define PARTITION_BY_UUID	"PARTUUID="

#define PARTITION_UUID		37

enum partition_state {
	PARTITION_IMAGE,	/* it has an image */
	PARTITION_EMPTY,	/* it does not begin with "1FILE FS" */
	PARTITION_OTHER,	/* unreadable, or neither an image nor empty */
	PARTITION_UNFINISHED,	/* an interrupted installation left it */
};

/**
 * struct partition - a partition for an image
 * @disk: path of the whole disk, or of the file with its content
 * @number: of the partition, from 1
 * @uuid: its UUID, as text
 * @start: its first byte on the disk
 * @size: its size in bytes
 * @state: its contents
 * @file: place of the image within the partition; only with PARTITION_IMAGE
 */
struct partition {
	char disk[PATH_MAX];
	unsigned int number;
	char uuid[PARTITION_UUID];
	uint64_t start;
	uint64_t size;
	enum partition_state state;
	struct onefile file;
};

/**
 * struct partitions - a list of partitions
 * @v: the partitions, disk by disk, in the order of their tables
 * @nr: number of partitions
 */
struct partitions {
	struct partition *v;
	size_t nr;
};

enum vmfw_exit partition_disk(struct volumes *volumes,
			      struct messages *messages, const char *where,
			      char *path, unsigned int *number);
int partition_scan(struct partitions *found, int fd, const char *path);
enum vmfw_exit partition_say_no_table(struct messages *messages,
				      const char *path);
enum vmfw_exit partition_list(struct partitions *found, struct volumes *volumes,
			      struct messages *messages, const char *where);
enum vmfw_exit partition_pick(const struct partitions *found,
			      struct messages *messages, const char *place,
			      const struct partition **picked);
void partition_free(struct partitions *found);
const char *partition_state_word(enum partition_state state);

#endif /* VMFW_FWPART_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Installation of an image in a partition of its own, and removal of this
 * partition.
 *
 * The old image stays as it is until the new one is complete:
 *
 *	1. The tool makes a new partition, with a type that no boot looks for.
 *	2. It writes the image, and compares it with the data on the medium.
 *	   Then it writes the header.
 *	3. By one change of the partition table, it gives the new partition the
 *	   type of an image, and removes the old partition.
 *	4. It compares the image once more, after the last write.
 *
 * Another program may change the table at any time, and ignore locks. So before
 * each step, and before each write to the new partition, the tool checks that
 * the partition is still the same.
 *
 * So when the tool replaces an image, the disk has one image at every moment,
 * the old one or the new one. An interrupted installation can leave a partition
 * with the type of step 1. The next installation removes this partition.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_INSTALL_H
#define VMFW_INSTALL_H

#include <stdbool.h>

#include "base/messages.h"
#include "base/progress.h"
#include "base/sha256.h"
#include "disk/fwpart.h"
#include "source/source.h"

/**
 * struct partition_change - a change of a disk, and its result
 * @disk: path of the whole disk, or of a file with its content; in the memory
 *	of the caller
 * @number: number of the partition to replace or to remove; 0: the only one
 *	that an installation completed
 * @dry_run: check everything, change nothing
 * @progress: when to show progress
 * @already: the disk already had the image
 * @now: the new partition, or with @dry_run the planned one
 * @digest: SHA-256 of the image
 * @removed: number of removed partitions, or with @dry_run of those to remove
 */
struct partition_change {
	const char *disk;
	unsigned int number;
	bool dry_run;
	enum progress_when progress;
	bool already;
	struct partition now;
	uint8_t digest[DIGEST_SIZE];
	unsigned int removed;
};

enum vmfw_exit partition_install(struct messages *messages,
				 struct partition_change *change,
				 struct source *source);
enum vmfw_exit partition_remove(struct messages *messages,
				struct partition_change *change);

#endif /* VMFW_INSTALL_H */

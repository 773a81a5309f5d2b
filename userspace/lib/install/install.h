/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An image into a partition of its own, and out of the way.
 *
 * The old image stays as it is until the new one is complete:
 *
 *	1. A new partition is made, with a type that nobody looks for.
 *	2. The image is written to it, read back from the medium and compared;
 *	   then its header.
 *	3. One change of the partition table gives the new partition the type of
 *	   an image, and removes the old one.
 *	4. The image is read back once more, behind the last write.
 *
 * Somebody else may change the table at any time, with no regard for locks: before
 * each step, and each write to the new partition, the partition must still be the
 * one that it was.
 *
 * So there is one image at every moment, the old one or the new one. What is
 * left of an installation that did not end is a partition of the first type;
 * the next installation removes it.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_PARTITION_INSTALL_H
#define VMFW_PARTITION_INSTALL_H

#include <stdbool.h>

#include "base/messages.h"
#include "base/progress.h"
#include "base/sha256.h"
#include "disk/fwpart.h"
#include "source/source.h"

/**
 * struct partition_change - what to do to a disk, and what came of it
 * @disk: path of the whole disk, or of a file with its content
 * @number: of the partition to remove, or 0: the one that has an image
 * @dry_run: check everything, change nothing
 * @progress: when to show progress
 * @already: the image was there
 * @now: the partition that was made, or would be
 * @digest: SHA-256 of the image
 * @removed: how many partitions were removed, or would be
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

#endif /* VMFW_PARTITION_INSTALL_H */

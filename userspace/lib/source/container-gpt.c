// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A disk or a partition that contains an image.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/exit.h"
#include "disk/blockdev.h"
#include "disk/fwpart.h"
#include "efi/onefile.h"
#include "source/container.h"

/*
 * Is this a disk with a GPT? Such a disk has a boot record in the first block,
 * and a header in the second block, at byte 512 or 4096.
 */
static bool is_disk(const uint8_t *head)
{
	static const char signature[] = "EFI PART";
	const size_t length = sizeof(signature) - 1;

	return head[510] == 0x55 && head[511] == 0xaa &&
	       (!memcmp(head + 512, signature, length) ||
		!memcmp(head + 4096, signature, length));
}

static enum vmfw_exit find_on_disk(struct messages *messages, int fd,
				   const char *path, uint64_t size,
				   const struct source_choice *choice,
				   struct extent *extent)
{
	struct partitions found = { 0 };
	const struct partition *picked;
	enum vmfw_exit code = VMFW_EXIT_OK;
	int err;

	(void)size;
	(void)choice;
	err = partition_scan(&found, fd, path);
	if (err) {
		message_error(messages, "%s: cannot read the partition table: %s", path,
			      err == -ENODATA ?
			      "it is damaged or unreadable, or is that of a disk with another block size" :
			      strerror(-err));
		code = VMFW_EXIT_SOURCE;
	}
	if (!code)
		code = partition_pick(&found, messages, path, &picked);
	if (!code) {
		extent->start = picked->start + picked->file.start;
		extent->size = picked->file.size;
		snprintf(extent->words, sizeof(extent->words),
			 "in partition %u, PARTUUID=%s", picked->number,
			 picked->uuid);
	}
	partition_free(&found);
	return code;
}

const struct container_kind disk_container = {
	.word = "disk",
	.is = is_disk,
	.find = find_on_disk,
};

static bool is_partition(const uint8_t *head)
{
	struct onefile file;

	return onefile_read(&file, head, CONTAINER_HEAD, UINT64_MAX) !=
	       ONEFILE_NONE;
}

static enum vmfw_exit find_in_partition(struct messages *messages, int fd,
					const char *path, uint64_t size,
					const struct source_choice *choice,
					struct extent *extent)
{
	const struct blockdev partition = { .fd = fd };
	uint8_t head[ONEFILE_PEEK] = { 0 };
	struct onefile file;
	int err;

	(void)choice;
	err = blockdev_read(&partition, 0, head, size < sizeof(head) ? size :
							sizeof(head));
	if (err) {
		message_error(messages, "%s: cannot read this partition: %s",
			      path, strerror(-err));
		return VMFW_EXIT_SYSTEM;
	}
	switch (onefile_read(&file, head, sizeof(head), size)) {
	case ONEFILE_OK:
		extent->start = file.start;
		extent->size = file.size;
		snprintf(extent->words, sizeof(extent->words),
			 "the file in this partition");
		return VMFW_EXIT_OK;
	case ONEFILE_TOO_LARGE:
		message_error(messages, "%s: the file in this partition is longer than the partition",
			      path);
		break;
	default:
		message_error(messages, "%s: the file in this partition is not an IGVM image",
			      path);
		break;
	}
	return VMFW_EXIT_IMAGE;
}

const struct container_kind partition_container = {
	.word = "partition",
	.is = is_partition,
	.find = find_in_partition,
};

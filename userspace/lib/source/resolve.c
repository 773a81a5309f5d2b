// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/exit.h"
#include "disk/fwpart.h"
#include "shared/text.h"
#include "source/resolve.h"

static int copy_path(struct output *out, char *path, const char *from)
{
	int err = text_copy(path, PATH_MAX, from);

	if (!err)
		return VMFW_EXIT_OK;
	output_error(out, "%s: %s", from, strerror(-err));
	return VMFW_EXIT_SYSTEM;
}

/* The disk of the only partition with an image; the image is found there. */
static int find_partition(struct volumes *volumes, const char *where,
			  char *path)
{
	const struct partition *picked;
	struct partitions found;
	int code;

	code = partition_list(&found, volumes, where);
	if (!code)
		code = partition_pick(&found, volumes->out, where ? "all disks" :
				      "the disk of the EFI system partition",
				      &picked);
	if (!code)
		code = copy_path(volumes->out, path, picked->disk);
	partition_free(&found);
	return code;
}

static int find_path(struct volumes *volumes, const struct location *location,
		     char *path)
{
	switch (location->kind) {
	case LOCATION_PARTITION:
		return find_partition(volumes, NULL, path);
	case LOCATION_ANY_PARTITION:
		return find_partition(volumes, PARTITION_ANY, path);
	case LOCATION_PARTUUID:
		if (!location->path[0])
			return volume_device(volumes, location, path);
		break;
	default:
		break;
	}
	return volume_path(volumes, location, path);
}

/**
 * resolve_location() - find the file or the disk of a location
 * @volumes: file systems that are open; what is opened for it is added
 * @location: the location; neither LOCATION_UKI nor LOCATION_AUTO, which
 *	name no single place
 * @path: receives PATH_MAX bytes; usable as long as @volumes is
 *
 * Return: an exit code; VMFW_EXIT_SOURCE: there is none, or several.
 */
int resolve_location(struct volumes *volumes, const struct location *location,
		     char *path)
{
	int code = find_path(volumes, location, path), fd;

	if (code)
		return code;
	fd = volume_open(volumes, path, O_PATH);
	if (fd < 0) {
		output_error(volumes->out, "%s: %s", path, strerror(-fd));
		return VMFW_EXIT_SOURCE;
	}
	close(fd);
	return VMFW_EXIT_OK;
}

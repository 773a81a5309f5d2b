// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/exit.h"
#include "disk/fwpart.h"
#include "source/resolve.h"

/* Find the disk with the only partition that has an image. */
static enum vmfw_exit find_partition(struct volumes *volumes,
				     struct messages *messages,
				     const char *where, char *path)
{
	const struct partition *picked;
	struct partitions found;
	enum vmfw_exit code;

	code = partition_list(&found, volumes, messages, where);
	if (!code)
		code = partition_pick(&found, messages, where ? "all disks" :
				      "the disk of the EFI system partition",
				      &picked);
	if (!code)
		memcpy(path, picked->disk, sizeof(picked->disk));
	partition_free(&found);
	return code;
}

static enum vmfw_exit find_path(struct volumes *volumes,
				struct messages *messages,
				const struct location *location, char *path)
{
	switch (location->kind) {
	case LOCATION_PARTITION:
		return find_partition(volumes, messages, NULL, path);
	case LOCATION_ANY_PARTITION:
		return find_partition(volumes, messages, PARTITION_ANY, path);
	case LOCATION_PARTUUID:
		if (!location->path[0])
			return volume_device(volumes, messages, location, path);
		break;
	default:
		break;
	}
	return volume_path(volumes, messages, location, path);
}

/**
 * resolve_location() - find the file or the disk of a location
 * @volumes: the open file systems; the function may add one
 * @messages: for errors
 * @location: the location; neither LOCATION_UKI nor LOCATION_AUTO, which
 *	name no single place
 * @path: receives the path, PATH_MAX bytes; volume_open() accepts it as long as
 *	@volumes is open
 *
 * Return: an exit code; VMFW_EXIT_SOURCE: there is no such file or disk, or
 * there are several.
 */
enum vmfw_exit resolve_location(struct volumes *volumes,
				struct messages *messages,
				const struct location *location, char *path)
{
	enum vmfw_exit code = find_path(volumes, messages, location, path);
	int fd;

	if (code)
		return code;
	fd = volume_open(volumes, path, O_PATH);
	if (fd < 0) {
		message_error(messages, "%s: cannot use this file: %s", path,
			      strerror(-fd));
		return VMFW_EXIT_SOURCE;
	}
	close(fd);
	return VMFW_EXIT_OK;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <stddef.h>

#include "source/container.h"

static const struct container_kind *const kinds[] = {
	&disk_container,
	&partition_container,
	&uki_container,
	NULL,
};

/**
 * container_kind() - find the format of a file by its first bytes
 * @head: CONTAINER_HEAD bytes
 *
 * Return: the format; NULL: the whole file is the image.
 */
const struct container_kind *container_kind(const uint8_t *head)
{
	const struct container_kind *const *kind;

	for (kind = kinds; *kind; kind++)
		if ((*kind)->is(head))
			break;
	return *kind;
}

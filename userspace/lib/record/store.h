/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The place of the record of attempts: two files, or the page that the VMM
 * keeps across an update.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_STORE_H
#define VMFW_STORE_H

#include <limits.h>

#include "disk/volume.h"
#include "record/slots.h"

/**
 * struct store - a place for a record
 * @top: path of the top directory of the file system, valid as long as @volumes
 *	is open; NULL: the page of the VMM
 * @path: path of the directory, below @top
 * @device: path of the device, if @top is NULL
 * @volumes: the open file systems with @top; see volume_open()
 */
struct store {
	const char *top;
	const char *path;
	const char *device;
	const struct volumes *volumes;
};

struct slots_medium store_medium(struct store *store);
int store_check(const struct store *store, const char **why);

#endif /* VMFW_STORE_H */

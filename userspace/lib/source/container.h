/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files and disks of which an image is only a part.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_CONTAINER_H
#define VMFW_CONTAINER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/messages.h"

/* Bytes of a file's start that tell what it is: a disk's table is farthest. */
#define CONTAINER_HEAD	4608

#define EXTENT_WORDS	320

struct volumes;

/**
 * struct extent - a part of a file
 * @start: its first byte
 * @size: bytes
 * @words: what it is, for people: "section 7 (.efifw)"
 */
struct extent {
	uint64_t start;
	uint64_t size;
	char words[EXTENT_WORDS];
};

/**
 * struct source_choice - which of several images in a file
 * @fwid: its name among the firmware of a UKI; NULL: what suits this machine
 * @profile: of a UKI, the one that is booted
 * @section: of a UKI, the section from 1 on that it is in, whatever the rest
 *	says; 0: as the rest says
 * @root: whose SMBIOS tells what suits this machine, see root_path()
 * @volumes: where the file may be, see volume_open(); or NULL
 */
struct source_choice {
	const char *fwid;
	unsigned int profile;
	unsigned int section;
	const char *root;
	const struct volumes *volumes;
};

/**
 * struct container_kind - files of one format
 * @word: its name, for scripts
 * @is: whether a file is one, by its first CONTAINER_HEAD bytes, with zeroes
 *	where it is shorter
 * @find: find the image in one; returns an exit code, after a message. The
 *	part must be checked to be within @size bytes.
 */
struct container_kind {
	const char *word;
	bool (*is)(const uint8_t *head);
	enum vmfw_exit (*find)(struct messages *messages, int fd,
			       const char *path, uint64_t size,
			       const struct source_choice *choice,
			       struct extent *extent);
};

extern const struct container_kind disk_container, partition_container,
	uki_container;

const struct container_kind *container_kind(const uint8_t *head);

#endif /* VMFW_CONTAINER_H */

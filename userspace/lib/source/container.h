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

/*
 * The number of bytes at the start of a file that show its format. A disk with
 * blocks of 4096 bytes needs the most.
 */
#define CONTAINER_HEAD	4608

#define EXTENT_WORDS	320

struct volumes;

/**
 * struct extent - a part of a file
 * @start: its first byte
 * @size: its size in bytes
 * @words: its description for people: "section 7 (.efifw)"
 */
struct extent {
	uint64_t start;
	uint64_t size;
	char words[EXTENT_WORDS];
};

/**
 * struct source_choice - the choice among several images in a file
 * @fwid: name of the firmware in a UKI; NULL: choose the one for this machine
 * @profile: number of the booted profile of a UKI
 * @section: number of a section of a UKI, from 1 on, which alone decides; 0:
 *	the other members decide
 * @root: root of the system whose SMBIOS describes this machine, see
 *	root_path()
 * @volumes: open file systems that may have the file, see volume_open(); or
 *	NULL
 */
struct source_choice {
	const char *fwid;
	unsigned int profile;
	unsigned int section;
	const char *root;
	const struct volumes *volumes;
};

/**
 * struct container_kind - a file format that contains images
 * @word: its name, for scripts
 * @is: does a file have this format? The function gets the first CONTAINER_HEAD
 *	bytes, with zeroes after a shorter file
 * @find: find the image in a file of @size bytes; return an exit code, and add
 *	a message on an error. The function must check that the image is within
 *	the file.
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

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Flat firmware from an IGVM image that contains nothing else.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_FLATTEN_H
#define VMFW_FLATTEN_H

#include <stddef.h>
#include <stdint.h>

#include "igvm/vmfw-igvm.h"

/**
 * struct flatten - an image that can be flattened
 * @igvm: the image, which belongs to the caller
 * @mask: compatibility mask of the platform
 * @size: bytes of the flat firmware
 * @padding: number of bytes at the start of the flat firmware that are not in the
 *	image
 */
struct flatten {
	const struct vmfw_igvm *igvm;
	uint32_t mask;
	uint64_t size;
	uint64_t padding;
};

/* The size of the buffer for flatten_describe(). */
#define FLATTEN_WORDS	160

/*
 * Obstacles: contents that a flat firmware cannot have, or a file without pages
 * that end at 4 GiB.
 */
enum flatten_obstacle_kind {
	FLATTEN_NO_ROM,
	FLATTEN_REGISTERS,
	FLATTEN_RELOCATION,
	FLATTEN_PARAMETERS,
	FLATTEN_PAGES,
	FLATTEN_ALIAS,
	FLATTEN_REQUIRED_MEMORY,
	FLATTEN_ERROR_RANGE,
};

/**
 * struct flatten_obstacle - reason why an image cannot be flattened
 * @kind: kind of the obstacle
 * @gpa: GPA of the contents; unused for FLATTEN_NO_ROM and FLATTEN_REGISTERS
 * @header: index of the header, for FLATTEN_REGISTERS
 */
struct flatten_obstacle {
	enum flatten_obstacle_kind kind;
	uint64_t gpa;
	uint32_t header;
};

int flatten_plan(struct flatten *flat, const struct vmfw_igvm *igvm,
		 uint32_t mask, uint64_t multiple,
		 struct flatten_obstacle *obstacle);
int flatten_read(const struct flatten *flat, uint64_t offset, void *buf,
		 size_t len);
void flatten_describe(const struct flatten_obstacle *obstacle, char *buf,
		      size_t len);

#endif /* VMFW_FLATTEN_H */

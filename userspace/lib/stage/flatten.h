/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * IGVM image to flat firmware, where the image is nothing more than that.
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
 * @igvm: the image
 * @mask: compatibility mask of the platform
 * @size: bytes of the flat firmware
 * @padding: how many of them, the first ones, are not in the image
 */
struct flatten {
	const struct vmfw_igvm *igvm;
	uint32_t mask;
	uint64_t size;
	uint64_t padding;
};

/* Bytes that flatten_describe() needs. */
#define FLATTEN_WORDS	160

/* What a flat firmware cannot express. */
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
 * struct flatten_obstacle - why an image cannot be flattened
 * @kind: what is in the way
 * @gpa: its guest physical address; for FLATTEN_NO_ROM nothing
 * @header: for FLATTEN_REGISTERS, which have no address: index of the header
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

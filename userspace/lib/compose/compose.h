/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A composed image: a base, and parts for its firmware.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_COMPOSE_H
#define VMFW_COMPOSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/messages.h"
#include "compose/pe-file.h"
#include "compose/request.h"
#include "compose/secureboot.h"
#include "igvm/vmfw-igvm.h"
#include "source/source.h"

/**
 * struct composition - a composed image in memory
 * @wrapped: for a flat base: an IGVM image of it; otherwise NULL
 * @base: headers of the base
 * @programs: kernel, shim
 * @nr_programs: number of programs
 * @databases: databases of Secure Boot
 * @parts: the parts of the firmware
 * @nr_parts: number of parts
 * @id_block: content of the ID block's header
 * @draft: the image
 * @igvm: the headers of the image, which refer to @draft
 *
 * @parts points to other members, so do not copy the struct.
 */
struct composition {
	void *wrapped;
	struct vmfw_igvm base;
	struct program programs[2];
	size_t nr_programs;
	struct databases databases;
	struct vmfw_igvm_part parts[VMFW_IGVM_MAX_PARTS];
	size_t nr_parts;
	uint8_t id_block[VMFW_IGVM_ID_BLOCK_SIZE];
	struct vmfw_igvm_draft *draft;
	struct vmfw_igvm igvm;
};

enum vmfw_exit composition_make(struct composition *composition,
				struct messages *messages, struct source *base,
				const struct compose_request *request);
enum vmfw_exit composition_obstacle(struct messages *messages, const char *path,
				    const struct vmfw_igvm_obstacle *why);
uint64_t composition_least_memory(const struct composition *composition);
void composition_free(struct composition *composition);

#endif /* VMFW_COMPOSE_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The list with which a firmware finds its parts.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_IGVM_HOBS_H
#define VMFW_IGVM_HOBS_H

#include "format/internal.h"

/* Bytes of a part in the list, and of the list's end. */
#define HOB_SIZE	48
#define HOB_END_SIZE	8
/* Bytes of the longest list, which fits in one page. */
#define HOBS_SIZE	(VMFW_IGVM_MAX_PARTS * HOB_SIZE + HOB_END_SIZE)

void hobs_put(uint8_t *page, const struct vmfw_igvm_part *parts, size_t nr);
int hobs_get(const uint8_t *page, struct vmfw_igvm_part *parts, size_t *nr,
	     struct vmfw_igvm_obstacle *why);
int find_areas(const struct vmfw_igvm *igvm, struct vmfw_igvm_rom_areas *areas,
	       struct vmfw_igvm_obstacle *why);
int set_obstacle(struct vmfw_igvm_obstacle *why, const char *text);
int set_obstacle_at(struct vmfw_igvm_obstacle *why, const char *text,
		    uint64_t value);

#endif /* VMFW_IGVM_HOBS_H */

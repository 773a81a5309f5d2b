/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Flat firmware of a PC. It ends at 4 GiB. A second copy of its last bytes is
 * below 1 MiB.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_FLAT_H
#define VMFW_FLAT_H

#include <stdbool.h>
#include <stdint.h>

#include "igvm/vmfw-igvm.h"

#define FLAT_END	(1ull << 32)
#define FLAT_ALIAS_END	(1ull << 20)
/* The largest size: from 0xff000000 to 4 GiB there is only firmware. */
#define FLAT_MAX	(16u << 20)
/* Bytes from the reset vector to the end. */
#define FLAT_VECTOR	16
/* Bytes at the start of a firmware volume that show its kind. */
#define FLAT_VOLUME	44

struct vmfw_igvm_range flat_range(uint64_t size);
struct vmfw_igvm_range flat_alias(uint64_t size);
bool flat_starts_nowhere(const uint8_t *vector);
bool flat_is_volume(const uint8_t *start);
bool flat_is_variable_store(const uint8_t *start, uint64_t size);

#endif /* VMFW_FLAT_H */

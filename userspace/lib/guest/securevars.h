/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This machine's Secure Boot: whether it is in force, and the keys and digests
 * that it uses.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_SECUREVARS_H
#define VMFW_SECUREVARS_H

#include <stdbool.h>

#include "efi/permission.h"

#define SECUREVARS_LISTS	4

/**
 * struct securevars - Secure Boot, as the variables of UEFI describe it
 * @enforced: Secure Boot is in force; otherwise there are no keys
 * @keys: the keys and digests, which belong to this structure
 * @lists: memory of @keys
 */
struct securevars {
	bool enforced;
	struct permission_keys keys;
	uint8_t *lists[SECUREVARS_LISTS];
};

int securevars_read(struct securevars *vars, const char *root,
		    const char **name);
void securevars_free(struct securevars *vars);

#endif /* VMFW_SECUREVARS_H */

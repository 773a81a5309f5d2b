/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Variables of UEFI. The tool reads them, and never writes them.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_EFIVARS_H
#define VMFW_EFIVARS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The vendor of the variables of UEFI itself. */
#define EFIVARS_GLOBAL	"8be4df61-93ca-11d2-aa0d-00e098032b8c"
/* The vendor of db and dbx: EFI_IMAGE_SECURITY_DATABASE_GUID. */
#define EFIVARS_SECURITY "d719b2cb-3d3a-4596-a3bc-dad00e67656f"
/* The vendor of the variables of shim. */
#define EFIVARS_SHIM	"605dab50-e046-4300-abb6-3dd810dd8b23"
/*
 * The vendor of the variables of boot loaders: Boot Loader Interface,
 * systemd-stub(7).
 */
#define EFIVARS_LOADER	"4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"

int efivars_get(const char *root, const char *vendor, const char *name,
		uint8_t **data, size_t *len);
int efivars_get_volatile(const char *root, const char *vendor, const char *name,
			 uint8_t **data, size_t *len);
int efivars_loader(const char *root, const char *name, char *buf, size_t size);

#endif /* VMFW_EFIVARS_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Variables of UEFI, which are read and never written.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_EFIVARS_H
#define VMFW_EFIVARS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of boot loaders: the Boot Loader Interface, systemd-stub(7). */
#define EFIVARS_LOADER	"4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"

int efivars_get(const char *root, const char *vendor, const char *name,
		uint8_t **data, size_t *len);
int efivars_loader(const char *root, const char *name, char *buf, size_t size);

#endif /* VMFW_EFIVARS_H */

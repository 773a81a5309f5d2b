/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Databases of Secure Boot, as firmware takes them from an image.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_SECUREBOOT_H
#define VMFW_SECUREBOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/messages.h"
#include "compose/request.h"

/* PK, KEK, db, dbx. */
#define DATABASES	4

/**
 * struct database - an authenticated variable
 * @type: enum vmfw_igvm_part_type
 * @bytes: the variable, allocated: its head, and lists of signatures
 * @len: number of bytes; 0: there is no such database
 */
struct database {
	unsigned int type;
	uint8_t *bytes;
	size_t len;
};

/**
 * struct databases - the databases of an image
 * @v: PK, KEK, db and dbx, in this order
 */
struct databases {
	struct database v[DATABASES];
};

enum vmfw_exit databases_make(struct databases *databases,
			      struct messages *messages,
			      const struct compose_request *request);
bool databases_name(const struct databases *databases, const uint8_t *digest);
int databases_read(void *arg, uint64_t offset, void *buf, size_t len);
void databases_free(struct databases *databases);

#endif /* VMFW_SECUREBOOT_H */

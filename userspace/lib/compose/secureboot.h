/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Secure Boot's databases, as firmware takes them from an image.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_DATABASES_H
#define VMFW_DATABASES_H

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
 * @bytes: all of it
 * @len: how many; 0: there is none
 */
struct database {
	unsigned int type;
	uint8_t *bytes;
	size_t len;
};

struct databases {
	struct database v[DATABASES];
};

enum vmfw_exit databases_make(struct databases *databases,
			      struct messages *messages,
			      const struct compose_request *request);
bool databases_name(const struct databases *databases, const uint8_t *digest);
int databases_read(void *arg, uint64_t offset, void *buf, size_t len);
void databases_free(struct databases *databases);

#endif /* VMFW_DATABASES_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SHA-256 of data that comes in pieces.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_SHA256_H
#define VMFW_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_SIZE	32
#define DIGEST_WORDS	(2 * DIGEST_SIZE + 1)

struct digest;

struct digest *digest_begin(void);
int digest_add(struct digest *digest, const void *bytes, size_t len);
int digest_finish(struct digest *digest, uint8_t *value);
void digest_free(struct digest *digest);
const char *digest_words(char *buf, const uint8_t *value);

#endif /* VMFW_SHA256_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A number of bytes, as text for people.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_SIZE_H
#define VMFW_SIZE_H

#include <stdint.h>

/* The size of the buffer for size_words() and size_brief(). */
#define SIZE_WORDS	64

const char *size_brief(char *buf, uint64_t bytes);
const char *size_words(char *buf, uint64_t bytes);

#endif /* VMFW_SIZE_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * UUIDs as text.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_UUID_H
#define VMFW_UUID_H

#include <stdint.h>

#define UUID_SIZE	16
/* The size of the text, with the zero at its end. */
#define UUID_WORDS	37

const char *uuid_words(char *buf, const uint8_t *uuid);

#endif /* VMFW_UUID_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Digests of libcrypto that fail.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef TEST_CRYPTO_H
#define TEST_CRYPTO_H

#include <limits.h>
#include <stdbool.h>

#define CRYPTO_NEVER_FAILS	LONG_MAX

/* Calls for digests that still succeed. -1: the last call, and only that one, failed. */
extern long crypto_calls_left;
/* Calls after the one that fails succeed. */
extern bool crypto_fails_once;

#endif /* TEST_CRYPTO_H */

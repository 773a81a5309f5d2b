/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Errors that a test expects.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef TEST_ERRORS_H
#define TEST_ERRORS_H

#include "base/messages.h"

/* Check that the first error contains these words, and forget all messages. */
void expect_error(struct messages *messages, const char *words);

#endif /* TEST_ERRORS_H */

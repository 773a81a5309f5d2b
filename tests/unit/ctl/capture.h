/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The output of the tested code, as a text.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef TEST_CAPTURE_H
#define TEST_CAPTURE_H

#include <stdio.h>

/*
 * Catch all that the code writes to stdout or stderr, until capture_end().
 * Do not assert anything in between: a failure would leave the stream caught.
 */
void capture_begin(FILE *stream);

/* Return the text, at most its first 256 KiB, valid until the next call. */
const char *capture_end(void);

#endif /* TEST_CAPTURE_H */

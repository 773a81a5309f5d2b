/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A check for fuzz targets. Its failure ends the fuzzer.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_FUZZ_MUST_H
#define VMFW_FUZZ_MUST_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/**
 * must() - end the target unless a condition holds
 * @condition: the condition
 * @what: the condition, in words
 */
static inline void must(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "contradiction: %s\n", what);
	abort();
}

#endif /* VMFW_FUZZ_MUST_H */

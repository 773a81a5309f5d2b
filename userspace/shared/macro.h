/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Macros that any source may need.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_MACRO_H
#define VMFW_MACRO_H

/* The number of elements of an array, not of a pointer. */
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Units of bytes, as 64-bit numbers. */
#define KIB	(1ull << 10)
#define MIB	(1ull << 20)
#define GIB	(1ull << 30)

#endif /* VMFW_MACRO_H */
